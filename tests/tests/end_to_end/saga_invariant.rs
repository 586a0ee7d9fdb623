//! The invariant of the saga, with a fault at any step, before its effect or after it. When the execution has ended, the amount taken
//! equals the amount paid in the ledger, nothing is reserved, and the fare's status agrees; or people have the case.

use contracts::RideId;
use end_to_end::{Fare, Fault, Saga, World, unique};
use futures_util::future::join_all;

use Fault::{After, Before};

const FARE: i64 = 25650;

/// The steps forward, each with the names of its possible errors: trouble of the service, a timeout, a crash.
const FORWARD: [(&str, &[&str]); 5] = [
    ("RegisterFare", &["DynamoDB.ProvisionedThroughputExceededException", "States.Timeout"]),
    (
        "AuthorizePayment",
        &["PaymentProviderUnavailable", "PaymentAuthUnclear", "States.Timeout", "SQS.AmazonSQSException"],
    ),
    ("CapturePayment", &["PaymentProviderUnavailable", "States.Timeout", "SQS.AmazonSQSException"]),
    ("CreditAccount", &["Lambda.ServiceException", "States.Timeout", "Lambda.Unknown"]),
    ("CompleteFare", &["DynamoDB.ProvisionedThroughputExceededException", "States.Timeout"]),
];

/// The refusals of participants, each with its own name and without an effect.
const REFUSALS: [(&str, &str); 3] = [
    ("AuthorizePayment", "PaymentAuthException"),
    ("CapturePayment", "PaymentChargeException"),
    ("CreditAccount", "AccountCreditException"),
];

/// The compensating path after each of these faults, state by state.
const BACK: [(&str, Fault, &[&str]); 6] = [
    ("AuthorizePayment", Before("PaymentAuthException"), &["FailFare"]),
    ("AuthorizePayment", After("States.Timeout"), &["VoidAuthorization", "FailFare"]),
    ("CapturePayment", Before("PaymentChargeException"), &["VoidAuthorization", "FailFare"]),
    ("CapturePayment", After("States.Timeout"), &["VoidAuthorization", "FailFare"]),
    ("CreditAccount", Before("AccountCreditException"), &["RefundPayment", "FailFare"]),
    ("CreditAccount", After("Lambda.Unknown"), &["ReverseCredit", "RefundPayment", "FailFare"]),
];

/// The states whose permanent failures go to people, because there is nothing, or nothing more, to compensate.
const PARKS: [&str; 6] =
    ["RegisterFare", "CompleteFare", "VoidAuthorization", "ReverseCredit", "RefundPayment", "FailFare"];

/// The faults of one execution.
type Case = Vec<(&'static str, Fault)>;

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = vec![vec![]];
    for (step, errors) in FORWARD {
        for error in errors {
            cases.push(vec![(step, Before(error))]);
            cases.push(vec![(step, After(error))]);
        }
    }
    cases.extend(REFUSALS.map(|(step, error)| vec![(step, Before(error))]));
    for (step, fault, back) in BACK {
        for compensation in back {
            cases.push(vec![(step, fault), (compensation, Before("States.Timeout"))]);
            cases.push(vec![(step, fault), (compensation, After("States.Timeout"))]);
        }
    }
    cases
}

/// Compares the state of a fare with the expected result of the case.
fn judge(case: &Case, execution: &str, ended: &str, seen: &Fare) -> Result<(), String> {
    let parks = case.iter().any(|(step, _)| PARKS.contains(step));
    let parked = seen.parked == [execution];
    let agree = seen.taken == seen.paid && !seen.reserved;
    let right = match (parks, seen.status.as_deref()) {
        (true, Some("NEEDS_REVIEW")) => parked && ended == "FAILED",
        (false, Some("COLLECTED")) => case.is_empty() && agree && seen.paid == FARE && ended == "SUCCEEDED",
        (false, Some("FAILED")) => !case.is_empty() && agree && seen.paid == 0 && ended == "FAILED",
        _ => false,
    };
    let right = right && (parks || seen.parked.is_empty());
    if right { Ok(()) } else { Err(format!("{case:?}: {ended}, {seen:?}")) }
}

#[tokio::test]
async fn money_ledger_and_status_agree_whatever_fails_and_wherever() {
    let world = World::shared().await;
    let deployed = Saga::deployed(&world).await;
    let run = async |case: Case| {
        let saga = deployed.with_faults(&case).await;
        let fare = RideId::new().to_string();
        let execution = saga.start(&fare, &unique("c")).await;
        let ended = saga.ended(&execution).await;
        judge(&case, &execution, &ended.status, &world.looks_at(&fare).await)
    };
    let cases = cases();
    assert!(cases.len() > 50, "{}", cases.len());
    let mut wrong = Vec::new();
    for some in cases.chunks(20) {
        let judged = join_all(some.iter().cloned().map(&run)).await;
        wrong.extend(judged.into_iter().filter_map(Result::err));
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_state_is_executed_by_some_case() {
    let world = World::shared().await;
    let deployed = Saga::deployed(&world).await;
    let mut states: Vec<_> = deployed.states();
    let known = FORWARD.map(|(step, _)| step);
    states.retain(|state| !known.contains(&state.as_str()) && !PARKS.contains(&state.as_str()));
    // These states are executed when a case is parked or fails, by `what_comes_twice_or_late_changes_nothing`, when people end a fare, and
    // when the payment provider reports something later (`reconciliation`).
    let ends = [
        "AlreadyRegistered",
        "DisputeReported",
        "FareFailed",
        "IsResolution",
        "MarkForReview",
        "NeedsReview",
        "ParkForReview",
        "Reopen",
        "Reported",
        "Resolve",
        "TakeOver",
        "TellOfDispute",
    ];
    states.sort_unstable();
    assert_eq!(states, ends, "a state that no case is for");
}

#[tokio::test]
async fn parking_that_fails_still_ends_and_says_so() {
    let world = World::shared().await;
    let deployed = Saga::deployed(&world).await;
    for (parking, status) in [("ParkForReview", Some("NEEDS_REVIEW")), ("MarkForReview", Some("REGISTERED"))]
    {
        let case = [("CompleteFare", Before("States.Timeout")), (parking, Before("States.Timeout"))];
        let saga = deployed.with_faults(&case).await;
        let fare = RideId::new().to_string();
        let ended = saga.ended(&saga.start(&fare, &unique("c")).await).await;
        assert_eq!((ended.status.as_str(), ended.error.as_deref()), ("FAILED", Some("FareNeedsReview")));
        let seen = world.looks_at(&fare).await;
        assert_eq!(
            (seen.status.as_deref(), seen.parked.len()),
            (status, usize::from(parking == "MarkForReview"))
        );
    }
}
