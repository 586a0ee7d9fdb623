//! What is under way, and what could not be handled.

use std::time::Duration;

use aws_sdk_sqs::Client;
use tokio::time::Instant;

use super::Audit;
use crate::{
    Deployment, Error,
    dead_letters::{DeadLetter, look},
    status::under_way,
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
        let busy = under_way(deployment).await?;
        at_rest = if busy.is_empty() { at_rest + 1 } else { 0 };
        if at_rest == 2 {
            return Ok(());
        }
        if Instant::now() >= deadline && !busy.is_empty() {
            for work in busy {
                audit.finds(work.to_string(), "queues", "it is still under way");
            }
            return Ok(());
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Every dead letter says why it is one, if it has room for that. One that doesn't, nobody has looked at: its function
/// crashed, or ran out of time.
pub(super) async fn dead_letters(deployment: &Deployment, audit: &mut Audit) -> Result<(), Error> {
    let sqs = Client::new(deployment.aws());
    for (_, stack) in deployment.stacks() {
        for (output, url) in &stack.outputs {
            let Some(queue) = output.strip_suffix("DlqUrl") else { continue };
            let unseen = look(&sqs, url, |letter| dead_letter(queue, letter, audit)).await?;
            if unseen > 0 {
                let what = "dead letters behind others of their group, or looked at by somebody: not audited";
                audit.finds(format!("{queue}: {unseen} messages"), "queues", what);
            }
        }
    }
    Ok(())
}

fn dead_letter(queue: &str, letter: &DeadLetter, audit: &mut Audit) {
    audit.looked_at("dead letters", 1);
    if letter.error_type.is_some() || letter.no_room {
        *audit.dead_letters.entry(format!("{queue}: {}", letter.reason())).or_default() += 1;
    } else {
        let what = format!("a dead letter of {queue} that doesn't say why");
        audit.finds(format!("message {}", letter.id), "queues", what);
    }
}
