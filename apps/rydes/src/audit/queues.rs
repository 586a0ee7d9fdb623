//! What is under way, and what could not be handled.

use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use aws_sdk_sqs::Client;
use tokio::time::Instant;

use super::Audit;
use crate::{
    Deployment, Error,
    dead_letters::{DeadLetter, look},
    status::depth,
};

const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Waits until no message waits or is in flight and no fare is being collected; what still is when the time is up, is a
/// finding. What a queue holds back until later isn't under way.
pub(super) async fn settle(
    deployment: &Deployment,
    patience: Duration,
    audit: &mut Audit,
) -> Result<(), Error> {
    let deadline = Instant::now() + patience;
    // Between two queues a message is in neither for a moment, so once is not enough.
    let mut at_rest = 0;
    loop {
        let busy = busy(deployment).await?;
        at_rest = if busy.is_empty() { at_rest + 1 } else { 0 };
        if at_rest == 2 {
            return Ok(());
        }
        if Instant::now() >= deadline && !busy.is_empty() {
            for (service, what) in busy {
                audit.finds(what, service, "it is still under way");
            }
            return Ok(());
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn busy(deployment: &Deployment) -> Result<Vec<(&'static str, String)>, Error> {
    let sqs = Client::new(deployment.aws());
    let mut busy = Vec::new();
    for (_, stack) in deployment.stacks() {
        for (output, url) in &stack.outputs {
            // What waits in the review queue waits for people, and is found at its fare.
            let Some(name) = output.strip_suffix("QueueUrl").filter(|name| *name != "FareReview") else {
                continue;
            };
            let messages = depth(&sqs, name, url).await?.under_way();
            if messages > 0 {
                busy.push(("queues", format!("{name}: {messages} messages")));
            }
        }
    }
    let sfn = aws_sdk_sfn::Client::new(deployment.aws());
    let machine = deployment.output("fare-collection", "FareCollectionStateMachineArn")?;
    let running = sfn.list_executions().state_machine_arn(machine).status_filter(ExecutionStatus::Running);
    let running = running.max_results(100).send().await;
    let running = running.map_err(|error| Error::aws("states:ListExecutions", &error))?.executions.len();
    if running > 0 {
        busy.push(("fare-collection", format!("{running} collections, or more")));
    }
    Ok(busy)
}

/// Every dead letter says why it is one. One that doesn't, nobody has looked at: its function crashed, or ran out of time.
pub(super) async fn dead_letters(deployment: &Deployment, audit: &mut Audit) -> Result<(), Error> {
    let sqs = Client::new(deployment.aws());
    for (_, stack) in deployment.stacks() {
        for (output, url) in &stack.outputs {
            let Some(queue) = output.strip_suffix("DlqUrl") else { continue };
            look(&sqs, url, |letter| dead_letter(queue, letter, audit)).await?;
        }
    }
    Ok(())
}

fn dead_letter(queue: &str, letter: &DeadLetter, audit: &mut Audit) {
    audit.looked_at("dead letters", 1);
    if let Some(reason) = &letter.error_type {
        *audit.dead_letters.entry(format!("{queue}: {reason}")).or_default() += 1;
    } else {
        let what = format!("a dead letter of {queue} that doesn't say why");
        audit.finds(format!("message {}", letter.id), "queues", what);
    }
}
