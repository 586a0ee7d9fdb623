//! Attempts at messages, counted by what a message meets until it is settled.

mod deadline;
#[cfg(feature = "idempotency")]
mod joined;
mod killed;
mod queue;
mod receiver;

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_dynamodb::operation::{batch_get_item::BatchGetItemError, update_item::UpdateItemError};
use aws_smithy_mocks::{RuleMode, mock, mock_client};

pub(in crate::consumer) use self::queue::Table;
use self::{
    queue::{Delivered, Queue},
    receiver::Rough,
};
use super::*;
use crate::consumer::{handler::One, in_order::EachGroup, tests::task};

const AMPLE: Duration = Duration::from_mins(1);

fn kept(ids: &[&str]) -> Delivered {
    Delivered::Kept(ids.iter().map(|id| (*id).to_owned()).collect())
}

#[tokio::test]
async fn a_message_that_ends_well_at_once_costs_nothing_more() {
    let (mut queue, rough) = (Queue::of(&["good", "permanent"]), Rough::default());
    assert_eq!(queue.deliver(&One(&rough), AMPLE, &rough.killed).await, kept(&[]));
    assert_eq!(queue.table.rows(), 0);
}

#[tokio::test]
async fn a_message_is_set_aside_after_five_attempts_however_often_it_was_received() {
    let (mut queue, rough) = (Queue::of(&["transient"]), Rough::default());
    for bound in [2, 8, 32, 128] {
        queue.receive_in_vain(40);
        assert_eq!(queue.deliver(&One(&rough), AMPLE, &rough.killed).await, kept(&["0"]));
        assert!(queue.waits().iter().all(|wait| (1..=bound).contains(wait)), "{:?}", queue.waits());
        assert!(queue.letters().is_empty());
    }
    queue.receive_in_vain(40);
    assert_eq!(queue.deliver(&One(&rough), AMPLE, &rough.killed).await, kept(&[]));
    assert_eq!((rough.attempted().len(), queue.letters()), (5, vec!["Busy".to_owned()]));
}

#[tokio::test]
async fn throttling_is_waited_out_for_as_long_as_a_message_may_live() {
    let two_weeks = 14 * 24 * 60 * 60;
    for group in [None, Some("a")] {
        let (mut queue, rough) = (Queue::in_groups(&[(group, "throttled")]), Rough::default());
        let (mut waited, mut receives) = (0, 0);
        while waited < two_weeks {
            assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&["0"]));
            let wait = queue.waits()[0];
            waited += wait;
            receives += 1;
            assert!(wait <= 900 || receives > 100, "nothing has waited for long yet: {wait}");
        }
        assert!(
            (300..1000).contains(&receives),
            "a backlog asks seldom, and its queue doesn't give it up: {receives}"
        );
        // Then something else goes wrong: all attempts are left for that.
        queue.waiting[0].body = task("transient", "");
        for _ in 0..4 {
            assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&["0"]));
        }
        assert!(queue.letters().is_empty());
        assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&[]));
        assert_eq!(queue.letters(), ["Busy"]);
    }
}

#[tokio::test]
async fn a_throttled_call_is_not_made_for_the_next_messages() {
    let messages = [(Some("a"), "slow"), (Some("b"), "throttled"), (Some("a"), "good"), (Some("b"), "good")];
    let (mut queue, rough) = (Queue::in_groups(&messages), Rough::default());
    queue.receive_in_vain(30);
    assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&["1", "2", "3"]));
    assert_eq!(rough.attempted(), ["0", "1"], "an attempt that was begun before it ends");
    assert!(queue.waits().iter().all(|wait| (1..=60).contains(wait)), "a group waits: {:?}", queue.waits());
}

#[tokio::test]
async fn messages_behind_a_throttled_call_do_not_come_back_together() {
    let (mut queue, rough) = (Queue::of(&["throttled"; 10]), Rough::default());
    queue.receive_in_vain(30);
    queue.deliver(&One(&rough), AMPLE, &rough.killed).await;
    let waits: BTreeSet<i32> = queue.waits().into_iter().collect();
    assert!(waits.len() > 5, "{waits:?}");
    assert!(waits.iter().all(|wait| (1..=240).contains(wait)), "{waits:?}");
}

#[tokio::test]
async fn a_table_of_attempts_in_trouble_keeps_messages() {
    let write = mock!(aws_sdk_dynamodb::Client::update_item)
        .then_error(|| UpdateItemError::generic(aws_sdk_dynamodb::error::ErrorMetadata::builder().build()));
    let read = mock!(aws_sdk_dynamodb::Client::batch_get_item)
        .then_error(|| BatchGetItemError::generic(aws_sdk_dynamodb::error::ErrorMetadata::builder().build()));
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&read, &write]);
    let (attempts, rough) = (Attempts::at(client), Rough::default());
    let mut queue = Queue::of(&["transient", "good"]);
    queue.receive_in_vain(900);
    let delivered = queue.deliver_with(&One(&rough), AMPLE, &rough.killed, &attempts).await;
    assert_eq!(delivered, kept(&["0"]));
}

#[tokio::test]
async fn messages_behind_a_failure_in_their_group_wait_no_longer_than_it() {
    let messages = [(Some("a"), "transient"), (Some("a"), "good"), (Some("a"), "good")];
    let (mut queue, rough) = (Queue::in_groups(&messages), Rough::default());
    // They have waited before, behind others.
    queue.receive_in_vain(7);
    assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&["0", "1", "2"]));
    let waits = queue.waits();
    assert!(waits.len() == 3 && waits.iter().all(|wait| (0..=2).contains(wait)), "{waits:?}");
    queue.waiting[0].body = task("good", "");
    assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&[]));
    assert!(queue.letters().is_empty());
}
