//! Rows that are changed behind the services' backs.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::work::Work;

/// A changed row, and the findings that it leads to.
pub struct ChangedRow {
    pub what: &'static str,
    /// The service and the output that name the table.
    pub table: (&'static str, &'static str),
    pub key: Vec<(&'static str, String)>,
    /// The attribute that is set; the row is deleted if there is none.
    pub change: Option<(&'static str, AttributeValue)>,
    pub findings: &'static [&'static str],
}

/// The rows to change, each of a different kind.
pub fn changed_rows(work: &Work) -> Vec<ChangedRow> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let number = |value: &str| AttributeValue::N(value.to_owned());
    let award = format!("RIDE#{}", work.collected);
    let (ledger, fares) = (("customer-accounting", "LedgerTableName"), ("fare-collection", "FaresTableName"));
    let (payments, points) =
        (("customer-payment", "PaymentsTableName"), ("customer-loyalty", "LoyaltyPointsTableName"));
    let provider = ("customer-payment", "SimulatedProviderTableName");
    let (notifications, featured) = (
        ("customer-notification", "NotificationsTableName"),
        ("extraordinary-rides", "ExtraordinaryRidesTableName"),
    );
    let (prebookings, rfqs) = (("ride-booking", "PrebookingsTableName"), ("ride-booking", "RfqsTableName"));
    let of_ride = |table, key: &'static str, id: &str| (table, vec![(key, id.to_owned())]);
    let of_two = |table, a: (&'static str, &str), b: (&'static str, &str)| {
        (table, vec![(a.0, a.1.to_owned()), (b.0, b.1.to_owned())])
    };
    let paid = format!("{}-collected", work.collected);
    let rows: [(_, (_, _), _, &[&str]); 19] = [
        (
            "an entry is lost",
            of_two(ledger, ("fareId", &work.collected), ("entry", "OPENED")),
            None,
            &["customer-accounting: effect of RideCompleted missing or wrong"][..],
        ),
        (
            "an amount is another",
            of_two(ledger, ("fareId", &work.collected), ("entry", "OPENED")),
            Some(("amount", number("1"))),
            &["customer-accounting: effect of RideCompleted missing or wrong"],
        ),
        (
            "a credit is lost",
            of_two(ledger, ("fareId", &work.collected), ("entry", "CREDITED")),
            None,
            &[
                "customer-payment: amount captured differs from the ledger",
                "customer-accounting: collected, but not paid in full",
            ],
        ),
        (
            "a payment is refunded behind the ledger's back",
            of_ride(payments, "fareId", &work.collected),
            Some(("status", text("REFUNDED"))),
            &[
                "customer-payment: amount captured differs from the ledger",
                "customer-payment: the provider's books differ",
            ],
        ),
        (
            "a refused fare is captured all the same",
            of_ride(payments, "fareId", &work.refused),
            Some(("status", text("CAPTURED"))),
            &[
                "customer-payment: amount captured differs from the ledger",
                "customer-payment: the provider's books differ",
            ],
        ),
        (
            "a refund fails after it was made",
            of_two(provider, ("fareId", &work.refused), ("entry", "STATE")),
            Some(("state", text("CAPTURED"))),
            &["customer-payment: the provider's books differ"],
        ),
        (
            "nobody knows what became of an authorization",
            of_ride(payments, "fareId", &work.refused),
            Some(("status", text("REQUESTED"))),
            &[
                "customer-payment: given up, and its amount may still be reserved",
                "customer-payment: the provider's books differ",
            ],
        ),
        (
            "a collection hangs",
            of_ride(fares, "fareId", &work.collected),
            Some(("status", text("REGISTERED"))),
            &["fare-collection: collection has not ended"],
        ),
        (
            "a collection never began",
            of_ride(fares, "fareId", &work.collected),
            None,
            &["fare-collection: collection has not begun"],
        ),
        (
            "a collection needs review",
            of_ride(fares, "fareId", &work.collected),
            Some(("status", text("NEEDS_REVIEW"))),
            &["fare-collection: needs review: see rydes fare"],
        ),
        (
            "points are awarded twice",
            of_two(points, ("customer", &work.customer), ("entry", "BALANCE")),
            Some(("points", number("1280"))),
            &["customer-loyalty: awards don't add up to the balance"],
        ),
        (
            "an award is lost",
            of_two(points, ("customer", &work.customer), ("entry", &award)),
            None,
            &[
                "customer-loyalty: effect of RideCompleted missing or wrong",
                "customer-loyalty: awards don't add up to the balance",
            ],
        ),
        (
            "a receipt is lost",
            of_ride(notifications, "eventId", &work.collected),
            None,
            &["customer-notification: effect of RideCompleted missing or wrong"],
        ),
        (
            "a payment's e-mail is not sent",
            of_ride(notifications, "eventId", &paid),
            Some(("status", text("SENDING"))),
            &[
                "customer-notification: effect of FareCollected missing or wrong",
                "customer-notification: e-mail may have been sent: see rydes settle-email",
            ],
        ),
        (
            "an extraordinary ride isn't featured",
            of_ride(featured, "rideId", &work.collected),
            None,
            &["extraordinary-rides: effect of RideCompleted missing or wrong"],
        ),
        (
            "an ordinary ride is featured",
            of_ride(featured, "rideId", &work.ordinary),
            Some(("fare", number("49.99"))),
            &["extraordinary-rides: effect of RideCompleted that should not be there"],
        ),
        (
            "a ride that never was is featured",
            of_ride(featured, "rideId", "never"),
            Some(("fare", number("1"))),
            &["extraordinary-rides: has an effect, but was never accepted"],
        ),
        (
            "a prebooking is never decided",
            of_ride(prebookings, "id", &work.prebooking),
            Some(("status", text("SUBMITTED"))),
            &["ride-booking: effect of PrebookingSubmitted missing or wrong"],
        ),
        (
            "a request is never closed",
            of_ride(rfqs, "id", &work.rfq),
            Some(("quotes", AttributeValue::M([].into()))),
            &["ride-booking: not closed"],
        ),
    ];
    let row = |(what, (table, key), change, findings)| ChangedRow { what, table, key, change, findings };
    rows.into_iter().map(row).collect()
}
