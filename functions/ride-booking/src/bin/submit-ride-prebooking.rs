//! A request in the submission queue → a stored prebooking, and an event about the booking.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, consumer, publisher::Publisher};
use ride_booking::{Prebookings, SubmitRidePrebooking};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(ride_booking::SERVICE).await;
    let [table, topic] = function.settings([
        ("PREBOOKINGS_TABLE_NAME", "the table of prebookings"),
        ("PREBOOKING_NOTIFICATION_TOPIC_ARN", "the topic that prebookings are published on"),
    ])?;
    let bookings = Prebookings::new(Client::new(function.aws()), table);
    let topic = Publisher::new(aws_sdk_sns::Client::new(function.aws()), topic);
    consumer::run(consumer::message_batches(&function, SubmitRidePrebooking::new(bookings, topic))?).await
}
