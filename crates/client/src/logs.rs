//! Log lines of all functions about one ride, prebooking or request for quotes.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aws_sdk_cloudwatchlogs::{
    Client,
    operation::filter_log_events::{FilterLogEventsOutput, builders::FilterLogEventsFluentBuilder},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use message_envelope::CorrelationId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{deployment::Deployment, error::Error};

/// A log line of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The time.
    pub timestamp: Timestamp,
    /// The severity.
    pub level: String,
    /// The service that the function belongs to.
    pub service: String,
    /// The function.
    pub function: String,
    /// The message.
    pub message: String,
    /// All other fields of the line.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl LogLine {
    /// Another field of the line, if it is a text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }
}

/// Finds every line since this time that names an id, and every other line with the same correlation id. The lines are sorted by time.
pub async fn find(deployment: &Deployment, id: &str, since: Duration) -> Result<Vec<LogLine>, Error> {
    let id = CorrelationId::parse(id).map_err(|error| Error::Usage(format!("this is no id: it {error}")))?;
    let since = Timestamp::now() - since;
    let client = Client::new(deployment.aws());
    let groups = groups(&client, &deployment.stage).await?;
    let mut lines = search(&client, &groups, id.as_str(), since).await?;
    let others: BTreeSet<String> =
        lines.iter().filter_map(|line| line.text("correlation_id")).map(str::to_owned).collect();
    for other in others.iter().filter(|other| *other != id.as_str()) {
        for line in search(&client, &groups, other, since).await? {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines.sort_by_key(|line| line.timestamp);
    Ok(lines)
}

/// The log groups of the stage's functions.
async fn groups(client: &Client, stage: &str) -> Result<Vec<String>, Error> {
    let (mut groups, mut next) = (Vec::new(), None);
    loop {
        let page = client.describe_log_groups().log_group_name_prefix(format!("/wild-rydes/{stage}/"));
        let page = page.set_next_token(next).send().await;
        let page = page.map_err(|error| Error::aws("logs:DescribeLogGroups", &error))?;
        next = page.next_token;
        groups.extend(page.log_groups.unwrap_or_default().into_iter().filter_map(|g| g.log_group_name));
        if next.is_none() {
            return Ok(groups);
        }
    }
}

/// AWS answers five searches a second, for a whole account in a region, and that can't be raised:
/// <https://repost.aws/knowledge-center/cloudwatch-logs-throttling>.
const SIDE_BY_SIDE: usize = 5;
/// The time that a throttled search waits before it goes on. Each further throttling makes it twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// AWS's error code for throttling.
const THROTTLED: [&str; 3] = ["ThrottlingException", "Throttling", "RequestLimitExceeded"];
/// The time after which a throttled search is given up.
const PATIENCE: Duration = Duration::from_mins(5);

/// The number of groups that are searched concurrently, because each search takes some time.
async fn search(
    client: &Client,
    groups: &[String],
    id: &str,
    since: Timestamp,
) -> Result<Vec<LogLine>, Error> {
    let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut searches = JoinSet::new();
    for group in groups {
        let search = search_group(client.clone(), group.clone(), format!("\"{id}\""), since);
        let places = Arc::clone(&places);
        searches.spawn(async move {
            let _place = places.acquire_owned().await;
            search.await
        });
    }
    let mut lines = Vec::new();
    for found in searches.join_all().await {
        lines.extend(found?);
    }
    Ok(lines)
}

async fn search_group(
    client: Client,
    group: String,
    pattern: String,
    since: Timestamp,
) -> Result<Vec<LogLine>, Error> {
    let (mut lines, mut next) = (Vec::new(), None);
    loop {
        let page = client.filter_log_events().log_group_name(&group).filter_pattern(&pattern);
        let page = next_page(page.start_time(since.as_millisecond()).set_next_token(next)).await?;
        next = page.next_token;
        let events = page.events.unwrap_or_default();
        // Lambda's own lines, about starts and ends, are not JSON.
        lines
            .extend(events.iter().filter_map(|event| serde_json::from_str::<LogLine>(event.message()?).ok()));
        if next.is_none() {
            return Ok(lines);
        }
    }
}

/// The next page. After the SDK's own retries the search waits and continues at the same page, so no line is lost.
async fn next_page(page: FilterLogEventsFluentBuilder) -> Result<FilterLogEventsOutput, Error> {
    let (mut pause, mut waited) = (FIRST_PAUSE, Duration::ZERO);
    loop {
        match page.clone().send().await {
            Err(error) if waited < PATIENCE && error.code().is_some_and(|code| THROTTLED.contains(&code)) => {
                tokio::time::sleep(pause).await;
                waited += pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            page => return page.map_err(|error| Error::aws("logs:FilterLogEvents", &error)),
        }
    }
}
