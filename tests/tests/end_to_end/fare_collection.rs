//! Fare collection: every fare is collected, or given up with no money taken, or left to people.

use std::{collections::HashSet, time::Duration};

use contracts::RideId;
use end_to_end::{
    Caller, Fare, ProviderCall, Ride, Saga, Service, World, crowd, eventually, eventually_within,
    faults_of_message, unique,
};
use futures_util::future::join_all;

const FARE: i64 = 25650;

/// A new fare's id, and a customer whose id ends like this.
fn fare(suffix: &str) -> (String, String) {
    (RideId::new().to_string(), format!("{}{suffix}", unique("c")))
}

fn collected() -> Fare {
    Fare { status: Some("COLLECTED".into()), taken: FARE, reserved: false, paid: FARE, parked: vec![] }
}

fn failed() -> Fare {
    Fare { status: Some("FAILED".into()), taken: 0, reserved: false, paid: 0, parked: vec![] }
}

#[tokio::test]
async fn a_completed_ride_is_paid_credited_and_told() {
    let world = World::shared().await;
    let ride = Ride::default();
    let email = format!("{}@example.com", ride.customer());
    world.puts_address_on_file(ride.customer(), &email).await;
    let id = Caller::unicorn_management_app(&world).await.completes(&ride).await;

    eventually("the fare is collected", || world.looks_at(&id), |fare| *fare == collected()).await;
    let event = format!("{id}-collected");
    eventually("the customer is told", || world.notification(&event), |n| n.as_deref() == Some("SENT")).await;
    eventually("the outcome is in the lake", || world.filed(&event), |f| *f == (1, 1)).await;
    let mails = world.mailbox(&email).await;
    let told = mails.iter().filter(|mail| mail.contains("Paid") && mail.contains("256.50 EUR")).count();
    assert_eq!((told, mails.len()), (1, 2), "beside the ride's receipt: {mails:?}");
}

#[tokio::test]
async fn each_refusal_ends_with_nothing_taken_and_the_customer_told() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let mut rides = Vec::new();
    for (suffix, error, calls) in [
        ("_fail_auth", "PaymentAuthException", &[][..]),
        ("_fail_charge", "PaymentChargeException", &["authorize", "void"]),
        ("_fail_credit", "AccountCreditException", &["authorize", "capture", "refund"]),
    ] {
        let customer = format!("{}{suffix}", unique("c"));
        let email = format!("{customer}@example.com");
        world.puts_address_on_file(&customer, &email).await;
        let id = app.completes(&Ride::default().with("customer", customer)).await;
        rides.push((id, error, calls, email));
    }
    let saga = Saga::deployed(&world).await;
    for (id, error, calls, email) in rides {
        eventually("the fare is given up", || world.looks_at(&id), |fare| *fare == failed()).await;
        let ended = saga.ended(&saga.execution(&id)).await;
        assert_eq!((ended.status.as_str(), ended.error.as_deref()), ("FAILED", Some(error)));
        let mut made: Vec<_> = world.provider_calls(&id).await;
        made.sort_by(|a, b| a.done.cmp(&b.done));
        assert_eq!(made.iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(), calls, "{error}");
        let event = format!("{id}-failed");
        eventually("the customer is told", || world.notification(&event), |n| n.as_deref() == Some("SENT"))
            .await;
        let problem = world.mailbox(&email).await.into_iter().find(|mail| mail.contains("Owed")).unwrap();
        assert!(!problem.contains(error), "the customer is not told our names: {problem}");
        eventually("the outcome is in the lake", || world.filed(&event), |f| *f == (1, 1)).await;
    }
}

#[tokio::test]
async fn a_provider_that_is_unavailable_for_a_while_is_tried_again() {
    let world = World::shared().await;
    let saga = Saga::deployed(&world).await;
    let (id, customer) = fare("_flaky");
    let ended = saga.ended(&saga.start(&id, &customer).await).await;
    assert_eq!((ended.status.as_str(), world.looks_at(&id).await), ("SUCCEEDED", collected()));
    let tries = saga.tries(&id).await;
    assert_eq!((tries["AuthorizePayment"], tries["CapturePayment"]), (3, 3), "two of them in vain");
}

#[tokio::test]
async fn an_error_that_the_provider_gives_again_and_again_blocks_no_compensation() {
    let world = World::shared().await;
    let saga = Saga::deployed(&world).await;
    let fares =
        [("_error_void_fail_charge", "VoidAuthorization"), ("_error_refund_fail_credit", "RefundPayment")];
    let started = fares.map(|(suffix, step)| (fare(suffix), step));
    let executions = join_all(started.iter().map(|((id, customer), _)| saga.start(id, customer))).await;
    for (((id, _), step), execution) in started.into_iter().zip(executions) {
        assert_eq!(saga.ended(&execution).await.status, "FAILED");
        assert_eq!(world.looks_at(&id).await, failed());
        let tries = saga.tries(&id).await[step];
        assert!(tries >= 2, "only another try has another key: {tries}");
    }
}

#[tokio::test]
async fn a_compensation_that_keeps_failing_goes_to_people_with_the_whole_state() {
    let world = World::shared().await;
    let saga = Saga::deployed(&world).await;
    let fares = [
        ("_fail_charge_fail_void", Fare { reserved: true, ..failed() }),
        ("_fail_refund_fail_credit", Fare { taken: FARE, ..failed() }),
    ];
    let started = fares.map(|(suffix, open)| (fare(suffix), open));
    let executions = join_all(started.iter().map(|((id, customer), _)| saga.start(id, customer))).await;
    for (((id, _), open), execution) in started.into_iter().zip(executions) {
        let ended = saga.ended(&execution).await;
        assert_eq!((ended.status.as_str(), ended.error.as_deref()), ("FAILED", Some("FareNeedsReview")));
        let parked = Fare { status: Some("NEEDS_REVIEW".into()), parked: vec![execution], ..open };
        assert_eq!(world.looks_at(&id).await, parked);
        let message = world.parked_state(&id).await;
        for field in
            ["customer", "amount", "correlationId", "authorization", "failure", "compensationFailure"]
        {
            assert!(!message[field].is_null(), "{field} in {message}");
        }
    }
}

#[tokio::test]
async fn what_comes_twice_or_late_changes_nothing() {
    let world = World::shared().await;
    let saga = Saga::deployed(&world).await;
    let ((paid, payer), (given_up, debtor)) = (fare(""), fare("_fail_credit"));
    for (id, customer) in [(&paid, &payer), (&given_up, &debtor)] {
        saga.ended(&saga.start(id, customer).await).await;
        assert_eq!(saga.try_start(id, id, customer).await, Err("ExecutionAlreadyExists".into()));
        // It is started under another name. AWS allows even the same name after 90 days.
        let second = saga.try_start(&unique("again"), id, customer).await.unwrap();
        assert_eq!(saga.ended(&second).await.status, "SUCCEEDED", "it finds the fare taken");
        assert_eq!(saga.path(&second).await, ["RegisterFare", "IsResolution", "AlreadyRegistered"]);
    }
    let before = (world.provider_calls(&paid).await, world.provider_calls(&given_up).await);
    // Every message comes twice more, and those of the forward steps come after their own compensation.
    for _ in 0..2 {
        for operation in ["authorize", "capture"] {
            world.requests_payment(&paid, &payer, operation).await;
        }
        for operation in ["refund", "void", "authorize", "capture"] {
            world.requests_payment(&given_up, &debtor, operation).await;
        }
    }
    let again = saga.only("CreditAccount").await;
    let execution = again.try_start(&unique("again"), &paid, &payer).await.unwrap();
    assert_eq!(again.ended(&execution).await.status, "SUCCEEDED", "the ledger has it already");
    eventually("the messages are through", || world.backlog(Service::PAYMENT), |n| *n == 0).await;
    assert_eq!((world.looks_at(&paid).await, world.looks_at(&given_up).await), (collected(), failed()));
    assert_eq!((world.provider_calls(&paid).await, world.provider_calls(&given_up).await), before);
}

#[tokio::test]
async fn a_credit_that_comes_after_its_reversal_stays_out() {
    let world = World::shared().await;
    let saga = Saga::deployed(&world).await;
    let (id, customer) = fare("");
    for (step, status, error) in [
        ("ReverseCredit", "SUCCEEDED", None),
        ("CreditAccount", "FAILED", Some("AccountCreditException")),
        ("ReverseCredit", "SUCCEEDED", None),
    ] {
        let saga = saga.only(step).await;
        let ended = saga.ended(&saga.try_start(&unique("x"), &id, &customer).await.unwrap()).await;
        assert_eq!((ended.status.as_str(), ended.error.as_deref()), (status, error), "{step}");
    }
    assert_eq!(world.looks_at(&id).await.paid, 0);
}

#[tokio::test]
async fn a_request_that_was_given_up_has_no_effect_when_it_comes_at_last() {
    let world = World::shared().await;
    let saga = Saga::deployed(&world).await;
    let (id, customer) = fare("");
    let held_up = world.creates_fifo_queue().await;
    let slow = saga.with_queue("AuthorizePayment", &held_up).await;
    let ended = slow.ended(&slow.start(&id, &customer).await).await;
    assert_eq!((ended.status.as_str(), ended.error.as_deref()), ("FAILED", Some("States.Timeout")));
    assert_eq!(world.looks_at(&id).await, failed());

    let request = world.receives(&held_up).await.expect("the request is where it was held up");
    world.sends_payment_message(&customer, &request).await;
    eventually("it is handled", || world.backlog(Service::PAYMENT), |n| *n == 0).await;
    assert_eq!(world.looks_at(&id).await, failed());
    assert_eq!(world.provider_calls(&id).await, []);
}

/// The state machine sends these requests itself, so they pass no fault proxy.
#[tokio::test]
async fn every_request_of_the_saga_for_a_payment_is_as_its_schema_says() {
    let world = World::shared().await;
    let saga = Saga::deployed(&world).await;
    let (id, customer) = fare("");
    let queue = world.creates_fifo_queue().await;
    let steps = saga.states_with("sqs:sendMessage.waitForTaskToken");
    for step in &steps {
        let request = saga.only(step).await.with_queue(step, &queue).await;
        request.ended(&request.start(&id, &customer).await).await;
    }
    let requests = world.takes_all(&queue).await;
    assert_eq!((requests.len(), steps.len()), (4, 4), "{steps:?}: {requests:?}");
    for request in &requests {
        assert_eq!(faults_of_message(request), Vec::<String>::new(), "{request}");
    }
    let mangled = requests[0].replace(r#""operation""#, r#""operations""#);
    assert_ne!(faults_of_message(&mangled), Vec::<String>::new());
}

#[tokio::test]
async fn a_poison_request_goes_to_the_dead_letter_queue_and_the_customers_next_is_handled() {
    let world = World::shared().await;
    let (id, customer) = fare("");
    let poison = unique("{ not JSON");
    world.sends_payment_message(&customer, &poison).await;
    let saga = Saga::deployed(&world).await;
    assert_eq!(saga.ended(&saga.start(&id, &customer).await).await.status, "SUCCEEDED");
    let letter =
        eventually("it is dead-lettered", || world.dead_letter(Service::PAYMENT, &poison), Option::is_some);
    let letter = letter.await.unwrap();
    assert_eq!(letter.reason["errorType"], "MalformedEvent");
    assert_eq!(letter.reason["service"], "customer-payment");
}

/// True if two calls were under way at the same time.
fn overlap(a: &ProviderCall, b: &ProviderCall) -> bool {
    a.begun < b.done && b.begun < a.done
}

#[tokio::test]
async fn a_customers_payments_are_made_one_after_the_other_and_others_beside_them() {
    let world = World::shared().await;
    let saga = Saga::deployed(&world).await;
    let customers: Vec<_> = (0..4).map(|_| fare("_slow").1).collect();
    let fares: Vec<_> = (0..12).map(|n| (RideId::new().to_string(), &customers[n % 4])).collect();
    let executions = join_all(fares.iter().map(|(id, customer)| saga.start(id, customer))).await;
    for execution in &executions {
        assert_eq!(saga.ended(execution).await.status, "SUCCEEDED");
    }
    let mut calls = Vec::new();
    for (id, customer) in &fares {
        calls.extend(world.provider_calls(id).await.into_iter().map(|call| (*customer, call)));
    }
    assert_eq!(calls.len(), 24);
    let (mut of_one, mut of_others) = (Vec::new(), 0);
    for (n, (customer, call)) in calls.iter().enumerate() {
        for (other, its_call) in calls.iter().skip(n + 1).filter(|(_, its_call)| overlap(call, its_call)) {
            if customer == other { of_one.push((call, its_call)) } else { of_others += 1 }
        }
    }
    assert_eq!(of_one, [], "payments of one customer at the same time");
    assert!(of_others > 0, "payments of different customers wait for each other");
}

#[tokio::test]
async fn a_thousand_customers_fares_are_collected_side_by_side() {
    let world = World::alone().await;
    let saga = Saga::deployed(&world).await;
    let names = unique("crowd");
    let fares: Vec<_> = (0..crowd(1000)).map(|n| (fare("").0, format!("{names}-{n}"))).collect();
    for batch in fares.chunks(50) {
        join_all(batch.iter().map(|(id, customer)| saga.start(id, customer))).await;
    }
    let patience = Duration::from_mins(8);
    let collected = || world.fares_collected(&names);
    eventually_within(patience, "all are collected", collected, |n| *n == fares.len()).await;
    let seen = join_all(fares.iter().map(|(id, _)| world.looks_at_the_money(id))).await;
    let different: HashSet<_> = seen.into_iter().collect();
    assert_eq!(different, HashSet::from([(FARE, FARE, vec!["authorize".to_owned(), "capture".to_owned()])]));
}

#[tokio::test]
async fn a_participant_that_dies_between_effect_and_answer_is_asked_again() {
    let world = World::alone().await;
    let saga = Saga::deployed(&world).await;
    // Its answers are lost: the step was made, and the message stays in the queue.
    let (id, customer) = fare("");
    let in_trouble = async {
        let execution = saga.start(&id, &customer).await;
        eventually("the amount is reserved", || world.looks_at(&id), |fare| fare.reserved).await;
        execution
    };
    let execution = world.while_denied("process-payment", "states:SendTaskSuccess", in_trouble).await;
    assert_eq!(saga.ended(&execution).await.status, "SUCCEEDED");
    assert_eq!(world.looks_at(&id).await, collected());

    // It can't record the provider's answer: it calls the provider again, which knows the call.
    let (id, customer) = fare("");
    let payments = world.output("customer-payment", "PaymentsTableName").to_owned();
    let in_trouble = async {
        let execution = saga.start(&id, &customer).await;
        eventually("the amount is reserved", || world.looks_at(&id), |fare| fare.reserved).await;
        execution
    };
    let denied = world.while_denied_on("process-payment", "dynamodb:UpdateItem", &payments, in_trouble);
    let execution = denied.await;
    assert_eq!(saga.ended(&execution).await.status, "SUCCEEDED");
    assert_eq!(world.looks_at(&id).await, collected());
}

#[tokio::test]
async fn participants_that_are_killed_again_and_again_lose_and_repeat_nothing() {
    let world = World::alone().await;
    let saga = Saga::deployed(&world).await;
    let (fares, enough) = (crowd(20).max(3), crowd(8).max(2));
    let fares: Vec<_> =
        (0..fares).map(|n| fare(["_slow", "_slow_fail_charge", "_slow_fail_credit"][n % 3])).collect();
    let kill = async {
        let executions = join_all(fares.iter().map(|(id, customer)| saga.start(id, customer))).await;
        let mut killed = 0;
        let kills = || {
            killed += world.kills(&["process-payment", "credit-account"]);
            std::future::ready(killed)
        };
        eventually("some are killed at work", kills, |killed| *killed >= enough).await;
        executions
    };
    // The messages of a killed function come back after this timeout. The deployed one, a minute, would only take longer.
    let executions = world.with_visibility_timeout(Service::PAYMENT, 3, kill).await;
    for execution in &executions {
        saga.ended(execution).await;
    }
    for (id, customer) in &fares {
        let seen = world.looks_at(id).await;
        let expected = if customer.contains("_fail_") { failed() } else { collected() };
        assert_eq!(seen, expected, "{customer}");
        let operations: Vec<_> =
            world.provider_calls(id).await.into_iter().map(|call| call.operation).collect();
        let different: HashSet<_> = operations.iter().collect();
        assert_eq!(different.len(), operations.len(), "each step once: {operations:?}");
    }
}
