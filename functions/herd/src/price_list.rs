//! The prices and the availability of a herd.

use contracts::{Duration, HerdName, Money, Place, Quote, decimal};
use lambda_messaging::Faults;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use uuid::Uuid;

/// The rules by which a herd makes offers. The same request always gets the same offer, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// The herd.
    pub herd: HerdName,
    /// The price of a kilometre.
    pub per_km: Money,
    /// Minutes until a unicorn of the herd is there.
    pub pickup: Duration,
    /// The share of places where it has a unicorn free.
    availability_percent: u8,
    /// Selects these places.
    seed: String,
}

/// A herd's price list as its deployment gives it.
#[derive(Debug, Clone, Copy)]
pub struct RawPriceList<'a> {
    /// The herd's name.
    pub herd: &'a str,
    /// The deployment's currency per kilometre.
    pub price_per_km: &'a str,
    /// Minutes.
    pub pickup_minutes: &'a str,
    /// 0 to 100.
    pub availability_percent: &'a str,
    /// Any text.
    pub seed: &'a str,
}

/// The namespace of every draw; changing it changes every price and every place.
const DRAWS: Uuid = Uuid::from_u128(0x0b7e_52a9_3c41_4d0f_b6d2_91e8_40c3_7a65);

impl PriceList {
    /// Checks a price list, and names everything that is wrong with it.
    pub fn parse(raw: RawPriceList<'_>) -> Result<Self, Faults> {
        let mut faults = Faults::none();
        let herd = faults.check("herd", HerdName::parse(raw.herd));
        let per_km = faults.check("price per km", Money::parse(raw.price_per_km));
        let pickup = faults.check("pickup minutes", Duration::parse(raw.pickup_minutes));
        let percent = decimal::parse(raw.availability_percent, 0, 100);
        let percent = faults.check("availability percent", percent).and_then(|percent| percent.to_u8());
        match (herd, per_km, pickup, percent) {
            (Some(herd), Some(per_km), Some(pickup), Some(availability_percent)) => {
                Ok(Self { herd, per_km, pickup, availability_percent, seed: raw.seed.to_owned() })
            }
            _ => Err(faults),
        }
    }

    /// The herd's offer for a ride; none if it has no unicorn free where the ride is to start.
    #[must_use]
    pub fn quote(&self, from: &Place, to: &Place) -> Option<Quote> {
        self.is_at(from).then(|| Quote {
            responder: self.herd.clone(),
            quote: self.per_km.times(kilometres(from, to)),
            pickup: self.pickup,
        })
    }

    fn is_at(&self, place: &Place) -> bool {
        draw(&[&self.seed, self.herd.as_str(), &place.to_string()], 100) < self.availability_percent.into()
    }
}

/// Stands in for a route planner: 1 to 40 km that follow from the places' names, the same there and back.
fn kilometres(from: &Place, to: &Place) -> Decimal {
    let (from, to) = (from.to_string(), to.to_string());
    let (one, other) = if from < to { (from, to) } else { (to, from) };
    Decimal::new((10 + draw(&[&one, &other], 391)).into(), 1)
}

/// A number below `below` that follows from these texts.
fn draw(texts: &[&str], below: u16) -> u16 {
    let drawn = Uuid::new_v5(&DRAWS, texts.join("\n").as_bytes()).as_u128() % u128::from(below);
    u16::try_from(drawn).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn herd(availability_percent: &str, seed: &str) -> PriceList {
        let raw = RawPriceList {
            herd: "rainbow",
            price_per_km: "2.35",
            pickup_minutes: "7",
            availability_percent,
            seed,
        };
        PriceList::parse(raw).unwrap()
    }

    fn place(name: &str) -> Place {
        Place::parse(name).unwrap()
    }

    #[test]
    fn the_same_request_always_gets_the_same_offer() {
        let quote = herd("100", "1").quote(&place("Berlin"), &place("Bonn")).unwrap();
        assert_eq!((quote.quote.to_string(), quote.pickup.to_string()), ("25.38".to_owned(), "7".to_owned()));
        assert_eq!(herd("100", "2").quote(&place("Bonn"), &place("Berlin")), Some(quote), "and the way back");
    }

    #[test]
    fn availability_is_a_share_of_the_places_that_the_seed_chooses() {
        let free = |percent: &str, seed: &str| -> Vec<bool> {
            let herd = herd(percent, seed);
            (0..1000).map(|n| herd.quote(&place(&format!("p{n}")), &place("Bonn")).is_some()).collect()
        };
        let count = |free: Vec<bool>| free.into_iter().filter(|free| *free).count();
        assert_eq!((count(free("0", "1")), count(free("100", "1"))), (0, 1000));
        assert!((550..650).contains(&count(free("60", "1"))));
        assert_ne!(free("60", "1"), free("60", "2"));
    }

    #[test]
    fn a_price_list_names_every_fault_at_once() {
        let raw = RawPriceList {
            herd: "no blanks",
            price_per_km: "-1",
            pickup_minutes: "soon",
            availability_percent: "101",
            seed: "",
        };
        assert_eq!(PriceList::parse(raw).unwrap_err().iter().count(), 4);
    }

    proptest! {
        #[test]
        fn a_price_is_the_distance_times_the_price_of_a_kilometre(cents in 0..100_000_u64, from in "[a-z]{1,9}", to in "[a-z]{1,9}") {
            let mut herd = herd("100", "1");
            herd.per_km = Money::parse(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap();
            let quote = herd.quote(&place(&from), &place(&to)).unwrap().quote;
            // A distance is a whole number of hundreds of metres, so the exact price is a tenth of this many hundredths.
            let tenths = kilometres(&place(&from), &place(&to)) * Decimal::TEN;
            let exact = tenths.to_u64().unwrap() * cents;
            prop_assert_eq!(quote.minor_units(), (exact + 5) / 10);
        }
    }
}
