//! The addresses of the console's server.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::sse::{Event, Sse},
    routing::{any, get, post},
};
use futures_util::Stream;
use jiff::Timestamp;
use serde_json::json;

use super::{
    actions, audit, dead_letters, messages, patterns, quotes,
    refusal::Refusal,
    saga,
    world::{Shared, World},
};

pub fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/api/topology", get(async |State(world): Shared| Json(world.described())))
        .route("/api/events", get(events))
        .route("/api/messages", get(messages::latest))
        .route("/api/messages/{id}", get(messages::one))
        .route("/api/dead-letters", get(dead_letters::list))
        .route("/api/dead-letters/{queue}/{action}", post(dead_letters::act))
        .route("/api/saga", get(saga::definition))
        .route("/api/saga/executions", get(saga::executions))
        .route("/api/saga/executions/{id}", get(saga::execution))
        .route("/api/quotes", get(quotes::latest))
        .route("/api/quotes/{id}", get(quotes::one))
        .route("/api/campaign", get(async |State(world): Shared| Json(world.state().campaign.described())))
        .route("/api/patterns", get(patterns::list))
        .route("/api/actions/audit", post(audit::run))
        .route("/api/actions/{name}", post(actions::act))
        .route("/api/{*path}", any(unknown))
}

async fn events(State(world): Shared) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let now = {
        let state = world.state();
        vec![
            ("state", json!({"functions_off": state.off})),
            ("depths", json!({"at": Timestamp::now(), "queues": state.depths})),
        ]
    };
    world.feed.open(now)
}

async fn unknown(Path(path): Path<String>) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("This console has no {path}."), "")
}
