//! The later reports of a provider: accepted refunds that failed, and disputes.

use std::{fmt, future::Future};

use contracts::RideId;
use jiff::Timestamp;

use super::{Payment, PaymentId, ProviderError};

/// The kinds of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// An accepted refund failed, so we still have the money.
    RefundFailed,
    /// The customer disputes the payment at the bank.
    Disputed,
}

impl ReportKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::RefundFailed, Self::Disputed];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == text)
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RefundFailed => "refund-failed",
            Self::Disputed => "disputed",
        })
    }
}

/// The provider's id of a refund or a dispute. It becomes part of an execution's name, so it is short and has plain characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportId(String);

impl ReportId {
    /// An execution's name has 80 characters, of which the fare and a hyphen take 37.
    const MAX_LENGTH: usize = 43;

    /// The id, if it can be part of an execution's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        ((1..=Self::MAX_LENGTH).contains(&text.len()) && plain).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A provider's reason code. Any other text could contain personal data, and becomes `unknown`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonCode(String);

impl ReasonCode {
    const MAX_LENGTH: usize = 64;

    /// The code in a text.
    #[must_use]
    pub fn from_text(text: Option<&str>) -> Self {
        let is_code = |text: &&str| {
            let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            (1..=Self::MAX_LENGTH).contains(&text.len()) && plain
        };
        Self(text.filter(is_code).unwrap_or("unknown").to_owned())
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A provider's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kind of report.
    pub kind: ReportKind,
    /// The provider's id of the refund or the dispute. It is the same each time the report is read.
    pub id: ReportId,
    /// The fare that was paid.
    pub fare: RideId,
    /// The provider's id of its payment.
    pub payment: PaymentId,
    /// The reason that the provider gives.
    pub reason: ReasonCode,
    /// The time of the event.
    pub at: Timestamp,
}

/// A page of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPage {
    /// The reports, in any order.
    pub reports: Vec<Report>,
    /// The cursor of the next page, if there is one.
    pub next: Option<Cursor>,
}

/// A position in a list of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// A provider's reports, which are only read.
pub trait ProviderReports {
    /// A page of the reports since this time. The same report may be on several pages.
    fn reports(
        &self,
        kind: ReportKind,
        since: Timestamp,
        after: Option<&Cursor>,
    ) -> impl Future<Output = Result<ReportPage, ProviderError>>;

    /// True if the whole payment is refunded, or its refund is under way. A failed refund may have been followed by another one.
    fn is_refunded(
        &self,
        payment: &Payment,
        id: &PaymentId,
    ) -> impl Future<Output = Result<bool, ProviderError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_fits_into_an_executions_name() {
        for id in ["re_1MtJUT2eZvKYlo2CNaw2HvEv", "a", &"x".repeat(43)] {
            assert_eq!(ReportId::parse(id).unwrap().to_string(), id);
        }
        for id in ["", "re 1", "re:1", "ré", &"x".repeat(44)] {
            assert_eq!(ReportId::parse(id), None, "{id}");
        }
    }

    #[test]
    fn a_reason_is_a_code_and_quotes_nobody() {
        let code = |text| ReasonCode::from_text(text).to_string();
        assert_eq!(code(Some("expired_or_canceled_card")), "expired_or_canceled_card");
        for text in [None, Some(""), Some("Jane Doe's card"), Some("FRAUD"), Some(&"x".repeat(65))] {
            assert_eq!(code(text), "unknown", "{text:?}");
        }
    }
}
