//! Orders through the deployed shop. Run by `python3 ../local.py test`.

mod shop;

use lambda_messaging::item::text;
use serde_json::json;
use testkit::{dead_letters, eventually, redrive, setting};
use uuid::Uuid;

use crate::shop::{Shop, event, integer, string, unique};

#[tokio::test]
#[ignore = "needs the deployed shop: python3 ../local.py test"]
async fn an_order_is_reserved_charged_and_shipped() {
    let (shop, customer) = (Shop::open().await, unique("jo"));
    let order = shop.place(&unique("key"), &customer, "mug", 3).await;
    let reservation = shop.ends(&order).await;
    assert_eq!((string(&reservation, "status").as_str(), integer(&reservation, "quantity")), ("SHIPPED", 3));
    assert_eq!(shop.amount("ACCOUNTS_TABLE_NAME", &format!("CUSTOMER#{customer}")).await, 3_600);
}

#[tokio::test]
#[ignore = "needs the deployed shop: python3 ../local.py test"]
async fn a_request_that_is_sent_again_places_no_second_order() {
    let (shop, key) = (Shop::open().await, unique("key"));
    let customer = unique("jo");
    let order = shop.place(&key, &customer, "mug", 1).await;
    assert_eq!(shop.place(&key, &customer, "mug", 1).await, order);
    let other = json!({"customer": customer, "product": "mug", "quantity": 2}).to_string();
    let (status, problem) = shop.post(&[("idempotency-key", &key)], &other).await;
    assert_eq!(status, 422, "{problem}");
    shop.ends(&order).await;
    assert_eq!(shop.amount("ACCOUNTS_TABLE_NAME", &format!("CUSTOMER#{customer}")).await, 1_200);
}

#[tokio::test]
#[ignore = "needs the deployed shop: python3 ../local.py test"]
async fn a_bad_request_is_refused_with_every_fault() {
    let shop = Shop::open().await;
    let (status, problem) = shop.post(&[], r#"{"customer": "jo", "product": "mug", "quantity": 1}"#).await;
    assert_eq!(status, 400, "{problem}");
    let bad = r#"{"customer": "j o", "product": "piano", "quantity": 0, "tip": 1}"#;
    let (status, problem) = shop.post(&[("idempotency-key", &unique("key"))], bad).await;
    assert_eq!(status, 422, "{problem}");
    for field in ["customer", "product", "quantity", "tip"] {
        assert!(problem.to_string().contains(field), "{field}: {problem}");
    }
}

#[tokio::test]
#[ignore = "needs the deployed shop: python3 ../local.py test"]
async fn only_a_large_order_is_thanked_for() {
    let (shop, customer) = (Shop::open().await, unique("jo"));
    let small = shop.place(&unique("key"), &customer, "lamp", 1).await;
    shop.ends(&small).await;
    let large = shop.place(&unique("key"), &customer, "lamp", 2).await;
    let voucher = async |order: &str| shop.row("VOUCHERS_TABLE_NAME", &format!("ORDER#{order}")).await;
    eventually("the large order is thanked for", async || voucher(&large).await, Option::is_some).await;
    assert_eq!(voucher(&small).await, None);
    assert_eq!(shop.amount("VOUCHERS_TABLE_NAME", &format!("CUSTOMER#{customer}")).await, 1);
}

#[tokio::test]
#[ignore = "needs the deployed shop: python3 ../local.py test"]
async fn an_order_beyond_the_customers_credit_is_taken_back() {
    let (shop, customer) = (Shop::open().await, unique("jo"));
    let within = shop.place(&unique("key"), &customer, "lamp", 56).await;
    assert_eq!(string(&shop.ends(&within).await, "status"), "SHIPPED");
    let beyond = shop.place(&unique("key"), &customer, "lamp", 1).await;
    let reservation = shop.ends(&beyond).await;
    assert_eq!(
        (&*string(&reservation, "status"), &*string(&reservation, "reason")),
        ("RELEASED", "LimitReached")
    );
    assert_eq!(shop.amount("ACCOUNTS_TABLE_NAME", &format!("CUSTOMER#{customer}")).await, 498_400);
}

#[tokio::test]
#[ignore = "needs the deployed shop: python3 ../local.py test"]
async fn an_order_that_cannot_be_shipped_is_refunded() {
    let (shop, customer, order) = (Shop::open().await, unique("jo"), Uuid::now_v7().to_string());
    let put = shop.dynamodb.put_item().table_name(setting("RESERVATIONS_TABLE_NAME"));
    put.item("id", text(&order)).item("status", text("BROKEN")).send().await.unwrap();
    let input = json!({"order": order, "customer": customer, "total": 1_200}).to_string();
    let start = shop.sfn.start_execution().state_machine_arn(setting("FULFILMENT_ARN"));
    start.name(&order).input(input).send().await.unwrap();
    assert_eq!(string(&shop.ends(&order).await, "status"), "RELEASED");
    for entry in ["CHARGE", "REFUND"] {
        assert!(shop.row("ACCOUNTS_TABLE_NAME", &format!("{entry}#{order}")).await.is_some(), "{entry}");
    }
    assert_eq!(shop.amount("ACCOUNTS_TABLE_NAME", &format!("CUSTOMER#{customer}")).await, 0);
}

#[tokio::test]
#[ignore = "needs the deployed shop: python3 ../local.py test"]
async fn a_dead_letter_has_its_reason_and_is_handled_once_the_cause_is_gone() {
    let (shop, order) = (Shop::open().await, Uuid::now_v7());
    // The cause: another order's reservation stands under this one's id.
    let (table, id) = (setting("RESERVATIONS_TABLE_NAME"), text(order));
    let put = shop.dynamodb.put_item().table_name(&table).item("id", id.clone());
    put.item("product", text("poster")).send().await.unwrap();
    shop.send("RESERVE_STOCK_QUEUE_URL", &event(order, &unique("jo"), "mug", 1), 0).await;
    let dlq = setting("RESERVE_STOCK_DLQ_URL");
    let look = async || dead_letters(&shop.sqs, &dlq).await;
    let letters = eventually("the message is dead-lettered", look, |letters| !letters.is_empty()).await;
    assert_eq!(letters[0].error_type.as_deref(), Some("IdempotencyConflict"));

    shop.dynamodb.delete_item().table_name(&table).key("id", id).send().await.unwrap();
    redrive(&shop.sqs, &setting("RESERVE_STOCK_QUEUE_URL"), &dlq, &letters[0]).await;
    assert_eq!(string(&shop.ends(&order.to_string()).await, "status"), "SHIPPED");
}
