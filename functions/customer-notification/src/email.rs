//! The texts of the e-mails.

use contracts::{FareCollected, FareCollectionFailed, RideCompleted};

use crate::Occasion;

/// An e-mail's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Email {
    pub subject: String,
    pub text: String,
}

/// The e-mail for an occasion.
pub(crate) fn email(occasion: &Occasion, currency: &str) -> Email {
    match occasion {
        Occasion::Ride(ride) => receipt(ride, currency),
        Occasion::Paid(fare) => payment_receipt(fare, currency),
        Occasion::NotPaid(fare) => payment_problem(fare, currency),
    }
}

/// The receipt of a ride.
fn receipt(ride: &RideCompleted, currency: &str) -> Email {
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

fn payment_receipt(FareCollected { fare, amount, .. }: &FareCollected, currency: &str) -> Email {
    Email {
        subject: "Your Wild Rydes payment".to_owned(),
        text: format!(
            "Your payment has arrived, thank you.\n\nPaid      {amount} {currency}\nRide      {fare}\n"
        ),
    }
}

/// The e-mail about a fare that was not paid. It leaves out the reason, an error's name that can be a bank's statement about the customer.
fn payment_problem(fare: &FareCollectionFailed, currency: &str) -> Email {
    let FareCollectionFailed { fare, amount, .. } = fare;
    Email {
        subject: "A problem with your Wild Rydes payment".to_owned(),
        text: format!(
            "We could not collect the fare of your ride, and have taken nothing. Please check your payment method.\n\n\
             Owed      {amount} {currency}\n\
             Ride      {fare}\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use function_testkit::example_payload;

    use super::*;

    #[test]
    fn every_email_names_the_ride_and_the_amount() {
        let ride: RideCompleted = example_payload("envelope/ride-completed.json");
        let RideCompleted { ride: fare, customer, fare: amount, .. } = ride.clone();
        let paid = FareCollected { fare, customer: customer.clone(), amount };
        let reason = "PaymentAuthException".to_owned();
        let not_paid = FareCollectionFailed { fare, customer, amount, reason };
        for (occasion, word) in [
            (Occasion::Ride(ride), "Canary Wharf - Canary Islands"),
            (Occasion::Paid(paid), "Paid"),
            (Occasion::NotPaid(not_paid), "Owed"),
        ] {
            let Email { text, .. } = email(&occasion, "EUR");
            for part in [&fare.to_string(), "8642.13 EUR", word] {
                assert!(text.contains(part), "{part} in {text}");
            }
            assert!(!text.contains("Exception"), "{text}");
        }
    }
}
