//! `rydes trace`: what every service did with a ride.

use std::time::Duration;

use contracts::{Points, RideId, Tier};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    Deployment, Error, Lake,
    filter::{Verdict, judge},
    tables::{Item, Tables, amount, time, value},
};

/// What became of a ride.
#[derive(Debug, Serialize)]
pub struct RideTrace {
    /// The ride's id.
    pub ride: String,
    /// Where it started.
    pub from: String,
    /// Where it ended.
    pub to: String,
    /// Kilometres.
    pub distance: String,
    /// What it costs.
    pub fare: String,
    /// When it was stored.
    pub accepted: Timestamp,
    /// What all logs about it have in common.
    pub correlation_id: String,
    /// What each subscriber of the Ride Completion Topic did.
    pub services: Vec<Step>,
    /// What became of its fare: the saga, and who was told how it ended.
    pub fare_collection: Vec<Step>,
}

/// What a service did with the ride.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The service.
    pub service: String,
    /// Whether the ride was for it.
    pub delivery: Delivery,
    /// What it did, in words; none while nothing is to be seen.
    pub effect: Option<String>,
    /// How long after acceptance the effect was there.
    pub latency_ms: Option<i64>,
}

/// What the subscription's filter made of the ride.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It went into the service's queue.
    Queue,
    /// The topic kept it from the service, for this reason.
    FilteredOut(String),
    /// The service isn't subscribed.
    NotSubscribed,
    /// Customer Accounting started it.
    Started,
}

impl RideTrace {
    /// True if every service that should see the ride has.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// What is still to come.
    pub fn missing(&self) -> impl Iterator<Item = &Step> {
        self.services.iter().chain(&self.fare_collection).filter(|step| step.is_awaited())
    }
}

impl Step {
    pub(crate) fn new(service: impl Into<String>, delivery: Delivery) -> Self {
        Self { service: service.into(), delivery, effect: None, latency_ms: None }
    }

    /// True if an effect should come, and hasn't.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.effect.is_none() && matches!(self.delivery, Delivery::Queue | Delivery::Started)
    }
}

/// A subscriber and how its effect is looked up.
struct Subscriber {
    service: &'static str,
    queue: &'static str,
}

const SUBSCRIBERS: [Subscriber; 5] = [
    Subscriber { service: "customer-notification", queue: "CustomerNotificationQueueUrl" },
    Subscriber { service: "customer-accounting", queue: "CustomerAccountingQueueUrl" },
    Subscriber { service: "customer-loyalty", queue: "CustomerLoyaltyQueueUrl" },
    Subscriber { service: "datalake-ingestion", queue: "DatalakeIngestionQueueUrl" },
    Subscriber { service: "extraordinary-rides", queue: "ExtraordinaryRidesQueueUrl" },
];

/// Waits until every service that should see the ride has, or until the time is up, and tells what is known then.
pub async fn trace_ride(
    deployment: &Deployment,
    ride: &str,
    patience: Duration,
    mut progress: impl FnMut(&RideTrace),
) -> Result<RideTrace, Error> {
    let ride = RideId::parse(ride).map_err(|rule| Error::Usage(format!("id: {rule}")))?;
    let tracer = Tracer { tables: Tables::of(deployment), deployment, ride, lake: Lake::of(deployment)? };
    let row =
        tracer.tables.item("unicorn-management", "RidesTableName", &[("id", &ride.to_string())]).await?;
    let row = row.ok_or_else(|| Error::NoSuchRide(ride.to_string()))?;
    let mut trace = tracer.start(&row).await?;
    let deadline = Instant::now() + patience;
    loop {
        tracer.look(&row, &mut trace).await?;
        progress(&trace);
        if trace.is_complete() || Instant::now() >= deadline {
            return Ok(trace);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

struct Tracer<'a> {
    deployment: &'a Deployment,
    tables: Tables<'a>,
    lake: Lake,
    ride: RideId,
}

/// What was done, and when.
pub(crate) type Seen = Option<(String, Option<Timestamp>)>;

impl Tracer<'_> {
    async fn start(&self, row: &Item) -> Result<RideTrace, Error> {
        let accepted =
            recorded_at(row).ok_or_else(|| Error::Unexpected("the ride has no time".to_owned()))?;
        let mut services = Vec::new();
        for subscriber in &SUBSCRIBERS {
            let delivery = self.delivery(subscriber, row).await?;
            services.push(Step::new(subscriber.service, delivery));
        }
        Ok(RideTrace {
            ride: self.ride.to_string(),
            from: value(row, "from"),
            to: value(row, "to"),
            distance: value(row, "distance"),
            fare: amount(row, "fare"),
            accepted,
            correlation_id: value(row, "correlationId"),
            services,
            fare_collection: vec![
                Step::new("fare-collection", Delivery::Started),
                Step::new("customer-notification", Delivery::Queue),
            ],
        })
    }

    /// Looks for the effects not yet seen.
    async fn look(&self, row: &Item, trace: &mut RideTrace) -> Result<(), Error> {
        let accepted = trace.accepted;
        for step in trace.services.iter_mut().filter(|step| step.is_awaited()) {
            step.has_seen(self.effect(&step.service, row, accepted).await?, accepted);
        }
        let ride = self.ride.to_string();
        let fare = self.tables.item("fare-collection", "FaresTableName", &[("fareId", &ride)]).await?;
        let Some(fare) = fare else {
            return Ok(());
        };
        for step in trace.fare_collection.iter_mut().filter(|step| step.is_awaited()) {
            let seen = match step.delivery {
                Delivery::Started => outcome(&fare),
                _ => self.told(&fare).await?,
            };
            step.has_seen(seen, accepted);
        }
        Ok(())
    }

    /// Whether the customer was told how the collection ended. While a fare needs review there is nothing to tell.
    async fn told(&self, fare: &Item) -> Result<Seen, Error> {
        match value(fare, "status").as_str() {
            "COLLECTED" => {
                self.notified(&format!("{}-collected", self.ride), "payment receipt e-mailed").await
            }
            "FAILED" => self.notified(&format!("{}-failed", self.ride), "payment problem e-mailed").await,
            "NEEDS_REVIEW" => Ok(Some(("nothing to tell yet".to_owned(), None))),
            _ => Ok(None),
        }
    }

    async fn notified(&self, event: &str, told: &str) -> Result<Seen, Error> {
        let table = "NotificationsTableName";
        let found = self.tables.item("customer-notification", table, &[("eventId", event)]).await?;
        Ok(found.and_then(|item| match value(&item, "status").as_str() {
            "SENT" => Some((told.to_owned(), recorded_at(&item))),
            "NO_ADDRESS" => Some(("no address on file, nothing sent".to_owned(), recorded_at(&item))),
            _ => None,
        }))
    }

    async fn effect(&self, service: &str, row: &Item, accepted: Timestamp) -> Result<Seen, Error> {
        let (ride, customer) = (self.ride.to_string(), value(row, "customer"));
        match service {
            "customer-notification" => self.notified(&ride, "receipt e-mailed").await,
            "customer-accounting" => {
                let found = self
                    .tables
                    .item(service, "LedgerTableName", &[("fareId", &ride), ("entry", "OPENED")])
                    .await?;
                Ok(found
                    .map(|item| (format!("fare of {} opened", amount(&item, "amount")), recorded_at(&item))))
            }
            "customer-loyalty" => self.points(service, &ride, &customer).await,
            "datalake-ingestion" => filed(&self.lake, "RideCompleted", &ride, accepted).await,
            _ => {
                let found =
                    self.tables.item(service, "ExtraordinaryRidesTableName", &[("rideId", &ride)]).await?;
                Ok(found.map(|item| ("ride featured".to_owned(), recorded_at(&item))))
            }
        }
    }

    async fn points(&self, service: &str, ride: &str, customer: &str) -> Result<Seen, Error> {
        let table = "LoyaltyPointsTableName";
        let award = [("customer", customer), ("entry", &format!("RIDE#{ride}"))];
        let Some(award) = self.tables.item(service, table, &award).await? else {
            return Ok(None);
        };
        let balance =
            self.tables.item(service, table, &[("customer", customer), ("entry", "BALANCE")]).await?;
        let total = balance.map(|item| value(&item, "points")).and_then(|points| points.parse().ok());
        let total = Points(total.unwrap_or_default());
        let effect =
            format!("{} points awarded, {total} in all: {}", value(&award, "points"), Tier::of(total));
        Ok(Some((effect, recorded_at(&award))))
    }

    /// Finds the service's subscription and asks its filter.
    async fn delivery(&self, subscriber: &Subscriber, row: &Item) -> Result<Delivery, Error> {
        let queue = self.deployment.output(subscriber.service, subscriber.queue)?;
        let topic = self.deployment.output("unicorn-management", "RideCompletionTopicArn")?;
        let sns = aws_sdk_sns::Client::new(self.deployment.aws());
        let mut pages = sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().items().send();
        while let Some(subscription) = pages.next().await {
            let subscription = subscription.map_err(|e| Error::aws("sns:ListSubscriptionsByTopic", &e))?;
            let endpoint = subscription.endpoint().and_then(|arn| arn.rsplit(':').next());
            if endpoint != queue.rsplit('/').next() {
                continue;
            }
            let arn = subscription.subscription_arn().unwrap_or_default();
            let attributes = sns.get_subscription_attributes().subscription_arn(arn).send().await;
            let attributes = attributes.map_err(|e| Error::aws("sns:GetSubscriptionAttributes", &e))?;
            let policy = attributes.attributes().and_then(|a| a.get("FilterPolicy"));
            let Some(policy) = policy.and_then(|policy| serde_json::from_str(policy).ok()) else {
                return Ok(Delivery::Queue);
            };
            let attribute = |name: &str| match name {
                "type" => Some("RideCompleted".to_owned()),
                "fare" | "distance" => Some(value(row, name)),
                _ => None,
            };
            return Ok(match judge(&policy, attribute) {
                Verdict::FilteredOut(why) => Delivery::FilteredOut(why),
                Verdict::Passes | Verdict::Unknown => Delivery::Queue,
            });
        }
        Ok(Delivery::NotSubscribed)
    }
}

impl Step {
    pub(crate) fn has_seen(&mut self, seen: Seen, accepted: Timestamp) {
        if let Some((effect, at)) = seen {
            self.effect = Some(effect);
            self.latency_ms = at.map(|at| at.as_millisecond() - accepted.as_millisecond());
        }
    }
}

/// How the collection of a fare ended.
fn outcome(fare: &Item) -> Seen {
    match value(fare, "status").as_str() {
        "COLLECTED" => {
            Some((format!("fare of {} collected", amount(fare, "amount")), time(fare, "collectedAt")))
        }
        "FAILED" => Some((format!("not collected: {}", value(fare, "reason")), time(fare, "failedAt"))),
        "NEEDS_REVIEW" => Some(("needs review: see rydes fare".to_owned(), time(fare, "parkedAt"))),
        _ => None,
    }
}

/// Whether an event stands in the lake, and since when.
pub(crate) async fn filed(lake: &Lake, event: &str, id: &str, happened: Timestamp) -> Result<Seen, Error> {
    let day = happened.strftime("%F");
    let question = format!(
        "CAST(ingested_at AS varchar) FROM unique_events WHERE type = '{event}' AND dt = '{day}' AND id = '{id}'"
    );
    let rows = lake.select(&question).await?;
    Ok(match rows.as_slice() {
        [] => None,
        [row] => Some(("event filed as Parquet".to_owned(), row.first().and_then(|cell| sql_time(cell)))),
        more => Some((format!("event counted {} times", more.len()), None)),
    })
}

/// `2026-11-23 05:00:00.123`, which is UTC, or with an offset behind it.
fn sql_time(text: &str) -> Option<Timestamp> {
    let iso = text.replacen(' ', "T", 1);
    iso.parse().or_else(|_| format!("{iso}Z").parse()).ok()
}

fn recorded_at(item: &Item) -> Option<Timestamp> {
    time(item, "recordedAt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_athena_and_as_duckdb_write_them() {
        let noon: Timestamp = "2026-11-23T12:00:00.5Z".parse().unwrap();
        for text in ["2026-11-23 12:00:00.500", "2026-11-23 12:00:00.5+00", "2026-11-23 14:00:00.5+02"] {
            assert_eq!(sql_time(text), Some(noon), "{text}");
        }
        assert_eq!(sql_time("soon"), None);
    }
}
