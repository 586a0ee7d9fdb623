//! The output: for people, as a file, or as JSON.

pub mod audit;
pub mod campaign;
pub mod cost;
pub mod dead_letters;
pub mod fare;
pub mod file;
pub mod load;
pub mod logs;
pub mod many_rfqs;
pub mod plan;
pub mod plot;
pub mod prebooking;
pub mod progress;
pub mod rfq;
pub mod ride;
mod span;
pub mod status;
pub mod steps;
mod table;

use serde::Serialize;
use serde_json::json;

/// Prints an answer as JSON or for people.
pub fn answer<T: Serialize>(json: bool, answer: &T, to_a_person: impl FnOnce(&T)) {
    if json {
        match serde_json::to_string_pretty(answer) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("rydes: {error}"),
        }
    } else {
        to_a_person(answer);
    }
}

/// Prints the id of an accepted request.
pub fn id(json: bool, id: &str) {
    answer(json, &json!({ "id": id }), |_| println!("{id}"));
}
