use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{data::Kind, *};

fn plan(rides: f64) -> Plan {
    for_load(&Load { rides_per_second: rides, campaign: None, account: "production".to_owned() }).unwrap()
}

fn limit<'a>(plan: &'a Plan, quota: &str) -> &'a Limit {
    plan.limits.iter().find(|limit| limit.quota == quota).unwrap()
}

/// To four digits, because a float has no exact tenths.
fn same(found: f64, by_hand: f64) {
    assert!((found - by_hand).abs() <= by_hand.abs() * 1e-4, "{found} is not {by_hand}");
}

#[test]
fn quotas_at_one_ride_a_second_are_those_by_hand() {
    let plan = plan(1.0);
    // Needed, reached at, asked for. Two e-mails a ride are 172,800 a day, and twice that is 345,600.
    for (quota, needs, reached_at, raise_to) in [
        ("ses-day", 172_800.0, 50_000.0 / 172_800.0, Some(350_000.0)),
        ("ses-rate", 2.0, 7.0, None),
        ("states-transitions", 5.0, 160.0, None),
        ("states-start", 1.0, 150.0, None),
        ("states-answer", 2.0, 150.0, None),
        ("sns-publish", 2.0, 150.0, None),
        ("sqs-fifo-high", 2.0, 1200.0, None),
        ("api-requests", 1.0, 2500.0, None),
    ] {
        let found = limit(&plan, quota);
        same(found.needs, needs);
        same(found.reached_at, reached_at);
        assert_eq!(found.raise_to, raise_to, "{quota}");
    }
    assert_eq!(plan.first_limit().unwrap().quota, "ses-day");
    assert_eq!(plan.to_raise().count(), 1);
}

#[test]
fn quotas_and_parameters_at_a_thousand_rides_a_second_are_those_by_hand() {
    let plan = plan(1000.0);
    for (quota, needs, raise_to) in [
        ("ses-rate", 2000.0, Some(4000.0)),
        ("states-transitions", 5000.0, Some(10_000.0)),
        ("states-start", 1000.0, Some(2000.0)),
        ("states-answer", 2000.0, Some(4000.0)),
        ("sns-publish", 2000.0, Some(4000.0)),
        ("sqs-fifo-high", 2000.0, None),
        ("api-requests", 1000.0, None),
        ("states-open", 740.0, None),
    ] {
        let found = limit(&plan, quota);
        same(found.needs, needs);
        assert_eq!(found.raise_to, raise_to, "{quota}");
    }
    // 256 MB are 0.1447 of a processor. A batch of 9.434 takes one call of 15 ms, and 9.434 × 120 µs / 0.1447 = 7.82 ms. So
    // 106 batches a second keep 106 × 22.82 ms = 2.419 functions busy.
    let award = consumer(&plan, "award-points");
    same(award.needs, 2.4192);
    assert_eq!((award.value, award.queues), (5.0, 1.0), "twice the need, rounded up");
    // Two receipts: 2,000 / 3.226 batches a second, of 4 × 15 ms and 3.226 × 396 µs / 0.1447 = 8.83 ms each.
    let notify = consumer(&plan, "notify-customer");
    same(notify.needs, 42.67);
    assert_eq!((notify.default, notify.value), (2.0, 86.0));
}

#[test]
fn a_quota_that_aws_never_raises_is_exceeded_and_nothing_to_ask_for() {
    let plan = plan(10_000.0);
    // Four units a ride.
    let writes = limit(&plan, "dynamodb-new-table-write");
    same(writes.needs, 40_000.0);
    assert!(!writes.adjustable && writes.is_exceeded());
    assert_eq!(writes.raise_to, None);
    assert!(plan.to_raise().all(|limit| limit.adjustable && limit.is_exceeded()));
    assert!(!limit(&plan, "states-open").is_exceeded());
}

#[test]
fn a_method_is_raised_to_twice_the_rides_once_it_takes_fewer() {
    let mut data = Data::known().unwrap();
    data.stage.methods.iter_mut().for_each(|method| method.rate = 100.0);
    // Twice the rides, rounded up to two digits.
    for (rides, raise_to) in [(1.0, None), (100.0, None), (100.1, Some(210.0)), (1234.0, Some(2500.0))] {
        let methods = limits::methods(&data, rides).unwrap();
        let [method] = methods.as_slice() else { panic!("{methods:?}") };
        assert_eq!((method.rate, method.raise_to), (100.0, raise_to), "{rides} rides a second");
        assert_eq!(
            method.parameter.as_deref(),
            Some("unicorn-management:SubmitRideCompletionRequestsPerSecond")
        );
    }
}

#[test]
fn each_unchecked_price_is_said_once() {
    let mut data = Data::known().unwrap();
    for prices in [&mut data.prices.by_service, &mut data.prices.monthly] {
        prices.values_mut().flat_map(BTreeMap::values_mut).for_each(|price| price.checked = None);
    }
    let mut plan = plan(1.0);
    plan.bill = Bill::new(&data, 1.0).unwrap();
    plan.campaign = Some(Campaign::new(&data, 10, "production").unwrap());
    let unchecked = plan.unchecked_prices();
    // Of the rides and the campaign, of polls of queues, and of a month.
    for price in ["api_gateway.rest_requests", "sqs.standard_requests", "sqs.fifo_requests", "kms.keys"] {
        assert!(unchecked.contains(price), "{price}: {unchecked:?}");
    }
    assert!(!unchecked.contains("kms.requests"), "nothing uses it: {unchecked:?}");
}

fn consumer<'a>(plan: &'a Plan, function: &str) -> &'a pace::Consumer {
    plan.pace.consumers.iter().find(|consumer| consumer.function == function).unwrap()
}

#[test]
fn a_small_load_keeps_the_defaults() {
    for consumer in plan(0.001).pace.consumers {
        assert_eq!((consumer.value, consumer.queues), (consumer.default, 1.0), "{}", consumer.function);
    }
}

#[test]
fn a_queue_that_needs_more_than_a_thousand_batches_is_divided() {
    let plan = plan(20_000.0);
    let notify = consumer(&plan, "notify-customer");
    // 20 times the 42.67 of a thousand rides, and twice that: 1,707.
    assert_eq!((notify.queues, notify.value), (2.0, 854.0));
}

#[test]
fn a_month_without_a_ride_costs_what_it_costs_by_hand() {
    let mut data = Data::known().unwrap();
    (data.stage.alarm_metrics, data.stage.dashboards, data.stage.keys) = (40.0, 1.0, 1.0);
    // A queue of three herds, and a FIFO queue.
    data.stage.sources.retain(|source| source.kind == Kind::Fifo || source.copies > 1.0);
    let bill = Bill::new(&data, 2.0).unwrap();
    // Five pollers ask three times a minute: 657,000 times in 43,800 minutes. Three queues at 0.40 a million, one at 0.50.
    let by_hand = [("alarms", 4.0), ("dashboards", 3.0), ("keys", 1.0), ("polls", 3.0 * 0.2628 + 0.3285)];
    assert_eq!(bill.fixed.len(), by_hand.len());
    for (charge, (what, dollars)) in bill.fixed.iter().zip(by_hand) {
        assert!(charge.what.starts_with(what), "{}", charge.what);
        same(charge.dollars, dollars);
    }
    same(bill.dollars_fixed, 9.1169);
    // Four functions that take messages, with three metrics each.
    same(bill.metrics.dollars, 3.6);
    // The sum in docs/benchmarks.md is 377.64. A state and a message to SNS less save 25.00 and 0.44; the outbox takes 0.21.
    same(bill.dollars_a_million, 352.41);
    // Two rides a second are 5.256 million in a month.
    same(bill.dollars_of_rides, 5.256 * bill.dollars_a_million);
    same(bill.dollars, bill.dollars_of_rides + 12.7169);
    assert_eq!(bill.unchecked, ["cloudwatch.metrics"], "no page showed the price");
}

#[test]
fn metrics_are_those_of_each_function_by_hand() {
    let metrics = |functions: &[&str]| {
        let mut data = Data::known().unwrap();
        data.stage.sources.retain(|source| functions.contains(&source.function.as_str()));
        Bill::new(&data, 1.0).unwrap().metrics.count
    };
    for (functions, by_hand) in [
        // Two queues of one function.
        (&["ingest-events"][..], 3.0),
        // A stream's function has no latency.
        (&["publish-ride-completions"], 2.0),
        // Three herds.
        (&["quote-instant-ride"], 9.0),
        (&["ingest-events", "publish-ride-completions", "quote-instant-ride"], 14.0),
    ] {
        same(metrics(functions), by_hand);
    }
}

#[test]
fn a_campaign_is_accepted_at_the_smaller_limit_and_decided_at_the_slowest_queue() {
    let mut data = Data::known().unwrap();
    data.stage.methods.iter_mut().for_each(|method| method.rate = 5000.0);
    let campaign = Campaign::new(&data, 10_000_000, "production-large").unwrap();
    same(campaign.accepted_per_second, 5000.0);
    same(campaign.accepted_in_seconds, 2000.0);
    same(Campaign::new(&data, 10_000_000, "production").unwrap().accepted_per_second, 2500.0);
    let process = campaign.stages.iter().find(|stage| stage.function == "process-ride-prebooking").unwrap();
    // Ten take 15 ms and 10 × 112 µs / 0.1447 = 7.74 ms. Five batches at a time are 50 in 22.74 ms.
    same(process.per_second, 2198.8);
    // 277.8 batches a second for an hour keep 6.32 busy.
    same(process.for_an_hour, 7.0);
    same(campaign.decided_in_seconds, 10_000_000.0 / slowest(&campaign));
    // SNS takes 300 messages a second in a small region, and its quota is the slowest there.
    same(Campaign::new(&data, 10_000_000, "production").unwrap().decided_in_seconds, 33_333.3);
}

fn slowest(campaign: &Campaign) -> f64 {
    campaign.stages.iter().map(|stage| stage.per_second).fold(f64::INFINITY, f64::min)
}

#[test]
fn a_plan_without_its_data_is_an_error_and_no_number() {
    let without = |change: fn(&mut Data)| {
        let mut data = Data::known().unwrap();
        change(&mut data);
        data
    };
    let no_quota = without(|data| data.quotas.quotas.clear());
    let no_method = without(|data| data.stage.methods.clear());
    let no_units = without(|data| data.measured.write_units_a_ride.clear());
    let campaign = |data: &Data| Campaign::new(data, 10, "production").unwrap_err().to_string();
    let pace = |data: &Data| Pace::new(data, 1.0).unwrap_err().to_string();
    let load = Load { rides_per_second: 1.0, campaign: None, account: "production".to_owned() };
    let limits = |data: &Data| limits::limits(data, &load).unwrap_err().to_string();
    for (found, expected) in [
        (campaign(&no_quota), "there is no quota sns-publish"),
        (campaign(&no_method), "stage.json has no method POST /submit-ride-prebooking"),
        (pace(&no_quota), "there is no quota dynamodb-partition-write"),
        (pace(&no_units), "measured.json has no write units of Fares"),
        (limits(&no_units), "measured.json has no write units of any table"),
        (
            limits::methods(&no_method, 1.0).unwrap_err().to_string(),
            "stage.json has no method POST /submit-ride-completion",
        ),
    ] {
        assert_eq!(found, format!("unexpected answer: {expected}"));
    }
}

#[test]
fn each_function_that_was_measured_is_deployed() {
    let data = Data::known().unwrap();
    let deployed: Vec<_> = data
        .stage
        .sources
        .iter()
        .map(|source| &source.function)
        .chain(data.stage.others.iter().map(|other| &other.function))
        .collect();
    for function in data.measured.functions.keys() {
        assert!(deployed.contains(&function), "{function}: take it out of scale/measured.json");
    }
}

proptest! {
    #[test]
    fn more_rides_never_need_less(few in 0.001..50_000.0, times in 1.0..20.0) {
        let (less, more) = (plan(few), plan(few * times));
        for (less, more) in less.limits.iter().map(|of| (of, limit(&more, &of.quota))) {
            prop_assert!(less.needs <= more.needs, "{}", less.quota);
            prop_assert!(less.raise_to.unwrap_or_default() <= more.raise_to.unwrap_or_default(), "{}", less.quota);
        }
        for (less, more) in less.pace.consumers.iter().zip(&more.pace.consumers) {
            prop_assert!(less.value * less.queues <= more.value * more.queues, "{}", less.function);
        }
        for (less, more) in less.pace.streams.iter().zip(&more.pace.streams) {
            prop_assert!(less.shards <= more.shards);
        }
        prop_assert!(less.pace.functions_at_a_time <= more.pace.functions_at_a_time);
        prop_assert!(less.bill.dollars <= more.bill.dollars);
    }
}
