//! Bad input at this service's triggers.

use aws_sdk_dynamodb::Client;
use contracts::RideCompleted;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{Event, Function, consumer};

use crate::{CreditAccount, FareCollection, Ledger, OpenFare};

fn ledger(function: &Function) -> Ledger {
    Ledger::new(Client::new(function.aws()), "ledger".into())
}

#[tokio::test]
async fn open_fare() {
    let aws = Aws::default();
    let function = aws.function();
    let collection = FareCollection::new(aws_sdk_sfn::Client::new(function.aws()), "machine".into());
    let consume = consumer::events(&function, OpenFare::new(ledger(&function), collection)).unwrap();
    let is_valid = trigger::only_if(|body| Event::<RideCompleted>::parse(body).is_ok());
    trigger::queue(&aws, &[&example("envelope/ride-completed.json")], consume, is_valid).await;
}

#[tokio::test]
async fn credit_account() {
    let aws = Aws::default();
    let credit = CreditAccount::new(ledger(&aws.function()), "_fail_credit".into());
    let examples = ["credit", "reverse"].map(|action| example(&format!("credit_request/{action}.json")));
    trigger::invocation(&aws, &[&examples[0], &examples[1]], async |request| credit.handle(request).await)
        .await;
}
