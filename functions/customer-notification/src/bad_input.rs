//! Bad input at this service's triggers.

use function_testkit::{Aws, example, trigger};
use lambda_messaging::{
    Event, Function, consumer,
    outbox::{self, Outbox},
};
use serde_json::json;

use crate::{
    Contacts, Mailer, Notifications, NotifyCustomer, Occasion, RecordEmailFeedback,
    ReleaseWithheldNotifications, Withheld, WithheldFor, feedback::Feedback,
};

/// The receiver of notifications, with the clients of this function.
pub(crate) fn receiver(function: &Function) -> NotifyCustomer {
    let dynamodb = aws_sdk_dynamodb::Client::new(function.aws());
    NotifyCustomer::new(
        Contacts::new(dynamodb.clone(), "contacts".into()),
        Notifications::new(dynamodb.clone(), "notifications".into()),
        Withheld::new(dynamodb, "withheld".into()),
        WithheldFor::parse("24").unwrap(),
        Mailer::new(function, "from@example.com".into(), "set".into()),
        "EUR".into(),
    )
}

#[tokio::test]
async fn notify_customer() {
    let aws = Aws::default();
    aws.answer("GetItem", r#"{"Item":{"email":{"S":"jane-doe@example.com"}}}"#);
    let function = aws.function();
    let consume = consumer::events(&function, receiver(&function)).unwrap();
    let is_valid = trigger::only_if(|body| Event::<Occasion>::parse(body).is_ok());
    let [ride, paid, not_paid] = ["ride-completed", "fare-collected", "fare-collection-failed"]
        .map(|event| example(&format!("envelope/{event}.json")));
    trigger::queue(&aws, &[&ride, &paid, &not_paid], consume, is_valid).await;
}

#[tokio::test]
async fn release_withheld_notifications() {
    let aws = Aws::default();
    let withheld = json!({"eventId": {"S": "1"}, "event": {"S": "{}"}});
    aws.answer("Query", json!({"Items": [withheld], "Count": 1}).to_string());
    let function = aws.function();
    let release = || {
        let withheld = Withheld::new(aws_sdk_dynamodb::Client::new(function.aws()), "withheld".into());
        let sqs = aws_sdk_sqs::Client::new(function.aws());
        ReleaseWithheldNotifications::new(withheld, sqs, "queue".into())
    };
    let (reader, handle) = (release(), outbox::handler(&function, release()).unwrap());
    let [contact, longest, shortest] =
        ["contact", "longest", "shortest"].map(|contact| example(&format!("contact_row/{contact}.json")));
    let examples: [&str; 3] = [&contact, &longest, &shortest];
    trigger::stream(&aws, &examples, handle, |row| reader.read(row).is_ok()).await;
}

#[tokio::test]
async fn record_email_feedback() {
    let aws = Aws::default();
    let function = aws.function();
    let contacts = Contacts::new(aws_sdk_dynamodb::Client::new(function.aws()), "contacts".into());
    let feedback = RecordEmailFeedback::new(contacts);
    let consume = consumer::messages(&function, async |message| feedback.record(message).await).unwrap();
    let is_valid = trigger::only_if(|body| Feedback::parse(body).is_ok());
    let [bounce, complaint] =
        ["bounce", "complaint"].map(|report| example(&format!("email_feedback/{report}.json")));
    trigger::queue(&aws, &[&bounce, &complaint], consume, is_valid).await;
}
