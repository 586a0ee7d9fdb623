//! What API Gateway wrote into the submission queue: the request's body as the message's, and the headers that matter as
//! its attributes. Nobody has looked at either before.

use domain::{CorrelationId, Fault, IdempotencyKey, PrebookingId, RidePrebooking};
use jiff::Timestamp;
use messaging::{Failure, TraceParent, api, consumer::Message};
use sha2::{Digest, Sha256};

/// A request for a prebooking, sound or not.
#[derive(Debug)]
pub(crate) struct Submission {
    pub id: PrebookingId,
    /// As of when it is judged.
    pub sent_at: Timestamp,
    pub asked: Result<RidePrebooking, Vec<Fault>>,
    pub key: Option<Key>,
    pub correlation_id: CorrelationId,
    pub trace_parent: TraceParent,
}

/// The caller's idempotency key, and by which to tell whether it came with the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub key: IdempotencyKey,
    pub digest: String,
}

impl Submission {
    /// Reads a submission. Whatever is wrong with it is a reason to reject it, so that the caller hears of it. It depends
    /// on nothing but the message, so that every delivery of it comes to the same.
    ///
    /// # Errors
    /// Permanent if the message itself has no usable id: then it came from no queue.
    pub(crate) fn read(message: &Message<'_>) -> Result<Self, Failure> {
        let id = PrebookingId::parse(message.id)
            .map_err(|_| Failure::permanent("NotAQueueMessage", "the message's id is no UUID"))?;
        let mut asked = parse(message.body, message.sent_at);
        let key = match key(message) {
            Some(Ok(key)) => Some(Key { key, digest: digest(message.body) }),
            Some(Err(rule)) => {
                let fault = Fault { field: "Idempotency-Key".to_owned(), rule };
                asked = Err(asked.err().into_iter().flatten().chain([fault]).collect());
                None
            }
            None => None,
        };
        let correlation_id =
            header_in_either_case(message, "X-Correlation-Id").and_then(|id| CorrelationId::parse(id).ok());
        let trace_parent = header(message, "traceparent").and_then(TraceParent::parse);
        Ok(Self {
            id,
            sent_at: message.sent_at,
            asked,
            key,
            correlation_id: correlation_id.unwrap_or_else(|| id.into()),
            trace_parent: trace_parent.map_or_else(TraceParent::start, TraceParent::child),
        })
    }
}

fn parse(body: &str, sent_at: Timestamp) -> Result<RidePrebooking, Vec<Fault>> {
    let fields = api::json_object(body).map_err(api::Problem::into_faults)?;
    RidePrebooking::parse(&fields, sent_at).map_err(|faults| faults.into_iter().collect())
}

fn key(message: &Message<'_>) -> Option<Result<IdempotencyKey, String>> {
    let key = header_in_either_case(message, "Idempotency-Key")?;
    Some(IdempotencyKey::parse(key).map_err(|rule| rule.to_string()))
}

/// API Gateway finds a header by the name that it was sent under, and many clients send small letters.
fn header_in_either_case<'a>(message: &Message<'a>, name: &str) -> Option<&'a str> {
    header(message, name).or_else(|| header(message, &name.to_ascii_lowercase()))
}

/// A request's header. The template puts an equals sign before each, as SQS takes no empty attribute.
fn header<'a>(message: &Message<'a>, name: &str) -> Option<&'a str> {
    message.attribute(name)?.strip_prefix('=').filter(|value| !value.is_empty())
}

/// The same request, however its JSON is laid out, has the same digest; what isn't JSON is taken as it stands.
fn digest(body: &str) -> String {
    let canonical = serde_json::from_str::<serde_json::Value>(body).map(|mut value| {
        // With serde_json's `preserve_order`, which a dependency may switch on, an object keeps its order.
        value.sort_all_objects();
        value.to_string()
    });
    let digest = Sha256::digest(canonical.as_deref().unwrap_or(body));
    digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::sqs::SqsMessageAttribute;

    use super::*;

    const ID: &str = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10";
    const BODY: &str = r#"{"from":"Berlin","to":"Bonn","when":"2026-12-24T18:00:00Z","customer":"cmr"}"#;

    fn read(body: &str, headers: &[(&str, &str)]) -> Submission {
        read_sent("2026-11-24T09:00:00Z", body, headers)
    }

    fn read_sent(sent_at: &str, body: &str, headers: &[(&str, &str)]) -> Submission {
        let attribute = |(name, value): &(&str, &str)| {
            let mut attribute = SqsMessageAttribute::default();
            attribute.string_value = Some((*value).to_owned());
            ((*name).to_owned(), attribute)
        };
        let attributes: Vec<_> = headers.iter().map(attribute).collect();
        Submission::read(&Message::new(ID, sent_at.parse().unwrap(), body, &attributes)).unwrap()
    }

    #[test]
    fn times_are_judged_as_of_when_the_message_was_sent_and_not_of_when_it_is_read() {
        for (sent_at, when, rule) in [
            ("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", None),
            ("2020-01-01T00:00:00Z", "2022-01-01T00:00:00Z", Some("must be at most a year ahead")),
            ("2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z", None),
            ("2999-01-02T00:00:00Z", "2999-01-01T00:00:00Z", Some("must be in the future")),
        ] {
            let submission = read_sent(sent_at, &BODY.replace("2026-12-24T18:00:00Z", when), &[]);
            let rules: Vec<_> =
                submission.asked.err().into_iter().flatten().map(|fault| fault.rule).collect();
            assert_eq!(rules, Vec::from_iter(rule), "{when}, sent at {sent_at}");
            assert_eq!(submission.sent_at, sent_at.parse().unwrap());
        }
    }

    #[test]
    fn the_id_is_the_messages_and_headers_are_its_attributes() {
        let headers = [("Idempotency-Key", "=k-1"), ("X-Correlation-Id", "=c-1"), ("traceparent", "=")];
        let submission = read(BODY, &headers);
        assert_eq!(submission.id.to_string(), ID);
        assert_eq!(submission.key.unwrap().key.as_str(), "k-1");
        assert_eq!(submission.correlation_id.as_str(), "c-1");
        assert!(submission.asked.is_ok());
        let without = read(BODY, &[("Idempotency-Key", "="), ("idempotency-key", "=k-2")]);
        assert_eq!((without.key.unwrap().key.as_str(), without.correlation_id.as_str()), ("k-2", ID));
        assert_eq!(read(BODY, &[("x-correlation-id", "=c-2")]).correlation_id.as_str(), "c-2");
    }

    #[test]
    fn whatever_is_wrong_is_a_reason_and_all_of_it() {
        for (body, headers, fields) in [
            ("{", &[][..], &[""][..]),
            ("", &[], &[""]),
            (r#"{"from":"a","from":"b"}"#, &[], &["from"]),
            ("{}", &[], &["from", "to", "when", "customer"]),
            (BODY, &[("Idempotency-Key", "=no blanks")], &["Idempotency-Key"]),
            (
                r#"{"from":"a","to":"b","when":"soon","customer":"c"}"#,
                &[("Idempotency-Key", "=ü")],
                &["when", "Idempotency-Key"],
            ),
        ] {
            let reasons = read(body, headers).asked.unwrap_err();
            assert_eq!(reasons.iter().map(|r| r.field.as_str()).collect::<Vec<_>>(), fields, "{body}");
        }
    }

    #[test]
    fn the_same_request_in_another_layout_is_the_same() {
        let of = |body: &str| read(body, &[("Idempotency-Key", "=k")]).key.unwrap().digest;
        assert_eq!(of(BODY), of(&BODY.replace(',', " ,\n ")));
        let in_another_order =
            r#"{"customer":"cmr","when":"2026-12-24T18:00:00Z","to":"Bonn","from":"Berlin"}"#;
        assert_eq!(of(BODY), of(in_another_order));
        assert_ne!(of(BODY), of(&BODY.replace("Bonn", "Ulm")));
    }
}
