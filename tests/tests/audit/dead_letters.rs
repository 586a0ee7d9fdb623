//! Messages that only a dead-letter queue holds.

use aws_sdk_sqs::types::MessageAttributeValue;
use end_to_end::{Prebooking, World, eventually, unique};
use serde_json::json;

use crate::program::{audits, found, rydes};

pub async fn are_found(world: &World) {
    let letter = unique("nobody knows why");
    let dlq = world.output("customer-loyalty", "CustomerLoyaltyDlqUrl");
    world.sqs.send_message().queue_url(dlq).message_body(&letter).send().await.unwrap();
    let (green, audit) = audits().await;
    assert_eq!(
        (green, found(&audit)),
        (false, vec!["queues: dead letter of CustomerLoyalty without a reason".to_owned()])
    );
    world.sqs.purge_queue().queue_url(dlq).send().await.unwrap();

    those_behind_others_of_their_group_are_seen(world).await;

    let request = uuid::Uuid::now_v7().to_string();
    let dlq = world.output("ride-booking", "PrebookingSubmissionDlqUrl");
    let send = world.sqs.send_message().queue_url(dlq).message_body(Prebooking::default().json());
    let send = send.message_attributes("RequestId", attribute(format!("={request}")));
    send.message_attributes("DeadLetterReason", reason()).send().await.unwrap();
    let (green, audit) = audits().await;
    let unheard = "ride-booking: accepted, but lies in PrebookingSubmissionDlq".to_owned();
    assert_eq!((green, found(&audit)), (false, vec![unheard]));
    assert_eq!(audit["findings"][0]["about"], format!("prebooking {request}"));
    rydes(&["dlq", "redrive", "PrebookingSubmission"]).await;
    eventually("it is a booking", || world.prebooking(&request), Option::is_some).await;
    let (green, audit) = audits().await;
    assert!(green, "{audit:#}");
}

/// A message that was dead-lettered twice is in its queue twice, with more letters of other groups between than one call receives.
async fn those_behind_others_of_their_group_are_seen(world: &World) {
    let dlq = world.output("customer-payment", "PaymentDlqUrl");
    let twice = unique("group");
    for group in [vec![twice.clone()], (0..12).map(|_| unique("group")).collect(), vec![twice]].concat() {
        let send = world.sqs.send_message().queue_url(dlq).message_body("{").message_group_id(group);
        let send =
            send.message_deduplication_id(unique("d")).message_attributes("DeadLetterReason", reason());
        send.send().await.unwrap();
    }
    let (green, audit) = audits().await;
    assert!(green, "{audit:#}");
    assert_eq!(audit["dead_letters"]["Payment: InternalError"], 14);
    world.sqs.purge_queue().queue_url(dlq).send().await.unwrap();
}

fn reason() -> MessageAttributeValue {
    attribute(json!({"errorType": "InternalError"}).to_string())
}

fn attribute(value: String) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
}
