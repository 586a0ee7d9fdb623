//! The events that the lake has filed.

use std::collections::HashMap;

use client::{Error, lake::Lake};

use super::findings::Audit;

/// The number of times that the lake's view counts each event. It is read by one query, because every query reads the whole lake. An
/// audit keeps nothing else in memory: about a hundred bytes for each event.
pub(super) struct Filed(HashMap<String, Count>);

struct Count {
    times: u64,
    event_type: String,
    /// False until the accepted request of this event is found.
    is_known: bool,
}

impl Filed {
    pub(super) async fn in_lake(lake: &Lake) -> Result<Self, Error> {
        let mut filed = Self(HashMap::new());
        let question = "id, min(type) AS type, count(*) AS n FROM unique_events GROUP BY id";
        lake.each_row(question, |row| filed.take(row)).await?;
        Ok(filed)
    }

    fn take(&mut self, row: Vec<String>) {
        if let Ok([id, event_type, times]) = <[String; 3]>::try_from(row) {
            let times = times.parse().unwrap_or_default();
            self.0.insert(id, Count { times, event_type, is_known: false });
        }
    }

    /// The number of times that an expected event is counted.
    pub(super) fn known(&mut self, id: &str) -> u64 {
        let count = self.0.get_mut(id);
        count.map_or(0, |count| {
            count.is_known = true;
            count.times
        })
    }

    /// True if it is counted at all.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Finds events of rides or prebookings that were never accepted.
    pub(super) fn audit_strangers(&self, audit: &mut Audit) {
        for (id, count) in self.0.iter().filter(|(_, count)| !count.is_known) {
            let what = match count.event_type.as_str() {
                "RideCompleted" => "event of a ride that was never accepted",
                "FareCollected" | "FareCollectionFailed" => "outcome of a fare that does not exist",
                "PrebookingSubmitted" | "PrebookingRejected" => "event of a prebooking that does not exist",
                // Events of other types are not audited.
                _ => continue,
            };
            audit.finds(format!("event {id}"), "datalake-ingestion", what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_an_accepted_request_is_a_finding_of_its_own() {
        let mut filed = Filed(HashMap::new());
        for (id, event_type) in
            [("r-1", "RideCompleted"), ("r-2", "RideCompleted"), ("b", "PrebookingRejected"), ("o", "Other")]
        {
            filed.take([id, event_type, "1"].map(str::to_owned).to_vec());
        }
        assert_eq!((filed.known("r-1"), filed.known("missing")), (1, 0));
        let mut audit = Audit::default();
        filed.audit_strangers(&mut audit);
        let mut about: Vec<_> = audit.findings.iter().map(|finding| finding.about.as_str()).collect();
        about.sort_unstable();
        assert_eq!(about, ["event b", "event r-2"]);
    }
}
