//! Questions to the data lake, through Athena.

use std::time::Duration;

use aws_sdk_athena::{
    Client,
    types::{QueryExecutionContext, QueryExecutionState},
};
use jiff::Timestamp;

use crate::{deployment::Deployment, error::Error};

/// The data lake of a deployment.
#[derive(Debug)]
pub struct Lake {
    client: Client,
    database: String,
    work_group: String,
    unique_events: String,
}

impl Lake {
    /// Finds the lake. Queries use the definition of its view of unique events instead of the view itself, because the local emulator's
    /// Athena knows no views. On AWS both have the same result.
    pub fn from_deployment(deployment: &Deployment) -> Result<Self, Error> {
        let output = |name| deployment.output("datalake-ingestion", name).map(str::to_owned);
        Ok(Self {
            client: Client::new(deployment.aws()),
            database: output("DatalakeDatabaseName")?,
            work_group: output("DatalakeWorkGroupName")?,
            unique_events: output("UniqueEventsSql")?,
        })
    }

    /// Answers a `SELECT` over `events` and `unique_events`; `""` stands for NULL.
    pub async fn select(&self, columns_and_conditions: &str) -> Result<Vec<Vec<String>>, Error> {
        let mut rows = Vec::new();
        self.each_row(columns_and_conditions, |row| rows.push(row)).await?;
        Ok(rows)
    }

    /// Passes each row of such an answer to `take`, for answers of many pages.
    pub async fn each_row(
        &self,
        columns_and_conditions: &str,
        mut take: impl FnMut(Vec<String>),
    ) -> Result<(), Error> {
        let sql = format!("WITH unique_events AS ({}) SELECT {columns_and_conditions}", self.unique_events);
        let context = QueryExecutionContext::builder().database(&self.database).build();
        let start = self.client.start_query_execution().query_string(sql).work_group(&self.work_group);
        let started = start.query_execution_context(context).send().await;
        let started = started.map_err(|error| Error::aws("athena:StartQueryExecution", &error))?;
        let id = started.query_execution_id().unwrap_or_default();
        self.wait(id).await?;
        let mut pages = self.client.get_query_results().query_execution_id(id).into_paginator().send();
        // The first row of the first page holds the columns' names.
        let mut names = 1;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::aws("athena:GetQueryResults", &error))?;
            let rows = page.result_set.and_then(|set| set.rows).unwrap_or_default();
            for row in rows.into_iter().skip(names) {
                let cells = row.data.unwrap_or_default().into_iter();
                take(cells.map(|cell| cell.var_char_value.unwrap_or_default()).collect());
            }
            names = 0;
        }
        Ok(())
    }

    /// Looks for an event; returns its state in words, and the time since when.
    pub async fn filed(
        &self,
        event: &str,
        id: &str,
        happened: Timestamp,
    ) -> Result<Option<(String, Option<Timestamp>)>, Error> {
        let day = happened.strftime("%F");
        let question = format!(
            "CAST(ingested_at AS varchar) FROM unique_events WHERE type = '{event}' AND dt = '{day}' AND id = '{id}'"
        );
        let rows = self.select(&question).await?;
        Ok(match rows.as_slice() {
            [] => None,
            [row] => Some(("event filed as Parquet".to_owned(), row.first().and_then(|cell| sql_time(cell)))),
            more => Some((format!("event counted {} times", more.len()), None)),
        })
    }

    async fn wait(&self, id: &str) -> Result<(), Error> {
        loop {
            let execution = self.client.get_query_execution().query_execution_id(id).send().await;
            let execution = execution.map_err(|error| Error::aws("athena:GetQueryExecution", &error))?;
            let status = execution.query_execution().and_then(|execution| execution.status());
            match status.and_then(|status| status.state()) {
                Some(QueryExecutionState::Succeeded) => return Ok(()),
                Some(QueryExecutionState::Queued | QueryExecutionState::Running) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                _ => {
                    let reason =
                        status.and_then(|status| status.state_change_reason()).unwrap_or("no reason given");
                    return Err(Error::Unexpected(format!("the data lake's query failed: {reason}")));
                }
            }
        }
    }
}

/// `2026-11-23 05:00:00.123`, which is UTC, or with an offset behind it.
fn sql_time(text: &str) -> Option<Timestamp> {
    let iso = text.replacen(' ', "T", 1);
    iso.parse().or_else(|_| format!("{iso}Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_athena_and_as_duckdb_write_them() {
        let noon: Timestamp = "2026-11-23T12:00:00.5Z".parse().unwrap();
        for text in ["2026-11-23 12:00:00.500", "2026-11-23 12:00:00.5+00", "2026-11-23 14:00:00.5+02"] {
            assert_eq!(sql_time(text), Some(noon), "{text}");
        }
        assert_eq!(sql_time("soon"), None);
    }
}
