//! Streams as Lambda delivers them: a batch comes again from the lowest sequence number of the response on.

mod any_batch;
mod bad_input;
mod dead_letters;
mod deadline;
mod shard;

use self::shard::Shard;

fn sorted(mut positions: Vec<usize>) -> Vec<usize> {
    positions.sort_unstable();
    positions
}

#[tokio::test]
async fn a_record_that_can_never_be_handled_does_not_hold_up_its_shard() {
    let mut shard = Shard::of(&[("a", "good"), ("a", "permanent"), ("a", "good"), ("b", "good")]);
    shard.deliver().await;
    assert_eq!((sorted(shard.handled()), shard.left()), (vec![0, 2, 3], vec![]));
    assert_eq!(shard.letters(), [(1, "Refused".to_owned())]);
}

#[tokio::test]
async fn a_record_that_may_succeed_later_stops_its_batch_and_comes_again_with_those_behind_it() {
    let mut shard = Shard::of(&[("a", "good"), ("a", "transient good"), ("a", "good")]);
    shard.deliver().await;
    assert_eq!((shard.attempted(), shard.left()), (vec![0, 1], vec![1, 2]));
    shard.deliver().await;
    assert_eq!((shard.attempted(), shard.left()), (vec![0, 1, 1, 2], vec![]));
    assert!(shard.letters().is_empty());
}

#[tokio::test]
async fn records_of_one_key_are_handled_in_order_and_keys_concurrently() {
    let mut shard = Shard::of(&[("a", "good"), ("a", "good"), ("b", "good"), ("b", "good")]);
    shard.deliver().await;
    let handled = shard.handled();
    let of_key = |key: [usize; 2]| handled.iter().copied().filter(|n| key.contains(n)).collect::<Vec<_>>();
    assert_eq!((of_key([0, 1]), of_key([2, 3]), shard.most_at_once()), (vec![0, 1], vec![2, 3], 2));
}

#[tokio::test]
async fn no_more_than_twenty_keys_are_handled_at_once() {
    let keys: Vec<String> = (0..50).map(|key| key.to_string()).collect();
    let records: Vec<_> = keys.iter().map(|key| (key.as_str(), "good")).collect();
    let mut shard = Shard::of(&records);
    shard.deliver().await;
    assert_eq!((shard.handled().len(), shard.most_at_once()), (50, 20));
}

#[tokio::test]
async fn other_keys_go_on_before_a_record_that_stays_and_begin_nothing_behind_it() {
    let mut shard =
        Shard::of(&[("a", "good"), ("b", "good"), ("c", "transient good"), ("b", "good"), ("d", "good")]);
    shard.deliver().await;
    // Key d began with the others, before the failure was known. Record 3 would have begun after it.
    assert_eq!((sorted(shard.handled()), shard.left()), (vec![0, 1, 4], vec![2, 3, 4]));
    shard.deliver().await;
    assert_eq!((sorted(shard.handled()), shard.left()), (vec![0, 1, 2, 3, 4, 4], vec![]));
}

#[tokio::test]
async fn behind_a_throttled_call_nothing_is_begun_not_even_what_came_before_it() {
    let mut shard =
        Shard::of(&[("a", "good"), ("b", "good"), ("a", "good"), ("c", "throttled good"), ("b", "good")]);
    shard.deliver().await;
    assert_eq!((shard.attempted(), shard.left()), (vec![0, 1, 3], vec![2, 3, 4]));
    shard.deliver().await;
    assert!(shard.left().is_empty());
}

#[tokio::test]
async fn a_panic_is_tried_once_more_at_once() {
    let mut shard = Shard::of(&[("a", "panic good"), ("a", "good")]);
    shard.deliver().await;
    assert_eq!((shard.attempted(), shard.left()), (vec![0, 0, 1], vec![]));
    assert!(shard.letters().is_empty());
}

#[tokio::test]
async fn a_record_at_which_the_handler_always_panics_is_dead_lettered_alone() {
    let mut shard = Shard::of(&[("a", "good"), ("a", "panic"), ("a", "good"), ("b", "good")]);
    shard.deliver().await;
    assert_eq!((sorted(shard.handled()), shard.left()), (vec![0, 2, 3], vec![]));
    assert_eq!(shard.letters(), [(1, "Panic".to_owned())]);
}
