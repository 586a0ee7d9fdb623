//! Metrics in CloudWatch's embedded metric format: log lines from which CloudWatch extracts the values. Emitting them needs no call
//! that could take time or fail.
//!
//! | metric | unit | dimensions | counts |
//! |---|---|---|---|
//! | `Handled` | Count | Service, Function | messages that were handled, duplicates included |
//! | `Duplicates` | Count | Service, Function | messages whose effect an earlier delivery had made |
//! | `Latency` | Milliseconds | Service, Function | the time from an event to its effect |
//! | `Failed` | Count | Service, Function, `ErrorType` | failed attempts, by the failure's name |
//!
//! Consumers and outboxes count and emit by themselves. A function with a loop of its own does it so:
//!
//! ```
//! use lambda_messaging::{Effect, Failure, Service, metrics::Metrics};
//!
//! let mut metrics = Metrics::new(Service::new("Shop", "orders"));
//! metrics.count(Ok(Effect::Made), None);
//! metrics.count(Err(&Failure::transient("WarehouseBusy", "try later")), None);
//! metrics.emit();
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Effect, Failure, Service, telemetry::function_name};

/// CloudWatch's limit for the values of one metric in one line.
const MAX_VALUES: usize = 100;

/// The outcomes of one invocation.
#[derive(Debug)]
pub struct Metrics {
    service: Service,
    handled: u64,
    duplicates: u64,
    latencies: Vec<i64>,
    failed: BTreeMap<String, u64>,
}

impl Metrics {
    /// No outcomes yet, for this service.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self { service, handled: 0, duplicates: 0, latencies: Vec::new(), failed: BTreeMap::new() }
    }

    /// Counts the result of handling a message. If the effect was made now, its latency is the time since `since`.
    pub fn count(&mut self, result: Result<Effect, &Failure>, since: Option<Timestamp>) {
        match result {
            Ok(effect) => {
                self.handled += 1;
                match effect {
                    Effect::Made => self.latencies.extend(since.map(milliseconds_since)),
                    Effect::Duplicate => self.duplicates += 1,
                    Effect::Nothing(_) => {}
                }
            }
            Err(failure) => *self.failed.entry(failure.reason().error_type.clone()).or_default() += 1,
        }
    }

    /// Writes the lines.
    pub fn emit(self) {
        for line in self.lines(Timestamp::now()) {
            println!("{line}");
        }
    }

    fn lines(self, now: Timestamp) -> Vec<Value> {
        let Self { service, handled, duplicates, latencies, failed } = self;
        let line = |dimensions: &[&str], metrics: &[(&str, &str, Value)], error_type: Option<String>| {
            let definitions: Vec<Value> =
                metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
            let mut line = json!({
                "_aws": {
                    "Timestamp": now.as_millisecond(),
                    "CloudWatchMetrics": [{"Namespace": service.metrics_namespace, "Dimensions": [dimensions], "Metrics": definitions}],
                },
                "Service": service.name,
                "Function": function_name(),
            });
            let values = metrics.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone()));
            let error_type = error_type.map(|error_type| ("ErrorType".to_owned(), error_type.into()));
            if let Value::Object(fields) = &mut line {
                fields.extend(values.chain(error_type));
            }
            line
        };
        let mut lines = Vec::new();
        if handled > 0 {
            let mut metrics =
                vec![("Handled", "Count", handled.into()), ("Duplicates", "Count", duplicates.into())];
            let mut latencies =
                latencies.chunks(MAX_VALUES).map(|some| ("Latency", "Milliseconds", json!(some)));
            metrics.extend(latencies.next());
            lines.push(line(&["Service", "Function"], &metrics, None));
            lines.extend(latencies.map(|more| line(&["Service", "Function"], &[more], None)));
        }
        lines.extend(failed.into_iter().map(|(error_type, count)| {
            let failed = [("Failed", "Count", count.into())];
            line(&["Service", "Function", "ErrorType"], &failed, Some(error_type))
        }));
        lines
    }
}

/// Never negative, although the clocks of two machines can differ a little.
fn milliseconds_since(time: Timestamp) -> i64 {
    Timestamp::now().as_millisecond().saturating_sub(time.as_millisecond()).max(0)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const TEST: Service = Service::new("Test", "test");

    fn now() -> Timestamp {
        "2026-11-24T16:00:00Z".parse().unwrap()
    }

    #[test]
    fn handled_messages_are_one_line_and_each_kind_of_failure_another() {
        let mut metrics = Metrics::new(TEST);
        let since = Timestamp::now() - SignedDuration::from_secs(2);
        metrics.count(Ok(Effect::Made), Some(since));
        metrics.count(Ok(Effect::Made), Some(Timestamp::now() + SignedDuration::from_hours(1)));
        metrics.count(Ok(Effect::Duplicate), Some(since));
        metrics.count(Ok(Effect::Nothing("no need")), Some(since));
        for error_type in ["Busy", "Refused", "Busy"] {
            metrics.count(Err(&Failure::transient(error_type, "detail")), Some(since));
        }
        let lines = metrics.lines(now());
        let [handled, busy, refused] = lines.as_slice() else { panic!("{lines:?}") };
        let latencies: Vec<i64> = serde_json::from_value(handled["Latency"].clone()).unwrap();
        assert!(matches!(latencies[..], [2000..60_000, 0]), "{latencies:?}");
        assert_eq!((&handled["Handled"], &handled["Duplicates"]), (&json!(4), &json!(1)));
        let directive = &handled["_aws"]["CloudWatchMetrics"][0];
        assert_eq!((&directive["Namespace"], &handled["Service"]), (&json!("Test"), &json!("test")));
        assert_eq!(directive["Dimensions"], json!([["Service", "Function"]]));
        assert_eq!(directive["Metrics"][2], json!({"Name": "Latency", "Unit": "Milliseconds"}));
        assert_eq!(handled["_aws"]["Timestamp"], 1_795_536_000_000_i64);
        for (line, error_type, count) in [(busy, "Busy", 2), (refused, "Refused", 1)] {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(directive["Dimensions"], json!([["Service", "Function", "ErrorType"]]));
            assert_eq!((&line["ErrorType"], &line["Failed"]), (&json!(error_type), &json!(count)));
        }
        // CloudWatch ignores a line that lacks one of the dimensions or metrics that its directive names.
        for line in &lines {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            let dimensions = directive["Dimensions"][0].as_array().unwrap().iter();
            let metrics = directive["Metrics"].as_array().unwrap().iter().map(|metric| &metric["Name"]);
            for name in dimensions.chain(metrics) {
                assert!(!line[name.as_str().unwrap()].is_null(), "{name} is missing in {line}");
            }
        }
    }

    #[test]
    fn more_values_than_fit_into_a_line_go_into_the_next() {
        let mut metrics = Metrics::new(TEST);
        (0..250).for_each(|_| metrics.count(Ok(Effect::Made), Some(now())));
        let lines = metrics.lines(now());
        let values: Vec<usize> = lines.iter().map(|line| line["Latency"].as_array().unwrap().len()).collect();
        assert_eq!(values, [100, 100, 50]);
        assert_eq!(lines.iter().filter(|line| line["Handled"] == 250).count(), 1);
    }

    #[test]
    fn no_messages_make_no_lines() {
        assert_eq!(Metrics::new(TEST).lines(now()), Vec::<Value>::new());
    }
}
