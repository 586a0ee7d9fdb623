//! Audits effects: each must follow from an accepted request.

use std::collections::BTreeMap;

use client::{
    Deployment, Error,
    subscribers::{SeenIn, Subscriber},
    tables::{Item, value},
};

use super::{
    fares::Ending,
    findings::Audit,
    pages::{FARES, LOYALTY, NOTIFICATIONS, PAYMENTS, PREBOOKINGS, Pages, RIDES, Table},
};

/// Checks that every effect belongs to an accepted ride or prebooking, and that each customer's points add up.
pub(super) async fn audit(
    deployment: &Deployment,
    pages: &Pages<'_>,
    audit: &mut Audit,
    progress: &mut impl FnMut(&Audit),
) -> Result<(), Error> {
    for ((service, table), subscribers) in by_table(deployment)? {
        let mut effects = pages.all((&service, &table))?.send();
        while let Some(page) = effects.next().await {
            let page = page.map_err(|error| Error::aws("dynamodb:Scan", &error))?;
            let items = page.items();
            for (of, what) in [(RIDES, "ride"), (PREBOOKINGS, "prebooking")] {
                let those: Vec<&Subscriber> = subscribers.iter().filter(|s| is_of(s, what)).collect();
                let id = |item: &Item| {
                    let read = |subscriber: &&Subscriber| subscriber.event_field(item, &["id", what, "fare"]);
                    those.iter().find_map(read).map(|id| Ending::ride_of(&id).to_owned())
                };
                follow(pages, &service, items, id, (of, what), audit).await?;
            }
            match (service.as_str(), table.as_str()) {
                NOTIFICATIONS => outcomes(items, audit),
                LOYALTY => {
                    for balance in items.iter().filter(|item| value(item, "entry") == "BALANCE") {
                        add_up(pages, balance, audit).await?;
                    }
                }
                _ => {}
            }
            audit.looked_at("effects", items.len());
            progress(audit);
        }
    }
    for table in [FARES, PAYMENTS] {
        let mut effects = pages.all(table)?.send();
        while let Some(page) = effects.next().await {
            let page = page.map_err(|error| Error::aws("dynamodb:Scan", &error))?;
            let id = |item: &Item| Some(value(item, "fareId"));
            follow(pages, table.0, page.items(), id, (RIDES, "ride"), audit).await?;
            audit.looked_at("effects", page.items().len());
            progress(audit);
        }
    }
    Ok(())
}

/// The subscribers whose effects are in each table, except for the table of prebookings, which holds the accepted requests.
fn by_table(deployment: &Deployment) -> Result<BTreeMap<(String, String), Vec<Subscriber>>, Error> {
    let mut tables = BTreeMap::<_, Vec<Subscriber>>::new();
    for subscriber in deployment.subscribers()? {
        if let SeenIn::Table(table) = subscriber.seen_in()
            && (subscriber.service.as_str(), table.as_str()) != PREBOOKINGS
        {
            tables.entry((subscriber.service.clone(), table)).or_default().push(subscriber);
        }
    }
    Ok(tables)
}

/// True if a subscriber's event is about this: a prebooking, or else a ride.
fn is_of(subscriber: &Subscriber, what: &str) -> bool {
    subscriber.event.starts_with("Prebooking") == (what == "prebooking")
}

/// Looks up the ride or the prebooking of each effect.
async fn follow(
    pages: &Pages<'_>,
    service: &str,
    effects: &[Item],
    id: impl Fn(&Item) -> Option<String>,
    (of, what): (Table, &str),
    audit: &mut Audit,
) -> Result<(), Error> {
    let ids: Vec<String> = effects.iter().filter_map(id).collect();
    let accepted = pages.with(of, ["id"], ids.iter().map(|id| [id.clone()])).await?;
    for id in ids {
        let about = format!("{what} {id}");
        let is_accepted = accepted.contains_key(&[id]);
        audit.expects(is_accepted, &about, service, "has an effect, but was never accepted");
    }
    Ok(())
}

/// Checks that a claimed notification has an outcome. Otherwise SES may have accepted its e-mail, and people must find out.
fn outcomes(notifications: &[Item], audit: &mut Audit) {
    for claimed in notifications.iter().filter(|item| value(item, "status") == "SENDING") {
        let about = format!("notification {}", value(claimed, "eventId"));
        audit.finds(about, NOTIFICATIONS.0, "e-mail may have been sent: see rydes settle-email");
    }
}

/// Checks that a customer's balance is the sum of the awards.
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
