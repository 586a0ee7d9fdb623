//! Batch calls: each takes several items, and may accept only some of them.
//!
//! ```
//! use lambda_messaging::{Failure, batch::{self, Results}};
//!
//! /// A service that takes two numbers in a call, and refuses a call with a number above 100.
//! async fn call(numbers: &[u32]) -> Result<Results, Failure> {
//!     if numbers.iter().any(|number| *number > 100) {
//!         return Err(Failure::permanent("TooLarge", "a number is above 100"));
//!     }
//!     Ok(vec![Ok(()); numbers.len()])
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     let results: Results = batch::send([1, 200, 3].chunks(2), call).await;
//!     assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
//! }
//! ```

use crate::Failure;

/// The result of each item, in their order.
pub type Results = Vec<Result<(), Failure>>;

/// Sends items, with one call for each batch. A faulty item fails alone. A call that fails as a whole fails all later items too,
/// without further calls, because the next call would meet the same trouble.
pub async fn send<'a, T: 'a>(
    batches: impl IntoIterator<Item = &'a [T]>,
    call: impl AsyncFn(&'a [T]) -> Result<Results, Failure>,
) -> Results {
    let mut results = Results::new();
    let mut trouble = None;
    for items in batches {
        let sent = match trouble {
            None => one_by_one_if_refused(items, &call).await,
            Some(failure) => Err(failure),
        };
        trouble = match sent {
            Ok(sent) => {
                results.extend(sent);
                None
            }
            Err(failure) => {
                results.extend(vec![Err(failure.clone()); items.len()]);
                Some(failure)
            }
        };
    }
    results
}

/// AWS refuses a whole batch for some faults of a single item. Its items are then sent one by one, so that only the faulty item fails.
async fn one_by_one_if_refused<'a, T>(
    items: &'a [T],
    call: &impl AsyncFn(&'a [T]) -> Result<Results, Failure>,
) -> Result<Results, Failure> {
    let refusal = match call(items).await {
        Err(failure) if !failure.is_retryable() => failure,
        sent => return sent,
    };
    if items.len() < 2 {
        return Ok(vec![Err(refusal)]);
    }
    let mut results = Results::new();
    for item in items.chunks(1) {
        results.push(call(item).await.and_then(|sent| sent.into_iter().collect()));
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Sends letters in batches of two. A call with a `!` is refused, and a call with a `?` is in trouble. Returns a letter for each
    /// result, and the calls.
    async fn sent(letters: &str) -> (String, Vec<String>) {
        let (letters, calls): (Vec<char>, _) = (letters.chars().collect(), RefCell::new(Vec::new()));
        let call = async |items: &[char]| {
            calls.borrow_mut().push(items.iter().collect());
            if items.contains(&'?') {
                Err(Failure::transient("Trouble", "for now"))
            } else if items.contains(&'!') {
                Err(Failure::permanent("Refused", "for good"))
            } else {
                let taken = |c: &char| if *c == 'x' { Err(Failure::permanent("Entry", "")) } else { Ok(()) };
                Ok(items.iter().map(taken).collect())
            }
        };
        let results = send(letters.chunks(2), call).await;
        let short = |result: &Result<(), Failure>| match result {
            Ok(()) => 'y',
            Err(failure) => failure.reason().error_type.chars().next().unwrap(),
        };
        (results.iter().map(short).collect(), calls.into_inner())
    }

    #[tokio::test]
    async fn each_item_fails_for_itself() {
        for (letters, results, calls) in [
            ("", "", &[][..]),
            ("abxcd", "yyEyy", &["ab", "xc", "d"]),
            ("ab!cd", "yyRyy", &["ab", "!c", "!", "c", "d"]),
            ("!", "R", &["!"]),
            ("!x", "RE", &["!x", "!", "x"]),
        ] {
            assert_eq!(
                sent(letters).await,
                (results.to_owned(), calls.iter().map(|c| (*c).to_owned()).collect())
            );
        }
    }

    #[tokio::test]
    async fn after_a_call_in_trouble_all_later_items_fail_without_a_call() {
        assert_eq!(sent("ab?cde").await, ("yyTTTT".to_owned(), vec!["ab".to_owned(), "?c".to_owned()]));
    }
}
