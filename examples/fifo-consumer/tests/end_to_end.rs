//! Sends the moves of parcels through the deployed queue. Run by `python3 ../local.py test`.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use testkit::{aws, dead_letters, eventually, functions, is_empty, kill, set_visibility_timeout, setting};

const PARCELS: [&str; 3] = ["p-1", "p-2", "p-3"];
const STEPS: u32 = 20;

fn moved(parcel: &str, step: u32) -> String {
    let data = format!(r#"{{"parcel": "{parcel}", "step": {step}, "place": "depot {step}"}}"#);
    format!(
        r#"{{"specversion": "1.0", "type": "ParcelMoved", "source": "/test", "id": "{parcel}-{step}",
            "time": "2026-11-27T06:00:00Z", "correlationid": "test", "data": {data}}}"#
    )
}

#[tokio::test]
#[ignore = "needs the deployed stack: python3 ../local.py test"]
async fn each_parcel_goes_its_way_in_order_though_functions_are_killed_and_poison_is_on_it() {
    let (aws, queue) = (aws().await, setting("QUEUE_URL"));
    let (dynamodb, sqs) = (aws_sdk_dynamodb::Client::new(&aws), aws_sdk_sqs::Client::new(&aws));
    // The messages of a killed function come again after this time.
    set_visibility_timeout(&sqs, &queue, 5).await;
    let send = async |parcel: &str, id: String, body: String| {
        let send = sqs.send_message().queue_url(&queue).message_group_id(parcel).message_body(body);
        send.message_deduplication_id(id).send().await.unwrap();
    };
    let mut killed = 0;
    for step in 1..=STEPS {
        for parcel in PARCELS {
            send(parcel, format!("{parcel}-{step}"), moved(parcel, step)).await;
            // Under another deduplication id, the queue delivers a move twice.
            send(parcel, format!("{parcel}-{step}-again"), moved(parcel, step)).await;
        }
        if step == STEPS / 2 {
            send(PARCELS[0], "poison".to_owned(), "poison".to_owned()).await;
            let running =
                eventually("a function runs", async || functions(), |found| !found.is_empty()).await;
            killed += running.iter().filter(|process| kill(process)).count();
        }
    }
    assert!(killed > 0, "no function was killed");

    let ways = async || {
        let scan = dynamodb.scan().table_name(setting("PARCELS_TABLE_NAME")).consistent_read(true);
        let parcels = scan.send().await.unwrap().items.unwrap_or_default();
        let place = |place: &AttributeValue| place.as_s().unwrap().clone();
        let way = |way: &AttributeValue| way.as_l().unwrap().iter().map(place).collect();
        let ways = parcels.iter().map(|parcel| (place(&parcel["parcel"]), way(&parcel["way"])));
        (is_empty(&sqs, &queue).await, ways.collect::<BTreeMap<String, Vec<String>>>())
    };
    let (_, ways) = eventually("the queue is empty", ways, |(empty, _)| *empty).await;
    let whole: Vec<String> = (1..=STEPS).map(|step| format!("depot {step}")).collect();
    assert_eq!(ways, PARCELS.map(|parcel| (parcel.to_owned(), whole.clone())).into());

    let letters = dead_letters(&sqs, &setting("DLQ_URL")).await;
    let reasons: Vec<_> =
        letters.iter().map(|letter| (&*letter.body, letter.error_type.as_deref())).collect();
    assert_eq!(reasons, [("poison", Some("MalformedEvent"))]);
}
