//! Bad input at this service's triggers.

use aws_sdk_dynamodb::Client;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{
    Function, api,
    outbox::{self, Outbox},
    publisher::Publisher,
};

use crate::{PublishRideCompletions, RideCompletion, Rides, SubmitRideCompletion};

#[tokio::test]
async fn submit_ride_completion() {
    let aws = Aws::default();
    let rides = Rides::new(Client::new(aws.function().aws()), "rides".into(), "keys".into());
    let submit = SubmitRideCompletion::new(rides);
    let examples = ["ride", "texts"].map(|ride| example(&format!("ride_completion/{ride}.json")));
    let handle = async |request: &api::Request| submit.handle(request).await;
    trigger::post(&aws, &[&examples[0], &examples[1]], handle, |request| {
        let fields = api::json_body(request).and_then(api::json_object);
        fields.is_ok_and(|fields| RideCompletion::parse(&fields).is_ok())
            && api::idempotency_key(request).is_ok()
    })
    .await;
}

#[tokio::test]
async fn publish_ride_completions() {
    let aws = Aws::default();
    let function = aws.function();
    let outbox = |function: &Function| {
        let client = aws_sdk_sns::Client::new(function.aws());
        PublishRideCompletions::new(Publisher::new(client, "topic".into()))
    };
    let handle = outbox::handler(&function, outbox(&function)).unwrap();
    let reader = outbox(&function);
    trigger::stream(&aws, &[&example("ride_row/ride.json")], handle, |row| reader.read(row).is_ok()).await;
}
