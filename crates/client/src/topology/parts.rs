//! The parts of a deployment: the resources of its stacks that hold, move or handle messages.

use std::collections::HashMap;

use aws_sdk_cloudformation::Client;
use futures_util::future::try_join_all;

use super::{Kind, Node};
use crate::{deployment::Deployment, error::Error};

/// The parts, by their kind and name.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub nodes: Vec<Node>,
    places: HashMap<(Kind, String), usize>,
}

impl Parts {
    /// The resources of all stacks.
    pub async fn read(deployment: &Deployment) -> Result<Self, Error> {
        let client = Client::new(deployment.aws());
        let of_stacks = deployment.stacks().map(|(service, stack)| {
            let instance = stack.parameters.get("Name").map(String::as_str);
            of_stack(&client, &deployment.stage, service, instance)
        });
        let found = try_join_all(of_stacks).await?;
        let mut parts = Self::default();
        for node in found.into_iter().flatten() {
            parts.add(node);
        }
        Ok(parts)
    }

    /// Adds a part.
    pub fn add(&mut self, node: Node) {
        self.places.insert((node.kind, last(&node.address).to_owned()), self.nodes.len());
        self.nodes.push(node);
    }

    /// The id of the part that a text addresses: by a URL, an ARN, or the name of a table or a bucket.
    pub fn addressed(&self, text: &str) -> Option<&Node> {
        let kinds: &[Kind] = match text {
            _ if text.starts_with("http") || text.contains(":sqs:") => &[Kind::Queue],
            _ if text.contains(":sns:") => &[Kind::Topic],
            _ if text.contains(":states:") => &[Kind::StateMachine],
            _ if text.contains(":lambda:") => return self.named(Kind::Function, function_name(text)?),
            _ if text.starts_with("arn:") => return None,
            _ => &[Kind::Table, Kind::Bucket],
        };
        kinds.iter().find_map(|kind| self.named(*kind, last(text)))
    }

    /// The part of this kind and name.
    pub fn named(&self, kind: Kind, name: &str) -> Option<&Node> {
        self.places.get(&(kind, name.to_owned())).map(|place| &self.nodes[*place])
    }
}

/// The last part of a URL or an ARN.
pub(super) fn last(address: &str) -> &str {
    address.rsplit(['/', ':']).next().unwrap_or(address)
}

/// The function's name in an ARN, which may have a version after it.
pub(super) fn function_name(arn: &str) -> Option<&str> {
    arn.split(":function:").nth(1)?.split([':', '/']).next()
}

async fn of_stack(
    client: &Client,
    stage: &str,
    service: &str,
    instance: Option<&str>,
) -> Result<Vec<Node>, Error> {
    let stack = format!("wild-rydes-{stage}-{service}");
    let mut pages = client.list_stack_resources().stack_name(stack).into_paginator().items().send();
    let mut nodes = Vec::new();
    while let Some(resource) = pages.next().await {
        let resource = resource.map_err(|error| Error::aws("cloudformation:ListStackResources", &error))?;
        let kind = resource.resource_type().and_then(kind_of);
        let (Some(kind), Some(logical), Some(address)) =
            (kind, resource.logical_resource_id(), resource.physical_resource_id())
        else {
            continue;
        };
        let is_function = kind == Kind::Function;
        nodes.push(Node {
            id: format!("{service}/{logical}"),
            kind,
            name: if is_function { words(logical) } else { short(logical).to_owned() },
            lane: service.to_owned(),
            code: is_function.then(|| program(service, instance, logical)),
            dead_letters_of: None,
            address: address.to_owned(),
        });
    }
    Ok(nodes)
}

fn kind_of(resource: &str) -> Option<Kind> {
    Some(match resource {
        "AWS::ApiGateway::RestApi" => Kind::Api,
        "AWS::Lambda::Function" => Kind::Function,
        "AWS::SNS::Topic" => Kind::Topic,
        "AWS::SQS::Queue" => Kind::Queue,
        "AWS::DynamoDB::Table" => Kind::Table,
        "AWS::StepFunctions::StateMachine" => Kind::StateMachine,
        "AWS::S3::Bucket" => Kind::Bucket,
        _ => return None,
    })
}

/// The name of a resource without its kind.
fn short(logical: &str) -> &str {
    let kinds = ["Queue", "Topic", "Table", "Bucket", "StateMachine"];
    let cut = kinds.iter().find_map(|kind| logical.strip_suffix(kind));
    cut.filter(|name| !name.is_empty()).unwrap_or(logical)
}

/// The source of a function's program. The instances of a service, such as the herds, share its folder.
fn program(service: &str, instance: Option<&str>, logical: &str) -> String {
    let folder = instance.and_then(|instance| service.strip_suffix(instance)?.strip_suffix('-'));
    format!("functions/{}/src/bin/{}.rs", folder.unwrap_or(service), words(logical))
}

/// `SubmitRide` as `submit-ride`, which is the name of a function's program.
fn words(logical: &str) -> String {
    let mut words = String::new();
    for letter in logical.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_programs_and_have_no_kind() {
        assert_eq!(words("SubmitRideCompletion"), "submit-ride-completion");
        assert_eq!((short("RidesTable"), short("Api"), short("Queue")), ("Rides", "Api", "Queue"));
        assert_eq!(function_name("arn:aws:lambda:eu-west-1:1:function:pay:live"), Some("pay"));
        assert_eq!((last("http://localhost:1/0/queue"), last("a:b:topic")), ("queue", "topic"));
    }

    #[test]
    fn a_program_is_in_the_folder_of_its_service() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let programs = [
            ("customer-loyalty", None, "AwardPoints"),
            ("customer-payment", Some("payments"), "ProcessPayment"),
            ("herd-moonlight", Some("moonlight"), "QuoteInstantRide"),
        ];
        for (service, instance, logical) in programs {
            let program = program(service, instance, logical);
            assert!(std::path::Path::new(root).join(&program).is_file(), "{program}");
        }
    }

    #[test]
    fn a_queue_and_a_function_of_the_same_name_are_told_apart() {
        let part = |kind, address: &str| Node {
            id: format!("{kind:?}"),
            kind,
            name: String::new(),
            lane: String::new(),
            code: None,
            dead_letters_of: None,
            address: address.to_owned(),
        };
        let mut parts = Parts::default();
        parts.add(part(Kind::Queue, "https://sqs/1/herd"));
        parts.add(part(Kind::Function, "herd"));
        parts.add(part(Kind::Table, "rides"));
        let id = |text| parts.addressed(text).map(|node| node.id.as_str());
        assert_eq!(id("https://sqs/1/herd"), Some("Queue"));
        assert_eq!(id("arn:aws:sqs:eu-west-1:1:herd"), Some("Queue"));
        assert_eq!(id("arn:aws:lambda:eu-west-1:1:function:herd:live"), Some("Function"));
        assert_eq!(id("rides"), Some("Table"));
        assert_eq!((id("INFO"), id("arn:aws:states:::sqs:sendMessage")), (None, None));
    }
}
