//! The part that each service plays for an event, as the service's stack declares it.

use client::{
    subscribers::{Published, SeenIn},
    tables::Tables,
};
use serde_json::Value;

use crate::{World, eventually};

impl World {
    /// Waits until every service that should take an event has had its effect; returns the event.
    pub async fn reaches_every_subscriber(&self, id: &str) -> String {
        eventually("the event is in the lake", || self.filed(id), |filed| *filed == (1, 1)).await;
        let event = self.event_in_the_lake(id).await;
        eventually("every subscriber does its part", || self.awaited(&event), Vec::is_empty).await;
        event
    }

    /// The services that should take an event, and whose effect isn't there yet.
    pub async fn awaited(&self, event: &str) -> Vec<String> {
        let event: Value = serde_json::from_str(event).unwrap();
        let published = Published::from_message(&event).unwrap();
        let tables = Tables::from_deployment(&self.deployment);
        let mut awaited = Vec::new();
        for subscriber in self.deployment.subscribers_of(event["type"].as_str().unwrap()).unwrap() {
            let is_there = match subscriber.seen_in() {
                SeenIn::Table(_) => {
                    let effect = subscriber.effect(&tables, &self.lake, &published).await.unwrap();
                    effect.is_some()
                }
                SeenIn::Lake => self.filed(&published.id).await.1 == 1,
                SeenIn::Elsewhere => true,
            };
            if !is_there && subscriber.takes(&published) {
                awaited.push(subscriber.service);
            }
        }
        awaited
    }
}
