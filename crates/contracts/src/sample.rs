//! A sound ride for tests to start from.

use crate::{CustomerId, Distance, Duration, Money, Place, RideCompleted, RideId};

impl RideCompleted {
    /// Berlin to Frankfurt for 256.50, by the customer `cmr`, under a new id.
    ///
    /// # Panics
    /// Never, as long as its own values keep their own rules.
    #[must_use]
    #[allow(clippy::unwrap_used)]
    pub fn sample() -> Self {
        Self {
            ride: RideId::new(),
            customer: CustomerId::parse("cmr").unwrap(),
            from: Place::parse("Berlin").unwrap(),
            to: Place::parse("Frankfurt").unwrap(),
            duration: Duration::parse("420").unwrap(),
            distance: Distance::parse("600").unwrap(),
            fare: Money::parse("256.50").unwrap(),
        }
    }
}
