//! The doors by which something comes in, and what is expected of whatever does. Each test gives every mangled example by
//! itself, so that what it caused can be told from what others did.

mod api;
mod invocation;
mod queue;
mod stream;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

pub use self::{
    api::{post, query},
    invocation::invocation,
    queue::{Handled, only_if, queue},
    stream::stream,
};
use crate::{
    Aws,
    aws::Call,
    log::Log,
    mutation::{self, MARKS, Mangled},
    reasons::DOCUMENTED,
};

/// What a door's test goes by: the function's AWS, and what it logs.
struct Watch<'a> {
    aws: &'a Aws,
    log: Log,
}

impl<'a> Watch<'a> {
    fn on(aws: &'a Aws) -> Self {
        Self { aws, log: Log::start() }
    }

    /// Lets something be handled; gives what it came to, and the calls that had an effect.
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

/// Every way to mangle these examples, alike in every run.
fn mangled(examples: &[&str]) -> Vec<Mangled> {
    examples.iter().zip(1..).flat_map(|(example, seed)| mutation::of(example, seed)).collect()
}

/// What is said of an input must not repeat what stands in it.
fn quotes(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

/// A reason must be one that operators find in the handbook, must be no fault of ours, and must not quote.
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

fn report(mangled: &Mangled, result: Result<(), String>) {
    if let Err(what) = result {
        let text: String = mangled.text.chars().take(1000).collect();
        panic!("{what}\nwith an example of which {}:\n{text}", mangled.how);
    }
}
