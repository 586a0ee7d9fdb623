//! Compares the journal of accepted requests with the stored rows, id by id.

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
};

use clap::Args;
use client::{
    Error,
    journal::{self, Accepted, Kind},
    tables::{Item, value},
};
use contracts::Money;

use super::findings::Audit;

/// The accepted requests to compare with the stored rows.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
pub struct Journals {
    /// Compare the stored requests with this journal of rydes load --journal; may be given several times
    #[arg(long = "journal", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Report every stored request that is in no journal: the journals contain every accepted request
    #[arg(long = "journal-is-complete", requires = "files")]
    pub are_complete: bool,
}

/// The accepted requests of all journals.
#[derive(Default)]
pub(super) struct Told {
    requests: HashMap<(Kind, String), Request>,
    is_complete: bool,
    /// Prebookings whose own id is in no journal.
    unnamed: Vec<String>,
    /// Lines that can't be read.
    unreadable: Vec<String>,
}

struct Request {
    accepted: Accepted,
    /// The id under which it is stored: that of the first request if this one is a repetition. `None` if it is not stored.
    stored: Option<String>,
}

impl Told {
    pub(super) fn read(journals: &Journals) -> Result<Self, Error> {
        let mut told = Self { is_complete: journals.are_complete, ..Self::default() };
        for file in &journals.files {
            let (accepted, unreadable) = journal::read(file)?;
            told.unreadable.extend(unreadable.iter().map(|n| format!("line {n} of {}", file.display())));
            for accepted in accepted {
                told.takes(accepted);
            }
        }
        Ok(told)
    }

    fn takes(&mut self, accepted: Accepted) {
        let of = (accepted.kind, accepted.id.clone());
        self.requests.insert(of, Request { accepted, stored: None });
    }

    /// Takes note of a stored request, by its own id.
    pub(super) fn stored(&mut self, kind: Kind, item: &Item, audit: &mut Audit) {
        let id = value(item, "id");
        let Some(request) = self.requests.get_mut(&(kind, id.clone())) else {
            match kind {
                // The journal may hold the id of a repetition instead.
                Kind::Prebooking => self.unnamed.push(id),
                Kind::Ride | Kind::Rfq if self.is_complete => audit.untold(kind, &id),
                Kind::Ride | Kind::Rfq => {}
            }
            return;
        };
        let Accepted { customer, fare, .. } = &request.accepted;
        // Of a rejected prebooking only the reasons are stored.
        let customer_is =
            |stored: String| stored.is_empty() || customer.as_ref().is_none_or(|c| *c == stored);
        let fare_is = |stored: String| {
            fare.as_ref().is_none_or(|fare| Money::parse(fare).ok() == Money::parse(&stored).ok())
        };
        let same = customer_is(value(item, "customer")) && fare_is(value(item, "fare"));
        let about = format!("{} {id}", kind.name());
        audit.expects(same, &about, kind.service(), "customer or fare differs from what was accepted");
        request.stored = Some(id);
    }

    /// Takes note of a repeated prebooking, which leads to the first one.
    pub(super) fn leads(&mut self, repetition: &str, to: String) {
        if let Some(request) = self.requests.get_mut(&(Kind::Prebooking, repetition.to_owned())) {
            request.stored = Some(to);
        }
    }

    /// Finds missing and surplus requests, once all tables were read.
    pub(super) fn audit(self, audit: &mut Audit) {
        for line in self.unreadable {
            audit.finds(line, "journal", "can't be read, so it was not compared");
        }
        audit.looked_at("requests in clients' journals", self.requests.len());
        let (mut reached, mut by_key) = (BTreeSet::new(), HashMap::<_, BTreeSet<_>>::new());
        for ((kind, id), Request { accepted, stored }) in &self.requests {
            let about = format!("{} {id}", kind.name());
            let Some(stored) = stored else {
                audit.finds(about, kind.service(), "accepted, but not stored");
                continue;
            };
            reached.insert((kind.name(), stored));
            if let Some(key) = &accepted.key {
                by_key.entry((kind, key)).or_default().insert(stored);
            }
        }
        for ((kind, key), stored) in by_key.into_iter().filter(|(_, stored)| stored.len() > 1) {
            let what = format!("one idempotency key stands for {} of them", stored.len());
            audit.finds(format!("{} with the key {key}", kind.name()), kind.service(), what);
        }
        if self.is_complete {
            let untold = |id: &&String| !reached.contains(&(Kind::Prebooking.name(), *id));
            self.unnamed.iter().filter(untold).for_each(|id| audit.untold(Kind::Prebooking, id));
        }
    }
}

impl Audit {
    fn untold(&mut self, kind: Kind, id: &str) {
        self.finds(format!("{} {id}", kind.name()), kind.service(), "stored, but no client was told so");
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    fn told(is_complete: bool, requests: &[(Kind, &str, &str)]) -> Told {
        let mut told = Told { is_complete, ..Told::default() };
        for (kind, id, key) in requests {
            told.takes(Accepted::now(*kind, id, Some(key), r#"{"customer":"c","fare":"12.0"}"#));
        }
        told
    }

    fn item(id: &str, customer: &str, fare: &str) -> Item {
        let attributes = [("id", id), ("customer", customer), ("fare", fare)];
        attributes.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))).into()
    }

    fn found(mut audit: Audit) -> Vec<(String, String)> {
        audit.findings.sort_by(|a, b| a.about.cmp(&b.about));
        audit.findings.into_iter().map(|finding| (finding.about, finding.what)).collect()
    }

    fn finds(about: &str, what: &str) -> (String, String) {
        (about.to_owned(), what.to_owned())
    }

    #[test]
    fn a_lost_request_and_an_unreported_one_are_two_findings_although_the_counts_agree() {
        let (missing, untold) = ("accepted, but not stored", "stored, but no client was told so");
        for (kind, is_complete) in
            [(Kind::Ride, true), (Kind::Prebooking, true), (Kind::Rfq, true), (Kind::Ride, false)]
        {
            let (mut told, mut audit) =
                (told(is_complete, &[(kind, "1", "a"), (kind, "2", "b")]), Audit::default());
            for id in ["1", "3"] {
                told.stored(kind, &item(id, "c", "12"), &mut audit);
            }
            told.audit(&mut audit);
            let mut expected = vec![finds(&format!("{} 2", kind.name()), missing)];
            if is_complete {
                expected.push(finds(&format!("{} 3", kind.name()), untold));
            }
            assert_eq!(found(audit), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_repetition_stands_for_the_first_request() {
        // The answer to the first request was lost, so the caller knows only the id in the second answer.
        let (mut told, mut audit) = (told(true, &[(Kind::Prebooking, "again", "k")]), Audit::default());
        told.stored(Kind::Prebooking, &item("first", "c", ""), &mut audit);
        told.leads("again", "first".to_owned());
        told.leads("a third", "first".to_owned());
        told.audit(&mut audit);
        assert_eq!(found(audit), []);
    }

    #[test]
    fn one_key_that_led_to_two_is_found() {
        let requests = [(Kind::Ride, "1", "k"), (Kind::Ride, "2", "k"), (Kind::Rfq, "3", "k")];
        let (mut told, mut audit) = (told(true, &requests), Audit::default());
        for (kind, id, _) in requests {
            told.stored(kind, &item(id, "c", "12"), &mut audit);
        }
        told.audit(&mut audit);
        assert!(
            matches!(&found(audit)[..], [(about, what)] if about == "ride with the key k" && what.contains("2 of them"))
        );
    }

    #[test]
    fn a_stored_request_must_equal_the_accepted_one() {
        for (customer, fare, is_same) in [
            ("c", "12", true),
            ("c", "12.00", true),
            ("d", "12", false),
            ("c", "12.01", false),
            ("", "12", true),
        ] {
            let (mut told, mut audit) = (told(true, &[(Kind::Ride, "1", "k")]), Audit::default());
            told.stored(Kind::Ride, &item("1", customer, fare), &mut audit);
            told.audit(&mut audit);
            assert_eq!(audit.is_green(), is_same, "{customer} {fare}");
        }
    }
}
