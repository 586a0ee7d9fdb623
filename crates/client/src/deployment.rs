//! A deployment: the stacks of one stage and their outputs. A client needs to know nothing else.

use std::{collections::BTreeMap, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_cloudformation::types::{Stack, StackStatus};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::error::Error;

/// The stacks of one stage.
#[derive(Debug)]
pub struct Deployment {
    /// The stage's name.
    pub stage: String,
    aws: SdkConfig,
    stacks: BTreeMap<String, DeployedStack>,
}

/// One service's stack.
#[derive(Debug, Clone)]
pub struct DeployedStack {
    /// CloudFormation's word for its condition.
    pub status: String,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// The parameters that it was deployed with.
    pub parameters: BTreeMap<String, String>,
}

impl Deployment {
    /// Finds the stacks of a stage with the default credential chain.
    pub async fn find(stage: &str) -> Result<Self, Error> {
        let aws = aws().await;
        if aws.region().is_none() {
            return Err(Error::NoRegion);
        }
        Self::find_with(stage, aws).await
    }

    /// Reads the stacks anew.
    pub async fn again(&self) -> Result<Self, Error> {
        Self::find_with(&self.stage, self.aws.clone()).await
    }

    /// Finds the stacks of a stage with this configuration.
    pub async fn find_with(stage: &str, aws: SdkConfig) -> Result<Self, Error> {
        let prefix = format!("wild-rydes-{stage}-");
        let mut pages =
            aws_sdk_cloudformation::Client::new(&aws).describe_stacks().into_paginator().items().send();
        let mut stacks = BTreeMap::new();
        while let Some(stack) = pages.next().await {
            let stack = stack.map_err(|error| Error::aws("cloudformation:DescribeStacks", &error))?;
            // Some emulators still list deleted stacks.
            if stack.stack_status() == Some(&StackStatus::DeleteComplete) {
                continue;
            }
            if let Some(service) = stack.stack_name().and_then(|name| name.strip_prefix(&prefix)) {
                stacks.insert(service.to_owned(), DeployedStack::from(&stack));
            }
        }
        if stacks.is_empty() {
            return Err(Error::NoDeployment(stage.to_owned()));
        }
        Ok(Self { stage: stage.to_owned(), aws, stacks })
    }

    /// The same deployment with the credentials of another caller.
    #[must_use]
    pub fn as_caller(&self, aws: SdkConfig) -> Self {
        Self { stage: self.stage.clone(), aws, stacks: self.stacks.clone() }
    }

    /// The configuration of AWS clients.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.aws
    }

    /// The stacks by service.
    pub fn stacks(&self) -> impl Iterator<Item = (&str, &DeployedStack)> {
        self.stacks.iter().map(|(service, stack)| (service.as_str(), stack))
    }

    /// A parameter that a service's stack was deployed with.
    pub fn parameter(&self, service: &str, parameter: &str) -> Result<&str, Error> {
        let found = self.stacks.get(service).and_then(|stack| stack.parameters.get(parameter));
        found.map(String::as_str).ok_or_else(|| Error::NoParameter {
            stack: format!("wild-rydes-{}-{service}", self.stage),
            parameter: parameter.to_owned(),
        })
    }

    /// An output of a service's stack.
    pub fn output(&self, service: &str, output: &str) -> Result<&str, Error> {
        let found = self.stacks.get(service).and_then(|stack| stack.outputs.get(output));
        found.map(String::as_str).ok_or_else(|| Error::NoOutput {
            stack: format!("wild-rydes-{}-{service}", self.stage),
            output: output.to_owned(),
        })
    }
}

impl From<&Stack> for DeployedStack {
    fn from(stack: &Stack) -> Self {
        let output = |o: &aws_sdk_cloudformation::types::Output| {
            Some((o.output_key()?.to_owned(), o.output_value()?.to_owned()))
        };
        let parameter = |p: &aws_sdk_cloudformation::types::Parameter| {
            Some((p.parameter_key()?.to_owned(), p.parameter_value()?.to_owned()))
        };
        Self {
            status: stack.stack_status().map_or_else(String::new, |status| status.as_str().to_owned()),
            outputs: stack.outputs().iter().filter_map(output).collect(),
            parameters: stack.parameters().iter().filter_map(parameter).collect(),
        }
    }
}

/// Region, credentials and endpoint as every AWS tool finds them.
async fn aws() -> SdkConfig {
    let client = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(3)).build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(client.build_https())
        .timeout_config(timeouts)
        .load()
        .await
}
