//! One transaction with the writes of several entries.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    slice,
};

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
        Update,
    },
};

use super::{Addition, Numbered, Write, identity};
use crate::{
    Effect, Failure,
    idempotent_write::guarded,
    item::{self, Item, number},
};

/// DynamoDB's limit for one transaction.
const MAX_PARTS: usize = 100;
/// A little less than DynamoDB's limit of 4 MB, because sizes are estimated.
const MAX_BYTES: usize = 3_900_000;
/// The size of an addition besides its item's key, by far.
const ADDITION_BYTES: usize = 1_000;

const CALL: &str = "dynamodb:TransactWriteItems";
pub(super) const CONFLICT: &str = "TransactionConflict";

/// Its parts are the items that are put, in the order of the writes, and then the totals.
#[derive(Default)]
pub(super) struct Transaction<'a> {
    writes: Vec<Numbered<'a>>,
    /// The positions of each write's totals.
    totals_of: Vec<BTreeSet<usize>>,
    totals: Vec<Total<'a>>,
    positions: HashMap<String, usize>,
    bytes: usize,
}

/// The sum of the amounts that the writes add to one item. A sum with too many digits is `None`.
struct Total<'a> {
    table: &'a str,
    item: &'a Item,
    amounts: BTreeMap<&'a str, Option<i128>>,
}

/// The reason why a transaction wrote nothing, or may have written nothing.
pub(super) enum Refusal {
    /// DynamoDB cancelled it, for reasons of its parts.
    Cancelled(Vec<CancellationReason>, Failure),
    /// The call was refused for its content, without naming a part.
    Content(Failure),
    /// The call failed, whatever it contained.
    Trouble(Failure),
}

/// The part that a write had in the cancellation of its transaction.
pub(super) enum Verdict {
    /// Its result is known.
    Settled(Result<Effect, Failure>),
    /// Another transaction got in between.
    Conflicting,
    /// One of its parts was refused. If others add to the same item, the fault may be theirs.
    Suspect,
    /// It had none.
    Innocent,
}

impl<'a> Transaction<'a> {
    pub(super) fn one(write: Numbered<'a>) -> Self {
        let mut one = Self::default();
        one.takes(write);
        one
    }

    /// Distributes writes over as many transactions as they need.
    pub(super) fn of(writes: &[Numbered<'a>]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for write in writes {
            if !all.last_mut().is_some_and(|last| last.takes(*write)) {
                all.push(Self::one(*write));
            }
        }
        all
    }

    pub(super) fn writes(&self) -> &[Numbered<'a>] {
        &self.writes
    }

    /// Takes a write, if there is room for it. The first write has room in any case: DynamoDB refuses it if it is too large.
    fn takes(&mut self, (n, write): Numbered<'a>) -> bool {
        let items: Vec<String> = write.additions.iter().map(|a| identity(&a.table, &a.item)).collect();
        let new = items.iter().filter(|item| !self.positions.contains_key(*item)).collect::<BTreeSet<_>>();
        let parts = self.writes.len() + self.totals.len() + 1 + new.len();
        let added: usize = write.additions.iter().map(|a| size(&a.item) + ADDITION_BYTES).sum();
        let bytes = self.bytes + size(&write.content) + added;
        if !self.writes.is_empty() && (parts > MAX_PARTS || bytes > MAX_BYTES) {
            return false;
        }
        self.bytes = bytes;
        self.writes.push((n, write));
        let totals = write.additions.iter().zip(items).map(|(addition, item)| {
            let next = self.totals.len();
            let position = *self.positions.entry(item).or_insert(next);
            if position == next {
                let Addition { table, item, .. } = addition;
                self.totals.push(Total { table, item, amounts: BTreeMap::new() });
            }
            if let Some(total) = self.totals.get_mut(position) {
                total.add(addition);
            }
            position
        });
        self.totals_of.push(totals.collect());
        true
    }

    /// Makes the call. Repetitions by the SDK have the token of the first, so DynamoDB recognizes them.
    pub(super) async fn send(&self, client: &Client) -> Result<(), Refusal> {
        let puts = self.writes.iter().map(|(_, write)| Some(write.put()));
        let parts: Option<Vec<_>> = puts.chain(self.totals.iter().map(Total::update)).collect();
        let Some(parts) = parts else {
            let detail = "a sum has more digits than a number of DynamoDB";
            return Err(Refusal::Content(Failure::permanent("ValidationError", detail)));
        };
        let Err(error) = client.transact_write_items().set_transact_items(Some(parts)).send().await else {
            return Ok(());
        };
        let failure = Failure::aws(CALL, &error);
        Err(match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                Refusal::Cancelled(cancelled.cancellation_reasons().to_vec(), failure)
            }
            _ if !failure.is_retryable() => Refusal::Content(failure),
            _ => Refusal::Trouble(failure),
        })
    }

    /// The verdict on each write, from the reasons of all parts.
    pub(super) fn verdicts(
        &self,
        reasons: &[CancellationReason],
    ) -> impl Iterator<Item = (Numbered<'a>, Verdict)> {
        let (puts, totals) = reasons.split_at_checked(self.writes.len()).unwrap_or((reasons, &[]));
        self.writes.iter().zip(&self.totals_of).enumerate().map(move |(place, (write, positions))| {
            let put = puts.get(place);
            let totals = positions.iter().filter_map(|position| totals.get(*position));
            (*write, verdict(write.1, put, totals))
        })
    }
}

fn verdict<'r>(
    write: &Write,
    put: Option<&'r CancellationReason>,
    totals: impl Iterator<Item = &'r CancellationReason>,
) -> Verdict {
    if let Some(before) = put.and_then(|put| guarded(&write.content, slice::from_ref(put))) {
        return Verdict::Settled(before.map(Effect::from));
    }
    let codes = put.into_iter().chain(totals).filter_map(CancellationReason::code);
    let codes: Vec<&str> = codes.filter(|code| *code != "None").collect();
    let failures: Vec<Failure> = codes.iter().map(|code| Failure::aws_code(CALL, code)).collect();
    if codes.is_empty() {
        Verdict::Innocent
    } else if failures.iter().any(|failure| !failure.is_retryable()) {
        Verdict::Suspect
    } else if let Some(throttled) = failures.into_iter().find(Failure::is_throttling) {
        Verdict::Settled(Err(throttled))
    } else if codes.contains(&CONFLICT) {
        Verdict::Conflicting
    } else {
        Verdict::Suspect
    }
}

impl Write {
    fn put(&self) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item::stamped(self.content.clone())))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", &self.key)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        TransactWriteItem::builder().set_put(put.build().ok()).build()
    }
}

impl<'a> Total<'a> {
    fn add(&mut self, addition: &'a Addition) {
        for (name, amount) in &addition.amounts {
            let sum = self.amounts.entry(name).or_insert(Some(0));
            *sum = sum.and_then(|sum| sum.checked_add(*amount));
        }
    }

    fn update(&self) -> Option<TransactWriteItem> {
        let mut update = Update::builder().table_name(self.table).set_key(Some(self.item.clone()));
        let mut additions = Vec::with_capacity(self.amounts.len());
        for (n, (name, amount)) in self.amounts.iter().enumerate() {
            additions.push(format!("#n{n} :n{n}"));
            update = update
                .expression_attribute_names(format!("#n{n}"), *name)
                .expression_attribute_values(format!(":n{n}"), number((*amount)?));
        }
        let update = update.update_expression(format!("ADD {}", additions.join(", ")));
        Some(TransactWriteItem::builder().set_update(update.build().ok()).build())
    }
}

/// The size of an item as DynamoDB counts it, or a little more.
fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size_of_value(value)).sum()
}

fn size_of_value(value: &AttributeValue) -> usize {
    let overhead = 3;
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Bs(all) => all.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::L(values) => {
            overhead + values.iter().map(|value| 1 + size_of_value(value)).sum::<usize>()
        }
        AttributeValue::M(item) => overhead + item.len() + size(item),
        _ => 1,
    }
}
