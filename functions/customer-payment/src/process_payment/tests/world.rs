//! Everything around the receiver: the provider's books, the table of payments and the saga.

use std::sync::{Arc, Mutex};

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
use lambda_messaging::item::Item;

use super::provider::{Books, Trouble};
use crate::Saga;

/// Everything around the receiver.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub books: Books,
    pub record: Option<Item>,
    pub trouble: Option<Trouble>,
    /// True if the saga still waits for the step.
    pub waits: bool,
    pub answers: Vec<Result<(), String>>,
    /// The card on file, if there is one.
    pub card: Option<u32>,
    /// The number of calls to the provider that move money.
    pub calls: u32,
    /// True if the provider never answers.
    pub hangs: bool,
    pub race: Option<Race>,
}

/// A step of another function at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Race {
    /// A reconciliation learns, during the next call to the provider, that an earlier refund has failed.
    Reconciled,
    /// The record is written after the next read of the table.
    Written,
}

impl Around {
    /// True once, if this race is on.
    pub fn takes(&mut self, race: Race) -> bool {
        self.race.take_if(|on| *on == race).is_some()
    }
}

pub(super) type World = Arc<Mutex<Around>>;

/// A table of one row, which checks the conditions under which payments are written.
pub(super) fn table(world: &World) -> aws_sdk_dynamodb::Client {
    let (reading, opening, advancing) = (world.clone(), world.clone(), world.clone());
    let get = mock!(aws_sdk_dynamodb::Client::get_item).then_compute_output(move |_| {
        let mut around = reading.lock().unwrap();
        let is_too_early = around.takes(Race::Written);
        let record = around.record.clone().filter(|_| !is_too_early);
        GetItemOutput::builder().set_item(record).build()
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

/// The saga, which may wait for a step, and which notes the answers that aren't lost.
pub(super) fn saga(world: &World) -> Saga {
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
