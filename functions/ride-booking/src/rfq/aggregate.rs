//! The aggregator's rules, without its table.

use contracts::{CustomerId, HerdName, Place, Quote, RfqId};
use jiff::Timestamp;

/// A request for quotes and the answers so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rfq {
    pub id: RfqId,
    pub from: Place,
    pub to: Place,
    pub customer: CustomerId,
    /// The herds that were asked: the request waits for their quotes.
    pub asked: Vec<HerdName>,
    pub submitted_at: Timestamp,
    pub reply_by: Timestamp,
    /// The time when the deadline closed the request, if it did.
    pub expired_at: Option<Timestamp>,
    /// The quotes that came before the request was closed, in their order of arrival.
    pub quotes: Vec<Answer>,
    /// The quotes that came later.
    pub late: Vec<Answer>,
}

/// A quote with its time of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub quote: Quote,
    pub received_at: Timestamp,
}

impl Rfq {
    /// The time when the last quote or the deadline closed the request. It follows from the quotes instead of being recorded, so a
    /// request with all its quotes is never open.
    pub(crate) fn closed_at(&self) -> Option<Timestamp> {
        let all_answered = self.quotes.len() >= self.asked.len();
        let last = self.quotes.iter().map(|answer| answer.received_at).max();
        self.expired_at.or(last.filter(|_| all_answered))
    }

    /// The best quote of a closed request, if there is any.
    pub(crate) fn best(&self) -> Option<&Quote> {
        self.closed_at().and_then(|_| best(self.quotes.iter().map(|answer| &answer.quote)))
    }
}

/// The cheapest quote; of equally cheap ones the one with the earliest pickup; of those the one whose name comes first, so that
/// the same quotes always have the same best.
fn best<'a>(quotes: impl IntoIterator<Item = &'a Quote>) -> Option<&'a Quote> {
    quotes.into_iter().min_by_key(|quote| (quote.quote, quote.pickup, &quote.responder))
}

#[cfg(test)]
pub(crate) mod tests {
    use contracts::{Duration, Money};
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn time(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_500_000 + second).unwrap()
    }

    pub(crate) fn quote(herd: &str, price: &str) -> Quote {
        serde_json::from_value(serde_json::json!({"responder": herd, "quote": price, "pickup": 7})).unwrap()
    }

    pub(crate) fn answer(herd: &str, price: &str, second: i64) -> Answer {
        Answer { quote: quote(herd, price), received_at: time(second) }
    }

    pub(crate) fn rfq(quotes: Vec<Answer>) -> Rfq {
        Rfq {
            id: RfqId::parse("0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10").unwrap(),
            from: Place::parse("Berlin").unwrap(),
            to: Place::parse("Bonn").unwrap(),
            customer: CustomerId::parse("cmr").unwrap(),
            asked: ["a", "b"].map(|herd| HerdName::parse(herd).unwrap()).into(),
            submitted_at: time(0),
            reply_by: time(5),
            expired_at: None,
            quotes,
            late: vec![],
        }
    }

    #[test]
    fn a_request_is_open_until_all_have_answered_and_closed_by_the_last_answer() {
        let open = rfq(vec![answer("a", "12.00", 1)]);
        assert_eq!((open.closed_at(), open.best()), (None, None), "an open request has no best quote yet");
        let closed = rfq(vec![answer("a", "12.00", 2), answer("b", "11.00", 1)]);
        assert_eq!((closed.closed_at(), closed.best()), (Some(time(2)), Some(&quote("b", "11.00"))));
    }

    #[test]
    fn the_deadline_closes_a_request_with_the_quotes_so_far() {
        let with_one = Rfq { expired_at: Some(time(5)), ..rfq(vec![answer("a", "12.00", 1)]) };
        assert_eq!((with_one.closed_at(), with_one.best()), (Some(time(5)), Some(&quote("a", "12.00"))));
        let with_none = Rfq { expired_at: Some(time(5)), ..rfq(vec![]) };
        assert_eq!((with_none.closed_at(), with_none.best()), (Some(time(5)), None));
    }

    #[test]
    fn a_late_quote_is_never_the_best() {
        let late = vec![answer("b", "1.00", 6)];
        let rfq = Rfq { expired_at: Some(time(5)), late, ..rfq(vec![answer("a", "12.00", 1)]) };
        assert_eq!((rfq.closed_at(), rfq.best()), (Some(time(5)), Some(&quote("a", "12.00"))));
    }

    fn quotes() -> impl Strategy<Value = Vec<Quote>> {
        let quote = ("[a-d]", 0..5_u32, 0..3_u32).prop_map(|(responder, quote, pickup)| Quote {
            responder: HerdName::parse(&responder).unwrap(),
            quote: Money::parse(&quote.to_string()).unwrap(),
            pickup: Duration::parse(&pickup.to_string()).unwrap(),
        });
        prop::collection::vec(quote, 0..8)
    }

    proptest! {
        #[test]
        fn the_best_is_cheapest_then_earliest_in_whatever_order_they_came(quotes in quotes()) {
            let found = best(&quotes);
            prop_assert_eq!(found.is_some(), !quotes.is_empty());
            let none_is_better = |found: &Quote| quotes.iter().all(|other| {
                (found.quote, found.pickup) <= (other.quote, other.pickup)
            });
            prop_assert!(found.is_none_or(none_is_better));
            let reversed: Vec<_> = quotes.iter().rev().cloned().collect();
            prop_assert_eq!(found, best(&reversed));
        }
    }
}
