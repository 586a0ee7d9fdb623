//! Sends each stored request to the herds, from the Rfqs table's stream, and sets the deadline that ends it.

use aws_sdk_sqs::{Client, types::SendMessageBatchRequestEntry};
use contracts::{HerdName, Place, QuotesRequested, RfqDeadlineReached, RfqId};
use jiff::Timestamp;
use lambda_messaging::{
    CorrelationId, Event, EventPayload, Failure, TraceParent,
    batch::{self, Results},
    outbox::{Outbox, Row},
    publisher::{Message, Publisher},
};

use crate::SOURCE;

/// SQS's limit for one call.
const MAX_ENTRIES: usize = 10;
/// The longest delay of a message in SQS.
const MAX_DELAY_SECONDS: i64 = 900;

/// The outbox that the Rfqs table's stream is.
#[derive(Debug)]
pub struct PublishInstantRideRfqs {
    topic: Publisher,
    sqs: Client,
    response_queue_url: String,
}

/// The messages that follow from a stored request.
#[derive(Debug)]
pub struct Scatter {
    request: Message,
    deadline: String,
    reply_by: Timestamp,
}

impl PublishInstantRideRfqs {
    /// Publishes requests on this topic. The quotes and the deadlines go to this queue.
    #[must_use]
    pub fn new(topic: Publisher, sqs: Client, response_queue_url: String) -> Self {
        Self { topic, sqs, response_queue_url }
    }

    /// Sets deadlines in one call: messages that the response queue delays until the time for quotes is up.
    async fn set_deadlines(&self, scatters: &[Scatter], now: Timestamp) -> Result<Results, Failure> {
        let entries = scatters.iter().enumerate().filter_map(|(n, Scatter { deadline, reply_by, .. })| {
            let entry = SendMessageBatchRequestEntry::builder().id(n.to_string()).message_body(deadline);
            entry.delay_seconds(delay(now, *reply_by)).build().ok()
        });
        let send = self.sqs.send_message_batch().queue_url(&self.response_queue_url);
        let sent = send.set_entries(Some(entries.collect())).send().await;
        let sent = sent.map_err(|error| Failure::aws("sqs:SendMessageBatch", &error))?;
        let mut results: Results = vec![Ok(()); scatters.len()];
        for entry in sent.failed() {
            let detail = "the response queue didn't take a deadline";
            let failed = entry.id().parse().ok().and_then(|n: usize| results.get_mut(n));
            if let Some(result) = failed {
                *result = Err(Failure::batch_entry(entry.code(), entry.sender_fault(), detail));
            }
        }
        Ok(results)
    }
}

impl Outbox for PublishInstantRideRfqs {
    type Publication = Scatter;

    fn read(&self, row: &Row) -> Result<Scatter, Failure> {
        let rfq = row.read("id", RfqId::parse)?;
        let reply_by: Timestamp = row.read("replyBy", str::parse)?;
        let request = QuotesRequested {
            rfq,
            from: row.read("from", Place::parse)?,
            to: row.read("to", Place::parse)?,
            herds: row.read_list("asked", HerdName::parse)?,
            reply_to: self.response_queue_url.clone(),
            reply_by,
        };
        // The recipient list: each herd's subscription passes the requests that name the herd.
        let recipients = request.herds.clone();
        let request = event(row, "submittedAt", request)?;
        let deadline = event(row, "replyBy", RfqDeadlineReached { rfq })?;
        Ok(Scatter {
            request: Message::from_event(&request)?.texts("herds", &recipients),
            deadline: deadline.to_json()?,
            reply_by,
        })
    }

    /// Sets the deadlines before it publishes the requests, so that every published request ends. A request whose deadline has passed is
    /// not published.
    async fn publish(&self, scatters: Vec<Scatter>) -> Results {
        let now = Timestamp::now();
        let calls = scatters.chunks(MAX_ENTRIES);
        let mut results = batch::send(calls, async |some| self.set_deadlines(some, now).await).await;
        let asking = results.iter_mut().zip(scatters);
        let asking = asking.filter(|(deadline, scatter)| deadline.is_ok() && scatter.reply_by > now);
        let (outcomes, requests): (Vec<_>, Vec<Message>) =
            asking.map(|(outcome, scatter)| (outcome, scatter.request)).unzip();
        for (outcome, asked) in outcomes.into_iter().zip(self.topic.publish(&requests).await) {
            *outcome = asked;
        }
        results
    }
}

fn event<T: EventPayload>(row: &Row, time: &str, data: T) -> Result<Event<T>, Failure> {
    let (time, correlation_id) =
        (row.read(time, str::parse)?, row.read("correlationId", CorrelationId::parse)?);
    let mut event = Event::new(SOURCE, time, correlation_id, data);
    event.traceparent = row.text("traceparent").and_then(TraceParent::parse);
    Ok(event)
}

/// The delay of a deadline, rounded up to whole seconds so that it doesn't come early.
fn delay(now: Timestamp, until: Timestamp) -> i32 {
    let milliseconds = until.as_millisecond() - now.as_millisecond();
    let seconds = (milliseconds.max(0) + 999) / 1000;
    i32::try_from(seconds.min(MAX_DELAY_SECONDS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::operation::publish_batch::PublishBatchOutput;
    use aws_sdk_sqs::{operation::send_message_batch::SendMessageBatchOutput, types::BatchResultErrorEntry};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;

    const ID: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";

    fn row(reply_by: Timestamp) -> Row {
        let row = json!({
            "id": {"S": ID}, "customer": {"S": "cmr"}, "from": {"S": "Berlin"}, "to": {"S": "Bonn"},
            "asked": {"L": [{"S": "a"}, {"S": "b"}]}, "replyBy": {"S": format!("{reply_by:.3}")},
            "submittedAt": {"S": "2026-11-24T09:00:00.000Z"}, "correlationId": {"S": "c-1"},
        });
        serde_json::from_value(row).unwrap()
    }

    fn in_seconds(seconds: i64) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(seconds)
    }

    fn function(topic: &Rule, queue: &Rule) -> PublishInstantRideRfqs {
        let topic = Publisher::new(mock_client!(aws_sdk_sns, RuleMode::MatchAny, [topic]), "topic".into());
        PublishInstantRideRfqs::new(
            topic,
            mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [queue]),
            "responses".into(),
        )
    }

    fn asking() -> Rule {
        mock!(aws_sdk_sns::Client::publish_batch)
            .match_requests(|batch| {
                batch.publish_batch_request_entries().iter().all(|entry| {
                    let event = Event::<QuotesRequested>::parse(entry.message()).unwrap();
                    let attribute = |name: &str| {
                        entry.message_attributes().unwrap()[name].string_value().unwrap().to_owned()
                    };
                    event.data.reply_to == "responses"
                        && event.correlationid.as_str() == "c-1"
                        && attribute("herds") == r#"["a","b"]"#
                        && !entry.message().contains("cmr")
                })
            })
            .then_output(|| PublishBatchOutput::builder().build())
    }

    fn timing(delays: &'static [i32]) -> Rule {
        mock!(Client::send_message_batch)
            .match_requests(|batch| {
                batch.queue_url() == Some("responses")
                    && batch.entries().iter().all(|entry| {
                        let event = Event::<RfqDeadlineReached>::parse(entry.message_body()).unwrap();
                        event.data.rfq.to_string() == ID
                    })
                    && batch
                        .entries()
                        .iter()
                        .map(|entry| entry.delay_seconds().unwrap())
                        .eq(delays.iter().copied())
            })
            .then_output(|| {
                SendMessageBatchOutput::builder()
                    .set_successful(Some(vec![]))
                    .set_failed(Some(vec![]))
                    .build()
                    .unwrap()
            })
    }

    #[tokio::test]
    async fn the_herds_are_asked_and_the_response_queue_holds_the_deadline_back() {
        let (topic, queue) = (asking(), timing(&[60, 900]));
        let function = function(&topic, &queue);
        let scatters = [in_seconds(60), in_seconds(2000)].map(|by| function.read(&row(by)).unwrap());
        assert_eq!(function.publish(scatters.into()).await, vec![Ok(()); 2]);
        assert_eq!((topic.num_calls(), queue.num_calls()), (1, 1));
    }

    #[tokio::test]
    async fn an_expired_request_gets_its_deadline_and_is_not_published() {
        let (topic, queue) = (asking(), timing(&[0]));
        let function = function(&topic, &queue);
        let scatter = function.read(&row(in_seconds(-1))).unwrap();
        assert_eq!(function.publish(vec![scatter]).await, [Ok(())]);
        assert_eq!((topic.num_calls(), queue.num_calls()), (0, 1));
    }

    #[tokio::test]
    async fn a_request_without_a_deadline_is_not_published_and_the_others_are() {
        let topic = mock!(aws_sdk_sns::Client::publish_batch)
            .match_requests(|batch| batch.publish_batch_request_entries().len() == 1)
            .then_output(|| PublishBatchOutput::builder().build());
        let queue = mock!(Client::send_message_batch).then_output(|| {
            let failed = BatchResultErrorEntry::builder().id("0").code("InternalError").sender_fault(false);
            let output = SendMessageBatchOutput::builder().set_successful(Some(vec![]));
            output.failed(failed.build().unwrap()).build().unwrap()
        });
        let function = function(&topic, &queue);
        let scatters = [60, 60].map(|seconds| function.read(&row(in_seconds(seconds))).unwrap());
        let results = function.publish(scatters.into()).await;
        assert!(results[0].as_ref().is_err_and(Failure::is_retryable) && results[1].is_ok(), "{results:?}");
        assert_eq!(topic.num_calls(), 1);
    }

    #[test]
    fn a_deadline_never_comes_early() {
        let now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
        for (milliseconds, seconds) in [(-5000, 0), (0, 0), (1, 1), (1000, 1), (1001, 2), (900_000, 900)] {
            assert_eq!(
                delay(now, now + SignedDuration::from_millis(milliseconds)),
                seconds,
                "{milliseconds}"
            );
        }
    }
}
