//! Each principal can do what it is there for, and nothing else.

use end_to_end::{Caller, Contract, Inventory, Principal, Thing, World};
use futures_util::{StreamExt, stream};

/// The number of concurrent requests.
const AT_ONCE: usize = 8;

#[tokio::test]
async fn functions_have_ways_into_what_they_are_told_of_and_none_into_anything_else() {
    let world = World::shared().await;
    let Inventory { things, functions } = world.inventory().await;
    assert!(!things.is_empty() && !functions.is_empty(), "there is nothing to try");
    let mut faults = Vec::new();
    for function in &functions {
        let name = &function.name;
        let principal = &Principal::with(&world.as_role(&function.role).await);
        let tries = things.iter().map(async |thing| {
            if !function.is_told_of(thing) {
                return ways_into_anothers(name, principal, thing).await;
            }
            // `make lint` compares a function's rights on its own things with its calls.
            let locked_out = principal.ways_into(thing).await.is_empty();
            locked_out.then(|| {
                format!("the environment of {name} names {thing:?}, and its role gives no access to it")
            })
        });
        let found: Vec<_> = stream::iter(tries).buffer_unordered(AT_ONCE).collect().await;
        faults.extend(found.into_iter().flatten());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn each_app_calls_its_own_api_and_nobody_else_does() {
    let world = World::shared().await;
    let (unicorn_management, ride_booking) = ("unicorn-management", "ride-booking");
    let callers = [
        (
            "the Unicorn Management App",
            Caller::unicorn_management_app(&world).await,
            Some(unicorn_management),
        ),
        ("the Customer App", Caller::customer_app(&world).await, Some(ride_booking)),
        ("a key with a wrong secret", Caller::impostor(&world).await, None),
        ("a caller without a policy", Caller::stranger(&world).await, None),
        ("an unsigned request", Caller::anonymous(&world), None),
    ];
    for (who, caller, own) in &callers {
        for service in [unicorn_management, ride_booking] {
            for (method, path) in Contract::methods(service) {
                let expected = match (*own == Some(service), method.as_str()) {
                    (false, _) => 403,
                    // An allowed request gets past the authorization, and then fails: the item doesn't exist, or the body isn't JSON.
                    (true, "get") => 404,
                    (true, _) => 415,
                };
                let answer = caller.tries(service, &method, &path).await;
                assert_eq!(answer.status, expected, "{who}: {method} {path}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn apps_have_no_way_round_their_apis() {
    let world = World::shared().await;
    let Inventory { things, .. } = world.inventory().await;
    let mut faults = Vec::new();
    for (who, caller) in [
        ("the Unicorn Management App", Caller::unicorn_management_app(&world).await),
        ("the Customer App", Caller::customer_app(&world).await),
    ] {
        let principal = &Principal::with(caller.aws());
        let tries = things.iter().map(|thing| ways_into_anothers(who, principal, thing));
        let found: Vec<_> = stream::iter(tries).buffer_unordered(AT_ONCE).collect().await;
        faults.extend(found.into_iter().flatten());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The fault, if a principal has a way into a thing.
async fn ways_into_anothers(who: &str, principal: &Principal, thing: &Thing) -> Option<String> {
    let ways = principal.ways_into_anothers(thing).await;
    (!ways.is_empty()).then(|| format!("{who} may {} at {thing:?}", ways.join(", ")))
}
