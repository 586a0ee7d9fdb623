//! `rydes logs`: one story, as all functions that had a part in it tell it.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_cloudwatchlogs::Client;
use domain::CorrelationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use crate::{Deployment, Error};

/// What a function wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub timestamp: Timestamp,
    /// How bad it is.
    pub level: String,
    /// The service that the function belongs to.
    pub service: String,
    /// The function.
    pub function: String,
    /// What happened.
    pub message: String,
    /// Everything else that the line says.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl LogLine {
    /// Another thing that the line says, if that is a text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }
}

/// Finds every line that names an id, and what else has the same correlation id, of the time since then. In the order in
/// which it happened.
pub async fn logs(deployment: &Deployment, id: &str, since: Duration) -> Result<Vec<LogLine>, Error> {
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

/// Where the stage's functions write.
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

/// All groups at once: each search takes its time.
async fn search(
    client: &Client,
    groups: &[String],
    id: &str,
    since: Timestamp,
) -> Result<Vec<LogLine>, Error> {
    let mut searches = JoinSet::new();
    for group in groups {
        searches.spawn(search_group(client.clone(), group.clone(), format!("\"{id}\""), since));
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
        let page = page.start_time(since.as_millisecond()).set_next_token(next).send().await;
        let page = page.map_err(|error| Error::aws("logs:FilterLogEvents", &error))?;
        next = page.next_token;
        let events = page.events.unwrap_or_default();
        // What Lambda itself writes, of starts and ends, is no story.
        lines
            .extend(events.iter().filter_map(|event| serde_json::from_str::<LogLine>(event.message()?).ok()));
        if next.is_none() {
            return Ok(lines);
        }
    }
}
