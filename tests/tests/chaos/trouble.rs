//! What goes wrong, for as long as it is polled.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use end_to_end::{Service, World, unique};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::Dice;

const KILLED: [&str; 10] = [
    "publish-ride-completions",
    "notify-customer",
    "open-fare",
    "award-points",
    "ingest-events",
    "feature-ride",
    "process-payment",
    "submit-ride-prebooking",
    "process-ride-prebooking",
    "collect-quotes",
];
/// A message that nobody can handle.
pub struct Poison {
    pub service: Service,
    pub body: String,
    /// What its dead letter is to say.
    pub reason: &'static str,
}

/// Functions die, wherever they are in their work.
pub async fn kill(world: &World, dice: &Dice, every_ms: u64, killed: &Cell<usize>) {
    loop {
        sleep(Duration::from_millis(every_ms)).await;
        killed.set(killed.get() + world.kills(&[dice.one_of(&KILLED)]));
    }
}

/// Messages come again, later and out of order; the topics' subscribers get some of what they had before.
pub async fn repeat(world: &World, dice: &Dice, repeated: &Cell<usize>) {
    let topics = [
        ("unicorn-management", "RideCompletionTopicArn"),
        ("ride-booking", "PrebookingNotificationTopicArn"),
        ("ride-booking", "RequestForQuotesTopicArn"),
        ("fare-collection", "FareCollectionTopicArn"),
    ];
    let mut heard = Vec::new();
    for (stack, topic) in topics {
        heard.push(world.listens_to(world.output(stack, topic)).await);
    }
    let herds = world.herds();
    let receivers = |event_type: &str| -> &[Service] {
        match event_type {
            "RideCompleted" => {
                &[Service::NOTIFICATION, Service::ACCOUNTING, Service::LOYALTY, Service::DATALAKE]
            }
            "PrebookingSubmitted" => &[Service::PREBOOKING_PROCESSING, Service::PREBOOKING_NOTIFICATION],
            "QuotesRequested" => &herds,
            "FareCollected" | "FareCollectionFailed" => &[Service::NOTIFICATION],
            _ => &[],
        }
    };
    loop {
        for queue in &heard {
            let Some(body) = world.receives(queue).await else { continue };
            let event: Value = serde_json::from_str(&body).unwrap();
            for service in receivers(event["type"].as_str().unwrap()) {
                if dice.once_in(3) {
                    world.delivers_after(dice.one_of(&[0, 0, 2, 5]), *service, &body).await;
                    repeated.set(repeated.get() + 1);
                }
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Sends poison among the sound messages until the load is over. It ends by itself: cut off between sending a message and noting
/// it down, it would leave poison behind that is taken for a sound message.
pub async fn poison(world: &World, dice: &Dice, poisoned: &RefCell<Vec<Poison>>, over: &Cell<bool>) {
    let services = world.services();
    loop {
        sleep(Duration::from_millis(700)).await;
        if over.get() {
            return;
        }
        let service = dice.one_of(&services);
        let other = json!({"specversion": "1.0", "id": unique("e"), "source": "/test", "type": "Nonsense",
                           "time": jiff::Timestamp::now().to_string(), "correlationid": "c", "data": {}});
        let lake = service.function == "ingest-events";
        let (body, reason) = if service == Service::PREBOOKING_SUBMISSION {
            (unique("{ poison"), "NotAQueueMessage")
        } else if dice.once_in(2) || lake {
            (unique("{ poison"), "MalformedEvent")
        } else {
            (other.to_string(), "UnexpectedEventType")
        };
        world.poisons(service, &body).await;
        poisoned.borrow_mut().push(Poison { service, body, reason });
    }
}
