//! Bad input at this service's doors.

use ::hostile::{Aws, door, example};
use aws_sdk_dynamodb::Client;
use domain::{PriceList, QuotesRequested, RawPriceList, RideCompletion};
use messaging::{
    Event, Function, api, consumer,
    outbox::{self, Outbox},
    publisher::Publisher,
    return_address::ReturnAddresses,
};

use crate::{PublishRideCompletions, QuoteInstantRide, Rides, SubmitRideCompletion};

#[tokio::test]
async fn submit_ride_completion() {
    let aws = Aws::default();
    let rides = Rides::new(Client::new(aws.function().aws()), "rides".into(), "keys".into());
    let submit = SubmitRideCompletion::new(rides);
    let examples = ["ride", "texts"].map(|ride| example(&format!("ride_completion/{ride}.json")));
    let handle = async |request: &api::Request| submit.handle(request).await;
    door::post(&aws, &[&examples[0], &examples[1]], handle, |request| {
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
    let tell = outbox::teller(&function, outbox(&function)).unwrap();
    let reader = outbox(&function);
    door::stream(&aws, &[&example("ride_row/ride.json")], tell, |row| reader.read(row).is_ok()).await;
}

#[tokio::test]
async fn quote_instant_ride() {
    let aws = Aws::default();
    let function = aws.function();
    let prices = PriceList::parse(RawPriceList {
        herd: "rainbow",
        price_per_km: "2.00",
        pickup_minutes: "7",
        availability_percent: "100",
        seed: "1",
    });
    let responses = "https://sqs.us-east-1.amazonaws.com/123456789012/responses";
    let return_addresses = ReturnAddresses::new(aws_sdk_sqs::Client::new(function.aws()), responses);
    let receiver = QuoteInstantRide::new(prices.unwrap(), return_addresses);
    let consume = consumer::each(&function, receiver).unwrap();
    let sound = door::only_if(|body| Event::<QuotesRequested>::parse(body).is_ok());
    door::queue(&aws, &[&example("envelope/quotes-requested.json")], consume, sound).await;
}
