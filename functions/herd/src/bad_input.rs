//! Bad input at this service's triggers.

use contracts::QuotesRequested;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{Event, consumer, return_address::ReturnAddresses};

use crate::{PriceList, QuoteInstantRide, RawPriceList};

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
    let consume = consumer::events(&function, receiver).unwrap();
    let is_valid = trigger::only_if(|body| Event::<QuotesRequested>::parse(body).is_ok());
    trigger::queue(&aws, &[&example("envelope/quotes-requested.json")], consume, is_valid).await;
}
