//! A request for quotes in a herd's queue → the herd's quote, at the request's return address.

use aws_sdk_sqs::Client;
use herd::{PriceList, QuoteInstantRide, RawPriceList};
use lambda_messaging::{Function, consumer, return_address::ReturnAddresses};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(herd::SERVICE).await;
    let [herd, price_per_km, pickup_minutes, availability_percent, seed, return_addresses] = function
        .settings([
            ("HERD_NAME", "the herd that quotes"),
            ("PRICE_PER_KM", "the price of a kilometre, in the deployment's currency"),
            ("PICKUP_MINUTES", "the minutes until a unicorn of the herd arrives"),
            ("AVAILABILITY_PERCENT", "the percentage of places with a free unicorn"),
            ("SEED", "the seed that chooses the places with a free unicorn"),
            ("RETURN_ADDRESSES", "the queues that quotes may be sent to, separated by commas"),
        ])?;
    let prices = PriceList::parse(RawPriceList {
        herd: &herd,
        price_per_km: &price_per_km,
        pickup_minutes: &pickup_minutes,
        availability_percent: &availability_percent,
        seed: &seed,
    })?;
    let return_addresses = ReturnAddresses::new(Client::new(function.aws()), &return_addresses);
    consumer::run(consumer::events(&function, QuoteInstantRide::new(prices, return_addresses))?).await
}
