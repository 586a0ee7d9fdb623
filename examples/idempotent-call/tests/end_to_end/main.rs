//! Sends payouts through the deployed queue, to banks that lose answers. Run by `python3 ../local.py test`.

mod bank;

use aws_sdk_dynamodb::types::AttributeValue;
use testkit::{aws, dead_letters, eventually, functions, kill, set_visibility_timeout, setting};

use crate::bank::{Calls, Manner};

/// Registers a seller with a bank, and sends a payout to it, twice.
async fn pay(seller: &str, manner: Manner) -> Calls {
    let (aws, queue) = (aws().await, setting("QUEUE_URL"));
    let (dynamodb, sqs) = (aws_sdk_dynamodb::Client::new(&aws), aws_sdk_sqs::Client::new(&aws));
    // The messages of a killed function come again after this time.
    set_visibility_timeout(&sqs, &queue, 5).await;
    let (url, calls) = bank::open(manner).await;
    let put = dynamodb.put_item().table_name(setting("SELLERS_TABLE_NAME"));
    let put = put.item("seller", AttributeValue::S(seller.to_owned())).item("bank", AttributeValue::S(url));
    put.send().await.unwrap();
    let data = format!(r#"{{"payout": "payout-{seller}", "seller": "{seller}", "cents": 1200}}"#);
    let body = format!(
        r#"{{"specversion": "1.0", "type": "PayoutDue", "source": "/test", "id": "payout-{seller}",
            "time": "2026-11-27T06:00:00Z", "correlationid": "test", "data": {data}}}"#
    );
    for _ in 0..2 {
        sqs.send_message().queue_url(&queue).message_body(&body).send().await.unwrap();
    }
    calls
}

/// The receipt that is stored for a seller's payout.
async fn receipt(seller: &str) -> Option<String> {
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws().await);
    let get = dynamodb.get_item().table_name(setting("CALLS_TABLE_NAME")).consistent_read(true);
    let call = get.key("id", AttributeValue::S(format!("payout-{seller}"))).send().await.unwrap().item?;
    Some(call.get("outcome")?.as_s().unwrap().clone())
}

/// The keys that a bank was called with, each with the number of calls.
fn keys(calls: &Calls) -> Vec<(String, u32)> {
    calls.lock().unwrap().iter().map(|(key, count)| (key.clone(), *count)).collect()
}

#[tokio::test]
#[ignore = "needs the deployed stack: python3 ../local.py test"]
async fn a_payout_whose_answer_is_lost_is_repeated_with_its_key_until_there_is_a_receipt() {
    let calls = pay("ada", Manner::LosesTheFirstAnswer).await;
    let receipt = eventually("there is a receipt", async || receipt("ada").await, Option::is_some).await;
    let keys = keys(&calls);
    assert!(keys.len() == 1 && keys[0].1 > 1, "{keys:?}");
    assert!(receipt.unwrap().contains(&keys[0].0));
}

#[tokio::test]
#[ignore = "needs the deployed stack: python3 ../local.py test"]
async fn a_payout_whose_function_is_killed_during_the_call_is_repeated_with_its_key() {
    let calls = pay("ben", Manner::IsLateAtFirst).await;
    eventually("the bank is called", async || keys(&calls).len(), |keys| *keys == 1).await;
    let killed = functions().iter().filter(|process| kill(process)).count();
    assert!(killed > 0, "no function was killed");
    eventually("there is a receipt", async || receipt("ben").await, Option::is_some).await;
    let keys = keys(&calls);
    assert!(keys.len() == 1 && keys[0].1 > 1, "{keys:?}");
}

#[tokio::test]
#[ignore = "needs the deployed stack: python3 ../local.py test"]
async fn a_payout_that_is_refused_goes_to_the_dead_letter_queue_with_the_reason() {
    pay("cem", Manner::Refuses).await;
    let sqs = aws_sdk_sqs::Client::new(&aws().await);
    let look = async || dead_letters(&sqs, &setting("DLQ_URL")).await;
    let letters = eventually("the payout is dead-lettered", look, |letters| !letters.is_empty()).await;
    assert_eq!(letters[0].error_type.as_deref(), Some("PayoutRefused"));
    assert!(letters[0].body.contains("payout-cem"));
}
