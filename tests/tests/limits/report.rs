//! A report of the quotas, and of how often each was reached.

use std::fmt;

use end_to_end::{World, asks_proxy};
use serde::Deserialize;
use serde_json::json;

use crate::setting;

/// A call, and its quota as it was enforced.
#[derive(Debug, Deserialize)]
struct Row {
    call: String,
    rate: f64,
    burst: f64,
    counts: String,
    calls: u64,
    throttled: u64,
}

/// The enforced quotas.
#[derive(Debug)]
pub struct Report {
    rows: Vec<Row>,
    /// The number of times that a function could not be called because others used all of the account's concurrency.
    executions_throttled: f64,
}

impl Report {
    pub async fn of(world: &World) -> Self {
        let now = jiff::Timestamp::now();
        let asked = json!({"Namespace": "AWS/Lambda", "MetricName": "Throttles", "Statistics": ["Sum"], "Period": 86400,
            "StartTime": (now - jiff::SignedDuration::from_hours(24)).as_second(), "EndTime": now.as_second() + 60});
        let answer = world.asks_cloudwatch("GetMetricStatistics", asked).await;
        let points = answer["Datapoints"].as_array().unwrap();
        let executions_throttled = points.iter().filter_map(|point| point["Sum"].as_f64()).sum();
        Self { executions_throttled, ..Self::of_calls().await }
    }

    /// The quotas of calls to AWS only.
    pub async fn of_calls() -> Self {
        let rows = serde_json::from_str(&asks_proxy("_quotas", None).await).unwrap();
        Self { rows, executions_throttled: 0.0 }
    }

    pub fn throttled(&self, call: &str) -> u64 {
        self.rows.iter().filter(|row| row.call == call).map(|row| row.throttled).sum()
    }

    /// Checks that the load has reached the quotas that it should reach. Otherwise the run shows nothing.
    pub fn is_of_quotas_that_were_reached(&self) {
        let reached: String = setting("REACHES");
        let missed: Vec<_> = reached.split(' ').filter(|call| self.throttled(call) == 0).collect();
        assert!(missed.is_empty(), "no call of these was throttled, so nothing was shown: {missed:?}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<34} {:>10} {:>8}  {:<24} {:>8} {:>10}",
            "call", "a second", "at once", "of", "calls", "throttled"
        )?;
        for Row { call, rate, burst, counts, calls, throttled } in &self.rows {
            writeln!(f, "{call:<34} {rate:>10.2} {burst:>8.0}  {counts:<24} {calls:>8} {throttled:>10}")?;
        }
        let concurrency = std::env::var("LAMBDA_ACCOUNT_CONCURRENCY").unwrap_or_default();
        write!(
            f,
            "{:<34} {:>10} {concurrency:>8}  {:<24} {:>8} {:>10}",
            "lambda:Invoke", "", "executions", "", self.executions_throttled
        )
    }
}
