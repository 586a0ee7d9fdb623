//! Bad input gets a clear answer that names every fault at once, and leaves nothing behind.

use end_to_end::{Caller, Prebooking, Ride, World};
use serde_json::json;

#[tokio::test]
async fn every_fault_is_named_and_nothing_is_stored() {
    // The test runs alone, so that no other test stores rides at the same time.
    let world = World::alone().await;
    let app = Caller::unicorn_management_app(&world).await;
    let before = world.ride_count().await;
    let ride = Ride::default;
    let raw = |from: &str, to: &str| ride().json().replace(from, to);
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    let nothing: &[&str] = &[];
    let all: &[&str] = &["#/from", "#/to", "#/duration", "#/distance", "#/customer", "#/fare"];

    for (what, body, status, faults) in [
        ("empty", String::new(), 400, nothing),
        ("not JSON", "fare=1".into(), 400, nothing),
        ("cut off", ride().json()[..20].into(), 400, nothing),
        ("a list", "[]".into(), 400, nothing),
        ("null", "null".into(), 400, nothing),
        ("two documents", format!("{0}{0}", ride().json()), 400, nothing),
        ("NaN, which is no JSON", raw("256.5", "NaN"), 400, nothing),
        ("a field given twice", raw("{", r#"{"fare":1,"#), 400, &["#/fare"]),
        ("nothing in it", "{}".into(), 422, all),
        ("one field missing", ride().without("to").json(), 422, &["#/to"]),
        ("unknown fields", ride().with("tip", 5).with("x/y", 1).json(), 422, &["#/tip", "#/x~1y"]),
        (
            "empty strings",
            ride().with("from", "").with("to", "  ").with("customer", "").json(),
            422,
            &["#/from", "#/to", "#/customer"],
        ),
        (
            "wrong types",
            ride().with("from", 1).with("fare", true).with("distance", json!([1])).json(),
            422,
            &["#/from", "#/distance", "#/fare"],
        ),
        ("a negative fare", ride().with("fare", -0.01).json(), 422, &["#/fare"]),
        ("NaN as a string", ride().with("fare", "NaN").json(), 422, &["#/fare"]),
        ("infinity as a string", ride().with("fare", "Infinity").json(), 422, &["#/fare"]),
        ("an over-precise fare", ride().with("fare", "0.001").json(), 422, &["#/fare"]),
        ("a fare of 10^30", raw("256.5", "1e30"), 422, &["#/fare"]),
        ("a fare of 10^400", raw("256.5", "1e400"), 422, &["#/fare"]),
        ("a fare of a thousand digits", raw("256.5", &"9".repeat(1000)), 422, &["#/fare"]),
        ("half a minute", ride().with("duration", 0.5).json(), 422, &["#/duration"]),
        (
            "control characters",
            ride().with("from", "Ber\u{0}lin").with("to", "a\nb").json(),
            422,
            &["#/from", "#/to"],
        ),
        ("a customer with a blank", ride().with("customer", "c m r").json(), 422, &["#/customer"]),
        (
            "100 deep",
            deep,
            422,
            &["#/a", "#/from", "#/to", "#/duration", "#/distance", "#/customer", "#/fare"],
        ),
        ("over 8 KiB", ride().with("from", "x".repeat(8 * 1024)).json(), 413, nothing),
    ] {
        let answer = app.posts(&body, &[]).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert_eq!(pointers(&answer.body), sorted(faults), "{what}: {answer:?}");
    }
    for (what, header, status) in [
        ("plain text", ("content-type", "text/plain"), 415),
        ("a form", ("content-type", "application/x-www-form-urlencoded"), 415),
        ("an idempotency key with a blank", ("idempotency-key", "a b"), 400),
        ("an idempotency key that is too long", ("idempotency-key", &"k".repeat(65)), 400),
        ("an empty idempotency key", ("idempotency-key", ""), 400),
    ] {
        let answer = app.posts(&ride().json(), &[header]).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
    }

    assert_eq!(world.ride_count().await, before, "something was stored");
}

#[tokio::test]
async fn a_coded_ride_is_refused_and_not_stored() {
    let world = World::alone().await;
    let app = Caller::unicorn_management_app(&world).await;
    let before = world.ride_count().await;
    let answer = app.posts(&Ride::default().json(), &[("content-encoding", "gzip")]).await;
    assert_eq!(answer.status, 415, "{answer:?}");
    assert_eq!(world.ride_count().await, before, "it was stored");
}

/// The queue accepts or refuses the requests that API Gateway sends to it. A retry would get the same answer.
#[tokio::test]
async fn what_no_retry_can_mend_is_no_503_where_no_function_looks_at_it() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    let sound = Prebooking::default().json();
    let padded = |length: usize| sound.clone() + &" ".repeat(length - sound.len());
    for (what, body, header, status) in [
        ("no body", String::new(), None, 400),
        ("a character that no queue takes", sound.replace("Berlin", "\u{ffff}"), None, 400),
        ("just 8 KiB", padded(8 * 1024), None, 202),
        ("over 8 KiB", padded(8 * 1024 + 1), None, 413),
        ("more than a queue takes", padded(1024 * 1024 + 1), None, 413),
        ("a coding", sound.clone(), Some(("content-encoding", "gzip")), 415),
        ("no coding", sound.clone(), Some(("content-encoding", "identity")), 202),
        (
            "an id of its own",
            sound.clone(),
            Some(("x-amzn-requestid", "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10")),
            400,
        ),
        ("no id at all", sound.clone(), Some(("x-amzn-requestid", "mine")), 400),
        ("an idempotency key with a blank", sound.clone(), Some(("idempotency-key", "a b")), 400),
        (
            "an idempotency key that is too long",
            sound.clone(),
            Some(("Idempotency-Key", &"k".repeat(65))),
            400,
        ),
        ("an empty idempotency key", sound.clone(), Some(("idempotency-key", "")), 400),
        ("an answer in XML", sound.clone(), Some(("accept", "application/xml")), 202),
    ] {
        let answer = app.posts_prebooking(&body, header.as_slice()).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        match status {
            202 => assert!(
                answer.body["id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok(),
                "{what}: {answer:?}"
            ),
            _ => assert_eq!(
                (&answer.body["status"], answer.retry_after),
                (&status.into(), None),
                "{what}: {answer:?}"
            ),
        }
    }
}

fn pointers(problem: &serde_json::Value) -> Vec<String> {
    let errors = problem["errors"].as_array().into_iter().flatten();
    let mut pointers: Vec<_> = errors.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect();
    pointers.sort();
    pointers
}

fn sorted(pointers: &[&str]) -> Vec<String> {
    let mut pointers: Vec<_> = pointers.iter().map(|&pointer| pointer.to_owned()).collect();
    pointers.sort();
    pointers
}

#[tokio::test]
async fn what_only_looks_odd_is_accepted() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let charset = ("content-type", "application/json; charset=utf-8");
    for (what, body) in [
        ("names in other scripts", Ride::default().with("from", "北京").with("to", "İstanbul 🦄").json()),
        ("escapes", Ride::default().json().replace("Berlin", r"\u0042erlin")),
        ("blanks around", format!(" \n{}\t ", Ride::default().json())),
        ("from and to alike: a round trip", Ride::default().with("to", "Berlin").json()),
    ] {
        let answer = app.posts(&body, &[charset]).await;
        assert_eq!(answer.status, 201, "{what}: {answer:?}");
    }
}
