//! A completed ride → loyalty points.

use customer_loyalty::{AwardPoints, LoyaltyPoints};
use lambda_messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_loyalty::SERVICE).await;
    let [table] = function.settings([("LOYALTY_POINTS_TABLE_NAME", "the table of points")])?;
    let points = LoyaltyPoints::new(table);
    consumer::run(consumer::joined_entries(&function, AwardPoints::new(points))?).await
}
