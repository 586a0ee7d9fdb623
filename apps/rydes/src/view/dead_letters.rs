//! Dead-letter queues and their messages.

use client::dead_letters::{DeadLetter, DeadLetterQueue, removal::Moved};
use comfy_table::Cell;

use super::table::{number, table};

/// The number of dead letters, and their reasons. Empty queues are named only.
pub fn show_queues(queues: &[DeadLetterQueue]) {
    let (empty, others): (Vec<_>, Vec<_>) = queues.iter().partition(|queue| queue.letters == 0);
    if !others.is_empty() {
        let mut table = table(&["service", "dead-letter queue of", "messages", "why"]);
        for DeadLetterQueue { service, queue, letters, reasons, .. } in others {
            let reasons: Vec<String> =
                reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
            table.add_row([
                Cell::new(service),
                Cell::new(queue),
                number(letters),
                Cell::new(reasons.join("\n")),
            ]);
        }
        println!("{table}");
    }
    if !empty.is_empty() {
        let names: Vec<&str> = empty.iter().map(|queue| name(queue, queues)).collect();
        println!("Empty: {}.", names.join(", "));
    }
}

/// The name of a queue, or of its service if another queue has the same.
fn name<'a>(queue: &'a DeadLetterQueue, queues: &[DeadLetterQueue]) -> &'a str {
    let is_alone = queues.iter().filter(|other| other.queue == queue.queue).count() == 1;
    if is_alone { &queue.queue } else { &queue.service }
}

/// The dead letters of a queue.
pub fn show(letters: &[DeadLetter], body: bool) {
    if letters.is_empty() {
        println!("There are no dead letters in it, or another reader has hidden them for a moment.");
        return;
    }
    let mut table = table(&["message", "since", "tries", "why"]);
    for letter in letters {
        let DeadLetter { id, error_type, detail, receive_count, no_room, since, .. } = letter;
        let why = match (error_type, detail) {
            (Some(error_type), Some(detail)) => format!("{error_type}: {detail}"),
            (Some(error_type), None) => error_type.clone(),
            (None, _) if *no_room => {
                "no room for a reason: its function's log has it, with this id".to_owned()
            }
            (None, _) => "no reason given: its function crashed, or ran out of time".to_owned(),
        };
        let since = since.map(|since| format!("{since:.0}")).unwrap_or_default();
        let tries = receive_count.map_or_else(|| "–".to_owned(), |count| count.to_string());
        table.add_row([id, &since, &tries, &why]);
    }
    println!("{table}");
    for DeadLetter { id, body: message, .. } in letters.iter().filter(|_| body) {
        println!("\n{id}\n{message}");
    }
}

/// The number of dead letters that were moved.
pub fn show_moved(Moved { moved, left }: &Moved, how: &str) {
    println!("{moved} {how}, {left} left");
}
