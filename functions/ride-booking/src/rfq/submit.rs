//! Accepts requests for quotes: checks and stores each. The table's outbox then publishes it to the herds.

use contracts::RfqId;
use jiff::Timestamp;
use lambda_messaging::{
    Failure, RawFields,
    api::{self, Problem, Request, Response, StatusCode},
    idempotency_key::{Key, KeyedTable},
    idempotent_write,
};
use serde_json::json;
use tracing::error;

use super::{Herds, InstantRideRfq, ReplyWithin, Rfqs, rfqs::NewRfq};

/// The handler of `POST /submit-instant-ride-rfq`.
#[derive(Debug)]
pub struct SubmitInstantRideRfq {
    rfqs: Rfqs,
    keyed: KeyedTable,
    herds: Herds,
    reply_within: ReplyWithin,
}

impl SubmitInstantRideRfq {
    /// Stores requests in `rfqs`, or in `keyed` if they have an idempotency key. A request that names no herds goes to all of these, and
    /// one without a time gets this time for quotes.
    #[must_use]
    pub fn new(rfqs: Rfqs, keyed: KeyedTable, herds: Herds, reply_within: ReplyWithin) -> Self {
        Self { rfqs, keyed, herds, reply_within }
    }

    /// Answers a request.
    pub async fn handle(&self, request: &Request) -> Response<String> {
        api::respond(StatusCode::CREATED, self.accept(request).await.map(|rfq| json!({ "rfq-id": rfq })))
    }

    /// Accepts a request. If its key belongs to an accepted request, it is accepted even if it would be refused now, because other herds
    /// are deployed.
    async fn accept(&self, request: &Request) -> Result<RfqId, Problem> {
        let key = api::idempotency_key(request)?;
        let body = api::json_body(request)?;
        let fields = api::json_object(body)?;
        let key = key.map(|key| Key::new(&api::caller(request), &key, api::canonical(body)));
        let accepted = match (self.judge(request, &fields).await, &key) {
            (Ok(new), Some(key)) => {
                self.keyed.put(key, &new.id.to_string(), new.row(Timestamp::now())).await.map(Some)
            }
            (Ok(new), None) => self.rfqs.store(&new).await.map(|()| Some(new.id.to_string())),
            (Err(problem), Some(key)) => match self.keyed.find(key).await {
                Ok(None) => return Err(problem),
                found => found,
            },
            (Err(problem), None) => return Err(problem),
        };
        match accepted {
            Ok(id) => id.and_then(|id| RfqId::parse(&id).ok()).ok_or_else(Problem::try_later),
            Err(failure) if idempotent_write::is_conflict(&failure) => {
                let detail = "the Idempotency-Key was used before with another request for quotes";
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
            }
            Err(failure) => Err(in_trouble(&failure)),
        }
    }

    async fn judge(&self, request: &Request, fields: &RawFields) -> Result<NewRfq, Problem> {
        let id = RfqId::new();
        let correlation_id = api::correlation_id(request).unwrap_or_else(|| id.into());
        api::set_log_context(id, &correlation_id);
        let mut known = self.herds.all().await.map_err(|failure| in_trouble(&failure))?;
        let mut parsed = InstantRideRfq::parse(fields, &known);
        if parsed.is_err() {
            // The request may name a herd that was deployed just now, and isn't refused because of an old list.
            known = self.herds.newest().await.map_err(|failure| in_trouble(&failure))?;
            parsed = InstantRideRfq::parse(fields, &known);
        }
        let request_for_quotes = parsed.map_err(|faults| Problem::invalid(&faults))?;
        let asked = request_for_quotes.herds.clone().unwrap_or(known);
        if asked.is_empty() {
            return Err(in_trouble(&Failure::transient("NoHerds", "no herd is deployed")));
        }
        let reply_within = request_for_quotes.reply_within.unwrap_or(self.reply_within);
        let trace_parent = api::trace_parent(request);
        Ok(NewRfq { id, request: request_for_quotes, asked, reply_within, correlation_id, trace_parent })
    }
}

fn in_trouble(failure: &Failure) -> Problem {
    error!(%failure, "not accepted");
    Problem::failure(failure)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        Client,
        error::ErrorMetadata,
        operation::{
            get_item::GetItemOutput, put_item::PutItemOutput, transact_write_items::TransactWriteItemsError,
        },
        types::{CancellationReason, error::TransactionCanceledException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use function_testkit::Aws;
    use lambda_messaging::item::{self, Item, text};
    use serde_json::Value;

    use super::{super::herds::tests::*, *};

    const RFQ: &str = r#"{"from":"Berlin","to":"Bonn","customer":"cmr"}"#;
    const HERDS: &[&str] = &["a", "b"];

    async fn submit(tables: &[&Rule], topic: &Aws, body: &str, key: Option<&str>) -> (StatusCode, Value) {
        let client: Client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, tables);
        let submit = SubmitInstantRideRfq::new(
            Rfqs::new(client.clone(), "rfqs".into()),
            KeyedTable::new(client, "rfqs".into(), "keys".into()),
            herds(topic),
            ReplyWithin::parse("5").unwrap(),
        );
        let mut request = Request::new(body.into());
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        if let Some(key) = key {
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        }
        let response = submit.handle(&request).await;
        (response.status(), serde_json::from_str(response.body()).unwrap())
    }

    fn storing(check: impl Fn(&Item) -> bool + Send + Sync + 'static) -> Rule {
        mock!(Client::put_item)
            .match_requests(move |put| check(put.item().unwrap()))
            .then_output(|| PutItemOutput::builder().build())
    }

    fn asked(item: &Item) -> Vec<&str> {
        item["asked"].as_l().unwrap().iter().map(|name| name.as_s().unwrap().as_str()).collect()
    }

    #[tokio::test]
    async fn all_herds_are_asked_unless_some_are_named() {
        for (body, expected) in [
            (RFQ.to_owned(), &["a", "b"][..]),
            (RFQ.replace('}', r#","herds":["b"]}"#), &["b"]),
            (RFQ.replace('}', r#","herds":["b","a","b"]}"#), &["a", "b"]),
        ] {
            let rule = storing(move |item| asked(item) == expected);
            let (status, answer) = submit(&[&rule], &topic_with(HERDS), &body, None).await;
            assert_eq!((status, rule.num_calls()), (StatusCode::CREATED, 1), "{body}");
            assert!(RfqId::parse(answer["rfq-id"].as_str().unwrap()).is_ok());
        }
    }

    #[tokio::test]
    async fn it_may_wait_for_as_long_as_the_request_says() {
        for (body, seconds) in [(RFQ.to_owned(), 5), (RFQ.replace('}', r#","reply-within":"60"}"#), 60)] {
            let rule = storing(move |item| {
                let time = |name: &str| item[name].as_s().unwrap().parse::<Timestamp>().unwrap();
                time("replyBy").duration_since(time("submittedAt")).as_secs() == seconds
            });
            assert_eq!(submit(&[&rule], &topic_with(HERDS), &body, None).await.0, StatusCode::CREATED);
        }
    }

    #[tokio::test]
    async fn nothing_is_stored_of_a_bad_request_and_every_fault_is_named() {
        let rule = storing(|_| true);
        for (status, body, pointers) in [
            (400, "{", vec![]),
            (422, "{}", vec!["#/from", "#/to", "#/customer"]),
            (
                422,
                r#"{"from":"Bonn","to":"Bonn","customer":"c m r","herds":["a","mars","Pluto"],"reply-within":1.5}"#,
                vec!["#/customer", "#/herds", "#/herds", "#/reply-within", "#/to"],
            ),
        ] {
            let (answered, problem) = submit(&[&rule], &topic_with(HERDS), body, None).await;
            let errors = problem["errors"].as_array().cloned().unwrap_or_default();
            let found: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
            assert_eq!((answered.as_u16(), found), (status, pointers), "{problem}");
            if status == 422 && errors.len() > 3 {
                assert!(problem.to_string().contains("there is no herd mars; there are a, b"), "{problem}");
            }
        }
        assert_eq!(rule.num_calls(), 0);
    }

    #[tokio::test]
    async fn without_any_herd_it_is_worth_another_try_later() {
        let rule = storing(|_| true);
        let (status, _) = submit(&[&rule], &topic_with(&[]), RFQ, None).await;
        assert_eq!((status, rule.num_calls()), (StatusCode::SERVICE_UNAVAILABLE, 0));
    }

    #[tokio::test]
    async fn a_request_that_can_never_be_stored_is_a_500_and_not_a_conflict() {
        for (code, expected) in [("ValidationException", 500), ("InternalServerError", 503)] {
            let refusing = mock!(Client::transact_write_items).then_error(move || {
                TransactWriteItemsError::generic(ErrorMetadata::builder().code(code).build())
            });
            let (status, problem) = submit(&[&refusing], &topic_with(HERDS), RFQ, Some("k")).await;
            assert_eq!(status.as_u16(), expected, "{problem}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_herd_that_was_deployed_just_now_can_be_named() {
        let (aws, rule) = (topic_with(&["a"]), storing(|item| asked(item) == ["comet"]));
        let client: Client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let rfqs = Rfqs::new(client.clone(), "rfqs".into());
        let keyed = KeyedTable::new(client, "rfqs".into(), "keys".into());
        let submit = SubmitInstantRideRfq::new(rfqs, keyed, herds(&aws), ReplyWithin::parse("5").unwrap());
        let mut request = Request::new(TO_COMET.into());
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        assert_eq!(submit.handle(&request).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
        has(&aws, &["a", "comet"]);
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        assert_eq!(submit.handle(&request).await.status(), StatusCode::CREATED);
    }

    const FIRST: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";
    const TO_COMET: &str = r#"{"from":"Berlin","to":"Bonn","customer":"cmr","herds":["comet"]}"#;

    /// A table in which the key `k` already stands for this request: the rules of its write and of its read.
    fn stored(request: &str) -> [Rule; 2] {
        let key = lambda_messaging::IdempotencyKey::parse("k").unwrap();
        let Key { entry, digest } = Key::new("", &key, api::canonical(request));
        let there = item::new([("row", text(FIRST)), ("digest", text(digest))]);
        let found = there.clone();
        let writing = mock!(Client::transact_write_items).then_error(move || {
            let taken = CancellationReason::builder().code("ConditionalCheckFailed");
            let cancelled = TransactionCanceledException::builder()
                .cancellation_reasons(taken.set_item(Some(there.clone())).build())
                .cancellation_reasons(CancellationReason::builder().code("None").build());
            TransactWriteItemsError::TransactionCanceledException(cancelled.build())
        });
        let reading = mock!(Client::get_item)
            .match_requests(move |get| get.key().unwrap()["id"] == text(&entry))
            .then_output(move || GetItemOutput::builder().set_item(Some(found.clone())).build());
        [writing, reading]
    }

    #[tokio::test]
    async fn an_accepted_request_is_accepted_again_even_if_other_herds_are_deployed() {
        for (request, herds) in [(RFQ, &["c"][..]), (TO_COMET, HERDS), (RFQ, &[])] {
            let [writing, reading] = stored(request);
            let (status, answer) =
                submit(&[&writing, &reading], &topic_with(herds), request, Some("k")).await;
            assert_eq!((status, &answer["rfq-id"]), (StatusCode::CREATED, &FIRST.into()), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_new_request_is_checked_with_and_without_a_key() {
        let nothing = mock!(Client::get_item).then_output(|| GetItemOutput::builder().build());
        for key in [None, Some("k")] {
            let (status, _) = submit(&[&nothing], &topic_with(HERDS), TO_COMET, key).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }

    #[tokio::test]
    async fn the_same_key_with_another_request_is_refused() {
        for body in [
            RFQ.replace("Bonn", "Ulm"),
            RFQ.replace('}', r#","herds":["a","b"]}"#),
            RFQ.replace('}', r#","reply-within":5}"#),
        ] {
            let [writing, reading] = stored(RFQ);
            let (status, _) = submit(&[&writing, &reading], &topic_with(HERDS), &body, Some("k")).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        }
    }
}
