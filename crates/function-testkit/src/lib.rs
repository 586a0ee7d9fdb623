//! Bad input at every door. Sound examples are mangled, and handed to a function as Lambda hands things over; its AWS is
//! one that keeps a record of every call. Whatever comes in: nothing panics, what isn't sound has no effect, it ends in one
//! outcome that is documented, and no log line quotes it.
//!
//! | module | what is there |
//! |---|---|
//! | [`mutation`] | the ways in which a sound example is mangled |
//! | [`aws`] | an AWS that takes whatever the real one would take, and remembers it |
//! | [`trigger`] | queues, streams, APIs and direct calls: what comes in through them, and what is expected |
//!
//! Each function's test stands in its service's `src/bad_input.rs` and is named after the function; a function without
//! one fails a test here.

pub mod aws;
mod log;
pub mod mutation;
mod reasons;
pub mod trigger;

pub use aws::Aws;

/// One of the sound examples, which are also what the fuzzer starts from.
pub fn example(path: &str) -> String {
    let file = root().join("fuzz/seeds").join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
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
}
