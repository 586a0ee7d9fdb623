//! A completed ride, or the outcome of its fare → an e-mail.

use aws_sdk_dynamodb::Client;
use customer_notification::{Contacts, Mailer, Notifications, NotifyCustomer, Withheld, WithheldFor};
use lambda_messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_notification::SERVICE).await;
    let [contacts, notifications, withheld, withheld_for, sender, configuration_set, currency] = function
        .settings([
            ("CONTACTS_TABLE_NAME", "the customers' addresses"),
            ("NOTIFICATIONS_TABLE_NAME", "the notifications that were sent"),
            ("WITHHELD_NOTIFICATIONS_TABLE_NAME", "the events that wait for an address"),
            ("WITHHELD_FOR_HOURS", "the hours for which such events wait, as in 24"),
            ("SENDER_ADDRESS", "the address that e-mails come from"),
            ("CONFIGURATION_SET_NAME", "the configuration set of SES that e-mails are sent with"),
            ("CURRENCY", "the deployment's one currency, as in EUR"),
        ])?;
    let dynamodb = Client::new(function.aws());
    let mailer = Mailer::new(&function, sender, configuration_set);
    let contacts = Contacts::new(dynamodb.clone(), contacts);
    let notifications = Notifications::new(dynamodb.clone(), notifications);
    let withheld_for = WithheldFor::parse(&withheld_for)?;
    let withheld = Withheld::new(dynamodb, withheld);
    let notify = NotifyCustomer::new(contacts, notifications, withheld, withheld_for, mailer, currency);
    consumer::run(consumer::events(&function, notify)?).await
}
