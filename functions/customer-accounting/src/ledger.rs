//! The ledger: entries are added, never changed. A fare's entries stand together under its id, one of each kind.

use aws_sdk_dynamodb::Client;
use domain::RideCompleted;
use messaging::{
    Failure,
    once::{self, Written, number, text},
};

/// The Ledger table.
#[derive(Debug)]
pub struct Ledger {
    client: Client,
    table: String,
}

impl Ledger {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Enters what a ride costs. The fare's id is the ride's, so a ride can't be entered twice.
    pub(crate) async fn open_fare(&self, ride: &RideCompleted) -> Result<Written, Failure> {
        let entry = once::item([
            ("fareId", text(ride.ride)),
            ("entry", text("OPENED")),
            ("customer", text(&ride.customer)),
            ("amount", number(ride.fare)),
        ]);
        once::put(&self.client, &self.table, "fareId", entry).await
    }
}
