//! Messages that kill their function.

use tokio::sync::Notify;

use super::*;
use crate::consumer::{AnyEvent, BatchReceiver, handler::Batch};

#[tokio::test]
async fn a_message_that_kills_its_function_is_dead_lettered_alone() {
    let mut places = ["good"; 10];
    places[4] = "deadly";
    let (mut queue, rough) = (Queue::of(&places), Rough::default());
    let mut kills = 0;
    while queue.deliver(&One(&rough), AMPLE, &rough.killed).await == Delivered::Killed {
        kills += 1;
        assert!(kills < 10, "it kills for ever");
    }
    assert!(queue.waiting.is_empty(), "all others ended well");
    assert_eq!((kills, queue.letters()), (6, vec!["FunctionKilled".to_owned()]));
    let attempts_of = |id: &str| rough.attempted().iter().filter(|attempted| *attempted == id).count();
    assert_eq!(attempts_of("4"), 6, "the first goes unseen");
}

#[tokio::test]
async fn messages_beside_a_killer_lose_only_the_interrupted_attempt() {
    // Nine transient failures beside a killer: each has its own attempts all the same.
    let mut places = ["transient"; 10];
    places[9] = "deadly";
    let (mut queue, rough) = (Queue::of(&places), Rough::default());
    for _ in 0..20 {
        queue.deliver(&One(&rough), AMPLE, &rough.killed).await;
    }
    let mut letters = queue.letters();
    letters.dedup();
    letters.sort_unstable();
    letters.dedup();
    assert_eq!(letters, ["Busy", "FunctionKilled"], "each for its own reason: {:?}", queue.letters());
}

#[tokio::test]
async fn a_killer_in_one_group_leaves_other_groups_alone() {
    let messages = [
        (Some("a"), "good"),
        (Some("b"), "good"),
        (Some("a"), "deadly"),
        (Some("a"), "good"),
        (Some("b"), "good"),
        (Some("c"), "slow"),
    ];
    let (mut queue, rough) = (Queue::in_groups(&messages), Rough::default());
    let mut kills = 0;
    while queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await == Delivered::Killed {
        kills += 1;
        assert!(kills < 10, "it kills for ever");
    }
    assert!(queue.waiting.is_empty());
    assert_eq!((kills, queue.letters()), (6, vec!["FunctionKilled".to_owned()]));
    let order: Vec<_> =
        rough.attempted().into_iter().filter(|id| ["2", "3"].contains(&id.as_str())).collect();
    assert_eq!(order.last().map(String::as_str), Some("3"), "the message behind the killer came after it");
}

/// Kills its function unless it is given one event.
#[derive(Default)]
struct TooLarge(Notify);

impl BatchReceiver for &TooLarge {
    async fn receive_batch(&self, events: Vec<AnyEvent>) -> Vec<Result<Effect, Failure>> {
        if events.len() > 1 {
            self.0.notify_one();
            std::future::pending::<()>().await;
        }
        vec![Ok(Effect::Made)]
    }
}

#[tokio::test]
async fn a_batch_that_kills_its_function_comes_apart() {
    let (mut queue, too_large) = (Queue::of(&["good"; 30]), TooLarge::default());
    for _ in 0..2 {
        assert_eq!(queue.deliver(&Batch(&too_large), AMPLE, &too_large.0).await, Delivered::Killed);
    }
    assert_eq!(queue.deliver(&Batch(&too_large), AMPLE, &too_large.0).await, kept(&[]));
}
