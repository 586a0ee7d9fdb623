//! Audits prebookings and requests for quotes: each must have come to its end.

use aws_sdk_dynamodb::types::AttributeValue;
use client::{
    Deployment, Error,
    journal::Kind,
    subscribers::Published,
    tables::{Item, time, value},
};
use jiff::Timestamp;

use super::{
    findings::Audit,
    pages::{PREBOOKINGS, RFQS},
    sources::Sources,
    subscribers::Effects,
};

pub(super) async fn audit(
    deployment: &Deployment,
    sources: &mut Sources<'_>,
    audit: &mut Audit,
    progress: &mut impl FnMut(&Audit),
) -> Result<(), Error> {
    let mut bookings = sources.pages.all(PREBOOKINGS)?.send();
    while let Some(page) = bookings.next().await {
        let page = page.map_err(|error| Error::aws("dynamodb:Scan", &error))?;
        prebookings(deployment, sources, page.items(), audit).await?;
        progress(audit);
    }
    let mut rfqs = sources.pages.all(RFQS)?.send();
    while let Some(page) = rfqs.next().await {
        let page = page.map_err(|error| Error::aws("dynamodb:Scan", &error))?;
        for rfq in page.items() {
            self::rfq(rfq, audit);
            sources.told.stored(Kind::Rfq, rfq, audit);
        }
        progress(audit);
    }
    Ok(())
}

/// Checks that each prebooking is decided and in the lake once, and that a repeated request refers to an existing one.
async fn prebookings(
    deployment: &Deployment,
    Sources { pages, filed, told }: &mut Sources<'_>,
    items: &[Item],
    audit: &mut Audit,
) -> Result<(), Error> {
    // The table also maps keys and repeated requests to their bookings.
    let stands_for = |item: &Item| {
        let meant = ["booking", "aliasOf"].map(|name| value(item, name));
        meant.into_iter().find(|meant| !meant.is_empty())
    };
    let meant = pages.with(PREBOOKINGS, ["id"], items.iter().filter_map(stands_for).map(|id| [id])).await?;
    for item in items {
        if item.contains_key("aliasOf") {
            told.leads(&value(item, "id"), value(item, "aliasOf"));
        }
        if let Some(id) = stands_for(item) {
            let about = format!("prebooking {id}");
            audit.expects(
                meant.contains_key(&[id]),
                &about,
                PREBOOKINGS.0,
                "a request refers to it, but it does not exist",
            );
        }
    }
    let bookings: Vec<&Item> = items.iter().filter(|item| stands_for(item).is_none()).collect();
    let (rejected, taken): (Vec<&Item>, Vec<&Item>) =
        bookings.iter().copied().partition(|booking| is_rejected_at_once(booking));
    for (event, bookings) in [("PrebookingRejected", rejected), ("PrebookingSubmitted", taken)] {
        let events: Vec<Published> = bookings.iter().map(|booking| submitted(booking)).collect();
        let effects = Effects::of(pages, deployment, event, &events).await?;
        for event in &events {
            effects.audit(event, &format!("prebooking {}", event.id), filed, audit)?;
        }
    }
    for booking in &bookings {
        told.stored(Kind::Prebooking, booking, audit);
    }
    audit.looked_at("prebookings", bookings.len());
    Ok(())
}

/// The event of a booking, submitted or rejected.
fn submitted(booking: &Item) -> Published {
    let id = value(booking, "id");
    let fields = ["customer", "from", "to", "when"].into_iter().filter(|name| booking.contains_key(*name));
    let data = fields.map(|name| (name.to_owned(), value(booking, name)));
    let data = data.chain([("prebooking".to_owned(), id.clone())]).collect();
    Published { id, time: time(booking, "submittedAt").unwrap_or(Timestamp::UNIX_EPOCH), data }
}

/// True if a booking broke a rule when it was submitted, and so was rejected without a decision.
fn is_rejected_at_once(booking: &Item) -> bool {
    value(booking, "status") == "REJECTED" && !booking.contains_key("decidedAt")
}

/// True if a booking is confirmed or rejected.
pub(super) fn is_decided(booking: &Item) -> bool {
    matches!(value(booking, "status").as_str(), "CONFIRMED" | "REJECTED")
}

/// Checks that a request is closed, and has at most one answer from each herd that was asked.
fn rfq(rfq: &Item, audit: &mut Audit) {
    audit.looked_at("requests for quotes", 1);
    let about = format!("rfq {}", value(rfq, "id"));
    let asked = rfq.get("asked").and_then(|asked| asked.as_l().ok());
    let asked: Vec<&str> =
        asked.into_iter().flatten().filter_map(|name| name.as_s().ok()).map(String::as_str).collect();
    let answers = |which: &str| -> Vec<&str> {
        let answers = rfq.get(which).and_then(|answers: &AttributeValue| answers.as_m().ok());
        answers.into_iter().flat_map(|answers| answers.keys()).map(String::as_str).collect()
    };
    let (quotes, late) = (answers("quotes"), answers("late"));
    let closed = rfq.contains_key("expiredAt") || quotes.len() == asked.len();
    audit.expects(closed, &about, RFQS.0, "not closed");
    let strangers = quotes.iter().chain(&late).any(|herd| !asked.contains(herd));
    audit.expects(!strangers, &about, RFQS.0, "a herd answered that was not asked");
    let twice = late.iter().any(|herd| quotes.contains(herd));
    audit.expects(!twice, &about, RFQS.0, "a herd's answer counts both as in time and as late");
}
