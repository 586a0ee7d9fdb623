//! What the e-mails say.

use domain::RideCompleted;

/// An e-mail's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Email {
    pub subject: String,
    pub text: String,
}

/// The receipt of a ride.
pub(crate) fn receipt(ride: &RideCompleted, currency: &str) -> Email {
    let RideCompleted { ride, from, to, distance, duration, fare, .. } = ride;
    Email {
        subject: "Your Wild Rydes receipt".to_owned(),
        text: format!(
            "Thank you for riding with us!\n\n\
             Route     {from} - {to}\n\
             Distance  {distance} km\n\
             Time      {duration} min\n\
             Fare      {fare} {currency}\n\
             Ride      {ride}\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ride_fare_and_route() {
        let ride = RideCompleted::sample();
        let text = receipt(&ride, "EUR").text;
        for part in [&ride.ride.to_string(), "256.50 EUR", "Berlin - Frankfurt"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
