//! Messages under way, and dead letters.

use std::time::Duration;

use aws_sdk_sqs::Client;
use client::{
    Deployment, Error,
    dead_letters::{DeadLetter, peek},
    queues::under_way,
    tables::{Item, value},
};
use contracts::PrebookingId;
use tokio::time::Instant;

use super::{
    bookings::is_decided,
    findings::Audit,
    pages::{PREBOOKINGS, Pages},
};

const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// Between two queues a message is in neither for a moment, and a row that an outbox is yet to publish is in none for up to a second. So
/// one look is not enough.
const LOOKS_AT_REST: u32 = 3;

/// Waits until no message waits or is in flight and no fare is being collected. Work that remains when the time is up is a finding.
/// Delayed messages don't count.
pub(super) async fn settle(
    deployment: &Deployment,
    patience: Duration,
    audit: &mut Audit,
) -> Result<(), Error> {
    let deadline = Instant::now() + patience;
    let mut at_rest = 0;
    loop {
        let busy = under_way(deployment).await?;
        at_rest = if busy.is_empty() { at_rest + 1 } else { 0 };
        if at_rest == LOOKS_AT_REST {
            return Ok(());
        }
        if Instant::now() >= deadline && !busy.is_empty() {
            for work in busy {
                audit.finds(work.to_string(), "queues", "still under way");
            }
            return Ok(());
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Checks that every dead letter carries its reason, if it has room for one. A letter without a reason comes from a function that
/// crashed or ran out of time.
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
            let unseen = peek(&sqs, url, |letter| {
                dead_letter(queue, letter, audit);
                submissions.extend(Submission::of(queue, letter));
            })
            .await?;
            if unseen > 0 {
                let what =
                    "dead letters not audited: behind others of their group, or hidden by another reader";
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
    /// The accepted request in a letter. `None` for other messages, such as poison: only API Gateway gives a message these attributes.
    fn of(queue: &str, letter: &DeadLetter) -> Option<Self> {
        let id = letter.edge_attribute("RequestId").filter(|_| queue == "PrebookingSubmission")?;
        let id = PrebookingId::parse(id).ok()?.to_string();
        let witness = letter.edge_attribute("ExtendedRequestId").unwrap_or_default();
        Some(Self { id, witness: witness.to_owned() })
    }

    /// True if this row is the effect of the submission: a repetition, which leads to the first booking, or a decided booking. A booking
    /// with another witness belongs to another request with the same id.
    fn became(&self, row: &Item) -> bool {
        row.contains_key("aliasOf") || (is_decided(row) && value(row, "witness") == self.witness)
    }
}

/// Finds accepted submissions in their dead-letter queue. A message in any other dead-letter queue leaves an effect missing, which is
/// found there. A dead submission may be the only sign that its request was accepted.
async fn unheard(pages: &Pages<'_>, submissions: Vec<Submission>, audit: &mut Audit) -> Result<(), Error> {
    let ids = submissions.iter().map(|submission| [submission.id.clone()]);
    let bookings = pages.with(PREBOOKINGS, ["id"], ids).await?;
    for submission in submissions {
        let booking = bookings.get(std::slice::from_ref(&submission.id));
        let about = format!("prebooking {}", submission.id);
        let what = "accepted, but lies in PrebookingSubmissionDlq";
        audit.expects(booking.is_some_and(|booking| submission.became(booking)), &about, PREBOOKINGS.0, what);
    }
    Ok(())
}

fn dead_letter(queue: &str, letter: &DeadLetter, audit: &mut Audit) {
    audit.looked_at("dead letters", 1);
    if letter.error_type.is_some() || letter.no_room {
        *audit.dead_letters.entry(format!("{queue}: {}", letter.reason())).or_default() += 1;
    } else {
        let what = format!("dead letter of {queue} without a reason");
        audit.finds(format!("message {}", letter.id), "queues", what);
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use aws_sdk_sqs::types::{Message, MessageAttributeValue};

    use super::*;

    const ID: &str = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10";

    fn letter(attributes: &[(&str, &str)]) -> DeadLetter {
        let attribute =
            |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build();
        let message = Message::builder().body("{}");
        let message = attributes.iter().fold(message, |message, (name, value)| {
            message.message_attributes(*name, attribute(value).unwrap())
        });
        DeadLetter::from(message.build())
    }

    #[test]
    fn only_what_api_gateway_has_given_an_identity_was_accepted() {
        let id = format!("={ID}");
        let accepted = letter(&[("RequestId", &id), ("ExtendedRequestId", "=e1")]);
        let submission = Submission::of("PrebookingSubmission", &accepted).unwrap();
        assert_eq!((submission.id.as_str(), submission.witness.as_str()), (ID, "e1"));
        assert!(Submission::of("PrebookingProcessing", &accepted).is_none(), "it is missed elsewhere");
        for poison in [&[][..], &[("RequestId", "=nobody's")], &[("RequestId", "=")], &[("RequestId", ID)]] {
            assert!(Submission::of("PrebookingSubmission", &letter(poison)).is_none(), "{poison:?}");
        }
    }

    #[test]
    fn a_submission_took_effect_as_a_booking_of_its_own_that_is_decided_or_as_a_repetition() {
        let row = |attributes: &[(&str, &str)]| -> Item {
            let attribute =
                |(name, value): &(&str, &str)| ((*name).to_owned(), AttributeValue::S((*value).to_owned()));
            attributes.iter().map(attribute).collect()
        };
        let submission = Submission { id: ID.to_owned(), witness: "e1".to_owned() };
        for (attributes, became) in [
            (&[("status", "CONFIRMED"), ("witness", "e1")][..], true),
            (&[("status", "REJECTED"), ("witness", "e1")], true),
            (&[("aliasOf", "another")], true),
            (&[("status", "SUBMITTED"), ("witness", "e1")], false),
            (&[("status", "CONFIRMED"), ("witness", "e2")], false),
        ] {
            assert_eq!(submission.became(&row(attributes)), became, "{attributes:?}");
        }
    }
}
