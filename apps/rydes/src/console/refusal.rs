//! Refusals, as the page shows them: a message, and what to do.

use axum::{
    Json,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
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

    /// The refusal as a page, for a person whose browser opens an address. Its texts are the program's own.
    pub fn page(self) -> Response {
        let Self { status, message, remedy } = self;
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>Wild Rydes console</title>\n<h1>{message}</h1>\n<p>{remedy}</p>\n</html>\n"
        );
        (status, Html(page)).into_response()
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

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_refusal_as_a_page_has_the_same_status_and_says_what_to_do() {
        let response = Refusal::new(StatusCode::UNAUTHORIZED, "It is closed.", "Open it.").page();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        let page = to_bytes(response.into_body(), 10_000).await.unwrap();
        let page = String::from_utf8(page.into()).unwrap();
        assert!(page.contains("<h1>It is closed.</h1>") && page.contains("<p>Open it.</p>"), "{page}");
        assert!(!page.contains("<script") && !page.contains("style="), "{page}");
    }
}
