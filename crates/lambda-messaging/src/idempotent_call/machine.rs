//! The states of a call. Nothing here waits or writes, so every transition can be tested with any crash before and after it.

use jiff::{SignedDuration, Timestamp};

use super::{
    Api,
    call::Call,
    record::{Record, Status},
};

/// The next step that a delivery may take with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// Make it, once this record is written.
    Call(Record),
    /// Nothing: it has this outcome.
    Done(String),
    /// Nothing: its outcome is unknown. This record says so, if none does yet.
    Unknown(Option<Record>),
    /// Nothing yet: another delivery may be calling.
    Wait,
    /// Nothing: the id is that of another request.
    Conflict,
}

/// The outcome of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was made, with this outcome.
    Made(String),
    /// It was certainly not made.
    NotMade,
    /// It may have been made.
    Unknown,
}

impl Answer {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Made(_) => "made",
            Self::NotMade => "not made",
            Self::Unknown => "unknown",
        }
    }
}

/// Decides what a delivery may do, from the record that it found.
pub(super) fn claim(
    found: Option<&Record>,
    call: &Call,
    api: Api,
    lease: SignedDuration,
    now: Timestamp,
) -> Claim {
    let until = now + lease;
    let Some(found) = found.filter(|record| !record.is_expired(now)) else {
        return Claim::Call(Record {
            digest: call.digest.clone(),
            api_key: call.api_key(),
            status: Status::Calling { until },
            first_called_at: now,
            in_doubt: false,
            expires_at: None,
            token: token(),
        });
    };
    if found.digest != call.digest {
        return Claim::Conflict;
    }
    match &found.status {
        Status::Done { outcome } => Claim::Done(outcome.clone()),
        Status::Unknown => Claim::Unknown(None),
        Status::Calling { .. } if found.is_leased(now) => Claim::Wait,
        Status::Free if !found.in_doubt => {
            let status = Status::Calling { until };
            Claim::Call(Record {
                status,
                first_called_at: now,
                expires_at: None,
                token: token(),
                ..found.clone()
            })
        }
        Status::Calling { .. } | Status::Free => {
            let doubt = Record { in_doubt: true, expires_at: None, token: token(), ..found.clone() };
            // The API must still know the key when this lease ends.
            if matches!(api, Api::WithKeys { remembered } if until <= found.first_called_at + remembered) {
                Claim::Call(Record { status: Status::Calling { until }, ..doubt })
            } else {
                Claim::Unknown(Some(Record { status: Status::Unknown, ..doubt }))
            }
        }
    }
}

/// The record after an answer to the call under way.
pub(super) fn answered(
    found: &Record,
    answer: &Answer,
    api: Api,
    kept: SignedDuration,
    now: Timestamp,
) -> Record {
    let (status, in_doubt) = match (answer, api) {
        (Answer::Made(outcome), _) => (Status::Done { outcome: outcome.clone() }, false),
        (Answer::NotMade, _) => (Status::Free, found.in_doubt),
        (Answer::Unknown, Api::WithKeys { .. }) => (Status::Free, true),
        (Answer::Unknown, Api::WithoutKeys) => (Status::Unknown, true),
    };
    // A call in doubt is never forgotten.
    let expires_at = (!in_doubt).then(|| now + kept);
    Record { status, in_doubt, expires_at, token: token(), ..found.clone() }
}

/// True if an answer still counts although another delivery has changed the record: the outcome of the same call is a fact.
pub(super) fn still_counts(answer: &Answer, claimed: &Record, found: &Record) -> bool {
    let is_same_call = (&found.digest, &found.api_key, found.first_called_at)
        == (&claimed.digest, &claimed.api_key, claimed.first_called_at);
    matches!(answer, Answer::Made(_)) && is_same_call && !matches!(found.status, Status::Done { .. })
}

fn token() -> String {
    format!("{:032x}", fastrand::u128(..))
}
