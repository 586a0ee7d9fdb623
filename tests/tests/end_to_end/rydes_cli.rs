//! The command-line client, as a person or a script uses it.

use std::process::Output;

use end_to_end::{Herds, World, eventually, unhurried, unique};
use serde_json::Value;
use tokio::process::Command;

async fn rydes(arguments: &[&str]) -> Output {
    let program = std::env::var("RYDES").expect("RYDES names the program: run `make test-e2e`");
    Command::new(program).args(arguments).output().await.unwrap()
}

async fn json(arguments: &[&str]) -> Value {
    let output = rydes(arguments).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn words(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

#[tokio::test]
async fn a_ride_is_completed_and_traced() {
    let _world = World::shared().await;
    let customer = unique("c");
    let ride = json(&["complete-ride", "--json", "--customer", &customer, "--fare", "12.00"]).await;
    let id = ride["id"].as_str().unwrap();
    let trace = json(&["trace", id, "--json"]).await;
    assert_eq!(trace["fare"], "12.00");
    for step in trace["services"].as_array().unwrap() {
        if step["service"] == "extraordinary-rides" {
            assert_eq!(step["delivery"]["filtered_out"], "fare 12 is not >= 50");
            assert_eq!(step["effect"], Value::Null);
        } else {
            assert_eq!(step["delivery"], "queue");
            assert!(step["latency_ms"].as_i64().is_some_and(|ms| ms >= 0), "{step}");
        }
    }
    let collection = trace["fare_collection"].as_array().unwrap();
    assert!(collection.iter().all(|step| step["effect"].is_string()), "{trace}");
    for (service, effect) in [
        ("fare-collection", "fare of 12.00 collected"),
        ("customer-notification", "no address that works, nothing sent"),
        ("datalake-ingestion", "event filed as Parquet"),
    ] {
        let step = collection.iter().find(|step| step["service"] == service);
        assert_eq!(step.map(|step| &step["effect"]), Some(&effect.into()), "{service}");
    }
    assert!(rydes(&["add-contact", &customer, "rider@example.com"]).await.status.success());
    let sent = |trace: &Value| {
        let collection = trace["fare_collection"].as_array().unwrap();
        collection.iter().any(|step| step["effect"] == "payment receipt e-mailed")
    };
    let traced = async || json(&["trace", id, "--json"]).await;
    eventually("it is sent once there is an address", traced, sent).await;
    let table = words(&rydes(&["trace", id]).await.stdout);
    assert!(
        table.contains("filtered out") && table.contains("12 points awarded, 12 in all: Foal"),
        "{table}"
    );
}

#[tokio::test]
async fn the_path_of_a_fare_is_shown_with_its_errors_and_compensations() {
    let _world = World::shared().await;
    let customer = format!("{}_flaky_fail_charge", unique("c"));
    let ride = json(&["complete-ride", "--json", "--customer", &customer]).await;
    let id = ride["id"].as_str().unwrap();
    // Its collection begins a moment later.
    json(&["trace", id, "--json"]).await;
    let fare = json(&["fare", id, "--json"]).await;
    assert_eq!((&fare["status"], &fare["execution"]), (&"FAILED".into(), &"FAILED".into()));
    let steps = fare["steps"].as_array().unwrap();
    let seen: Vec<_> = steps
        .iter()
        .map(|step| (step["state"].as_str().unwrap(), step["outcome"].as_str().unwrap(), &step["attempts"]))
        .collect();
    let expected = [
        ("RegisterFare", "done", 1),
        ("AuthorizePayment", "done", 3),
        ("CapturePayment", "failed", 3),
        ("VoidAuthorization", "done", 3),
        ("FailFare", "done", 1),
        ("FareFailed", "failed", 0),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(state, outcome, n)| (*state, *outcome, Value::from(*n))).collect();
    assert_eq!(seen, expected.iter().map(|(state, outcome, n)| (*state, *outcome, n)).collect::<Vec<_>>());
    assert!(
        steps.iter().all(|step| (step["state"] == "VoidAuthorization") == (step["compensation"] == true))
    );
    let picture = words(&rydes(&["fare", id]).await.stdout);
    for part in [
        "256.50: failed",
        "● AuthorizePayment",
        "3 tries",
        "✗ CapturePayment",
        "PaymentChargeException",
        "↩ VoidAuthorization",
    ] {
        assert!(picture.contains(part), "{part} in {picture}");
    }
}

#[tokio::test]
async fn a_prebooking_is_traced_whether_confirmed_or_rejected() {
    let _world = World::shared().await;
    let booking = json(&["prebook", "--json", "--to", "Ulm"]).await;
    let trace = json(&["trace", booking["id"].as_str().unwrap(), "--json"]).await;
    assert_eq!((&trace["status"], &trace["to"]), (&"CONFIRMED".into(), &"Ulm".into()));
    let effects: Vec<_> = trace["steps"].as_array().unwrap().iter().map(|step| &step["effect"]).collect();
    assert_eq!(effects, ["stored", "event filed as Parquet", "confirmed"]);

    let booking = json(&["prebook", "--json", "--when", "2020-01-01T00:00:00Z", "--customer", "c m r"]).await;
    let trace = rydes(&["trace", booking["id"].as_str().unwrap()]).await;
    let table = words(&trace.stdout);
    for part in ["rejected", "when: must be in the future", "customer: must be 1 to 64", "filtered out"] {
        assert!(trace.status.success() && table.contains(part), "{part} in {table}");
    }
}

#[tokio::test]
async fn a_campaign_is_shown_in_figures_and_as_a_picture() {
    let _world = World::alone().await;
    let file = std::env::temp_dir().join(format!("{}.svg", unique("campaign")));
    let svg = file.to_str().unwrap();
    let campaign = json(&["campaign", "--json", "--bookings", "60", "--rate", "200", "--svg", svg]).await;
    assert_eq!(
        (&campaign["accepted"], &campaign["confirmed"], &campaign["undecided"]),
        (&60.into(), &60.into(), &0.into())
    );
    assert!(campaign["samples"].as_array().unwrap().len() > 1, "{campaign}");
    let picture = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("60 prebookings"), "{picture}");
    let shown = words(&rydes(&["campaign", "--bookings", "20"]).await.stdout);
    assert!(shown.contains("messages in the queues") && shown.contains("confirmed"), "{shown}");
    assert!(!rydes(&["campaign", "--bookings", "0"]).await.status.success());
}

#[tokio::test]
async fn a_load_of_every_kind_is_summed_up_and_drawn() {
    let _world = World::alone().await;
    let file = std::env::temp_dir().join(format!("{}.svg", unique("load")));
    let plot = file.to_str().unwrap();
    let load =
        ["load", "--rate", "4", "--for", "3s", "--mix", "rides=2,prebookings=1,quotes=1", "--plot", plot];
    let figures = json(&[&load[..], &["--json"]].concat()).await;
    let of = |n: usize| (&figures["use_cases"][n]["use_case"], &figures["use_cases"][n]["accepted"]);
    assert_eq!(of(0), (&"rides".into(), &6.into()), "{figures}");
    assert_eq!(of(1), (&"prebookings".into(), &3.into()), "{figures}");
    assert_eq!(of(2), (&"quotes".into(), &3.into()), "{figures}");
    let all = &figures["all"];
    assert_eq!((&all["sent"], &all["errors"]), (&12.into(), &Value::Object([].into_iter().collect())));
    assert!(
        all["p50_ms"].as_u64() > Some(0) && all["p99_ms"].as_u64() <= all["max_ms"].as_u64(),
        "{figures}"
    );
    assert_eq!(figures["slices"].as_array().unwrap().len(), 3, "{figures}");
    let picture = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("12 requests at 4 a second"), "{picture}");

    let shown = words(&rydes(&["load", "--count", "4"]).await.stdout);
    assert!(shown.contains("prebookings") && shown.contains("4 requests in "), "{shown}");
}

#[tokio::test]
async fn quotes_are_shown_as_they_come_and_traced() {
    let _world = World::shared().await;
    // At some places one herd is silent.
    let herds = Herds::deployed();
    let (to, within) = (unique("to"), unhurried(10).to_string());
    for (place, silent) in [(herds.a_place_of_all(), false), (herds.a_place_of_all_but_one(), true)] {
        let rfq = ["request-quotes", "--from", &place, "--to", &to, "--reply-within", &within];
        let output = rydes(&rfq).await;
        let shown = words(&output.stdout);
        let end = if silent { "moonlight did not answer" } else { "closed: all have answered" };
        for part in ["asked: moonlight, rainbow, stardust", end, "best: rainbow", "there in 12 min"] {
            assert!(output.status.success() && shown.contains(part), "{part} in {shown}");
        }
        let id = shown.split_whitespace().nth(1).unwrap().trim_end_matches(':');
        let table = words(&rydes(&["trace", id]).await.stdout);
        let of_moonlight = if silent { "silent" } else { "there in 9 min" };
        let closed = if silent { "closed by the deadline, 2 of 3" } else { "closed by the last answer" };
        for part in ["herd moonlight", of_moonlight, closed, "best: rainbow"] {
            assert!(table.contains(part), "{part} in {table}");
        }
    }

    let named =
        json(&["request-quotes", "--json", "--to", &to, "--herds", "stardust", "--from", &unique("from")])
            .await;
    assert_eq!((&named["status"], &named["best"]["responder"]), (&"CLOSED".into(), &"stardust".into()));
    let trace = json(&["trace", "--json", named["rfq-id"].as_str().unwrap()]).await;
    assert_eq!(trace["steps"][1]["delivery"]["filtered_out"], "it is not among the herds asked");
}

#[tokio::test]
async fn many_requests_for_quotes_are_summed_up() {
    let _world = World::shared().await;
    let place = Herds::deployed().a_place_of_all();
    let rfq = ["request-quotes", "--from", &place, "--reply-within", "300", "--times", "12", "--rate", "20"];
    let many = json(&[&rfq[..], &["--json"]].concat()).await;
    assert_eq!(
        (&many["accepted"], &many["closed_by_the_last_answer"], &many["quotes"], &many["late"]),
        (&12.into(), &12.into(), &36.into(), &0.into())
    );
    let shown = words(&rydes(&rfq).await.stdout);
    assert!(shown.contains("closed by the last answer") && shown.contains("time until closed"), "{shown}");
}

#[tokio::test]
async fn status_shows_every_stack_and_queue() {
    let world = World::shared().await;
    let status = json(&["status", "--json"]).await;
    let services = status["services"].as_array().unwrap();
    assert!(
        services.iter().all(|service| service["stack"].as_str().unwrap().ends_with("_COMPLETE")),
        "{status}"
    );
    let queues = services.iter().flat_map(|service| service["queues"].as_array().unwrap());
    let mut names: Vec<_> = queues.map(|queue| queue["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let queues = world.logical_ids("AWS::SQS::Queue").await;
    let mut all: Vec<_> = queues.iter().filter_map(|queue| queue.strip_suffix("Queue")).collect();
    all.sort_unstable();
    assert_eq!(names, all);
}

#[tokio::test]
async fn errors_say_what_to_do() {
    let _world = World::shared().await;
    for (arguments, advice) in [
        (&["status", "--stage", "nowhere"][..], "make up"),
        (&["complete-ride", "--fare", "-1", "--from", ""], "fare: must not be negative"),
        (&["trace", "not-an-id"], "must be a UUID"),
        (&["trace", "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"], "rydes complete-ride"),
        (&["fare", "not-an-id"], "must be a UUID"),
        (&["fare", "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"], "no collection of the fare"),
        (&["request-quotes", "--herds", "mars", "--reply-within", "0"], "there is no herd mars"),
        (&["request-quotes", "--times", "2", "--idempotency-key", "k"], "--idempotency-key"),
        (&["load", "--rate", "none", "--mix", "trips=1"], "there is no 'trips'"),
        (&["cost", "--counts", "nowhere.json"], "nowhere.json can't be read"),
        (&["add-contact", "cmr", "nonsense"], "name@example.com"),
    ] {
        let output = rydes(arguments).await;
        let error = words(&output.stderr);
        assert!(!output.status.success() && error.contains(advice), "{arguments:?}: {error}");
    }
}
