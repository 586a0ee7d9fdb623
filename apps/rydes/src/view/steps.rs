//! The steps of a trace.

use client::trace::step::{Delivery, Step};
use comfy_table::Cell;

use super::table::{number, table};

/// A row for each step.
pub fn show<'a>(steps: impl IntoIterator<Item = &'a Step>) {
    let mut table = table(&["service", "topic → queue", "effect", "after"]);
    for step in steps {
        let delivery = match &step.delivery {
            Delivery::Queue => "queued".to_owned(),
            Delivery::FilteredOut(why) => format!("filtered out:\n{}", why.replace(", ", "\n")),
            Delivery::NotSubscribed => "not subscribed".to_owned(),
            Delivery::Started => "started".to_owned(),
        };
        let latency = step.latency_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"));
        table.add_row([
            Cell::new(&step.service),
            Cell::new(delivery),
            Cell::new(effect(step)),
            number(latency),
        ]);
    }
    println!("{table}");
}

fn effect(step: &Step) -> &str {
    match (&step.effect, &step.delivery) {
        (Some(effect), _) => effect,
        (None, Delivery::Queue | Delivery::Started) => "nothing yet",
        (None, _) => "–",
    }
}

/// The names of the services whose effects are still missing.
pub fn waiting_for<'a>(steps: impl IntoIterator<Item = &'a Step>) -> String {
    let missing = steps.into_iter().filter(|step| step.is_awaited());
    format!("waiting for {}", missing.map(|step| step.service.as_str()).collect::<Vec<_>>().join(", "))
}
