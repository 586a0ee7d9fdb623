//! The subscribers of the Request For Quotes Topic.

use std::time::Duration;

use aws_sdk_sns::Client;
use contracts::HerdName;
use lambda_messaging::{Failure, Function};

/// The time to wait for SNS, which is enough even if it is slow. A throttled call isn't retried, because the retries of all environments
/// would triple the load.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// The topic's subscribers, as SNS knows them.
#[derive(Debug)]
pub struct Subscribers {
    client: Client,
    topic_arn: String,
    queue_prefix: String,
}

impl Subscribers {
    /// The subscribers of this topic. The name of a herd's queue is this prefix and the herd's name.
    #[must_use]
    pub fn new(function: &Function, topic_arn: String, queue_prefix: String) -> Self {
        Self { client: Client::new(&function.aws_without_retries(ANSWERS_WITHIN)), topic_arn, queue_prefix }
    }

    /// The herds among them, in alphabetical order.
    pub(super) async fn herds(&self) -> Result<Vec<HerdName>, Failure> {
        let list = self.client.list_subscriptions_by_topic().topic_arn(&self.topic_arn);
        let mut subscriptions = list.into_paginator().items().send();
        let mut herds = Vec::new();
        while let Some(subscription) = subscriptions.next().await {
            let subscription =
                subscription.map_err(|error| Failure::aws("sns:ListSubscriptionsByTopic", &error))?;
            let queue = subscription.endpoint().and_then(|arn| arn.rsplit(':').next());
            let herd = queue.and_then(|queue| queue.strip_prefix(&self.queue_prefix));
            // Other subscribers are not herds, and owe no quote.
            herds.extend(herd.and_then(|herd| HerdName::parse(herd).ok()));
        }
        herds.sort_unstable();
        herds.dedup();
        Ok(herds)
    }
}
