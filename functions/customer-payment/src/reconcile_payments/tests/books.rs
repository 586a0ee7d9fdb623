//! Our records, a provider with reports, and people, around a function that reconciles them.

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

use super::super::*;
use crate::provider::{Cursor, Payment, PaymentId, ReportPage};

/// Everything around the function.
#[derive(Default)]
pub(super) struct Around {
    pub records: HashMap<String, Item>,
    /// Pages of reports.
    pub pages: Vec<Vec<Report>>,
    pub provider: Condition,
    /// True if the money was refunded in another way.
    pub is_refunded: bool,
    /// The executions that were started, by name.
    pub executions: HashSet<String>,
    pub inputs: Vec<serde_json::Value>,
    /// True if notifying people fails.
    pub is_mute: bool,
}

/// The provider's condition.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    #[default]
    Well,
    /// It throttles the calls after the last page of reports.
    Throttling,
    Hanging,
}

pub(super) type World = Arc<Mutex<Around>>;

pub(super) struct Provider(World);

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

/// The records, and the function that reconciles them.
pub(super) struct Books {
    pub world: World,
    function: ReconcilePayments<Provider>,
}

impl Books {
    pub fn new() -> Self {
        let world = World::default();
        let payments = Payments::new(table(&world), "payments".into());
        let review = Review::new(saga(&world), "machine".into());
        let function = ReconcilePayments::new(payments, Provider(world.clone()), review, 7);
        Self { world, function }
    }

    /// Adds a payment with this status.
    pub fn have(&self, status: &str) -> RideId {
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

    pub fn report(&self, reports: &[Report]) {
        self.world.lock().unwrap().pages.push(reports.to_vec());
    }

    /// Makes a run that has this many milliseconds for its work.
    pub async fn run_for(&self, milliseconds: u64) -> Result<Reconciled, String> {
        let mut context = Context::default();
        let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap();
        context.deadline = now + milliseconds + u64::try_from(FOR_THE_END.as_millis()).unwrap();
        let ended = self.function.handle(LambdaEvent::new(IgnoredAny, context)).await;
        ended.map_err(|error| error.error_type)
    }

    pub async fn run(&self) -> Result<Reconciled, String> {
        self.run_for(60_000).await
    }

    pub fn value(&self, fare: RideId, name: &str) -> Option<String> {
        let around = self.world.lock().unwrap();
        let value = around.records[&fare.to_string()].get(name)?;
        value.as_s().or(value.as_n()).ok().cloned()
    }

    pub fn stands(&self, fare: RideId) -> (String, Option<String>) {
        (self.value(fare, "status").unwrap(), self.value(fare, "spentKeys"))
    }

    pub fn told(&self) -> usize {
        self.world.lock().unwrap().inputs.len()
    }
}
