//! The faults of the simulated provider.
//!
//! Suffixes of the customer's id choose them. A customer's id can end in several:
//!
//! | suffix | fault |
//! |---|---|
//! | `_fail_auth`, `_fail_charge`, `_fail_void`, `_fail_refund` | the call is refused |
//! | `_error_void`, `_error_refund` | the call with the first key fails, and so does each repetition; a call with another key succeeds |
//! | `_fail_refund_later` | the refund with the first key is accepted and fails later, which the provider reports |
//! | `_disputed` | the customer disputes the captured payment, which the provider reports |
//! | `_flaky` | the provider is unavailable to the first two tries of each call |
//! | `_slow` | every call takes a fifth of a second |

use std::time::Duration;

use aws_sdk_dynamodb::types::ReturnValue;
use contracts::CustomerId;
use jiff::Timestamp;
use lambda_messaging::{
    Failure,
    item::{number, text},
};

use super::{Simulated, unavailable};
use crate::provider::{IdempotencyKey, Payment, ProviderError};

/// The tries to which the provider is unavailable for `_flaky`.
const FLAKY_TRIES: u32 = 2;
const SLOW: Duration = Duration::from_millis(200);
const SUFFIXES: [&str; 11] = [
    "_fail_auth",
    "_fail_charge",
    "_fail_void",
    "_fail_refund",
    "_fail_credit",
    "_error_void",
    "_error_refund",
    "_fail_refund_later",
    "_disputed",
    "_flaky",
    "_slow",
];

impl Simulated {
    /// Makes the faults that come before the call itself; returns the time at which the call came in.
    pub(super) async fn meet(
        &self,
        payment: &Payment,
        operation: &str,
        refusal: &str,
        key: &IdempotencyKey,
    ) -> Result<Timestamp, ProviderError> {
        let begun = Timestamp::now();
        let customer = &payment.customer;
        if has(customer, "_slow") {
            tokio::time::sleep(SLOW).await;
        }
        if has(customer, "_flaky") && self.count_try(payment, operation).await? {
            return Err(ProviderError::Unavailable("simulated_outage".to_owned()));
        }
        if has(customer, refusal) {
            return Err(ProviderError::Refused(format!("simulated{refusal}")));
        }
        if has(customer, &format!("_error_{operation}")) && self.is_first_key(payment, operation, key).await?
        {
            return Err(ProviderError::Spent("simulated_error".to_owned()));
        }
        Ok(begun)
    }

    /// True if this is the key of the first call for this operation.
    pub(super) async fn is_first_key(
        &self,
        payment: &Payment,
        operation: &str,
        key: &IdempotencyKey,
    ) -> Result<bool, ProviderError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("fareId", text(payment.fare))
            .key("entry", text(format_args!("ERROR#{operation}")))
            .update_expression("SET firstKey = if_not_exists(firstKey, :key)")
            .expression_attribute_values(":key", text(&key.0))
            .return_values(ReturnValue::AllNew);
        let first = update.send().await.map_err(|e| unavailable(&Failure::aws("dynamodb:UpdateItem", &e)))?;
        Ok(first.attributes.is_some_and(|first| first.get("firstKey") == Some(&text(&key.0))))
    }

    /// Counts a try; returns true for the first few.
    async fn count_try(&self, payment: &Payment, operation: &str) -> Result<bool, ProviderError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("fareId", text(payment.fare))
            .key("entry", text(format_args!("TRIES#{operation}")))
            .update_expression("ADD tries :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let tries = update.send().await.map_err(|e| unavailable(&Failure::aws("dynamodb:UpdateItem", &e)))?;
        let tries = tries.attributes.and_then(|a| a.get("tries")?.as_n().ok()?.parse::<u32>().ok());
        Ok(tries.is_none_or(|tries| tries <= FLAKY_TRIES))
    }
}

/// True if the customer's id ends in this suffix, or in this suffix followed by other known ones.
pub(super) fn has(customer: &CustomerId, suffix: &str) -> bool {
    let mut rest = customer.as_str();
    while let Some(last) = SUFFIXES.into_iter().find(|known| rest.ends_with(known)) {
        if last == suffix {
            return true;
        }
        rest = rest.strip_suffix(last).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_read_from_the_end() {
        let customer = |id| CustomerId::parse(id).unwrap();
        for (id, suffix, has_it) in [
            ("cmr_fail_auth", "_fail_auth", true),
            ("cmr_fail_charge_fail_void", "_fail_charge", true),
            ("cmr_fail_charge_fail_void", "_fail_void", true),
            ("cmr_flaky_fail_credit", "_flaky", true),
            ("cmr_fail_charge_error_void", "_error_void", true),
            ("cmr_fail_auth_2", "_fail_auth", false),
            ("cmr", "_fail_auth", false),
        ] {
            assert_eq!(has(&customer(id), suffix), has_it, "{id} {suffix}");
        }
    }
}
