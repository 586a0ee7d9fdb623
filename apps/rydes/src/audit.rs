//! `rydes audit`: whether what was accepted has taken effect, once, everywhere that it should.
//!
//! The auditor knows the contract and nothing else: what was accepted, what each service has made of it, and the rules by
//! which the one follows from the other. It goes through the tables page by page, so a million rides take it longer than a
//! thousand, and more memory only for the lake's list of events, and for what clients were told. It is for a deployment at rest: what is under way is not yet where it should be.

mod bookings;
mod effects;
mod filed;
mod journal;
mod pages;
mod queues;
mod rides;

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

pub use self::journal::Journals;
use self::{filed::Filed, journal::Told, pages::Pages};
use crate::{Deployment, Error, Lake};

/// What the auditor has found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Audit {
    /// How much of what it looked at.
    pub looked_at: BTreeMap<&'static str, u64>,
    /// What isn't as it should be: the first thousand.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub found: u64,
    /// Dead letters that carry their reason, by queue and reason.
    pub dead_letters: BTreeMap<String, u64>,
}

/// Something that isn't as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub about: String,
    /// The service that it shows at.
    pub service: &'static str,
    /// What is wrong.
    pub what: String,
}

const MOST_SHOWN: usize = 1000;

impl Audit {
    /// True if everything is as it should be.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.found == 0
    }

    fn looked_at(&mut self, what: &'static str, count: usize) {
        *self.looked_at.entry(what).or_default() += count as u64;
    }

    fn finds(&mut self, about: impl Into<String>, service: &'static str, what: impl Into<String>) {
        self.found += 1;
        if self.findings.len() < MOST_SHOWN {
            self.findings.push(Finding { about: about.into(), service, what: what.into() });
        }
    }

    /// Finds something unless it holds.
    fn expects(&mut self, holds: bool, about: &str, service: &'static str, otherwise: &str) {
        if !holds {
            self.finds(about, service, otherwise);
        }
    }
}

/// Waits until nothing is under way, or until the time is up, and then looks at everything.
pub async fn audit(
    deployment: &Deployment,
    settle: Duration,
    journals: &Journals,
    mut progress: impl FnMut(&Audit),
) -> Result<Audit, Error> {
    let mut audit = Audit::default();
    // A journal that can't be read is better seen now than after all is looked at.
    let mut told = Told::read(journals)?;
    let pages = Pages::of(deployment);
    queues::settle(deployment, settle, &mut audit).await?;
    let mut filed = Filed::in_lake(&Lake::of(deployment)?).await?;
    rides::audit(deployment, &pages, &mut filed, &mut told, &mut audit, &mut progress).await?;
    effects::audit(&pages, &mut audit, &mut progress).await?;
    bookings::audit(&pages, &mut filed, &mut told, &mut audit, &mut progress).await?;
    filed.audit_strangers(&mut audit);
    if !journals.files.is_empty() {
        told.audit(&mut audit);
    }
    queues::dead_letters(deployment, &pages, &mut audit).await?;
    progress(&audit);
    Ok(audit)
}
