//! The answers to messages that are handled as a whole, as far as they are known.

use std::cell::OnceCell;

use crate::{Effect, Failure};

pub(super) struct Answers(Vec<OnceCell<Result<Effect, Failure>>>);

impl Answers {
    pub(super) fn to(messages: usize) -> Self {
        Self(vec![OnceCell::new(); messages])
    }

    /// Answers a message, by its position. The first answer counts.
    pub(super) fn give(&self, position: usize, result: Result<Effect, Failure>) {
        if let Some(answer) = self.0.get(position) {
            answer.get_or_init(|| result);
        }
    }

    /// Answers all messages, in their order.
    pub(super) fn give_all(&self, results: impl IntoIterator<Item = Result<Effect, Failure>>) {
        for (position, result) in results.into_iter().enumerate() {
            self.give(position, result);
        }
    }

    /// The answer to each message.
    pub(super) fn all(self) -> impl Iterator<Item = Option<Result<Effect, Failure>>> {
        self.0.into_iter().map(OnceCell::into_inner)
    }
}
