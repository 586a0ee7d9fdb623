//! The herds that can be asked: whoever is subscribed to the Request For Quotes Topic. The topic knows, so nobody keeps a
//! second list of them, and a herd that is deployed is a herd that is asked.

use std::sync::{Mutex, PoisonError};

use aws_sdk_sns::Client;
use domain::HerdName;
use jiff::{SignedDuration, Timestamp};
use messaging::Failure;
use tracing::warn;

/// SNS allows this question 30 times a second. One answer serves a busy function for this long, and a new herd isn't kept
/// waiting for longer.
const FRESH: SignedDuration = SignedDuration::from_secs(1);

/// The subscribers of the Request For Quotes Topic.
#[derive(Debug)]
pub struct Herds {
    client: Client,
    topic_arn: String,
    queue_prefix: String,
    last: Mutex<Option<(Timestamp, Vec<HerdName>)>>,
}

impl Herds {
    /// The herds whose queues are subscribed to this topic. A herd's queue is named this prefix and the herd.
    #[must_use]
    pub fn new(client: Client, topic_arn: String, queue_prefix: String) -> Self {
        Self { client, topic_arn, queue_prefix, last: Mutex::default() }
    }

    /// All of them, in alphabetical order. While SNS is in trouble, those that were there when it was last asked.
    pub(crate) async fn all(&self) -> Result<Vec<HerdName>, Failure> {
        let now = Timestamp::now();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((asked_at, herds)) = &last
            && now.duration_since(*asked_at) < FRESH
        {
            return Ok(herds.clone());
        }
        match self.ask().await {
            Ok(herds) => {
                let fresh = Some((now, herds.clone()));
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
                Ok(herds)
            }
            Err(failure) => {
                let (_, herds) = last.ok_or_else(|| failure.clone())?;
                warn!(%failure, "asking the herds that were there before");
                Ok(herds)
            }
        }
    }

    async fn ask(&self) -> Result<Vec<HerdName>, Failure> {
        let list = self.client.list_subscriptions_by_topic().topic_arn(&self.topic_arn);
        let mut subscriptions = list.into_paginator().items().send();
        let mut herds = Vec::new();
        while let Some(subscription) = subscriptions.next().await {
            let subscription =
                subscription.map_err(|error| Failure::aws("sns:ListSubscriptionsByTopic", &error))?;
            let queue = subscription.endpoint().and_then(|arn| arn.rsplit(':').next());
            let herd = queue.and_then(|queue| queue.strip_prefix(&self.queue_prefix));
            // Others may listen in; they aren't herds, and nobody waits for them.
            herds.extend(herd.and_then(|herd| HerdName::parse(herd).ok()));
        }
        herds.sort_unstable();
        herds.dedup();
        Ok(herds)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_sdk_sns::{
        error::ErrorMetadata,
        operation::list_subscriptions_by_topic::{
            ListSubscriptionsByTopicError, ListSubscriptionsByTopicOutput,
        },
        types::Subscription,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    fn subscribed(queues: &[&str]) -> ListSubscriptionsByTopicOutput {
        let subscription = |queue: &&str| {
            Subscription::builder().endpoint(format!("arn:aws:sqs:us-east-1:123456789012:{queue}")).build()
        };
        ListSubscriptionsByTopicOutput::builder()
            .set_subscriptions(Some(queues.iter().map(subscription).collect()))
            .build()
    }

    pub(crate) fn topic_with(queues: &'static [&'static str]) -> Rule {
        mock!(Client::list_subscriptions_by_topic).then_output(move || subscribed(queues))
    }

    pub(crate) fn herds(rule: &Rule) -> Herds {
        let client = mock_client!(aws_sdk_sns, RuleMode::Sequential, [rule]);
        Herds::new(client, "topic".into(), "wild-rydes-test-herd-".into())
    }

    async fn names(herds: &Herds) -> Vec<String> {
        herds.all().await.unwrap().iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn herds_are_the_subscribed_queues_that_are_named_like_one() {
        let rule = topic_with(&[
            "wild-rydes-test-herd-b",
            "wild-rydes-test-herd-a",
            "audit",
            "wild-rydes-other-herd-c",
        ]);
        assert_eq!(names(&herds(&rule)).await, ["a", "b"]);
    }

    #[tokio::test]
    async fn a_busy_function_does_not_ask_again_and_again() {
        let rule = mock!(Client::list_subscriptions_by_topic)
            .sequence()
            .output(|| subscribed(&["wild-rydes-test-herd-a"]))
            .output(|| subscribed(&["wild-rydes-test-herd-a", "wild-rydes-test-herd-b"]))
            .error(|| {
                let code = ErrorMetadata::builder().code("Throttled").build();
                ListSubscriptionsByTopicError::generic(code)
            })
            .build();
        let herds = herds(&rule);
        for _ in 0..3 {
            assert_eq!(names(&herds).await, ["a"]);
        }
        assert_eq!(rule.num_calls(), 1);
        let grows_old = || herds.last.lock().unwrap().as_mut().unwrap().0 -= FRESH;
        grows_old();
        assert_eq!(names(&herds).await, ["a", "b"], "a new herd is asked soon");
        grows_old();
        assert_eq!(names(&herds).await, ["a", "b"], "those of before are better than none");
    }
}
