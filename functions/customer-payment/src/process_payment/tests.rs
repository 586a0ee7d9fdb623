//! Whatever fails, whenever, and however often a message comes: the money ends where the saga was told it is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::{
    operation::{
        get_item::GetItemOutput,
        put_item::{PutItemError, PutItemOutput},
        update_item::{UpdateItemError, UpdateItemOutput},
    },
    types::error::ConditionalCheckFailedException,
};
use aws_sdk_sfn::{
    error::ErrorMetadata,
    operation::{
        send_task_failure::{SendTaskFailureError, SendTaskFailureOutput},
        send_task_heartbeat::{SendTaskHeartbeatError, SendTaskHeartbeatOutput},
        send_task_success::{SendTaskSuccessError, SendTaskSuccessOutput},
    },
    types::error::TaskTimedOut,
};
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use contracts::{CustomerId, Money, RideId};
use jiff::Timestamp;
use lambda_messaging::{
    CorrelationId,
    item::{Item, number, text},
};
use proptest::prelude::*;

use super::*;
use crate::provider::Terms;

/// Where a delivery goes wrong, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    /// The provider gives no answer, and has done nothing.
    BeforeEffect,
    /// The provider has done it, and its answer is lost.
    AfterEffect,
    /// The provider gives no answer yet: it is still at it, and will have done it by the second call with the key. Only
    /// an authorization: of a payment that it knows, it makes one step after the other.
    UnderWay,
    /// The provider fails, before it has done anything, and gives that answer to the key from then on.
    ErrorBeforeEffect,
    /// The same, and it has done it all the same.
    ErrorAfterEffect,
    /// The provider says no to this call, whatever it has answered to its key before.
    RefusedUnseen,
    /// The provider's answer arrives, and the function dies before it is on record.
    BeforeRecord,
    /// It is on record, and the function dies before the saga hears of it.
    BeforeAnswer,
}

const TROUBLE: [Trouble; 9] = [
    Trouble::None,
    Trouble::BeforeEffect,
    Trouble::AfterEffect,
    Trouble::UnderWay,
    Trouble::ErrorBeforeEffect,
    Trouble::ErrorAfterEffect,
    Trouble::RefusedUnseen,
    Trouble::BeforeRecord,
    Trouble::BeforeAnswer,
];

/// The answer that a provider has saved for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Saved {
    Done,
    Refused,
    Error,
    /// Nothing yet.
    UnderWay,
}

/// The provider's own books: each key once, with what was asked and the answer.
#[derive(Debug, Default)]
struct Books {
    calls: HashMap<String, (String, Saved)>,
    reserved: bool,
    charges: u32,
    refunds: u32,
    refuses: Option<Operation>,
}

impl Books {
    fn make(&mut self, operation: Operation) {
        match operation {
            Operation::Authorize => {
                assert!(!self.reserved && self.charges == 0, "reserved twice");
                self.reserved = true;
            }
            Operation::Capture => {
                assert!(std::mem::take(&mut self.reserved), "captured what isn't reserved");
                self.charges += 1;
            }
            Operation::Void => self.reserved = false,
            Operation::Refund => {
                assert!(self.charges > self.refunds, "refunded what isn't charged");
                self.refunds += 1;
            }
        }
    }

    /// True if an earlier call has led to where this one would.
    fn has_made(&self, operation: Operation) -> bool {
        match operation {
            Operation::Authorize => false,
            Operation::Capture => self.charges > 0,
            Operation::Void => !self.reserved && self.charges == 0,
            Operation::Refund => self.refunds > 0,
        }
    }
}

/// Everything around the receiver.
#[derive(Debug, Default)]
struct Around {
    books: Books,
    record: Option<Item>,
    trouble: Option<Trouble>,
    /// True if the saga still waits for the step.
    waits: bool,
    answers: Vec<Result<(), String>>,
    /// Which card is on file, if any.
    card: Option<u32>,
    /// How often the provider was called for something that moves money.
    calls: u32,
    /// True if the provider never answers.
    hangs: bool,
    /// True if a reconciliation learns, during the next call, that an earlier refund has failed.
    is_reconciled_meanwhile: bool,
}

type World = Arc<Mutex<Around>>;

struct Provider(World);

impl Provider {
    /// Answers a call as a provider does: by its key, once for all, and with the trouble of the day.
    fn make(&self, operation: Operation, key: &IdempotencyKey, asked: String) -> Result<(), ProviderError> {
        let Around { books, trouble, calls, record, is_reconciled_meanwhile, .. } =
            &mut *self.0.lock().unwrap();
        *calls += 1;
        if std::mem::take(is_reconciled_meanwhile) {
            record.as_mut().unwrap().insert("spentKeys".into(), number(1));
        }
        let trouble = trouble.unwrap_or(Trouble::None);
        let no_answer = || Err(ProviderError::Unavailable("test".into()));
        let is_under_way = books.calls.get(&key.0).is_some_and(|(_, saved)| *saved == Saved::UnderWay);
        match trouble {
            Trouble::BeforeEffect => return no_answer(),
            Trouble::RefusedUnseen if !is_under_way => return Err(ProviderError::Refused("test".into())),
            _ => {}
        }
        if let Some((before, saved)) = books.calls.get(&key.0).cloned() {
            if before != asked {
                return Err(ProviderError::Unavailable("idempotency_error".into()));
            }
            return match saved {
                Saved::Done => Ok(()),
                Saved::Refused => Err(ProviderError::Refused("test".into())),
                Saved::Error => Err(ProviderError::Spent("test".into())),
                Saved::UnderWay => {
                    books.make(operation);
                    books.calls.insert(key.0.clone(), (before, Saved::Done));
                    Err(ProviderError::Unavailable("idempotency_key_in_use".into()))
                }
            };
        }
        let saved = match trouble {
            _ if books.refuses == Some(operation) => Saved::Refused,
            _ if books.has_made(operation) => Saved::Done,
            Trouble::ErrorBeforeEffect => Saved::Error,
            Trouble::UnderWay if operation == Operation::Authorize => Saved::UnderWay,
            trouble => {
                books.make(operation);
                if trouble == Trouble::ErrorAfterEffect { Saved::Error } else { Saved::Done }
            }
        };
        books.calls.insert(key.0.clone(), (asked, saved));
        match (trouble, saved) {
            (Trouble::AfterEffect, _) | (_, Saved::Error | Saved::UnderWay) => no_answer(),
            (_, Saved::Refused) => Err(ProviderError::Refused("test".into())),
            (_, Saved::Done) => Ok(()),
        }
    }
}

impl PaymentProvider for Provider {
    async fn terms(&self, _: &Payment) -> Result<Terms, ProviderError> {
        let card = self.0.lock().unwrap().card;
        let card = card.ok_or_else(|| ProviderError::Refused("no_payment_method_on_file".into()))?;
        Ok(Terms { customer: format!("c{card}"), payment_method: format!("m{card}"), currency: "eur".into() })
    }

    async fn authorize(
        &self,
        _: &Payment,
        terms: &Terms,
        key: &IdempotencyKey,
    ) -> Result<PaymentId, ProviderError> {
        let hangs = self.0.lock().unwrap().hangs;
        if hangs {
            std::future::pending::<()>().await;
        }
        self.make(Operation::Authorize, key, format!("{terms:?}"))?;
        Ok(PaymentId(terms.customer.clone()))
    }

    async fn capture(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<(), ProviderError> {
        self.make(Operation::Capture, key, String::new())
    }

    async fn void(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<Voided, ProviderError> {
        if self.0.lock().unwrap().books.charges > 0 {
            return Ok(Voided::Captured);
        }
        self.make(Operation::Void, key, String::new()).map(|()| Voided::Released)
    }

    async fn refund(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<(), ProviderError> {
        self.make(Operation::Refund, key, String::new())
    }

    /// Under the customer that the authorization was asked for.
    async fn find(&self, _: &Payment, terms: &Terms) -> Result<Option<PaymentId>, ProviderError> {
        let books = &self.0.lock().unwrap().books;
        let asked = books.calls.values().any(|(asked, _)| *asked == format!("{terms:?}"));
        Ok((asked && (books.reserved || books.charges > 0)).then(|| PaymentId(terms.customer.clone())))
    }
}

/// A table of one row that knows the conditions that payments are written under.
fn table(world: &World) -> aws_sdk_dynamodb::Client {
    let (reading, opening, advancing) = (world.clone(), world.clone(), world.clone());
    let get = mock!(aws_sdk_dynamodb::Client::get_item).then_compute_output(move |_| {
        GetItemOutput::builder().set_item(reading.lock().unwrap().record.clone()).build()
    });
    let put = mock!(aws_sdk_dynamodb::Client::put_item).then_compute_response(move |put| {
        assert_eq!(put.condition_expression(), Some("attribute_not_exists(fareId)"));
        let mut around = opening.lock().unwrap();
        if let Some(record) = around.record.clone() {
            let taken = ConditionalCheckFailedException::builder().set_item(Some(record)).build();
            return MockResponse::Error(PutItemError::ConditionalCheckFailedException(taken));
        }
        around.record = put.item().cloned();
        MockResponse::Output(PutItemOutput::builder().build())
    });
    let update = mock!(aws_sdk_dynamodb::Client::update_item).then_compute_response(move |update| {
        let condition = "#status = :from AND (attribute_not_exists(spentKeys) OR spentKeys = :known)";
        assert_eq!(update.condition_expression(), Some(condition));
        let mut around = advancing.lock().unwrap();
        if around.trouble == Some(Trouble::BeforeRecord) {
            let error = ErrorMetadata::builder().code("InternalServerError").build();
            return MockResponse::Error(UpdateItemError::generic(error));
        }
        let values = update.expression_attribute_values().unwrap();
        let is_there = |record: &&mut Item| {
            let spent = record.get("spentKeys");
            record["status"] == values[":from"] && spent.is_none_or(|spent| *spent == values[":known"])
        };
        let Some(record) = around.record.as_mut().filter(is_there) else {
            let taken = ConditionalCheckFailedException::builder().build();
            return MockResponse::Error(UpdateItemError::ConditionalCheckFailedException(taken));
        };
        for (attribute, value) in [("status", ":to"), ("spentKeys", ":spent"), ("providerPaymentId", ":id")] {
            if let Some(value) = values.get(value) {
                record.insert(attribute.to_owned(), value.clone());
            }
        }
        MockResponse::Output(UpdateItemOutput::builder().build())
    });
    mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get, &put, &update])
}

/// The saga: waits or doesn't, and hears the answers that aren't lost.
fn saga(world: &World) -> Saga {
    let (beat, succeed, fail) = (world.clone(), world.clone(), world.clone());
    let heartbeat = mock!(aws_sdk_sfn::Client::send_task_heartbeat).then_compute_response(move |_| {
        if beat.lock().unwrap().waits {
            MockResponse::Output(SendTaskHeartbeatOutput::builder().build())
        } else {
            let meta = ErrorMetadata::builder().code("TaskTimedOut").build();
            let gone = TaskTimedOut::builder().meta(meta).build();
            MockResponse::Error(SendTaskHeartbeatError::TaskTimedOut(gone))
        }
    });
    let hear = |around: &mut Around, answer| {
        let lost = around.trouble == Some(Trouble::BeforeAnswer);
        if !lost && around.waits {
            around.answers.push(answer);
        }
        lost
    };
    let lost = || ErrorMetadata::builder().code("InternalFailure").build();
    let success = mock!(aws_sdk_sfn::Client::send_task_success).then_compute_response(move |_| {
        if hear(&mut succeed.lock().unwrap(), Ok(())) {
            MockResponse::Error(SendTaskSuccessError::generic(lost()))
        } else {
            MockResponse::Output(SendTaskSuccessOutput::builder().build())
        }
    });
    let failure = mock!(aws_sdk_sfn::Client::send_task_failure).then_compute_response(move |answer| {
        let error = answer.error().unwrap_or_default().to_owned();
        if hear(&mut fail.lock().unwrap(), Err(error)) {
            MockResponse::Error(SendTaskFailureError::generic(lost()))
        } else {
            MockResponse::Output(SendTaskFailureOutput::builder().build())
        }
    });
    Saga::new(mock_client!(aws_sdk_sfn, RuleMode::MatchAny, [&heartbeat, &success, &failure]))
}

struct Payer {
    world: World,
    receiver: ProcessPayment<Provider>,
    fare: RideId,
}

impl Payer {
    fn new() -> Self {
        let world = World::default();
        world.lock().unwrap().card = Some(0);
        let payments = Payments::new(table(&world), "payments".into());
        let receiver = ProcessPayment::new(payments, Provider(world.clone()), saga(&world));
        Self { world, receiver, fare: RideId::new() }
    }

    /// One delivery of a request.
    async fn delivers(&self, operation: Operation, trouble: Trouble, waits: bool) -> Result<Effect, Failure> {
        {
            let mut around = self.world.lock().unwrap();
            (around.trouble, around.waits) = (Some(trouble), waits);
        }
        self.receiver.receive(self.request(operation, "256.50")).await
    }

    fn request(&self, operation: Operation, amount: &str) -> Event<PaymentRequested> {
        let request = PaymentRequested {
            fare: self.fare,
            customer: CustomerId::parse("cmr").unwrap(),
            amount: Money::parse(amount).unwrap(),
            operation,
            task_token: "token".into(),
        };
        Event::new("/test", Timestamp::now(), CorrelationId::parse("c").unwrap(), request)
    }

    fn answers(&self) -> Vec<Result<(), String>> {
        self.world.lock().unwrap().answers.clone()
    }

    /// Reserved, and charged less refunded.
    fn books(&self) -> (bool, u32) {
        let books = &self.world.lock().unwrap().books;
        (books.reserved, books.charges - books.refunds)
    }

    /// True if money is reserved or taken, or may yet be by a call that is under way.
    fn holds_anything(&self) -> bool {
        let books = &self.world.lock().unwrap().books;
        let under_way = books.calls.values().any(|(_, saved)| *saved == Saved::UnderWay);
        books.reserved || books.charges > books.refunds || under_way
    }

    fn refuses(&self, operation: Operation) {
        self.world.lock().unwrap().books.refuses = Some(operation);
    }

    fn pays_with(&self, card: Option<u32>) {
        self.world.lock().unwrap().card = card;
    }

    fn record(&self) -> Item {
        self.world.lock().unwrap().record.clone().unwrap()
    }

    /// The record with something changed behind everybody's back.
    fn corrupts(&self, change: impl FnOnce(&mut Item)) {
        change(self.world.lock().unwrap().record.as_mut().unwrap());
    }
}

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
async fn refusals_are_answered_by_their_names_and_are_no_dead_letters() {
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
async fn an_unavailable_provider_is_told_to_the_saga_which_tries_again() {
    let payer = Payer::new();
    payer.delivers(Operation::Authorize, Trouble::AfterEffect, true).await.unwrap();
    payer.delivers(Operation::Authorize, Trouble::None, true).await.unwrap();
    assert_eq!(payer.answers(), [Err("PaymentProviderUnavailable".to_owned()), Ok(())]);
    assert_eq!(payer.books(), (true, 0));
}

#[tokio::test]
async fn nothing_is_taken_for_a_saga_that_waits_no_more() {
    let payer = Payer::new();
    assert!(matches!(
        payer.delivers(Operation::Authorize, Trouble::None, false).await,
        Ok(Effect::Nothing(_))
    ));
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

/// The tries of an authorization: what the first came to and what is on file at the second.
const UNCLEAR: [Trouble; 4] =
    [Trouble::AfterEffect, Trouble::UnderWay, Trouble::ErrorAfterEffect, Trouble::BeforeRecord];

#[tokio::test]
async fn every_try_asks_as_the_first_did_whatever_is_on_file_by_then() {
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
async fn the_provider_is_asked_for_nothing_before_it_is_on_record() {
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
async fn a_refusal_of_the_first_try_is_told_and_known_from_then_on() {
    let payer = Payer::new();
    for trouble in [Trouble::RefusedUnseen, Trouble::None] {
        payer.delivers(Operation::Authorize, trouble, true).await.unwrap();
        assert_eq!(payer.answers().pop(), Some(Err("PaymentAuthException".to_owned())));
        assert_eq!(payer.record()["status"], text("REFUSED"));
    }
    assert_eq!(payer.world.lock().unwrap().calls, 1);
}

#[tokio::test]
async fn a_void_finds_whatever_an_unclear_try_has_come_to() {
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
async fn an_authorization_without_the_providers_id_is_nobodys_but_peoples() {
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

fn operation() -> impl Strategy<Value = Operation> {
    prop::sample::select(vec![Operation::Authorize, Operation::Capture, Operation::Void, Operation::Refund])
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop::sample::select(TROUBLE.to_vec())
}

proptest! {
    /// Any requests, in any order, any of them in any trouble and repeated: what was answered is what the books say.
    #[test]
    fn the_books_say_what_the_saga_was_told(
        deliveries in prop::collection::vec((operation(), trouble(), any::<bool>(), prop::option::of(0..3_u32)), 0..12),
        refuses in prop::option::of(operation()),
        compensation in prop::sample::select(vec![Operation::Void, Operation::Refund]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let payer = Payer::new();
            // A compensation that is refused ends with people, not here.
            if let Some(operation @ (Operation::Authorize | Operation::Capture)) = refuses {
                payer.refuses(operation);
            }
            let (mut given_up, mut compensating) = (false, false);
            for (operation, trouble, waits, card) in deliveries {
                payer.pays_with(card);
                // A saga that compensates waits for nothing else any more.
                compensating |= operation.is_compensation();
                let waits = waits && (operation.is_compensation() || !compensating);
                let before = payer.answers().len();
                let _ = payer.delivers(operation, trouble, waits).await;
                let (reserved, charged) = payer.books();
                prop_assert!(charged <= 1, "charged twice");
                let answer = if payer.answers().len() > before { payer.answers().pop() } else { None };
                match (answer, operation) {
                    (Some(Ok(())), Operation::Authorize) => prop_assert!(reserved || charged == 1),
                    (Some(Ok(())), Operation::Capture) => prop_assert!(!reserved && charged == 1),
                    (Some(Ok(())), Operation::Void | Operation::Refund) => given_up = true,
                    // The saga ends here, without a void, and waits for nothing.
                    (Some(Err(error)), _) if error == "PaymentAuthException" => {
                        (given_up, compensating) = (true, true);
                    }
                    _ => {}
                }
                prop_assert!(!given_up || (!payer.holds_anything()), "something is held, or may yet be");
            }
            // However it stands: compensations that get through set everything right. The first may find that an earlier
            // call is under way, or that a key is spent.
            for _ in 0..4 {
                payer.delivers(compensation, Trouble::None, true).await.unwrap();
            }
            prop_assert_eq!(payer.answers().pop(), Some(Ok(())));
            prop_assert!(!payer.holds_anything());
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_refund_is_not_recorded_if_its_key_was_spent_meanwhile() {
    let payer = Payer::new();
    for operation in [Operation::Authorize, Operation::Capture] {
        payer.delivers(operation, Trouble::None, true).await.unwrap();
    }
    payer.world.lock().unwrap().is_reconciled_meanwhile = true;
    let overtaken = payer.delivers(Operation::Refund, Trouble::None, true).await;
    assert_eq!(overtaken.unwrap_err().reason().error_type, "PaymentMovedOn");
    assert_eq!(payer.delivers(Operation::Refund, Trouble::None, true).await, Ok(Effect::Made));
    let around = payer.world.lock().unwrap();
    let keys: Vec<_> = around.books.calls.keys().filter(|key| key.contains("refund")).collect();
    assert_eq!(keys.len(), 2, "the second try has another key: {keys:?}");
}
