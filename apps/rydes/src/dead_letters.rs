//! `rydes dlq`: what could not be handled, why, and what to do with it.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_sqs::{
    Client,
    types::{
        ChangeMessageVisibilityBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
        QueueAttributeName,
    },
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use serde::Serialize;

use crate::{Deployment, Error, status::depth};

/// A queue of messages that could not be handled.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetterQueue {
    /// The stack that it is part of.
    pub service: String,
    /// Its name, as the stack's output has it.
    pub queue: String,
    /// How many messages are in it.
    pub letters: u64,
    /// How many there are for each reason.
    pub reasons: BTreeMap<String, u64>,
    #[serde(skip)]
    url: String,
    /// Where its messages come from; none if they are no messages of a queue.
    #[serde(skip)]
    source: Option<String>,
}

/// A message that could not be handled.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    /// Its id in the dead-letter queue.
    pub id: String,
    /// The failure's stable name; none if nobody was left to say: its function crashed, or ran out of time.
    pub error_type: Option<String>,
    /// What happened.
    pub detail: Option<String>,
    /// Who couldn't handle it.
    pub service: Option<String>,
    /// How often it was tried.
    pub receive_count: Option<String>,
    /// Since when it is here.
    pub since: Option<Timestamp>,
    /// The message.
    pub body: String,
    #[serde(skip)]
    message: Message,
}

/// What became of dead letters.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Moved {
    /// How many were put back into their queue, or deleted.
    pub moved: u64,
    /// How many are left.
    pub left: u64,
}

/// Which dead letters are meant.
#[derive(Debug, Clone)]
pub enum Letters {
    /// All of them.
    All,
    /// Those with these ids.
    These(Vec<String>),
}

/// What the consumers write on a dead letter.
const REASONS: [&str; 6] =
    ["ErrorType", "ErrorDetail", "Service", "SourceQueue", "SourceMessageId", "ReceiveCount"];
/// How long a dead letter that was looked at isn't given again. It stays where it is.
const LOOKED_AT_SECONDS: i32 = 60;
/// How many of them are made visible again at once; more come back when that time is over.
const PUT_BACK: usize = 1000;
/// What SQS takes in one call.
const MAX_ENTRIES: usize = 10;

/// Every dead-letter queue.
pub async fn dead_letter_queues(deployment: &Deployment) -> Result<Vec<DeadLetterQueue>, Error> {
    let sqs = Client::new(deployment.aws());
    let mut queues = all(deployment);
    for queue in &mut queues {
        queue.letters = count(&sqs, &queue.url).await?;
        let reasons = &mut queue.reasons;
        look(&sqs, &queue.url, |letter| {
            let reason = letter.error_type.clone().unwrap_or_else(|| "no reason given".to_owned());
            *reasons.entry(reason).or_default() += 1;
        })
        .await?;
    }
    Ok(queues)
}

/// The messages in a dead-letter queue.
pub async fn dead_letters(deployment: &Deployment, queue: &str) -> Result<Vec<DeadLetter>, Error> {
    let sqs = Client::new(deployment.aws());
    let mut letters = Vec::new();
    look(&sqs, &named(deployment, queue)?.url, |letter| letters.push(letter.clone())).await?;
    Ok(letters)
}

/// Puts dead letters back into the queue that they come from. All of them by the service's own means, where it has such;
/// else each is sent first and deleted then, so that the worst that can happen is a second copy, which is no harm.
pub async fn redrive(deployment: &Deployment, queue: &str, which: &Letters) -> Result<Moved, Error> {
    let sqs = Client::new(deployment.aws());
    let queue = named(deployment, queue)?;
    let source = queue.source.as_deref().ok_or_else(|| {
        let rows = "it holds rows of a table, which no queue can take back; once what was wrong is mended, discard them";
        Error::Usage(format!("{} can't be redriven: {rows}", queue.queue))
    })?;
    if let Letters::All = which
        && let Some(moved) = natively(&sqs, &queue.url, source).await?
    {
        return Ok(Moved { moved, left: count(&sqs, &queue.url).await? });
    }
    each(&sqs, &queue.url, which, async |letter| send(&sqs, source, letter).await).await
}

/// Deletes dead letters.
pub async fn discard(deployment: &Deployment, queue: &str, which: &Letters) -> Result<Moved, Error> {
    let sqs = Client::new(deployment.aws());
    each(&sqs, &named(deployment, queue)?.url, which, async |_| Ok(())).await
}

/// SQS's own redrive; none if there is none here.
async fn natively(sqs: &Client, from: &str, to: &str) -> Result<Option<u64>, Error> {
    let (from, to) = (arn(sqs, from).await?, arn(sqs, to).await?);
    let started = sqs.start_message_move_task().source_arn(&from).destination_arn(to).send().await;
    if let Err(error) = &started
        && matches!(
            error.code(),
            Some("InvalidAction" | "UnsupportedOperation" | "AWS.SimpleQueueService.UnsupportedOperation")
        )
    {
        return Ok(None);
    }
    started.map_err(|error| Error::aws("sqs:StartMessageMoveTask", &error))?;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let tasks = sqs.list_message_move_tasks().source_arn(&from).max_results(1).send().await;
        let tasks = tasks.map_err(|error| Error::aws("sqs:ListMessageMoveTasks", &error))?;
        let Some(task) = tasks.results().first() else {
            return Err(Error::Unexpected("the redrive that was started isn't listed".to_owned()));
        };
        let moved = task.approximate_number_of_messages_moved().try_into().unwrap_or_default();
        match task.status() {
            Some("RUNNING" | "CANCELLING") => {}
            Some("COMPLETED") => return Ok(Some(moved)),
            _ => {
                let why = task.failure_reason().unwrap_or("no reason given");
                return Err(Error::Unexpected(format!("the redrive ended after {moved} messages: {why}")));
            }
        }
    }
}

/// Does something with each of the letters that are meant, and deletes it when that is done.
async fn each(
    sqs: &Client,
    url: &str,
    which: &Letters,
    what: impl AsyncFn(&DeadLetter) -> Result<(), Error>,
) -> Result<Moved, Error> {
    let meant = |letter: &DeadLetter| match which {
        Letters::All => true,
        Letters::These(ids) => ids.contains(&letter.id),
    };
    let (mut moved, mut others) = (0, Vec::new());
    let mut left = count(sqs, url).await?;
    while left > 0 {
        let letters = receive(sqs, url).await?;
        if letters.is_empty() {
            break;
        }
        for letter in letters {
            left = left.saturating_sub(1);
            if !meant(&letter) {
                others.extend(letter.message.receipt_handle);
                continue;
            }
            what(&letter).await?;
            let delete =
                sqs.delete_message().queue_url(url).set_receipt_handle(letter.message.receipt_handle);
            delete.send().await.map_err(|error| Error::aws("sqs:DeleteMessage", &error))?;
            moved += 1;
        }
    }
    put_back(sqs, url, &others).await?;
    if let Letters::These(ids) = which
        && moved < ids.len() as u64
    {
        let missing = "is it in this queue? one that was looked at a moment ago shows again within a minute";
        return Err(Error::Usage(format!("found {moved} of {} messages: {missing}", ids.len())));
    }
    Ok(Moved { moved, left: count(sqs, url).await? })
}

/// Sends a letter where it came from, without what was written on it here.
async fn send(sqs: &Client, to: &str, letter: &DeadLetter) -> Result<(), Error> {
    let attributes = letter.message.message_attributes.clone().unwrap_or_default();
    let original = attributes.into_iter().filter(|(name, _)| !REASONS.contains(&name.as_str())).collect();
    let send =
        sqs.send_message().queue_url(to).message_body(&letter.body).set_message_attributes(Some(original));
    // A FIFO queue keeps the group, and takes the same letter once.
    let system = letter.message.attributes.as_ref();
    let send = match system.and_then(|system| system.get(&MessageSystemAttributeName::MessageGroupId)) {
        Some(group) => send.message_group_id(group).message_deduplication_id(&letter.id),
        None => send,
    };
    send.send().await.map(drop).map_err(|error| Error::aws("sqs:SendMessage", &error))
}

/// Shows each letter to somebody, and leaves all where they are.
pub(crate) async fn look(sqs: &Client, url: &str, mut show: impl FnMut(&DeadLetter)) -> Result<(), Error> {
    let mut left = count(sqs, url).await?;
    let mut handles = Vec::new();
    while left > 0 {
        let letters = receive(sqs, url).await?;
        if letters.is_empty() {
            break;
        }
        left = left.saturating_sub(letters.len() as u64);
        for letter in letters {
            show(&letter);
            handles.extend(letter.message.receipt_handle.filter(|_| handles.len() < PUT_BACK));
        }
    }
    put_back(sqs, url, &handles).await
}

async fn receive(sqs: &Client, url: &str) -> Result<Vec<DeadLetter>, Error> {
    let receive = sqs.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(1);
    let receive = receive.visibility_timeout(LOOKED_AT_SECONDS).message_attribute_names("All");
    let received = receive.message_system_attribute_names(MessageSystemAttributeName::All).send().await;
    let received = received.map_err(|error| Error::aws("sqs:ReceiveMessage", &error))?;
    Ok(received.messages.unwrap_or_default().into_iter().map(DeadLetter::from).collect())
}

/// Makes messages visible again.
async fn put_back(sqs: &Client, url: &str, handles: &[String]) -> Result<(), Error> {
    for some in handles.chunks(MAX_ENTRIES) {
        let entry = |(n, handle): (usize, &String)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(n.to_string());
            entry.receipt_handle(handle).visibility_timeout(0).build().ok()
        };
        let entries = some.iter().enumerate().filter_map(entry).collect();
        let change = sqs.change_message_visibility_batch().queue_url(url).set_entries(Some(entries));
        change.send().await.map_err(|error| Error::aws("sqs:ChangeMessageVisibilityBatch", &error))?;
    }
    Ok(())
}

async fn count(sqs: &Client, url: &str) -> Result<u64, Error> {
    let depth = depth(sqs, "", url).await?;
    Ok(depth.waiting + depth.in_flight)
}

async fn arn(sqs: &Client, url: &str) -> Result<String, Error> {
    let get = sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::QueueArn);
    let got = get.send().await.map_err(|error| Error::aws("sqs:GetQueueAttributes", &error))?;
    let arn = got.attributes.and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn));
    arn.ok_or_else(|| Error::Unexpected(format!("the queue {url} has no ARN")))
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

/// The queue of this name; where several have it, as herds' queues do, by that of their service.
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

impl From<Message> for DeadLetter {
    fn from(message: Message) -> Self {
        let attribute = |name: &str| {
            let value: &MessageAttributeValue = message.message_attributes.as_ref()?.get(name)?;
            value.string_value.clone()
        };
        let sent =
            message.attributes.as_ref().and_then(|a| a.get(&MessageSystemAttributeName::SentTimestamp));
        Self {
            id: message.message_id.clone().unwrap_or_default(),
            error_type: attribute("ErrorType"),
            detail: attribute("ErrorDetail"),
            service: attribute("Service"),
            receive_count: attribute("ReceiveCount"),
            since: sent.and_then(|ms| Timestamp::from_millisecond(ms.parse().ok()?).ok()),
            body: message.body.clone().unwrap_or_default(),
            message,
        }
    }
}
