//! Tells a caller how a prebooking stands.

use domain::PrebookingId;
use messaging::{
    Failure,
    api::{self, Problem, Request, Response, StatusCode},
};
use serde_json::Value;
use tracing::{error, info};

use crate::Prebookings;

/// The handler of `GET /query-ride-prebooking/{id}`.
#[derive(Debug)]
pub struct QueryRidePrebooking {
    bookings: Prebookings,
}

impl QueryRidePrebooking {
    /// Looks bookings up here.
    #[must_use]
    pub fn new(bookings: Prebookings) -> Self {
        Self { bookings }
    }

    /// Answers a request.
    pub async fn handle(&self, request: &Request) -> Response<String> {
        match self.find(request).await {
            Ok(booking) => api::json(StatusCode::OK, &booking),
            Err(problem) => {
                info!(status = problem.status().as_u16(), outcome = "refused", "answered");
                problem.into()
            }
        }
    }

    async fn find(&self, request: &Request) -> Result<Value, Problem> {
        let id = api::path_parameter(request, "id").and_then(|id| PrebookingId::parse(&id).ok());
        // No prebooking will ever have such an id.
        let id =
            id.ok_or_else(|| Problem::not_found("a prebooking's id is the UUID that submitting it gave"))?;
        match self.bookings.find(id).await {
            Ok(Some(booking)) => Ok(booking),
            Ok(None) => Err(Problem::not_yet(
                "there is no such prebooking; if it was accepted a moment ago, it is still in its queue",
            )),
            Err(failure @ (Failure::Transient(_) | Failure::Permanent(_))) => {
                error!(prebooking_id = %id, %failure, "not looked up");
                Err(Problem::try_later())
            }
        }
    }
}
