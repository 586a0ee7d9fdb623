//! Reports in any order, repeated, and with runs that end at any point: the record is right in the end, and people are notified once.

mod books;

use std::collections::HashSet;

use contracts::RideId;
use lambda_messaging::item::text;

use self::books::{Books, Condition};
use super::*;
use crate::provider::{PaymentId, ReasonCode, ReportId};

fn report(kind: ReportKind, fare: RideId, id: &str) -> Report {
    Report {
        kind,
        id: ReportId::parse(id).unwrap(),
        fare,
        payment: PaymentId("pi_1".into()),
        reason: ReasonCode::from_text(Some("expired_or_canceled_card")),
        at: Timestamp::now(),
    }
}

fn failed(fare: RideId, id: &str) -> Report {
    report(ReportKind::RefundFailed, fare, id)
}

fn came_to(learned: u32, known: u32, ignored: u32) -> Reconciled {
    Reconciled { learned, known, ignored }
}

#[tokio::test]
async fn a_refund_that_failed_later_leaves_the_payment_captured_and_its_key_spent_and_people_told() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!(books.stands(fare), ("CAPTURED".into(), Some("1".into())));
    assert_eq!(books.value(fare, "refundFailure").as_deref(), Some("expired_or_canceled_card"));
    let around = books.world.lock().unwrap();
    assert_eq!(around.executions, HashSet::from([format!("{fare}-re_1")]));
    let input = &around.inputs[0];
    assert_eq!(input["reported"]["kind"], "refund-failed");
    assert_eq!(input["compensationFailure"]["Cause"], "expired_or_canceled_card");
    for field in ["fareId", "customer", "amount", "correlationId", "traceparent", "failure"] {
        assert!(!input[field].is_null(), "a state machine that reads {field} fails without it");
    }
}

#[tokio::test]
async fn a_dispute_leaves_the_payment_as_it_stands_and_people_are_told() {
    let books = Books::new();
    let fare = books.have("CAPTURED");
    books.report(&[report(ReportKind::Disputed, fare, "dp_1")]);
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!(books.stands(fare), ("CAPTURED".into(), None));
    assert_eq!(books.value(fare, "disputeId").as_deref(), Some("dp_1"));
    assert_eq!(books.value(fare, "disputeReason").as_deref(), Some("expired_or_canceled_card"));
    assert!(books.value(fare, "disputedAt").is_some());
    let around = books.world.lock().unwrap();
    assert!(around.inputs[0].get("compensationFailure").is_none(), "nothing is to be taken back");
}

#[tokio::test]
async fn a_report_that_comes_again_changes_nothing_and_notifies_no_one() {
    let books = Books::new();
    let (refunded, disputed) = (books.have("REFUNDED"), books.have("CAPTURED"));
    let reports = [failed(refunded, "re_1"), report(ReportKind::Disputed, disputed, "dp_1")];
    books.report(&[reports[0].clone(), reports[0].clone(), reports[1].clone()]);
    assert_eq!(books.run().await, Ok(came_to(2, 1, 0)));
    assert_eq!(books.run().await, Ok(came_to(0, 3, 0)));
    assert_eq!((books.stands(refunded).1, books.told()), (Some("1".into()), 2));
}

#[tokio::test]
async fn an_old_failure_undoes_no_later_refund_and_a_new_one_does() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    books.run().await.unwrap();
    // It was refunded again.
    let again = |books: &Books| {
        let mut around = books.world.lock().unwrap();
        around.records.get_mut(&fare.to_string()).unwrap().insert("status".into(), text("REFUNDED"));
    };
    again(&books);
    assert_eq!(books.run().await, Ok(came_to(0, 1, 0)));
    assert_eq!(books.stands(fare), ("REFUNDED".into(), Some("1".into())));
    books.report(&[failed(fare, "re_2")]);
    assert_eq!(books.run().await, Ok(came_to(1, 1, 0)));
    assert_eq!(books.stands(fare), ("CAPTURED".into(), Some("2".into())));
    assert_eq!(books.told(), 2);
}

#[tokio::test]
async fn a_refund_that_was_made_up_for_otherwise_is_no_news() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.world.lock().unwrap().is_refunded = true;
    books.report(&[failed(fare, "re_1")]);
    assert_eq!(books.run().await, Ok(came_to(0, 0, 1)));
    assert_eq!((books.stands(fare), books.told()), (("REFUNDED".into(), None), 0));
}

#[tokio::test]
async fn a_refund_that_failed_at_once_spends_its_key_and_is_the_sagas_to_tell() {
    let books = Books::new();
    let fare = books.have("CAPTURED");
    books.report(&[failed(fare, "re_1")]);
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!(books.run().await, Ok(came_to(0, 1, 0)));
    assert_eq!((books.stands(fare), books.told()), (("CAPTURED".into(), Some("1".into())), 0));
}

#[tokio::test]
async fn a_run_that_dies_before_it_has_told_is_completed_by_the_next_one() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    books.world.lock().unwrap().is_mute = true;
    assert_eq!(books.run().await, Err("InternalFailure".into()));
    assert_eq!(books.stands(fare), ("CAPTURED".into(), Some("1".into())));
    books.world.lock().unwrap().is_mute = false;
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!((books.stands(fare).1, books.told()), (Some("1".into()), 1));
}

#[tokio::test]
async fn a_run_that_dies_after_it_has_told_tells_nobody_twice() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    books.run().await.unwrap();
    books.world.lock().unwrap().records.get_mut(&fare.to_string()).unwrap().remove("reportsTold");
    assert_eq!(books.run().await, Ok(came_to(1, 0, 0)));
    assert_eq!((books.stands(fare).1, books.told()), (Some("1".into()), 1));
}

#[tokio::test]
async fn a_report_about_another_payment_or_one_that_took_nothing_is_ignored() {
    let books = Books::new();
    let other = Report { payment: PaymentId("pi_other".into()), ..failed(books.have("REFUNDED"), "re_1") };
    let voided = failed(books.have("VOIDED"), "re_2");
    let stranger = report(ReportKind::Disputed, RideId::new(), "dp_1");
    books.report(&[other.clone(), voided.clone(), stranger]);
    assert_eq!(books.run().await, Ok(came_to(0, 0, 3)));
    assert_eq!(books.stands(other.fare), ("REFUNDED".into(), None));
    assert_eq!((books.stands(voided.fare), books.told()), (("VOIDED".into(), None), 0));
}

#[tokio::test]
async fn every_page_of_reports_is_handled() {
    let books = Books::new();
    let fares = [(); 3].map(|()| books.have("REFUNDED"));
    for (n, fare) in fares.iter().enumerate() {
        books.report(&[failed(*fare, &format!("re_{n}"))]);
    }
    assert_eq!(books.run().await, Ok(came_to(3, 0, 0)));
}

#[tokio::test]
async fn a_throttled_provider_ends_the_run_and_what_was_learned_stays_learned() {
    let books = Books::new();
    let fare = books.have("REFUNDED");
    books.report(&[failed(fare, "re_1")]);
    books.world.lock().unwrap().provider = Condition::Throttling;
    assert_eq!(books.run().await, Err("PaymentProviderUnavailable".into()));
    assert_eq!((books.stands(fare).0.as_str(), books.told()), ("CAPTURED", 1));
}

#[tokio::test]
async fn a_record_that_makes_no_sense_keeps_no_other_from_being_learned_and_the_run_says_so() {
    let books = Books::new();
    let (broken, fare) = (books.have("NONSENSE"), books.have("REFUNDED"));
    books.report(&[failed(broken, "re_1"), failed(fare, "re_2")]);
    assert_eq!(books.run().await, Err("MalformedPayment".into()));
    assert_eq!(books.stands(fare).0, "CAPTURED");
}

#[tokio::test]
async fn a_run_ends_before_its_function_does() {
    let books = Books::new();
    books.world.lock().unwrap().provider = Condition::Hanging;
    assert_eq!(books.run_for(50).await, Err("OutOfTime".into()));
}
