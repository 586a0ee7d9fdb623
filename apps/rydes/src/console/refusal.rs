//! Refusals, as the page shows them: a message, and what to do.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use client::Error;
use serde_json::json;

/// An answer as JSON, or a refusal.
pub type Answer = Result<Json<serde_json::Value>, Refusal>;

/// An answer that is no success.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    remedy: String,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status, message: message.into(), remedy: remedy.into() }
    }

    #[cfg(test)]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let (message, remedy) = text.split_once('\n').unwrap_or((&text, ""));
        let status = match error {
            Error::Usage(_) => StatusCode::BAD_REQUEST,
            Error::NoSuchRide(_) | Error::NoSuchFare(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_GATEWAY,
        };
        Self::new(status, message, remedy.trim())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = json!({"error": {"message": self.message, "remedy": self.remedy}});
        (self.status, Json(error)).into_response()
    }
}
