//! The fault proxy (`tests/fault-proxy`), through which functions call AWS.

use serde_json::Value;

/// Gives the proxy an order, or asks for one of its pages.
pub async fn asks_proxy(page: &str, order: Option<Value>) -> String {
    let proxy = std::env::var("FAULTS").expect("FAULTS is an address: run `make chaos` or `make limits`");
    let url = format!("{proxy}/{page}");
    let client = reqwest::Client::new();
    let request = match order {
        Some(order) => client.post(url).body(order.to_string()),
        None => client.get(url),
    };
    request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
}
