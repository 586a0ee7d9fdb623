//! Lets the prebookings of a campaign arrive.

use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::CampaignPlan;
use crate::{
    Api, Prebook,
    arrivals::{Sent, arrive, tried_once},
};

/// Lets them arrive. Dropped, it takes those under way with it.
pub(super) async fn send(api: Arc<Api>, plan: CampaignPlan, start: Instant, sent: Arc<Mutex<Sent>>) {
    let request = |n| {
        let api = Arc::clone(&api);
        async move {
            let booking = Prebook {
                from: "Berlin".to_owned(),
                to: "Bonn".to_owned(),
                when: None,
                customer: format!("c-{n}"),
                idempotency_key: None,
            };
            tried_once(&api, "/submit-ride-prebooking", &booking.body(), "id").await
        }
    };
    arrive(plan.bookings, plan.rate, start, sent, request).await;
}
