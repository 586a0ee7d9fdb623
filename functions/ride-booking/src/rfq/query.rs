//! Answers queries for a request for quotes.

use contracts::{Quote, RfqId};
use lambda_messaging::api::{self, Problem, Request, Response, StatusCode};
use serde_json::{Value, json};
use tracing::error;

use super::{
    Rfqs,
    aggregate::{Answer, Rfq},
};

/// The handler of `GET /query-instant-ride-rfq/{id}`.
#[derive(Debug)]
pub struct QueryInstantRideRfq {
    rfqs: Rfqs,
}

impl QueryInstantRideRfq {
    /// Looks requests up here.
    #[must_use]
    pub fn new(rfqs: Rfqs) -> Self {
        Self { rfqs }
    }

    /// Answers a request.
    pub async fn handle(&self, request: &Request) -> Response<String> {
        api::respond(StatusCode::OK, self.find(request).await.map(|rfq| shown(&rfq)))
    }

    async fn find(&self, request: &Request) -> Result<Rfq, Problem> {
        // A request is stored before it is accepted, so an unknown id stays unknown.
        let unknown = || Problem::not_found("there is no such request for quotes");
        let id = api::path_parameter(request, "id").and_then(|id| RfqId::parse(&id).ok());
        let id = id.ok_or_else(unknown)?;
        api::set_log_context(id, id);
        match self.rfqs.find(id).await {
            Ok(found) => found.ok_or_else(unknown),
            Err(failure) => {
                error!(%failure, "not looked up");
                Err(Problem::failure(&failure))
            }
        }
    }
}

fn shown(rfq: &Rfq) -> Value {
    let closed_at = rfq.closed_at();
    let mut shown = json!({
        "rfq-id": rfq.id,
        "from": rfq.from,
        "to": rfq.to,
        "customer": rfq.customer,
        "herds": rfq.asked,
        "status": if closed_at.is_some() { "CLOSED" } else { "OPEN" },
        "submitted-at": rfq.submitted_at,
        "reply-by": rfq.reply_by,
        "quotes": rfq.quotes.iter().map(answer).collect::<Vec<_>>(),
    });
    if let Some(at) = closed_at {
        shown["closed-at"] = json!(at);
    }
    if let Some(best) = rfq.best() {
        shown["best"] = quote(best);
    }
    if !rfq.late.is_empty() {
        shown["late"] = rfq.late.iter().map(answer).collect();
    }
    shown
}

fn quote(Quote { responder, quote, pickup }: &Quote) -> Value {
    json!({"responder": responder, "quote": quote, "pickup": pickup})
}

fn answer(answer: &Answer) -> Value {
    let mut shown = quote(&answer.quote);
    shown["received-at"] = json!(answer.received_at);
    shown
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::{
        Client,
        error::ErrorMetadata,
        operation::get_item::{GetItemError, GetItemOutput},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use lambda_http::RequestExt;
    use lambda_messaging::item::{Item, text};

    use super::{
        super::rfqs::tests::{ID, answered, row},
        *,
    };

    async fn query(rule: &Rule, id: &str) -> (u16, Value) {
        let rfqs = Rfqs::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]), "t".into());
        let path = HashMap::from([("id".to_owned(), id.to_owned())]);
        let request = Request::new("".into()).with_path_parameters(path);
        let response = QueryInstantRideRfq::new(rfqs).handle(&request).await;
        (response.status().as_u16(), serde_json::from_str(response.body()).unwrap())
    }

    fn holding(item: Option<Item>) -> Rule {
        mock!(Client::get_item).then_output(move || GetItemOutput::builder().set_item(item.clone()).build())
    }

    #[tokio::test]
    async fn an_open_request_shows_its_quotes_and_no_best() {
        let item = answered(row(RfqId::parse(ID).unwrap()), "quotes", "b", "12.4");
        let (status, rfq) = query(&holding(Some(item)), ID).await;
        assert_eq!(status, 200);
        let quotes =
            json!([{"responder": "b", "quote": "12.40", "pickup": 7, "received-at": "2026-11-24T09:00:01Z"}]);
        assert_eq!(
            rfq,
            json!({"rfq-id": ID, "from": "Berlin", "to": "Bonn", "customer": "cmr", "herds": ["a", "b"],
                   "status": "OPEN", "submitted-at": "2026-11-24T09:00:00Z", "reply-by": "2026-11-24T09:00:05Z",
                   "quotes": quotes})
        );
    }

    #[tokio::test]
    async fn a_closed_request_shows_the_best_and_what_came_late() {
        let item = answered(row(RfqId::parse(ID).unwrap()), "quotes", "b", "12.4");
        let mut item = answered(item, "late", "a", "1");
        item.insert("expiredAt".to_owned(), text("2026-11-24T09:00:05.100Z"));
        let (_, rfq) = query(&holding(Some(item)), ID).await;
        assert_eq!((&rfq["status"], &rfq["closed-at"]), (&"CLOSED".into(), &"2026-11-24T09:00:05.1Z".into()));
        assert_eq!(rfq["best"], json!({"responder": "b", "quote": "12.40", "pickup": 7}));
        assert_eq!((&rfq["late"][0]["responder"], &rfq["late"][0]["quote"]), (&"a".into(), &"1.00".into()));
    }

    #[tokio::test]
    async fn an_unknown_request_is_a_404_and_trouble_a_503() {
        assert_eq!(query(&holding(None), ID).await.0, 404);
        assert_eq!(query(&holding(None), "not-an-id").await.0, 404);
        let rule = mock!(Client::get_item).then_error(|| {
            GetItemError::generic(ErrorMetadata::builder().code("InternalServerError").build())
        });
        assert_eq!(query(&rule, ID).await.0, 503);
    }
}
