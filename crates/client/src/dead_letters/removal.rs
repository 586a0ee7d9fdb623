//! Redrives or deletes dead letters.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    types::{
        MessageSystemAttributeName, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
        QueueAttributeName,
    },
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::Serialize;

use super::{DeadLetter, Then, count, named, reason::REASON, walk};
use crate::{deployment::Deployment, error::Error};

/// The numbers of dead letters that were moved, and that are left.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Moved {
    /// The number of letters that were redriven or deleted.
    pub moved: u64,
    /// The number of letters that are left.
    pub left: u64,
}

/// A selection of dead letters.
#[derive(Debug, Clone)]
pub enum Letters {
    /// All of them.
    All,
    /// Those with these ids.
    These(Vec<String>),
}

/// Puts dead letters back into the queue that they come from. All letters are moved by SQS's own redrive, if it is available. Otherwise
/// each is sent before it is deleted, so the worst case is a second copy, which does no harm.
pub async fn redrive(deployment: &Deployment, queue: &str, which: &Letters) -> Result<Moved, Error> {
    let sqs = Client::new(deployment.aws());
    let queue = named(deployment, queue)?;
    let source = queue.source.as_deref().ok_or_else(|| {
        let rows = "it holds rows of a table, which no queue can take back; once what was wrong is mended, discard them";
        Error::Usage(format!("{} can't be redriven: {rows}", queue.queue))
    })?;
    if let Letters::All = which
        && let Some(moved) = redrive_natively(&sqs, &queue.url, source).await?
    {
        return Ok(Moved { moved, left: count(&sqs, &queue.url).await? });
    }
    let moved =
        remove_each(&sqs, &queue.url, selected(which), async |letter| send(&sqs, source, letter).await)
            .await?;
    require_all(which, moved)
}

/// Deletes dead letters.
pub async fn discard(deployment: &Deployment, queue: &str, which: &Letters) -> Result<Moved, Error> {
    let sqs = Client::new(deployment.aws());
    require_all(which, delete(&sqs, &named(deployment, queue)?.url, selected(which)).await?)
}

/// Deletes the selected messages of a queue.
pub(crate) async fn delete(
    sqs: &Client,
    url: &str,
    selected: impl Fn(&DeadLetter) -> bool,
) -> Result<Moved, Error> {
    remove_each(sqs, url, selected, async |_| Ok(())).await
}

fn selected(which: &Letters) -> impl Fn(&DeadLetter) -> bool {
    move |letter| match which {
        Letters::All => true,
        Letters::These(ids) => ids.contains(&letter.id),
    }
}

/// SQS's own redrive; `None` if it isn't available.
async fn redrive_natively(sqs: &Client, from: &str, to: &str) -> Result<Option<u64>, Error> {
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

/// Passes each selected letter to `before`, and then deletes it.
async fn remove_each(
    sqs: &Client,
    url: &str,
    selected: impl Fn(&DeadLetter) -> bool,
    before: impl AsyncFn(&DeadLetter) -> Result<(), Error>,
) -> Result<Moved, Error> {
    let mut moved = 0;
    walk(sqs, url, async |letter| {
        if !selected(letter) {
            return Ok(Then::Stays);
        }
        before(letter).await?;
        let delete = sqs.delete_message().queue_url(url);
        let deleted = delete.set_receipt_handle(letter.message.receipt_handle.clone()).send().await;
        deleted.map_err(|error| Error::aws("sqs:DeleteMessage", &error))?;
        moved += 1;
        Ok(Then::Gone)
    })
    .await?;
    Ok(Moved { moved, left: count(sqs, url).await? })
}

/// Fails if some of the named letters were not moved.
fn require_all(which: &Letters, moved: Moved) -> Result<Moved, Error> {
    if let Letters::These(ids) = which
        && moved.moved < ids.len() as u64
    {
        let missing = "is it in this queue? one that was looked at a moment ago shows again within a minute";
        return Err(Error::Usage(format!("found {} of {} messages: {missing}", moved.moved, ids.len())));
    }
    Ok(moved)
}

/// Sends a letter to the queue that it came from, without its reason, so that it is as it was there.
async fn send(sqs: &Client, to: &str, letter: &DeadLetter) -> Result<(), Error> {
    let mut attributes = letter.message.message_attributes.clone().unwrap_or_default();
    attributes.remove(REASON);
    let send = sqs.send_message().queue_url(to).message_body(&letter.body);
    let send = send.set_message_attributes(Some(attributes));
    let system = |name| Some(letter.message.attributes.as_ref()?.get(&name)?.clone());
    let send = send.set_message_group_id(system(MessageSystemAttributeName::MessageGroupId));
    // A FIFO queue keeps one copy for each deduplication id. Standard queues take no such id.
    let send = send.set_message_deduplication_id(to.strip_suffix(".fifo").map(|_| letter.id.clone()));
    let trace = system(MessageSystemAttributeName::AwsTraceHeader).and_then(|header| {
        MessageSystemAttributeValue::builder().data_type("String").string_value(header).build().ok()
    });
    let trace = trace.map(|trace| [(MessageSystemAttributeNameForSends::AwsTraceHeader, trace)].into());
    let sent = send.set_message_system_attributes(trace).send().await;
    sent.map(drop).map_err(|error| Error::aws("sqs:SendMessage", &error))
}

async fn arn(sqs: &Client, url: &str) -> Result<String, Error> {
    let get = sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::QueueArn);
    let got = get.send().await.map_err(|error| Error::aws("sqs:GetQueueAttributes", &error))?;
    let arn = got.attributes.and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn));
    arn.ok_or_else(|| Error::Unexpected(format!("the queue {url} has no ARN")))
}
