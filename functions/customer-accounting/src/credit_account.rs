//! Credits a customer's account with a paid fare, or reverses the credit. The fare collection saga invokes it, and matches on the
//! names of its errors.

use contracts::{CustomerId, Money, RideId};
use lambda_messaging::{CorrelationId, Failure, idempotent_write::Written, json, metrics::Metrics};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tracing::{info, warn};

use crate::{Ledger, SERVICE, ledger::Fare};

/// The handler that the saga invokes.
#[derive(Debug)]
pub struct CreditAccount {
    ledger: Ledger,
    refused_suffix: String,
}

/// The saga's request.
#[derive(Debug, Deserialize)]
pub struct Request {
    action: Action,
    fare: RideId,
    customer: CustomerId,
    amount: Money,
    correlationid: CorrelationId,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Credit,
    Reverse,
}

/// The answer to the saga.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    entry: &'static str,
}

impl CreditAccount {
    /// Enters into this ledger. The accounts of customers whose id ends in the suffix take no credit: the business
    /// refusal that demonstrations and tests need.
    #[must_use]
    pub fn new(ledger: Ledger, refused_suffix: String) -> Self {
        Self { ledger, refused_suffix }
    }

    /// Handles a request. It comes as raw JSON, so that a malformed request fails with a stable name too.
    ///
    /// # Errors
    /// `AccountCreditException`: the account takes no credit; nothing was entered, and trying again changes nothing.
    /// `MalformedEvent`, `IdempotencyConflict`: the saga's own fault. Anything else may have been entered or not, and
    /// trying again helps.
    pub async fn handle(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Answer, Diagnostic> {
        let request: Request = json::read(event.payload.get()).map_err(Failure::from)?;
        let (event_id, correlation_id) = (request.fare.to_string(), request.correlationid.to_string());
        let entered = self.enter(&request).await;
        let mut metrics = Metrics::new(SERVICE);
        metrics.count(entered.as_ref().map(|(_, written)| (*written).into()), None);
        metrics.emit();
        match entered {
            Ok((entry, written)) => {
                let outcome = if written == Written::Inserted { "made" } else { "duplicate" };
                info!(event_id, correlation_id, entry, outcome, "entered");
                Ok(Answer { entry })
            }
            Err(failure) => {
                let reason = failure.reason();
                let (error_type, detail) = (&reason.error_type, &reason.detail);
                warn!(event_id, correlation_id, error_type, detail, "not entered");
                Err(failure.into())
            }
        }
    }

    async fn enter(&self, request: &Request) -> Result<(&'static str, Written), Failure> {
        let fare = Fare { id: request.fare, customer: &request.customer, amount: request.amount };
        match request.action {
            Action::Credit if request.customer.as_str().ends_with(&self.refused_suffix) => {
                Err(Failure::permanent("AccountCreditException", "the account takes no credit"))
            }
            Action::Credit => Ok(("CREDITED", self.ledger.credit(&fare).await?)),
            Action::Reverse => Ok(("REVERSED", self.ledger.reverse(&fare).await?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        Client,
        error::ErrorMetadata,
        operation::{
            put_item::PutItemOutput,
            transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
        },
        types::{AttributeValue, CancellationReason, error::TransactionCanceledException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use lambda_runtime::Context;

    use super::*;

    async fn handle(rule: &Rule, action: &str, customer: &str) -> Result<Answer, String> {
        let ledger = Ledger::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]), "ledger".into());
        let request = format!(
            r#"{{"action":"{action}","fare":"0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10","customer":"{customer}",
                "amount":"256.50","correlationid":"c","traceparent":"t"}}"#
        );
        let event = LambdaEvent::new(RawValue::from_string(request).unwrap(), Context::default());
        CreditAccount::new(ledger, "_fail_credit".into()).handle(event).await.map_err(|d| d.error_type)
    }

    fn cancelled(codes: [&'static str; 2]) -> Rule {
        mock!(Client::transact_write_items).then_error(move || {
            let reasons = codes.map(|code| CancellationReason::builder().code(code).build());
            let meta = ErrorMetadata::builder().code("TransactionCanceledException").build();
            let cancelled = TransactionCanceledException::builder().meta(meta);
            let cancelled = cancelled.set_cancellation_reasons(Some(reasons.into())).build();
            TransactWriteItemsError::TransactionCanceledException(cancelled)
        })
    }

    #[tokio::test]
    async fn a_credit_is_entered_unless_it_was_reversed_before() {
        let rule = mock!(Client::transact_write_items)
            .match_requests(|transact| {
                let [put, check] = transact.transact_items() else { return false };
                let (put, check) = (put.put().unwrap(), check.condition_check().unwrap());
                put.item()["entry"] == AttributeValue::S("CREDITED".into())
                    && put.item()["amount"] == AttributeValue::N("256.5".into())
                    && check.key()["entry"] == AttributeValue::S("REVERSED".into())
            })
            .then_output(|| TransactWriteItemsOutput::builder().build());
        assert_eq!(handle(&rule, "credit", "cmr").await, Ok(Answer { entry: "CREDITED" }));
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn a_second_credit_changes_nothing() {
        let rule = cancelled(["ConditionalCheckFailed", "None"]);
        assert_eq!(handle(&rule, "credit", "cmr").await, Ok(Answer { entry: "CREDITED" }));
    }

    #[tokio::test]
    async fn errors_reach_the_saga_by_their_names() {
        let unused = cancelled(["None", "None"]);
        for (error, answer) in [
            ("AccountCreditException", handle(&unused, "credit", "cmr_fail_credit").await),
            (
                "AccountCreditException",
                handle(&cancelled(["None", "ConditionalCheckFailed"]), "credit", "cmr").await,
            ),
            (
                "TransactionCanceledException",
                handle(&cancelled(["TransactionConflict", "None"]), "credit", "cmr").await,
            ),
            ("MalformedEvent", handle(&unused, "keep", "cmr").await),
            ("MalformedEvent", handle(&unused, "credit", "c m r").await),
        ] {
            assert_eq!(answer, Err(error.to_owned()));
        }
    }

    #[tokio::test]
    async fn a_reversal_is_entered_whether_or_not_there_is_a_credit() {
        let rule = mock!(Client::put_item)
            .match_requests(|put| put.item().unwrap()["entry"] == AttributeValue::S("REVERSED".into()))
            .then_output(|| PutItemOutput::builder().build());
        // The account takes no credit, which doesn't keep a reversal from it.
        assert_eq!(handle(&rule, "reverse", "cmr_fail_credit").await, Ok(Answer { entry: "REVERSED" }));
    }
}
