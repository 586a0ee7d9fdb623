//! The calls to AWS that a ride costs. Each call costs money, so this test keeps their number from growing.

use std::collections::BTreeMap;

use end_to_end::{Caller, Ride, World, asks_proxy, eventually, unique};

const RIDES: u32 = 5;
/// The types of event of a ride without faults. Its subscribers declare the calls that each costs.
const EVENTS: [&str; 2] = ["RideCompleted", "FareCollected"];
/// The other calls of the functions for such a ride, one at a time, so that no batch makes it cheaper. It is extraordinary, and its
/// customer has an address. The calls of the state machine and of the event source mappings aren't the functions' own.
const OF_A_RIDE: [(&str, u32); 7] = [
    // The payment before it is captured.
    ("dynamodb:GetItem", 1),
    ("dynamodb:PutItem", 2),
    ("dynamodb:TransactWriteItems", 3),
    // The payment after each of its two steps.
    ("dynamodb:UpdateItem", 2),
    // The ride, and the outcome of its fare.
    ("sns:PublishBatch", 2),
    // A payment's two steps are waited for.
    ("states:SendTaskHeartbeat", 2),
    ("states:SendTaskSuccess", 2),
];

#[tokio::test]
async fn a_ride_makes_no_more_calls_than_it_did() {
    let world = World::alone().await;
    let app = Caller::unicorn_management_app(&world).await;
    let (customer, email) = (unique("customer"), format!("{}@example.com", unique("rider")));
    world.puts_address_on_file(&customer, &email).await;
    // A function that has just started may look something up once.
    completes(&world, &app, &customer).await;
    let mut least: Option<BTreeMap<String, u32>> = None;
    for _ in 0..RIDES {
        let before = calls().await;
        completes(&world, &app, &customer).await;
        let made = calls().await.into_iter().map(|(call, n)| {
            let n = n - before.get(&call).copied().unwrap_or_default();
            // A retried call, or a heartbeat on a slow machine, isn't made for every ride.
            let least = least.as_ref().map_or(n, |least| least.get(&call).copied().unwrap_or_default());
            (call, n.min(least))
        });
        least = Some(made.filter(|(_, n)| *n > 0).collect());
    }
    let mut expected: BTreeMap<String, u32> =
        OF_A_RIDE.iter().map(|(call, n)| ((*call).to_owned(), *n)).collect();
    for event in EVENTS {
        for subscriber in world.deployment.subscribers_of(event).unwrap() {
            for (call, n) in subscriber.calls() {
                *expected.entry(call.clone()).or_default() += n;
            }
        }
    }
    assert_eq!(
        least,
        Some(expected),
        "calls of a ride; more of them cost more, and fewer belong into the table, or into a service's declaration"
    );
}

/// One ride, from its acceptance to the last of its effects.
async fn completes(world: &World, app: &Caller, customer: &str) {
    let id = app.completes(&Ride::default().with("customer", customer)).await;
    world.reaches_every_subscriber(&id).await;
    world.reaches_every_subscriber(&format!("{id}-collected")).await;
    eventually("nothing is under way", || in_hand(world), |n| *n == 0).await;
}

async fn in_hand(world: &World) -> usize {
    let mut sum = 0;
    for service in world.services().await {
        sum += world.in_hand(service).await;
    }
    sum
}

async fn calls() -> BTreeMap<String, u32> {
    serde_json::from_str(&asks_proxy("_calls", None).await).unwrap()
}
