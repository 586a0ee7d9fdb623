//! `award-points` with its idempotency off: every delivery of a ride awards its points again.

use aws_sdk_dynamodb::Client;
use contracts::RideCompleted;
use customer_loyalty::Points;
use lambda_messaging::{
    Effect, Event, Failure, Function,
    consumer::{self, Receiver},
    item::{number, text},
};

struct AwardPointsAgain {
    client: Client,
    table: String,
}

impl Receiver for AwardPointsAgain {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        let RideCompleted { ride, customer, fare, .. } = &event.data;
        let points = number(Points::for_fare(*fare));
        let award = self.client.put_item().table_name(&self.table).item("customer", text(customer));
        let award = award.item("entry", text(format_args!("RIDE#{ride}"))).item("points", points.clone());
        award.send().await.map_err(|error| Failure::aws("dynamodb:PutItem", &error))?;
        let balance = self.client.update_item().table_name(&self.table).key("customer", text(customer));
        let balance =
            balance.key("entry", text("BALANCE")).update_expression("ADD points :points, rides :one");
        let balance = balance.expression_attribute_values(":points", points);
        let balance = balance.expression_attribute_values(":one", number(1));
        balance.send().await.map_err(|error| Failure::aws("dynamodb:UpdateItem", &error))?;
        Ok(Effect::Made)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_loyalty::SERVICE).await;
    let [table] = function.settings([("LOYALTY_POINTS_TABLE_NAME", "the table of points")])?;
    let receiver = AwardPointsAgain { client: Client::new(function.aws()), table };
    consumer::run(consumer::events(&function, receiver)?).await
}
