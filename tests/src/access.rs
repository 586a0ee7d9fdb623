//! The rights of a principal on the tables, queues, topics and buckets of a deployment.

use aws_config::{SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::{World, eventually, fault_injection::restoring};

/// A resource that holds data or takes messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A table, by its name.
    Table(String),
    /// A queue, by its URL.
    Queue(String),
    /// A topic, by its ARN.
    Topic(String),
    /// A bucket, by its name.
    Bucket(String),
}

impl Thing {
    /// The name, URL or ARN by which calls address it.
    pub fn address(&self) -> &str {
        let (Self::Table(address) | Self::Queue(address) | Self::Topic(address) | Self::Bucket(address)) =
            self;
        address
    }
}

/// A function, with its role and environment.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    /// The ARN of its role.
    pub role: String,
    environment: Vec<String>,
}

impl Function {
    /// True if its environment names a thing. A variable may name several.
    pub fn is_told_of(&self, thing: &Thing) -> bool {
        self.environment.iter().any(|value| value.split(',').any(|part| part == thing.address()))
    }
}

/// The resources and functions in the stacks of a deployment.
#[derive(Debug, Default)]
pub struct Inventory {
    pub things: Vec<Thing>,
    pub functions: Vec<Function>,
}

impl World {
    /// The resources and functions in the stacks.
    pub async fn inventory(&self) -> Inventory {
        let cloudformation = aws_sdk_cloudformation::Client::new(self.aws());
        let lambda = aws_sdk_lambda::Client::new(self.aws());
        let mut there = Inventory::default();
        for (service, _) in self.deployment.stacks() {
            let stack = format!("wild-rydes-{}-{service}", self.deployment.stage);
            let mut pages =
                cloudformation.list_stack_resources().stack_name(stack).into_paginator().items().send();
            while let Some(resource) = pages.next().await {
                let resource = resource.unwrap();
                let id = resource.physical_resource_id.unwrap();
                match resource.resource_type.unwrap().as_str() {
                    "AWS::DynamoDB::Table" => there.things.push(Thing::Table(id)),
                    "AWS::SQS::Queue" => there.things.push(Thing::Queue(id)),
                    "AWS::SNS::Topic" => there.things.push(Thing::Topic(id)),
                    "AWS::S3::Bucket" => there.things.push(Thing::Bucket(id)),
                    "AWS::Lambda::Function" => {
                        let get = lambda.get_function_configuration().function_name(id);
                        let got = get.send().await.unwrap();
                        there.functions.push(Function {
                            name: got.function_name.unwrap(),
                            role: got.role.unwrap(),
                            environment: got
                                .environment
                                .and_then(|environment| environment.variables)
                                .unwrap_or_default()
                                .into_values()
                                .collect(),
                        });
                    }
                    _ => {}
                }
            }
        }
        there
    }

    /// Assumes a role. Only Lambda may, so the role trusts its own account, too, until that is done.
    pub async fn as_role(&self, arn: &str) -> SdkConfig {
        let (name, account) = (arn.rsplit('/').next().unwrap(), arn.split(':').nth(4).unwrap());
        let role = self.iam.get_role().role_name(name).send().await.unwrap().role.unwrap();
        let before = role.assume_role_policy_document.unwrap();
        let before = percent_decode_str(&before).decode_utf8().unwrap().into_owned();
        let mut trust: Value = serde_json::from_str(&before).unwrap();
        trust["Statement"]
            .as_array_mut()
            .unwrap()
            .push(json!({"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}}));
        let set = async |trust: String| {
            let update = self.iam.update_assume_role_policy().role_name(name).policy_document(trust);
            update.send().await.unwrap();
        };
        let provider =
            AssumeRoleProvider::builder(arn).session_name("test").configure(self.aws()).build().await;
        set(trust.to_string()).await;
        let assumed = eventually("the role is assumed", || provider.provide_credentials(), Result::is_ok);
        let credentials = restoring(assumed, async || set(before).await).await.unwrap();
        self.aws().to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
    }
}

/// A principal, which tries the calls that its credentials may allow.
#[derive(Debug)]
pub struct Principal {
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    s3: aws_sdk_s3::Client,
}

impl Principal {
    /// The principal with these credentials.
    pub fn with(aws: &SdkConfig) -> Self {
        // An emulator's bucket has no host name of its own.
        let s3 = aws_sdk_s3::config::Builder::from(aws).force_path_style(true).build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(aws),
            sqs: aws_sdk_sqs::Client::new(aws),
            sns: aws_sdk_sns::Client::new(aws),
            s3: aws_sdk_s3::Client::from_conf(s3),
        }
    }

    /// The ways in which a thing may be used. Trying them has no effect: a request that could have one has another fault, which AWS checks
    /// after the authorization.
    pub async fn ways_into(&self, thing: &Thing) -> Vec<&'static str> {
        let tried = match thing {
            Thing::Table(name) => self.at_table(name).await,
            Thing::Queue(url) => vec![
                (
                    "SendMessage",
                    allowed(self.sqs.send_message().queue_url(url).message_body("").send().await),
                ),
                ("ReceiveMessage", {
                    let receive = self.sqs.receive_message().queue_url(url).max_number_of_messages(11);
                    allowed(receive.send().await)
                }),
            ],
            Thing::Topic(arn) => vec![
                ("PublishBatch", allowed(self.sns.publish_batch().topic_arn(arn).send().await)),
                ("Subscribe", allowed(self.sns.subscribe().topic_arn(arn).send().await)),
                ("ListSubscriptionsByTopic", {
                    allowed(self.sns.list_subscriptions_by_topic().topic_arn(arn).send().await)
                }),
            ],
            Thing::Bucket(name) => self.at_bucket(name).await,
        };
        tried.into_iter().filter(|(_, allowed)| *allowed).map(|(way, _)| way).collect()
    }

    /// The ways in which a thing may be used that must be denied, including those that would have an effect.
    pub async fn ways_into_anothers(&self, thing: &Thing) -> Vec<&'static str> {
        let mut ways = self.ways_into(thing).await;
        match thing {
            Thing::Queue(url) if allowed(self.sqs.purge_queue().queue_url(url).send().await) => {
                ways.push("PurgeQueue");
            }
            Thing::Topic(arn) if allowed(self.sns.publish().topic_arn(arn).message("?").send().await) => {
                ways.push("Publish");
            }
            _ => {}
        }
        ways
    }

    async fn at_table(&self, name: &str) -> Vec<(&'static str, bool)> {
        // No table has such a key.
        const KEY: &str = "nobody";
        let value = || AttributeValue::S("nothing".to_owned());
        let client = &self.dynamodb;
        let query = client.query().table_name(name).key_condition_expression("nobody = :nothing");
        vec![
            ("GetItem", allowed(client.get_item().table_name(name).key(KEY, value()).send().await)),
            ("PutItem", allowed(client.put_item().table_name(name).item(KEY, value()).send().await)),
            ("UpdateItem", allowed(client.update_item().table_name(name).key(KEY, value()).send().await)),
            ("DeleteItem", allowed(client.delete_item().table_name(name).key(KEY, value()).send().await)),
            ("Query", allowed(query.expression_attribute_values(":nothing", value()).send().await)),
            ("Scan", allowed(client.scan().table_name(name).limit(1).send().await)),
        ]
    }

    async fn at_bucket(&self, name: &str) -> Vec<(&'static str, bool)> {
        const KEY: &str = "events/nothing";
        let put = self.s3.put_object().bucket(name).key(KEY).if_match("\"nothing\"");
        vec![
            ("GetObject", allowed(self.s3.get_object().bucket(name).key(KEY).send().await)),
            ("PutObject", allowed(put.send().await)),
            ("ListObjectsV2", allowed(self.s3.list_objects_v2().bucket(name).send().await)),
        ]
    }
}

/// True if a call was allowed, even if it failed for another reason.
fn allowed<T, E: ProvideErrorMetadata, R>(answer: Result<T, SdkError<E, R>>) -> bool {
    let Err(error) = answer else {
        return true;
    };
    let error = error.as_service_error().expect("a call is answered");
    let code = error.code().expect("a refusal has a code");
    !["AccessDenied", "AccessDeniedException", "AuthorizationError"].contains(&code)
}
