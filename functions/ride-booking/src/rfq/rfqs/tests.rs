use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemOutput, types::error::ConditionalCheckFailedException,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::{super::aggregate::tests::quote, *};

pub(crate) const ID: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";

/// A stored request to the herds a and b, from Berlin to Bonn.
pub(crate) fn row(id: RfqId) -> Item {
    item::new([
        ("id", text(id)),
        ("from", text("Berlin")),
        ("to", text("Bonn")),
        ("customer", text("cmr")),
        ("herds", names(&[])),
        ("replyWithin", number(0)),
        ("asked", names(&["a", "b"].map(|herd| HerdName::parse(herd).unwrap()))),
        ("submittedAt", text("2026-11-24T09:00:00.000Z")),
        ("replyBy", text("2026-11-24T09:00:05.000Z")),
        ("quotes", AttributeValue::M(Item::new())),
        ("late", AttributeValue::M(Item::new())),
    ])
}

/// A stored request with one more answer.
pub(crate) fn answered(mut row: Item, which: &str, herd: &str, price: &str) -> Item {
    let answer = item::new([
        ("quote", number(price)),
        ("pickup", number(7)),
        ("receivedAt", text("2026-11-24T09:00:01.000Z")),
    ]);
    let Some(AttributeValue::M(answers)) = row.get_mut(which) else { panic!("{which}") };
    answers.insert(herd.to_owned(), AttributeValue::M(answer));
    row
}

fn stored() -> Item {
    row(RfqId::parse(ID).unwrap())
}

fn expired(mut row: Item) -> Item {
    row.insert("expiredAt".to_owned(), text("2026-11-24T09:00:05.100Z"));
    row
}

fn rfqs(rules: &[&Rule]) -> Rfqs {
    Rfqs::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules), "rfqs".into())
}

fn quoted(herd: &str, price: &str) -> RideQuoted {
    RideQuoted { rfq: RfqId::parse(ID).unwrap(), quote: quote(herd, price) }
}

/// A write to this attribute whose condition holds.
fn writing(attribute: &'static str) -> Rule {
    mock!(Client::update_item)
        .match_requests(move |update| {
            update.update_expression().unwrap().starts_with(&format!("SET {attribute}"))
        })
        .then_output(|| UpdateItemOutput::builder().build())
}

/// A write whose condition doesn't hold for this item.
fn refusing(attribute: &'static str, found: Option<Item>) -> Rule {
    mock!(Client::update_item)
        .match_requests(move |update| {
            update.update_expression().unwrap().starts_with(&format!("SET {attribute}"))
        })
        .then_error(move || {
            let failed = ConditionalCheckFailedException::builder().set_item(found.clone()).build();
            UpdateItemError::ConditionalCheckFailedException(failed)
        })
}

fn error_type<T: std::fmt::Debug>(result: Result<T, Failure>) -> (String, bool) {
    let failure = result.unwrap_err();
    (failure.reason().error_type.clone(), failure.is_retryable())
}

#[tokio::test]
async fn a_quote_counts_once() {
    let counted = rfqs(&[&writing("quotes")]).count(&quoted("a", "12.00")).await;
    assert_eq!(counted, Ok(Counted::InTime(Written::Inserted)));
    let before = answered(stored(), "quotes", "a", "12");
    let again = rfqs(&[&refusing("quotes", Some(before))]).count(&quoted("a", "12.00")).await;
    assert_eq!(again, Ok(Counted::InTime(Written::AlreadyPresent)));
}

#[tokio::test]
async fn a_quote_after_the_deadline_is_recorded_as_late_once() {
    let closed = expired(answered(stored(), "quotes", "b", "11"));
    let late = rfqs(&[&refusing("quotes", Some(closed.clone())), &writing("late")]);
    assert_eq!(late.count(&quoted("a", "12.00")).await, Ok(Counted::Late(Written::Inserted)));
    let marked = answered(closed.clone(), "late", "a", "12");
    let again = rfqs(&[&refusing("quotes", Some(closed)), &refusing("late", Some(marked))]);
    assert_eq!(again.count(&quoted("a", "12.00")).await, Ok(Counted::Late(Written::AlreadyPresent)));
}

#[tokio::test]
async fn a_quote_that_came_in_time_stays_in_time_when_it_comes_again_after_the_deadline() {
    let closed = expired(answered(stored(), "quotes", "a", "12"));
    let again = rfqs(&[&refusing("quotes", Some(closed)), &writing("late")]);
    assert_eq!(again.count(&quoted("a", "12.00")).await, Ok(Counted::InTime(Written::AlreadyPresent)));
}

#[tokio::test]
async fn an_invalid_answer_is_a_permanent_failure_with_its_own_name() {
    for (found, herd, error) in [
        (None, "a", "UnknownRfq"),
        (Some(stored()), "c", "NotAsked"),
        (Some(expired(stored())), "c", "NotAsked"),
        (Some(answered(stored(), "quotes", "a", "11.99")), "a", "AnsweredTwice"),
    ] {
        let rule = refusing("quotes", found);
        let counted = rfqs(&[&rule]).count(&quoted(herd, "12.00")).await;
        assert_eq!(error_type(counted), (error.to_owned(), false));
    }
    let marked = expired(answered(stored(), "late", "a", "11.99"));
    let again = rfqs(&[&refusing("quotes", Some(marked.clone())), &refusing("late", Some(marked))]);
    assert_eq!(error_type(again.count(&quoted("a", "12.00")).await), ("AnsweredTwice".to_owned(), false));
}

#[tokio::test]
async fn the_deadline_closes_what_is_open_and_leaves_alone_what_is_not() {
    let id = RfqId::parse(ID).unwrap();
    let all = answered(answered(stored(), "quotes", "a", "12"), "quotes", "b", "11");
    assert_eq!(rfqs(&[&writing("expiredAt")]).expire(id).await, Ok(Expiry::Closed(Written::Inserted)));
    for (found, expiry) in
        [(expired(stored()), Expiry::Closed(Written::AlreadyPresent)), (all, Expiry::AllAnswered)]
    {
        assert_eq!(rfqs(&[&refusing("expiredAt", Some(found))]).expire(id).await, Ok(expiry));
    }
    let early = rfqs(&[&refusing("expiredAt", Some(stored()))]).expire(id).await;
    assert_eq!(error_type(early), ("TooEarly".to_owned(), true));
    let unknown = rfqs(&[&refusing("expiredAt", None)]).expire(id).await;
    assert_eq!(error_type(unknown), ("UnknownRfq".to_owned(), false));
}

#[tokio::test]
async fn the_deadline_is_held_against_the_stored_time() {
    let rule = mock!(Client::update_item)
        .match_requests(|update| update.condition_expression().unwrap().contains("replyBy <= :now"))
        .then_output(|| UpdateItemOutput::builder().build());
    assert!(rfqs(&[&rule]).expire(RfqId::parse(ID).unwrap()).await.is_ok());
}
