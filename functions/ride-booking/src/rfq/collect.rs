//! The aggregator: collects the quotes for each request until every herd that was asked has answered, or the deadline has passed.

use contracts::{RfqDeadlineReached, RideQuoted};
use lambda_messaging::{
    Effect, Event, EventError, EventPayload, Failure, IncomingPayload, consumer::Receiver, json,
};
use tracing::info;

use super::{
    Rfqs,
    rfqs::{Counted, Expiry},
};

/// The receiver of the response queue's messages.
#[derive(Debug)]
pub struct CollectQuotes {
    rfqs: Rfqs,
}

/// A message in the response queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A herd has answered.
    Quoted(RideQuoted),
    /// The deadline for quotes has passed.
    Deadline(RfqDeadlineReached),
}

impl CollectQuotes {
    /// Collects quotes in this table.
    #[must_use]
    pub fn new(rfqs: Rfqs) -> Self {
        Self { rfqs }
    }
}

impl Receiver for CollectQuotes {
    type Payload = Response;

    async fn receive(&self, event: Event<Response>) -> Result<Effect, Failure> {
        match event.data {
            Response::Quoted(quoted) => match self.rfqs.count(&quoted).await? {
                Counted::InTime(written) => Ok(written.into()),
                Counted::Late(written) => {
                    info!(responder = %quoted.quote.responder, "a quote came late");
                    Ok(written.into())
                }
            },
            Response::Deadline(RfqDeadlineReached { rfq }) => match self.rfqs.expire(rfq).await? {
                Expiry::Closed(written) => Ok(written.into()),
                Expiry::AllAnswered => Ok(Effect::Nothing("all had answered")),
            },
        }
    }
}

impl IncomingPayload for Response {
    fn read(event_type: &str, data: &str) -> Result<Self, EventError> {
        match event_type {
            RideQuoted::TYPE => json::read(data).map(Self::Quoted),
            RfqDeadlineReached::TYPE => json::read(data).map(Self::Deadline),
            _ => Err(EventError::unexpected_type(&[RideQuoted::TYPE, RfqDeadlineReached::TYPE])),
        }
    }

    fn event_id(&self) -> String {
        match self {
            Self::Quoted(quoted) => quoted.id(),
            Self::Deadline(deadline) => deadline.id(),
        }
    }
}
