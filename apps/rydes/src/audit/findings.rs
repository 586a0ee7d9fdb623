//! The findings of an audit.

use std::collections::BTreeMap;

use serde::Serialize;

/// The auditor's findings.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Audit {
    /// The number of items that it looked at, by kind.
    pub looked_at: BTreeMap<&'static str, u64>,
    /// The findings, up to the first thousand.
    pub findings: Vec<Finding>,
    /// The number of all findings.
    pub found: u64,
    /// Dead letters that carry their reason, by queue and reason.
    pub dead_letters: BTreeMap<String, u64>,
    /// Payments that their customers dispute, as far as our records say: the first thousand.
    pub disputes: Vec<Dispute>,
}

/// A payment that its customer disputes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dispute {
    /// The fare that was paid.
    pub fare: String,
    /// The provider's id of the dispute.
    pub id: String,
    /// The reason, as the provider says.
    pub reason: String,
}

/// A fault of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The subject: a ride, a fare, a message and so on.
    pub about: String,
    /// The service with the fault.
    pub service: String,
    /// The fault.
    pub what: String,
}

const MOST_SHOWN: usize = 1000;

impl Audit {
    /// True if there are no findings.
    pub fn is_green(&self) -> bool {
        self.found == 0
    }

    pub(super) fn looked_at(&mut self, what: &'static str, count: usize) {
        *self.looked_at.entry(what).or_default() += count as u64;
    }

    pub(super) fn finds(&mut self, about: impl Into<String>, service: &str, what: impl Into<String>) {
        self.found += 1;
        if self.findings.len() < MOST_SHOWN {
            self.findings.push(Finding {
                about: about.into(),
                service: service.to_owned(),
                what: what.into(),
            });
        }
    }

    pub(super) fn lists(&mut self, dispute: Dispute) {
        if self.disputes.len() < MOST_SHOWN {
            self.disputes.push(dispute);
        }
    }

    /// Adds a finding unless this holds.
    pub(super) fn expects(&mut self, holds: bool, about: &str, service: &str, otherwise: &str) {
        if !holds {
            self.finds(about, service, otherwise);
        }
    }
}
