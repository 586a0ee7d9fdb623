//! The latest requests for quotes: each is a race of the herds.

use std::collections::VecDeque;

const LATEST: usize = 10;

/// The ids of the latest requests for quotes, the latest one last.
#[derive(Debug, Default)]
pub struct Races(VecDeque<String>);

impl Races {
    /// The ids, the latest one first.
    pub fn latest(&self) -> impl Iterator<Item = &String> {
        self.0.iter().rev()
    }
}

impl Extend<String> for Races {
    fn extend<T: IntoIterator<Item = String>>(&mut self, ids: T) {
        for id in ids {
            self.0.push_back(id);
            if self.0.len() > LATEST {
                self.0.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_races_are_remembered() {
        let mut races = Races::default();
        races.extend((0..100).map(|id| id.to_string()));
        assert_eq!(races.latest().count(), LATEST);
        assert_eq!(races.latest().next().map(String::as_str), Some("99"));
    }
}
