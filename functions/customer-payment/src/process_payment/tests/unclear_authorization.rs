//! Authorizations whose outcome an earlier try left unknown.

use jiff::Timestamp;
use lambda_messaging::{Effect, item::text};

use super::{payer::Payer, provider::Trouble, world::Race};
use crate::Operation;

/// The faults that leave the outcome of an authorization unknown.
const UNCLEAR: [Trouble; 4] =
    [Trouble::AfterEffect, Trouble::UnderWay, Trouble::ErrorAfterEffect, Trouble::BeforeRecord];

#[tokio::test]
async fn every_try_repeats_the_first_request_even_if_another_card_is_on_file() {
    for card in [Some(1), None] {
        let payer = Payer::new();
        payer.delivers(Operation::Authorize, Trouble::AfterEffect, true).await.unwrap();
        payer.pays_with(card);
        payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
        assert_eq!(payer.answers().pop(), Some(Ok(())), "with {card:?} on file");
        assert_eq!(payer.record()["providerCustomer"], text("c0"));
    }
}

#[tokio::test]
async fn a_request_is_on_record_before_the_provider_is_called() {
    let payer = Payer::new();
    payer.pays_with(None);
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    assert_eq!(payer.answers(), [Err("PaymentAuthException".to_owned())]);
    assert_eq!(payer.world.lock().unwrap().calls, 0);

    payer.pays_with(Some(1));
    payer.delivers(Operation::Authorize, Trouble::BeforeEffect, true).await.unwrap();
    let expected = [
        ("status", "REQUESTED"),
        ("providerCustomer", "c1"),
        ("paymentMethod", "m1"),
        ("currency", "eur"),
        ("idempotencyKey", &format!("{}-authorize", payer.fare)),
    ];
    for (attribute, value) in expected {
        assert_eq!(payer.record()[attribute], text(value), "{attribute}");
    }
}

#[tokio::test]
async fn a_refusal_after_an_unclear_try_is_looked_up_or_voided() {
    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::AfterEffect, true).await.unwrap();
    payer.delivers(Operation::Authorize, Trouble::RefusedUnseen, true).await.unwrap();
    assert_eq!((payer.answers().pop(), payer.books()), (Some(Ok(())), (true, 0)), "it is found, and used");

    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::BeforeEffect, true).await.unwrap();
    payer.delivers(Operation::Authorize, Trouble::RefusedUnseen, true).await.unwrap();
    assert_eq!(payer.answers().pop(), Some(Err("PaymentAuthUnclear".to_owned())));
    assert_eq!(payer.record()["status"], text("REQUESTED"));
}

#[tokio::test]
async fn a_refusal_of_the_first_try_is_recorded_and_answered_again_without_a_call() {
    let payer = Payer::new();
    for trouble in [Trouble::RefusedUnseen, Trouble::None] {
        payer.delivers(Operation::Authorize, trouble, true).await.unwrap();
        assert_eq!(payer.answers().pop(), Some(Err("PaymentAuthException".to_owned())));
        assert_eq!(payer.record()["status"], text("REFUSED"));
    }
    assert_eq!(payer.world.lock().unwrap().calls, 1);
}

#[tokio::test]
async fn a_void_leaves_nothing_of_an_unclear_try() {
    for trouble in UNCLEAR {
        let payer = Payer::new();
        let _ = payer.delivers(Operation::Authorize, trouble, true).await;
        payer.pays_with(None);
        for _ in 0..2 {
            payer.delivers(Operation::Void, Trouble::None, true).await.unwrap();
        }
        assert_eq!((payer.answers().pop(), payer.books()), (Some(Ok(())), (false, 0)), "{trouble:?}");
        assert_eq!(payer.record()["status"], text("VOIDED"));
    }
}

#[tokio::test]
async fn no_try_is_begun_while_an_authorization_is_being_given_up() {
    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::BeforeEffect, true).await.unwrap();
    payer.delivers(Operation::Void, Trouble::BeforeEffect, true).await.unwrap();
    assert_eq!(payer.record()["status"], text("GIVEN_UP"));
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    assert_eq!(payer.answers().pop(), Some(Err("PaymentAuthUnclear".to_owned())));
    assert_eq!(payer.books(), (false, 0));
}

#[tokio::test]
async fn a_request_that_the_provider_may_have_forgotten_is_looked_up_and_not_made_again() {
    for (trouble, reserved) in [(Trouble::AfterEffect, true), (Trouble::BeforeEffect, false)] {
        let payer = Payer::new();
        payer.delivers(Operation::Authorize, trouble, true).await.unwrap();
        let yesterday = Timestamp::now() - jiff::SignedDuration::from_hours(25);
        payer.corrupts(|record| drop(record.insert("requestedAt".into(), text(yesterday))));
        payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
        assert_eq!(payer.answers().pop(), Some(Err("PaymentAuthUnclear".to_owned())));
        assert_eq!(payer.books(), (reserved, 0));
        payer.delivers(Operation::Void, Trouble::None, true).await.unwrap();
        assert_eq!((payer.answers().pop(), payer.books()), (Some(Ok(())), (false, 0)));
    }
}

#[tokio::test]
async fn an_error_that_the_provider_has_saved_for_an_authorization_is_no_refusal() {
    for (trouble, reserved) in [(Trouble::ErrorAfterEffect, true), (Trouble::ErrorBeforeEffect, false)] {
        let payer = Payer::new();
        for trouble in [trouble, Trouble::None] {
            payer.delivers(Operation::Authorize, trouble, true).await.unwrap();
        }
        assert_eq!(payer.answers().pop(), Some(Err("PaymentAuthUnclear".to_owned())));
        assert_eq!(payer.books(), (reserved, 0));
    }
}

#[tokio::test]
async fn a_void_that_an_authorization_overtakes_looks_again() {
    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    payer.world.lock().unwrap().race = Some(Race::Written);
    let overtaken = payer.delivers(Operation::Void, Trouble::None, true).await;
    assert_eq!(overtaken.unwrap_err().reason().error_type, "PaymentMovedOn");
    assert_eq!(payer.delivers(Operation::Void, Trouble::None, true).await, Ok(Effect::Made));
    assert_eq!(payer.books(), (false, 0));
}
