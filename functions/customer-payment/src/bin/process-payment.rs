//! A request of the fare collection saga → a step of the fare's payment, answered by task token.

use aws_sdk_dynamodb::Client;
use customer_payment::{
    Payments, ProcessPayment, Saga,
    provider::{ConfiguredProvider, PaymentMethods, PaymentProvider, Simulated, Stripe, stripe_key},
};
use lambda_messaging::{Function, consumer};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start(customer_payment::SERVICE).await;
    match ConfiguredProvider::from_function(&function)? {
        ConfiguredProvider::Simulated { table } => {
            run(&function, Simulated::new(Client::new(function.aws()), table)).await
        }
        ConfiguredProvider::Stripe => run(&function, stripe(&function).await?).await,
    }
}

async fn stripe(function: &Function) -> Result<Stripe, Error> {
    let [currency, methods] = function.settings([
        ("CURRENCY", "the deployment's one currency, as in EUR"),
        ("PAYMENT_METHODS_TABLE_NAME", "the table of customers' payment methods at Stripe"),
    ])?;
    let key = stripe_key(function).await?;
    let methods = PaymentMethods::new(Client::new(function.aws()), methods);
    Ok(Stripe::new(&key, &currency, methods)?)
}

async fn run(function: &Function, provider: impl PaymentProvider) -> Result<(), Error> {
    let [payments] = function.settings([("PAYMENTS_TABLE_NAME", "the table of payments")])?;
    let payments = Payments::new(Client::new(function.aws()), payments);
    let saga = Saga::new(aws_sdk_sfn::Client::new(function.aws()));
    consumer::run(consumer::events_in_order(function, ProcessPayment::new(payments, provider, saga))?).await
}
