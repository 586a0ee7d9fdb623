//! The faults of a bad minute, until it is over.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    time::Duration,
};

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};
use testkit::{functions, kill, setting};
use tokio::time::{Instant, sleep};

use crate::{
    QUEUES,
    audit::{LARGE, Order},
    shop::{Shop, unique},
};

/// A message that can't be handled, and the queue that it was sent to.
pub struct Poison {
    pub queue: &'static str,
    pub body: String,
}

/// Kills one function after the other, at any point of its work.
pub async fn kill_functions(killed: &Cell<usize>, over: &Cell<bool>) {
    while !over.get() {
        sleep(Duration::from_millis(150)).await;
        if let Some(process) = fastrand::choice(functions()) {
            killed.set(killed.get() + usize::from(kill(&process)));
        }
    }
}

/// Sends poison to each queue, now and then.
pub async fn poison(shop: &Shop, over: &Cell<bool>) -> Vec<Poison> {
    let mut poisoned = Vec::new();
    loop {
        for (queue, _) in QUEUES {
            let body = unique("{ poison");
            shop.send(queue, &body, 0).await;
            poisoned.push(Poison { queue, body });
        }
        sleep(Duration::from_secs(2)).await;
        if over.get() {
            return poisoned;
        }
    }
}

/// A queue of this test's own, which is sent all that the shop publishes.
pub struct Copies {
    queue_url: String,
}

impl Copies {
    pub async fn of_all_orders(shop: &Shop) -> Self {
        let topic = setting("ORDERS_TOPIC_ARN");
        let made = shop.sqs.create_queue().queue_name(unique("copies")).send().await.unwrap();
        let queue_url = made.queue_url.unwrap();
        let get = shop.sqs.get_queue_attributes().queue_url(&queue_url);
        let attributes =
            get.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap().attributes.unwrap();
        let arn = &attributes[&QueueAttributeName::QueueArn];
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }]});
        let set = shop.sqs.set_queue_attributes().queue_url(&queue_url);
        set.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
        let subscribe = shop.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(arn);
        subscribe.attributes("RawMessageDelivery", "true").send().await.unwrap();
        Self { queue_url }
    }

    /// Delivers each order's event once more to its subscribers, at once or late, until every order has been published. Returns the
    /// number of messages that were doubled.
    pub async fn deliver_again(&self, shop: &Shop, placed: &RefCell<Vec<Order>>, over: &Cell<bool>) -> usize {
        let (mut doubled, mut published, began) = (0, HashSet::new(), Instant::now());
        while !over.get() || !placed.borrow().iter().all(|order| published.contains(&order.id)) {
            assert!(began.elapsed() < Duration::from_mins(5), "not every order has been published");
            let receive = shop.sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
            for message in receive.send().await.unwrap().messages.unwrap_or_default() {
                let body = message.body.unwrap();
                let event: Value = serde_json::from_str(&body).unwrap();
                for (queue, _) in QUEUES {
                    if queue == "RESERVE_STOCK_QUEUE_URL" || event["data"]["total"].as_u64() >= Some(LARGE) {
                        shop.send(queue, &body, fastrand::i32(0..4)).await;
                        doubled += 1;
                    }
                }
                published.insert(event["data"]["order"].as_str().unwrap().to_owned());
                let delete = shop.sqs.delete_message().queue_url(&self.queue_url);
                delete.receipt_handle(message.receipt_handle.unwrap()).send().await.unwrap();
            }
            sleep(Duration::from_millis(100)).await;
        }
        doubled
    }
}
