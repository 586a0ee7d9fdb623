//! What a ride costs in calls: each is paid for, so none is made that isn't worth it.

use std::collections::BTreeMap;

use end_to_end::{Caller, Ride, Service, World, asks_proxy, eventually, unique};

const RIDES: u32 = 5;
/// The functions' calls for a ride that nothing happens to, one at a time, so that no batch makes it cheaper. It is extraordinary,
/// and its customer has an address. The calls of the state machine and of the event source mappings aren't the functions' own.
const OF_A_RIDE: [(&str, u32); 10] = [
    // The customer's address for each of two e-mails, and the payment before it is captured.
    ("dynamodb:GetItem", 3),
    ("dynamodb:PutItem", 6),
    ("dynamodb:TransactWriteItems", 4),
    // Each of two e-mails, and the payment after each of its two steps.
    ("dynamodb:UpdateItem", 4),
    ("s3:PUT", 2),
    ("ses:POST", 2),
    ("sns:PublishBatch", 1),
    // A payment's two steps are waited for.
    ("states:SendTaskHeartbeat", 2),
    ("states:SendTaskSuccess", 2),
    ("states:StartExecution", 1),
];

#[tokio::test]
async fn a_ride_makes_no_more_calls_than_it_did() {
    let world = World::alone().await;
    let app = Caller::unicorn_management_app(&world).await;
    let (customer, email) = (unique("customer"), format!("{}@example.com", unique("rider")));
    world.puts_address_on_file(&customer, &email).await;
    // What starts may look something up once.
    completes(&world, &app, &customer).await;
    let mut least: Option<BTreeMap<String, u32>> = None;
    for _ in 0..RIDES {
        let before = calls().await;
        completes(&world, &app, &customer).await;
        let made = calls().await.into_iter().map(|(call, n)| {
            let n = n - before.get(&call).copied().unwrap_or_default();
            // A call that was repeated, or a heartbeat on a slow machine, isn't made for every ride.
            let least = least.as_ref().map_or(n, |least| least.get(&call).copied().unwrap_or_default());
            (call, n.min(least))
        });
        least = Some(made.filter(|(_, n)| *n > 0).collect());
    }
    let expected = OF_A_RIDE.iter().map(|(call, n)| ((*call).to_owned(), *n)).collect();
    assert_eq!(
        least,
        Some(expected),
        "calls of a ride; more of them cost more, and fewer belong into the table"
    );
}

/// One ride, from its acceptance to the last of its effects.
async fn completes(world: &World, app: &Caller, customer: &str) {
    let id = app.completes(&Ride::default().with("customer", customer)).await;
    let outcome = format!("{id}-collected");
    let look = async || {
        let sent = |told: Option<String>| told.as_deref() == Some("SENT");
        (
            world.fare_status(&id).await.as_deref() == Some("COLLECTED"),
            sent(world.notification(&id).await) && sent(world.notification(&outcome).await),
            world.filed(&id).await == (1, 1) && world.filed(&outcome).await == (1, 1),
            world.featured(&id).await,
        )
    };
    eventually("the ride has all its effects", look, |seen| *seen == (true, true, true, true)).await;
    eventually("nothing is under way", || in_hand(world), |n| *n == 0).await;
}

async fn in_hand(world: &World) -> usize {
    let mut sum = 0;
    for service in Service::ALL.into_iter().chain([Service::PAYMENT]) {
        sum += world.in_hand(service).await;
    }
    sum
}

async fn calls() -> BTreeMap<String, u32> {
    serde_json::from_str(&asks_proxy("_calls", None).await).unwrap()
}
