//! Each accepted ride, and what follows from it.

use std::collections::HashMap;

use client::{
    Deployment, Error,
    journal::Kind,
    tables::{Item, value},
};
use contracts::Money;
use rust_decimal::Decimal;

use super::{
    filed::Filed,
    findings::Audit,
    pages::{EXTRAORDINARY, FARES, LEDGER, LOYALTY, NOTIFICATIONS, PAYMENTS, PROVIDER, Pages, RIDES},
    sources::Sources,
};

/// So many are looked up together.
const TOGETHER: usize = 300;

/// Every ride: in the ledger, in loyalty, in the notifications and in the lake once, among the extraordinary ones if and
/// only if it is one, and its fare at an end at which the money adds up.
pub(super) async fn audit(
    deployment: &Deployment,
    Sources { pages, filed, told }: &mut Sources<'_>,
    audit: &mut Audit,
    progress: &mut impl FnMut(&Audit),
) -> Result<(), Error> {
    let bounds = Bounds::from_deployment(deployment)?;
    let mut rides = pages.all(RIDES)?.send();
    while let Some(page) = rides.next().await {
        let page = page.map_err(|error| Error::aws("dynamodb:Scan", &error))?;
        for some in page.items().chunks(TOGETHER) {
            let mut effects = Effects::of(pages, filed, some).await?;
            for ride in some {
                effects.audit(ride, &bounds, audit);
                told.stored(Kind::Ride, ride, audit);
            }
            audit.looked_at("rides", some.len());
            progress(audit);
        }
    }
    Ok(())
}

/// From where on rides are extraordinary. The contract says so, by the parameters of the stack; what its filter says is
/// what is audited.
struct Bounds {
    fare: Decimal,
    distance: Decimal,
}

impl Bounds {
    fn from_deployment(deployment: &Deployment) -> Result<Self, Error> {
        let bound = |name: &str| {
            let value = deployment.parameter("extraordinary-rides", name)?;
            value.parse().map_err(|_| Error::Unexpected(format!("the parameter {name} is no number")))
        };
        Ok(Self { fare: bound("MinimumFare")?, distance: bound("MinimumDistance")? })
    }

    fn include(&self, ride: &Item) -> bool {
        let number = |name: &str| value(ride, name).parse::<Decimal>().unwrap_or_default();
        number("fare") >= self.fare && number("distance") >= self.distance
    }
}

/// The effects that some rides have had in the services.
struct Effects<'a> {
    ledger: HashMap<[String; 2], Item>,
    fares: HashMap<[String; 1], Item>,
    payments: HashMap<[String; 1], Item>,
    /// The simulated provider's books; none where another provider moves the money.
    provider: Option<HashMap<[String; 2], Item>>,
    awards: HashMap<[String; 2], Item>,
    notifications: HashMap<[String; 1], Item>,
    extraordinary: HashMap<[String; 1], Item>,
    filed: &'a mut Filed,
}

const ENDINGS: [&str; 2] = ["collected", "failed"];

impl<'a> Effects<'a> {
    async fn of(pages: &Pages<'_>, filed: &'a mut Filed, rides: &[Item]) -> Result<Self, Error> {
        let ids: Vec<String> = rides.iter().map(|ride| value(ride, "id")).collect();
        let each = || ids.iter().map(|id| [id.clone()]);
        let entries = ["OPENED", "CREDITED", "REVERSED"];
        let entries = ids.iter().flat_map(|id| entries.map(|entry| [id.clone(), entry.to_owned()]));
        let awards = rides.iter().map(|ride| [value(ride, "customer"), award(&value(ride, "id"))]);
        let outcomes = ids.iter().flat_map(|id| ENDINGS.map(|ending| format!("{id}-{ending}")));
        let events = ids.iter().cloned().chain(outcomes);
        Ok(Self {
            ledger: pages.with(LEDGER, ["fareId", "entry"], entries).await?,
            fares: pages.with(FARES, ["fareId"], each()).await?,
            payments: pages.with(PAYMENTS, ["fareId"], each()).await?,
            provider: books(pages, &ids).await?,
            awards: pages.with(LOYALTY, ["customer", "entry"], awards).await?,
            notifications: pages.with(NOTIFICATIONS, ["eventId"], events.map(|id| [id])).await?,
            extraordinary: pages.with(EXTRAORDINARY, ["rideId"], each()).await?,
            filed,
        })
    }

    fn audit(&mut self, ride: &Item, bounds: &Bounds, audit: &mut Audit) {
        let (id, fare) = (value(ride, "id"), money(ride, "fare"));
        let about = format!("ride {id}");
        let key = [id.clone()];
        // Both outcomes belong to this ride, so neither is a stranger in the lake.
        for ending in ENDINGS {
            self.filed.known(&format!("{id}-{ending}"));
        }

        let opened = self.entry(&id, "OPENED");
        audit.expects(opened == Some(fare), &about, LEDGER.0, "fare missing in the ledger, or wrong");

        // One point per whole currency unit, written down here a second time: the audit doesn't share a fault with the service.
        let points = fare.whole_units().to_string();
        let awarded = self.awards.get(&[value(ride, "customer"), award(&id)]);
        let awarded = awarded.map(|award| value(award, "points"));
        audit.expects(awarded.as_ref() == Some(&points), &about, LOYALTY.0, "points missing or wrong");

        audit.expects(self.is_notified(&id), &about, NOTIFICATIONS.0, "customer not notified");
        self.audit_filed(&id, &about, audit);

        let (is_featured, should_be) = (self.extraordinary.contains_key(&key), bounds.include(ride));
        audit.expects(is_featured || !should_be, &about, EXTRAORDINARY.0, "extraordinary, but not featured");
        audit.expects(!is_featured || should_be, &about, EXTRAORDINARY.0, "featured, but not extraordinary");

        self.audit_fare(&id, fare, audit);
    }

    /// A fare that was collected is captured, credited and told of. One that wasn't left nothing behind but the telling.
    fn audit_fare(&mut self, id: &str, owed: Money, audit: &mut Audit) {
        let about = format!("fare {id}");
        let Some(fare) = self.fares.get(&[id.to_owned()]) else {
            return audit.finds(about, FARES.0, "collection has not begun");
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
        let credited = match (self.entry(id, "CREDITED"), self.entry(id, "REVERSED")) {
            (Some(amount), None) => amount,
            _ => Money::default(),
        };
        audit.expects(captured == credited, &about, PAYMENTS.0, "amount captured differs from the ledger");
        match value(fare, "status").as_str() {
            "COLLECTED" => {
                audit.expects(credited == owed, &about, LEDGER.0, "collected, but not paid in full");
                self.audit_told(id, "collected", &about, audit);
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
                self.audit_told(id, "failed", &about, audit);
            }
            "NEEDS_REVIEW" => audit.finds(about, FARES.0, "needs review: see rydes fare"),
            _ => audit.finds(about, FARES.0, "collection has not ended"),
        }
    }

    /// The provider's books agree with our own record: they show no reservation that our record lacks, and no money whose
    /// refund has failed since.
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

    /// The customer and the lake know how the collection ended.
    fn audit_told(&mut self, id: &str, ending: &str, about: &str, audit: &mut Audit) {
        let event = format!("{id}-{ending}");
        audit.expects(
            self.is_notified(&event),
            about,
            NOTIFICATIONS.0,
            "customer not notified of how it ended",
        );
        self.audit_filed(&event, about, audit);
        for other in ENDINGS.iter().filter(|other| **other != ending) {
            let other = format!("{id}-{other}");
            let told = self.is_notified(&other) || self.filed.contains(&other);
            audit.expects(!told, about, FARES.0, "two different outcomes were published");
        }
    }

    fn audit_filed(&mut self, event: &str, about: &str, audit: &mut Audit) {
        match self.filed.known(event) {
            1 => {}
            0 => audit.finds(about, "datalake-ingestion", "its event is missing in the lake"),
            more => audit.finds(about, "datalake-ingestion", format!("its event is counted {more} times")),
        }
    }

    fn is_notified(&self, event: &str) -> bool {
        let found = self.notifications.get(&[event.to_owned()]);
        found.is_some_and(|found| matches!(value(found, "status").as_str(), "SENT" | "NO_ADDRESS"))
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

fn award(ride: &str) -> String {
    format!("RIDE#{ride}")
}

fn money(item: &Item, name: &str) -> Money {
    Money::parse(&value(item, name)).unwrap_or_default()
}
