//! Audits of a deployment: green if all is as the contract says, and with findings otherwise. `make test-e2e` runs them before all other
//! tests, because an audit looks at everything that is deployed.

mod broken_builds;
mod changed_rows;
mod dead_letters;
mod events;
mod journal;
mod program;
mod work;

use end_to_end::{Caller, Ride, Saga, World, eventually, unique};
use serde_json::Value;

use self::{
    changed_rows::{ChangedRow, changed_rows},
    program::{about, audits, found, rydes},
    work::{parks, work},
};

#[tokio::test]
async fn an_audit_is_green_where_all_is_well_and_finds_whatever_is_not() {
    let world = World::alone().await;
    let (_, before) = audits().await;
    let all = work(&world).await;
    let (green, audit) = audits().await;
    assert!(green && found(&audit).is_empty(), "{audit:#}");
    let count = |audit: &Value, what: &str| audit["looked_at"][what].as_u64().unwrap_or_default();
    let looked_at = |what: &str| count(&audit, what) - count(&before, what);
    assert_eq!(
        ["rides", "fares", "prebookings", "requests for quotes"].map(looked_at),
        [12, 12, 3, 2],
        "{audit:#}"
    );
    let queues = world.services().await.len() as u64;
    assert_eq!(looked_at("dead letters"), queues, "{audit:#}");
    // All herds' queues have one name.
    let reasons = audit["dead_letters"].as_object().unwrap();
    assert_eq!(reasons.len() as u64, queues - world.herds().await.len() as u64 + 1, "{audit:#}");
    assert_eq!(reasons["PrebookingSubmission: NotAQueueMessage"], 1, "{audit:#}");

    // The withheld receipt is sent once its customer has an address.
    world.puts_address_on_file(&all.customer, &format!("{}@example.com", all.customer)).await;
    let is_sent = |n: &Option<String>| n.as_deref() == Some("SENT");
    eventually("the receipt is sent", || world.notification(&all.collected), is_sent).await;
    let (green, audit) = audits().await;
    assert!(green && found(&audit).is_empty(), "{audit:#}");

    for ChangedRow { what, table, key, change, findings } in changed_rows(&all) {
        let (green, audit) = world.while_changed(table, &key, change, audits()).await;
        let (mut found, mut expected) = (found(&audit), findings.to_vec());
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!((green, found), (false, expected.iter().map(|f| (*f).to_owned()).collect()), "{what}");
    }

    dead_letters::are_found(&world).await;
    journal::is_compared(&world, &all).await;
    events::missed_by_a_wrong_filter_are_found(&world).await;
    events::of_unknown_rides_are_found(&world).await;

    let shown = String::from_utf8(rydes(&["audit"]).await.stdout).unwrap();
    assert!(
        shown.contains("a ride that was never accepted") && shown.contains("requests for quotes"),
        "{shown}"
    );
}

#[tokio::test]
async fn what_the_provider_did_later_is_found_until_it_is_learned_and_dealt_with() {
    let world = World::alone().await;
    let saga = Saga::deployed(&world).await;
    let app = Caller::unicorn_management_app(&world).await;
    let completes = async |suffix: &str| {
        let ride = Ride::default().with("customer", format!("{}{suffix}", unique("c")));
        app.completes(&ride).await
    };
    let (refunded, disputed) =
        (completes("_fail_refund_later_fail_credit").await, completes("_disputed").await);
    let (_, audit) = audits().await;
    assert_eq!(about(&audit, &refunded), ["the provider's books differ"], "{audit:#}");
    assert_eq!(about(&audit, &disputed), ["the provider has a dispute that our record lacks"]);

    world.reconciles().await;
    let parked = eventually("people have it", || world.looks_at(&refunded), |fare| !fare.parked.is_empty());
    saga.ended(&parked.await.parked[0]).await;
    let (_, audit) = audits().await;
    let findings = about(&audit, &refunded);
    assert!(findings.contains(&"needs review: see rydes fare".to_owned()), "{findings:?}");
    assert_eq!(about(&audit, &disputed), Vec::<String>::new());
    let listed = audit["disputes"].as_array().unwrap();
    let listed = listed.iter().find(|listed| listed["fare"] == disputed.as_str()).unwrap();
    assert_eq!(listed["reason"], "fraudulent");

    let resolved = rydes(&["fare", "resolve", &refunded, "--as", "taken-back"]).await;
    assert!(resolved.status.success(), "{resolved:?}");
    let settled = rydes(&["fare", "settle-dispute", &disputed]).await;
    assert!(settled.status.success(), "{settled:?}");
    let (_, audit) = audits().await;
    assert_eq!((about(&audit, &refunded), about(&audit, &disputed)), (vec![], vec![]), "{audit:#}");
}

#[tokio::test]
async fn what_people_brought_to_an_end_leaves_nothing_to_find() {
    let world = World::alone().await;
    let saga = Saga::deployed(&world).await;
    let paid = parks(&world, &saga, "", "CompleteFare").await;
    let owed = parks(&world, &saga, "_fail_credit", "RefundPayment").await;
    let (_, audit) = audits().await;
    let about = |id: &str| {
        let findings = audit["findings"].as_array().unwrap();
        findings.iter().any(|f| f["about"] == format!("fare {id}"))
    };
    assert!(about(&paid) && about(&owed), "{audit:#}");

    for (id, contradicted, end, status, event) in [
        (&paid, "taken-back", "collected", "COLLECTED", "collected"),
        (&owed, "collected", "taken-back", "FAILED", "failed"),
    ] {
        let refused = rydes(&["fare", "resolve", id, "--as", contradicted]).await;
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && why.contains(&format!("as {end}")), "{why}");
        let resolved = rydes(&["fare", "resolve", id, "--as", end, "--note", "looked at"]).await;
        assert!(resolved.status.success(), "{resolved:?}");
        let fare = world.looks_at(id).await;
        assert_eq!((fare.status.as_deref(), fare.parked.len()), (Some(status), 0), "{fare:?}");
        assert_eq!(fare.taken, fare.paid, "{fare:?}");
        let event = format!("{id}-{event}");
        eventually("the customer is told", || world.notification(&event), Option::is_some).await;
        let again = rydes(&["fare", "resolve", id, "--as", end]).await;
        assert!(!again.status.success(), "it is not left to people any more");
    }
    // Another test leaves a finding behind, so no finding may be about these two.
    let (_, audit) = audits().await;
    let left: Vec<_> = audit["findings"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert!(!left.iter().any(|found| found.contains(&paid) || found.contains(&owed)), "{audit:#}");
}
