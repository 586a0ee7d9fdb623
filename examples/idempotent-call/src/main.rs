//! Pays sellers through the APIs of their banks, each payout once.

mod bank;

use aws_sdk_dynamodb::Client;
use bank::Banks;
use jiff::SignedDuration;
use lambda_messaging::{
    Effect, Event, EventPayload, Failure, Function, Service,
    consumer::{self, Receiver},
    idempotent_call::{Api, Calls},
};
use serde::Deserialize;

/// The time for which the banks promise to know a key.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// The time for which one delivery may be calling: longer than the function's timeout.
const LEASE: SignedDuration = SignedDuration::from_secs(15);

/// A seller is to be paid.
#[derive(Debug, Deserialize)]
struct PayoutDue {
    payout: String,
    seller: String,
    cents: u64,
}

impl EventPayload for PayoutDue {
    const TYPE: &'static str = "PayoutDue";

    fn id(&self) -> String {
        self.payout.clone()
    }

    fn subject(&self) -> String {
        format!("seller/{}", self.seller)
    }
}

struct PaySeller {
    banks: Banks,
    calls: Calls,
}

impl Receiver for PaySeller {
    type Payload = PayoutDue;

    async fn receive(&self, event: Event<PayoutDue>) -> Result<Effect, Failure> {
        let PayoutDue { payout, seller, cents } = &event.data;
        let url = self.banks.url_of(seller).await?;
        let request = bank::Payout { seller, cents: *cents };
        let paid = self.calls.make(payout, &request, async |key| self.banks.pay(&url, &request, key).await);
        // An outcome that stays unknown is left to a person: the message goes to the dead-letter queue.
        let (_, effect) = paid.await?.known()?;
        Ok(effect)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Examples", "idempotent-call")).await;
    let [sellers, calls] = function.settings([
        ("SELLERS_TABLE_NAME", "the table of sellers, with the address of each one's bank"),
        ("CALLS_TABLE_NAME", "the table of calls to banks"),
    ])?;
    let dynamodb = Client::new(function.aws());
    let banks = Banks::new(dynamodb.clone(), sellers)?;
    let calls = Calls::new(dynamodb, calls, Api::WithKeys { remembered: REMEMBERED }, LEASE);
    consumer::run(consumer::events(&function, PaySeller { banks, calls })?).await
}
