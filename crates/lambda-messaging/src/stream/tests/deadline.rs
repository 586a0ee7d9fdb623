//! The time of an invocation: what was not begun is handed back.

use tokio::time::Duration;

use super::shard::Shard;

const TEN_SECONDS: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_record_is_not_begun_when_too_little_time_is_left_for_it() {
    let mut shard = Shard::of(&[("a", "3s"), ("a", "3s"), ("a", "3s"), ("a", "3s")]);
    shard.deliver_within(TEN_SECONDS).await;
    assert_eq!((shard.attempted(), shard.left()), (vec![0, 1], vec![2, 3]), "two seconds are for settling");
    shard.deliver_within(TEN_SECONDS).await;
    assert_eq!((shard.handled(), shard.left()), (vec![0, 1, 2, 3], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_hangs_is_cut_off_and_others_are_settled() {
    let mut shard = Shard::of(&[("a", "good"), ("b", "hang good"), ("c", "permanent"), ("b", "good")]);
    shard.deliver_within(TEN_SECONDS).await;
    assert_eq!((shard.handled(), shard.left()), (vec![0], vec![1, 2, 3]));
    assert!(shard.letters().is_empty(), "it comes again");
    shard.deliver_within(TEN_SECONDS).await;
    assert_eq!((shard.left(), shard.letters().len()), (vec![], 1));
}

#[tokio::test(start_paused = true)]
async fn a_refused_record_before_one_that_hangs_is_dead_lettered_in_time() {
    let mut shard = Shard::of(&[("a", "permanent"), ("b", "hang")]);
    shard.deliver_within(TEN_SECONDS).await;
    assert_eq!((shard.left(), shard.letters()), (vec![1], vec![(0, "Refused".to_owned())]));
}

#[tokio::test(start_paused = true)]
async fn without_any_time_all_records_are_handed_back() {
    let mut shard = Shard::of(&[("a", "good"), ("b", "good")]);
    shard.deliver_within(Duration::ZERO).await;
    assert_eq!((shard.attempted(), shard.left()), (vec![], vec![0, 1]));
}
