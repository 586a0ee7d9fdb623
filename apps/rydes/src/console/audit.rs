//! The audit, as the tour runs it at its end.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use serde_json::json;
use tokio::{runtime::Handle, task::spawn_blocking};

use super::{
    refusal::{Answer, Refusal},
    world::Shared,
};
use crate::audit::{self, findings::Finding, journal::Journals};

/// The time to wait until nothing is under way.
const SETTLE: Duration = Duration::from_secs(20);

/// Runs the audit. Its futures stay on one thread, which a server's may not.
pub async fn run(State(world): Shared) -> Answer {
    world.may_act()?;
    let deployment = Arc::clone(&world.deployment());
    let runtime = Handle::current();
    let audited = spawn_blocking(move || {
        let journals = Journals::default();
        runtime.block_on(audit::run(&deployment, SETTLE, &journals, |_| {}))
    });
    let ended = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The audit had a fault.", "Try again.");
    let audit = audited.await.map_err(ended)??;
    let finding = |finding: &Finding| json!({"title": format!("{} {}", finding.service, finding.about), "text": finding.what});
    let findings: Vec<_> = audit.findings.iter().map(finding).collect();
    Ok(Json(json!({"findings": findings, "looked_at": audit.looked_at})))
}
