//! Requests for quotes, as their customers may see them.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use client::{
    Api,
    rfq::{self, GRACE, Quoted, Rfq},
};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    refusal::{Answer, Refusal},
    world::{Shared, World},
};

const SERVICE: &str = "ride-booking";
/// The time after which an open race is asked for again.
const OPEN: Duration = Duration::from_secs(1);
/// The same for a race that is closed, but may still get late quotes.
const CLOSED: Duration = Duration::from_secs(10);

/// The latest requests, the last one first.
pub async fn latest(State(world): Shared) -> Answer {
    let ids: Vec<String> = world.state().races.latest().cloned().collect();
    let found = try_join_all(ids.iter().map(|id| race(&world, id))).await?;
    Ok(Json(found.into_iter().filter(|race| !race.is_null()).collect()))
}

/// One request.
pub async fn one(State(world): Shared, Path(id): Path<String>) -> Answer {
    match race(&world, &id).await? {
        Value::Null => {
            Err(Refusal::new(StatusCode::NOT_FOUND, format!("There is no request for quotes {id}."), ""))
        }
        race => Ok(Json(race)),
    }
}

/// A race as it was lately. Null if there is none.
async fn race(world: &World, id: &str) -> Result<Value, Refusal> {
    let path = format!("quotes/{id}");
    if let Some(race) = world.state().answers.get(&path) {
        return Ok(race);
    }
    let api = Api::from_deployment(&world.deployment(), SERVICE).await?;
    let rfq = rfq::query(&api, id).await?;
    let race = rfq.as_ref().map_or(Value::Null, shown);
    let lasts = rfq.map_or(Some(OPEN), |rfq| lasts(&rfq, Timestamp::now()));
    world.state().answers.keep(path, race.clone(), lasts);
    Ok(race)
}

/// The time for which a race stays as it is, if it ever changes.
fn lasts(rfq: &Rfq, now: Timestamp) -> Option<Duration> {
    let has_answered =
        |herd: &String| rfq.quotes.iter().chain(&rfq.late).any(|quote| quote.responder == *herd);
    if !rfq.is_closed() {
        return Some(OPEN);
    }
    let is_over = rfq.herds.iter().all(has_answered) || now > rfq.reply_by + GRACE;
    (!is_over).then_some(CLOSED)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(herd: &str) -> Quoted {
        Quoted { responder: herd.to_owned(), quote: "9.90".to_owned(), pickup: 4, received_at: None }
    }

    fn rfq(closed: bool, answered: &[&str]) -> Rfq {
        let start: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        Rfq {
            rfq_id: "1".to_owned(),
            from: "Mitte".to_owned(),
            to: "Moabit".to_owned(),
            customer: "cmr".to_owned(),
            herds: vec!["one".to_owned(), "two".to_owned()],
            status: String::new(),
            submitted_at: start,
            reply_by: start + Duration::from_secs(3),
            closed_at: closed.then_some(start + Duration::from_secs(3)),
            quotes: answered.iter().copied().map(quote).collect(),
            best: answered.first().copied().map(quote),
            late: Vec::new(),
        }
    }

    #[test]
    fn a_race_is_asked_for_only_while_it_may_change() {
        let now = rfq(false, &[]).reply_by;
        assert_eq!(lasts(&rfq(false, &["one", "two"]), now), Some(OPEN));
        assert_eq!(lasts(&rfq(true, &["one"]), now), Some(CLOSED), "another quote may come late");
        assert_eq!(lasts(&rfq(true, &["one", "two"]), now), None);
        assert_eq!(lasts(&rfq(true, &[]), now + GRACE + Duration::from_millis(1)), None);
    }

    #[test]
    fn the_herds_that_have_answered_are_shown_and_those_that_have_not() {
        let mut late = rfq(true, &["one"]);
        late.late = vec![quote("two")];
        let herds = &shown(&late)["herds"];
        assert_eq!((&herds[0]["best"], &herds[0]["late"]), (&json!(true), &json!(false)));
        assert_eq!((&herds[1]["best"], &herds[1]["late"]), (&json!(false), &json!(true)));
        assert_eq!(shown(&rfq(false, &[]))["herds"][0]["price"], Value::Null);
    }
}
