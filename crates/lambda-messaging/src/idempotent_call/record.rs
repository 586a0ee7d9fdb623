//! The record of a call.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::{
    Failure,
    item::{self, Item, moment, number, text},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub digest: String,
    pub api_key: String,
    pub status: Status,
    /// The time of the first call whose outcome counts.
    pub first_called_at: Timestamp,
    /// True if an earlier call than the one under way may have been made.
    pub in_doubt: bool,
    /// The time after which the record no longer counts; `None` if it counts for ever.
    pub expires_at: Option<Timestamp>,
    /// A random value of each write.
    pub token: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// A delivery may be calling until then.
    Calling { until: Timestamp },
    /// No delivery is calling. The next one may.
    Free,
    /// The call was made, with this outcome.
    Done { outcome: String },
    /// The call may have been made, and can't be repeated.
    Unknown,
}

impl Status {
    fn name(&self) -> &'static str {
        match self {
            Self::Calling { .. } => "CALLING",
            Self::Free => "FREE",
            Self::Done { .. } => "DONE",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl Record {
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// True while a delivery may be calling.
    pub(super) fn is_leased(&self, now: Timestamp) -> bool {
        matches!(self.status, Status::Calling { until } if now < until)
    }

    /// True if the call may have been made, and it isn't known.
    pub(super) fn may_be_in_doubt(&self) -> bool {
        match self.status {
            Status::Calling { .. } | Status::Unknown => true,
            Status::Free => self.in_doubt,
            Status::Done { .. } => false,
        }
    }

    pub(super) fn to_item(&self, id: &str) -> Item {
        let mut item = item::stamped(item::new([
            ("id", text(id)),
            ("digest", text(&self.digest)),
            ("apiKey", text(&self.api_key)),
            ("status", text(self.status.name())),
            ("firstCalledAt", moment(self.first_called_at)),
            ("inDoubt", AttributeValue::Bool(self.in_doubt)),
            ("token", text(&self.token)),
        ]));
        match &self.status {
            Status::Calling { until } => item.extend(item::new([("callingUntil", moment(*until))])),
            Status::Done { outcome } => item.extend(item::new([("outcome", text(outcome))])),
            Status::Free | Status::Unknown => {}
        }
        // DynamoDB's time to live takes whole seconds.
        item.extend(self.expires_at.map(|at| ("expiresAt".to_owned(), number(at.as_second()))));
        item
    }

    /// # Errors
    /// Permanent `MalformedCall` if the item is no record of a call. A person has to look at it: making the call could repeat it.
    pub(super) fn from_item(item: &Item) -> Result<Self, Failure> {
        let text =
            |name: &str| item.get(name).and_then(|value| value.as_s().ok()).ok_or_else(|| malformed(name));
        let time = |name: &str| text(name)?.parse().map_err(|_| malformed(name));
        let status = match text("status")?.as_str() {
            "CALLING" => Status::Calling { until: time("callingUntil")? },
            "FREE" => Status::Free,
            "DONE" => Status::Done { outcome: text("outcome")?.clone() },
            "UNKNOWN" => Status::Unknown,
            _ => return Err(malformed("status")),
        };
        let expires_at = item.get("expiresAt").map(|at| {
            let seconds = at.as_n().ok().and_then(|digits| digits.parse().ok());
            seconds.and_then(|at| Timestamp::from_second(at).ok()).ok_or_else(|| malformed("expiresAt"))
        });
        Ok(Self {
            digest: text("digest")?.clone(),
            api_key: text("apiKey")?.clone(),
            status,
            first_called_at: time("firstCalledAt")?,
            in_doubt: item.get("inDoubt").and_then(|value| value.as_bool().ok()).copied().unwrap_or(true),
            expires_at: expires_at.transpose()?,
            token: text("token")?.clone(),
        })
    }
}

fn malformed(name: &str) -> Failure {
    let detail = format!("the attribute {name} of a call's record is missing or unusable");
    Failure::permanent("MalformedCall", detail)
}
