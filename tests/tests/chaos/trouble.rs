//! The faults of a bad hour, for as long as they are polled.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    time::Duration,
};

use client::subscribers::{Published, Subscriber};
use end_to_end::{Service, World, service_of, unique};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{Dice, messages};

/// A message that can't be handled.
pub struct Poison {
    pub service: Service,
    pub body: String,
    /// The reason that its dead letter must have.
    pub reason: &'static str,
}

/// Kills functions at any point of their work. Herds are left out: the aggregator doesn't wait for their late answers.
pub async fn kill(world: &World, dice: &Dice, every_ms: u64, killed: &Cell<usize>) {
    let services = world.services().await.into_iter().filter(|service| service.name != "Herd");
    let mut functions: BTreeSet<&str> = services.map(|service| service.function).collect();
    functions.extend(["publish-ride-completions", "publish-fare-outcomes"]);
    let functions: Vec<&str> = functions.into_iter().collect();
    loop {
        sleep(Duration::from_millis(every_ms)).await;
        killed.set(killed.get() + world.kills(&[dice.one_of(&functions)]));
    }
}

/// Delivers events to their subscribers again, late and out of order.
pub async fn repeat(world: &World, dice: &Dice, repeated: &Cell<usize>) {
    let heard = messages::listen(world).await;
    let services = world.services().await;
    let subscribers = world.deployment.subscribers().unwrap();
    loop {
        for topic in &heard {
            let Some(body) = world.receives(&topic.queue).await else { continue };
            let event: Value = serde_json::from_str(&body).unwrap();
            let published = Published::from_message(&event).unwrap();
            let takes =
                |subscriber: &&Subscriber| event["type"] == *subscriber.event && subscriber.takes(&published);
            for subscriber in subscribers.iter().filter(takes) {
                if dice.once_in(3) {
                    let service = service_of(subscriber, &services);
                    world.delivers_after(dice.one_of(&[0, 0, 2, 5]), service, &body).await;
                    repeated.set(repeated.get() + 1);
                }
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Sends poison among the valid messages until the load is over. It ends by itself, because cancelling it between sending a message and
/// noting it would leave poison that is taken for a valid message.
pub async fn poison(world: &World, dice: &Dice, poisoned: &RefCell<Vec<Poison>>, over: &Cell<bool>) {
    let services = world.services().await;
    loop {
        sleep(Duration::from_millis(700)).await;
        if over.get() {
            return;
        }
        let service = dice.one_of(&services);
        let other = json!({"specversion": "1.0", "id": unique("e"), "source": "/test", "type": "Nonsense",
                           "time": jiff::Timestamp::now().to_string(), "correlationid": "c", "data": {}});
        // The lake takes events of any type; and to the queue of SES's reports every event is malformed.
        let has_no_other_type =
            [Service::DATALAKE.function, "record-email-feedback"].contains(&service.function);
        let (body, reason) = if service == Service::PREBOOKING_SUBMISSION {
            (unique("{ poison"), "NotAQueueMessage")
        } else if dice.once_in(2) || has_no_other_type {
            (unique("{ poison"), "MalformedEvent")
        } else {
            (other.to_string(), "UnexpectedEventType")
        };
        world.poisons(service, &body).await;
        poisoned.borrow_mut().push(Poison { service, body, reason });
    }
}
