//! The deployment under test.

use std::collections::{BTreeMap, HashMap};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use client::{Deployment, lake::Lake};

use crate::turn::Turn;

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
        // The TLS library for requests to the emulator itself. A second, identical choice is ignored.
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

    /// An item of a service's table.
    pub(crate) async fn item(&self, stack: &str, table: &str, key: &[(&str, &str)]) -> Option<Item> {
        let key =
            key.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned())));
        let get = self.dynamodb.get_item().table_name(self.output(stack, table)).consistent_read(true);
        get.set_key(Some(key.collect())).send().await.unwrap().item
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

    /// The logical ids of all resources of a type.
    pub async fn logical_ids(&self, resource_type: &str) -> Vec<String> {
        let cloudformation = aws_sdk_cloudformation::Client::new(self.aws());
        let mut ids = Vec::new();
        for (service, _) in self.deployment.stacks() {
            let stack = format!("wild-rydes-{}-{service}", self.deployment.stage);
            let list =
                cloudformation.list_stack_resources().stack_name(stack).into_paginator().items().send();
            let resources = list.collect::<Result<Vec<_>, _>>().await.unwrap();
            let wanted = resources.into_iter().filter(|r| r.resource_type() == Some(resource_type));
            ids.extend(wanted.filter_map(|resource| resource.logical_resource_id));
        }
        ids
    }
}

pub(crate) fn text(item: &Item, name: &str) -> String {
    match &item[name] {
        AttributeValue::S(value) | AttributeValue::N(value) => value.clone(),
        other => panic!("{name} is {other:?}"),
    }
}
