//! Reports in any order, repeated, and with runs that end at any point: the record is right in the end, and people are notified once.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::{
    operation::{
        get_item::GetItemOutput,
        update_item::{UpdateItemError, UpdateItemOutput},
    },
    types::{AttributeValue, error::ConditionalCheckFailedException},
};
use aws_sdk_sfn::{
    error::ErrorMetadata,
    operation::start_execution::{StartExecutionError, StartExecutionOutput},
    primitives::DateTime,
    types::error::ExecutionAlreadyExists,
};
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use contracts::RideId;
use lambda_messaging::item::{self, Item, number, text};
use lambda_runtime::Context;

use super::*;
use crate::provider::{Cursor, Payment, PaymentId, ReasonCode, ReportId, ReportPage};

/// Everything around the function.
#[derive(Default)]
struct Around {
    records: HashMap<String, Item>,
    /// Pages of reports.
    pages: Vec<Vec<Report>>,
    provider: Condition,
    /// True if the money was refunded in another way.
    is_refunded: bool,
    /// The executions that were started, by name.
    executions: HashSet<String>,
    inputs: Vec<serde_json::Value>,
    /// True if notifying people fails.
    is_mute: bool,
}

/// The provider's condition.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Condition {
    #[default]
    Well,
    /// It throttles the calls after the last page of reports.
    Throttling,
    Hanging,
}

type World = Arc<Mutex<Around>>;

struct Provider(World);

impl ProviderReports for Provider {
    async fn reports(
        &self,
        kind: ReportKind,
        _: Timestamp,
        after: Option<&Cursor>,
    ) -> Result<ReportPage, ProviderError> {
        let condition = self.0.lock().unwrap().provider;
        if condition == Condition::Hanging {
            std::future::pending::<()>().await;
        }
        let around = self.0.lock().unwrap();
        let n = after.map_or(0, |Cursor(page)| page.parse().unwrap());
        let Some(page) = around.pages.get(n) else {
            return if condition == Condition::Throttling {
                Err(ProviderError::Unavailable("rate_limit".into()))
            } else {
                Ok(ReportPage { reports: vec![], next: None })
            };
        };
        let reports = page.iter().filter(|report| report.kind == kind).cloned().collect();
        Ok(ReportPage { reports, next: Some(Cursor((n + 1).to_string())) })
    }

    async fn is_refunded(&self, _: &Payment, _: &PaymentId) -> Result<bool, ProviderError> {
        Ok(self.0.lock().unwrap().is_refunded)
    }
}

/// A table that checks the conditions under which reports are written.
fn table(world: &World) -> aws_sdk_dynamodb::Client {
    let (reading, writing) = (world.clone(), world.clone());
    let get = mock!(aws_sdk_dynamodb::Client::get_item).then_compute_output(move |get| {
        let fare = get.key().unwrap()["fareId"].as_s().unwrap().clone();
        GetItemOutput::builder().set_item(reading.lock().unwrap().records.get(&fare).cloned()).build()
    });
    let update = mock!(aws_sdk_dynamodb::Client::update_item).then_compute_response(move |update| {
        let fare = update.key().unwrap()["fareId"].as_s().unwrap().clone();
        let (values, set) =
            (update.expression_attribute_values().unwrap(), update.update_expression().unwrap());
        let condition = update.condition_expression().unwrap();
        let mut around = writing.lock().unwrap();
        let record = around.records.get_mut(&fare).unwrap();
        let is_learned = record.get("reportsLearned").is_some_and(|ids| {
            values.get(":id").is_some_and(|id| ids.as_ss().unwrap().contains(id.as_s().unwrap()))
        });
        let standing =
            [":refunded", ":captured"].iter().any(|status| values.get(*status) == Some(&record["status"]));
        let holds = match condition {
            "#status IN (:refunded, :captured) AND NOT contains(reportsLearned, :id)" => {
                standing && !is_learned
            }
            "attribute_exists(fareId) AND NOT contains(reportsLearned, :id)" => !is_learned,
            "attribute_exists(fareId)" => true,
            other => panic!("{other}"),
        };
        if !holds {
            let refused = ConditionalCheckFailedException::builder().set_item(Some(record.clone())).build();
            return MockResponse::Error(UpdateItemError::ConditionalCheckFailedException(refused));
        }
        if set.contains("#status = :captured") {
            let spent: u32 =
                record.get("spentKeys").map_or(0, |spent| spent.as_n().unwrap().parse().unwrap());
            record.insert("status".into(), values[":captured"].clone());
            assert!(set.contains("spentKeys = if_not_exists(spentKeys, :none) + :one"), "{set}");
            record.insert("spentKeys".into(), number(spent + 1));
            record.insert("refundFailure".into(), values[":reason"].clone());
        }
        if set.contains("disputeId = :id") {
            record.insert("disputeId".into(), values[":id"].clone());
            record.insert("disputeReason".into(), values[":reason"].clone());
            record.insert("disputedAt".into(), values[":at"].clone());
        }
        let ids = set.rsplit_once("ADD ").unwrap().1.strip_suffix(" :ids").unwrap();
        let mut known = record.get(ids).map_or_else(Vec::new, |known| known.as_ss().unwrap().clone());
        known.extend(values[":ids"].as_ss().unwrap().clone());
        record.insert(ids.to_owned(), AttributeValue::Ss(known));
        MockResponse::Output(UpdateItemOutput::builder().build())
    });
    mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get, &update])
}

fn saga(world: &World) -> aws_sdk_sfn::Client {
    let world = world.clone();
    let start = mock!(aws_sdk_sfn::Client::start_execution).then_compute_response(move |start| {
        let mut around = world.lock().unwrap();
        if around.is_mute {
            let error = ErrorMetadata::builder().code("InternalFailure").build();
            return MockResponse::Error(StartExecutionError::generic(error));
        }
        if !around.executions.insert(start.name().unwrap().to_owned()) {
            let there = ExecutionAlreadyExists::builder().build();
            return MockResponse::Error(StartExecutionError::ExecutionAlreadyExists(there));
        }
        around.inputs.push(serde_json::from_str(start.input().unwrap()).unwrap());
        let started = StartExecutionOutput::builder().execution_arn("arn").start_date(DateTime::from_secs(0));
        MockResponse::Output(started.build().unwrap())
    });
    mock_client!(aws_sdk_sfn, RuleMode::MatchAny, [&start])
}

struct Books {
    world: World,
    function: ReconcilePayments<Provider>,
}

impl Books {
    fn new() -> Self {
        let world = World::default();
        let payments = Payments::new(table(&world), "payments".into());
        let review = Review::new(saga(&world), "machine".into());
        let function = ReconcilePayments::new(payments, Provider(world.clone()), review, 7);
        Self { world, function }
    }

    /// Adds a payment with this status.
    fn have(&self, status: &str) -> RideId {
        let fare = RideId::new();
        let record = item::new([
            ("customer", text("cmr")),
            ("amount", number("256.50")),
            ("status", text(status)),
            ("providerPaymentId", text("pi_1")),
        ]);
        self.world.lock().unwrap().records.insert(fare.to_string(), record);
        fare
    }

    fn report(&self, reports: &[Report]) {
        self.world.lock().unwrap().pages.push(reports.to_vec());
    }

    /// Makes a run that has this many milliseconds for its work.
    async fn run_for(&self, milliseconds: u64) -> Result<Reconciled, String> {
        let mut context = Context::default();
        let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap();
        context.deadline = now + milliseconds + u64::try_from(FOR_THE_END.as_millis()).unwrap();
        let ended = self.function.handle(LambdaEvent::new(IgnoredAny, context)).await;
        ended.map_err(|error| error.error_type)
    }

    async fn run(&self) -> Result<Reconciled, String> {
        self.run_for(60_000).await
    }

    fn value(&self, fare: RideId, name: &str) -> Option<String> {
        let around = self.world.lock().unwrap();
        let value = around.records[&fare.to_string()].get(name)?;
        value.as_s().or(value.as_n()).ok().cloned()
    }

    fn stands(&self, fare: RideId) -> (String, Option<String>) {
        (self.value(fare, "status").unwrap(), self.value(fare, "spentKeys"))
    }

    fn told(&self) -> usize {
        self.world.lock().unwrap().inputs.len()
    }
}

fn report(kind: ReportKind, fare: RideId, id: &str) -> Report {
    Report {
        kind,
        id: ReportId::parse(id).unwrap(),
        fare,
        payment: PaymentId("pi_1".into()),
        reason: ReasonCode::from_text(Some("expired_or_canceled_card")),
        at: Timestamp::now(),
    }
}

fn failed(fare: RideId, id: &str) -> Report {
    report(ReportKind::RefundFailed, fare, id)
}

fn came_to(learned: u32, known: u32, ignored: u32) -> Reconciled {
    Reconciled { learned, known, ignored }
}

#[tokio::test]
async fn a_refund_that_failed_later_leaves_the_payment_captured_and_its_key_spent_and_people_told() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!(books.stands(fare), ("CAPTURED".into(), Some("1".into())));
    assert_eq!(books.value(fare, "refundFailure").as_deref(), Some("expired_or_canceled_card"));
    let around = books.world.lock().unwrap();
    assert_eq!(around.executions, HashSet::from([format!("{fare}-re_1")]));
    let input = &around.inputs[0];
    assert_eq!(input["reported"]["kind"], "refund-failed");
    assert_eq!(input["compensationFailure"]["Cause"], "expired_or_canceled_card");
    for field in ["fareId", "customer", "amount", "correlationId", "traceparent", "failure"] {
        assert!(!input[field].is_null(), "a state machine that reads {field} fails without it");
    }
}

#[tokio::test]
async fn a_dispute_leaves_the_payment_as_it_stands_and_people_are_told() {
    let books = Books::new();
    let fare = books.have("CAPTURED");
    books.report(&[report(ReportKind::Disputed, fare, "dp_1")]);
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!(books.stands(fare), ("CAPTURED".into(), None));
    assert_eq!(books.value(fare, "disputeId").as_deref(), Some("dp_1"));
    assert_eq!(books.value(fare, "disputeReason").as_deref(), Some("expired_or_canceled_card"));
    assert!(books.value(fare, "disputedAt").is_some());
    let around = books.world.lock().unwrap();
    assert!(around.inputs[0].get("compensationFailure").is_none(), "nothing is to be taken back");
}

#[tokio::test]
async fn a_report_that_comes_again_changes_nothing_and_notifies_no_one() {
    let books = Books::new();
    let (refunded, disputed) = (books.have("REFUNDED"), books.have("CAPTURED"));
    let reports = [failed(refunded, "re_1"), report(ReportKind::Disputed, disputed, "dp_1")];
    books.report(&[reports[0].clone(), reports[0].clone(), reports[1].clone()]);
    assert_eq!(books.run().await, Ok(came_to(2, 1, 0)));
    assert_eq!(books.run().await, Ok(came_to(0, 3, 0)));
    assert_eq!((books.stands(refunded).1, books.told()), (Some("1".into()), 2));
}

#[tokio::test]
async fn an_old_failure_undoes_no_later_refund_and_a_new_one_does() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    books.run().await.unwrap();
    // It was refunded again.
    let again = |books: &Books| {
        let mut around = books.world.lock().unwrap();
        around.records.get_mut(&fare.to_string()).unwrap().insert("status".into(), text("REFUNDED"));
    };
    again(&books);
    assert_eq!(books.run().await, Ok(came_to(0, 1, 0)));
    assert_eq!(books.stands(fare), ("REFUNDED".into(), Some("1".into())));
    books.report(&[failed(fare, "re_2")]);
    assert_eq!(books.run().await, Ok(came_to(1, 1, 0)));
    assert_eq!(books.stands(fare), ("CAPTURED".into(), Some("2".into())));
    assert_eq!(books.told(), 2);
}

#[tokio::test]
async fn a_refund_that_was_made_up_for_otherwise_is_no_news() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.world.lock().unwrap().is_refunded = true;
    books.report(&[failed(fare, "re_1")]);
    assert_eq!(books.run().await, Ok(came_to(0, 0, 1)));
    assert_eq!((books.stands(fare), books.told()), (("REFUNDED".into(), None), 0));
}

#[tokio::test]
async fn a_refund_that_failed_at_once_spends_its_key_and_is_the_sagas_to_tell() {
    let books = Books::new();
    let fare = books.have("CAPTURED");
    books.report(&[failed(fare, "re_1")]);
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!(books.run().await, Ok(came_to(0, 1, 0)));
    assert_eq!((books.stands(fare), books.told()), (("CAPTURED".into(), Some("1".into())), 0));
}

#[tokio::test]
async fn a_run_that_dies_before_it_has_told_is_completed_by_the_next_one() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    books.world.lock().unwrap().is_mute = true;
    assert_eq!(books.run().await, Err("InternalFailure".into()));
    assert_eq!(books.stands(fare), ("CAPTURED".into(), Some("1".into())));
    books.world.lock().unwrap().is_mute = false;
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!((books.stands(fare).1, books.told()), (Some("1".into()), 1));
}

#[tokio::test]
async fn a_run_that_dies_after_it_has_told_tells_nobody_twice() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    books.run().await.unwrap();
    books.world.lock().unwrap().records.get_mut(&fare.to_string()).unwrap().remove("reportsTold");
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!((books.stands(fare).1, books.told()), (Some("1".into()), 1));
}

#[tokio::test]
async fn a_report_about_another_payment_or_one_that_took_nothing_is_ignored() {
    let books = Books::new();
    let other = Report { payment: PaymentId("pi_other".into()), ..failed(books.have("REFUNDED"), "re_1") };
    let voided = failed(books.have("VOIDED"), "re_2");
    let stranger = report(ReportKind::Disputed, RideId::new(), "dp_1");
    books.report(&[other.clone(), voided.clone(), stranger]);
    assert_eq!(books.run().await, Ok(came_to(0, 0, 3)));
    assert_eq!(books.stands(other.fare), ("REFUNDED".into(), None));
    assert_eq!((books.stands(voided.fare), books.told()), (("VOIDED".into(), None), 0));
}

#[tokio::test]
async fn every_page_of_reports_is_handled() {
    let books = Books::new();
    let fares = [(); 3].map(|()| books.have("REFUNDED"));
    for (n, fare) in fares.iter().enumerate() {
        books.report(&[failed(*fare, &format!("re_{n}"))]);
    }
    assert_eq!(books.run().await, Ok(came_to(3, 0, 0)));
}

#[tokio::test]
async fn a_throttled_provider_ends_the_run_and_what_was_learned_stays_learned() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    books.world.lock().unwrap().provider = Condition::Throttling;
    assert_eq!(books.run().await, Err("PaymentProviderUnavailable".into()));
    assert_eq!((books.stands(fare).0.as_str(), books.told()), ("CAPTURED", 1));
}

#[tokio::test]
async fn a_record_that_makes_no_sense_keeps_no_other_from_being_learned_and_the_run_says_so() {
    let books = Books::new();
    let (broken, fare) = (books.have("NONSENSE"), books.have("REFUNDED"));
    books.report(&[failed(broken, "re_1"), failed(fare, "re_2")]);
    assert_eq!(books.run().await, Err("MalformedPayment".into()));
    assert_eq!(books.stands(fare).0, "CAPTURED");
}

#[tokio::test]
async fn a_run_ends_before_its_function_does() {
    let books = Books::new();
    books.world.lock().unwrap().provider = Condition::Hanging;
    assert_eq!(books.run_for(50).await, Err("OutOfTime".into()));
}
