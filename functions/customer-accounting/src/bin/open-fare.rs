//! A completed ride → an open fare in the ledger, and its collection under way.

use aws_sdk_dynamodb::Client;
use customer_accounting::{FareCollection, Ledger, OpenFare};
use lambda_messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_accounting::SERVICE).await;
    let [table, state_machine] = function.settings([
        ("LEDGER_TABLE_NAME", "the ledger"),
        ("FARE_COLLECTION_STATE_MACHINE_ARN", "the state machine that collects fares"),
    ])?;
    let ledger = Ledger::new(Client::new(function.aws()), table);
    let collection = FareCollection::new(aws_sdk_sfn::Client::new(function.aws()), state_machine);
    consumer::run(consumer::events(&function, OpenFare::new(ledger, collection))?).await
}
