//! The triggers of functions, and what is expected of a function for each input. Each mutation is delivered by itself, so that its
//! effects can be told from those of others.

mod answer;
mod api;
mod invocation;
mod queue;
mod stream;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

pub use self::{
    answer::answer,
    api::{post, query},
    invocation::invocation,
    queue::{Handled, only_if, queue},
    stream::stream,
};
use crate::{
    Aws,
    aws::Call,
    log::Log,
    mutation::{self, MARKS, Mutation},
    reasons::DOCUMENTED,
};

/// The observations of a test: the calls to the function's AWS, and its log.
struct Watch<'a> {
    aws: &'a Aws,
    log: Log,
}

impl<'a> Watch<'a> {
    fn on(aws: &'a Aws) -> Self {
        Self { aws, log: Log::start() }
    }

    /// Observes the handling of an input; returns its result, and the calls that had an effect.
    async fn over<T>(&self, handling: impl Future<Output = T>) -> Result<(T, Vec<Call>), String> {
        self.aws.take_calls();
        let handled = AssertUnwindSafe(handling).catch_unwind().await;
        let log = self.log.take();
        let handled = handled.map_err(|_| "a panic reached the runtime".to_owned())?;
        if let Some(line) = log.lines().find(|line| quotes(line)) {
            return Err(format!("a log line quotes it: {line}"));
        }
        let effects = self.aws.take_calls().into_iter().filter(Call::is_effect).collect();
        Ok((handled, effects))
    }
}

/// Every mutation of these examples, the same in each run.
fn mutations(examples: &[&str]) -> Vec<Mutation> {
    examples.iter().zip(1..).flat_map(|(example, seed)| mutation::mutations(example, seed)).collect()
}

/// True if a text repeats a marked part of an input.
fn quotes(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

/// Checks that a reason is documented for operators, is not a panic, and doesn't quote the input.
fn check_reason(error_type: &str, detail: &str) -> Result<(), String> {
    if !DOCUMENTED.contains(error_type) || error_type == "Panic" {
        Err(format!("its reason is {error_type}: {detail}"))
    } else if quotes(detail) {
        Err(format!("its reason quotes it: {detail}"))
    } else {
        Ok(())
    }
}

fn expect(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn report(mutation: &Mutation, result: Result<(), String>) {
    if let Err(what) = result {
        let text: String = mutation.text.chars().take(1000).collect();
        panic!("{what}\nwith an example of which {}:\n{text}", mutation.how);
    }
}
