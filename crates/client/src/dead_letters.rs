//! Dead letters: messages that could not be handled, with the reasons.

mod reason;
pub mod removal;

use std::collections::BTreeMap;

use aws_sdk_sqs::{
    Client,
    types::{ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName},
};
use jiff::Timestamp;
use serde::Serialize;

use self::reason::Reason;
use crate::{deployment::Deployment, error::Error, queues::depth};

/// A queue of messages that could not be handled.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetterQueue {
    /// The stack that it is part of.
    pub service: String,
    /// Its name, as the stack's output has it.
    pub queue: String,
    /// The number of messages in it.
    pub letters: u64,
    /// The number of messages for each reason.
    pub reasons: BTreeMap<String, u64>,
    #[serde(skip)]
    url: String,
    /// The queue that its messages come from; `None` if they don't come from a queue.
    #[serde(skip)]
    source: Option<String>,
}

/// A message that could not be handled.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    /// Its id in the dead-letter queue.
    pub id: String,
    /// The failure's stable name, if it has one.
    pub error_type: Option<String>,
    /// The details of the failure.
    pub detail: Option<String>,
    /// The service that couldn't handle it.
    pub service: Option<String>,
    /// The number of times that it was received.
    pub receive_count: Option<u32>,
    /// True if the message had no room for the reason.
    pub no_room: bool,
    /// The time when it became a dead letter.
    pub since: Option<Timestamp>,
    /// The message.
    pub body: String,
    #[serde(skip)]
    message: Message,
}

/// The time for which a dead letter is invisible after a look at it. It stays in its queue.
const LOOKED_AT_SECONDS: i32 = 60;
/// The number of letters that are made visible again at once. The others become visible when that time is over.
const PUT_BACK: usize = 1000;
/// SQS's limit of entries in one call.
const MAX_ENTRIES: usize = 10;

/// Every dead-letter queue.
pub async fn queues(deployment: &Deployment) -> Result<Vec<DeadLetterQueue>, Error> {
    let sqs = Client::new(deployment.aws());
    let mut queues = all(deployment);
    for queue in &mut queues {
        queue.letters = count(&sqs, &queue.url).await?;
        let reasons = &mut queue.reasons;
        let unseen = peek(&sqs, &queue.url, |letter| {
            *reasons.entry(letter.reason().to_owned()).or_default() += 1;
        });
        let unseen = unseen.await?;
        if unseen > 0 {
            reasons.insert("behind others of their group, or hidden by another reader".to_owned(), unseen);
        }
    }
    Ok(queues)
}

/// The messages in a dead-letter queue.
pub async fn letters(deployment: &Deployment, queue: &str) -> Result<Vec<DeadLetter>, Error> {
    let sqs = Client::new(deployment.aws());
    let mut letters = Vec::new();
    peek(&sqs, &named(deployment, queue)?.url, |letter| letters.push(letter.clone())).await?;
    Ok(letters)
}

/// Passes each letter to `show`, and leaves all in the queue. Returns the number of letters that could not be shown: another reader has
/// hidden them, or they are behind ten others of their group.
pub async fn peek(sqs: &Client, url: &str, mut show: impl FnMut(&DeadLetter)) -> Result<u64, Error> {
    walk(sqs, url, async |letter| {
        show(letter);
        Ok(Then::Stays)
    })
    .await
}

/// The whereabouts of a letter after a visit.
enum Then {
    Stays,
    /// The visit has deleted it.
    Gone,
}

/// Passes each letter to `visit` once. Returns the number of letters that could not be received.
async fn walk(
    sqs: &Client,
    url: &str,
    mut visit: impl AsyncFnMut(&DeadLetter) -> Result<Then, Error>,
) -> Result<u64, Error> {
    let mut left = count(sqs, url).await?;
    let mut hidden = Hidden::default();
    while left > 0 {
        let new = hidden.take(receive(sqs, url).await?, &mut visit).await?;
        // In a queue so long that the first letters are visible again, the look would never end.
        if new == 0 {
            break;
        }
        left = left.saturating_sub(new);
    }
    // A letter of a FIFO queue can't be received while one before it in its group is hidden. So each group is received once more, as a
    // whole.
    let groups: Vec<_> = hidden.0.keys().flatten().cloned().collect();
    for group in groups {
        if left == 0 {
            break;
        }
        put_back(sqs, url, hidden.of(group)).await?;
        left = left.saturating_sub(hidden.take(receive(sqs, url).await?, &mut visit).await?);
    }
    put_back(sqs, url, hidden.0.values().flat_map(BTreeMap::values).take(PUT_BACK)).await?;
    Ok(left)
}

/// The letters that a walk has hidden: by their group, if they have one, and by their id, each with its receipt handle.
#[derive(Default)]
struct Hidden(BTreeMap<Option<String>, BTreeMap<String, String>>);

impl Hidden {
    /// Takes the letters that were received, and visits those that are new. Returns the number of these.
    async fn take(
        &mut self,
        letters: Vec<DeadLetter>,
        visit: &mut impl AsyncFnMut(&DeadLetter) -> Result<Then, Error>,
    ) -> Result<u64, Error> {
        let mut new = 0;
        for letter in letters {
            let attributes = letter.message.attributes.as_ref();
            let group = attributes.and_then(|a| a.get(&MessageSystemAttributeName::MessageGroupId));
            let group = self.0.entry(group.cloned()).or_default();
            let is_known = group.contains_key(&letter.id);
            if is_known || matches!(visit(&letter).await?, Then::Stays) {
                group.insert(letter.id.clone(), letter.message.receipt_handle.unwrap_or_default());
            }
            new += u64::from(!is_known);
        }
        Ok(new)
    }

    /// The receipt handles of a group.
    fn of(&self, group: String) -> impl Iterator<Item = &String> {
        self.0.get(&Some(group)).into_iter().flat_map(BTreeMap::values)
    }
}

async fn receive(sqs: &Client, url: &str) -> Result<Vec<DeadLetter>, Error> {
    let receive = sqs.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(1);
    let receive = receive.visibility_timeout(LOOKED_AT_SECONDS).message_attribute_names("All");
    let received = receive.message_system_attribute_names(MessageSystemAttributeName::All).send().await;
    let received = received.map_err(|error| Error::aws("sqs:ReceiveMessage", &error))?;
    Ok(received.messages.unwrap_or_default().into_iter().map(DeadLetter::from).collect())
}

/// Makes messages visible again.
async fn put_back(sqs: &Client, url: &str, handles: impl Iterator<Item = &String>) -> Result<(), Error> {
    let handles: Vec<_> = handles.collect();
    for some in handles.chunks(MAX_ENTRIES) {
        let entry = |(n, handle): (usize, &&String)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(n.to_string());
            entry.receipt_handle(*handle).visibility_timeout(0).build().ok()
        };
        let entries = some.iter().enumerate().filter_map(entry).collect();
        let change = sqs.change_message_visibility_batch().queue_url(url).set_entries(Some(entries));
        change.send().await.map_err(|error| Error::aws("sqs:ChangeMessageVisibilityBatch", &error))?;
    }
    Ok(())
}

async fn count(sqs: &Client, url: &str) -> Result<u64, Error> {
    Ok(depth(sqs, "", url).await?.under_way())
}

fn all(deployment: &Deployment) -> Vec<DeadLetterQueue> {
    let mut queues = Vec::new();
    for (service, stack) in deployment.stacks() {
        for (output, url) in &stack.outputs {
            let Some(name) = output.strip_suffix("DlqUrl") else { continue };
            queues.push(DeadLetterQueue {
                service: service.to_owned(),
                queue: name.to_owned(),
                letters: 0,
                reasons: BTreeMap::new(),
                url: url.clone(),
                source: stack.outputs.get(&format!("{name}QueueUrl")).cloned(),
            });
        }
    }
    queues
}

/// The queue of this name. If several queues have the same name, as those of herds, the name of the service selects one.
fn named(deployment: &Deployment, name: &str) -> Result<DeadLetterQueue, Error> {
    let queues = all(deployment);
    let called: [fn(&DeadLetterQueue) -> &str; 2] = [|queue| &queue.queue, |queue| &queue.service];
    for called in called {
        let mut found = queues.iter().filter(|queue| called(queue).eq_ignore_ascii_case(name));
        if let (Some(queue), None) = (found.next(), found.next()) {
            return Ok(queue.clone());
        }
    }
    let names: Vec<String> =
        queues.iter().map(|queue| format!("{} of {}", queue.queue, queue.service)).collect();
    let names = names.join("\n  ");
    Err(Error::Usage(format!(
        "there is no one dead-letter queue {name}; name one by its queue or its service:\n  {names}"
    )))
}

impl DeadLetter {
    /// The reason in short.
    #[must_use]
    pub fn reason(&self) -> &str {
        let none = if self.no_room { "no room for a reason" } else { "no reason given" };
        self.error_type.as_deref().unwrap_or(none)
    }

    /// The attribute of this name that API Gateway added to the message. It puts an equals sign before each value, because SQS refuses
    /// empty ones.
    #[must_use]
    pub fn edge_attribute(&self, name: &str) -> Option<&str> {
        let attribute = self.message.message_attributes.as_ref()?.get(name)?;
        attribute.string_value()?.strip_prefix('=').filter(|value| !value.is_empty())
    }
}

impl From<Message> for DeadLetter {
    fn from(message: Message) -> Self {
        let reason = Reason::on(&message);
        let no_room = reason.is_none() && reason::had_no_room(&message);
        let Reason { error_type, detail, service, receive_count } = reason.unwrap_or_default();
        let sent =
            message.attributes.as_ref().and_then(|a| a.get(&MessageSystemAttributeName::SentTimestamp));
        Self {
            id: message.message_id.clone().unwrap_or_default(),
            error_type,
            detail,
            service,
            receive_count,
            no_room,
            since: sent.and_then(|ms| Timestamp::from_millisecond(ms.parse().ok()?).ok()),
            body: message.body.clone().unwrap_or_default(),
            message,
        }
    }
}
