//! SES reports that an e-mail came back for good, or a complaint → the address gets no more e-mail.

use customer_notification::{Contacts, RecordEmailFeedback};
use lambda_messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_notification::SERVICE).await;
    let [contacts] = function.settings([("CONTACTS_TABLE_NAME", "the customers' addresses")])?;
    let feedback =
        RecordEmailFeedback::new(Contacts::new(aws_sdk_dynamodb::Client::new(function.aws()), contacts));
    consumer::run(consumer::messages(&function, async |message| feedback.record(message).await)?).await
}
