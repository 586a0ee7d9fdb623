//! The end of the program: its exit code and its error message.

use std::process::ExitCode;

use client::Error;
use serde_json::{Value, json};

/// The exit code of a program that Ctrl-C has ended, as shells report it.
pub const INTERRUPTED: u8 = 130;

/// The exit code: a failure unless this holds. Scripts rely on it.
pub fn success_if(holds: bool) -> ExitCode {
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints an error to stderr, as JSON or for people.
pub fn failure(json: bool, error: &Error) -> ExitCode {
    if json {
        let problem = match error {
            Error::Refused { problem, .. } => problem,
            _ => &Value::Null,
        };
        eprintln!("{}", json!({"error": error.to_string(), "problem": problem}));
    } else {
        eprintln!("rydes: {error}");
    }
    ExitCode::FAILURE
}
