//! Sends customers the receipt of a ride, and the outcome of its payment.

use std::time::Duration;

use jiff::Timestamp;
use lambda_messaging::{Effect, Event, Failure, consumer::Receiver, idempotent_write::Written};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::warn;

use crate::{
    Contacts, Mailer, Notifications, Occasion, Withheld, WithheldFor,
    contacts::{Contact, NoAddress},
    email::email,
    mailer::{NotSent, SES_ANSWERS_WITHIN},
    notifications::{Claim, Claimant, perhaps_sent},
};

/// The time limit of a notification. The rest of the function's ten seconds is for settling its message.
const WORKED_ON_FOR: Duration = Duration::from_millis(9_300);
/// The time that is reserved for recording an e-mail.
const RECORDED_WITHIN: Duration = Duration::from_secs(1);
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// The receiver of the events that customers are notified of.
#[derive(Debug)]
pub struct NotifyCustomer {
    contacts: Contacts,
    notifications: Notifications,
    withheld: Withheld,
    withheld_for: WithheldFor,
    mailer: Mailer,
    currency: String,
}

impl NotifyCustomer {
    /// Looks up addresses in these contacts, sends e-mails through this mailer, and records them. Events without an address are withheld
    /// for this long.
    #[must_use]
    pub fn new(
        contacts: Contacts,
        notifications: Notifications,
        withheld: Withheld,
        withheld_for: WithheldFor,
        mailer: Mailer,
        currency: String,
    ) -> Self {
        Self { contacts, notifications, withheld, withheld_for, mailer, currency }
    }

    /// Withholds an event whose customer has no address that works, and then looks the address up again. So an address that arrives
    /// before the event is withheld is found here, and one that arrives later releases the withheld event.
    async fn withhold(
        &self,
        event: &Event<Occasion>,
        because: NoAddress,
        until: Instant,
    ) -> Result<Effect, Failure> {
        let now = Timestamp::now();
        let recorded = self.notifications.has_no_address(&event.id, event.data.ride(), because, now).await?;
        let Some(written) = recorded else { return Ok(Effect::Duplicate) };
        self.withheld.keep(event, self.withheld_for, now).await?;
        if let Contact::At(address) = self.contacts.look_up(event.data.customer()).await? {
            return self.notify(&address, event, until).await;
        }
        Ok(match written {
            Written::Inserted => Effect::Nothing(because.reason()),
            Written::AlreadyPresent => Effect::Duplicate,
        })
    }

    /// Sends an e-mail at most once. If the function crashes between SES's answer and the record, the outcome is unknown, and the claim
    /// remains to show that.
    async fn notify(
        &self,
        address: &str,
        event: &Event<Occasion>,
        until: Instant,
    ) -> Result<Effect, Failure> {
        let too_late = || Instant::now() + SES_ANSWERS_WITHIN + RECORDED_WITHIN > until;
        let out_of_time = || Failure::transient("OutOfTime", "too little time was left to send it");
        if too_late() {
            return Err(out_of_time());
        }
        let me = Claimant::of(&event.id);
        // If giving up fails too, people must look at an e-mail that was never sent. That is better than sending a second one.
        let give_up = async |failure| {
            let _ = persistently(until, async || self.notifications.give_up(&me).await).await;
            Err(failure)
        };
        match self.notifications.claim(&me, event.data.ride(), Timestamp::now()).await {
            Ok(Claim::Ours) if too_late() => return give_up(out_of_time()).await,
            Ok(Claim::Ours) => {}
            Ok(Claim::Done) => return Ok(Effect::Duplicate),
            Ok(Claim::Others(failure)) => return Err(failure),
            Err(failure) => return give_up(failure).await,
        }
        match self
            .mailer
            .send(event.data.customer(), address, &email(&event.data, &self.currency), event)
            .await
        {
            Ok(sent) => {
                let recorded = persistently(until, async || self.notifications.sent(&me, &sent).await);
                recorded
                    .await
                    .map_err(|_| perhaps_sent("SES accepted it, and that could not be recorded"))?;
                Ok(Effect::Made)
            }
            Err(NotSent::Certainly(failure)) => give_up(failure).await,
            Err(NotSent::Perhaps(failure)) => {
                warn!(%failure, "SES gave no answer");
                Err(perhaps_sent("SES gave no answer in time"))
            }
        }
    }
}

impl Receiver for NotifyCustomer {
    type Payload = Occasion;

    async fn receive(&self, event: Event<Occasion>) -> Result<Effect, Failure> {
        let until = Instant::now() + WORKED_ON_FOR;
        match self.contacts.look_up(event.data.customer()).await? {
            Contact::At(address) => self.notify(&address, &event, until).await,
            Contact::Nowhere(because) => self.withhold(&event, because, until).await,
        }
    }
}

/// Retries a write until it succeeds or the time is up. The write records a fact that is known only here.
async fn persistently(until: Instant, write: impl AsyncFn() -> Result<(), Failure>) -> Result<(), Failure> {
    let mut last = Failure::transient("OutOfTime", "no time was left");
    let trying = async {
        while let Err(failure) = write().await {
            warn!(%failure, "not recorded");
            last = failure;
            sleep(BETWEEN_TRIES).await;
        }
    };
    let done = timeout_at(until, trying).await;
    done.map_err(|_| last)
}

#[cfg(test)]
mod tests;
