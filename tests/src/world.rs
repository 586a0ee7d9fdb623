//! The deployment under test.

use std::{
    collections::{BTreeMap, HashMap},
    panic::{AssertUnwindSafe, resume_unwind},
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::{Message, QueueAttributeName};
use futures_util::FutureExt;
use rydes::{Deployment, Lake};
use serde_json::Value;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

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
    /// The subscribers of the Ride Completion Topic.
    pub const ALL: [Self; 5] =
        [Self::NOTIFICATION, Self::ACCOUNTING, Self::LOYALTY, Self::DATALAKE, Self::EXTRAORDINARY];
}

/// Tests run side by side; one that disturbs a service runs alone.
static DISTURBANCE: RwLock<()> = RwLock::const_new(());

enum Turn {
    Shared(#[allow(dead_code)] RwLockReadGuard<'static, ()>),
    Alone(#[allow(dead_code)] RwLockWriteGuard<'static, ()>),
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
    pub attributes: HashMap<String, String>,
}

impl World {
    /// The world beside other tests.
    pub async fn shared() -> Self {
        Self::with(Turn::Shared(DISTURBANCE.read().await)).await
    }

    /// The world while no other test runs.
    pub async fn alone() -> Self {
        Self::with(Turn::Alone(DISTURBANCE.write().await)).await
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
            lake: Lake::of(&deployment).unwrap(),
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

    pub async fn featured(&self, ride: &str) -> bool {
        let table = "ExtraordinaryRidesTableName";
        self.item("extraordinary-rides", table, &[("rideId", ride)]).await.is_some()
    }

    /// How often an event stands in the lake, and how often the view counts it.
    pub async fn filed(&self, ride: &str) -> (usize, usize) {
        let count = async |table: &str| {
            self.lake.select(&format!("id FROM {table} WHERE id = '{ride}'")).await.unwrap().len()
        };
        (count("events").await, count("unique_events").await)
    }

    pub async fn puts_address_on_file(&self, customer: &str, email: &str) {
        let contact = rydes::AddContact { customer: customer.to_owned(), email: email.to_owned() };
        rydes::add_contact(&self.deployment, &contact).await.unwrap();
    }

    /// The texts of the e-mails that SES took for an address.
    pub async fn mailbox(&self, email: &str) -> Vec<String> {
        let url = format!("{}/_ministack/ses/messages", self.aws().endpoint_url().unwrap());
        let messages: Value =
            serde_json::from_str(&reqwest::get(url).await.unwrap().text().await.unwrap()).unwrap();
        let accounts = messages["messages"].as_object().unwrap().values();
        accounts
            .flat_map(|account| account.as_array().unwrap())
            .filter(|message| message["To"][0] == email)
            .map(|message| message["BodyText"].as_str().unwrap().to_owned())
            .collect()
    }

    // ---- queues ----------------------------------------------------------------------------------------------------

    /// Puts a message into a service's buffer queue, as the topic does.
    pub async fn delivers(&self, service: Service, body: &str) {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        self.sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }

    /// The same, some seconds later: the queue holds the message back.
    pub async fn delivers_after(&self, seconds: i32, service: Service, body: &str) {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let send = self.sqs.send_message().queue_url(queue).message_body(body).delay_seconds(seconds);
        send.send().await.unwrap();
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
        self.dead_letter_that(service, |letter| letter.body == body).await
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

    // ---- disturbances ----------------------------------------------------------------------------------------------

    /// Denies a function an action while something happens.
    pub async fn while_denied<T>(&self, function: &str, action: &str, what: impl Future<Output = T>) -> T {
        self.while_denied_on(function, action, "*", what).await
    }

    /// The same, on one table only.
    pub async fn while_denied_on<T>(
        &self,
        function: &str,
        action: &str,
        table: &str,
        what: impl Future<Output = T>,
    ) -> T {
        const NAME: &str = "denied-by-a-test";
        let role = self.role_of(function).await;
        let resource =
            if table == "*" { table.to_owned() } else { format!("arn:aws:dynamodb:*:*:table/{table}") };
        let policy = serde_json::json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Action": action, "Resource": resource}]});
        let put = self.iam.put_role_policy().role_name(&role).policy_name(NAME);
        put.policy_document(policy.to_string()).send().await.unwrap();
        let permit = async || {
            self.iam.delete_role_policy().role_name(&role).policy_name(NAME).send().await.unwrap();
        };
        and_back(what, permit).await
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

    /// Deploys one more herd, as a person would, while something happens.
    pub async fn with_herd<T>(&self, herd: &str, parameters: &[&str], what: impl AsyncFnOnce() -> T) -> T {
        let stack = format!("wild-rydes-{}-herd-{herd}", self.deployment.stage);
        let template = std::env::var("HERD_TEMPLATE").expect("HERD_TEMPLATE is a path: run `make test-e2e`");
        let stage = format!("Stage={}", self.deployment.stage);
        let mut deploy = vec!["deploy", "--template-file", &template, "--stack-name", &stack, "--resolve-s3"];
        deploy.extend([
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--parameter-overrides",
            &stage,
        ]);
        deploy.extend(parameters);
        sam(&deploy).await;
        and_back(what(), async || sam(&["delete", "--stack-name", &stack, "--no-prompts"]).await).await
    }

    /// Changes an item of a table while something happens: takes it away, or sets one of its attributes, for which it need
    /// not be there.
    pub async fn while_changed<T>(
        &self,
        (stack, table): (&str, &str),
        key: &[(&str, String)],
        change: Option<(&str, AttributeValue)>,
        what: impl Future<Output = T>,
    ) -> T {
        let table = self.output(stack, table);
        let key: Item =
            key.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S(value.clone()))).collect();
        let get = self.dynamodb.get_item().table_name(table).set_key(Some(key.clone()));
        let before = get.consistent_read(true).send().await.unwrap().item;
        let delete = async || {
            let delete = self.dynamodb.delete_item().table_name(table).set_key(Some(key.clone()));
            delete.send().await.unwrap();
        };
        let put = async |item: Item| {
            self.dynamodb.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        };
        match change {
            None => delete().await,
            Some((name, value)) => {
                let mut item = before.clone().unwrap_or_else(|| key.clone());
                item.insert(name.to_owned(), value);
                put(item).await;
            }
        }
        and_back(what, async || match before {
            Some(item) => put(item).await,
            None => delete().await,
        })
        .await
    }

    /// Replaces a part of the filter of a service's subscription while something happens.
    pub async fn with_filter_of<T>(
        &self,
        stack: &str,
        part: &str,
        by: &str,
        what: impl AsyncFnOnce() -> T,
    ) -> T {
        const POLICY: &str = "FilterPolicy";
        let topic = self.output("unicorn-management", "RideCompletionTopicArn");
        let queue = self.output(stack, "ExtraordinaryRidesQueueUrl").rsplit('/').next().unwrap();
        let subscriptions = self.sns.list_subscriptions_by_topic().topic_arn(topic).send().await.unwrap();
        let ours = |s: &&aws_sdk_sns::types::Subscription| s.endpoint().unwrap().ends_with(queue);
        let subscription = subscriptions.subscriptions().iter().find(ours).unwrap();
        let arn = subscription.subscription_arn().unwrap();
        let get = self.sns.get_subscription_attributes().subscription_arn(arn).send().await.unwrap();
        let before = get.attributes.unwrap()[POLICY].clone();
        let set = async |policy: String| {
            let set = self.sns.set_subscription_attributes().subscription_arn(arn);
            set.attribute_name(POLICY).attribute_value(policy).send().await.unwrap();
        };
        let changed = before.replace(part, by);
        assert_ne!(changed, before, "the filter has no such part");
        set(changed).await;
        and_back(what(), async || set(before).await).await
    }

    /// The event of a stored ride, as the topic's subscribers got it.
    pub async fn event_in_the_lake(&self, id: &str) -> String {
        let columns = "type, source, CAST(time AS varchar), subject, correlationid, data FROM events";
        let rows = self.lake.select(&format!("{columns} WHERE id = '{id}'")).await.unwrap();
        let [event_type, source, time, subject, correlation, data] = rows[0].clone().try_into().unwrap();
        let time = format!("{}Z", time.split('+').next().unwrap().replacen(' ', "T", 1));
        let data: Value = serde_json::from_str(&data).unwrap();
        serde_json::json!({"specversion": "1.0", "type": event_type, "id": id, "source": source, "time": time,
                           "subject": subject, "correlationid": correlation, "data": data})
        .to_string()
    }

    /// Shortens, while something happens, how long a queue keeps a message invisible after its receiver has died.
    pub async fn with_visibility_timeout<T>(
        &self,
        service: Service,
        seconds: u32,
        what: impl Future<Output = T>,
    ) -> T {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let get = self.sqs.get_queue_attributes().queue_url(queue).attribute_names(QueueAttributeName::All);
        let before =
            get.send().await.unwrap().attributes.unwrap()[&QueueAttributeName::VisibilityTimeout].clone();
        let set = async |value: String| {
            let set = self.sqs.set_queue_attributes().queue_url(queue);
            set.attributes(QueueAttributeName::VisibilityTimeout, value).send().await.unwrap();
        };
        set(seconds.to_string()).await;
        and_back(what, async || set(before).await).await
    }

    /// Kills the running processes of these functions, wherever they are in their work; gives how many there were.
    pub fn kills(&self, functions: &[&str]) -> usize {
        let kill = |pid: &String| std::process::Command::new("kill").args(["-9", pid]).status().unwrap();
        self.processes(functions).iter().map(kill).filter(std::process::ExitStatus::success).count()
    }

    /// The processes of these functions. The embedded emulator runs functions as processes of this machine.
    pub(crate) fn processes(&self, functions: &[&str]) -> Vec<String> {
        let variable = |function: &&str| {
            format!("AWS_LAMBDA_FUNCTION_NAME=wild-rydes-{}-{function}", self.deployment.stage)
        };
        let names: Vec<_> = functions.iter().map(variable).collect();
        let is_one = |process: &std::fs::DirEntry| {
            // Not every process is ours to read, and some end meanwhile.
            let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
            environment.split(|b| *b == 0).any(|v| names.iter().any(|name| name.as_bytes() == v))
        };
        let processes = std::fs::read_dir("/proc").unwrap().flatten().filter(is_one);
        processes.map(|process| process.file_name().into_string().unwrap()).collect()
    }

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

    /// The role whose policy is named after the function. Role names themselves are cut off.
    async fn role_of(&self, function: &str) -> String {
        for role in self.iam.list_roles().send().await.unwrap().roles {
            let policies = self.iam.list_role_policies().role_name(&role.role_name).send().await.unwrap();
            let ours = role.role_name.starts_with(&format!("wild-rydes-{}-", self.deployment.stage));
            if ours && policies.policy_names.iter().any(|name| name == function) {
                return role.role_name;
            }
        }
        panic!("{function} has no role");
    }
}

async fn sam(arguments: &[&str]) {
    let program = std::env::var("SAM").expect("SAM names the program: run `make test-e2e`");
    let ended = tokio::process::Command::new(program).args(arguments).output().await.unwrap();
    assert!(ended.status.success(), "sam {arguments:?}: {ended:?}");
}

/// Lets something happen in a disturbed world, and sets the world right again even if that panics: every test after it
/// would fail too.
pub(crate) async fn and_back<T>(what: impl Future<Output = T>, set_right: impl AsyncFnOnce()) -> T {
    let happened = AssertUnwindSafe(what).catch_unwind().await;
    set_right().await;
    happened.unwrap_or_else(|panic| resume_unwind(panic))
}

impl From<Message> for DeadLetter {
    fn from(message: Message) -> Self {
        let attributes = message.message_attributes.unwrap_or_default().into_iter();
        Self {
            body: message.body.unwrap_or_default(),
            attributes: attributes
                .map(|(name, value)| (name, value.string_value.unwrap_or_default()))
                .collect(),
        }
    }
}

pub(crate) fn text(item: &Item, name: &str) -> String {
    match &item[name] {
        AttributeValue::S(value) | AttributeValue::N(value) => value.clone(),
        other => panic!("{name} is {other:?}"),
    }
}
