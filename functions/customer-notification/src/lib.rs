//! Customer Notification e-mails customers what they should know.

mod contacts;
mod email;
#[cfg(test)]
mod hostile;
mod mailer;
mod notifications;
mod notify_customer;
mod occasion;

pub use contacts::Contacts;
pub use mailer::Mailer;
pub use notifications::Notifications;
pub use notify_customer::NotifyCustomer;
pub use occasion::Occasion;
