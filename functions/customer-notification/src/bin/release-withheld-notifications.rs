//! The Contacts table's stream → withheld events, back in their queue.

use customer_notification::{ReleaseWithheldNotifications, Withheld};
use lambda_messaging::{Function, outbox};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_notification::SERVICE).await;
    let [withheld, queue] = function.settings([
        ("WITHHELD_NOTIFICATIONS_TABLE_NAME", "the events that wait for an address"),
        ("CUSTOMER_NOTIFICATION_QUEUE_URL", "the queue of the events that customers are notified of"),
    ])?;
    let withheld = Withheld::new(aws_sdk_dynamodb::Client::new(function.aws()), withheld);
    let sqs = aws_sdk_sqs::Client::new(function.aws());
    outbox::run(outbox::handler(&function, ReleaseWithheldNotifications::new(withheld, sqs, queue))?).await
}
