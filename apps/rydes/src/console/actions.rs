//! The actions that a visitor can start.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use client::{
    Api, Error,
    prebooking::{self, Prebooking},
    rfq::RfqRequest,
    ride::{self, CompletedRide},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    refusal::{Answer, Refusal},
    world::{Shared, World},
};

/// The customers of the simulated payment provider and of the ledger: one who pays, and one whose card is declined.
const CUSTOMER: &str = "cmr";
const DECLINED: &str = "tom_fail_charge";
/// The most prebookings of a campaign.
const MOST: u32 = 2000;
/// Prebookings of a campaign that are under way at once.
const SIDE_BY_SIDE: u32 = 16;
/// No function can read it.
const POISON: &str = "this is no event";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Body {
    fare: Option<f64>,
    distance: Option<f64>,
    function: Option<String>,
    queue: Option<String>,
    count: Option<u32>,
}

/// Sets off an action, by its name.
pub async fn act(State(world): Shared, Path(name): Path<String>, Json(body): Json<Body>) -> Answer {
    let need = |value: Option<String>, what: &str| {
        value.ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, format!("The action needs a {what}."), ""))
    };
    let answer = match name.as_str() {
        "complete-ride" => complete(&world, body.fare, body.distance, CUSTOMER).await?,
        "decline-card" => complete(&world, Some(88.0), Some(25.0), DECLINED).await?,
        "prebook" => prebook(&world).await?,
        "request-quotes" => request_quotes(&world).await?,
        "take-down" => switch(&world, &need(body.function, "function")?, false).await?,
        "bring-up" => switch(&world, &need(body.function, "function")?, true).await?,
        "poison" => poison(&world, &need(body.queue, "queue")?).await?,
        "campaign" => campaign(&world, body.count.unwrap_or(200))?,
        _ => return Err(Refusal::new(StatusCode::NOT_FOUND, format!("There is no action {name}."), "")),
    };
    Ok(Json(answer))
}

async fn complete(
    world: &World,
    fare: Option<f64>,
    distance: Option<f64>,
    customer: &str,
) -> Result<Value, Refusal> {
    world.may_act()?;
    let ride = CompletedRide {
        from: "Mitte".to_owned(),
        to: "Kreuzberg".to_owned(),
        duration: "12".to_owned(),
        distance: distance.unwrap_or(6.0).to_string(),
        customer: customer.to_owned(),
        fare: format!("{:.2}", fare.unwrap_or(14.9)),
    };
    let id = ride::complete(&world.deployment(), &ride, None).await?;
    Ok(json!({"correlation_id": id}))
}

async fn prebook(world: &World) -> Result<Value, Refusal> {
    world.may_act()?;
    Ok(json!({"correlation_id": prebooking::submit(&world.deployment(), &booking(), None).await?}))
}

fn booking() -> Prebooking {
    Prebooking { from: "Berlin".to_owned(), to: "Bonn".to_owned(), when: None, customer: CUSTOMER.to_owned() }
}

async fn request_quotes(world: &World) -> Result<Value, Refusal> {
    world.may_act()?;
    let request = RfqRequest {
        from: "Mitte".to_owned(),
        to: "Moabit".to_owned(),
        customer: CUSTOMER.to_owned(),
        herds: None,
        reply_within: None,
    };
    let api = Api::from_deployment(&world.deployment(), "ride-booking").await?;
    let id = api.submit("/submit-instant-ride-rfq", None, &request.body(), "rfq-id").await?;
    Ok(json!({"correlation_id": id}))
}

async fn switch(world: &World, function: &str, enabled: bool) -> Result<Value, Refusal> {
    world.may_break()?;
    world.node(function)?;
    world.switch(function, enabled).await?;
    Ok(json!({}))
}

async fn poison(world: &World, queue: &str) -> Result<Value, Refusal> {
    world.may_break()?;
    let node = world.node(queue)?;
    let client = aws_sdk_sqs::Client::new(world.deployment().aws());
    let mut send = client.send_message().queue_url(&node.address).message_body(POISON);
    if node.address.strip_suffix(".fifo").is_some() {
        let id = uuid::Uuid::new_v4().to_string();
        send = send.message_group_id(&id).message_deduplication_id(&id);
    }
    send.send().await.map_err(|error| Error::aws("sqs:SendMessage", &error))?;
    Ok(json!({}))
}

/// Sends many prebookings, and does not wait for them.
fn campaign(world: &Arc<World>, count: u32) -> Result<Value, Refusal> {
    world.may_act()?;
    if !(1..=MOST).contains(&count) {
        let remedy = format!("Send 1 to {MOST}.");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "That many are not sent at once.", remedy));
    }
    world.state().campaign.begin(count);
    for sender in 0..SIDE_BY_SIDE.min(count) {
        let world = Arc::clone(world);
        tokio::spawn(async move {
            for _ in (sender..count).step_by(SIDE_BY_SIDE as usize) {
                if let Err(error) = prebooking::submit(&world.deployment(), &booking(), None).await {
                    world.feed.notice("attention", &error.to_string());
                    return;
                }
                world.state().campaign.sent();
            }
        });
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::Aws;

    const ACTIONS: [&str; 8] = [
        "complete-ride",
        "decline-card",
        "prebook",
        "request-quotes",
        "take-down",
        "bring-up",
        "poison",
        "campaign",
    ];

    async fn status(world: &Arc<World>, action: &str, body: Value) -> StatusCode {
        let body = serde_json::from_value(body).unwrap();
        let answer = act(State(Arc::clone(world)), Path(action.to_owned()), Json(body)).await;
        answer.map_or_else(|refusal| refusal.status(), |_| StatusCode::OK)
    }

    fn parts() -> Value {
        json!({"function": "points/Award", "queue": "points/Queue"})
    }

    #[tokio::test]
    async fn a_console_that_only_watches_refuses_every_action_and_calls_nothing() {
        let aws = Aws { local: true, ..Aws::default() };
        let world = aws.world(false).await;
        for action in ACTIONS {
            assert_eq!(status(&world, action, parts()).await, StatusCode::FORBIDDEN, "{action}");
        }
        assert!(aws.take_calls().is_empty());
    }

    #[tokio::test]
    async fn nothing_is_broken_on_aws() {
        let aws = Aws::default();
        let world = aws.world(true).await;
        for action in ["take-down", "bring-up", "poison"] {
            assert_eq!(status(&world, action, parts()).await, StatusCode::FORBIDDEN, "{action}");
        }
        assert!(aws.take_calls().is_empty());
    }

    #[tokio::test]
    async fn an_action_without_its_part_and_one_that_is_unknown_are_refused() {
        let world = Aws { local: true, ..Aws::default() }.world(true).await;
        assert_eq!(status(&world, "take-down", json!({})).await, StatusCode::BAD_REQUEST);
        assert_eq!(
            status(&world, "take-down", json!({"function": "no/Function"})).await,
            StatusCode::NOT_FOUND
        );
        assert_eq!(status(&world, "poison", json!({"queue": "no/Queue"})).await, StatusCode::NOT_FOUND);
        assert_eq!(status(&world, "explode", json!({})).await, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_campaign_has_at_least_one_prebooking_and_not_too_many() {
        let world = Aws { local: true, ..Aws::default() }.world(true).await;
        for count in [0, MOST + 1] {
            assert_eq!(status(&world, "campaign", json!({"count": count})).await, StatusCode::BAD_REQUEST);
        }
    }
}
