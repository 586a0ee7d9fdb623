//! The audit: whether what was accepted has taken effect, once, everywhere that it should.
//!
//! The auditor knows the contract and nothing else: what was accepted, what each service has made of it, and the rules by
//! which the one follows from the other. It goes through the tables page by page, so a million rides take it longer than a
//! thousand, and more memory only for the lake's list of events, and for what clients were told. It is for a deployment at rest: what is under way is not yet where it should be.

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

/// Waits until nothing is under way, or until the time is up, and then looks at everything.
pub async fn run(
    deployment: &Deployment,
    settle: Duration,
    journals: &Journals,
    mut progress: impl FnMut(&Audit),
) -> Result<Audit, Error> {
    let mut audit = Audit::default();
    // A journal that can't be read is better seen now than after all is looked at.
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
