//! The end of the program: its exit code, and the error that it says.

use std::process::ExitCode;

use client::Error;
use serde_json::{Value, json};

/// The exit code of a program that Ctrl-C has ended, as shells say it.
pub const INTERRUPTED: u8 = 130;

/// Scripts rely on it: a command fails unless all is as it should be.
pub fn success_if(holds: bool) -> ExitCode {
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says an error on stderr, as JSON or to a person.
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
