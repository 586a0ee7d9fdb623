//! Disputes of payments, which people answer at the provider.

use aws_sdk_sqs::Client;
use contracts::RideId;
use serde_json::Value;

use crate::{dead_letters::removal::delete, deployment::Deployment, error::Error};

/// Takes the messages about a fare's disputes out of the review queue. The payment's record keeps the dispute.
///
/// # Errors
/// If there is no such message.
pub async fn settle(deployment: &Deployment, ride: &str) -> Result<(), Error> {
    let fare = RideId::parse(ride).map_err(|rule| Error::Usage(format!("ride id: {rule}")))?.to_string();
    let queue = deployment.output("fare-collection", "FareReviewQueueUrl")?;
    let sqs = Client::new(deployment.aws());
    match delete(&sqs, queue, |message| is_dispute_of(&message.body, &fare)).await?.moved {
        0 => Err(Error::Usage(format!("the review queue has no message about a dispute of fare {fare}"))),
        _ => Ok(()),
    }
}

fn is_dispute_of(body: &str, fare: &str) -> bool {
    let message = serde_json::from_str::<Value>(body).unwrap_or_default();
    let state = &message["state"];
    state["fareId"] == fare && state["reported"]["kind"] == "disputed"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_dispute_of_this_fare_is_meant() {
        for (fare, kind, is_meant) in
            [("1", "disputed", true), ("2", "disputed", false), ("1", "refund-failed", false)]
        {
            let body = json!({"execution": "arn", "state": {"fareId": fare, "reported": {"kind": kind}}});
            assert_eq!(is_dispute_of(&body.to_string(), "1"), is_meant, "{body}");
        }
        assert!(!is_dispute_of("{ poison", "1"));
    }
}
