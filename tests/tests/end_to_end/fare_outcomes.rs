//! The outcomes of fares: published from the row that the saga writes last, and not by the saga.

use std::cell::RefCell;

use contracts::RideId;
use end_to_end::{Saga, Service, World, eventually, faults_of_message, unique};
use serde_json::{Value, json};

/// The outbox, as a service without a buffer queue.
const OUTBOX: Service =
    Service { stack: "fare-collection", name: "FarePublication", function: "publish-fare-outcomes" };

/// A queue that hears all outcomes, and those that it has heard.
struct Heard<'a> {
    world: &'a World,
    queue: String,
    events: RefCell<Vec<Value>>,
}

impl<'a> Heard<'a> {
    async fn by(world: &'a World) -> Self {
        let topic = world.output("fare-collection", "FareCollectionTopicArn");
        Self { world, queue: world.listens_to(topic).await, events: RefCell::default() }
    }

    /// The events about a fare so far.
    async fn of(&self, fare: &str) -> Vec<Value> {
        while let Some(message) = self.world.receives(&self.queue).await {
            assert_eq!(faults_of_message(&message), Vec::<String>::new(), "{message}");
            self.events.borrow_mut().push(serde_json::from_str(&message).unwrap());
        }
        let events = self.events.borrow();
        events.iter().filter(|event| event["data"]["fare"] == fare).cloned().collect()
    }

    /// Waits until so many events were heard about a fare; returns them.
    async fn count(&self, fare: &str, count: usize) -> Vec<Value> {
        eventually("the outcome is heard", || self.of(fare), |events| events.len() >= count).await
    }
}

/// Collects a fare of a customer whose id ends like this; returns the fare and the customer.
async fn ends(world: &World, suffix: &str) -> (String, String) {
    let saga = Saga::deployed(world).await;
    let (fare, customer) = (RideId::new().to_string(), format!("{}{suffix}", unique("c")));
    saga.ended(&saga.start(&fare, &customer).await).await;
    (fare, customer)
}

#[tokio::test]
async fn each_outcome_is_published_from_the_fares_row_and_again_as_the_same_event() {
    let world = World::shared().await;
    let heard = Heard::by(&world).await;
    for (suffix, kind, id, time, reason) in [
        ("", "FareCollected", "collected", "collectedAt", None),
        ("_fail_credit", "FareCollectionFailed", "failed", "failedAt", Some("AccountCreditException")),
    ] {
        let (fare, customer) = ends(&world, suffix).await;
        let event = heard.count(&fare, 1).await.remove(0);
        let mut data = json!({"fare": fare, "customer": customer, "amount": "256.50"});
        if let Some(reason) = reason {
            data["reason"] = reason.into();
        }
        let written: jiff::Timestamp = world.fare_attribute(&fare, time).await.parse().unwrap();
        let expected = json!({
            "specversion": "1.0", "id": format!("{fare}-{id}"), "source": "/wild-rydes/fare-collection", "type": kind,
            "time": written, "subject": format!("fare/{fare}"), "correlationid": fare,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "data": data,
        });
        assert_eq!(event, expected);

        world.writes_fare_again(&fare, &[]).await;
        assert_eq!(heard.count(&fare, 2).await, [event.clone(), event.clone()]);

        // A fare that an older saga registered has no trace.
        world.writes_fare_again(&fare, &["traceparent"]).await;
        let mut without = event.clone();
        without.as_object_mut().unwrap().remove("traceparent");
        assert_eq!(heard.count(&fare, 3).await, [event.clone(), event, without]);
    }
}

#[tokio::test]
async fn a_fare_that_can_not_be_published_is_a_dead_letter_and_holds_up_no_other() {
    let world = World::shared().await;
    let heard = Heard::by(&world).await;
    let (broken, _) = ends(&world, "").await;
    heard.count(&broken, 1).await;
    world.writes_fare_again(&broken, &["collectedAt"]).await;
    let (sound, _) = ends(&world, "").await;
    heard.count(&sound, 1).await;
    let seen = || world.dead_letter_that(OUTBOX, |letter| letter.body.contains(&broken));
    let letter = eventually("the row is dead-lettered", seen, Option::is_some).await.unwrap();
    assert_eq!(
        (&letter.reason["errorType"], &letter.reason["service"]),
        (&"MalformedRow".into(), &"fare-collection".into())
    );
    assert_eq!(heard.of(&broken).await.len(), 1);
}

#[tokio::test]
async fn a_fare_ends_while_nothing_can_be_published_and_its_outcome_follows() {
    let world = World::alone().await;
    let heard = Heard::by(&world).await;
    let failures = async || {
        let metrics = world.metrics_of(OUTBOX.function).await;
        metrics.iter().filter(|(name, _)| name.starts_with("Failed ")).map(|(_, n)| n).sum::<u64>()
    };
    let before = failures().await;
    let in_trouble = async {
        let (fare, _) = ends(&world, "").await;
        eventually("publishing has failed", failures, |n| *n > before).await;
        assert_eq!(world.fare_status(&fare).await.as_deref(), Some("COLLECTED"));
        assert_eq!(heard.of(&fare).await, Vec::<Value>::new());
        fare
    };
    let fare = world.while_denied(OUTBOX.function, "sns:PublishBatch", in_trouble).await;
    heard.count(&fare, 1).await;
}
