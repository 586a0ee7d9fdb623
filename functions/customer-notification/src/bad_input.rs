//! Bad input at this service's triggers.

use function_testkit::{Aws, example, trigger};
use lambda_messaging::{Event, consumer};

use crate::{Contacts, Mailer, Notifications, NotifyCustomer, Occasion};

#[tokio::test]
async fn notify_customer() {
    let aws = Aws::default();
    aws.answer("GetItem", r#"{"Item":{"email":{"S":"jane-doe@example.com"}}}"#);
    let function = aws.function();
    let dynamodb = aws_sdk_dynamodb::Client::new(function.aws());
    let receiver = NotifyCustomer::new(
        Contacts::new(dynamodb.clone(), "contacts".into()),
        Notifications::new(dynamodb, "notifications".into()),
        Mailer::new(&function, "from@example.com".into()),
        "EUR".into(),
    );
    let consume = consumer::each(&function, receiver).unwrap();
    let sound = trigger::only_if(|body| Event::<Occasion>::parse(body).is_ok());
    let [ride, paid, not_paid] = ["ride-completed", "fare-collected", "fare-collection-failed"]
        .map(|event| example(&format!("envelope/{event}.json")));
    trigger::queue(&aws, &[&ride, &paid, &not_paid], consume, sound).await;
}
