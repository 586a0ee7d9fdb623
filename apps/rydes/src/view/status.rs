//! The condition of a deployment.

use client::status::Status;
use comfy_table::Cell;

use super::table::{number, table};

/// Every stack, and the depths of its queues.
pub fn show(status: &Status) {
    let mut table =
        table(&["service", "stack", "queue", "waiting", "held back", "in flight", "dead letters"]);
    for service in &status.services {
        let dead: u64 = service.dead_letter_queues.iter().map(|queue| queue.waiting + queue.in_flight).sum();
        let mut first =
            vec![Cell::new(&service.service), Cell::new(service.stack.to_lowercase().replace('_', " "))];
        let mut dead = vec![number(dead)];
        if service.queues.is_empty() {
            first.extend([Cell::new("–"), number("–"), number("–"), number("–")]);
            first.append(&mut dead);
            table.add_row(first);
            continue;
        }
        for queue in &service.queues {
            let mut row = if first.is_empty() {
                vec![Cell::new(""), Cell::new("")]
            } else {
                std::mem::take(&mut first)
            };
            let counts = [queue.waiting, queue.held_back, queue.in_flight];
            row.push(Cell::new(&queue.name));
            row.extend(counts.map(number));
            row.append(&mut dead);
            table.add_row(row);
        }
    }
    println!("Stage {}\n{table}", status.stage);
    for service in &status.services {
        if let Some(api) = &service.api {
            println!("The API of {}: {api}", service.service);
        }
    }
}
