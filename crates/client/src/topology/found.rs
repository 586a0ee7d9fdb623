//! The answers of AWS that tell how the parts of a deployment are linked.

use std::collections::HashMap;

use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::{try_join_all, try_join3, try_join4};
use serde_json::Value;

use super::{Kind, Node};
use crate::{deployment::Deployment, error::Error};

type Aws = aws_config::SdkConfig;

/// The answers, each with the id of the part that was asked about.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The methods of APIs, and the URIs that they call.
    pub integrations: Vec<(String, String, String)>,
    pub mappings: Vec<EventSourceMappingConfiguration>,
    /// The endpoints of topics, each with its filter.
    pub subscriptions: Vec<(String, String, Option<Value>)>,
    /// The ARNs of queues' dead-letter queues.
    pub redrives: Vec<(String, String)>,
    /// The variables of functions.
    pub environments: Vec<(String, HashMap<String, String>)>,
    /// The definitions of state machines.
    pub definitions: Vec<(String, Value)>,
}

impl Found {
    /// Asks about each of these parts.
    pub async fn read(deployment: &Deployment, nodes: &[Node]) -> Result<Self, Error> {
        let aws = deployment.aws();
        let of = |kind| nodes.iter().filter(move |node| node.kind == kind);
        let (redrives, subscriptions, environments, (integrations, definitions, mappings)) = try_join4(
            try_join_all(of(Kind::Queue).map(|node| redrive(aws, node))),
            try_join_all(of(Kind::Topic).map(|node| subscriptions(aws, node))),
            try_join_all(of(Kind::Function).map(|node| environment(aws, node))),
            try_join3(
                try_join_all(of(Kind::Api).map(|node| integrations(aws, node))),
                try_join_all(of(Kind::StateMachine).map(|node| definition(aws, node))),
                mappings(aws),
            ),
        )
        .await?;
        Ok(Self {
            integrations: integrations.into_iter().flatten().collect(),
            mappings,
            subscriptions: subscriptions.into_iter().flatten().collect(),
            redrives: redrives.into_iter().flatten().collect(),
            environments,
            definitions,
        })
    }
}

/// The dead-letter queue of a queue.
async fn redrive(aws: &Aws, queue: &Node) -> Result<Option<(String, String)>, Error> {
    let get = aws_sdk_sqs::Client::new(aws).get_queue_attributes().queue_url(&queue.address);
    let got = get.attribute_names(QueueAttributeName::RedrivePolicy).send().await;
    let got = got.map_err(|error| Error::aws("sqs:GetQueueAttributes", &error))?;
    let policy = got.attributes().and_then(|attributes| attributes.get(&QueueAttributeName::RedrivePolicy));
    let policy: Value = policy.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let target = policy.get("deadLetterTargetArn").and_then(Value::as_str);
    Ok(target.map(|target| (queue.id.clone(), target.to_owned())))
}

/// The queues that a topic delivers to, each with its filter.
async fn subscriptions(aws: &Aws, topic: &Node) -> Result<Vec<(String, String, Option<Value>)>, Error> {
    let client = aws_sdk_sns::Client::new(aws);
    let mut pages =
        client.list_subscriptions_by_topic().topic_arn(&topic.address).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(subscription) = pages.next().await {
        let subscription =
            subscription.map_err(|error| Error::aws("sns:ListSubscriptionsByTopic", &error))?;
        let (Some("sqs"), Some(arn), Some(endpoint)) =
            (subscription.protocol(), subscription.subscription_arn(), subscription.endpoint())
        else {
            continue;
        };
        let got = client.get_subscription_attributes().subscription_arn(arn).send().await;
        let got = got.map_err(|error| Error::aws("sns:GetSubscriptionAttributes", &error))?;
        let filter = got.attributes().and_then(|attributes| attributes.get("FilterPolicy"));
        let filter = filter.and_then(|text| serde_json::from_str(text).ok());
        found.push((topic.id.clone(), endpoint.to_owned(), filter));
    }
    Ok(found)
}

/// The environment of a function.
async fn environment(aws: &Aws, function: &Node) -> Result<(String, HashMap<String, String>), Error> {
    let client = aws_sdk_lambda::Client::new(aws);
    let got = client.get_function_configuration().function_name(&function.address).send().await;
    let got = got.map_err(|error| Error::aws("lambda:GetFunctionConfiguration", &error))?;
    let variables = got.environment.and_then(|environment| environment.variables);
    Ok((function.id.clone(), variables.unwrap_or_default()))
}

/// The methods of an API, and what they call.
async fn integrations(aws: &Aws, api: &Node) -> Result<Vec<(String, String, String)>, Error> {
    let client = aws_sdk_apigateway::Client::new(aws);
    let get = client.get_resources().rest_api_id(&api.address).embed("methods");
    let mut pages = get.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(resource) = pages.next().await {
        let resource = resource.map_err(|error| Error::aws("apigateway:GetResources", &error))?;
        for (method, details) in resource.resource_methods.unwrap_or_default() {
            if let Some(uri) = details.method_integration.and_then(|integration| integration.uri) {
                found.push((api.id.clone(), method, uri));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The definition of a state machine.
async fn definition(aws: &Aws, machine: &Node) -> Result<(String, Value), Error> {
    let describe = aws_sdk_sfn::Client::new(aws).describe_state_machine().state_machine_arn(&machine.address);
    let described =
        describe.send().await.map_err(|error| Error::aws("states:DescribeStateMachine", &error))?;
    Ok((machine.id.clone(), serde_json::from_str(&described.definition).unwrap_or_default()))
}

/// All event source mappings.
async fn mappings(aws: &Aws) -> Result<Vec<EventSourceMappingConfiguration>, Error> {
    let client = aws_sdk_lambda::Client::new(aws);
    let mut pages = client.list_event_source_mappings().into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(mapping) = pages.next().await {
        found.push(mapping.map_err(|error| Error::aws("lambda:ListEventSourceMappings", &error))?);
    }
    Ok(found)
}
