//! Dead letters: the message as it came, with the reason as an attribute.

use aws_lambda_events::sqs::SqsMessageAttribute;
use aws_sdk_sqs::{
    Client,
    primitives::Blob,
    types::{MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue},
};
use tokio::sync::Semaphore;
use tracing::warn;

use super::delivery::Delivery;
use crate::{
    Failure,
    dead_letter_reason::{Attributes, DeadLetterReason, Source},
    failure::Reason,
};

/// The number of letters that are sent concurrently. A whole batch can be poison, and would open a connection for each message.
const AT_ONCE: usize = 8;

/// Sends messages to dead-letter queues.
pub(super) struct DeadLetters {
    client: Client,
    service: &'static str,
    at_once: Semaphore,
}

impl DeadLetters {
    pub(super) fn new(client: Client, service: &'static str) -> Self {
        Self { client, service, at_once: Semaphore::new(AT_ONCE) }
    }

    /// Sends a message to a dead-letter queue. If the call fails or its answer is lost, the message stays in its own queue. So the worst
    /// case is a second copy in the dead-letter queue.
    pub(super) async fn send(&self, delivery: &Delivery, dlq_url: &str, why: &Reason) -> Result<(), Failure> {
        let mut attributes: Attributes = delivery.attributes.iter().filter_map(as_it_came).collect();
        let reason = DeadLetterReason {
            error_type: &why.error_type,
            detail: &why.detail,
            service: self.service,
            source: Some(Source::Queue {
                queue: &delivery.queue_name,
                message_id: &delivery.message_id,
                receives: delivery.receive_count,
            }),
        };
        let has_reason = reason.add_to(&delivery.body, &mut attributes);
        let send = self.client.send_message().queue_url(dlq_url).message_body(&delivery.body);
        let send = send.set_message_attributes(Some(attributes)).set_message_group_id(delivery.group.clone());
        // The dead-letter queue of a FIFO queue is a FIFO queue too, and keeps one copy for each deduplication id. Standard queues take
        // no such id.
        let once = dlq_url.strip_suffix(".fifo").map(|_| delivery.message_id.clone());
        let send = match delivery.trace_header.as_deref().and_then(trace) {
            Some(trace) => {
                send.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, trace)
            }
            None => send,
        };
        // Acquiring fails only for a closed semaphore, and this one is never closed.
        let _turn = self.at_once.acquire().await;
        let sent = send.set_message_deduplication_id(once).send().await;
        let sent = sent.map_err(|error| Failure::aws("sqs:SendMessage", &error))?;
        if !has_reason {
            let Reason { error_type, detail } = why;
            let letter = sent.message_id().unwrap_or_default();
            warn!(letter, error_type, detail, "a dead letter without room for its reason");
        }
        Ok(())
    }
}

/// A message attribute as it came; `None` if it has no value, because SQS would refuse the whole message.
fn as_it_came((name, came): &(String, SqsMessageAttribute)) -> Option<(String, MessageAttributeValue)> {
    let text = came.string_value.clone().filter(|text| !text.is_empty());
    let bytes = came.binary_value.as_ref().filter(|bytes| !bytes.is_empty());
    if text.is_none() && bytes.is_none() {
        return None;
    }
    let value = MessageAttributeValue::builder().set_data_type(came.data_type.clone()).set_string_value(text);
    let value = value.set_binary_value(bytes.map(|bytes| Blob::new(bytes.to_vec()))).build().ok()?;
    Some((name.clone(), value))
}

fn trace(header: &str) -> Option<MessageSystemAttributeValue> {
    MessageSystemAttributeValue::builder().data_type("String").string_value(header).build().ok()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc, Mutex,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
        time::Duration,
    };

    use aws_credential_types::Credentials;
    use aws_lambda_events::sqs::SqsMessage;
    use aws_sdk_sqs::{
        Config,
        config::{BehaviorVersion, Region},
        operation::send_message::{SendMessageInput, SendMessageOutput},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_runtime_api::client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    };
    use aws_smithy_types::body::SdkBody;
    use futures_util::future::join_all;
    use serde_json::{Value, json};

    use super::*;
    use crate::dead_letter_reason::REASON;

    const DLQ: &str = "http://sqs/1/buffer-dlq";

    /// A message with its own attributes and those that its queue adds.
    fn delivery(own: &Value, by_queue: &Value) -> Delivery {
        let message = json!({
            "messageId": "m-1", "receiptHandle": "r", "body": "the body", "attributes": by_queue,
            "messageAttributes": own, "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:buffer",
        });
        Delivery::try_from(serde_json::from_value::<SqsMessage>(message).unwrap()).unwrap()
    }

    fn string(value: &str) -> Value {
        json!({"dataType": "String", "stringValue": value})
    }

    fn failure() -> Reason {
        Reason { error_type: "Refused".to_owned(), detail: "never".to_owned() }
    }

    fn queue(sent: &Arc<Mutex<Vec<SendMessageInput>>>) -> Rule {
        let sent = sent.clone();
        mock!(Client::send_message).then_compute_output(move |send| {
            sent.lock().unwrap().push(send.clone());
            SendMessageOutput::builder().message_id("letter-1").build()
        })
    }

    /// The letter that a message becomes.
    async fn letter_of(delivery: &Delivery, dlq_url: &str) -> SendMessageInput {
        let sent = Arc::default();
        let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&queue(&sent)]);
        DeadLetters::new(client, "test").send(delivery, dlq_url, &failure()).await.unwrap();
        let [letter] = &sent.lock().unwrap()[..] else { panic!("it is sent once") };
        letter.clone()
    }

    fn reason(letter: &SendMessageInput) -> Option<Value> {
        let reason = letter.message_attributes()?.get(REASON)?;
        Some(serde_json::from_str(reason.string_value()?).unwrap())
    }

    #[tokio::test]
    async fn a_dead_letter_carries_its_reason() {
        let letter = letter_of(&delivery(&json!({}), &json!({"ApproximateReceiveCount": "2"})), DLQ).await;
        assert_eq!((letter.queue_url(), letter.message_body()), (Some(DLQ), Some("the body")));
        let expected = json!({
            "errorType": "Refused", "detail": "never", "service": "test",
            "sourceQueue": "buffer", "sourceMessageId": "m-1", "receiveCount": 2,
        });
        assert_eq!(reason(&letter), Some(expected));
    }

    #[tokio::test]
    async fn a_dead_letter_keeps_every_attribute_as_it_came() {
        for count in [0, 5, 9, 10] {
            let mut own: serde_json::Map<_, _> =
                (0..count).map(|n| (format!("own-{n}"), string(&n.to_string()))).collect();
            for (name, value) in [
                ("own-1", json!({"dataType": "Number.int", "stringValue": "007"})),
                ("own-2", json!({"dataType": "Binary.gzip", "binaryValue": "AP/+"})),
            ] {
                if let Some(attribute) = own.get_mut(name) {
                    *attribute = value;
                }
            }
            let delivery = delivery(&own.clone().into(), &json!({}));
            // The order of a map's entries is random, so one try is not enough.
            for _ in 0..20 {
                let letter = letter_of(&delivery, DLQ).await;
                let mut kept = letter.message_attributes().unwrap().clone();
                assert_eq!(
                    kept.remove(REASON).is_some(),
                    count < 10,
                    "the reason gives way, and nothing else"
                );
                assert_eq!(kept.len(), count);
                for (name, value) in &kept {
                    let came = &own[name];
                    assert_eq!(came["dataType"], value.data_type(), "{name}");
                    assert_eq!(came["stringValue"].as_str(), value.string_value(), "{name}");
                    let bytes = value.binary_value().map(AsRef::as_ref);
                    let expected = came["binaryValue"].is_string().then_some(&[0, 0xff, 0xfe][..]);
                    assert_eq!(bytes, expected, "{name}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_message_of_the_largest_size_becomes_a_letter() {
        let mut delivery = delivery(&json!({"tenant": string("blue")}), &json!({}));
        delivery.body = "x".repeat(1024 * 1024 - "tenantStringblue".len());
        let letter = letter_of(&delivery, DLQ).await;
        assert_eq!(letter.message_body().map(str::len), Some(delivery.body.len()));
        assert_eq!(letter.message_attributes().unwrap().keys().collect::<Vec<_>>(), ["tenant"]);
    }

    #[tokio::test]
    async fn a_message_that_is_dead_lettered_again_carries_its_latest_reason() {
        let own = json!({REASON: string(r#"{"errorType":"Busy"}"#), "tenant": string("blue")});
        let letter = letter_of(&delivery(&own, &json!({})), DLQ).await;
        assert_eq!(reason(&letter).unwrap()["errorType"], "Refused");
        assert_eq!(letter.message_attributes().unwrap()["tenant"].string_value(), Some("blue"));
    }

    #[tokio::test]
    async fn empty_attributes_are_left_out_because_sqs_would_refuse_the_letter() {
        let empty = json!({"text": string(""), "bytes": {"dataType": "Binary", "binaryValue": ""}});
        let letter = letter_of(&delivery(&empty, &json!({})), DLQ).await;
        assert_eq!(letter.message_attributes().unwrap().keys().collect::<Vec<_>>(), [REASON]);
    }

    #[tokio::test]
    async fn a_letter_stays_in_its_group_and_its_trace() {
        let trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
        let delivery = delivery(&json!({}), &json!({"MessageGroupId": "cmr", "AWSTraceHeader": trace}));
        for (dlq, once) in [("http://sqs/1/buffer-dlq.fifo", Some("m-1")), (DLQ, None)] {
            let letter = letter_of(&delivery, dlq).await;
            assert_eq!((letter.message_group_id(), letter.message_deduplication_id()), (Some("cmr"), once));
            let by_queue = letter.message_system_attributes().unwrap();
            let kept = &by_queue[&MessageSystemAttributeNameForSends::AwsTraceHeader];
            assert_eq!(kept.string_value(), Some(trace));
        }
    }

    /// A slow SQS that counts its calls, and the most concurrent ones.
    #[derive(Debug, Clone, Default)]
    struct Slow {
        now: Arc<AtomicUsize>,
        most: Arc<AtomicUsize>,
        all: Arc<AtomicUsize>,
    }

    impl HttpClient for Slow {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    impl HttpConnector for Slow {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let Self { now, most, all } = self.clone();
            HttpConnectorFuture::new(async move {
                all.fetch_add(1, SeqCst);
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
                now.fetch_sub(1, SeqCst);
                Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}")))
            })
        }
    }

    #[tokio::test]
    async fn a_batch_full_of_poison_is_sent_few_letters_at_a_time() {
        let slow = Slow::default();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(slow.clone());
        let letters = DeadLetters::new(Client::from_conf(config.build()), "test");
        let (delivery, why) = (delivery(&json!({}), &json!({})), failure());
        let sent = join_all((0..100).map(|_| letters.send(&delivery, DLQ, &why))).await;
        assert!(sent.iter().all(Result::is_ok));
        assert_eq!((slow.most.load(SeqCst), slow.all.load(SeqCst)), (AT_ONCE, 100));
    }
}
