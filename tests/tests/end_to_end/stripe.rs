//! Customer Payment's Stripe provider, over HTTP against localstripe, which keeps the state that Stripe would.
//!
//! localstripe differs from Stripe: its refusals have a status but seldom a code, it reports an intent that waits for its customer as a
//! success where Stripe declines an off-session payment, and it would refund twice. These tests check only what holds for both. The
//! unit tests of the provider check the exact requests.

mod till;

use contracts::{CustomerId, RideId};
use customer_payment::provider::{Payment, PaymentProvider, ProviderError, ReportKind, Terms, Voided};
use end_to_end::unique;
use serde_json::Value;

use self::till::{SECRET, Till, told, url};

const GOOD: &str = "4242424242424242";
/// A card that can be put on file, but not charged.
const DECLINED: &str = "4000000000000341";
/// A card that can be charged only with its owner's confirmation.
const NEEDS_ITS_OWNER: &str = "4000002500003155";

#[tokio::test]
async fn what_stripe_captures_and_refunds_is_exactly_the_fare() {
    let till = Till::with(GOOD).await;
    let id = till.authorizes("256.50").await;
    let intent = till.intent(&id).await;
    assert_eq!((&intent["amount"], &intent["currency"]), (&25650.into(), &"usd".into()));
    assert_eq!(
        (&intent["status"], &intent["latest_charge"]["captured"]),
        (&"requires_capture".into(), &false.into())
    );
    assert_eq!(intent["metadata"]["fare"], till.fare.to_string());

    assert_eq!(till.captures(&id).await, Ok(()));
    let intent = till.intent(&id).await;
    assert_eq!(
        (&intent["status"], &intent["latest_charge"]["captured"]),
        (&"succeeded".into(), &true.into())
    );
    assert_eq!(
        (&intent["latest_charge"]["amount"], &intent["latest_charge"]["amount_refunded"]),
        (&25650.into(), &0.into())
    );

    assert_eq!(till.refunds(&id, "refund").await, Ok(()));
    assert_eq!(till.intent(&id).await["latest_charge"]["amount_refunded"], 25650);
}

#[tokio::test]
async fn a_step_that_comes_twice_is_made_once() {
    let till = Till::with(GOOD).await;
    let id = till.authorizes("256.50").await;
    assert_eq!(till.authorizes("256.50").await, id);
    assert_eq!(till.intents().await.len(), 1);

    assert_eq!(till.captures(&id).await, Ok(()));
    assert_eq!(till.captures(&id).await, Ok(()));
    let other_key = till.key("capture-again");
    assert_eq!(till.stripe.capture(&till.payment("256.50"), &id, &other_key).await, Ok(()));

    // With the same key, and with one that Stripe doesn't know.
    for key in ["refund", "refund", "refund-again"] {
        assert_eq!(till.refunds(&id, key).await, Ok(()));
    }
    let refunds = till.asks(&format!("/v1/refunds?payment_intent={id}")).await;
    let amounts: Vec<_> =
        refunds["data"].as_array().unwrap().iter().map(|refund| &refund["amount"]).collect();
    assert_eq!(amounts, [&Value::from(25650)]);
}

#[tokio::test]
async fn a_void_releases_an_authorization() {
    let till = Till::with(GOOD).await;
    let id = till.authorizes("256.50").await;
    for key in ["void", "void", "void-again"] {
        assert_eq!(till.voids(&id, key).await, Ok(Voided::Released));
    }
    assert_eq!(till.intent(&id).await["status"], "canceled");
    assert!(till.captures(&id).await.is_err(), "nothing is left to capture");
    assert_eq!(till.finds().await, Ok(None), "no authorization is left");
}

#[tokio::test]
async fn a_void_leaves_a_captured_payment_to_a_refund() {
    let till = Till::with(GOOD).await;
    let id = till.authorizes("256.50").await;
    assert_eq!(till.captures(&id).await, Ok(()));
    assert_eq!(till.voids(&id, "void").await, Ok(Voided::Captured));
    assert_eq!(till.intent(&id).await["status"], "succeeded");
    assert_eq!(till.refunds(&id, "refund").await, Ok(()));
}

#[tokio::test]
async fn a_key_stands_for_one_request_and_another_is_no_refusal() {
    let till = Till::with(GOOD).await;
    let (payment, key) = (till.payment("256.50"), till.key("authorize"));
    let id = till.authorizes("256.50").await;
    let terms = till.terms().await;
    let other = Terms { payment_method: "pm_other".into(), ..terms.clone() };
    let unavailable = Err(ProviderError::Unavailable("idempotency_error".into()));
    assert_eq!(till.stripe.authorize(&payment, &other, &key).await, unavailable);
    assert_eq!(till.stripe.authorize(&payment, &terms, &key).await, Ok(id));
}

#[tokio::test]
async fn an_error_that_stripe_has_saved_is_got_past_with_another_key() {
    let till = Till::with(GOOD).await;
    let id = till.authorizes("256.50").await;
    told("/v1/_fail_next", &format!("path=/v1/payment_intents/{id}/cancel")).await;
    let failed = [ProviderError::Unavailable("api_error".into()), ProviderError::Spent("api_error".into())];
    for error in failed {
        assert_eq!(till.voids(&id, "void").await, Err(error));
    }
    assert_eq!(till.voids(&id, "void-1").await, Ok(Voided::Released));
    assert_eq!(till.intent(&id).await["status"], "canceled");
}

#[tokio::test]
async fn a_refund_that_fails_later_is_reported_and_can_be_made_again() {
    let till = Till::with(GOOD).await;
    let id = till.authorizes("256.50").await;
    assert_eq!(till.captures(&id).await, Ok(()));
    assert_eq!(till.refunds(&id, "refund").await, Ok(()));
    assert_eq!((till.reported(ReportKind::RefundFailed).await, till.is_refunded(&id).await), (vec![], true));

    let refunds = till.asks(&format!("/v1/refunds?payment_intent={id}")).await;
    let refund = refunds["data"][0]["id"].as_str().unwrap().to_owned();
    told("/v1/_fail_refund", &format!("refund={refund}")).await;
    let reported = till.reported(ReportKind::RefundFailed).await;
    let seen: Vec<_> = reported
        .iter()
        .map(|report| (report.id.to_string(), report.payment.clone(), report.reason.to_string()))
        .collect();
    assert_eq!(seen, [(refund, id.clone(), "expired_or_canceled_card".to_owned())]);
    assert!(!till.is_refunded(&id).await);

    assert_eq!(till.refunds(&id, "refund-1").await, Ok(()));
    assert!(till.is_refunded(&id).await);
    let refunds = till.asks(&format!("/v1/refunds?payment_intent={id}")).await;
    assert_eq!(refunds["data"].as_array().unwrap().len(), 2, "the failed one, and another");
}

#[tokio::test]
async fn a_dispute_is_reported_of_the_payment_that_it_is_about() {
    let till = Till::with(GOOD).await;
    let id = till.authorizes("256.50").await;
    assert_eq!(till.captures(&id).await, Ok(()));
    assert_eq!(till.reported(ReportKind::Disputed).await, vec![]);
    let dispute = told("/v1/_dispute", &format!("payment_intent={id}")).await;
    let reported = till.reported(ReportKind::Disputed).await;
    let seen: Vec<_> = reported
        .iter()
        .map(|report| (report.id.to_string(), report.payment.clone(), report.reason.to_string()))
        .collect();
    assert_eq!(seen, [(dispute, id, "fraudulent".to_owned())]);
}

#[tokio::test]
async fn a_declined_card_pays_nothing() {
    let till = Till::with(DECLINED).await;
    let declined = Err(ProviderError::Refused("card_declined".into()));
    assert_eq!(till.tries_to_authorize("256.50").await, declined);
    assert_eq!(
        till.tries_to_authorize("256.50").await,
        declined,
        "and a repeat doesn't change its bank's mind"
    );
    assert_eq!(till.finds().await, Ok(None));
}

#[tokio::test]
async fn a_card_that_needs_its_owner_pays_nothing_and_leaves_nothing_open() {
    let till = Till::with(NEEDS_ITS_OWNER).await;
    assert!(matches!(till.tries_to_authorize("256.50").await, Err(ProviderError::Refused(_))));
    let open = till.intents().await.into_iter().filter(|intent| intent["status"] != "canceled");
    assert_eq!(open.count(), 0);
}

#[tokio::test]
async fn a_payment_is_found_whose_answer_never_came() {
    let till = Till::with(GOOD).await;
    assert_eq!(till.finds().await, Ok(None));
    let id = till.authorizes("256.50").await;
    assert_eq!(till.finds().await, Ok(Some(id.clone())));
    let other = Payment { fare: RideId::new(), ..till.payment("256.50") };
    assert_eq!(
        till.stripe.find(&other, &till.terms().await).await,
        Ok(None),
        "another fare of the same customer"
    );
    assert_eq!(till.captures(&id).await, Ok(()));
    assert_eq!(till.finds().await, Ok(Some(id)), "a captured one too");
}

#[tokio::test]
async fn a_customer_without_a_payment_method_on_file_pays_nothing() {
    let till = Till::with(GOOD).await;
    let stranger = CustomerId::parse(&unique("walker")).unwrap();
    let payment = Payment { customer: stranger, ..till.payment("256.50") };
    let refused = Err(ProviderError::Refused("no_payment_method_on_file".into()));
    assert_eq!(till.stripe.terms(&payment).await, refused);
}

#[tokio::test]
async fn a_wrong_key_of_ours_is_not_the_payments_fault() {
    let till = Till::with(GOOD).await;
    // localstripe knows no restricted keys, which begin with `rk_`.
    let stranger = till.at(&url(), "rk_test_unknown");
    let unavailable = Err(ProviderError::Unavailable("authentication".into()));
    assert_eq!(
        stranger.authorize(&till.payment("256.50"), &till.terms().await, &till.key("authorize")).await,
        unavailable
    );
    assert!(till.intents().await.is_empty());
}

#[tokio::test]
async fn nobody_at_stripes_end_is_no_answer() {
    let till = Till::with(GOOD).await;
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = till.at(&format!("http://127.0.0.1:{port}"), SECRET);
    let unavailable = Err(ProviderError::Unavailable("unreachable".into()));
    assert_eq!(
        nowhere.authorize(&till.payment("256.50"), &till.terms().await, &till.key("authorize")).await,
        unavailable
    );
}

#[tokio::test]
async fn a_free_ride_costs_nothing_and_stripe_hears_nothing_of_it() {
    let till = Till::with(DECLINED).await;
    let id = till.authorizes("0.00").await;
    let payment = till.payment("0.00");
    assert_eq!(till.stripe.find(&payment, &till.terms().await).await, Ok(None));
    assert_eq!(till.stripe.capture(&payment, &id, &till.key("capture")).await, Ok(()));
    assert_eq!(till.stripe.void(&payment, &id, &till.key("void")).await, Ok(Voided::Released));
    assert_eq!(till.stripe.refund(&payment, &id, &till.key("refund")).await, Ok(()));
    assert!(till.intents().await.is_empty());
}
