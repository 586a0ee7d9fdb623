//! The services that take events. The tests read them from the deployed stacks, so they cover a new service too.

use std::collections::BTreeSet;

use client::subscribers::SeenIn;
use end_to_end::{Caller, Prebooking, Ride, World, in_days, unique};
use serde_json::Value;

#[tokio::test]
async fn every_declared_subscriber_does_its_part() {
    let world = World::shared().await;
    let unicorns = Caller::unicorn_management_app(&world).await;
    let customers = Caller::customer_app(&world).await;
    let ride = unicorns.completes(&Ride::default()).await;
    let unpaid = Ride::default().with("customer", format!("{}_fail_auth", unique("c")));
    let unpaid = unicorns.completes(&unpaid).await;
    let booking = customers.prebooks(&Prebooking::default()).await;
    let rejected = customers.prebooks(&Prebooking::default().with("when", in_days(-1))).await;

    let mut published = BTreeSet::new();
    for id in [ride.clone(), format!("{ride}-collected"), format!("{unpaid}-failed"), booking, rejected] {
        let event: Value = serde_json::from_str(&world.reaches_every_subscriber(&id).await).unwrap();
        published.insert(event["type"].as_str().unwrap().to_owned());
    }
    let declared = world.deployment.subscribers().unwrap();
    let seen = declared.iter().filter(|subscriber| subscriber.seen_in() != SeenIn::Elsewhere);
    let missing: Vec<_> = seen.filter(|subscriber| !published.contains(&subscriber.event)).collect();
    assert!(missing.is_empty(), "no event of this test is of the types of {missing:?}");
}

#[tokio::test]
async fn every_subscription_of_a_topic_is_declared() {
    let world = World::shared().await;
    let services = world.services().await;
    let declared = world.deployment.subscribers().unwrap();
    let (mut subscribed, mut without_events) = (0, BTreeSet::new());
    for (name, stack) in world.deployment.stacks() {
        for (output, topic) in stack.outputs.iter().filter(|(output, _)| output.ends_with("TopicArn")) {
            let pages =
                world.sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().items().send();
            for subscription in pages.collect::<Result<Vec<_>, _>>().await.unwrap() {
                // Some tests subscribe queues of their own.
                let is_subscribed =
                    |queue: &str| subscription.endpoint().unwrap().ends_with(&format!(":{queue}"));
                let Some(service) =
                    services.iter().find(|service| is_subscribed(world.queue_name(**service)))
                else {
                    continue;
                };
                // A service's own topic may carry something else than events: SES's reports on its e-mails.
                let carries_events =
                    stack.outputs.contains_key(&format!("{}Events", output.trim_end_matches("Arn")));
                if service.stack == name && !carries_events {
                    without_events.insert(output.as_str());
                    continue;
                }
                let is_it = declared.iter().any(|d| d.service == service.stack && d.queue() == service.name);
                assert!(
                    is_it,
                    "{service:?} is subscribed to {topic}, and no output of its stack declares it"
                );
                subscribed += 1;
            }
        }
    }
    let known = BTreeSet::from(["EmailFeedbackTopicArn"]);
    assert!(without_events.is_subset(&known), "a topic of {without_events:?} has no output with its events");
    assert!(subscribed > 0, "no service is subscribed to any topic");
}
