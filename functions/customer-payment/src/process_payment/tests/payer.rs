//! A customer whose fare is paid step by step.

use contracts::{CustomerId, Money, RideId};
use jiff::Timestamp;
use lambda_messaging::{CorrelationId, Effect, Event, Failure, consumer::Receiver, item::Item};

use super::{
    provider::{Provider, Saved, Trouble},
    world::{World, saga, table},
};
use crate::{Operation, PaymentRequested, Payments, ProcessPayment};

pub(super) struct Payer {
    pub world: World,
    pub receiver: ProcessPayment<Provider>,
    pub fare: RideId,
}

impl Payer {
    pub(super) fn new() -> Self {
        let world = World::default();
        world.lock().unwrap().card = Some(0);
        let payments = Payments::new(table(&world), "payments".into());
        let receiver = ProcessPayment::new(payments, Provider(world.clone()), saga(&world));
        Self { world, receiver, fare: RideId::new() }
    }

    /// One delivery of a request.
    pub(super) async fn delivers(
        &self,
        operation: Operation,
        trouble: Trouble,
        waits: bool,
    ) -> Result<Effect, Failure> {
        {
            let mut around = self.world.lock().unwrap();
            (around.trouble, around.waits) = (Some(trouble), waits);
        }
        self.receiver.receive(self.request(operation, "256.50")).await
    }

    pub(super) fn request(&self, operation: Operation, amount: &str) -> Event<PaymentRequested> {
        let request = PaymentRequested {
            fare: self.fare,
            customer: CustomerId::parse("cmr").unwrap(),
            amount: Money::parse(amount).unwrap(),
            operation,
            task_token: "token".into(),
        };
        Event::new("/test", Timestamp::now(), CorrelationId::parse("c").unwrap(), request)
    }

    pub(super) fn answers(&self) -> Vec<Result<(), String>> {
        self.world.lock().unwrap().answers.clone()
    }

    /// True if money is reserved, and the number of charges less refunds.
    pub(super) fn books(&self) -> (bool, u32) {
        let books = &self.world.lock().unwrap().books;
        (books.reserved, books.charges - books.refunds)
    }

    /// True if money is reserved or taken, or a call is under way that may still do so.
    pub(super) fn holds_anything(&self) -> bool {
        let books = &self.world.lock().unwrap().books;
        let under_way = books.calls.values().any(|(_, saved)| *saved == Saved::UnderWay);
        books.reserved || books.charges > books.refunds || under_way
    }

    pub(super) fn refuses(&self, operation: Operation) {
        self.world.lock().unwrap().books.refuses = Some(operation);
    }

    pub(super) fn pays_with(&self, card: Option<u32>) {
        self.world.lock().unwrap().card = card;
    }

    pub(super) fn record(&self) -> Item {
        self.world.lock().unwrap().record.clone().unwrap()
    }

    /// Changes the record directly.
    pub(super) fn corrupts(&self, change: impl FnOnce(&mut Item)) {
        change(self.world.lock().unwrap().record.as_mut().unwrap());
    }
}
