//! Steps of a payment, with any fault and with repeated messages: the provider's books always agree with what the saga was told.

mod any_order;
mod payer;
mod provider;
mod unclear_authorization;
mod world;

use self::{payer::Payer, provider::Trouble};
use super::*;

#[tokio::test]
async fn a_payment_is_authorized_captured_and_refunded_each_once() {
    let payer = Payer::new();
    for (operation, books) in
        [(Operation::Authorize, (true, 0)), (Operation::Capture, (false, 1)), (Operation::Refund, (false, 0))]
    {
        assert_eq!(payer.delivers(operation, Trouble::None, true).await, Ok(Effect::Made));
        assert_eq!(payer.delivers(operation, Trouble::None, true).await, Ok(Effect::Duplicate));
        assert_eq!(payer.books(), books, "{operation}");
    }
    assert_eq!(payer.answers(), vec![Ok(()); 6]);
}

#[tokio::test]
async fn a_refusal_is_answered_by_its_name_and_is_no_dead_letter() {
    for (operation, error) in [
        (Operation::Authorize, "PaymentAuthException"),
        (Operation::Capture, "PaymentChargeException"),
        (Operation::Void, "PaymentVoidException"),
    ] {
        let payer = Payer::new();
        if operation != Operation::Authorize {
            payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
        }
        payer.refuses(operation);
        assert!(matches!(payer.delivers(operation, Trouble::None, true).await, Ok(Effect::Nothing(_))));
        assert_eq!(payer.answers().pop(), Some(Err(error.to_owned())));
    }
}

#[tokio::test]
async fn a_step_with_an_unavailable_provider_is_left_to_the_sagas_retry() {
    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::AfterEffect, true).await.unwrap();
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    assert_eq!(payer.answers(), [Err("PaymentProviderUnavailable".to_owned()), Ok(())]);
    assert_eq!(payer.books(), (true, 0));
}

#[tokio::test]
async fn a_step_is_not_made_for_a_saga_that_no_longer_waits() {
    let payer = Payer::new();
    assert!(matches!(
        payer.delivers(Operation::Authorize, Trouble::None, false).await,
        Ok(Effect::Nothing(_))
    ));
    assert_eq!(payer.books(), (false, 0));
}

#[tokio::test]
async fn a_compensation_is_made_even_if_its_saga_no_longer_waits() {
    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    assert_eq!(payer.delivers(Operation::Void, Trouble::None, false).await, Ok(Effect::Made));
    assert_eq!(payer.books(), (false, 0));
}

#[tokio::test]
async fn a_void_refunds_a_capture_that_was_made_and_not_recorded() {
    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    payer.delivers(Operation::Capture, Trouble::BeforeRecord, true).await.unwrap_err();
    assert_eq!(payer.books(), (false, 1));
    assert_eq!(payer.delivers(Operation::Void, Trouble::None, true).await, Ok(Effect::Made));
    assert_eq!(payer.books(), (false, 0));
}

#[tokio::test]
async fn an_authorization_that_comes_after_its_compensation_is_refused() {
    let payer = Payer::new();
    payer.delivers(Operation::Void, Trouble::None, true).await.unwrap();
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    payer.delivers(Operation::Capture, Trouble::None, true).await.unwrap();
    assert_eq!(payer.books(), (false, 0));
    let names = ["PaymentAuthException", "PaymentChargeException"].map(|name| Err(name.to_owned()));
    assert_eq!(payer.answers()[1..], names);
}

#[tokio::test]
async fn the_same_fare_with_another_amount_is_refused_for_good_and_the_saga_told() {
    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    let failure = payer.receiver.receive(payer.request(Operation::Authorize, "1.00")).await.unwrap_err();
    assert!(!failure.is_retryable());
    assert_eq!(payer.answers().pop(), Some(Err("IdempotencyConflict".to_owned())));
}

#[tokio::test]
async fn a_saved_error_blocks_no_step_and_repeats_none() {
    for trouble in [Trouble::ErrorBeforeEffect, Trouble::ErrorAfterEffect] {
        for (before, operation, books) in [
            (&[Operation::Authorize][..], Operation::Capture, (false, 1)),
            (&[Operation::Authorize], Operation::Void, (false, 0)),
            (&[Operation::Authorize, Operation::Capture], Operation::Refund, (false, 0)),
        ] {
            let payer = Payer::new();
            for operation in before {
                payer.delivers(*operation, Trouble::None, true).await.unwrap();
            }
            // It fails; the same key fails again and is known to be spent; another one gets through.
            payer.delivers(operation, trouble, true).await.unwrap();
            for _ in 0..2 {
                payer.delivers(operation, Trouble::None, true).await.unwrap();
            }
            let unavailable = || Err("PaymentProviderUnavailable".to_owned());
            let answers = payer.answers().split_off(before.len());
            assert_eq!(answers, [unavailable(), unavailable(), Ok(())], "{operation} {trouble:?}");
            assert_eq!(payer.books(), books, "{operation} {trouble:?}");
        }
    }
}

#[tokio::test]
async fn an_authorization_without_the_providers_id_is_dead_lettered_and_moves_no_money() {
    for operation in [Operation::Capture, Operation::Void, Operation::Refund] {
        let payer = Payer::new();
        payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
        payer.corrupts(|record| drop(record.remove("providerPaymentId")));
        let failure = payer.delivers(operation, Trouble::None, true).await.unwrap_err();
        assert_eq!(failure.reason().error_type, "MalformedPayment", "{operation}");
        assert_eq!(payer.answers().pop(), Some(Err("MalformedPayment".to_owned())));
        assert_eq!(payer.books(), (true, 0), "{operation}");
    }
}

#[tokio::test]
async fn a_provider_that_never_answers_is_told_to_the_saga_in_time() {
    let mut payer = Payer::new();
    payer.receiver.deadline = Duration::from_millis(20);
    payer.world.lock().unwrap().hangs = true;
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    assert_eq!(payer.answers(), [Err("PaymentProviderUnavailable".to_owned())]);
}

#[test]
fn a_slow_step_ends_before_its_function_and_its_message_stays_away_meanwhile() {
    let template = include_str!("../../../../infra/customer-payment.yaml");
    let seconds = |resource: &str, name: &str| {
        let (_, resource) = template.split_once(&format!("\n  {resource}:\n")).unwrap();
        let line = resource.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "));
        Duration::from_secs(line.unwrap().parse().unwrap())
    };
    let (timeout, answering) = (seconds("ProcessPayment", "Timeout"), Duration::from_secs(10));
    assert!(DEADLINE + answering <= timeout, "the saga is answered, and the batch ended");
    assert_eq!(seconds("PaymentQueue", "VisibilityTimeout"), 6 * timeout);
}

#[tokio::test]
async fn a_refund_is_not_recorded_if_its_key_was_spent_meanwhile() {
    let payer = Payer::new();
    for operation in [Operation::Authorize, Operation::Capture] {
        payer.delivers(operation, Trouble::None, true).await.unwrap();
    }
    payer.world.lock().unwrap().race = Some(world::Race::Reconciled);
    let overtaken = payer.delivers(Operation::Refund, Trouble::None, true).await;
    assert_eq!(overtaken.unwrap_err().reason().error_type, "PaymentMovedOn");
    assert_eq!(payer.delivers(Operation::Refund, Trouble::None, true).await, Ok(Effect::Made));
    let around = payer.world.lock().unwrap();
    let keys: Vec<_> = around.books.calls.keys().filter(|key| key.contains("refund")).collect();
    assert_eq!(keys.len(), 2, "the second try has another key: {keys:?}");
}
