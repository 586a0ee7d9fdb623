use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use super::*;
use crate::connection::Message;

const SES: &str = "POST /v2/email/outbound-emails";
const FIFO: &str = "http://localhost/000000000000/payment.fifo";
const STANDARD: &str = "http://localhost/000000000000/loyalty";

/// Quotas, and the time.
struct Account {
    quotas: Quotas,
    now: Instant,
}

impl Account {
    fn new(profile: &str, scale: f64) -> Self {
        let mut account = Self { quotas: Quotas::new().unwrap(), now: Instant::now() };
        account.switch(Some(profile), scale).unwrap();
        account
    }

    fn switch(&mut self, profile: Option<&str>, scale: f64) -> Result<(), String> {
        self.quotas.switch(profile.map(str::to_owned), scale)
    }

    fn wait(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
    }

    /// The number of calls in a row that get through.
    fn passed(&mut self, name: &str, line: &str, body: &str, tries: usize) -> usize {
        let refused = |_: &usize| self.quotas.refusal(&call(name, line, body), self.now).is_none();
        (0..tries).take_while(refused).count()
    }

    fn mails(&mut self, tries: usize) -> usize {
        self.passed("ses:POST", SES, "", tries)
    }

    fn calls(&mut self, name: &str) -> usize {
        self.passed(name, "POST /", "", 2000)
    }
}

fn call(name: &str, line: &str, body: &str) -> Call {
    let (service, operation) = name.split_once(':').unwrap();
    let (method, path) = line.split_once(' ').unwrap();
    Call {
        message: Message { head: Vec::new(), body: body.as_bytes().to_vec() },
        method: method.to_owned(),
        path: path.to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
    }
}

#[test]
fn no_call_has_two_quotas() {
    let quotas = Quotas::new().unwrap().data.quotas;
    let calls: Vec<_> = quotas.iter().flat_map(|quota| &quota.calls).collect();
    assert_eq!(calls.len(), calls.iter().collect::<BTreeSet<_>>().len());
}

#[test]
fn nothing_is_enforced_until_it_is_switched_on_and_after_it_is_switched_off() {
    let mut account = Account { quotas: Quotas::new().unwrap(), now: Instant::now() };
    assert_eq!(account.mails(50), 50);
    account.switch(Some("sandbox"), 1.0).unwrap();
    assert_eq!(account.mails(50), 1);
    account.switch(None, 1.0).unwrap();
    assert_eq!(account.mails(50), 50);
    assert!(account.quotas.report().is_empty());
}

#[test]
fn the_profile_says_which_numbers_hold() {
    for (profile, mails, executions) in
        [("sandbox", 1, 800), ("production", 14, 800), ("production-large", 14, 1300)]
    {
        let mut account = Account::new(profile, 1.0);
        assert_eq!(
            (account.mails(2000), account.calls("states:StartExecution")),
            (mails, executions),
            "{profile}"
        );
    }
    let unknown = Account::new("sandbox", 1.0).switch(Some("laptop"), 1.0).unwrap_err();
    assert_eq!(unknown, "there is no profile laptop: choose one of production, production-large, sandbox");
}

#[test]
fn a_scale_shrinks_rates_and_bursts_alike_but_no_bucket_below_one_token() {
    let mut account = Account::new("production", 0.05);
    assert_eq!(account.calls("states:StartExecution"), 40);
    account.wait(2.0);
    assert_eq!(account.calls("states:StartExecution"), 15);
    assert_eq!(account.calls("logs:FilterLogEvents"), 1);
    account.wait(3.9);
    assert_eq!(account.calls("logs:FilterLogEvents"), 0);
    account.wait(0.2);
    assert_eq!(account.calls("logs:FilterLogEvents"), 1);
}

#[test]
fn each_action_has_a_quota_of_its_own() {
    let mut account = Account::new("production", 0.1);
    assert_eq!(account.calls("states:SendTaskSuccess"), 150);
    assert_eq!(account.calls("states:SendTaskFailure"), 150);
}

#[test]
fn messages_are_counted_in_single_publishes_and_batches_together() {
    let mut account = Account::new("production", 0.1);
    let mut batch = form_urlencoded::Serializer::new(String::new());
    batch.append_pair("Action", "PublishBatch");
    for n in 1..=10 {
        for field in ["Id", "Message"] {
            batch.append_pair(&format!("PublishBatchRequestEntries.member.{n}.{field}"), "m");
        }
    }
    let batch = batch.finish();
    assert_eq!(account.passed("sns:PublishBatch", "POST /", &batch, 2), 2);
    let single = "Action=Publish&Message=PublishBatchRequestEntries";
    assert_eq!(account.passed("sns:Publish", "POST /", single, 2000), 10);
    assert_eq!(account.passed("sns:PublishBatch", "POST /", &batch, 2000), 0);
}

#[test]
fn only_fifo_queues_have_a_quota_and_each_its_own() {
    let mut account = Account::new("production", 0.1);
    for (queue, passed) in [(FIFO, 30), ("2.fifo", 30), (STANDARD, 100)] {
        let body = json!({ "QueueUrl": queue }).to_string();
        assert_eq!(account.passed("sqs:SendMessage", "POST /", &body, 100), passed, "{queue}");
    }
    assert_eq!(account.quotas.report()[0].calls, 62, "without those to the standard queue");
}

#[test]
fn units_are_counted_by_table_and_a_transaction_needs_all_of_its_tables() {
    let mut account = Account::new("production", 0.001);
    let put = |table: &str| json!({"TableName": table, "Item": {"id": {"S": "1"}}});
    let both = json!({"TransactItems": [{"Put": put("rides")}, {"Put": put("points")}]});
    let mut passed = |call: &str, body: &Value| account.passed(call, "POST /", &body.to_string(), 2000);
    assert_eq!(passed("dynamodb:PutItem", &put("rides")), 4);
    assert_eq!(passed("dynamodb:TransactWriteItems", &both), 0);
    assert_eq!(passed("dynamodb:PutItem", &put("points")), 4);
    assert_eq!(passed("dynamodb:GetItem", &json!({"TableName": "rides"})), 24);
}

#[test]
fn a_call_without_a_quota_gets_through() {
    let mut account = Account::new("sandbox", 0.001);
    for (call, line) in
        [("s3:PUT", "PUT /lake/1"), ("ses:GET", "GET /v2/email/account"), ("nobody:POST", "POST /")]
    {
        assert_eq!(account.passed(call, line, "", 20), 20, "{call}");
    }
}

#[test]
fn the_report_says_how_often_each_call_was_throttled() {
    let mut account = Account::new("sandbox", 1.0);
    for _ in 0..3 {
        account.mails(1);
    }
    let row = json!({"call": "ses:SendEmail", "rate": 1.0, "burst": 1.0, "counts": "calls", "calls": 3, "throttled": 2});
    assert_eq!(serde_json::to_value(account.quotas.report()).unwrap(), json!([row]));
}
