//! Audits fares: the collection of each must have ended, and the money must add up.

use std::collections::HashMap;

use client::{
    Deployment, Error,
    subscribers::Published,
    tables::{Item, time, value},
};
use contracts::Money;
use jiff::Timestamp;

use super::{
    filed::Filed,
    findings::{Audit, Dispute},
    pages::{FARES, LEDGER, PAYMENTS, PROVIDER, Pages},
    subscribers::Effects,
};

/// An end of a collection, which is published as an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Collected,
    Failed,
}

pub(super) const ENDINGS: [Ending; 2] = [Ending::Collected, Ending::Failed];

impl Ending {
    const fn event_type(self) -> &'static str {
        match self {
            Self::Collected => "FareCollected",
            Self::Failed => "FareCollectionFailed",
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Collected => "-collected",
            Self::Failed => "-failed",
        }
    }

    /// The id of the event that announces this end.
    pub fn id(self, ride: &str) -> String {
        format!("{ride}{}", self.suffix())
    }

    /// The ride's id in an event's id. The events of the two ends have the ride's id with a suffix, other events the ride's id itself.
    pub fn ride_of(event: &str) -> &str {
        ENDINGS.iter().find_map(|ending| event.strip_suffix(ending.suffix())).unwrap_or(event)
    }

    /// The event that announces this end.
    fn event(self, ride: &Item) -> Published {
        let id = value(ride, "id");
        let fields =
            [("fare", &id), ("customer", &value(ride, "customer")), ("amount", &value(ride, "fare"))];
        let data = fields.map(|(name, value)| (name.to_owned(), value.clone())).into();
        Published { id: self.id(&id), time: time(ride, "recordedAt").unwrap_or(Timestamp::UNIX_EPOCH), data }
    }
}

/// The records of some rides' fares.
pub(super) struct Fares {
    ledger: HashMap<[String; 2], Item>,
    collections: HashMap<[String; 1], Item>,
    payments: HashMap<[String; 1], Item>,
    /// The simulated provider's books; `None` if the deployment uses another provider.
    provider: Option<HashMap<[String; 2], Item>>,
    told: Vec<(Ending, Effects)>,
}

impl Fares {
    pub async fn of(pages: &Pages<'_>, deployment: &Deployment, rides: &[Item]) -> Result<Self, Error> {
        let ids: Vec<String> = rides.iter().map(|ride| value(ride, "id")).collect();
        let each = || ids.iter().map(|id| [id.clone()]);
        let entries = ["CREDITED", "REVERSED"];
        let entries = ids.iter().flat_map(|id| entries.map(|entry| [id.clone(), entry.to_owned()]));
        let mut told = Vec::new();
        for ending in ENDINGS {
            let events: Vec<Published> = rides.iter().map(|ride| ending.event(ride)).collect();
            told.push((ending, Effects::of(pages, deployment, ending.event_type(), &events).await?));
        }
        Ok(Self {
            ledger: pages.with(LEDGER, ["fareId", "entry"], entries).await?,
            collections: pages.with(FARES, ["fareId"], each()).await?,
            payments: pages.with(PAYMENTS, ["fareId"], each()).await?,
            provider: books(pages, &ids).await?,
            told,
        })
    }

    /// Checks that a collected fare is captured and credited, and that any other fare has left no money behind. Either way its
    /// subscribers must have had the effect of the outcome.
    pub fn audit(&self, ride: &Item, filed: &mut Filed, audit: &mut Audit) -> Result<(), Error> {
        let (id, owed) = (&value(ride, "id"), money(ride, "fare"));
        let about = format!("fare {id}");
        let Some(fare) = self.collections.get(&[id.to_owned()]) else {
            audit.finds(about, FARES.0, "collection has not begun");
            return Ok(());
        };
        audit.looked_at("fares", 1);
        audit.expects(money(fare, "amount") == owed, &about, FARES.0, "wrong amount collected");
        let payment = self.payments.get(&[id.to_owned()]);
        let payment = payment.map(|payment| (value(payment, "status"), money(payment, "amount")));
        let captured = match &payment {
            Some((status, amount)) if status == "CAPTURED" => *amount,
            _ => Money::default(),
        };
        self.audit_books(id, &about, audit);
        self.audit_dispute(id, &about, audit);
        let credited = match (self.entry(id, "CREDITED"), self.entry(id, "REVERSED")) {
            (Some(amount), None) => amount,
            _ => Money::default(),
        };
        audit.expects(captured == credited, &about, PAYMENTS.0, "amount captured differs from the ledger");
        match value(fare, "status").as_str() {
            "COLLECTED" => {
                audit.expects(credited == owed, &about, LEDGER.0, "collected, but not paid in full");
                self.audit_told(ride, Ending::Collected, &about, filed, audit)?;
            }
            "FAILED" => {
                audit.expects(credited == Money::default(), &about, LEDGER.0, "given up, but paid");
                match payment.as_ref().map(|(status, _)| status.as_str()) {
                    Some("AUTHORIZED") => {
                        audit.finds(&about, PAYMENTS.0, "given up, but its amount is still reserved");
                    }
                    Some("REQUESTED" | "GIVEN_UP") => {
                        let what = "given up, and its amount may still be reserved";
                        audit.finds(&about, PAYMENTS.0, what);
                    }
                    _ => {}
                }
                self.audit_told(ride, Ending::Failed, &about, filed, audit)?;
            }
            "NEEDS_REVIEW" => audit.finds(about, FARES.0, "needs review: see rydes fare"),
            _ => audit.finds(about, FARES.0, "collection has not ended"),
        }
        Ok(())
    }

    /// Checks that the provider's books agree with our own record: they have no reservation that our record lacks, and no refund that
    /// failed later.
    fn audit_books(&self, id: &str, about: &str, audit: &mut Audit) {
        let Some(books) = &self.provider else { return };
        let ours = self.payments.get(&[id.to_owned()]);
        let theirs = books.get(&[id.to_owned(), "STATE".to_owned()]);
        let (recorded, state) =
            (ours.map(|ours| value(ours, "status")), theirs.map(|theirs| value(theirs, "state")));
        let agree = match recorded.as_deref() {
            Some("AUTHORIZED" | "CAPTURED" | "REFUNDED") => {
                recorded == state && ours.map(|o| money(o, "amount")) == theirs.map(|t| money(t, "amount"))
            }
            _ => matches!(state.as_deref(), None | Some("VOIDED")),
        };
        audit.expects(agree, about, PAYMENTS.0, "the provider's books differ");
    }

    /// Lists a dispute. It is a finding only if our record lacks a dispute that the provider has.
    fn audit_dispute(&self, id: &str, about: &str, audit: &mut Audit) {
        let ours = self.payments.get(&[id.to_owned()]);
        let dispute = ours.map(|ours| value(ours, "disputeId")).unwrap_or_default();
        let books = self.provider.as_ref().and_then(|books| books.get(&[id.to_owned(), "STATE".to_owned()]));
        let theirs = books.map(|theirs| value(theirs, "dispute")).unwrap_or_default();
        let known = theirs.is_empty() || theirs == dispute;
        audit.expects(known, about, PAYMENTS.0, "the provider has a dispute that our record lacks");
        if let Some(ours) = ours.filter(|_| !dispute.is_empty()) {
            audit.lists(Dispute { fare: id.to_owned(), id: dispute, reason: value(ours, "disputeReason") });
        }
    }

    /// Checks that every service that takes the outcome has had its effect, and that none has had the effect of another outcome.
    fn audit_told(
        &self,
        ride: &Item,
        ending: Ending,
        about: &str,
        filed: &mut Filed,
        audit: &mut Audit,
    ) -> Result<(), Error> {
        for (other, effects) in &self.told {
            let event = other.event(ride);
            if *other == ending {
                effects.audit(&event, about, filed, audit)?;
            } else {
                audit.expects(
                    !effects.any(&event, filed)?,
                    about,
                    FARES.0,
                    "two different outcomes were published",
                );
            }
        }
        Ok(())
    }

    fn entry(&self, fare: &str, entry: &str) -> Option<Money> {
        self.ledger.get(&[fare.to_owned(), entry.to_owned()]).map(|entry| money(entry, "amount"))
    }
}

async fn books(pages: &Pages<'_>, ids: &[String]) -> Result<Option<HashMap<[String; 2], Item>>, Error> {
    let states = ids.iter().map(|id| [id.clone(), "STATE".to_owned()]);
    match pages.with(PROVIDER, ["fareId", "entry"], states).await {
        Err(Error::NoOutput { .. }) => Ok(None),
        books => books.map(Some),
    }
}

fn money(item: &Item, name: &str) -> Money {
    Money::parse(&value(item, name)).unwrap_or_default()
}
