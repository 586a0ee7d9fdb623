//! Questions to the data lake, through Athena.

use std::{collections::HashMap, time::Duration};

use aws_sdk_athena::{
    Client,
    types::{QueryExecutionContext, QueryExecutionState},
};

use crate::{Deployment, Error};

/// The data lake of a deployment.
#[derive(Debug)]
pub struct Lake {
    client: Client,
    database: String,
    work_group: String,
    unique_events: String,
}

impl Lake {
    /// Finds the lake. It is asked by the definition of its view of unique events, instead of by the view itself, because
    /// the local emulator's Athena knows no views; on AWS both give the same.
    pub fn of(deployment: &Deployment) -> Result<Self, Error> {
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
        let sql = format!("WITH unique_events AS ({}) SELECT {columns_and_conditions}", self.unique_events);
        let context = QueryExecutionContext::builder().database(&self.database).build();
        let start = self.client.start_query_execution().query_string(sql).work_group(&self.work_group);
        let started = start.query_execution_context(context).send().await;
        let started = started.map_err(|error| Error::aws("athena:StartQueryExecution", &error))?;
        let id = started.query_execution_id().unwrap_or_default();
        self.wait(id).await?;
        let results = self.client.get_query_results().query_execution_id(id).send().await;
        let results = results.map_err(|error| Error::aws("athena:GetQueryResults", &error))?;
        let rows = results.result_set().map(aws_sdk_athena::types::ResultSet::rows).unwrap_or_default();
        let cells = |row: &aws_sdk_athena::types::Row| {
            row.data().iter().map(|cell| cell.var_char_value().unwrap_or_default().to_owned()).collect()
        };
        // The first row holds the columns' names.
        Ok(rows.iter().skip(1).map(cells).collect())
    }

    /// How often the view counts each of these events; those that it doesn't know are left out. As many at a time as an
    /// answer has rows for: 999.
    pub(crate) async fn counts(&self, ids: &[String]) -> Result<HashMap<String, u64>, Error> {
        // Ids come from tables, but what isn't written like one is no part of a question.
        let plain = |id: &&String| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let listed: Vec<String> = ids.iter().filter(plain).map(|id| format!("'{id}'")).collect();
        if listed.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = listed.join(",");
        let question = format!("id, count(*) AS n FROM unique_events WHERE id IN ({ids}) GROUP BY id");
        let rows = self.select(&question).await?;
        let count = |row: Vec<String>| {
            let [id, count] = row.try_into().ok()?;
            Some((id, count.parse().ok()?))
        };
        Ok(rows.into_iter().filter_map(count).collect())
    }

    /// How many events of a type the view counts.
    pub(crate) async fn count(&self, event_type: &str) -> Result<u64, Error> {
        let rows =
            self.select(&format!("count(*) AS n FROM unique_events WHERE type = '{event_type}'")).await?;
        let count = rows.first().and_then(|row| row.first()?.parse().ok());
        count.ok_or_else(|| Error::Unexpected("the data lake gave no count".to_owned()))
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
