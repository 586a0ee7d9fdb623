//! Calls that take several items at once, and may take only some of them.

use crate::Failure;

/// The result of each item, in their order.
pub type Results = Vec<Result<(), Failure>>;

/// Sends items, a call for each of these batches. Whatever is wrong with an item is the failure of that item alone. Trouble
/// with a call as a whole would be the next call's, too, so the items behind it fail with it.
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

/// AWS refuses a whole batch for some faults of one item. So each goes by itself then, and the one at fault shows.
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

    /// Sends letters in batches of two by calls that are refused for a `!`, and in trouble with a `?`; gives what became of
    /// each, and what was called.
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
    async fn trouble_with_a_call_is_that_of_all_behind_it() {
        assert_eq!(sent("ab?cde").await, ("yyTTTT".to_owned(), vec!["ab".to_owned(), "?c".to_owned()]));
    }
}
