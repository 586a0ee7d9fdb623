//! Any batch, delivered until Lambda's checkpoint is behind it.

use std::{collections::BTreeMap, sync::atomic::Ordering::SeqCst};

use proptest::prelude::*;

use super::shard::Shard;

/// The attempts at a record: some that fail for now, and the last one.
fn ways() -> impl Strategy<Value = (usize, String)> {
    let for_now = prop::collection::vec(prop::sample::select(vec!["transient", "throttled"]), 0..3);
    let at_last = prop::sample::select(vec!["good", "good", "good", "permanent", "panic", "panic good"]);
    (for_now, at_last).prop_map(|(for_now, at_last)| {
        let retries = for_now.len();
        (retries, for_now.into_iter().chain([at_last]).collect::<Vec<_>>().join(" "))
    })
}

fn records() -> impl Strategy<Value = Vec<(String, usize, String)>> {
    let record = (0..5_u8, ways()).prop_map(|(key, (retries, ways))| (key.to_string(), retries, ways));
    prop::collection::vec(record, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_is_lost_each_poison_record_is_dead_lettered_once_and_each_key_keeps_its_order(
        records in records(),
        queue_is_down in prop::collection::vec(any::<bool>(), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let given: Vec<_> = records.iter().map(|(key, _, ways)| (key.as_str(), ways.as_str())).collect();
        let mut shard = Shard::of(&given);
        let retries: usize = records.iter().map(|(_, retries, _)| retries).sum();
        let mut down = queue_is_down.iter();
        let mut deliveries = 0;
        let mut before = usize::MAX;
        while !shard.left().is_empty() || deliveries == 0 {
            shard.queue_is_down.store(down.next().copied().unwrap_or(false), SeqCst);
            runtime.block_on(shard.deliver());
            prop_assert!(shard.left().len() <= before, "the checkpoint never goes back");
            before = shard.left().len();
            deliveries += 1;
            prop_assert!(deliveries <= 1 + retries + queue_is_down.len(), "each delivery makes progress");
        }

        let mut first_handled = BTreeMap::new();
        for (n, position) in shard.handled().into_iter().enumerate() {
            first_handled.entry(position).or_insert(n);
        }
        let letters: Vec<usize> = shard.letters().into_iter().map(|(position, _)| position).collect();
        for (position, (key, _, ways)) in records.iter().enumerate() {
            let is_poison = !ways.ends_with("good");
            prop_assert_eq!(first_handled.contains_key(&position), !is_poison, "{}", position);
            let in_queue = letters.iter().filter(|letter| **letter == position).count();
            prop_assert_eq!(in_queue, usize::from(is_poison), "{}", position);
            let later = records.iter().enumerate().skip(position + 1).filter(|(_, (other, ..))| other == key);
            for (later, _) in later {
                let (Some(this), Some(other)) = (first_handled.get(&position), first_handled.get(&later)) else {
                    continue;
                };
                prop_assert!(this < other, "record {} of key {} was handled before {}", later, key, position);
            }
        }
    }
}
