//! An idempotent call to a third-party API: a payment, an e-mail, an order. Such a call can't be part of a transaction. So a record
//! of the call is written before it, and another after it.
//!
//! ```no_run
//! use jiff::SignedDuration;
//! use lambda_messaging::{
//!     Effect, Failure,
//!     idempotent_call::{Api, CallError, Calls},
//! };
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct Charge {
//!     customer: String,
//!     cents: u64,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Receipt {
//!     id: String,
//! }
//!
//! # async fn post_charge(_: &Charge, _: &str) -> Result<Receipt, CallError> { unimplemented!() }
//! # async fn example(dynamodb: aws_sdk_dynamodb::Client, event_id: &str, charge: Charge) -> Result<Effect, Failure> {
//! let provider = Api::WithKeys { remembered: SignedDuration::from_hours(24) };
//! let calls = Calls::new(dynamodb, "calls".into(), provider, SignedDuration::from_secs(30));
//!
//! let id = format!("charge/{event_id}");
//! let charged = calls.make(&id, &charge, async |key| post_charge(&charge, key).await).await?;
//! let (receipt, effect) = charged.known()?;
//! println!("the receipt is {}", receipt.id);
//! # Ok(effect)
//! # }
//! ```
//!
//! # The record
//! The table has the hash key `id` and the time-to-live attribute `expiresAt`. The function needs `dynamodb:PutItem` on it, and
//! `dynamodb:GetItem` to [resolve](Calls::resolve) doubts.
//!
//! ```text
//!              ┌── certainly not made ──▶ FREE ──────────┐
//!              │                                         │ next delivery
//! (none) ── claim ──▶ CALLING ── answer ──▶ DONE         │
//!              ▲         │                               │
//!              │         ├── no answer, or the lease ends, and the API knows the key ──▶ FREE, in doubt
//!              │         └── no answer, or the lease ends, and the API knows no keys ──▶ UNKNOWN ── resolve ──▶ DONE or FREE
//!              └─────────────────────────────────────────┘
//! ```
//!
//! | attribute | meaning |
//! |---|---|
//! | `id` | the call's id: it contains the message's id, and names the call if a message leads to several |
//! | `digest` | the digest of the request. The same id with another request is a permanent `IdempotencyConflict` |
//! | `apiKey` | the idempotency key for the API: derived from id and request once, and stored before the first call |
//! | `status` | `CALLING`, `FREE`, `DONE` or `UNKNOWN` |
//! | `callingUntil` | the end of the lease: until then no other delivery makes the call |
//! | `firstCalledAt` | the time of the first call whose outcome counts. The API's memory of the key begins then |
//! | `inDoubt` | true if an earlier call may have been made |
//! | `outcome` | the outcome, as JSON. Duplicates get it |
//! | `expiresAt` | the time after which the record no longer counts, even if DynamoDB hasn't deleted it yet |
//! | `token` | a random value of each write. A write succeeds only on the record that was read |
//!
//! A record expires only if it is `DONE`, or if the call was certainly not made. A call in doubt is never forgotten.
//!
//! # The guarantees
//! Until the record expires, at each point at which the function can be killed:
//!
//! | killed | the API knows keys | the API knows no keys |
//! |---|---|---|
//! | before the claim is written | the next delivery calls | the next delivery calls |
//! | after the claim, before the call | after the lease, the next delivery calls | never called again: the outcome is [`Unknown`](Outcome::Unknown) |
//! | during the call, or after it and before the outcome is written | after the lease, the call is repeated with the same key, and the API gives its first answer | never called again: the outcome is [`Unknown`](Outcome::Unknown) |
//! | after the outcome is written | duplicates get the outcome, without a call | duplicates get the outcome, without a call |
//!
//! - **An API without keys is called at most once.** No library can tell the second row of the table from the third. So the outcome
//!   is unknown in both, and a person, or a look-up in the API, [resolves](Calls::resolve) it.
//! - **An API with keys is called until its answer is recorded.** It makes the effect once, if it keeps its promise for as long as
//!   [`Api::WithKeys`] says. After that time a call in doubt is not repeated, and its outcome is unknown too.
//! - A refusal is not stored: the next delivery calls again. If an earlier call is in doubt, a refusal doesn't remove the doubt, because
//!   it may not be the answer to that call.
//! - A call that was made and whose outcome can't be recorded still returns its outcome, with a warning in the log. Its duplicates are
//!   treated as after a kill in the third row.
//!
//! Not guaranteed: anything after the record has expired, or if the clocks of two functions differ by more than a fifth of the lease.
//! The lease must be longer than the function's timeout, because only then its owner is no longer calling when it ends.

mod answer;
mod call;
mod claim;
mod lease;
mod machine;
mod outcome;
mod record;
mod resolve;
mod table;

use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout_at;

pub use self::outcome::{Api, CallError, Outcome, Resolution};
use self::{call::Call, claim::Claimed, lease::Lease, machine::Answer, table::Table};
use crate::{Failure, json};

/// The time for which a record is kept after the call has ended, unless [`Calls::kept_for`] says another.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The calls to an API, and the table of their records.
///
/// ```
/// # fn example(dynamodb: aws_sdk_dynamodb::Client) {
/// use jiff::SignedDuration;
/// use lambda_messaging::idempotent_call::{Api, Calls};
///
/// let lease = SignedDuration::from_secs(40); // the function's timeout is 30 seconds
/// let mails = Calls::new(dynamodb, "mails".into(), Api::WithoutKeys, lease);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Calls {
    table: Table,
    api: Api,
    lease: SignedDuration,
    kept: SignedDuration,
    clock: fn() -> Timestamp,
}

/// The current time, with the precision of the record.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

impl Calls {
    /// Calls to this API, with their records in the table of this name. The lease must be longer than the function's timeout. Its last
    /// fifth is for recording the outcome: a call that takes longer is cut off, and its outcome is unknown.
    ///
    /// ```
    /// # use jiff::SignedDuration;
    /// # use lambda_messaging::idempotent_call::{Api, Calls};
    /// # fn example(dynamodb: aws_sdk_dynamodb::Client) {
    /// let provider = Api::WithKeys { remembered: SignedDuration::from_hours(24) };
    /// let charges = Calls::new(dynamodb, "charges".into(), provider, SignedDuration::from_secs(30));
    /// # }
    /// ```
    #[must_use]
    pub fn new(client: Client, table: String, api: Api, lease: SignedDuration) -> Self {
        Self { table: Table { client, name: table }, api, lease, kept: KEPT, clock: now }
    }

    /// Keeps a record for this long after the call has ended, instead of 14 days. It should be longer than any duplicate can be late:
    /// a queue keeps a message for up to 14 days.
    ///
    /// ```
    /// # use jiff::SignedDuration;
    /// # use lambda_messaging::idempotent_call::{Api, Calls};
    /// # fn example(charges: Calls) {
    /// let charges = charges.kept_for(SignedDuration::from_hours(30 * 24));
    /// # }
    /// ```
    #[must_use]
    pub fn kept_for(self, kept: SignedDuration) -> Self {
        Self { kept, ..self }
    }

    /// Makes a call, unless an earlier delivery has made it. `call` gets the idempotency key for the API: a UUID, the same for each
    /// repetition of the call.
    ///
    /// ```no_run
    /// # use lambda_messaging::{Failure, idempotent_call::{Calls, Outcome}};
    /// # async fn send_mail(_: &str, _: &str) -> Result<String, lambda_messaging::idempotent_call::CallError> { unimplemented!() }
    /// # async fn example(mails: Calls, event_id: &str) -> Result<(), Failure> {
    /// let id = format!("receipt/{event_id}");
    /// match mails.make(&id, &"Thank you!", async |key| send_mail("Thank you!", key).await).await? {
    ///     Outcome::Made(mail) => println!("sent as {mail}"),
    ///     Outcome::Duplicate(mail) => println!("was sent before, as {mail}"),
    ///     Outcome::Unknown => println!("perhaps sent: a person has to check"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - permanent `IdempotencyConflict` if the id was used before with another request
    /// - transient `CallInProgress` while another delivery may be calling
    /// - transient `OutcomeUnknown` if the call may have been made and can be repeated
    /// - the failure of a call that was certainly not made
    /// - as [`Failure::aws`] if the record can't be read or written; then nothing was called
    pub async fn make<T: Serialize + DeserializeOwned>(
        &self,
        id: &str,
        request: &impl Serialize,
        call: impl AsyncFnOnce(&str) -> Result<T, CallError>,
    ) -> Result<Outcome<T>, Failure> {
        let lease = Lease::begin(self.lease);
        let this = Call::new(id, request)?;
        let claimed = match self.claim(&this, &lease).await? {
            Claimed::Ours(claimed) => claimed,
            Claimed::Done(outcome) => return Ok(Outcome::Duplicate(read(&outcome)?)),
            Claimed::Unknown => return Ok(Outcome::Unknown),
        };
        let called = timeout_at(lease.call_ends, call(&claimed.api_key)).await;
        let cut_off = || CallError::Unknown(Failure::transient("OutOfTime", "the call took too long"));
        let called = called.unwrap_or_else(|_| Err(cut_off()));
        let answer = match &called {
            Ok(outcome) => json::write(outcome).map_or(Answer::Unknown, Answer::Made),
            Err(CallError::NotMade(_)) => Answer::NotMade,
            Err(CallError::Unknown(_)) => Answer::Unknown,
        };
        self.record_answer(&this, &claimed, &answer, &lease).await;
        outcome::of(called, claimed.in_doubt, self.api)
    }
}

fn read<T: DeserializeOwned>(outcome: &str) -> Result<T, Failure> {
    json::read(outcome).map_err(|_| {
        Failure::permanent(
            "UnreadableOutcome",
            "the stored outcome is not what this version of the function expects",
        )
    })
}

#[cfg(test)]
mod tests;
