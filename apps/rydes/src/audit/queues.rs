//! What is under way, and what could not be handled.

use std::time::Duration;

use aws_sdk_sqs::Client;
use domain::PrebookingId;
use tokio::time::Instant;

use super::{
    Audit,
    bookings::is_decided,
    pages::{PREBOOKINGS, Pages},
};
use crate::{
    Deployment, Error,
    dead_letters::{DeadLetter, look},
    status::under_way,
    tables::value,
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
pub(super) async fn dead_letters(
    deployment: &Deployment,
    pages: &Pages<'_>,
    audit: &mut Audit,
) -> Result<(), Error> {
    let sqs = Client::new(deployment.aws());
    let mut submissions = Vec::new();
    for (_, stack) in deployment.stacks() {
        for (output, url) in &stack.outputs {
            let Some(queue) = output.strip_suffix("DlqUrl") else { continue };
            let unseen = look(&sqs, url, |letter| {
                dead_letter(queue, letter, audit);
                submissions.extend(Submission::of(queue, letter));
            })
            .await?;
            if unseen > 0 {
                let what = "dead letters behind others of their group, or looked at by somebody: not audited";
                audit.finds(format!("{queue}: {unseen} messages"), "queues", what);
            }
        }
    }
    unheard(pages, submissions, audit).await
}

/// A prebooking that API Gateway has accepted.
struct Submission {
    id: String,
    witness: String,
}

impl Submission {
    /// The accepted request in a letter; none in others, as in poison: only API Gateway gives a message an identity.
    fn of(queue: &str, letter: &DeadLetter) -> Option<Self> {
        let id = letter.written_at_the_edge("RequestId").filter(|_| queue == "PrebookingSubmission")?;
        let id = PrebookingId::parse(id).ok()?.to_string();
        let witness = letter.written_at_the_edge("ExtendedRequestId").unwrap_or_default();
        Some(Self { id, witness: witness.to_owned() })
    }
}

/// What lies in any other dead-letter queue is missing somewhere, and found there. Of what lies in this one nothing else need
/// know that it was accepted.
async fn unheard(pages: &Pages<'_>, submissions: Vec<Submission>, audit: &mut Audit) -> Result<(), Error> {
    let ids = submissions.iter().map(|submission| [submission.id.clone()]);
    let bookings = pages.with(PREBOOKINGS, ["id"], ids).await?;
    for Submission { id, witness } in submissions {
        let about = format!("prebooking {id}");
        let took_effect = bookings.get(&[id]).is_some_and(|booking| {
            // A repetition leads to the first. Another request may have been given the same id.
            booking.contains_key("aliasOf") || (is_decided(booking) && value(booking, "witness") == witness)
        });
        let what = "it was accepted, and lies in PrebookingSubmissionDlq";
        audit.expects(took_effect, &about, PREBOOKINGS.0, what);
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
