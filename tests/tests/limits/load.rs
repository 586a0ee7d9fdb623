//! The load: rides, prebookings and requests for quotes, all at once.

use std::{sync::LazyLock, time::Duration};

use client::{
    Answer,
    journal::{Accepted, Journal, Kind},
};
use end_to_end::{Caller, Herds, Prebooking, Ride, World, unique};
use futures_util::{StreamExt, stream};
use tokio::time::sleep;

use crate::setting;

/// The number of customers. The payments of each wait for each other.
const CUSTOMERS: u64 = 40;
/// The prefix of this run's customers: there may have been another run before it.
static CUSTOMER: LazyLock<String> = LazyLock::new(|| unique("rider"));

/// A ride that was accepted.
pub struct Sent {
    pub id: String,
    /// The customer's e-mail address.
    email: Option<String>,
}

fn name(customer: u64) -> String {
    format!("{}-{customer}", *CUSTOMER)
}

fn address(customer: u64) -> String {
    format!("{}@example.com", name(customer))
}

/// The address of a customer, if the customer wants e-mails.
fn email(customer: u64) -> Option<String> {
    customer.is_multiple_of(setting("MAILED_ONE_IN")).then(|| address(customer))
}

pub async fn puts_addresses_on_file(world: &World) {
    for customer in 0..CUSTOMERS {
        if let Some(email) = email(customer) {
            world.puts_address_on_file(&name(customer), &email).await;
        }
    }
}

/// Sends the whole load as fast as it is accepted, and notes the accepted requests.
pub async fn sends(world: &World, journal: &Journal) -> Vec<Sent> {
    let unicorns = &Caller::unicorn_management_app(world).await;
    let customers = &Caller::customer_app(world).await;
    let herds = &Herds::deployed();
    let rides = stream::iter(0..setting("RIDES")).map(async |n: u64| {
        let customer = n % CUSTOMERS;
        let ride = Ride::default().with("customer", name(customer)).json();
        let post = async |headers: &[(&str, &str)]| unicorns.posts(&ride, headers).await;
        Sent { id: until_taken(journal, Kind::Ride, &ride, post).await, email: email(customer) }
    });
    let rides = rides.buffer_unordered(16).collect();
    let prebookings = stream::iter(0..setting("PREBOOKINGS")).for_each_concurrent(8, async |_: u64| {
        let booking = Prebooking::default().json();
        let post = async |headers: &[(&str, &str)]| customers.posts_prebooking(&booking, headers).await;
        until_taken(journal, Kind::Prebooking, &booking, post).await;
    });
    let rfqs = stream::iter(0..setting("RFQS")).for_each_concurrent(4, async |_: u64| {
        let rfq = herds.a_request_that_all_answer().json();
        let post = async |headers: &[(&str, &str)]| customers.posts_rfq(&rfq, headers).await;
        until_taken(journal, Kind::Rfq, &rfq, post).await;
    });
    tokio::join!(rides, prebookings, rfqs).0
}

/// Sends a request until it is accepted, as every client should: with the same key, and not before the `Retry-After` time. Returns the id.
async fn until_taken(
    journal: &Journal,
    kind: Kind,
    body: &str,
    send: impl AsyncFn(&[(&str, &str)]) -> Answer,
) -> String {
    let key = unique("key");
    loop {
        let answer = send(&[("idempotency-key", &key)]).await;
        match answer.status {
            200..300 => {
                let id = answer.body["id"].as_str().or(answer.body["rfq-id"].as_str()).unwrap();
                journal.note(&Accepted::now(kind, id, Some(&key), body)).unwrap();
                return id.to_owned();
            }
            429 | 503 => sleep(Duration::from_secs(answer.retry_after.unwrap_or(1))).await,
            _ => panic!("{answer:?}"),
        }
    }
}

/// Checks that each customer who wants e-mails got two for each ride, its receipt and the payment's, and that there are no other e-mails.
pub async fn is_mailed_once(world: &World, rides: &[Sent]) {
    for customer in 0..CUSTOMERS {
        let email = email(customer);
        let mut mails = world.mailbox(&address(customer)).await;
        for ride in rides.iter().filter(|ride| email.is_some() && ride.email == email) {
            for word in ["Distance", "Paid"] {
                let of = mails.iter().position(|mail| mail.contains(&ride.id) && mail.contains(word));
                let of = of.unwrap_or_else(|| panic!("{word}: no e-mail about ride {}", ride.id));
                mails.swap_remove(of);
            }
        }
        assert!(mails.is_empty(), "{} got more: {mails:#?}", name(customer));
    }
}
