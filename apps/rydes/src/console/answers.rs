//! Answers of AWS that pages ask for more often than they change, or than AWS should be asked.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

/// The most answers that are kept.
const MOST: usize = 64;

/// The answers that are kept, by the path that a page asks for.
#[derive(Debug, Default)]
pub struct Answers {
    kept: BTreeMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    answer: Value,
    at: Instant,
    /// Without a time the answer no longer changes.
    lasts: Option<Duration>,
}

impl Answers {
    /// The answer that is kept for a path.
    pub fn get(&self, path: &str) -> Option<Value> {
        let kept = self.kept.get(path)?;
        let is_fresh = kept.lasts.is_none_or(|lasts| kept.at.elapsed() < lasts);
        is_fresh.then(|| kept.answer.clone())
    }

    /// Keeps an answer for some time, or for good. The oldest makes room.
    pub fn keep(&mut self, path: String, answer: Value, lasts: Option<Duration>) {
        self.kept.insert(path, Kept { answer, at: Instant::now(), lasts });
        if self.kept.len() > MOST {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.at).map(|(path, _)| path.clone());
            oldest.and_then(|path| self.kept.remove(&path));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_for_its_time_and_one_that_no_longer_changes_for_good() {
        let mut answers = Answers::default();
        answers.keep("open".to_owned(), json!(1), Some(SECOND));
        answers.keep("closed".to_owned(), json!(2), None);
        assert_eq!((answers.get("open"), answers.get("closed")), (Some(json!(1)), Some(json!(2))));
        tokio::time::advance(SECOND).await;
        assert_eq!((answers.get("open"), answers.get("closed")), (None, Some(json!(2))));
        assert_eq!(answers.get("another"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_answer_makes_room_for_a_new_one() {
        let mut answers = Answers::default();
        for number in 0..=MOST {
            answers.keep(number.to_string(), json!(number), None);
            tokio::time::advance(SECOND).await;
        }
        assert_eq!(answers.kept.len(), MOST);
        assert_eq!((answers.get("0"), answers.get("1")), (None, Some(json!(1))));
    }
}
