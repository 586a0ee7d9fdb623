//! Bad input at every trigger. Mutations of valid examples are delivered to a function as Lambda delivers them, and an AWS that
//! records every call stands behind the function. For every input: nothing panics, invalid input has no effect, the outcome is a
//! documented one, and no log line quotes the input.
//!
//! | module | content |
//! |---|---|
//! | [`mutation`] | mutations of valid examples |
//! | [`aws`] | an AWS that accepts what the real one accepts, and records it |
//! | [`log`] | the log of a function under test |
//! | [`trigger`] | queues, streams, APIs and direct invocations: their inputs, and what is expected of a function |
//!
//! Each function's test stands in its service's `src/bad_input.rs` and is named after the function; a function without
//! one fails a test here.

pub mod aws;
pub mod log;
pub mod mutation;
mod reasons;
pub mod trigger;

use lambda_messaging::{Event, IncomingPayload};

pub use aws::Aws;

/// One of the valid examples, which are also the fuzzer's seeds.
pub fn example(path: &str) -> String {
    let file = root().join("fuzz/seeds").join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The payload of one of the valid examples of events.
pub fn example_payload<T: IncomingPayload>(path: &str) -> T {
    Event::parse(&example(path)).unwrap().data
}

fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_given_bad_input() {
        let mut functions = 0;
        for service in std::fs::read_dir(root().join("functions")).unwrap() {
            let service = service.unwrap().path();
            let tests = std::fs::read_to_string(service.join("src/bad_input.rs")).unwrap_or_default();
            for binary in std::fs::read_dir(service.join("src/bin")).unwrap() {
                let binary = binary.unwrap().path();
                let test = binary.file_stem().unwrap().to_str().unwrap().replace('-', "_");
                let there = tests.contains(&format!("async fn {test}() {{"));
                assert!(there, "{}/src/bad_input.rs has no test {test}", service.display());
                functions += 1;
            }
        }
        assert!(functions > 0, "there are functions");
    }

    /// The examples without a fuzz target. docs/fuzzing.md has the reasons.
    const NOT_FUZZED: [&str; 2] = ["provider_report", "schedule"];

    #[test]
    fn every_kind_of_example_has_a_fuzz_target() {
        let mut kinds = 0;
        for examples in std::fs::read_dir(root().join("fuzz/seeds")).unwrap() {
            let kind = examples.unwrap().file_name().into_string().unwrap();
            let is_fuzzed = root().join("fuzz/fuzz_targets").join(&kind).with_extension("rs").is_file();
            assert_eq!(is_fuzzed, !NOT_FUZZED.contains(&kind.as_str()), "a fuzz target {kind}");
            kinds += 1;
        }
        assert!(kinds > NOT_FUZZED.len(), "there are examples");
    }
}
