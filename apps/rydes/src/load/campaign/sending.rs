//! Lets the prebookings of a campaign arrive.

use std::sync::{Arc, Mutex};

use client::{Api, prebooking::Prebooking};
use tokio::time::Instant;

use crate::load::arrivals::{Sent, arrive, tried_once};

/// Lets them arrive. Dropped, it takes those under way with it.
pub(super) async fn send(api: Arc<Api>, bookings: u32, rate: u32, start: Instant, sent: Arc<Mutex<Sent>>) {
    let request = |n| {
        let api = Arc::clone(&api);
        async move {
            let booking = Prebooking {
                from: "Berlin".to_owned(),
                to: "Bonn".to_owned(),
                when: None,
                customer: format!("c-{n}"),
            };
            tried_once(&api, "/submit-ride-prebooking", &booking.body(), "id").await
        }
    };
    arrive(bookings, rate, start, sent, request).await;
}
