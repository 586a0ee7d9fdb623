//! Sends readings through the deployed queue. Run by `python3 ../local.py test`.

use aws_sdk_dynamodb::types::AttributeValue;
use testkit::{aws, dead_letters, eventually, functions, is_empty, kill, set_visibility_timeout, setting};

#[tokio::test]
#[ignore = "needs the deployed stack: python3 ../local.py test"]
async fn every_reading_is_kept_once_though_its_function_is_killed() {
    let (aws, queue) = (aws().await, setting("QUEUE_URL"));
    let (dynamodb, sqs) = (aws_sdk_dynamodb::Client::new(&aws), aws_sdk_sqs::Client::new(&aws));
    // The messages of a killed function come again after this time.
    set_visibility_timeout(&sqs, &queue, 5).await;
    let mut killed = 0;
    for celsius in 0..60 {
        let body = format!(r#"{{"sensor": "attic", "celsius": {celsius}}}"#);
        sqs.send_message().queue_url(&queue).message_body(body).send().await.unwrap();
        if celsius % 20 == 10 {
            let running =
                eventually("a function runs", async || functions(), |found| !found.is_empty()).await;
            killed += running.iter().filter(|process| kill(process)).count();
        }
    }
    assert!(killed > 0, "no function was killed");

    let kept = async || {
        let scan = dynamodb.scan().table_name(setting("READINGS_TABLE_NAME")).consistent_read(true);
        let readings = scan.send().await.unwrap().items.unwrap_or_default();
        let celsius = |reading: &AttributeValue| reading.as_n().unwrap().parse::<u32>().unwrap();
        let mut kept: Vec<u32> = readings.iter().map(|reading| celsius(&reading["celsius"])).collect();
        kept.sort_unstable();
        (is_empty(&sqs, &queue).await, kept)
    };
    let (_, kept) = eventually("the queue is empty", kept, |(empty, kept)| *empty && kept.len() >= 60).await;
    assert_eq!(kept, (0..60).collect::<Vec<u32>>());
}

#[tokio::test]
#[ignore = "needs the deployed stack: python3 ../local.py test"]
async fn a_message_that_is_no_reading_goes_to_the_dead_letter_queue_with_the_reason() {
    let sqs = aws_sdk_sqs::Client::new(&aws().await);
    // The other test may kill its function.
    set_visibility_timeout(&sqs, &setting("QUEUE_URL"), 5).await;
    sqs.send_message().queue_url(setting("QUEUE_URL")).message_body("poison").send().await.unwrap();
    let look = async || dead_letters(&sqs, &setting("DLQ_URL")).await;
    let letters = eventually("the message is dead-lettered", look, |letters| !letters.is_empty()).await;
    let letter = (letters[0].body.as_str(), letters[0].error_type.as_deref());
    assert_eq!(letter, ("poison", Some("MalformedEvent")));
}
