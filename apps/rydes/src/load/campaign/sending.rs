//! Sends the prebookings of a campaign.

use std::sync::{Arc, Mutex};

use client::{Api, prebooking::Prebooking};
use tokio::time::Instant;

use crate::load::{
    responses::{Responses, send_at_rate},
    submission::submit,
};

/// Sends prebookings at a rate. Dropping the future cancels the requests under way.
pub(super) async fn send(
    api: Arc<Api>,
    bookings: u32,
    rate: u32,
    start: Instant,
    responses: Arc<Mutex<Responses>>,
) {
    let request = |n| {
        let api = Arc::clone(&api);
        async move {
            let booking = Prebooking {
                from: "Berlin".to_owned(),
                to: "Bonn".to_owned(),
                when: None,
                customer: format!("c-{n}"),
            };
            submit(&api, "/submit-ride-prebooking", &booking.body(), "id").await
        }
    };
    send_at_rate(bookings, rate, start, responses, request).await;
}
