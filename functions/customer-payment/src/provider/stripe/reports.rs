//! The later reports of Stripe. Stripe keeps an event for each failed refund, for 30 days, and a list of disputes. Both are filtered by
//! their own time, because a refund can fail a month after it was made.

use contracts::RideId;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use stripe_client_core::StripeRequest;
use stripe_core::{
    dispute::ListDispute, event::ListEvent, payment_intent::RetrievePaymentIntent, refund::ListRefund,
};
use stripe_types::RangeQueryTs;

use super::{
    DEADLINE, FARE, StripeSetupError, amount,
    answer::{Disputed, Intent, List, MadeRefund, RefundEvent},
    api::Api,
};
use crate::provider::{
    Cursor, Payment, PaymentId, ProviderError, ProviderReports, ReasonCode, Report, ReportId, ReportKind,
    ReportPage,
};

/// The types of events about refunds: the first since Stripe's API of 2024-10-28, the second for accounts with an older version.
const REFUND_EVENTS: [&str; 2] = ["refund.failed", "charge.refund.updated"];
/// Stripe's limit for one page.
const PAGE: i64 = 100;

/// The reports in the Stripe account of a secret key.
pub struct StripeReports {
    api: Api,
}

impl StripeReports {
    /// The reports of the account of this secret key.
    ///
    /// # Errors
    ///
    /// If the secret is not a secret key.
    pub fn new(secret: &str) -> Result<Self, StripeSetupError> {
        Ok(Self { api: Api::new(secret, None)? })
    }

    /// A server at this base URL instead of Stripe.
    ///
    /// # Errors
    ///
    /// As [`StripeReports::new`], and if the URL is invalid.
    pub fn at(url: &str, secret: &str) -> Result<Self, StripeSetupError> {
        Ok(Self { api: Api::new(secret, Some(url))? })
    }

    async fn in_time<T>(asking: impl Future<Output = Result<T, ProviderError>>) -> Result<T, ProviderError> {
        let answer = tokio::time::timeout(DEADLINE, asking).await;
        answer.unwrap_or_else(|_| Err(ProviderError::Unavailable("timed_out".into())))
    }

    async fn asks<T: DeserializeOwned>(&self, request: &impl StripeRequest) -> Result<T, ProviderError> {
        Self::in_time(self.api.send(request, None)).await
    }

    async fn failed_refunds(
        &self,
        since: Timestamp,
        after: Option<&Cursor>,
    ) -> Result<ReportPage, ProviderError> {
        let list = ListEvent::new()
            .types(REFUND_EVENTS.map(str::to_owned).to_vec())
            .created(RangeQueryTs::gte(since.as_second()))
            .limit(PAGE);
        let list = match after {
            Some(Cursor(event)) => list.starting_after(event.as_str()),
            None => list,
        };
        let page: List<RefundEvent> = self.asks(&list).await?;
        let next = page.next(|event| &event.id);
        let mut reports = Vec::new();
        for RefundEvent { created, data, .. } in page.data {
            let refund = data.object;
            // A refund without a payment intent is not about a fare: every fare is paid by an intent.
            let Some(intent) = refund.payment_intent.as_deref().filter(|_| refund.failed()) else { continue };
            let intent: Intent = self.asks(&RetrievePaymentIntent::new(intent)).await?;
            let reason = ReasonCode::from_text(refund.failure_reason.as_deref());
            reports.extend(report(ReportKind::RefundFailed, &refund.id, &intent, reason, created));
        }
        Ok(ReportPage { reports, next })
    }

    async fn disputes(&self, since: Timestamp, after: Option<&Cursor>) -> Result<ReportPage, ProviderError> {
        let list = ListDispute::new()
            .created(RangeQueryTs::gte(since.as_second()))
            .expand(["data.payment_intent".to_owned()])
            .limit(PAGE);
        let list = match after {
            Some(Cursor(dispute)) => list.starting_after(dispute.as_str()),
            None => list,
        };
        let page: List<Disputed> = self.asks(&list).await?;
        let next = page.next(|dispute| &dispute.id);
        let read = |dispute: Disputed| {
            let reason = ReasonCode::from_text(dispute.reason.as_deref());
            report(ReportKind::Disputed, &dispute.id, &dispute.payment_intent?, reason, dispute.created)
        };
        Ok(ReportPage { reports: page.data.into_iter().filter_map(read).collect(), next })
    }
}

impl ProviderReports for StripeReports {
    async fn reports(
        &self,
        kind: ReportKind,
        since: Timestamp,
        after: Option<&Cursor>,
    ) -> Result<ReportPage, ProviderError> {
        match kind {
            ReportKind::RefundFailed => self.failed_refunds(since, after).await,
            ReportKind::Disputed => self.disputes(since, after).await,
        }
    }

    async fn is_refunded(&self, payment: &Payment, id: &PaymentId) -> Result<bool, ProviderError> {
        Self::in_time(is_refunded(&self.api, payment, id)).await
    }
}

/// True if the refunds that haven't failed add up to the payment. The charge's own `refunded` mark is not used, because Stripe doesn't
/// document what happens to it when a refund fails later.
pub(super) async fn is_refunded(api: &Api, payment: &Payment, id: &PaymentId) -> Result<bool, ProviderError> {
    let Some(owed) = amount(payment)? else { return Ok(true) };
    let list = ListRefund::new().payment_intent(id.0.as_str()).limit(PAGE);
    let refunds: List<MadeRefund> = api.send(&list, None).await?;
    let given_back: i64 =
        refunds.data.iter().filter(|refund| !refund.failed()).map(|refund| refund.amount).sum();
    Ok(given_back >= owed)
}

/// The report, if the intent is for one of our fares. Other systems may use the same account.
fn report(kind: ReportKind, id: &str, intent: &Intent, reason: ReasonCode, created: i64) -> Option<Report> {
    let fare = intent.metadata.get(FARE).and_then(|fare| RideId::parse(fare).ok())?;
    let (id, at) = (ReportId::parse(id)?, Timestamp::from_second(created).ok()?);
    Some(Report { kind, id, fare, payment: PaymentId(intent.id.clone()), reason, at })
}
