//! A payment provider in memory, which can fail at every point of a call.

use std::collections::HashMap;

use lambda_messaging::item::number;

use super::world::{Around, Race, World};
use crate::{
    Operation,
    provider::{IdempotencyKey, Payment, PaymentId, PaymentProvider, ProviderError, Terms, Voided},
};

/// The fault of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    /// The provider gives no answer, and the call has no effect.
    BeforeEffect,
    /// The call has its effect, and the answer is lost.
    AfterEffect,
    /// The call is still under way, and has its effect by the second call with its key. Authorizations only: the provider makes the
    /// steps of a known payment one after the other.
    UnderWay,
    /// The provider fails without an effect, and repeats this error to every call with the key.
    ErrorBeforeEffect,
    /// The provider fails after the effect, and repeats this error to every call with the key.
    ErrorAfterEffect,
    /// The provider refuses this call, without regard to its earlier answer for the key.
    RefusedUnseen,
    /// The function dies after the provider's answer, before the record is written.
    BeforeRecord,
    /// The function dies after the record is written, before the saga is answered.
    BeforeAnswer,
}

pub(super) const TROUBLE: [Trouble; 9] = [
    Trouble::None,
    Trouble::BeforeEffect,
    Trouble::AfterEffect,
    Trouble::UnderWay,
    Trouble::ErrorBeforeEffect,
    Trouble::ErrorAfterEffect,
    Trouble::RefusedUnseen,
    Trouble::BeforeRecord,
    Trouble::BeforeAnswer,
];

/// The answer that a provider has saved for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saved {
    Done,
    Refused,
    Error,
    /// No answer yet.
    UnderWay,
}

/// The provider's own books: each key once, with its call and the answer, and the movements of money.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub calls: HashMap<String, (String, Saved)>,
    pub reserved: bool,
    pub charges: u32,
    pub refunds: u32,
    pub refuses: Option<Operation>,
}

impl Books {
    fn make(&mut self, operation: Operation) {
        match operation {
            Operation::Authorize => {
                assert!(!self.reserved && self.charges == 0, "reserved twice");
                self.reserved = true;
            }
            Operation::Capture => {
                assert!(std::mem::take(&mut self.reserved), "captured what isn't reserved");
                self.charges += 1;
            }
            Operation::Void => self.reserved = false,
            Operation::Refund => {
                assert!(self.charges > self.refunds, "refunded what isn't charged");
                self.refunds += 1;
            }
        }
    }

    /// True if an earlier call had the effect that this one would have.
    fn has_made(&self, operation: Operation) -> bool {
        match operation {
            Operation::Authorize => false,
            Operation::Capture => self.charges > 0,
            Operation::Void => !self.reserved && self.charges == 0,
            Operation::Refund => self.refunds > 0,
        }
    }
}

pub(super) struct Provider(pub World);

impl Provider {
    /// Answers a call as a provider does: with the saved answer for its key, if there is one, and with the delivery's fault.
    fn make(&self, operation: Operation, key: &IdempotencyKey, asked: String) -> Result<(), ProviderError> {
        let mut around = self.0.lock().unwrap();
        let is_reconciled = around.takes(Race::Reconciled);
        let Around { books, trouble, calls, record, .. } = &mut *around;
        *calls += 1;
        if is_reconciled {
            record.as_mut().unwrap().insert("spentKeys".into(), number(1));
        }
        let trouble = trouble.unwrap_or(Trouble::None);
        let no_answer = || Err(ProviderError::Unavailable("test".into()));
        let is_under_way = books.calls.get(&key.0).is_some_and(|(_, saved)| *saved == Saved::UnderWay);
        match trouble {
            Trouble::BeforeEffect => return no_answer(),
            Trouble::RefusedUnseen if !is_under_way => return Err(ProviderError::Refused("test".into())),
            _ => {}
        }
        if let Some((before, saved)) = books.calls.get(&key.0).cloned() {
            if before != asked {
                return Err(ProviderError::Unavailable("idempotency_error".into()));
            }
            return match saved {
                Saved::Done => Ok(()),
                Saved::Refused => Err(ProviderError::Refused("test".into())),
                Saved::Error => Err(ProviderError::Spent("test".into())),
                Saved::UnderWay => {
                    books.make(operation);
                    books.calls.insert(key.0.clone(), (before, Saved::Done));
                    Err(ProviderError::Unavailable("idempotency_key_in_use".into()))
                }
            };
        }
        let saved = match trouble {
            _ if books.refuses == Some(operation) => Saved::Refused,
            _ if books.has_made(operation) => Saved::Done,
            Trouble::ErrorBeforeEffect => Saved::Error,
            Trouble::UnderWay if operation == Operation::Authorize => Saved::UnderWay,
            trouble => {
                books.make(operation);
                if trouble == Trouble::ErrorAfterEffect { Saved::Error } else { Saved::Done }
            }
        };
        books.calls.insert(key.0.clone(), (asked, saved));
        match (trouble, saved) {
            (Trouble::AfterEffect, _) | (_, Saved::Error | Saved::UnderWay) => no_answer(),
            (_, Saved::Refused) => Err(ProviderError::Refused("test".into())),
            (_, Saved::Done) => Ok(()),
        }
    }
}

impl PaymentProvider for Provider {
    async fn terms(&self, _: &Payment) -> Result<Terms, ProviderError> {
        let card = self.0.lock().unwrap().card;
        let card = card.ok_or_else(|| ProviderError::Refused("no_payment_method_on_file".into()))?;
        Ok(Terms { customer: format!("c{card}"), payment_method: format!("m{card}"), currency: "eur".into() })
    }

    async fn authorize(
        &self,
        _: &Payment,
        terms: &Terms,
        key: &IdempotencyKey,
    ) -> Result<PaymentId, ProviderError> {
        let hangs = self.0.lock().unwrap().hangs;
        if hangs {
            std::future::pending::<()>().await;
        }
        self.make(Operation::Authorize, key, format!("{terms:?}"))?;
        Ok(PaymentId(terms.customer.clone()))
    }

    async fn capture(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<(), ProviderError> {
        self.make(Operation::Capture, key, String::new())
    }

    async fn void(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<Voided, ProviderError> {
        if self.0.lock().unwrap().books.charges > 0 {
            return Ok(Voided::Captured);
        }
        self.make(Operation::Void, key, String::new()).map(|()| Voided::Released)
    }

    async fn refund(&self, _: &Payment, _: &PaymentId, key: &IdempotencyKey) -> Result<(), ProviderError> {
        self.make(Operation::Refund, key, String::new())
    }

    /// Finds payments of the customer in the terms only.
    async fn find(&self, _: &Payment, terms: &Terms) -> Result<Option<PaymentId>, ProviderError> {
        let books = &self.0.lock().unwrap().books;
        let asked = books.calls.values().any(|(asked, _)| *asked == format!("{terms:?}"));
        Ok((asked && (books.reserved || books.charges > 0)).then(|| PaymentId(terms.customer.clone())))
    }
}
