//! Customer Notification sends customers e-mails about their rides and payments.

#[cfg(test)]
mod bad_input;
mod contacts;
mod email;
mod feedback;
mod mailer;
mod notifications;
mod notify_customer;
mod occasion;
mod record_email_feedback;
mod release_withheld_notifications;
mod withheld;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use contacts::Contacts;
pub use mailer::Mailer;
pub use notifications::Notifications;
pub use notify_customer::NotifyCustomer;
pub use occasion::Occasion;
pub use record_email_feedback::RecordEmailFeedback;
pub use release_withheld_notifications::ReleaseWithheldNotifications;
pub use withheld::{Withheld, WithheldFor};

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "customer-notification");
