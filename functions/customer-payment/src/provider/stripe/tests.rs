//! The requests that go over the wire, against a server with canned answers. The end-to-end tests check how the steps work together,
//! against a fake that keeps state.

mod reports;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

use aws_sdk_dynamodb::{
    Client as DynamoDb,
    operation::get_item::{GetItemError, GetItemOutput},
    types::{AttributeValue, error::InternalServerError},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use contracts::{CustomerId, Money, RideId};

use super::*;

const INTENT: &str = r#"{"id": "pi_1", "object": "payment_intent", "status": "requires_capture",
    "amount": 25650, "next_action": null, "metadata": {"fare": "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"}}"#;

const NO_REFUNDS: &str = r#"{"object": "list", "has_more": false, "data": []}"#;

/// Stripe's complete answer to a declined card. If the client couldn't read it, a refusal would look like a missing answer.
const DECLINED: &str = include_str!("declined.json");

fn payment(amount: &str) -> Payment {
    Payment {
        fare: RideId::parse("0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10").unwrap(),
        customer: CustomerId::parse("cmr").unwrap(),
        amount: Money::parse(amount).unwrap(),
    }
}

fn terms() -> Terms {
    Terms { customer: "cus_1".into(), payment_method: "pm_1".into(), currency: "usd".into() }
}

fn key() -> IdempotencyKey {
    IdempotencyKey("0190c8f4-authorize".into())
}

fn id() -> PaymentId {
    PaymentId("pi_1".into())
}

fn refused<T>(code: &str) -> Result<T, ProviderError> {
    Err(ProviderError::Refused(code.into()))
}

fn unavailable<T>(code: &str) -> Result<T, ProviderError> {
    Err(ProviderError::Unavailable(code.into()))
}

fn payment_methods(rule: &Rule) -> PaymentMethods {
    PaymentMethods::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]), "methods".into())
}

fn on_file() -> PaymentMethods {
    let text = |text: &str| AttributeValue::S(text.into());
    payment_methods(&mock!(DynamoDb::get_item).then_output(move || {
        GetItemOutput::builder()
            .item("stripeCustomer", text("cus_1"))
            .item("paymentMethod", text("pm_1"))
            .build()
    }))
}

/// Stripe with these statuses and answers for the next calls, and the requests that it receives.
fn stripe(answers: &[(u16, &str)]) -> (Stripe, JoinHandle<Vec<String>>) {
    stripe_with("", answers)
}

/// Stripe with these headers on each answer.
fn stripe_with(headers: &'static str, answers: &[(u16, &str)]) -> (Stripe, JoinHandle<Vec<String>>) {
    let (url, requests) = serves(headers, answers);
    (Stripe::at(&url, "sk_test_1", "usd", on_file()).unwrap(), requests)
}

/// A server with these answers, and the requests that it receives.
fn serves(headers: &'static str, answers: &[(u16, &str)]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers: Vec<_> = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
    let requests = thread::spawn(move || {
        let next = || listener.accept().unwrap().0;
        answers.iter().map(|(status, body)| answered(&mut next(), *status, headers, body)).collect()
    });
    (url, requests)
}

fn answered(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut request).unwrap(), 0, "the request ends in its head");
    }
    let length = request.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    let mut form = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut form).unwrap();
    request.push_str(&String::from_utf8(form).unwrap());
    let length = body.len();
    let head = format!("HTTP/1.1 {status} -\r\n{headers}content-length: {length}\r\nconnection: close");
    write!(stream, "{head}\r\n\r\n{body}").unwrap();
    request
}

#[tokio::test]
async fn the_terms_are_what_is_on_file_now() {
    let nowhere = Stripe::at("http://127.0.0.1:1", "sk_test_1", "usd", on_file()).unwrap();
    assert_eq!(nowhere.terms(&payment("256.50")).await, Ok(terms()));
}

#[tokio::test]
async fn an_authorization_is_asked_for_on_the_terms_that_were_given() {
    let (stripe, requests) = stripe(&[(200, INTENT)]);
    let earlier = Terms { customer: "cus_0".into(), payment_method: "pm_0".into(), currency: "eur".into() };
    assert_eq!(stripe.authorize(&payment("256.50"), &earlier, &key()).await, Ok(id()));
    let request = requests.join().unwrap().remove(0);
    for parameter in ["customer=cus_0&", "payment_method=pm_0", "currency=eur&"] {
        assert!(request.contains(parameter), "{parameter} in {request}");
    }
}

#[tokio::test]
async fn an_authorization_reserves_the_exact_amount_on_the_card_on_file() {
    let (stripe, requests) = stripe(&[(200, INTENT)]);
    assert_eq!(stripe.authorize(&payment("256.50"), &terms(), &key()).await, Ok(id()));
    let request = requests.join().unwrap().remove(0);
    assert!(request.starts_with("POST /v1/payment_intents HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer sk_test_1\r\n"), "{request}");
    assert!(request.contains("idempotency-key: 0190c8f4-authorize\r\n"), "{request}");
    let mut form: Vec<&str> = request.rsplit("\r\n").next().unwrap().split('&').collect();
    form.sort_unstable();
    assert_eq!(
        form,
        [
            "allowed_payment_method_types[0]=card",
            "amount=25650",
            "capture_method=manual",
            "confirm=true",
            "currency=usd",
            "customer=cus_1",
            "metadata[fare]=0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10",
            "off_session=true",
            "payment_method=pm_1",
        ]
    );
}

#[tokio::test]
async fn a_declined_card_is_a_no_without_what_stripe_says_about_its_owner() {
    let (stripe, _) = stripe(&[(402, DECLINED)]);
    assert_eq!(stripe.authorize(&payment("256.50"), &terms(), &key()).await, refused("insufficient_funds"));
}

#[tokio::test]
async fn an_intent_that_waits_for_the_customer_is_a_no_and_is_canceled() {
    let waits = r#"{"id": "pi_1", "status": "requires_action", "metadata": {}}"#;
    let (stripe, requests) = stripe(&[(200, waits), (200, INTENT)]);
    assert_eq!(stripe.authorize(&payment("256.50"), &terms(), &key()).await, refused("requires_action"));
    assert!(requests.join().unwrap()[1].starts_with("POST /v1/payment_intents/pi_1/cancel "));
}

#[tokio::test]
async fn an_undecided_intent_is_no_no() {
    let undecided = r#"{"id": "pi_1", "status": "processing", "metadata": {}}"#;
    let (stripe, _) = stripe(&[(200, undecided)]);
    assert_eq!(stripe.authorize(&payment("256.50"), &terms(), &key()).await, unavailable("processing"));
}

#[tokio::test]
async fn an_error_that_stripe_saved_for_the_key_is_told_from_one_that_is_new() {
    let spent = Err(ProviderError::Spent("api_error".into()));
    for (headers, meaning) in [("", unavailable("api_error")), ("idempotent-replayed: true\r\n", spent)] {
        let (stripe, _) = stripe_with(headers, &[(500, r#"{"error": {"type": "api_error"}}"#)]);
        assert_eq!(stripe.void(&payment("256.50"), &id(), &key()).await, meaning);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_stripes_is_no_answer() {
    for answer in [&[(502, "<html>bad gateway</html>")], &[(200, "{}")], &[(200, "")]] {
        let (stripe, _) = stripe(answer);
        assert_eq!(
            stripe.authorize(&payment("256.50"), &terms(), &key()).await,
            unavailable("unreadable_answer")
        );
    }
}

#[tokio::test]
async fn a_call_that_hangs_ends_before_the_function_does() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut stripe = Stripe::at(&url, "sk_test_1", "usd", on_file()).unwrap();
    assert!(stripe.deadline < Duration::from_secs(10));
    stripe.deadline = Duration::from_millis(50);
    assert_eq!(stripe.capture(&payment("256.50"), &id(), &key()).await, unavailable("timed_out"));
}

#[tokio::test]
async fn a_refund_by_hand_in_the_meantime_counts() {
    let error = r#"{"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}"#;
    let (stripe, requests) = stripe(&[(200, NO_REFUNDS), (400, error)]);
    assert_eq!(stripe.refund(&payment("256.50"), &id(), &key()).await, Ok(()));
    let requests = requests.join().unwrap();
    assert!(requests[0].starts_with("GET /v1/refunds?limit=100&payment_intent=pi_1 "), "{}", requests[0]);
    assert!(requests[1].contains("idempotency-key: 0190c8f4-authorize\r\n"), "{}", requests[1]);
    assert!(requests[1].ends_with("\r\npayment_intent=pi_1"), "all that isn't refunded yet: {}", requests[1]);
}

#[tokio::test]
async fn a_refund_that_fails_gave_nothing_back() {
    let (stripe, _) = stripe(&[(200, NO_REFUNDS), (200, r#"{"id": "re_1", "status": "failed"}"#)]);
    assert_eq!(stripe.refund(&payment("256.50"), &id(), &key()).await, refused("refund_failed"));
}

#[tokio::test]
async fn declined_and_canceled_intents_are_not_what_is_found() {
    let intents = r#"{"object": "list", "has_more": false, "data": [
        {"id": "pi_3", "status": "requires_payment_method", "metadata": {"fare": "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"}},
        {"id": "pi_2", "status": "canceled", "metadata": {"fare": "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"}},
        {"id": "pi_1", "status": "requires_capture", "metadata": {"fare": "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"}},
        {"id": "pi_0", "status": "succeeded", "metadata": {}}]}"#;
    let (stripe, requests) = stripe(&[(200, intents)]);
    assert_eq!(stripe.find(&payment("256.50"), &terms()).await, Ok(Some(id())));
    let request = requests.join().unwrap().remove(0);
    assert!(request.starts_with("GET /v1/payment_intents?customer=cus_1&limit=100 "), "{request}");
}

#[tokio::test]
async fn a_payment_without_a_known_card_is_not_made() {
    let at = |rule: &Rule| Stripe::new("sk_test_1", "usd", payment_methods(rule)).unwrap();
    let none = at(&mock!(DynamoDb::get_item).then_output(|| GetItemOutput::builder().build()));
    assert_eq!(none.terms(&payment("256.50")).await, refused("no_payment_method_on_file"));
    let broken = at(&mock!(DynamoDb::get_item)
        .then_error(|| GetItemError::InternalServerError(InternalServerError::builder().build())));
    assert!(matches!(broken.terms(&payment("256.50")).await, Err(ProviderError::Unavailable(_))));
}

#[tokio::test]
async fn a_free_ride_makes_no_call() {
    let nowhere = Stripe::at("http://127.0.0.1:1", "sk_test_1", "usd", on_file()).unwrap();
    let (payment, id) = (payment("0"), PaymentId("free".into()));
    assert_eq!(
        nowhere.authorize(&payment, &nowhere.terms(&payment).await.unwrap(), &key()).await,
        Ok(id.clone())
    );
    assert_eq!(nowhere.capture(&payment, &id, &key()).await, Ok(()));
    assert_eq!(nowhere.void(&payment, &id, &key()).await, Ok(Voided::Released));
    assert_eq!(nowhere.refund(&payment, &id, &key()).await, Ok(()));
    assert_eq!(nowhere.find(&payment, &terms()).await, Ok(None));
}

#[test]
fn the_key_is_never_printed() {
    let stripe = Stripe::new("sk_test_secret", "usd", on_file()).unwrap();
    assert_eq!(format!("{stripe:?}"), "Stripe { currency: USD, .. }");
}
