//! Accepts a ride's completion as `submit-ride-completion` does, and then calls every subscriber itself, one after the other, before it
//! answers. It must know all subscribers; a client waits for all of them; and if one fails, those before it have acted on a ride that the
//! client believes was not accepted.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use lambda_messaging::{
    Function, Service,
    api::{self, Request, Response, StatusCode},
};
use lambda_runtime::Error;
use unicorn_management::{Rides, SubmitRideCompletion};

/// The time to wait for a subscriber.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start(Service::new("WildRydes", "rest-publisher")).await;
    let [table, keys, subscribers] = function.settings([
        ("RIDES_TABLE_NAME", "where completed rides are stored"),
        ("RIDE_KEYS_TABLE_NAME", "which ride an idempotency key stands for"),
        ("SUBSCRIBERS", "the URLs of all services that are interested"),
    ])?;
    let submit = SubmitRideCompletion::new(Rides::new(Client::new(function.aws()), table, keys));
    let subscribers: Vec<&str> = subscribers.split_whitespace().collect();
    // Unlike the AWS SDK, it needs to be told.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
    api::run(async |request| {
        let stored = submit.handle(&request).await;
        if !stored.status().is_success() {
            return stored;
        }
        for subscriber in &subscribers {
            if !calls(&http, subscriber, stored.body(), &request).await {
                return failed(subscriber);
            }
        }
        stored
    })
    .await
}

/// Calls a subscriber; returns true if it accepted the ride.
async fn calls(http: &reqwest::Client, subscriber: &str, id: &str, request: &Request) -> bool {
    let call = http.post(subscriber).header("content-type", "application/json").header("ride", id);
    let answer = call.body(request.body().to_vec()).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

fn failed(subscriber: &str) -> Response<String> {
    let mut answer = Response::new(format!("{subscriber} did not take the ride"));
    *answer.status_mut() = StatusCode::BAD_GATEWAY;
    answer
}
