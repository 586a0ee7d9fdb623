//! Submissions, as API Gateway writes them into the submission queue: the request's body as the message's body, the request's identity
//! and some headers as its attributes. Nothing has checked either of them before.

use contracts::PrebookingId;
use jiff::Timestamp;
use lambda_messaging::{
    CorrelationId, Failure, Fault, IdempotencyKey, TraceParent, api, consumer::Message, idempotency_key::Key,
};

use super::RidePrebooking;

/// A request for a prebooking, valid or not.
#[derive(Debug)]
pub(crate) struct Submission {
    /// The request's id, which its caller got as the answer.
    pub id: PrebookingId,
    /// API Gateway's other id of the request. A caller may be able to choose the first, and never this one.
    pub witness: Option<String>,
    /// The time at which the submission is judged.
    pub accepted_at: Timestamp,
    pub asked: Result<RidePrebooking, Vec<Fault>>,
    pub key: Option<Key>,
    pub correlation_id: CorrelationId,
    pub trace_parent: TraceParent,
}

/// An earlier request with the same key and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct First {
    pub id: PrebookingId,
    pub accepted_at: Timestamp,
    pub correlation_id: CorrelationId,
}

impl Submission {
    /// Reads a submission. Every fault becomes a reason to reject it, so that the caller learns the reason. Its id and time come from the
    /// message's attributes, because a redrive gives the message new ones. A message without these attributes doesn't come from API
    /// Gateway, so its own id and time are used.
    ///
    /// # Errors
    /// Permanent if it has no usable id.
    pub(crate) fn read(message: &Message<'_>) -> Result<Self, Failure> {
        let id = PrebookingId::parse(edge(message, "RequestId").unwrap_or(message.id))
            .map_err(|_| Failure::permanent("NotAQueueMessage", "the message's id is no UUID"))?;
        let time = edge(message, "RequestTime").and_then(|time| time.parse().ok());
        let accepted_at = time.and_then(|time| Timestamp::from_millisecond(time).ok());
        let accepted_at = accepted_at.unwrap_or(message.sent_at);
        let mut asked = parse(message.body, accepted_at);
        let key = match edge(message, "Idempotency-Key").map(IdempotencyKey::parse) {
            Some(Ok(key)) => Some(Key::new(caller(message), &key, api::canonical(message.body))),
            Some(Err(rule)) => {
                let fault = Fault { field: "Idempotency-Key".to_owned(), rule: rule.to_string() };
                asked = Err(asked.err().into_iter().flatten().chain([fault]).collect());
                None
            }
            None => None,
        };
        let correlation_id = edge(message, "X-Correlation-Id").and_then(|id| CorrelationId::parse(id).ok());
        let trace_parent = edge(message, "traceparent").and_then(TraceParent::parse);
        Ok(Self {
            id,
            witness: edge(message, "ExtendedRequestId").map(str::to_owned),
            accepted_at,
            asked,
            key,
            correlation_id: correlation_id.unwrap_or_else(|| id.into()),
            trace_parent: trace_parent.map_or_else(TraceParent::start, TraceParent::child),
        })
    }

    /// The earlier request that a submission with this body repeats. Both lead to the same event.
    pub(crate) fn repeating(self, first: First, body: &str) -> Self {
        let First { id, accepted_at, correlation_id } = first;
        Self { id, accepted_at, correlation_id, asked: parse(body, accepted_at), ..self }
    }

    /// Adds a reason to reject the submission.
    pub(crate) fn reject(&mut self, reason: Fault) {
        let others = self.asked.as_ref().err().cloned().unwrap_or_default();
        self.asked = Err(others.into_iter().chain([reason]).collect());
    }
}

fn parse(body: &str, accepted_at: Timestamp) -> Result<RidePrebooking, Vec<Fault>> {
    let fields = api::json_object(body).map_err(api::Problem::into_faults)?;
    RidePrebooking::parse(&fields, accepted_at).map_err(|faults| faults.into_iter().collect())
}

/// The caller that signed the request.
fn caller<'a>(message: &Message<'a>) -> &'a str {
    let (cognito_identity, principal) =
        edge(message, "Caller").and_then(|callers| callers.split_once(' ')).unwrap_or_default();
    lambda_messaging::caller(cognito_identity, principal)
}

/// An attribute that API Gateway added to the message. The template puts an equals sign before each value, because SQS refuses empty
/// ones.
fn edge<'a>(message: &Message<'a>, name: &str) -> Option<&'a str> {
    message.attribute(name)?.strip_prefix('=').filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::sqs::SqsMessageAttribute;

    use super::*;

    const ID: &str = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10";
    const OTHER: &str = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f11";
    const BODY: &str = r#"{"from":"Berlin","to":"Bonn","when":"2026-12-24T18:00:00Z","customer":"cmr"}"#;

    fn read(body: &str, attributes: &[(&str, &str)]) -> Submission {
        received(ID, "2026-11-24T09:00:00Z", body, attributes).unwrap()
    }

    fn received(
        id: &str,
        sent_at: &str,
        body: &str,
        attributes: &[(&str, &str)],
    ) -> Result<Submission, Failure> {
        let attribute = |(name, value): &(&str, &str)| {
            let mut attribute = SqsMessageAttribute::default();
            attribute.string_value = Some((*value).to_owned());
            ((*name).to_owned(), attribute)
        };
        let attributes: Vec<_> = attributes.iter().map(attribute).collect();
        Submission::read(&Message::new(id, sent_at.parse().unwrap(), body, &attributes))
    }

    #[test]
    fn a_request_stays_the_same_in_another_message_at_another_time() {
        let edge =
            [("RequestId", "=0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f11"), ("RequestTime", "=1795510800000")];
        for (id, sent_at) in
            [(ID, "2026-11-24T09:00:00Z"), (OTHER, "2027-11-24T09:00:00Z"), ("?", "2028-01-01T00:00:00Z")]
        {
            let submission = received(id, sent_at, BODY, &edge).unwrap();
            assert_eq!(submission.id.to_string(), OTHER);
            assert_eq!(submission.accepted_at, "2026-11-24T09:00:00Z".parse().unwrap());
            assert!(submission.asked.is_ok(), "it is judged as of when it was accepted");
        }
    }

    #[test]
    fn a_submission_that_the_edge_gave_no_identity_is_identified_by_its_message() {
        let submission = read(BODY, &[("RequestId", "="), ("RequestTime", "=")]);
        assert_eq!((submission.id.to_string().as_str(), submission.witness), (ID, None));
        assert_eq!(submission.accepted_at, "2026-11-24T09:00:00Z".parse().unwrap());
        for (id, attributes) in [("m-1", &[][..]), (ID, &[("RequestId", "=mine")])] {
            let failure = received(id, "2026-11-24T09:00:00Z", BODY, attributes).unwrap_err();
            assert!(!failure.is_retryable(), "{failure}");
        }
    }

    #[test]
    fn times_are_judged_as_of_when_the_request_was_accepted_and_not_of_when_it_is_read() {
        for (sent_at, when, rule) in [
            ("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", None),
            ("2020-01-01T00:00:00Z", "2022-01-01T00:00:00Z", Some("must be at most a year ahead")),
            ("2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z", None),
            ("2999-01-02T00:00:00Z", "2999-01-01T00:00:00Z", Some("must be in the future")),
        ] {
            let body = BODY.replace("2026-12-24T18:00:00Z", when);
            let submission = received(ID, sent_at, &body, &[]).unwrap();
            let rules: Vec<_> =
                submission.asked.err().into_iter().flatten().map(|fault| fault.rule).collect();
            assert_eq!(rules, Vec::from_iter(rule), "{when}, sent at {sent_at}");
            assert_eq!(submission.accepted_at, sent_at.parse().unwrap());
        }
    }

    #[test]
    fn headers_are_attributes() {
        let headers = [("Idempotency-Key", "=k-1"), ("X-Correlation-Id", "=c-1"), ("traceparent", "=")];
        let submission = read(BODY, &headers);
        assert_eq!(submission.key.unwrap().entry, "KEY##k-1");
        assert_eq!(submission.correlation_id.as_str(), "c-1");
        assert!(submission.asked.is_ok());
        let without = read(BODY, &[("Idempotency-Key", "=")]);
        assert_eq!((without.key, without.correlation_id.as_str()), (None, ID));
    }

    #[test]
    fn a_key_is_its_callers_and_a_principals_sessions_are_one_caller() {
        for (caller, entry) in [
            ("= AIDAUSER", "KEY#AIDAUSER#k"),
            ("= AROAROLE:monday", "KEY#AROAROLE#k"),
            ("= AROAROLE:tuesday", "KEY#AROAROLE#k"),
            ("=us-east-1:5f7b AROAROLE:CognitoIdentityCredentials", "KEY#us-east-1:5f7b#k"),
            ("= ", "KEY##k"),
        ] {
            let submission = read(BODY, &[("Idempotency-Key", "=k"), ("Caller", caller)]);
            assert_eq!(submission.key.unwrap().entry, entry, "{caller}");
        }
    }

    #[test]
    fn every_fault_is_a_reason() {
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
        let twice = BODY.replace('{', r#"{"from":"Ulm","#);
        assert_ne!(
            of(BODY),
            of(&twice),
            "a valid request is no repetition of an invalid one, nor the reverse"
        );
    }
}
