//! An API that takes an object of JSON.

use lambda_messaging::{
    Function, Service,
    api::{self, Problem, Request, StatusCode},
};
use serde_json::{Value, json};

fn taken(request: &Request) -> Result<Value, Problem> {
    let fields = api::json_object(api::json_body(request)?)?;
    Ok(json!({ "fields": fields.len() }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    Function::start(Service::new("Benchmarks", "api")).await;
    api::run(async |request| api::respond(StatusCode::OK, taken(&request))).await
}
