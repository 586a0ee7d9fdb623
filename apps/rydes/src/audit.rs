//! The audit: checks that every accepted request has had each of its effects once.
//!
//! The auditor knows only the contract: the accepted requests, the data of each service, and the rules by which the data follows from
//! the requests. It reads the tables page by page, so a larger deployment takes more time, and more memory only for the lake's list of
//! events and for the journals. It needs a deployment at rest, because work under way has not had all its effects yet.

mod bookings;
mod effects;
mod fares;
mod filed;
pub mod findings;
pub mod journal;
mod pages;
mod queues;
mod rides;
mod sources;
mod subscribers;

use std::time::Duration;

use client::{Deployment, Error, lake::Lake};

use self::{
    filed::Filed,
    findings::Audit,
    journal::{Journals, Told},
    pages::Pages,
    sources::Sources,
};

/// Waits until nothing is under way, or until the time is up, and then audits everything.
pub async fn run(
    deployment: &Deployment,
    settle: Duration,
    journals: &Journals,
    mut progress: impl FnMut(&Audit),
) -> Result<Audit, Error> {
    let mut audit = Audit::default();
    // A journal that can't be read should be reported now, and not after the whole audit.
    let told = Told::read(journals)?;
    queues::settle(deployment, settle, &mut audit).await?;
    let filed = Filed::in_lake(&Lake::from_deployment(deployment)?).await?;
    let mut sources = Sources { pages: Pages::from_deployment(deployment), filed, told };
    rides::audit(deployment, &mut sources, &mut audit, &mut progress).await?;
    effects::audit(deployment, &sources.pages, &mut audit, &mut progress).await?;
    bookings::audit(deployment, &mut sources, &mut audit, &mut progress).await?;
    let Sources { pages, filed, told } = sources;
    filed.audit_strangers(&mut audit);
    if !journals.files.is_empty() {
        told.audit(&mut audit);
    }
    queues::dead_letters(deployment, &pages, &mut audit).await?;
    progress(&audit);
    Ok(audit)
}
