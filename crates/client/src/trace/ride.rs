//! The trace of a ride: what every service did with it.

use std::time::Duration;

use contracts::RideId;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    step::{Delivery, Seen, Step, filed},
    tier::Tier,
};
use crate::{
    deployment::Deployment,
    error::Error,
    filter::{Verdict, judge},
    lake::Lake,
    tables::{Item, Tables, amount, time, value},
};

/// The trace of a ride.
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
    /// The fare.
    pub fare: String,
    /// When it was stored.
    pub accepted: Timestamp,
    /// The id that all log lines about it carry.
    pub correlation_id: String,
    /// The steps of the subscribers of the Ride Completion Topic.
    pub services: Vec<Step>,
    /// The steps of its fare: the saga, and the notification about how it ended.
    pub fare_collection: Vec<Step>,
}

impl RideTrace {
    /// True if every service that should see the ride has.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.steps().all(|step| !step.is_awaited())
    }

    /// All steps, those of its fare last.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.services.iter().chain(&self.fare_collection)
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
pub async fn trace(
    deployment: &Deployment,
    ride: &str,
    patience: Duration,
    mut progress: impl FnMut(&RideTrace),
) -> Result<RideTrace, Error> {
    let ride = RideId::parse(ride).map_err(|rule| Error::Usage(format!("id: {rule}")))?;
    let tracer = Tracer {
        tables: Tables::from_deployment(deployment),
        deployment,
        ride,
        lake: Lake::from_deployment(deployment)?,
    };
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
            step.record(self.effect(&step.service, row, accepted).await?, accepted);
        }
        let ride = self.ride.to_string();
        let fare = self.tables.item("fare-collection", "FaresTableName", &[("fareId", &ride)]).await?;
        let Some(fare) = fare else {
            return Ok(());
        };
        for step in trace.fare_collection.iter_mut().filter(|step| step.is_awaited()) {
            let seen = match step.delivery {
                Delivery::Started => outcome(&fare),
                _ => self.outcome_notified(&fare).await?,
            };
            step.record(seen, accepted);
        }
        Ok(())
    }

    /// Looks for the notification about how the collection ended. A fare that needs review has none yet.
    async fn outcome_notified(&self, fare: &Item) -> Result<Seen, Error> {
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
        let total = total.unwrap_or_default();
        let effect =
            format!("{} points awarded, {total} in all: {}", value(&award, "points"), Tier::of_points(total));
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

fn recorded_at(item: &Item) -> Option<Timestamp> {
    time(item, "recordedAt")
}
