//! Fault injection: tests deny, throttle and change parts of a deployment while something happens, and restore them after it.

use std::panic::{AssertUnwindSafe, resume_unwind};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::FutureExt;

use crate::{Service, World, world::Item};

impl World {
    /// Denies an action to a function while something happens.
    pub async fn while_denied<T>(&self, function: &str, action: &str, what: impl Future<Output = T>) -> T {
        self.while_denied_on(function, action, "*", what).await
    }

    /// Denies an action on one table only to a function while something happens.
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
        restoring(what, permit).await
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
            "OnEmulator=true",
        ]);
        deploy.extend(parameters);
        sam(&deploy).await;
        restoring(what(), async || sam(&["delete", "--stack-name", &stack, "--no-prompts"]).await).await
    }

    /// Runs another build of a function while something happens.
    pub async fn with_build<T>(&self, function: &str, build: &str, what: impl AsyncFnOnce() -> T) -> T {
        let builds = std::env::var("BUILDS").expect("BUILDS is a folder of builds: run `make test-e2e`");
        let lambda = aws_sdk_lambda::Client::new(self.aws());
        let name = format!("wild-rydes-{}-{function}", self.deployment.stage);
        let set = async |build: &str| {
            let archive = std::fs::read(format!("{builds}/{build}.zip")).unwrap();
            let update = lambda.update_function_code().function_name(&name).publish(true);
            let update =
                update.zip_file(aws_sdk_lambda::primitives::Blob::new(archive)).send().await.unwrap();
            // Everything calls the alias.
            let alias = lambda.update_alias().function_name(&name).name("live");
            alias.function_version(update.version.unwrap()).send().await.unwrap();
        };
        set(build).await;
        restoring(what(), async || set(function).await).await
    }

    /// Throttles a function while something happens, as if other functions used all of the account's concurrency.
    pub async fn while_throttled<T>(&self, function: &str, what: impl Future<Output = T>) -> T {
        let lambda = aws_sdk_lambda::Client::new(self.aws());
        let name = format!("wild-rydes-{}-{function}", self.deployment.stage);
        let put = lambda.put_function_concurrency().function_name(&name).reserved_concurrent_executions(0);
        put.send().await.unwrap();
        restoring(what, async || {
            lambda.delete_function_concurrency().function_name(&name).send().await.unwrap();
        })
        .await
    }

    /// Changes an item of a table while something happens: deletes it, or sets one of its attributes, and creates it if need be.
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
        restoring(what, async || match before {
            Some(item) => put(item).await,
            None => delete().await,
        })
        .await
    }

    /// Replaces a part of the filter of a service's subscription while something happens.
    pub async fn with_filter_of<T>(
        &self,
        service: Service,
        part: &str,
        by: &str,
        what: impl AsyncFnOnce() -> T,
    ) -> T {
        const POLICY: &str = "FilterPolicy";
        let topic = self.output("unicorn-management", "RideCompletionTopicArn");
        let queue = self.queue_name(service);
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
        restoring(what(), async || set(before).await).await
    }

    /// Shortens a queue's visibility timeout while something happens.
    pub async fn with_visibility_timeout<T>(
        &self,
        service: Service,
        seconds: u32,
        what: impl Future<Output = T>,
    ) -> T {
        self.with_queue_attribute(
            service,
            QueueAttributeName::VisibilityTimeout,
            |_| seconds.to_string(),
            what,
        )
        .await
    }

    /// Makes a queue dead-letter each message at its second receive, while something happens.
    pub async fn with_a_single_receive<T>(&self, service: Service, what: impl Future<Output = T>) -> T {
        let single = |policy: &str| {
            let mut policy: serde_json::Value = serde_json::from_str(policy).unwrap();
            policy["maxReceiveCount"] = 1.into();
            policy.to_string()
        };
        self.with_queue_attribute(service, QueueAttributeName::RedrivePolicy, single, what).await
    }

    async fn with_queue_attribute<T>(
        &self,
        service: Service,
        name: QueueAttributeName,
        change: impl Fn(&str) -> String,
        what: impl Future<Output = T>,
    ) -> T {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let get = self.sqs.get_queue_attributes().queue_url(queue).attribute_names(QueueAttributeName::All);
        let before = get.send().await.unwrap().attributes.unwrap()[&name].clone();
        let set = async |value: String| {
            let set = self.sqs.set_queue_attributes().queue_url(queue);
            set.attributes(name.clone(), value).send().await.unwrap();
        };
        set(change(&before)).await;
        restoring(what, async || set(before).await).await
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

/// Runs something under a fault, and removes the fault even if that panics: every later test would fail, too.
pub(crate) async fn restoring<T>(what: impl Future<Output = T>, restore: impl AsyncFnOnce()) -> T {
    let happened = AssertUnwindSafe(what).catch_unwind().await;
    restore().await;
    happened.unwrap_or_else(|panic| resume_unwind(panic))
}
