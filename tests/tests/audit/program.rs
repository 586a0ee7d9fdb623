//! Runs `rydes audit`.

use std::process::Output;

use serde_json::Value;
use tokio::process::Command;

pub async fn rydes(arguments: &[&str]) -> Output {
    let program = std::env::var("RYDES").expect("RYDES names the program: run `make test-e2e`");
    Command::new(program).args(arguments).output().await.unwrap()
}

/// Audits the deployment; returns true if there are no findings, and the report.
pub async fn audits() -> (bool, Value) {
    audits_with(&[]).await
}

pub async fn audits_with(options: &[&str]) -> (bool, Value) {
    let output = rydes(&[&["audit", "--json"], options].concat()).await;
    let audit = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    (output.status.success(), audit)
}

pub fn found(audit: &Value) -> Vec<String> {
    let findings = audit["findings"].as_array().unwrap();
    let found = |f: &Value| format!("{}: {}", f["service"].as_str().unwrap(), f["what"].as_str().unwrap());
    findings.iter().map(found).collect()
}

/// The findings about a fare.
pub fn about(audit: &Value, fare: &str) -> Vec<String> {
    let findings = audit["findings"].as_array().unwrap().iter();
    let about = findings.filter(|finding| finding["about"] == format!("fare {fare}"));
    about.map(|finding| finding["what"].as_str().unwrap().to_owned()).collect()
}
