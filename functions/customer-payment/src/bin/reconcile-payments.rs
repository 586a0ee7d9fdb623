//! A schedule → what the payment provider reported since, learned by our record and by people.

use aws_sdk_dynamodb::Client;
use customer_payment::{
    Payments, ReconcilePayments, Review,
    provider::{ProviderReports, SimulatedReports, StripeReports, stripe_key},
};
use lambda_messaging::Function;
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start(customer_payment::SERVICE).await;
    let [provider] = function.settings([("PAYMENT_PROVIDER", "who moves the money: simulated or stripe")])?;
    match provider.as_str() {
        "simulated" => {
            let table = ("SIMULATED_PROVIDER_TABLE_NAME", "what the simulated provider remembers");
            let [table] = function.settings([table])?;
            run(&function, SimulatedReports::new(Client::new(function.aws()), table)).await
        }
        "stripe" => run(&function, StripeReports::new(&stripe_key(&function).await?)?).await,
        _ => Err("PAYMENT_PROVIDER must be simulated or stripe".into()),
    }
}

async fn run(function: &Function, provider: impl ProviderReports) -> Result<(), Error> {
    let [payments, state_machine, look_back] = function.settings([
        ("PAYMENTS_TABLE_NAME", "where each fare's payment stands"),
        ("FARE_COLLECTION_STATE_MACHINE_ARN", "the state machine that tells people"),
        ("LOOK_BACK_DAYS", "for how many days back the provider is asked, as in 7"),
    ])?;
    let look_back = look_back.parse().map_err(|_| "LOOK_BACK_DAYS must be a number of days, as in 7")?;
    let payments = Payments::new(Client::new(function.aws()), payments);
    let review = Review::new(aws_sdk_sfn::Client::new(function.aws()), state_machine);
    let reconcile = ReconcilePayments::new(payments, provider, review, look_back);
    lambda_runtime::run(service_fn(|event| reconcile.handle(event))).await
}
