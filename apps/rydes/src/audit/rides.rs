//! Audits rides: each must have had its effects at the services that take it, and its fare must have ended.

use client::{
    Deployment, Error,
    journal::Kind,
    subscribers::Published,
    tables::{Item, time, value},
};
use jiff::Timestamp;

use super::{
    fares::{ENDINGS, Fares},
    findings::Audit,
    pages::RIDES,
    sources::Sources,
    subscribers::Effects,
};

/// The number of rides that are looked up together.
const TOGETHER: usize = 300;

/// Checks that every ride has had its effect at each service that should take it, and at no other, and audits its fare.
pub(super) async fn audit(
    deployment: &Deployment,
    Sources { pages, filed, told }: &mut Sources<'_>,
    audit: &mut Audit,
    progress: &mut impl FnMut(&Audit),
) -> Result<(), Error> {
    let mut rides = pages.all(RIDES)?.send();
    while let Some(page) = rides.next().await {
        let page = page.map_err(|error| Error::aws("dynamodb:Scan", &error))?;
        for some in page.items().chunks(TOGETHER) {
            let completed: Vec<Published> = some.iter().map(completed).collect();
            let effects = Effects::of(pages, deployment, "RideCompleted", &completed).await?;
            let fares = Fares::of(pages, deployment, some).await?;
            for (ride, event) in some.iter().zip(&completed) {
                // Events of either outcome belong to this ride.
                for ending in ENDINGS {
                    filed.known(&ending.id(&event.id));
                }
                effects.audit(event, &format!("ride {}", event.id), filed, audit)?;
                fares.audit(ride, filed, audit)?;
                told.stored(Kind::Ride, ride, audit);
            }
            audit.looked_at("rides", some.len());
            progress(audit);
        }
    }
    Ok(())
}

/// The event of a ride.
fn completed(ride: &Item) -> Published {
    let fields = ["from", "to", "duration", "distance", "customer", "fare"];
    let data = fields.into_iter().map(|name| (name.to_owned(), value(ride, name)));
    let id = value(ride, "id");
    let data = data.chain([("ride".to_owned(), id.clone())]).collect();
    Published { id, time: time(ride, "recordedAt").unwrap_or(Timestamp::UNIX_EPOCH), data }
}
