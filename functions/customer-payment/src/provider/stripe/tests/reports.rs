//! Later reports, read from Stripe's answers.

use jiff::Timestamp;

use super::*;
use crate::provider::{Cursor, ProviderReports, ReasonCode, Report, ReportId, ReportKind, ReportPage};

#[tokio::test]
async fn a_payment_is_refunded_when_refunds_that_have_not_failed_add_up_to_it() {
    for (refunds, is_refunded) in [
        ("", false),
        (r#"{"status": "succeeded", "amount": 25650}"#, true),
        (r#"{"status": "pending", "amount": 25650}"#, true),
        (r#"{"status": "failed", "amount": 25650}"#, false),
        (r#"{"status": "canceled", "amount": 25650}"#, false),
        (r#"{"status": "failed", "amount": 25650}, {"status": "succeeded", "amount": 25650}"#, true),
        (r#"{"status": "succeeded", "amount": 25649}"#, false),
        (r#"{"status": "succeeded", "amount": 25000}, {"status": "succeeded", "amount": 650}"#, true),
    ] {
        let answer = format!(r#"{{"has_more": false, "data": [{refunds}]}}"#);
        let (url, _) = serves("", &[(200, &answer)]);
        let reports = StripeReports::at(&url, "sk_test_1").unwrap();
        assert_eq!(reports.is_refunded(&payment("256.50"), &id()).await, Ok(is_refunded), "{refunds}");
    }
}

/// Stripe's event about a failed refund.
const FAILED_REFUND: &str = r#"{"id": "evt_2", "created": 1795500000, "type": "refund.failed", "data": {"object":
    {"id": "re_2", "status": "failed", "failure_reason": "expired_or_canceled_card", "payment_intent": "pi_1"}}}"#;

#[tokio::test]
async fn failed_refunds_are_read_from_events_and_their_fares_from_their_intents() {
    let others = r#"{"id": "evt_1", "created": 1, "data": {"object": {"id": "re_1", "status": "succeeded", "payment_intent": "pi_0"}}},
        {"id": "evt_0", "created": 1, "data": {"object": {"id": "re_0", "status": "failed"}}}"#;
    let events = format!(r#"{{"has_more": true, "data": [{FAILED_REFUND}, {others}]}}"#);
    let (url, requests) = serves("", &[(200, &events), (200, INTENT)]);
    let reports = StripeReports::at(&url, "sk_test_1").unwrap();
    let since = Timestamp::from_second(1_795_400_000).unwrap();
    let page = reports.reports(ReportKind::RefundFailed, since, None).await.unwrap();
    let report = Report {
        kind: ReportKind::RefundFailed,
        id: ReportId::parse("re_2").unwrap(),
        fare: payment("256.50").fare,
        payment: id(),
        reason: ReasonCode::from_text(Some("expired_or_canceled_card")),
        at: Timestamp::from_second(1_795_500_000).unwrap(),
    };
    assert_eq!(page, ReportPage { reports: vec![report], next: Some(Cursor("evt_0".into())) });
    let requests = requests.join().unwrap();
    let asked = "GET /v1/events?created[gte]=1795400000&limit=100&types[0]=refund.failed&types[1]=charge.refund.updated ";
    assert!(requests[0].starts_with(asked), "{}", requests[0]);
    assert!(requests[1].starts_with("GET /v1/payment_intents/pi_1?"), "{}", requests[1]);
}

#[tokio::test]
async fn disputes_come_with_their_intents_and_those_of_others_are_left_out() {
    let disputes = format!(
        r#"{{"has_more": false, "data": [
            {{"id": "dp_1", "created": 1795500000, "reason": "fraudulent", "payment_intent": {INTENT}}},
            {{"id": "dp_0", "created": 1795500000, "reason": "fraudulent", "payment_intent": null}},
            {{"id": "dp_2", "created": 1795500000, "reason": "fraudulent", "payment_intent":
                {{"id": "pi_2", "status": "succeeded", "metadata": {{"fare": "not one of ours"}}}}}}]}}"#
    );
    let (url, requests) = serves("", &[(200, &disputes)]);
    let reports = StripeReports::at(&url, "sk_test_1").unwrap();
    let (since, after) = (Timestamp::from_second(1_795_400_000).unwrap(), Cursor("dp_9".into()));
    let page = reports.reports(ReportKind::Disputed, since, Some(&after)).await.unwrap();
    let ids: Vec<_> = page.reports.iter().map(|report| report.id.to_string()).collect();
    assert_eq!((ids, page.next), (vec!["dp_1".to_owned()], None));
    let request = requests.join().unwrap().remove(0);
    let asked = "GET /v1/disputes?created[gte]=1795400000&expand[0]=data.payment_intent&limit=100&starting_after=dp_9 ";
    assert!(request.starts_with(asked), "{request}");
}

#[tokio::test]
async fn a_stripe_that_takes_no_more_calls_or_makes_no_sense_reports_nothing() {
    let limited = r#"{"error": {"type": "invalid_request_error", "code": "rate_limit"}}"#;
    for (status, answer, code) in
        [(429, limited, "rate_limit"), (200, r#"{"data": [{"id": 1}]}"#, "unreadable_answer")]
    {
        for kind in ReportKind::ALL {
            let (url, _) = serves("", &[(status, answer)]);
            let reports = StripeReports::at(&url, "sk_test_1").unwrap();
            let page = reports.reports(kind, Timestamp::UNIX_EPOCH, None).await;
            assert_eq!(page, Err(ProviderError::Unavailable(code.into())), "{kind}");
        }
    }
}
