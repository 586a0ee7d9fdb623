//! The idempotent receiver of a batch: what arrives together is written together. An [`Entry`] is the effect of a message, as data: an
//! item that is put once, and amounts that are added to other items with it. So the entries of a batch become one transaction: each has
//! its own guard, and what several add to one item is one update, because a transaction may not touch an item twice.
//!
//! ```no_run
//! use aws_sdk_dynamodb::Client;
//! use lambda_messaging::{
//!     Effect, Failure,
//!     item::{self, number, text},
//!     joined_write::{self, Entry},
//! };
//!
//! /// An order is booked once, and is added to its customer's account with the booking.
//! fn booking(order: &str, customer: &str, cents: u32) -> Entry {
//!     let booking = item::new([("order", text(order)), ("cents", number(cents))]);
//!     let account = item::new([("customer", text(customer))]);
//!     Entry::once("bookings", "order", booking).add_to("accounts", account, [("cents", cents), ("orders", 1)])
//! }
//!
//! async fn book(client: &Client) -> Vec<Result<Effect, Failure>> {
//!     let entries = [booking("o-1", "c-1", 1990), booking("o-2", "c-1", 500), booking("o-3", "c-2", 10)];
//!     // One call writes five items: three bookings and two accounts.
//!     joined_write::put_all(client, &entries).await
//! }
//! ```
//!
//! A consumer of a queue needs no more than the entry of an event: see
#![cfg_attr(feature = "sqs", doc = "[`consumer::joined_entries`](crate::consumer::joined_entries).")]
#![cfg_attr(not(feature = "sqs"), doc = "`consumer::joined_entries`, with the feature `sqs`.")]
//!
//! Each entry has a result of its own, which is the one that it would have had alone. A cancelled transaction names its reasons, part by
//! part:
//!
//! | reason | entries that it concerns | the others |
//! |---|---|---|
//! | the guard is there | a duplicate, or a conflict if its content is another | written again, without them |
//! | an item was throttled | fail, for a retry | written again, without them |
//! | another transaction got in between | written again, after a pause | written again, without them |
//! | the content is refused | written one by one | written again, without them |
//!
//! So neither a duplicate nor a poison message costs its neighbours more than one further call. A call that DynamoDB refuses as a whole,
//! or cancels twice, comes apart: its entries are written one by one, and each retries while other transactions get in between. A call
//! whose answer is lost is repeated by the SDK with the same `ClientRequestToken`, so DynamoDB answers it again and writes nothing twice.
//! If there is no answer in the end, its entries fail for a retry, which meets their guards.
//!
//! A transaction has 100 items and 4 MB at most; more entries become several transactions. A write in a transaction costs two write units
//! for each KB, joined or not. An entry that adds nothing costs half as much with [`idempotent_write::put`](crate::idempotent_write::put).
//!
//! The function needs `dynamodb:PutItem` on the tables of entries, and `dynamodb:UpdateItem` on those that amounts are added in.

mod flow;
mod transaction;

use std::{
    collections::{BTreeMap, HashMap, hash_map},
    sync::OnceLock,
};

use aws_sdk_dynamodb::Client;

use self::flow::Flow;
use crate::{Effect, Failure, item::Item};

/// The effect of a message, as data: an item that is put once, and amounts that are added to other items with it.
///
/// ```
/// use lambda_messaging::{
///     item::{self, number, text},
///     joined_write::Entry,
/// };
///
/// fn parcel(order: &str, carrier: &str, grams: u32) -> Entry {
///     if grams == 0 {
///         return Entry::nothing("a download needs no parcel");
///     }
///     let parcel = item::new([("order", text(order)), ("grams", number(grams))]);
///     let load = item::new([("carrier", text(carrier))]);
///     Entry::once("parcels", "order", parcel).add_to("loads", load, [("grams", grams), ("parcels", 1)])
/// }
///
/// assert_eq!(parcel("o-1", "mail", 420), parcel("o-1", "mail", 420));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Entry(Result<Write, &'static str>);

/// The write of an entry.
#[derive(Debug, Clone, PartialEq)]
struct Write {
    table: String,
    /// An attribute of the key. While it isn't there, no item has the key.
    key: String,
    content: Item,
    additions: Vec<Addition>,
}

/// Amounts that are added to the numbers of an item.
#[derive(Debug, Clone, PartialEq)]
struct Addition {
    table: String,
    item: Item,
    amounts: Vec<(String, i128)>,
}

impl Entry {
    /// Puts an item unless its key is taken. `key` names an attribute of the key. If the key holds the same content, the entry is a
    /// duplicate; if it holds another, the entry is refused for good (`IdempotencyConflict`).
    #[must_use]
    pub fn once(table: impl Into<String>, key: impl Into<String>, content: Item) -> Self {
        Self(Ok(Write { table: table.into(), key: key.into(), content, additions: Vec::new() }))
    }

    /// No write: the message requires no effect, for this reason.
    #[must_use]
    pub fn nothing(why: &'static str) -> Self {
        Self(Err(why))
    }

    /// With the item of the entry, adds amounts to the numbers of another item, given by its whole key. The item is made if it isn't
    /// there. It is another than those that are put.
    #[must_use]
    pub fn add_to<T: Into<i128>, const N: usize>(
        mut self,
        table: impl Into<String>,
        item: Item,
        amounts: [(&str, T); N],
    ) -> Self {
        if let Ok(write) = &mut self.0 {
            let amounts = amounts.into_iter().map(|(name, amount)| (name.to_owned(), amount.into()));
            write.additions.push(Addition { table: table.into(), item, amounts: amounts.collect() });
        }
        self
    }
}

/// Writes entries with as few calls as possible; returns a result for each, in their order. Of equal entries the first is made, and the others
/// are its duplicates.
///
/// ```no_run
/// # async fn example(client: &aws_sdk_dynamodb::Client) {
/// use lambda_messaging::{Effect, item::{self, text}, joined_write::{self, Entry}};
///
/// let parcel = |order| Entry::once("parcels", "order", item::new([("order", text(order))]));
/// let results = joined_write::put_all(client, &[parcel("o-1"), parcel("o-2"), parcel("o-1")]).await;
/// assert_eq!(results, [Ok(Effect::Made), Ok(Effect::Made), Ok(Effect::Duplicate)]);
/// # }
/// ```
pub async fn put_all(client: &Client, entries: &[Entry]) -> Vec<Result<Effect, Failure>> {
    let results: Vec<OnceLock<_>> = entries.iter().map(|_| OnceLock::new()).collect();
    let planned = entries.iter().enumerate().map(|(n, entry)| Planned { n, entry, alone: false });
    let answer = |n: usize, result| {
        if let Some(place) = results.get(n) {
            place.get_or_init(|| result);
        }
    };
    write(client, planned, answer).await;
    let unwritten = || Err(Failure::transient("Unwritten", "the entry has no result"));
    results.into_iter().map(|result| result.into_inner().unwrap_or_else(unwritten)).collect()
}

/// An entry that is to be written.
pub(crate) struct Planned<'a> {
    /// The number under which its result is given.
    pub n: usize,
    pub entry: &'a Entry,
    /// True if no other entry may share its transaction.
    pub alone: bool,
}

/// Writes entries, and gives the result of each as soon as there is one.
pub(crate) async fn write<'a>(
    client: &Client,
    planned: impl IntoIterator<Item = Planned<'a>>,
    answer: impl Fn(usize, Result<Effect, Failure>),
) {
    let mut firsts: HashMap<String, Numbered<'_>> = HashMap::new();
    let mut copies: HashMap<usize, Vec<usize>> = HashMap::new();
    let (mut together, mut alone) = (Vec::new(), Vec::new());
    for Planned { n, entry, alone: is_alone } in planned {
        match &entry.0 {
            Err(why) => answer(n, Ok(Effect::Nothing(why))),
            Ok(write) if is_alone => alone.push((n, write)),
            Ok(write) => match firsts.entry(identity(&write.table, &write.content)) {
                hash_map::Entry::Occupied(first) if first.get().1 == write => {
                    copies.entry(first.get().0).or_default().push(n);
                }
                hash_map::Entry::Occupied(_) => together.push((n, write)),
                hash_map::Entry::Vacant(place) => together.push(*place.insert((n, write))),
            },
        }
    }
    let answer_copies_too = |n: usize, result: Result<Effect, Failure>| {
        for copy in copies.get(&n).into_iter().flatten() {
            answer(*copy, result.clone().map(|_| Effect::Duplicate));
        }
        answer(n, result);
    };
    let flow = Flow { client, answer: answer_copies_too, trouble: OnceLock::new() };
    flow.together(&together).await;
    flow.each(&alone).await;
}

/// A write, and the number under which its result is given.
type Numbered<'a> = (usize, &'a Write);

/// A text that is the same for the same item.
fn identity(table: &str, item: &Item) -> String {
    let sorted: BTreeMap<_, _> = item.iter().collect();
    format!("{table} {sorted:?}")
}

#[cfg(test)]
pub(crate) mod tests;
