//! A bad minute: orders are placed while functions are killed, messages are delivered twice and late, and poison is among them. Then
//! an audit must find that each order has had its effects exactly once. Run by `python3 ../local.py test`.

mod audit;
#[path = "../shop/mod.rs"]
mod shop;
mod trouble;

use std::cell::{Cell, RefCell};

use futures_util::future::join_all;
use lambda_messaging::item::{number, text};
use testkit::{dead_letters, discard, eventually, is_empty, redrive, set_visibility_timeout, setting};

use crate::{
    audit::{Order, audit},
    shop::{Shop, unique},
    trouble::{Copies, Poison, kill_functions, poison},
};

/// So many clients send orders at the same time, at least this many orders each, and go on until so many functions are killed.
const CLIENTS: usize = 4;
const ORDERS: usize = 10;
const KILLED: usize = 15;
/// At most so many rounds until a function is killed while it handles a message. Most runs need one.
const ROUNDS: usize = 5;
/// The queues, each with its dead-letter queue.
const QUEUES: [(&str, &str); 2] = [
    ("RESERVE_STOCK_QUEUE_URL", "RESERVE_STOCK_DLQ_URL"),
    ("THANK_CUSTOMER_QUEUE_URL", "THANK_CUSTOMER_DLQ_URL"),
];

#[tokio::test]
#[ignore = "needs the deployed shop: python3 ../local.py test"]
async fn each_order_has_its_effects_once_though_functions_are_killed_and_messages_doubled() {
    let shop = Shop::open().await;
    // The messages of a killed function come again after this time.
    for (queue, _) in QUEUES {
        set_visibility_timeout(&shop.sqs, &setting(queue), 5).await;
    }
    let copies = Copies::of_all_orders(&shop).await;
    let (mut orders, mut poisoned, mut rounds) = (Vec::new(), Vec::new(), 0);
    // A function is killed at any point, so now and then none of a round was handling a message.
    while interrupted(&shop).await == 0 {
        assert!(rounds < ROUNDS, "no function was killed while it handled a message");
        rounds += 1;
        bad_minute(&shop, &copies, &mut orders, &mut poisoned).await;
    }
    println!("{} messages had more than one attempt", interrupted(&shop).await);
    only_poison_is_left(&shop, &poisoned).await;
    the_audit_sees_what_is_wrong(&shop, &orders).await;
}

/// Places orders while the shop is in trouble, and waits until all of them, and those before, have had their effects once.
async fn bad_minute(shop: &Shop, copies: &Copies, orders: &mut Vec<Order>, poisoned: &mut Vec<Poison>) {
    let (placed, killed, over) = (RefCell::default(), Cell::new(0), Cell::new(false));
    let load = async {
        join_all((0..CLIENTS).map(|n| place_orders(shop, n, &placed, &killed))).await;
        over.set(true);
    };
    let (poison, doubled, (), ()) = tokio::join!(
        poison(shop, &over),
        copies.deliver_again(shop, &placed, &over),
        kill_functions(&killed, &over),
        load,
    );
    let placed = placed.into_inner();
    println!("{} orders, {} functions killed, {doubled} messages doubled", placed.len(), killed.get());
    assert!(doubled > 0, "no message was doubled");
    orders.extend(placed);
    poisoned.extend(poison);

    let redriven = Cell::new(0);
    let look = async || {
        redriven.set(redriven.get() + redrive_all_but(shop, poisoned).await);
        (under_way(shop).await, audit(shop, orders).await)
    };
    let right = |(under_way, findings): &(usize, Vec<String>)| *under_way == 0 && findings.is_empty();
    eventually("all is done, and the audit finds nothing", look, right).await;
    println!("{} dead letters were redriven", redriven.get());
}

/// The number of messages that were attempted once more, as their function was killed.
async fn interrupted(shop: &Shop) -> i32 {
    shop.dynamodb.scan().table_name(setting("ATTEMPTS_TABLE_NAME")).send().await.unwrap().count
}

/// Places orders, and now and then sends a request twice, as if the answer was lost.
async fn place_orders(shop: &Shop, client: usize, placed: &RefCell<Vec<Order>>, killed: &Cell<usize>) {
    let mut customer = String::new();
    for n in 0.. {
        if n >= ORDERS && killed.get() >= KILLED {
            return;
        }
        // A customer places ten orders, so that its credit lasts.
        if n % 10 == 0 {
            customer = unique("fault");
        }
        // The first client's orders are all beyond its customers' credit.
        let (product, quantity) = match n % 3 {
            _ if client == 0 => ("lamp", 60),
            0 => ("lamp", 2),
            1 => ("lamp", 1),
            _ => ("mug", 4),
        };
        let key = unique("key");
        let id = shop.place(&key, &customer, product, quantity).await;
        if n % 5 == 0 {
            assert_eq!(shop.place(&key, &customer, product, quantity).await, id);
        }
        placed.borrow_mut().push(Order { id, customer: customer.clone(), product, quantity });
    }
}

/// The number of queues with messages, and of fulfilments, that are not done.
async fn under_way(shop: &Shop) -> usize {
    let running = shop.sfn.list_executions().state_machine_arn(setting("FULFILMENT_ARN"));
    let running = running.status_filter(aws_sdk_sfn::types::ExecutionStatus::Running).send().await.unwrap();
    let mut under_way = running.executions().len();
    for (queue, _) in QUEUES {
        under_way += usize::from(!is_empty(&shop.sqs, &setting(queue)).await);
    }
    under_way
}

/// Redrives dead letters as an operator does after a bad hour: messages whose function was killed five times. The poison stays.
async fn redrive_all_but(shop: &Shop, poisoned: &[Poison]) -> usize {
    let mut redriven = 0;
    for (queue, dlq) in QUEUES {
        for letter in dead_letters(&shop.sqs, &setting(dlq)).await {
            if !poisoned.iter().any(|poison| poison.body == letter.body) {
                redrive(&shop.sqs, &setting(queue), &setting(dlq), &letter).await;
                redriven += 1;
            }
        }
    }
    redriven
}

/// Asserts that the dead-letter queues hold the poison and nothing else, each with its reason.
async fn only_poison_is_left(shop: &Shop, poisoned: &[Poison]) {
    let left: Vec<_> = poisoned.iter().map(|poison| (poison.queue, poison.body.clone())).collect();
    for (queue, dlq) in QUEUES {
        let empty = async || {
            for letter in dead_letters(&shop.sqs, &setting(dlq)).await {
                assert_eq!(letter.error_type.as_deref(), Some("MalformedEvent"), "{letter:?}");
                let known = left.iter().any(|(from, body)| *from == queue && *body == letter.body);
                assert!(known, "{letter:?}");
                discard(&shop.sqs, &setting(dlq), &letter).await;
            }
            is_empty(&shop.sqs, &setting(dlq)).await
        };
        eventually("the dead-letter queue is empty", empty, |empty| *empty).await;
    }
    assert!(is_empty(&shop.sqs, &setting("PUBLICATION_DLQ_URL")).await);
}

/// Spoils the data: an audit that finds nothing then would find nothing ever.
async fn the_audit_sees_what_is_wrong(shop: &Shop, orders: &[Order]) {
    let (lost, doubled) = (&orders[0].id, format!("CUSTOMER#{}", orders[0].customer));
    let delete = shop.dynamodb.delete_item().table_name(setting("RESERVATIONS_TABLE_NAME"));
    delete.key("id", text(lost)).send().await.unwrap();
    let add =
        shop.dynamodb.update_item().table_name(setting("ACCOUNTS_TABLE_NAME")).key("id", text(&doubled));
    let add = add.update_expression("ADD amount :one").expression_attribute_values(":one", number(1));
    add.send().await.unwrap();
    let findings = audit(shop, orders).await;
    assert!(
        findings.len() == 2 && findings[0].contains(lost) && findings[1].contains("owes"),
        "{findings:?}"
    );
}
