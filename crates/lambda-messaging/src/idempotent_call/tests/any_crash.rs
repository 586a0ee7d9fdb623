//! Any sequence of deliveries: some are killed at any moment, some overlap, and answers of the table and of the API are lost.

use proptest::prelude::*;
use tokio::time::{Duration, advance, timeout};

use super::{
    super::{Api, Outcome, Resolution},
    table::Fault,
    world::{KEYS, LEASE, NO_KEYS, Way, World},
};
use crate::Failure;

/// A delivery of the message.
#[derive(Debug, Clone)]
struct Delivery {
    way: Way,
    /// The way in which the table treats some of its requests.
    faults: Vec<(usize, Fault)>,
    /// The function is killed after this many seconds.
    killed_after: u64,
    /// It overlaps with a second delivery that begins after this many seconds.
    overlaps_after: Option<u64>,
    /// The seconds until the next delivery.
    then_wait: u64,
}

fn deliveries() -> impl Strategy<Value = Vec<Delivery>> {
    let way = prop_oneof![
        4 => prop::sample::select(vec![Way::Answer, Way::Refuse, Way::Busy, Way::Throttle]),
        4 => prop::sample::select(vec![Way::LoseRequest, Way::LoseAnswer, Way::HangBefore, Way::HangAfter]),
        2 => (0..40_u64).prop_map(Way::Slow),
    ];
    let fault = prop_oneof![
        Just(Fault::Fails),
        Just(Fault::LosesAnswer),
        Just(Fault::LosesRequest),
        (1..35_u64).prop_map(|seconds| Fault::Delays(Duration::from_secs(seconds))),
    ];
    let faults = prop::collection::vec((1..5_usize, fault), 0..3);
    let delivery = (way, faults, 0..60_u64, prop::option::of(0..30_u64), 0..60_u64);
    let delivery = delivery.prop_map(|(way, faults, killed_after, overlaps_after, then_wait)| Delivery {
        way,
        faults,
        killed_after,
        overlaps_after,
        then_wait,
    });
    prop::collection::vec(delivery, 1..8)
}

type Called = Result<Outcome<String>, Failure>;

/// True if a result says that no call was made so far, and none is in doubt.
fn says_not_made(called: &Called) -> bool {
    called.as_ref().is_err_and(|failure| matches!(failure.reason().error_type.as_str(), "Refused" | "Busy"))
}

fn receipt(called: &Called) -> Option<&str> {
    match called {
        Ok(Outcome::Made(receipt) | Outcome::Duplicate(receipt)) => Some(receipt),
        _ => None,
    }
}

async fn deliver(world: &World, delivery: &Delivery) -> Vec<Called> {
    for (request, fault) in &delivery.faults {
        world.table.treat_next(*request, *fault);
    }
    let kill = Duration::from_secs(delivery.killed_after);
    let charge = async {
        let called = timeout(kill, world.charge(delivery.way)).await.ok();
        let is_true = !called.as_ref().is_some_and(says_not_made) || world.effects_at_refusal() == 0;
        assert!(is_true, "{called:?}");
        called
    };
    let called = match delivery.overlaps_after {
        None => vec![charge.await],
        Some(after) => {
            let second = async {
                tokio::time::sleep(Duration::from_secs(after)).await;
                timeout(kill, world.charge(Way::Answer)).await.ok()
            };
            let (first, second) = tokio::join!(charge, second);
            vec![first, second]
        }
    };
    called.into_iter().flatten().collect()
}

async fn any_crash(api: Api, deliveries: Vec<Delivery>) {
    let world = World::new(api);
    let mut called = Vec::new();
    for delivery in &deliveries {
        called.extend(deliver(&world, delivery).await);
        world.table.heal();
        assert!(world.effects() <= 1 && world.keys().len() <= 1, "{called:?}");
        if api == NO_KEYS && world.effects() == 1 {
            assert!(
                world
                    .record()
                    .await
                    .is_some_and(|record| record.expires_at.is_none() || !record.may_be_in_doubt())
            );
        }
        advance(Duration::from_secs(delivery.then_wait)).await;
    }
    // From now on nothing fails.
    advance(LEASE.unsigned_abs()).await;
    let mut last = world.charge(Way::Answer).await;
    if last == Ok(Outcome::Unknown) {
        assert_eq!(api, NO_KEYS, "all happened within the time for which the API knows its keys");
        // A person checks.
        let found =
            if world.effects() == 0 { Resolution::NotMade } else { Resolution::Made("receipt-1".to_owned()) };
        world.calls.resolve("charge/1", found).await.unwrap();
        last = world.charge(Way::Answer).await;
    }
    called.push(last);
    called.push(world.charge(Way::Answer).await);
    assert_eq!(world.effects(), 1, "{called:?}");
    assert_eq!(called.last(), Some(&Ok(Outcome::Duplicate("receipt-1".to_owned()))));
    assert!(called.iter().filter_map(receipt).all(|receipt| receipt == "receipt-1"), "{called:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_effect_is_made_once_and_every_result_is_true(knows_keys in any::<bool>(), deliveries in deliveries()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(any_crash(if knows_keys { KEYS } else { NO_KEYS }, deliveries));
    }
}
