//! Reads stored requests for quotes.

use aws_sdk_dynamodb::types::AttributeValue;
use contracts::{CustomerId, Duration, HerdName, Money, Place, Quote, RfqId};
use lambda_messaging::{Failure, item::Item};

use super::aggregate::{Answer, Rfq};

/// The request of a row, with its answers in their order of arrival.
///
/// # Errors
/// Permanent `MalformedRow` if the row is not a request for quotes.
pub(super) fn read(item: &Item) -> Result<Rfq, Failure> {
    parse(item).ok_or_else(malformed)
}

/// The failure for a row that is not a request for quotes.
pub(super) fn malformed() -> Failure {
    Failure::permanent("MalformedRow", "the stored request for quotes can't be read")
}

fn parse(item: &Item) -> Option<Rfq> {
    let value = |name: &str| characters(item.get(name)?);
    let mut answers = [answers(item, "quotes")?, answers(item, "late")?];
    for answers in &mut answers {
        answers.sort_by(|a, b| (a.received_at, &a.quote.responder).cmp(&(b.received_at, &b.quote.responder)));
    }
    let [quotes, late] = answers;
    Some(Rfq {
        id: RfqId::parse(value("id")?).ok()?,
        from: Place::parse(value("from")?).ok()?,
        to: Place::parse(value("to")?).ok()?,
        customer: CustomerId::parse(value("customer")?).ok()?,
        asked: listed(item, "asked").map(|name| HerdName::parse(name).ok()).collect::<Option<_>>()?,
        submitted_at: value("submittedAt")?.parse().ok()?,
        reply_by: value("replyBy")?.parse().ok()?,
        expired_at: match value("expiredAt") {
            Some(at) => Some(at.parse().ok()?),
            None => None,
        },
        quotes,
        late,
    })
}

/// The quotes in this attribute, in no particular order.
pub(super) fn answers(item: &Item, which: &str) -> Option<Vec<Answer>> {
    let answer = |(name, answer): (&String, &AttributeValue)| {
        let value = |name: &str| characters(answer.as_m().ok()?.get(name)?);
        Some(Answer {
            quote: Quote {
                responder: HerdName::parse(name).ok()?,
                quote: Money::parse(value("quote")?).ok()?,
                pickup: Duration::parse(value("pickup")?).ok()?,
            },
            received_at: value("receivedAt")?.parse().ok()?,
        })
    };
    item.get(which)?.as_m().ok()?.iter().map(answer).collect()
}

/// The strings in this attribute.
pub(super) fn listed<'a>(item: &'a Item, name: &str) -> impl Iterator<Item = &'a str> {
    let values = item.get(name).and_then(|list| list.as_l().ok());
    values.into_iter().flatten().filter_map(characters)
}

fn characters(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::S(value) | AttributeValue::N(value) => Some(value),
        _ => None,
    }
}
