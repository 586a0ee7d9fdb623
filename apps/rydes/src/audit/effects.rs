//! Each effect, and whether anything was accepted that it follows from.

use client::{
    Error,
    tables::{Item, value},
};

use super::{
    findings::Audit,
    pages::{EXTRAORDINARY, FARES, LEDGER, LOYALTY, NOTIFICATIONS, PAYMENTS, Pages, RIDES, Table},
};

/// Nothing follows from a ride that was never accepted, and each customer's points add up.
pub(super) async fn audit(
    pages: &Pages<'_>,
    audit: &mut Audit,
    progress: &mut impl FnMut(&Audit),
) -> Result<(), Error> {
    for (table, of_ride) in [
        (LEDGER, "fareId"),
        (FARES, "fareId"),
        (PAYMENTS, "fareId"),
        (NOTIFICATIONS, "rideId"),
        (EXTRAORDINARY, "rideId"),
    ] {
        let mut effects = pages.all(table)?.send();
        while let Some(page) = effects.next().await {
            let page = page.map_err(|error| Error::aws("dynamodb:Scan", &error))?;
            follow(pages, table, page.items(), |item| Some(value(item, of_ride)), audit).await?;
            if table == NOTIFICATIONS {
                outcomes(page.items(), audit);
            }
            progress(audit);
        }
    }
    let mut points = pages.all(LOYALTY)?.send();
    while let Some(page) = points.next().await {
        let page = page.map_err(|error| Error::aws("dynamodb:Scan", &error))?;
        let ride = |item: &Item| value(item, "entry").strip_prefix("RIDE#").map(str::to_owned);
        follow(pages, LOYALTY, page.items(), ride, audit).await?;
        for balance in page.items().iter().filter(|item| value(item, "entry") == "BALANCE") {
            add_up(pages, balance, audit).await?;
        }
        progress(audit);
    }
    Ok(())
}

/// Looks for the ride that each of these effects is of.
async fn follow(
    pages: &Pages<'_>,
    table: Table,
    effects: &[Item],
    ride: impl Fn(&Item) -> Option<String>,
    audit: &mut Audit,
) -> Result<(), Error> {
    let rides = pages.with(RIDES, ["id"], effects.iter().filter_map(&ride).map(|ride| [ride])).await?;
    for ride in effects.iter().filter_map(&ride) {
        let about = format!("ride {ride}");
        audit.expects(rides.contains_key(&[ride]), &about, table.0, "has an effect, but was never accepted");
    }
    audit.looked_at("effects", effects.len());
    Ok(())
}

/// A notification that was claimed has an outcome: otherwise SES may have taken its e-mail, and people have to find out.
fn outcomes(notifications: &[Item], audit: &mut Audit) {
    for claimed in notifications.iter().filter(|item| value(item, "status") == "SENDING") {
        let about = format!("notification {}", value(claimed, "eventId"));
        audit.finds(about, NOTIFICATIONS.0, "e-mail may have been sent: see rydes settle-email");
    }
}

/// A customer's balance is what the awards add up to.
async fn add_up(pages: &Pages<'_>, balance: &Item, audit: &mut Audit) -> Result<(), Error> {
    let customer = value(balance, "customer");
    let (mut points, mut rides) = (0_u64, 0_u64);
    let mut awards = pages.beginning(LOYALTY, ["customer", "entry"], &customer, "RIDE#")?.send();
    while let Some(award) = awards.next().await {
        let award = award.map_err(|error| Error::aws("dynamodb:Query", &error))?;
        points += value(&award, "points").parse::<u64>().unwrap_or_default();
        rides += 1;
    }
    let holds =
        value(balance, "points") == points.to_string() && value(balance, "rides") == rides.to_string();
    audit.expects(holds, &format!("customer {customer}"), LOYALTY.0, "awards don't add up to the balance");
    Ok(())
}
