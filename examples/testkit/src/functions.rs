//! The functions, which the emulator runs as processes of this machine.

use std::process::Command;

use crate::setting;

/// The processes of the functions. The emulator runs each from a folder of its own below `FUNCTIONS_FOLDER`.
///
/// # Panics
/// If there is no program `ps`.
#[must_use]
pub fn functions() -> Vec<String> {
    let folder = setting("FUNCTIONS_FOLDER");
    let output = Command::new("ps").args(["-eo", "pid=,args="]).output().expect("there is a program ps");
    let processes = String::from_utf8_lossy(&output.stdout).into_owned();
    let named = processes.lines().filter_map(|line| line.trim().split_once(' '));
    named.filter(|(_, program)| program.trim().starts_with(&folder)).map(|(id, _)| id.to_owned()).collect()
}

/// Kills a process, at any point of its work. Returns true if it was still there.
#[must_use]
pub fn kill(process: &str) -> bool {
    Command::new("kill").args(["-9", process]).status().is_ok_and(|status| status.success())
}
