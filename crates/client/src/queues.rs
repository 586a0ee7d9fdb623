//! The messages in the queues, and the work that is under way.

use std::fmt;

use aws_sdk_sfn::types::ExecutionStatus;
use aws_sdk_sqs::{Client, types::QueueAttributeName};
use serde::Serialize;

use crate::{deployment::Deployment, error::Error};

/// The approximate number of messages in a queue.
#[derive(Debug, Serialize)]
pub struct Depth {
    /// The queue, as the stack's output names it.
    pub name: String,
    /// Waiting to be received.
    pub waiting: u64,
    /// Held back until later, as deadlines are.
    pub held_back: u64,
    /// Received and not yet deleted.
    pub in_flight: u64,
}

impl Depth {
    /// Messages that wait or are in flight. Those that are held back are not counted.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        self.waiting + self.in_flight
    }
}

/// Work that isn't done yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// Where: a queue, or a state machine.
    pub at: String,
    /// Messages that wait there to be received.
    pub waiting: u64,
    /// Messages in flight, or executions that run; of these no more than a thousand are counted.
    pub in_hand: u64,
}

/// A page of the list of executions, which is as far as they are counted.
const MOST_EXECUTIONS: i32 = 1000;

impl fmt::Display for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, waiting, in_hand } = self;
        write!(f, "{at}: {waiting} waiting, {in_hand} in hand")
    }
}

/// All work that is under way: waiting messages, messages in flight, and running executions. Delayed messages don't count.
pub async fn under_way(deployment: &Deployment) -> Result<Vec<UnderWay>, Error> {
    let sqs = Client::new(deployment.aws());
    let mut under_way = Vec::new();
    for (_, stack) in deployment.stacks() {
        for (output, url) in &stack.outputs {
            // Messages in the review queue wait for people. They show at their fares.
            let Some(name) = output.strip_suffix("QueueUrl").filter(|name| *name != "FareReview") else {
                continue;
            };
            let Depth { waiting, in_flight, .. } = depth(&sqs, name, url).await?;
            under_way.push(UnderWay { at: name.to_owned(), waiting, in_hand: in_flight });
        }
    }
    let sfn = aws_sdk_sfn::Client::new(deployment.aws());
    let machine = deployment.output("fare-collection", "FareCollectionStateMachineArn")?;
    let running = sfn.list_executions().state_machine_arn(machine).status_filter(ExecutionStatus::Running);
    let running = running.max_results(MOST_EXECUTIONS).send().await;
    let running = running.map_err(|error| Error::aws("states:ListExecutions", &error))?.executions.len();
    under_way.push(UnderWay { at: "fare collections".to_owned(), waiting: 0, in_hand: running as u64 });
    under_way.retain(|work| work.waiting + work.in_hand > 0);
    Ok(under_way)
}

/// Counts the messages of a queue.
pub async fn depth(sqs: &Client, name: &str, url: &str) -> Result<Depth, Error> {
    let counts = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let get = sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(counts.to_vec()));
    let got = get.send().await.map_err(|error| Error::aws("sqs:GetQueueAttributes", &error))?;
    let [waiting, held_back, in_flight] = counts.map(|count| {
        got.attributes()
            .and_then(|attributes| attributes.get(&count)?.parse::<u64>().ok())
            .unwrap_or_default()
    });
    Ok(Depth { name: name.to_owned(), waiting, held_back, in_flight })
}
