//! A schedule → the payment provider's later reports, recorded and sent to people.

use aws_sdk_dynamodb::Client;
use customer_payment::{
    Payments, ReconcilePayments, Review,
    provider::{ConfiguredProvider, ProviderReports, SimulatedReports, StripeReports, stripe_key},
};
use lambda_messaging::Function;
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start(customer_payment::SERVICE).await;
    match ConfiguredProvider::from_function(&function)? {
        ConfiguredProvider::Simulated { table } => {
            run(&function, SimulatedReports::new(Client::new(function.aws()), table)).await
        }
        ConfiguredProvider::Stripe => {
            run(&function, StripeReports::new(&stripe_key(&function).await?)?).await
        }
    }
}

async fn run(function: &Function, provider: impl ProviderReports) -> Result<(), Error> {
    let [payments, state_machine, look_back] = function.settings([
        ("PAYMENTS_TABLE_NAME", "the table of payments"),
        ("FARE_COLLECTION_STATE_MACHINE_ARN", "the state machine that tells people"),
        ("LOOK_BACK_DAYS", "the days back that the provider is asked about, as in 7"),
    ])?;
    let look_back = look_back.parse().map_err(|_| "LOOK_BACK_DAYS must be a number of days, as in 7")?;
    let payments = Payments::new(Client::new(function.aws()), payments);
    let review = Review::new(aws_sdk_sfn::Client::new(function.aws()), state_machine);
    let reconcile = ReconcilePayments::new(payments, provider, review, look_back);
    lambda_runtime::run(service_fn(|event| reconcile.handle(event))).await
}
