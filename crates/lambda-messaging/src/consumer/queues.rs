//! The queues of a consumer: messages stay in their buffer queue for a retry, or go to its dead-letter queue.

use aws_sdk_sqs::{Client, types::ChangeMessageVisibilityBatchRequestEntry};
use lambda_runtime::Error;
use tracing::warn;

use super::{dead_letters::DeadLetters, delivery::Delivery};
use crate::{Failure, Function, Service, failure::Reason};

/// SQS's limit for one call.
const MAX_ENTRIES: usize = 10;

/// The buffer queues that feed a function, each with its dead-letter queue.
pub(super) struct Queues {
    client: Client,
    service: Service,
    pairs: Vec<Pair>,
    dead_letters: DeadLetters,
}

struct Pair {
    url: String,
    dlq_url: String,
}

impl Queues {
    /// # Errors
    /// If a setting is missing, or a queue has no dead-letter queue.
    pub(super) fn from_function(function: &Function) -> Result<Self, Error> {
        let [queues, dlqs] = function.settings([
            ("BUFFER_QUEUE_URLS", "the queues that feed this function, separated by commas"),
            ("DEAD_LETTER_QUEUE_URLS", "their dead-letter queues, in the same order"),
        ])?;
        let (urls, dlq_urls): (Vec<&str>, Vec<&str>) =
            (queues.split(',').collect(), dlqs.split(',').collect());
        if urls.len() != dlq_urls.len() {
            return Err("BUFFER_QUEUE_URLS and DEAD_LETTER_QUEUE_URLS must name equally many queues".into());
        }
        let pair = |(url, dlq_url): (&str, &str)| Pair { url: url.to_owned(), dlq_url: dlq_url.to_owned() };
        let pairs = urls.into_iter().zip(dlq_urls).map(pair).collect();
        Ok(Self::new(Client::new(function.aws()), function.service(), pairs))
    }

    fn new(client: Client, service: Service, pairs: Vec<Pair>) -> Self {
        let dead_letters = DeadLetters::new(client.clone(), service.name);
        Self { client, service, pairs, dead_letters }
    }

    /// The queue that a message came from. It is found by name, the last part of its URL: the rest differs between AWS and an emulator.
    fn pair(&self, delivery: &Delivery) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.url.rsplit('/').next() == Some(&delivery.queue_name))
    }

    /// The service that owns the queues.
    pub(super) fn service(&self) -> Service {
        self.service
    }

    /// Sends a message to its dead-letter queue, with the reason. Returns true if it arrived: its own queue may delete it then.
    pub(super) async fn dead_letter(&self, delivery: &Delivery, why: &Reason) -> bool {
        let Some(Pair { dlq_url, .. }) = self.pair(delivery) else {
            return false;
        };
        let sent = self.dead_letters.send(delivery, dlq_url, why).await;
        if let Err(failure) = &sent {
            warn!(error = %failure, "not dead-lettered");
        }
        sent.is_ok()
    }

    /// Delays each message for its number of seconds.
    pub(super) async fn delay(&self, kept: &[(&Delivery, i32)]) {
        for pair in &self.pairs {
            let of_pair =
                |(delivery, _): &&(&Delivery, i32)| self.pair(delivery).is_some_and(|p| p.url == pair.url);
            let kept: Vec<_> = kept.iter().filter(of_pair).copied().collect();
            for some in kept.chunks(MAX_ENTRIES) {
                let entries = some.iter().enumerate().filter_map(|(n, (delivery, wait))| {
                    ChangeMessageVisibilityBatchRequestEntry::builder()
                        .id(n.to_string())
                        .receipt_handle(&delivery.receipt_handle)
                        .visibility_timeout(*wait)
                        .build()
                        .ok()
                });
                let change = self.client.change_message_visibility_batch().queue_url(&pair.url);
                if let Err(error) = change.set_entries(Some(entries.collect())).send().await {
                    // The messages come back anyway, after the queue's visibility timeout.
                    let failure = Failure::aws("sqs:ChangeMessageVisibilityBatch", &error);
                    for (delivery, _) in some {
                        delivery.span().in_scope(|| warn!(error = %failure, "no backoff"));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
impl Queues {
    pub(super) fn one(client: Client, url: &str, dlq_url: &str) -> Self {
        let pairs = vec![Pair { url: url.to_owned(), dlq_url: dlq_url.to_owned() }];
        Self::new(client, Service::new("Test", "test"), pairs)
    }
}
