//! The functions' log lines, as they come.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_cloudwatchlogs::{Client, operation::filter_log_events::FilterLogEventsError};
use client::{Error, logs::LogLine};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::pace::{AT_A_TIME, Pace};

/// The longest time without a page whose lines are read afterwards.
const CATCH_UP: Duration = Duration::from_mins(5);
/// The time after a line for which each look searches all groups.
const AWAKE: Duration = Duration::from_secs(10);

/// A log group.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    /// Messages enter the system there, so their first lines come there, too.
    pub is_first: bool,
}

/// Follows log groups.
#[derive(Debug, Default)]
pub struct Tail {
    groups: BTreeMap<String, Seen>,
    /// The latest look that has found a line.
    found: i64,
    /// The latest look at all groups.
    looked_at_all: i64,
}

impl Tail {
    /// The lines that no look has seen before, by their time. They are those of the groups that could be searched: a search that
    /// failed is made again by the next look, and its error is given only if there are no lines.
    pub async fn look(
        &mut self,
        client: &Client,
        pace: &Pace,
        groups: impl Iterator<Item = Group>,
        now: i64,
    ) -> Result<Vec<LogLine>, Error> {
        let late = milliseconds(pace.late);
        let all = self.is_time_for_all(now, milliseconds(pace.quiet));
        let groups = groups.filter(|group| all || group.is_first).map(|group| group.name);
        let mut turn = Instant::now();
        let searches = groups.map(|group| {
            let since = self.groups.entry(group.clone()).or_insert_with(|| Seen::from(now)).since(late);
            let wait = tokio::time::sleep_until(turn);
            turn += pace.between_searches;
            async move {
                wait.await;
                (lines(client, pace, &group, since).await, group)
            }
        });
        let searches: Vec<_> = searches.collect();
        let searches = stream::iter(searches).buffered(AT_A_TIME).collect::<Vec<_>>();
        let (mut found, mut failed) = (Vec::new(), None);
        for (lines, group) in searches.await {
            match (lines, self.groups.get_mut(&group)) {
                (Ok(lines), Some(seen)) => found.extend(seen.take(now, late, lines)),
                (Err(error), _) => failed = Some(error),
                (Ok(_), None) => {}
            }
        }
        if !found.is_empty() {
            self.found = now;
        }
        let mut found: Vec<LogLine> =
            found.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        found.sort_by_key(|line| line.timestamp);
        match failed {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    /// While nothing moves, most looks are only at the groups where something would begin. All others are looked at together, because
    /// lines that are read in the wrong order don't tell the way of a message.
    fn is_time_for_all(&mut self, now: i64, quiet: i64) -> bool {
        let all = now - self.found < milliseconds(AWAKE) || now - self.looked_at_all >= quiet;
        if all {
            self.looked_at_all = now;
        }
        all
    }

    /// Goes on after a time without a look. Lines that are too old are left out.
    pub fn resume(&mut self, now: i64) {
        for seen in self.groups.values_mut() {
            seen.looked = seen.looked.max(now - milliseconds(CATCH_UP));
        }
    }
}

pub fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The lines of a group that were seen. A line may be late, so each look goes back a little, and finds some of them again.
#[derive(Debug)]
struct Seen {
    /// Earlier lines don't count.
    begun: i64,
    /// The start of the last look.
    looked: i64,
    /// An emulator gives lines no ids.
    lines: BTreeSet<(i64, String)>,
}

impl Seen {
    fn from(now: i64) -> Self {
        Self { begun: now, looked: now, lines: BTreeSet::new() }
    }

    /// The time from which the next look searches.
    fn since(&self, late: i64) -> i64 {
        (self.looked - late).max(self.begun)
    }

    /// Takes the lines that a look has found. Gives those that are new.
    fn take(&mut self, looked: i64, late: i64, lines: Vec<(i64, String)>) -> Vec<String> {
        let new = lines.into_iter().filter(|line| self.lines.insert(line.clone()));
        let new = new.map(|(_, line)| line).collect();
        self.looked = looked;
        // The next look does not find the earlier ones again.
        self.lines = self.lines.split_off(&(self.since(late), String::new()));
        new
    }
}

/// All lines of a group from a time on, each with its time. A group that is not there yet has none.
async fn lines(client: &Client, pace: &Pace, group: &str, since: i64) -> Result<Vec<(i64, String)>, Error> {
    let (mut lines, mut next) = (Vec::new(), None);
    loop {
        let search = client.filter_log_events().log_group_name(group).start_time(since);
        let page = match search.set_next_token(next).send().await {
            Ok(page) => page,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(FilterLogEventsError::is_resource_not_found_exception) =>
            {
                return Ok(lines);
            }
            Err(error) => return Err(Error::aws("logs:FilterLogEvents", &error)),
        };
        let events = page.events.unwrap_or_default().into_iter();
        lines.extend(events.filter_map(|event| Some((event.timestamp?, event.message?))));
        next = page.next_token;
        if next.is_none() {
            return Ok(lines);
        }
        tokio::time::sleep(pace.between_searches).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATE: i64 = 30;

    fn line(at: i64, text: &str) -> (i64, String) {
        (at, text.to_owned())
    }

    #[test]
    fn a_line_that_comes_late_is_new_and_a_line_that_is_found_again_is_not() {
        let mut seen = Seen::from(0);
        assert_eq!(seen.take(100, LATE, vec![line(90, "a")]), ["a"]);
        assert_eq!(seen.since(LATE), 70);
        assert_eq!(seen.take(110, LATE, vec![line(75, "late"), line(90, "a")]), ["late"]);
    }

    #[test]
    fn lines_of_before_the_first_look_are_not_looked_for() {
        assert_eq!(Seen::from(1000).since(LATE), 1000);
    }

    #[test]
    fn two_lines_of_the_same_time_are_both_new() {
        let mut seen = Seen::from(0);
        assert_eq!(seen.take(10, LATE, vec![line(5, "a"), line(5, "b"), line(5, "a")]), ["a", "b"]);
    }

    #[test]
    fn lines_that_can_not_be_found_again_are_forgotten() {
        let mut seen = Seen::from(0);
        for at in (0..10_000).step_by(10) {
            seen.take(at, LATE, vec![line(at, "a")]);
        }
        assert!(seen.lines.len() <= 4, "{}", seen.lines.len());
    }

    #[test]
    fn all_groups_are_looked_at_while_something_moves_and_now_and_then_otherwise() {
        let (awake, quiet) = (milliseconds(AWAKE), 3000);
        let mut tail = Tail { found: 1000, ..Tail::default() };
        assert!(tail.is_time_for_all(1000 + awake - 1, quiet), "there was a line");
        assert!(!tail.is_time_for_all(1000 + awake, quiet));
        assert!(!tail.is_time_for_all(1000 + awake + quiet - 2, quiet));
        assert!(tail.is_time_for_all(1000 + awake + quiet - 1, quiet), "the last such look was so long ago");
        assert!(!tail.is_time_for_all(1000 + awake + quiet, quiet));
    }

    #[test]
    fn after_a_long_time_without_a_look_only_the_last_minutes_are_read() {
        let mut tail = Tail::default();
        tail.groups.insert("group".to_owned(), Seen::from(0));
        let hour = milliseconds(Duration::from_hours(1));
        tail.resume(hour);
        assert_eq!(tail.groups["group"].since(0), hour - milliseconds(CATCH_UP));
        tail.resume(hour + 1);
        assert_eq!(tail.groups["group"].since(0), hour - milliseconds(CATCH_UP) + 1);
    }
}
