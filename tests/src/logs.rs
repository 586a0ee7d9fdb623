//! The logs of the functions.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::Client;
use serde_json::Value;

use crate::World;

/// The maximum number of events in one answer.
const PAGE: usize = 10_000;

impl World {
    /// Shows every line of every function's log, with its log group.
    pub async fn every_log_line(&self, mut show: impl FnMut(&str, &str)) {
        let logs = Client::new(self.aws());
        let prefix = format!("/wild-rydes/{}/", self.deployment.stage);
        let groups = logs.describe_log_groups().log_group_name_prefix(prefix).send().await.unwrap();
        for group in groups.log_groups.unwrap().into_iter().filter_map(|group| group.log_group_name) {
            let mut since = 0;
            loop {
                // The embedded emulator returns no token for the next page, so the next page starts at the last event's time.
                let page = logs.filter_log_events().log_group_name(&group).start_time(since);
                let events = page.send().await.unwrap().events.unwrap();
                for event in &events {
                    show(&group, event.message().unwrap());
                }
                match events.last() {
                    Some(last) if events.len() == PAGE => since = last.timestamp().unwrap().max(since + 1),
                    _ => break,
                }
            }
        }
    }

    /// The sums of a function's embedded metrics, by metric. The name of a failure's sum includes the error type.
    pub async fn metrics_of(&self, function: &str) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        let name = format!("/{function}");
        self.every_log_line(|group, line| {
            let Ok(line) = serde_json::from_str::<Value>(line) else { return };
            let Some(metrics) = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array() else { return };
            for metric in metrics.iter().filter(|_| group.ends_with(&name)) {
                let metric = metric["Name"].as_str().unwrap();
                let of =
                    line["ErrorType"].as_str().map_or(metric.to_owned(), |kind| format!("{metric} {kind}"));
                let count =
                    line[metric].as_array().map_or(line[metric].as_u64(), |values| Some(values.len() as u64));
                *sums.entry(of).or_default() += count.unwrap();
            }
        })
        .await;
        sums
    }
}
