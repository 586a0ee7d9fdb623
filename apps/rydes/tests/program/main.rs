//! `rydes` as a program, in an environment of the test's own: which credentials and which region it finds, and what it does when
//! AWS is busy. A server on this machine answers as AWS does, as far as these tests go.

#![allow(
    clippy::unwrap_used,
    reason = "this crate is all tests: what is missing should panic, where it is missing"
)]

mod aws;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Command, Output},
    sync::Mutex,
    time::Instant,
};

use serde_json::{Value, json};

use self::aws::{Aws, Request, stacks};

/// A home directory, and the variables that the program is to see.
struct Home {
    path: PathBuf,
    variables: BTreeMap<&'static str, String>,
}

impl Home {
    fn new(aws: &Aws) -> Self {
        let path = std::env::temp_dir().join(format!("rydes-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(path.join(".aws/login/cache")).unwrap();
        let variables = [
            ("HOME", path.to_str().unwrap().to_owned()),
            ("PATH", std::env::var("PATH").unwrap()),
            ("AWS_ENDPOINT_URL", aws.url.clone()),
            ("AWS_REGION", "eu-central-1".to_owned()),
            // No credentials of the machine's own.
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        Self { path, variables: variables.into() }
    }

    /// With credentials in the environment.
    fn signed_in(aws: &Aws) -> Self {
        Self::new(aws).with("AWS_ACCESS_KEY_ID", "key").with("AWS_SECRET_ACCESS_KEY", "secret")
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.insert(name, value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    fn with_file(self, file: &str, content: &str) -> Self {
        fs::write(self.path.join(file), content).unwrap();
        self
    }

    fn rydes(&self, arguments: &[&str]) -> Output {
        let mut rydes = Command::new(env!("CARGO_BIN_EXE_rydes"));
        rydes.args(arguments).env_clear().envs(&self.variables).output().unwrap()
    }

    fn succeeds(&self, arguments: &[&str]) -> Value {
        let output = self.rydes(arguments);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.rydes(arguments);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// An AWS that has the stacks and refuses everything else.
fn with_stacks() -> Aws {
    Aws::answers(|request| stacks(request).unwrap_or((404, "{}".to_owned())))
}

#[test]
fn a_load_outlives_its_credentials() {
    // The keys of this account say when they expire.
    let aws = Aws::answers(|request| {
        let until: f64 = request.signed_by().strip_prefix("UNTIL").unwrap().parse().unwrap();
        if jiff::Timestamp::now().as_duration().as_secs_f64() > until {
            return (
                403,
                json!({"message": "The security token included in the request is expired"}).to_string(),
            );
        }
        stacks(request).unwrap_or((201, json!({"id": "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"}).to_string()))
    });
    let script = r#"until=$(($(date +%s) + 2))
        time=$(date -u -d @$until +%FT%TZ 2>/dev/null || date -u -r $until +%FT%TZ)
        echo "{\"Version\":1,\"AccessKeyId\":\"UNTIL$until\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"$time\"}""#;
    let home = Home::new(&aws).with_file("credentials.sh", script);
    let config = format!("[default]\ncredential_process = sh {}/credentials.sh\n", home.path.display());
    let home = home.with_file(".aws/config", &config);
    let load = home.succeeds(&["load", "--json", "--mix", "rides=1", "--rate", "5", "--for", "4s"]);
    assert_eq!((&load["all"]["accepted"], &load["all"]["errors"]), (&20.into(), &json!({})), "{load}");
}

/// The AWS CLI's cache of a session, in a file that is named after a hash of whose it is.
const SESSION: &str = "arn:aws:iam::0123456789012:user/Admin";
const SESSION_FILE: &str =
    ".aws/login/cache/36db1d138ff460920374e4c3d8e01f53f9f73537e89c88d639f68393df0e2726.json";

#[test]
fn a_session_of_aws_login_is_used_and_if_there_is_none_it_says_so() {
    let aws = with_stacks();
    let config = format!("[profile console]\nlogin_session = {SESSION}\nregion = eu-west-1\n");
    let home = Home::new(&aws).without("AWS_REGION").with("AWS_PROFILE", "console");
    let home = home.with_file(".aws/config", &config);
    let error = home.fails(&["status"]);
    assert!(error.contains("can't be used") && error.contains("aws login"), "{error}");

    let session = json!({
        "accessToken": {"accessKeyId": "console", "secretAccessKey": "secret", "sessionToken": "token",
                        "accountId": "012345678901", "expiresAt": "2999-01-01T00:00:00Z"},
        "tokenType": "aws_sigv4", "refreshToken": "refresh", "idToken": "id",
        "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": "not needed before it expires"});
    let home = home.with_file(SESSION_FILE, &session.to_string());
    assert_eq!(home.succeeds(&["status", "--json"])["stage"], "local");
    let request = aws.last();
    assert_eq!((request.signed_by(), request.signed_for_region()), ("console", "eu-west-1"));

    // One that has ended is renewed with its key, and this is none.
    let ended = session.to_string().replace("2999", "2020");
    let error = home.with_file(SESSION_FILE, &ended).fails(&["status"]);
    assert!(error.contains("can't be used") && error.contains("aws login"), "{error}");
}

#[test]
fn without_credentials_anywhere_it_says_that_none_were_found_and_what_to_do() {
    let aws = with_stacks();
    let unreachable = |home: Home| {
        home.without("AWS_EC2_METADATA_DISABLED")
            .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
    };
    for home in
        [Home::new(&aws), unreachable(Home::new(&aws)), Home::signed_in(&aws).with("AWS_ACCESS_KEY_ID", "")]
    {
        for command in [&["status"][..], &["load", "--count", "1"]] {
            let error = home.fails(command);
            for said in
                ["no AWS credentials were found", "make up", ".local/stack.env", "aws configure", "aws login"]
            {
                assert!(error.contains(said), "{said} in {error}");
            }
        }
    }
}

#[test]
fn credentials_that_fail_are_told_from_none() {
    let aws = with_stacks();
    let config = "[default]\ncredential_process = sh -c \"echo signed out >&2; exit 1\"\n";
    let error = Home::new(&aws).with_file(".aws/config", config).fails(&["status"]);
    assert!(error.contains("the AWS credentials can't be used") && !error.contains("none"), "{error}");
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let aws = with_stacks();
    let error = Home::signed_in(&aws).with("AWS_REGION", "").fails(&["status"]);
    assert!(error.contains("no AWS region is set"), "{error}");

    let config = "[default]\nregion = eu-north-1\n";
    let empty = [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_CONFIG_FILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_CLOUDFORMATION",
        "AWS_CA_BUNDLE",
        "AWS_MAX_ATTEMPTS",
    ];
    let home = empty.into_iter().fold(Home::signed_in(&aws), |home, name| home.with(name, ""));
    let home = home.with_file(".aws/config", config);
    assert_eq!(home.succeeds(&["status", "--json"])["stage"], "local");
    assert_eq!(aws.last().signed_for_region(), "eu-north-1");
    let home = home.with("AWS_DEFAULT_REGION", "us-west-2");
    home.succeeds(&["status", "--json"]);
    assert_eq!(aws.last().signed_for_region(), "us-west-2");
}

/// Of so many groups, the first has two pages.
const GROUPS: usize = 30;

#[test]
fn logs_are_complete_though_aws_answers_five_searches_a_second() {
    let id = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";
    // Five at once, and five a second.
    let bucket = Mutex::new((5.0_f64, Instant::now()));
    let is_throttled = move || {
        let (tokens, last) = &mut *bucket.lock().unwrap();
        *tokens = (*tokens + last.elapsed().as_secs_f64() * 5.0).min(5.0);
        *last = Instant::now();
        let throttled = *tokens < 1.0;
        *tokens -= if throttled { 0.0 } else { 1.0 };
        throttled
    };
    let line = move |group: &str, page: usize| {
        json!({"timestamp": "2026-11-24T16:49:49.990Z", "level": "INFO", "service": "s", "function": group,
               "message": format!("page {page}"), "correlation_id": id})
    };
    let searches = move |request: &Request| {
        let asked: Value = serde_json::from_str(&request.body).unwrap();
        let group = asked["logGroupName"].as_str().unwrap();
        let page = if asked["nextToken"].is_null() { 1 } else { 2 };
        let mut found = json!({"events": [{"message": line(group, page).to_string()}]});
        if group.ends_with("/f-0") && page == 1 {
            found["nextToken"] = "2".into();
        }
        (200, found.to_string())
    };
    let aws = Aws::answers(move |request| match request.target() {
        "Logs_20140328.DescribeLogGroups" => {
            let name = |n| json!({"logGroupName": format!("/wild-rydes/local/f-{n}")});
            (200, json!({"logGroups": (0..GROUPS).map(name).collect::<Vec<_>>()}).to_string())
        }
        "Logs_20140328.FilterLogEvents" if is_throttled() => {
            (400, json!({"__type": "ThrottlingException", "message": "Rate exceeded"}).to_string())
        }
        "Logs_20140328.FilterLogEvents" => searches(request),
        _ => stacks(request).unwrap_or((404, "{}".to_owned())),
    });
    let lines = Home::signed_in(&aws).succeeds(&["logs", "--json", id]);
    let lines = lines.as_array().unwrap();
    assert_eq!(lines.len(), GROUPS + 1, "{lines:#?}");
}

#[test]
fn a_plan_needs_no_deployment_and_says_what_is_wrong_with_its_load() {
    let aws = Aws::answers(|_| (500, "{}".to_owned()));
    let home = Home::new(&aws);
    let plan = home.succeeds(&["plan", "--json", "--rides-per-second", "10"]);
    assert_eq!(plan["limits"][0]["quota"], "ses-day", "{plan:#}");
    for rides in ["0", "-1", "NaN", "1e9"] {
        let said = home.fails(&["plan", "--rides-per-second", rides]);
        assert!(said.contains("--rides-per-second: must be a number above 0, and at most 1000000"), "{said}");
    }
}

#[test]
fn a_wrong_address_of_a_collector_is_found_first() {
    let aws = Aws::answers(|_| (500, "{}".to_owned()));
    // Without a region no deployment can be looked for.
    let home = Home::signed_in(&aws).without("AWS_REGION");
    let said = home.fails(&["trace", "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10", "--otlp", "localhost:4318"]);
    assert!(said.contains("--otlp: must be an address like http://localhost:4318"), "{said}");
}

#[test]
fn minutes_of_logs_are_ten_years_at_most() {
    let aws = with_stacks();
    let home = Home::signed_in(&aws);
    for command in [&["logs", "an-id"][..], &["trace", "an-id", "--otlp", "http://localhost:4318"]] {
        for minutes in ["0", "5256001", "18446744073709551615"] {
            let said = home.fails(&[command, &["--minutes", minutes]].concat());
            assert!(said.contains("5256000") && !said.contains("panicked"), "{said}");
        }
    }
    let said = home.fails(&["logs", "an-id", "--minutes", "5256000"]);
    assert!(!said.contains("5256000") && !said.contains("panicked"), "{said}");
}

#[test]
fn a_customer_who_cannot_be_is_neither_added_nor_removed() {
    let aws = with_stacks();
    let home = Home::signed_in(&aws);
    for command in [&["add-contact", "", "name@example.com"][..], &["remove-contact", ""]] {
        let said = home.fails(command);
        assert!(said.contains("customer: "), "{said}");
    }
}
