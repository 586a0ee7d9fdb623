//! Customer Notification e-mails customers what they should know.

#[cfg(test)]
mod bad_input;
mod contacts;
mod email;
mod mailer;
mod notifications;
mod notify_customer;
mod occasion;

pub use contacts::Contacts;
pub use mailer::Mailer;
pub use notifications::Notifications;
pub use notify_customer::NotifyCustomer;
pub use occasion::Occasion;
