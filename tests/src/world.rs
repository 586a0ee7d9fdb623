//! The deployment under test.

use std::collections::{BTreeMap, HashMap};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::{Message, MessageAttributeValue, QueueAttributeName};
use client::{Deployment, journal::Kind, lake::Lake};
use serde_json::Value;

use crate::turn::Turn;

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
    /// A participant of the saga, not a subscriber.
    pub const PAYMENT: Self =
        Self { stack: "customer-payment", name: "Payment", function: "process-payment" };
    /// Those beside the subscribers of the Ride Completion Topic, and the herds.
    pub const OTHERS: [Self; 5] = [
        Self::PREBOOKING_SUBMISSION,
        Self::PREBOOKING_PROCESSING,
        Self::PREBOOKING_NOTIFICATION,
        Self::RFQ_RESPONSE,
        Self::PAYMENT,
    ];
    /// The subscribers of the Ride Completion Topic.
    pub const ALL: [Self; 5] =
        [Self::NOTIFICATION, Self::ACCOUNTING, Self::LOYALTY, Self::DATALAKE, Self::EXTRAORDINARY];
}

/// The deployment under test, and the turn of one test at it.
pub struct World {
    pub deployment: Deployment,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub sns: aws_sdk_sns::Client,
    pub iam: aws_sdk_iam::Client,
    pub lake: Lake,
    _turn: Turn,
}

pub(crate) type Item = HashMap<String, AttributeValue>;

/// A message in a dead-letter queue.
#[derive(Debug)]
pub struct DeadLetter {
    pub body: String,
    /// Why it is one; null if it doesn't say.
    pub reason: Value,
    /// What else stands beside it.
    pub attributes: HashMap<String, MessageAttributeValue>,
}

impl World {
    /// The world beside other tests.
    pub async fn shared() -> Self {
        Self::with(Turn::shared().await).await
    }

    /// The world while no other test runs.
    pub async fn alone() -> Self {
        Self::with(Turn::alone().await).await
    }

    async fn with(turn: Turn) -> Self {
        assert!(std::env::var_os("AWS_ENDPOINT_URL").is_some(), "no deployment to test: run `make test-e2e`");
        // For what asks the emulator itself; the second of two identical choices is ignored.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let stage = std::env::var("STAGE").expect("STAGE names the deployment: run `make test-e2e`");
        let deployment = Deployment::find(&stage).await.unwrap();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(deployment.aws()),
            sqs: aws_sdk_sqs::Client::new(deployment.aws()),
            sns: aws_sdk_sns::Client::new(deployment.aws()),
            iam: aws_sdk_iam::Client::new(deployment.aws()),
            lake: Lake::from_deployment(&deployment).unwrap(),
            deployment,
            _turn: turn,
        }
    }

    pub fn aws(&self) -> &SdkConfig {
        self.deployment.aws()
    }

    pub fn output(&self, stack: &str, output: &str) -> &str {
        self.deployment.output(stack, output).unwrap()
    }

    // ---- what services did -----------------------------------------------------------------------------------------

    pub(crate) async fn item(&self, stack: &str, table: &str, key: &[(&str, &str)]) -> Option<Item> {
        let key =
            key.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned())));
        let get = self.dynamodb.get_item().table_name(self.output(stack, table)).consistent_read(true);
        get.set_key(Some(key.collect())).send().await.unwrap().item
    }

    pub async fn ride(&self, id: &str) -> Option<Item> {
        self.item("unicorn-management", "RidesTableName", &[("id", id)]).await
    }

    /// How many rides are stored.
    pub async fn ride_count(&self) -> i32 {
        let scan = self.dynamodb.scan().table_name(self.output("unicorn-management", "RidesTableName"));
        scan.select(aws_sdk_dynamodb::types::Select::Count).consistent_read(true).send().await.unwrap().count
    }

    pub async fn notification(&self, ride: &str) -> Option<String> {
        let found =
            self.item("customer-notification", "NotificationsTableName", &[("eventId", ride)]).await?;
        Some(text(&found, "status"))
    }

    /// How many events wait for the customer's address.
    pub async fn withheld(&self, customer: &str) -> i32 {
        let query = self.dynamodb.query().table_name(self.withheld_table()).consistent_read(true);
        let query = query.key_condition_expression("customer = :customer");
        let query = query.expression_attribute_values(":customer", AttributeValue::S(customer.into()));
        query.send().await.unwrap().count
    }

    pub fn withheld_table(&self) -> &str {
        self.output("customer-notification", "WithheldNotificationsTableName")
    }

    pub async fn fare(&self, ride: &str) -> Option<String> {
        let key = [("fareId", ride), ("entry", "OPENED")];
        Some(text(&self.item("customer-accounting", "LedgerTableName", &key).await?, "amount"))
    }

    /// A customer's points and rides.
    pub async fn points(&self, customer: &str) -> Option<(String, String)> {
        let key = [("customer", customer), ("entry", "BALANCE")];
        let balance = self.item("customer-loyalty", "LoyaltyPointsTableName", &key).await?;
        Some((text(&balance, "points"), text(&balance, "rides")))
    }

    /// Sets a customer's balance right.
    pub async fn sets_points(&self, customer: &str, points: u32, rides: u32) {
        let table = self.output("customer-loyalty", "LoyaltyPointsTableName");
        let number = |n: u32| AttributeValue::N(n.to_string());
        let put =
            self.dynamodb.put_item().table_name(table).item("customer", AttributeValue::S(customer.into()));
        let put = put.item("entry", AttributeValue::S("BALANCE".into()));
        put.item("points", number(points)).item("rides", number(rides)).send().await.unwrap();
    }

    pub async fn featured(&self, ride: &str) -> bool {
        let table = "ExtraordinaryRidesTableName";
        self.item("extraordinary-rides", table, &[("rideId", ride)]).await.is_some()
    }

    pub async fn puts_address_on_file(&self, customer: &str, email: &str) {
        client::contact::add(&self.deployment, customer, email).await.unwrap();
    }

    /// The stacks of the deployment, and when each was changed last.
    pub async fn stacks(&self) -> BTreeMap<String, String> {
        let client = aws_sdk_cloudformation::Client::new(self.aws());
        let stacks = client.describe_stacks().send().await.unwrap().stacks.unwrap();
        let changed = |stack: &aws_sdk_cloudformation::types::Stack| {
            let times = (stack.creation_time(), stack.last_updated_time());
            (stack.stack_name().unwrap().to_owned(), format!("{:?} {times:?}", stack.stack_status()))
        };
        let ours = format!("wild-rydes-{}-", self.deployment.stage);
        let stacks = stacks.iter().filter(|stack| stack.stack_name().unwrap().starts_with(&ours));
        // A deleted stack may be listed for a while.
        let there = stacks.filter(|stack| stack.deletion_time().is_none());
        there.map(changed).collect()
    }

    // ---- queues ----------------------------------------------------------------------------------------------------

    /// Puts a message into a service's buffer queue, as the topic does.
    pub async fn delivers(&self, service: Service, body: &str) {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        self.sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }

    /// Puts a message into a service's buffer queue that can't be handled, and that no client was told was accepted.
    pub async fn poisons(&self, service: Service, body: &str) {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let send = self.sqs.send_message().queue_url(queue).message_body(body);
        let send = match service {
            Service::PAYMENT => {
                send.message_group_id(crate::unique("c")).message_deduplication_id(crate::unique("d"))
            }
            // Any other fault of a submission is a reason to reject it.
            Service::PREBOOKING_SUBMISSION => {
                let nobodys = MessageAttributeValue::builder().data_type("String").string_value("=nobody's");
                send.message_attributes("RequestId", nobodys.build().unwrap())
            }
            _ => send,
        };
        send.send().await.unwrap();
    }

    /// Every service behind a buffer queue.
    pub fn services(&self) -> Vec<Service> {
        Service::ALL.into_iter().chain(Service::OTHERS).chain(self.herds()).collect()
    }

    /// The herds that are deployed.
    pub fn herds(&self) -> Vec<Service> {
        let stacks = self.deployment.stacks().map(|(stack, _)| stack).filter(|s| s.starts_with("herd-"));
        // As long as the process lasts, like all names of services; there are few.
        let names = stacks.map(|stack| &*stack.to_owned().leak());
        names.map(|herd| Service { stack: herd, name: "Herd", function: herd }).collect()
    }

    /// The ids of all rides, of all prebookings and their repetitions, and of all requests for quotes.
    pub async fn stored(&self) -> Vec<(Kind, String)> {
        let mut all = Vec::new();
        for (kind, stack, table) in [
            (Kind::Ride, "unicorn-management", "RidesTableName"),
            (Kind::Prebooking, "ride-booking", "PrebookingsTableName"),
            (Kind::Rfq, "ride-booking", "RfqsTableName"),
        ] {
            let scan = self.dynamodb.scan().table_name(self.output(stack, table)).consistent_read(true);
            let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
            // A key's entry is none: it only says which booking the key stands for.
            let requests = items.iter().filter(|item| !item.contains_key("booking"));
            all.extend(requests.map(|item| (kind, text(item, "id"))));
        }
        all
    }

    /// The same, some seconds later: the queue holds the message back.
    pub async fn delivers_after(&self, seconds: i32, service: Service, body: &str) {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let send = self.sqs.send_message().queue_url(queue).message_body(body).delay_seconds(seconds);
        send.send().await.unwrap();
    }

    /// Has the topic tell of a ride once more, as a new row does. Only the publisher may publish.
    pub async fn tells_again_of(&self, ride: &str) {
        let table = self.output("unicorn-management", "RidesTableName");
        let row = self.ride(ride).await.unwrap();
        let delete = self.dynamodb.delete_item().table_name(table);
        delete.key("id", AttributeValue::S(ride.to_owned())).send().await.unwrap();
        self.dynamodb.put_item().table_name(table).set_item(Some(row)).send().await.unwrap();
    }

    /// A queue of the test's own that is subscribed to a topic.
    pub async fn listens_to(&self, topic_arn: &str) -> String {
        let queue = self.sqs.create_queue().queue_name(crate::unique("listens"));
        let queue = queue.send().await.unwrap().queue_url.unwrap();
        let get = self.sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::All);
        let arn = get.send().await.unwrap().attributes.unwrap()[&QueueAttributeName::QueueArn].clone();
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}}}]});
        let set = self.sqs.set_queue_attributes().queue_url(&queue);
        set.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
        let subscribe = self.sns.subscribe().topic_arn(topic_arn).protocol("sqs").endpoint(&arn);
        subscribe.attributes("RawMessageDelivery", "true").send().await.unwrap();
        queue
    }

    /// How many messages the buffer queue of a service holds, in whatever state.
    pub async fn backlog(&self, service: Service) -> usize {
        self.in_hand(service).await
            + self.counts(service, &[QueueAttributeName::ApproximateNumberOfMessagesDelayed]).await
    }

    /// The same without those that the queue holds back.
    pub async fn in_hand(&self, service: Service) -> usize {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        self.counts(service, &counts).await
    }

    async fn counts(&self, service: Service, counts: &[QueueAttributeName]) -> usize {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let get = self.sqs.get_queue_attributes().queue_url(queue).attribute_names(QueueAttributeName::All);
        let got = get.send().await.unwrap().attributes.unwrap();
        counts.iter().map(|name| got[name].parse::<usize>().unwrap()).sum()
    }

    /// The message with this body in the dead-letter queue of a service, if it is there. It stays there.
    pub async fn dead_letter(&self, service: Service, body: &str) -> Option<DeadLetter> {
        self.dead_letter_that(service, |letter| same(&letter.body, body)).await
    }

    /// The same, with whatever tells the message from others.
    pub async fn dead_letter_that(
        &self,
        service: Service,
        is_it: impl Fn(&DeadLetter) -> bool,
    ) -> Option<DeadLetter> {
        let dlq = self.output(service.stack, &format!("{}DlqUrl", service.name));
        loop {
            // Invisible for a moment, so that the next call gives others.
            let receive =
                self.sqs.receive_message().queue_url(dlq).max_number_of_messages(10).visibility_timeout(2);
            let messages =
                receive.message_attribute_names("All").send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return None;
            }
            let found = messages.into_iter().map(DeadLetter::from).find(&is_it);
            if found.is_some() {
                return found;
            }
        }
    }

    /// Sends the dead letters of these requests once more, as a sender does that hears of no answer.
    pub async fn doubles_dead_letters(&self, service: Service, requests: &[String]) {
        let dlq = self.output(service.stack, &format!("{}DlqUrl", service.name));
        let is_meant = |letter: &aws_sdk_sqs::types::Message| {
            let id = letter.message_attributes.as_ref().and_then(|attributes| attributes.get("RequestId"));
            let id = id.and_then(|id| id.string_value()?.strip_prefix('='));
            id.is_some_and(|id| requests.iter().any(|request| request == id))
        };
        let letters = async || {
            let receive = self.sqs.receive_message().queue_url(dlq).message_attribute_names("All");
            // An earlier look has hidden some for a moment. This one hides none, so all are visible at once in the end.
            let receive = receive.max_number_of_messages(10).visibility_timeout(0);
            let letters = receive.send().await.unwrap().messages.unwrap_or_default();
            letters.into_iter().filter(is_meant).collect::<Vec<_>>()
        };
        let all = |letters: &Vec<_>| letters.len() == requests.len();
        for letter in crate::eventually("all are visible", letters, all).await {
            let send = self.sqs.send_message().queue_url(dlq).set_message_body(letter.body);
            send.set_message_attributes(letter.message_attributes).send().await.unwrap();
        }
    }

    // ---- queues of a test's own ------------------------------------------------------------------------------------

    /// A queue that nobody receives from.
    pub async fn creates_queue(&self) -> String {
        let create = self.sqs.create_queue().queue_name(crate::unique("elsewhere"));
        create.send().await.unwrap().queue_url.unwrap()
    }

    /// A FIFO queue that nobody receives from.
    pub async fn creates_fifo_queue(&self) -> String {
        let create = self.sqs.create_queue().queue_name(format!("{}.fifo", crate::unique("held-up")));
        let create = create.attributes(QueueAttributeName::FifoQueue, "true");
        create.send().await.unwrap().queue_url.unwrap()
    }

    /// The next message of a queue.
    pub async fn receives(&self, queue_url: &str) -> Option<String> {
        let received = self.sqs.receive_message().queue_url(queue_url).send().await.unwrap();
        received.messages.unwrap_or_default().into_iter().next()?.body
    }
}

impl From<Message> for DeadLetter {
    fn from(message: Message) -> Self {
        let mut attributes = message.message_attributes.unwrap_or_default();
        let reason = attributes.remove("DeadLetterReason").and_then(|reason| reason.string_value);
        Self {
            body: message.body.unwrap_or_default(),
            reason: reason.and_then(|reason| serde_json::from_str(&reason).ok()).unwrap_or_default(),
            attributes,
        }
    }
}

pub(crate) fn text(item: &Item, name: &str) -> String {
    match &item[name] {
        AttributeValue::S(value) | AttributeValue::N(value) => value.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

/// Whether two messages are the same: some emulators hand out JSON with other spaces than they took.
pub fn same(a: &str, b: &str) -> bool {
    let json = |text| serde_json::from_str::<Value>(text).ok();
    a == b || json(a).is_some_and(|a| Some(a) == json(b))
}
