//! Requests for quotes, as their customers may see them.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use client::{
    Api,
    rfq::{self, Quoted, Rfq},
};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::{
    refusal::{Answer, Refusal},
    world::Shared,
};

const LATEST: usize = 10;
const SERVICE: &str = "ride-booking";

/// The latest requests, the last one first.
pub async fn latest(State(world): Shared) -> Answer {
    let ids: Vec<String> = world.state().rfqs.iter().rev().take(LATEST).cloned().collect();
    let api = Api::from_deployment(&world.deployment(), SERVICE).await?;
    let found = try_join_all(ids.iter().map(|id| rfq::query(&api, id))).await?;
    Ok(Json(found.iter().flatten().map(shown).collect()))
}

/// One request.
pub async fn one(State(world): Shared, Path(id): Path<String>) -> Answer {
    let api = Api::from_deployment(&world.deployment(), SERVICE).await?;
    let none = || Refusal::new(StatusCode::NOT_FOUND, format!("There is no request for quotes {id}."), "");
    Ok(Json(shown(&rfq::query(&api, &id).await?.ok_or_else(none)?)))
}

fn shown(rfq: &Rfq) -> Value {
    let herd = |name: &String| {
        let of = |quotes: &[Quoted]| quotes.iter().find(|quote| quote.responder == *name).cloned();
        let late = of(&rfq.late);
        let quote = of(&rfq.quotes).or_else(|| late.clone());
        json!({
            "name": name,
            "answered_at": quote.as_ref().and_then(|quote| quote.received_at),
            "price": quote.as_ref().map(|quote| quote.quote.as_str()),
            "best": rfq.best.as_ref().is_some_and(|best| best.responder == *name),
            "late": late.is_some(),
        })
    };
    json!({
        "id": rfq.rfq_id,
        "requested_at": rfq.submitted_at,
        "deadline": rfq.reply_by,
        "closed_at": rfq.closed_at,
        "herds": rfq.herds.iter().map(herd).collect::<Vec<_>>(),
    })
}
