//! The depth of a queue.

use client::queues;
use jiff::Timestamp;
use serde::Serialize;

/// The approximate number of messages in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Depth {
    pub visible: u64,
    pub in_flight: u64,
    pub delayed: u64,
    /// The time since which messages wait. SQS tells the age of the oldest message to CloudWatch alone, but the oldest one is no older
    /// than this. None, too, if the queue was not seen empty before.
    pub waiting_since: Option<Timestamp>,
}

impl Depth {
    /// The depth at a time, after the one of the look before.
    pub fn after(before: Option<&Self>, now: Timestamp, depth: &queues::Depth) -> Self {
        let waiting_since = before.filter(|_| depth.waiting > 0).and_then(|before| match before.visible {
            0 => Some(now),
            _ => before.waiting_since,
        });
        Self { visible: depth.waiting, in_flight: depth.in_flight, delayed: depth.held_back, waiting_since }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn messages_wait_since_the_first_look_that_did_not_see_the_queue_empty() {
        let start: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let mut last = None;
        let mut looks = Vec::new();
        for (second, waiting) in (0..).zip([0, 3, 1, 0, 2]) {
            let depth = queues::Depth { name: String::new(), waiting, held_back: 0, in_flight: 0 };
            let now = start + Duration::from_secs(second);
            last = Some(Depth::after(last.as_ref(), now, &depth));
            looks.push(
                last.and_then(|depth| depth.waiting_since).map(|since| since.duration_since(start).as_secs()),
            );
        }
        assert_eq!(looks, [None, Some(1), Some(1), None, Some(4)]);
    }

    #[test]
    fn nothing_is_said_of_messages_that_waited_before_the_first_look() {
        let depth = queues::Depth { name: String::new(), waiting: 5, held_back: 0, in_flight: 0 };
        let first = Depth::after(None, Timestamp::now(), &depth);
        assert_eq!(first.waiting_since, None);
        assert_eq!(Depth::after(Some(&first), Timestamp::now(), &depth).waiting_since, None);
    }
}
