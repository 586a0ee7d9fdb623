use super::*;

fn of(counts: &str) -> Result<Cost, Error> {
    let prices = Prices::known()?;
    calculate(&Counts::read(counts, "counts.json", &prices)?, &prices)
}

fn dollars<'a>(cost: &'a Cost, service: &str, what: &str) -> &'a [Decimal] {
    let found = |part: &&Component| part.service == service && part.what.as_deref() == Some(what);
    &cost.components.iter().find(found).unwrap().cost.dollars
}

fn exactly(numbers: &[&str]) -> Vec<Decimal> {
    numbers.iter().map(|number| number.parse().unwrap()).collect()
}

#[test]
fn a_million_rides_cost_what_they_cost_by_hand() {
    let cost = of(r#"{"designs": [{"name": "one", "rides": 1000, "counts": {
        "sqs": {"standard_requests": 3000, "fifo_requests": "4000"},
        "lambda": {"requests": 2500, "gb_seconds_x86_64": 50, "gb_seconds_arm64": 12.5},
        "dynamodb": {"write_request_units": 4500, "read_request_units": 1e3},
        "step_functions": {"standard_transitions": 8000},
        "kms": {"requests": 7}}}]}"#);
    let cost = cost.unwrap();
    // Three requests a ride are three million, at 0.40 a million; and so on.
    for (service, what, by_hand) in [
        ("sqs", "requests", "1.2"),
        ("sqs", "requests, FIFO", "2"),
        ("lambda", "requests", "0.5"),
        ("lambda", "GB-seconds on x86-64", "0.833335"),
        ("lambda", "GB-seconds on arm64", "0.166668"),
        ("dynamodb", "write request units", "2.8125"),
        ("dynamodb", "read request units", "0.125"),
        ("step_functions", "state transitions", "200"),
        ("kms", "requests", "0.021"),
    ] {
        assert_eq!(dollars(&cost, service, what), exactly(&[by_hand]), "{service}, {what}");
    }
    let services: Vec<_> = cost.services.iter().map(|s| (s.service.as_str(), &s.cost.dollars[0])).collect();
    let by_hand = exactly(&["2.9375", "0.021", "1.500003", "3.2", "200"]);
    let names = ["dynamodb", "kms", "lambda", "sqs", "step_functions"];
    assert_eq!(services, names.into_iter().zip(&by_hand).collect::<Vec<_>>());
    assert_eq!(cost.total, PerMillion { dollars: exactly(&["207.658503"]), ratios: Vec::new() });
}

#[test]
fn designs_stand_side_by_side_each_by_its_own_rides() {
    let cost = of(r#"{"designs": [
        {"name": "one", "rides": 200, "counts": {"sqs": {"standard_requests": 100}, "ses": {"mails": 0}}},
        {"name": "two", "rides": 50, "counts": {"sqs": {"standard_requests": 100}, "lambda": {"requests": 50}}},
        {"name": "three", "rides": 100, "counts": {"sqs": {"standard_requests": 25}}}]}"#);
    let cost = cost.unwrap();
    assert_eq!(dollars(&cost, "sqs", "requests"), exactly(&["0.2", "0.8", "0.1"]));
    assert_eq!(dollars(&cost, "lambda", "requests"), exactly(&["0", "0.2", "0"]));
    let ratios: Vec<_> =
        cost.components.iter().map(|part| (part.service.as_str(), part.cost.ratios.clone())).collect();
    let (four, half) = (Decimal::from(4), Decimal::new(5, 1));
    let by_hand = [("lambda", vec![None, None]), ("sqs", vec![Some(four), Some(half)])];
    assert_eq!(ratios, by_hand, "mails cost none of them anything");
    assert_eq!(cost.components[1].per_ride, exactly(&["0.5", "2", "0.25"]));
    let total = PerMillion {
        dollars: exactly(&["0.2", "1", "0.1"]),
        ratios: vec![Some(Decimal::from(5)), Some(half)],
    };
    assert_eq!(cost.total, total);
    let json = serde_json::to_value(&cost).unwrap();
    assert_eq!(json["components"][0]["ratios"], serde_json::json!([null, null]));
    assert_eq!(json["total"]["ratios"], serde_json::json!([5, 0.5]));
}

#[test]
fn the_example_that_is_documented_can_be_read() {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/counts.json"));
    let cost = from_files(file, None).unwrap();
    // Of the first: the API 3.5, logs 3.1, the tables 10.75 and 0.38125, KMS 0.0072, Lambda 1.126 and 0.292334, S3 0.048,
    // SES 100, SNS 0.5625 and 0.189, SQS 1.536 and 2.05, the state machine 200. Of the second, in the same order:
    // 3.5, 7.1, 10.75 and 1.775, none, 2.44 and 1.372503, 5 and 0.4, 100, 1, 8.4 and 3, 200.
    let rounded: Vec<_> = cost.total.dollars.iter().map(|dollars| dollars.round_dp(2)).collect();
    assert_eq!(rounded, exactly(&["323.54", "344.74"]));
    let json = serde_json::to_value(&cost).unwrap();
    assert_eq!(json["components"][0]["dollars"][0], 3.5);
    assert_eq!(json["designs"][1]["name"], "naive");
    assert_eq!(cost.unchecked, ["s3.get_requests", "sns.deliveries_to_sqs", "sns.filtered_payload_gb"]);
}

#[test]
fn the_cheaper_rides_that_are_documented_begin_with_what_was_counted() {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cheaper.json"));
    let cost = from_files(file, None).unwrap();
    let counted = include_str!("../../scale/counts.json");
    let counted = from_counts(counted, "counts.json", &Prices::known().unwrap()).unwrap();
    assert_eq!(cost.total.dollars[0], counted.total.dollars[0]);
    // A receipt less: SES 100, two write units 1.25, 310,000 invocations 0.062, two requests for each 0.248. A window: 466,000
    // invocations 0.0932, two requests for each 0.3728. On arm64: 114,400 GB-seconds, a fifth less.
    let saved: Vec<_> = cost.total.dollars.iter().map(|dollars| cost.total.dollars[0] - dollars).collect();
    assert_eq!(saved, exactly(&["0", "101.56", "0.466", "0.381329", "102.197329"]));
}

#[test]
fn all_that_is_wrong_with_the_counts_is_said_at_once() {
    let error = of(r#"{"designs": [
        {"name": "one", "rides": 0, "counts": {"sqs": {"requests": 1, "fifo_requests": -1}}},
        {"name": "one", "rides": 1, "counts": {"snss": {}, "ses": {"mails": "many"}}},
        {"name": "two", "rides": 1, "counts": {}}, {"name": "two", "rides": 1, "counts": {}},
        {"name": "two", "rides": 1, "counts": {}}, {"name": "three", "rides": 1, "counts": {}},
        {"name": "four", "rides": 1, "counts": {}}]}"#);
    let error = error.unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    let most = "1000000000000000";
    assert_eq!(lines[0], "counts.json can't be used:");
    assert_eq!(lines[1], "  designs: there must be from 1 to 6, and not 7");
    assert_eq!(lines[2], format!("  one: rides must be from 1 to {most}"));
    assert_eq!(lines[3], format!("  one: sqs.fifo_requests must be a number from 0 to {most}"));
    assert_eq!(
        lines[4],
        "  one: there is no price of sqs.requests: of sqs there are fifo_requests, standard_requests"
    );
    assert_eq!(lines[5], format!("  one: ses.mails must be a number from 0 to {most}"));
    assert!(lines[6].starts_with("  one: there are no prices of snss, only of api_gateway, "), "{error}");
    assert_eq!(lines[7..], ["  designs: 2 are named one", "  designs: 3 are named two"]);
    for (counts, said) in [
        ("{", "counts.json: EOF"),
        (r#"{"designs": []}"#, "there must be from 1 to 6, and not 0"),
        (r#"{"designs": [{"name": "x", "rides": 1, "count": {}}]}"#, "unknown field `count`"),
    ] {
        let error = of(counts).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn prices_say_what_they_are_for_and_where_they_are_from() {
    let prices = Prices::known().unwrap();
    assert_eq!((prices.region.as_str(), prices.by_service.len()), ("us-east-1", 10));
    let all = prices.by_service.values().chain(prices.monthly.values());
    for price in all.flat_map(|of_service| of_service.values()) {
        assert!(!price.what.is_empty());
        let good =
            |checked: &prices::Checked| checked.url.starts_with("https://") && !checked.as_of.is_empty();
        assert!(price.checked.as_ref().is_none_or(good), "{price:?}");
    }
    let error = Prices::read(
        r#"{"region": "r", "date": "d", "prices": {"sqs": {"requests":
            {"what": "requests", "usd": -0.4, "per": 0, "source": "s", "checked": null}}}}"#,
        "mine.json",
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "mine.json can't be used:
  sqs.requests: usd must be a number, and not negative
  sqs.requests: per must be more than 0"
    );
}

#[test]
fn a_number_that_is_too_large_is_an_error_and_no_panic() {
    let most = Decimal::from(1_000_000_000_000_000_u64);
    assert_eq!(dollars_per_million(most, 1, Decimal::from(1_000_000_000_u64), 1), None);
    let large = dollars_per_million(most, 1_000_000, Decimal::new(625, 3), 1_000_000);
    assert_eq!(large, Some(Decimal::from(625_000_000_u64)));
}
