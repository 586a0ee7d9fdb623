//! Whatever fails, whenever, and however often a message comes: the money ends where the saga was told it is.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::{
    operation::{
        get_item::GetItemOutput,
        put_item::{PutItemError, PutItemOutput},
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
use domain::{CorrelationId, CustomerId, Money, RideId};
use jiff::Timestamp;
use messaging::once::Item;
use proptest::prelude::*;

use super::*;

/// Where a delivery goes wrong, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    /// The provider gives no answer, and has done nothing.
    BeforeEffect,
    /// The provider has done it, and its answer is lost.
    AfterEffect,
    /// The provider's answer arrives, and the function dies before it is on record.
    BeforeRecord,
    /// It is on record, and the function dies before the saga hears of it.
    BeforeAnswer,
}

/// The provider's own books: each key once.
#[derive(Debug, Default)]
struct Books {
    keys: Vec<String>,
    reserved: bool,
    charges: u32,
    refunds: u32,
    refuses: Option<Operation>,
}

/// Everything around the receiver.
#[derive(Debug, Default)]
struct Around {
    books: Books,
    record: Option<Item>,
    trouble: Option<Trouble>,
    /// Whether the saga still waits for the step.
    waits: bool,
    answers: Vec<Result<(), String>>,
}

type World = Arc<Mutex<Around>>;

struct Provider(World);

impl Provider {
    /// Makes an effect as a provider does: once a key, and with the trouble of the day.
    fn make<T>(
        &self,
        operation: Operation,
        key: &IdempotencyKey,
        effect: impl FnOnce(&mut Books) -> Result<T, ProviderError>,
        again: T,
    ) -> Result<T, ProviderError> {
        let mut around = self.0.lock().unwrap();
        let no_answer = || Err(ProviderError::Unavailable("test".into()));
        if around.trouble == Some(Trouble::BeforeEffect) {
            return no_answer();
        }
        if around.books.refuses == Some(operation) {
            return Err(ProviderError::Refused("test".into()));
        }
        let made = if around.books.keys.contains(&key.0) {
            Ok(again)
        } else {
            let made = effect(&mut around.books)?;
            around.books.keys.push(key.0.clone());
            Ok(made)
        };
        if around.trouble == Some(Trouble::AfterEffect) { no_answer() } else { made }
    }
}

impl PaymentProvider for Provider {
    async fn authorize(&self, _: &Payment, key: &IdempotencyKey) -> Result<PaymentId, ProviderError> {
        let reserve = |books: &mut Books| {
            books.reserved = true;
            Ok(PaymentId("p".into()))
        };
        self.make(Operation::Authorize, key, reserve, PaymentId("p".into()))
    }

    async fn capture(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<(), ProviderError> {
        let charge = |books: &mut Books| {
            assert!(std::mem::take(&mut books.reserved), "captured what isn't reserved");
            books.charges += 1;
            Ok(())
        };
        self.make(Operation::Capture, key, charge, ())
    }

    async fn void(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<Voided, ProviderError> {
        if self.0.lock().unwrap().books.charges > 0 {
            return Ok(Voided::Captured);
        }
        let release = |books: &mut Books| {
            books.reserved = false;
            Ok(Voided::Released)
        };
        self.make(Operation::Void, key, release, Voided::Released)
    }

    async fn refund(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<(), ProviderError> {
        let give_back = |books: &mut Books| {
            assert!(books.charges > books.refunds, "refunded what isn't charged");
            books.refunds += 1;
            Ok(())
        };
        self.make(Operation::Refund, key, give_back, ())
    }

    async fn find(&self, _: &Payment) -> Result<Option<PaymentId>, ProviderError> {
        let around = self.0.lock().unwrap();
        let known = around.books.keys.iter().any(|key| key.ends_with("-authorize"));
        Ok(known.then(|| PaymentId("p".into())))
    }
}

/// A table of one row that knows the conditions that payments are written under.
fn table(world: &World) -> aws_sdk_dynamodb::Client {
    let (reading, writing) = (world.clone(), world.clone());
    let get = mock!(aws_sdk_dynamodb::Client::get_item).then_compute_output(move |_| {
        GetItemOutput::builder().set_item(reading.lock().unwrap().record.clone()).build()
    });
    let put = mock!(aws_sdk_dynamodb::Client::put_item).then_compute_response(move |put| {
        let mut around = writing.lock().unwrap();
        if around.trouble == Some(Trouble::BeforeRecord) {
            let error = ErrorMetadata::builder().code("InternalServerError").build();
            return MockResponse::Error(PutItemError::generic(error));
        }
        let from = put.expression_attribute_values().and_then(|values| values.get(":from").cloned());
        if around.record.as_ref().map(|record| record["status"].clone()) != from {
            let taken = ConditionalCheckFailedException::builder().build();
            return MockResponse::Error(PutItemError::ConditionalCheckFailedException(taken));
        }
        around.record = put.item().cloned();
        MockResponse::Output(PutItemOutput::builder().build())
    });
    mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get, &put])
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

    fn refuses(&self, operation: Operation) {
        self.world.lock().unwrap().books.refuses = Some(operation);
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
    assert!(!failure.may_be_retried());
    assert_eq!(payer.answers().pop(), Some(Err("IdempotencyConflict".to_owned())));
}

fn operation() -> impl Strategy<Value = Operation> {
    prop::sample::select(vec![Operation::Authorize, Operation::Capture, Operation::Void, Operation::Refund])
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop::sample::select(vec![
        Trouble::None,
        Trouble::BeforeEffect,
        Trouble::AfterEffect,
        Trouble::BeforeRecord,
        Trouble::BeforeAnswer,
    ])
}

proptest! {
    /// Any requests, in any order, any of them in any trouble and repeated: what was answered is what the books say.
    #[test]
    fn the_books_say_what_the_saga_was_told(
        deliveries in prop::collection::vec((operation(), trouble(), any::<bool>()), 0..12),
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
            for (operation, trouble, waits) in deliveries {
                // A saga that compensates waits for nothing else any more.
                compensating |= operation.is_compensation();
                let waits = waits && (operation.is_compensation() || !compensating);
                let before = payer.answers().len();
                let _ = payer.delivers(operation, trouble, waits).await;
                let (reserved, charged) = payer.books();
                prop_assert!(charged <= 1, "charged twice");
                if payer.answers().len() > before && payer.answers().last() == Some(&Ok(())) {
                    given_up |= operation.is_compensation();
                    match operation {
                        Operation::Authorize => prop_assert!(reserved || charged == 1),
                        Operation::Capture => prop_assert!(!reserved && charged == 1),
                        Operation::Void | Operation::Refund => prop_assert!(!reserved && charged == 0),
                    }
                }
                prop_assert!(!given_up || (!reserved && charged == 0), "something came back to life");
            }
            // However it stands: one compensation that gets through sets everything right.
            payer.delivers(compensation, Trouble::None, true).await.unwrap();
            prop_assert_eq!(payer.answers().pop(), Some(Ok(())));
            prop_assert_eq!(payer.books(), (false, 0));
            Ok(())
        })?;
    }
}
