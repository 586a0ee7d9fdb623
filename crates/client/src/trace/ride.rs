//! The trace of a ride: what every service did with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    time::Duration,
};

use contracts::RideId;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use super::step::{Delivery, Step};
use crate::{
    deployment::Deployment,
    error::Error,
    filter::{Verdict, judge},
    lake::Lake,
    subscribers::{Published, Seen, SeenIn, Subscriber},
    tables::{Item, Tables, amount, time, value},
};

/// The trace of a ride.
#[derive(Debug, Serialize)]
pub struct RideTrace {
    /// The ride's id.
    pub ride: String,
    /// The place where it started.
    pub from: String,
    /// The place where it ended.
    pub to: String,
    /// Kilometres.
    pub distance: String,
    /// The fare.
    pub fare: String,
    /// The time when it was stored.
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
        subscribers: Subscribers::from_deployment(deployment)?,
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
    subscribers: Subscribers,
}

impl Tracer<'_> {
    async fn start(&self, row: &Item) -> Result<RideTrace, Error> {
        let accepted =
            recorded_at(row).ok_or_else(|| Error::Unexpected("the ride has no time".to_owned()))?;
        let mut services = Vec::new();
        for subscriber in &self.subscribers.ride {
            let delivery = self.delivery(subscriber, row).await?;
            services.push(Step::new(&subscriber.service, delivery));
        }
        let told = self.subscribers.services_told();
        let told = told.into_iter().map(|service| Step::new(service, Delivery::Queue));
        Ok(RideTrace {
            ride: self.ride.to_string(),
            from: value(row, "from"),
            to: value(row, "to"),
            distance: value(row, "distance"),
            fare: amount(row, "fare"),
            accepted,
            correlation_id: value(row, "correlationId"),
            services,
            fare_collection: iter::once(Step::new("fare-collection", Delivery::Started))
                .chain(told)
                .collect(),
        })
    }

    /// Looks for the effects not yet seen.
    async fn look(&self, row: &Item, trace: &mut RideTrace) -> Result<(), Error> {
        let accepted = trace.accepted;
        let ride = completed(row, accepted);
        for (step, subscriber) in trace.services.iter_mut().zip(&self.subscribers.ride) {
            if step.is_awaited() {
                step.record(subscriber.effect(&self.tables, &self.lake, &ride).await?, accepted);
            }
        }
        let fare = self.tables.item("fare-collection", "FaresTableName", &[("fareId", &ride.id)]).await?;
        let Some(fare) = fare else {
            return Ok(());
        };
        for step in trace.fare_collection.iter_mut().filter(|step| step.is_awaited()) {
            let seen = match step.delivery {
                Delivery::Started => outcome(&fare),
                _ => self.outcome_effect(&step.service, &fare, accepted).await?,
            };
            step.record(seen, accepted);
        }
        Ok(())
    }

    /// The effect at a service of how the collection ended. While a fare needs review there is nothing to tell.
    async fn outcome_effect(&self, service: &str, fare: &Item, accepted: Timestamp) -> Result<Seen, Error> {
        let (ending, subscribers) = match value(fare, "status").as_str() {
            "COLLECTED" => ("collected", &self.subscribers.collected),
            "FAILED" => ("failed", &self.subscribers.failed),
            "NEEDS_REVIEW" => return Ok(Some(("nothing to tell yet".to_owned(), None))),
            _ => return Ok(None),
        };
        let Some(subscriber) = subscribers.iter().find(|subscriber| subscriber.service == service) else {
            return Ok(Some(("does not subscribe to this outcome".to_owned(), None)));
        };
        let ended = ["collectedAt", "failedAt"].into_iter().find_map(|name| time(fare, name));
        let outcome = Published {
            id: format!("{}-{ending}", self.ride),
            time: ended.unwrap_or(accepted),
            data: fields(fare, &[("fare", "fareId"), ("customer", "customer"), ("amount", "amount")]),
        };
        subscriber.effect(&self.tables, &self.lake, &outcome).await
    }

    /// Finds the service's subscription and asks its filter.
    async fn delivery(&self, subscriber: &Subscriber, row: &Item) -> Result<Delivery, Error> {
        let queue =
            self.deployment.output(&subscriber.service, &format!("{}QueueUrl", subscriber.queue()))?;
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
                "type" => Some(subscriber.event.clone()),
                name => row.contains_key(name).then(|| value(row, name)),
            };
            return Ok(match judge(&policy, attribute) {
                Verdict::FilteredOut(why) => Delivery::FilteredOut(why),
                Verdict::Passes | Verdict::Unknown => Delivery::Queue,
            });
        }
        Ok(Delivery::NotSubscribed)
    }
}

/// The services that take an event of the ride, and whose effect is seen.
struct Subscribers {
    ride: Vec<Subscriber>,
    collected: Vec<Subscriber>,
    failed: Vec<Subscriber>,
}

impl Subscribers {
    fn from_deployment(deployment: &Deployment) -> Result<Self, Error> {
        let of = |event: &str| {
            let all = deployment.subscribers_of(event)?.into_iter();
            Ok::<_, Error>(all.filter(|subscriber| subscriber.seen_in() != SeenIn::Elsewhere).collect())
        };
        Ok(Self {
            ride: of("RideCompleted")?,
            collected: of("FareCollected")?,
            failed: of("FareCollectionFailed")?,
        })
    }

    /// The services that are told how the collection of the fare ended.
    fn services_told(&self) -> BTreeSet<&str> {
        let told = self.collected.iter().chain(&self.failed);
        told.map(|subscriber| subscriber.service.as_str()).collect()
    }
}

/// The event of a ride.
fn completed(row: &Item, accepted: Timestamp) -> Published {
    let same = ["from", "to", "duration", "distance", "customer", "fare"].map(|name| (name, name));
    let data = fields(row, &[&[("ride", "id")][..], &same].concat());
    Published { id: value(row, "id"), time: accepted, data }
}

/// The fields of an event, each from an attribute.
fn fields(item: &Item, names: &[(&str, &str)]) -> BTreeMap<String, String> {
    names.iter().map(|(field, attribute)| ((*field).to_owned(), value(item, attribute))).collect()
}

/// The end of a fare's collection.
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
