//! The services behind buffer queues. Services that tests name are constants here; lists come from the deployed stacks.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use client::subscribers::Subscriber;

use crate::World;

/// A service behind a buffer queue, under the names that the contract gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    pub stack: &'static str,
    pub name: &'static str,
    pub function: &'static str,
}

impl Service {
    pub const NOTIFICATION: Self =
        Self { stack: "customer-notification", name: "CustomerNotification", function: "notify-customer" };
    pub const EMAIL_FEEDBACK: Self =
        Self { stack: "customer-notification", name: "EmailFeedback", function: "record-email-feedback" };
    pub const ACCOUNTING: Self =
        Self { stack: "customer-accounting", name: "CustomerAccounting", function: "open-fare" };
    pub const LOYALTY: Self =
        Self { stack: "customer-loyalty", name: "CustomerLoyalty", function: "award-points" };
    pub const DATALAKE: Self =
        Self { stack: "datalake-ingestion", name: "DatalakeIngestion", function: "ingest-events" };
    pub const EXTRAORDINARY: Self =
        Self { stack: "extraordinary-rides", name: "ExtraordinaryRides", function: "feature-ride" };
    pub const PREBOOKING_SUBMISSION: Self =
        Self { stack: "ride-booking", name: "PrebookingSubmission", function: "submit-ride-prebooking" };
    pub const PREBOOKING_PROCESSING: Self =
        Self { stack: "ride-booking", name: "PrebookingProcessing", function: "process-ride-prebooking" };
    pub const PREBOOKING_NOTIFICATION: Self =
        Self { stack: "datalake-ingestion", name: "PrebookingNotification", function: "ingest-events" };
    pub const RFQ_RESPONSE: Self =
        Self { stack: "ride-booking", name: "RfqResponse", function: "collect-quotes" };
    pub const STARDUST: Self = Self { stack: "herd-stardust", name: "Herd", function: "herd-stardust" };
    /// A participant of the saga, and not a subscriber.
    pub const PAYMENT: Self =
        Self { stack: "customer-payment", name: "Payment", function: "process-payment" };
}

impl World {
    /// Every service behind a buffer queue: each queue with a dead-letter queue and a function.
    pub async fn services(&self) -> Vec<Service> {
        let functions = self.functions_by_queue().await;
        let mut services = Vec::new();
        for (stack, deployed) in self.deployment.stacks() {
            for (output, url) in &deployed.outputs {
                let Some(name) = output.strip_suffix("QueueUrl") else { continue };
                let queue = url.rsplit('/').next().unwrap();
                let is_one = deployed.outputs.contains_key(&format!("{name}DlqUrl"));
                if let Some(function) = functions.get(queue).filter(|_| is_one) {
                    // Leaked for the life of the process, like all names of services. There are few.
                    let [stack, name, function] =
                        [stack, name, function.as_str()].map(|text| &*text.to_owned().leak());
                    services.push(Service { stack, name, function });
                }
            }
        }
        services
    }

    /// The services that take a type of event.
    pub async fn subscribers_of(&self, event: &str) -> Vec<Service> {
        let subscribers = self.deployment.subscribers_of(event).unwrap();
        let services = self.services().await;
        subscribers.iter().map(|subscriber| service_of(subscriber, &services)).collect()
    }

    /// The herds that are deployed.
    pub async fn herds(&self) -> Vec<Service> {
        self.services().await.into_iter().filter(|service| service.name == "Herd").collect()
    }

    /// The function that receives the messages of each queue.
    async fn functions_by_queue(&self) -> BTreeMap<String, String> {
        let prefix = format!("wild-rydes-{}-", self.deployment.stage);
        let lambda = aws_sdk_lambda::Client::new(self.aws());
        let mappings = lambda.list_event_source_mappings().into_paginator().items().send();
        let mappings = mappings.collect::<Result<Vec<_>, _>>().await.unwrap();
        let of = |mapping: &EventSourceMappingConfiguration| {
            // The alias of a function stands after its name.
            let function = mapping.function_arn()?.rsplit(':').find_map(|part| part.strip_prefix(&prefix))?;
            Some((mapping.event_source_arn()?.rsplit(':').next()?.to_owned(), function.to_owned()))
        };
        mappings.iter().filter_map(of).collect()
    }
}

/// The service of a subscriber. Every subscriber has a function, which receives its messages.
pub fn service_of(subscriber: &Subscriber, services: &[Service]) -> Service {
    let is_it =
        |service: &&Service| service.stack == subscriber.service && service.name == subscriber.queue();
    *services.iter().find(is_it).unwrap_or_else(|| panic!("no function takes the queue of {subscriber:?}"))
}
