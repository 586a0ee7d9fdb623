//! The later reports of the simulated provider. A report is written in the same transaction as the call that it is about. All reports
//! are in one partition, so that they can be read without a scan of all payments.

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, Put},
};
use contracts::RideId;
use jiff::Timestamp;
use lambda_messaging::{
    Failure,
    item::{self, Item, moment, text},
};

use super::{Payment, PaymentId, ProviderError, id, state_of, unavailable};
use crate::provider::{Cursor, ProviderReports, ReasonCode, Report, ReportId, ReportKind, ReportPage};

/// The partition of the reports.
const REPORTS: &str = "REPORTS";
const PAGE: i32 = 100;

/// The reports in the simulated provider's table.
#[derive(Debug)]
pub struct SimulatedReports {
    client: Client,
    table: String,
}

impl SimulatedReports {
    /// The reports of the provider whose record is the table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

/// The id of a payment's only failed refund, or of its only dispute.
pub(super) fn report_id(kind: ReportKind, payment: &Payment) -> String {
    let prefix = match kind {
        ReportKind::RefundFailed => "re",
        ReportKind::Disputed => "dp",
    };
    format!("{prefix}_{}", payment.fare.to_string().replace('-', ""))
}

/// The write of a report about a payment.
pub(super) fn put(table: &str, kind: ReportKind, payment: &Payment) -> Option<Put> {
    let reason = match kind {
        ReportKind::RefundFailed => "expired_or_canceled_card",
        ReportKind::Disputed => "fraudulent",
    };
    let (report, at) = (report_id(kind, payment), format!("{:.3}", Timestamp::now()));
    let item = item::new([
        ("fareId", text(REPORTS)),
        ("entry", text(format_args!("{at}#{report}"))),
        ("kind", text(kind)),
        ("id", text(report)),
        ("fare", text(payment.fare)),
        ("payment", text(id(payment))),
        ("reason", text(reason)),
        ("at", text(at)),
    ]);
    Put::builder().table_name(table).set_item(Some(item)).build().ok()
}

impl ProviderReports for SimulatedReports {
    async fn reports(
        &self,
        kind: ReportKind,
        since: Timestamp,
        after: Option<&Cursor>,
    ) -> Result<ReportPage, ProviderError> {
        let place = |entry: &str| item::new([("fareId", text(REPORTS)), ("entry", text(entry))]);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("fareId = :reports AND entry >= :since")
            .filter_expression("kind = :kind")
            .expression_attribute_values(":reports", text(REPORTS))
            .expression_attribute_values(":since", moment(since))
            .expression_attribute_values(":kind", text(kind))
            .limit(PAGE)
            .set_exclusive_start_key(after.map(|Cursor(entry)| place(entry)));
        let page = query.send().await.map_err(|e| unavailable(&Failure::aws("dynamodb:Query", &e)))?;
        let next = page.last_evaluated_key().and_then(|place| value(place, "entry")).map(Cursor);
        let read = |item: &Item| {
            let report = report(item);
            if report.is_none() {
                tracing::warn!(error_type = "MalformedReport", "a report of the provider makes no sense");
            }
            report
        };
        Ok(ReportPage { reports: page.items().iter().filter_map(read).collect(), next })
    }

    async fn is_refunded(&self, payment: &Payment, _: &PaymentId) -> Result<bool, ProviderError> {
        let state = state_of(&self.client, &self.table, payment).await?;
        Ok(state.as_deref() == Some("REFUNDED"))
    }
}

fn report(item: &Item) -> Option<Report> {
    let value = |name: &str| value(item, name);
    Some(Report {
        kind: ReportKind::parse(&value("kind")?)?,
        id: ReportId::parse(&value("id")?)?,
        fare: RideId::parse(&value("fare")?).ok()?,
        payment: PaymentId(value("payment")?),
        reason: ReasonCode::from_text(value("reason").as_deref()),
        at: value("at")?.parse().ok()?,
    })
}

fn value(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned()
}
