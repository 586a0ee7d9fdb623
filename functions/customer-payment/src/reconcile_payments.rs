//! Reconciles our records with the provider's later reports: failed refunds and disputes. The periods of successive runs overlap, so a
//! report that one run missed is found by a later one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda_messaging::{Effect, Failure, metrics::Metrics};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::{Serialize, de::IgnoredAny};
use tracing::{info, warn};

use crate::{
    Payments, Review, SERVICE,
    payments::{Learned, Reported, Status},
    provider::{ProviderError, ProviderReports, Report, ReportKind},
};

/// The time that is reserved for reporting the result of a run.
const FOR_THE_END: Duration = Duration::from_secs(2);

/// The handler that the schedule invokes.
#[derive(Debug)]
pub struct ReconcilePayments<P> {
    payments: Payments,
    provider: P,
    review: Review,
    look_back: SignedDuration,
}

/// The result of a run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reconciled {
    /// New reports.
    pub learned: u32,
    /// Reports that earlier runs had learned.
    pub known: u32,
    /// Reports without an effect here: about payments of other systems, or overtaken by a later refund.
    pub ignored: u32,
}

/// A run under way.
struct Run {
    reconciled: Reconciled,
    metrics: Metrics,
    /// The failure of the first report that could not be learned. Later reports are handled all the same.
    failure: Option<Failure>,
}

impl<P: ProviderReports> ReconcilePayments<P> {
    /// Reads the provider's reports of the last days, records them in this table, and notifies people by this review.
    #[must_use]
    pub fn new(payments: Payments, provider: P, review: Review, look_back_days: u32) -> Self {
        let look_back = SignedDuration::from_hours(24 * i64::from(look_back_days));
        Self { payments, provider, review, look_back }
    }

    /// Makes one run, until all reports are handled or the time is over. Reports that were learned by then stay learned: the next run
    /// completes a run that was cut off at any point.
    ///
    /// # Errors
    /// `PaymentProviderUnavailable` if the provider gave no answer, or throttles calls. `OutOfTime` if some reports were not read. Any
    /// other error is that of a report that could not be learned. The next run begins anew.
    pub async fn handle(&self, event: LambdaEvent<IgnoredAny>) -> Result<Reconciled, Diagnostic> {
        let mut run =
            Run { reconciled: Reconciled::default(), metrics: Metrics::new(SERVICE), failure: None };
        let reconciling = self.reconcile(&mut run);
        let ended = tokio::time::timeout(time_left(event.context.deadline), reconciling).await;
        let out_of_time = || Failure::transient("OutOfTime", "not all reports were looked at in time");
        let ended = ended.unwrap_or_else(|_| Err(out_of_time())).and(run.failure.map_or(Ok(()), Err));
        run.metrics.emit();
        let Reconciled { learned, known, ignored } = run.reconciled;
        match ended {
            Ok(()) => {
                info!(learned, known, ignored, outcome = "made", "reconciled");
                Ok(run.reconciled)
            }
            Err(failure) => {
                let reason = failure.reason();
                let (error_type, detail) = (&reason.error_type, &reason.detail);
                warn!(learned, known, ignored, error_type, detail, "not reconciled to the end");
                Err(failure.into())
            }
        }
    }

    /// Handles all reports, page by page. Throttling ends the run, because more calls would be throttled too.
    async fn reconcile(&self, run: &mut Run) -> Result<(), Failure> {
        let since = Timestamp::now() - self.look_back;
        for kind in ReportKind::ALL {
            let mut after = None;
            loop {
                let page = self.provider.reports(kind, since, after.as_ref()).await.map_err(unavailable)?;
                for report in &page.reports {
                    let learned = self.learn(report).await;
                    run.note(report, learned)?;
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// Records a report, and notifies people.
    async fn learn(&self, report: &Report) -> Result<Effect, Failure> {
        let Some(found) = self.payments.reported(report).await? else {
            return Ok(Effect::Nothing("the payment is not one of ours"));
        };
        if found.is_told {
            return Ok(Effect::Duplicate);
        }
        let is_news = match self.meaning(report, &found).await? {
            Meaning::Nothing(why) => return Ok(Effect::Nothing(why)),
            Meaning::KnownToTheSaga => false,
            Meaning::News => true,
        };
        if !found.is_learned && self.payments.learn(report).await? == Learned::Before {
            // A concurrent run has recorded it, and notifies people.
            return Ok(Effect::Duplicate);
        }
        if is_news {
            self.review.tell(report, &found.payment).await?;
        }
        self.payments.told(report).await?;
        Ok(Effect::Made)
    }

    async fn meaning(&self, report: &Report, found: &Reported) -> Result<Meaning, Failure> {
        if found.id.as_ref() != Some(&report.payment) {
            return Ok(Meaning::Nothing("it is about another payment of the same fare"));
        }
        // An earlier run recorded it, and died before it notified people.
        if found.is_learned {
            return Ok(Meaning::News);
        }
        match (report.kind, found.status) {
            (ReportKind::Disputed, _) => Ok(Meaning::News),
            (ReportKind::RefundFailed, Status::Refunded) => {
                let refunded = self.provider.is_refunded(&found.payment, &report.payment).await;
                let by_hand = Meaning::Nothing("the payment was refunded otherwise");
                Ok(if refunded.map_err(unavailable)? { by_hand } else { Meaning::News })
            }
            (ReportKind::RefundFailed, Status::Captured) => Ok(Meaning::KnownToTheSaga),
            (ReportKind::RefundFailed, _) => Ok(Meaning::Nothing("nothing was taken that could be refunded")),
        }
    }
}

/// A report's meaning for a payment.
enum Meaning {
    Nothing(&'static str),
    /// The refund failed at once, so the saga has handled the failure. Only the idempotency key must be recorded as spent.
    KnownToTheSaga,
    News,
}

impl Run {
    /// Counts the result of a report.
    ///
    /// # Errors
    /// The failure, if it ends the run.
    fn note(&mut self, report: &Report, learned: Result<Effect, Failure>) -> Result<(), Failure> {
        self.metrics.count(learned.as_ref().map(|effect| *effect), Some(report.at));
        let (event_id, correlation_id) = (report.id.to_string(), report.fare.to_string());
        let (kind, reason) = (report.kind.to_string(), report.reason.to_string());
        match learned {
            Ok(Effect::Made) => {
                self.reconciled.learned += 1;
                warn!(event_id, correlation_id, kind, reason, outcome = "made", "reported by the provider");
            }
            Ok(Effect::Duplicate) => self.reconciled.known += 1,
            Ok(Effect::Nothing(why)) => {
                self.reconciled.ignored += 1;
                info!(event_id, correlation_id, kind, outcome = "skipped", why, "reported by the provider");
            }
            Err(failure) => {
                let (error_type, detail) = (&failure.reason().error_type, &failure.reason().detail);
                warn!(event_id, correlation_id, kind, error_type, detail, "not learned");
                if failure.is_throttling() || error_type == UNAVAILABLE {
                    return Err(failure);
                }
                self.failure.get_or_insert(failure);
            }
        }
        Ok(())
    }
}

/// The error type when the provider gave no usable answer. Its detail is the provider's code.
const UNAVAILABLE: &str = "PaymentProviderUnavailable";

fn unavailable(error: ProviderError) -> Failure {
    let (ProviderError::Refused(cause) | ProviderError::Spent(cause) | ProviderError::Unavailable(cause)) =
        error;
    Failure::transient(UNAVAILABLE, cause)
}

fn time_left(deadline: u64) -> Duration {
    let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
    let left = Duration::from_millis(deadline.saturating_sub(now));
    left.saturating_sub(FOR_THE_END)
}

#[cfg(test)]
mod tests;
