//! A completed ride, or the outcome of its fare → an e-mail.

use aws_sdk_dynamodb::Client;
use customer_notification::{Contacts, Mailer, Notifications, NotifyCustomer};
use lambda_messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start("customer-notification").await;
    let [contacts, notifications, sender, currency] = function.settings([
        ("CONTACTS_TABLE_NAME", "the customers' addresses"),
        ("NOTIFICATIONS_TABLE_NAME", "what was sent"),
        ("SENDER_ADDRESS", "the address that e-mails come from"),
        ("CURRENCY", "the deployment's one currency, as in EUR"),
    ])?;
    let dynamodb = Client::new(function.aws());
    let mailer = Mailer::new(&function, sender);
    let contacts = Contacts::new(dynamodb.clone(), contacts);
    let notifications = Notifications::new(dynamodb, notifications);
    consumer::run(&function, NotifyCustomer::new(contacts, notifications, mailer, currency)).await
}
