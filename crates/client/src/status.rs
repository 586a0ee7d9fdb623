//! The condition of a deployment: its stacks, and the depths of their queues.

use aws_sdk_sqs::Client;
use serde::Serialize;

use crate::{
    api,
    deployment::Deployment,
    error::Error,
    queues::{Depth, depth},
};

/// The condition of a deployment.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The stage.
    pub stage: String,
    /// One line per service.
    pub services: Vec<Service>,
}

/// A service's stack and queues.
#[derive(Debug, Serialize)]
pub struct Service {
    /// The service's name.
    pub service: String,
    /// CloudFormation's word for the stack's condition.
    pub stack: String,
    /// The URL of its API, if it has one.
    pub api: Option<String>,
    /// Its buffer queues.
    pub queues: Vec<Depth>,
    /// Its dead-letter queues.
    pub dead_letter_queues: Vec<Depth>,
}

/// Reads the condition of every stack and its queues.
pub async fn status(deployment: &Deployment) -> Result<Status, Error> {
    let sqs = Client::new(deployment.aws());
    let mut services = Vec::new();
    for (service, stack) in deployment.stacks() {
        let (mut queues, mut dead_letter_queues) = (Vec::new(), Vec::new());
        for (output, url) in &stack.outputs {
            if let Some(name) = output.strip_suffix("QueueUrl") {
                queues.push(depth(&sqs, name, url).await?);
            } else if let Some(name) = output.strip_suffix("DlqUrl") {
                dead_letter_queues.push(depth(&sqs, name, url).await?);
            }
        }
        let api = api::url(deployment, service).ok();
        let (service, stack) = (service.to_owned(), stack.status.clone());
        services.push(Service { service, stack, api, queues, dead_letter_queues });
    }
    Ok(Status { stage: deployment.stage.clone(), services })
}
