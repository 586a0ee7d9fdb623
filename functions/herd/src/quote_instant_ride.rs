//! Quotes instant rides for a herd.

use contracts::{QuotesRequested, RideQuoted};
use jiff::Timestamp;
use lambda_messaging::{
    Effect, Event, Failure, TraceParent, consumer::Receiver, return_address::ReturnAddresses,
};

use crate::{PriceList, SOURCE};

/// The receiver of requests for quotes, for one herd. It keeps no record of its quotes: the same request gets the same quote, and the
/// requester counts a responder once.
#[derive(Debug)]
pub struct QuoteInstantRide {
    prices: PriceList,
    return_addresses: ReturnAddresses,
}

impl QuoteInstantRide {
    /// Quotes from this price list, to one of these return addresses.
    #[must_use]
    pub fn new(prices: PriceList, return_addresses: ReturnAddresses) -> Self {
        Self { prices, return_addresses }
    }
}

impl Receiver for QuoteInstantRide {
    type Payload = QuotesRequested;

    async fn receive(&self, event: Event<QuotesRequested>) -> Result<Effect, Failure> {
        let request = &event.data;
        let return_address = self.return_addresses.check(&request.reply_to)?;
        if !request.herds.contains(&self.prices.herd) {
            return Ok(Effect::Nothing("it wasn't asked"));
        }
        let Some(quote) = self.prices.quote(&request.from, &request.to) else {
            return Ok(Effect::Nothing("it has no unicorn free"));
        };
        let now = Timestamp::now();
        let Ok(time_left) = request.reply_by.duration_since(now).try_into() else {
            return Ok(Effect::Nothing("the request has expired"));
        };
        let answer = RideQuoted { rfq: request.rfq, quote };
        let mut answer = Event::new(SOURCE, now, event.correlationid, answer);
        answer.traceparent = event.traceparent.map(TraceParent::child);
        match tokio::time::timeout(time_left, return_address.answer(answer.to_json()?)).await {
            Ok(answered) => answered.map(|()| Effect::Made),
            Err(_) => Ok(Effect::Nothing("the request expired before the answer was sent")),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::{
        Client,
        operation::send_message::{SendMessageError, SendMessageOutput},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use contracts::{HerdName, Place, Quote, RfqId};
    use jiff::SignedDuration;
    use lambda_messaging::CorrelationId;

    use super::*;
    use crate::RawPriceList;

    const RESPONSES: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/responses";

    fn prices(availability_percent: &str) -> PriceList {
        PriceList::parse(RawPriceList {
            herd: "rainbow",
            price_per_km: "2.00",
            pickup_minutes: "7",
            availability_percent,
            seed: "1",
        })
        .unwrap()
    }

    fn request() -> QuotesRequested {
        QuotesRequested {
            rfq: RfqId::parse("0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10").unwrap(),
            from: Place::parse("Berlin").unwrap(),
            to: Place::parse("Bonn").unwrap(),
            herds: ["rainbow", "stardust"].map(|herd| HerdName::parse(herd).unwrap()).into(),
            reply_to: RESPONSES.to_owned(),
            reply_by: Timestamp::now() + SignedDuration::from_secs(60),
        }
    }

    async fn receive(rule: &Rule, availability: &str, request: QuotesRequested) -> Result<Effect, Failure> {
        let client: Client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [rule]);
        let return_addresses = ReturnAddresses::new(client, RESPONSES);
        let event = Event::new("/test", Timestamp::now(), CorrelationId::parse("c-1").unwrap(), request);
        QuoteInstantRide::new(prices(availability), return_addresses).receive(event).await
    }

    fn answering() -> Rule {
        mock!(Client::send_message)
            .match_requests(|send| {
                let answer = Event::<RideQuoted>::parse(send.message_body().unwrap()).unwrap();
                let quote: Option<Quote> = prices("100").quote(&request().from, &request().to);
                send.queue_url() == Some(RESPONSES)
                    && answer.data.rfq == request().rfq
                    && Some(answer.data.quote) == quote
                    && answer.correlationid.as_str() == "c-1"
            })
            .then_output(|| SendMessageOutput::builder().build())
    }

    #[tokio::test]
    async fn a_herd_that_is_asked_answers_from_its_price_list_to_the_return_address() {
        let rule = answering();
        assert_eq!(receive(&rule, "100", request()).await, Ok(Effect::Made));
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn it_is_silent_if_it_has_nothing_free_was_not_asked_or_it_is_too_late() {
        let rule = answering();
        let only_another = vec![HerdName::parse("stardust").unwrap()];
        for (availability, request) in [
            ("0", request()),
            ("100", QuotesRequested { herds: only_another, ..request() }),
            ("100", QuotesRequested { reply_by: Timestamp::now(), ..request() }),
            ("100", QuotesRequested { reply_by: Timestamp::UNIX_EPOCH, ..request() }),
        ] {
            let effect = receive(&rule, availability, request).await;
            assert!(matches!(effect, Ok(Effect::Nothing(_))), "{effect:?}");
        }
        assert_eq!(rule.num_calls(), 0);
    }

    #[tokio::test]
    async fn nothing_is_sent_to_an_address_that_is_not_ours() {
        let rule = answering();
        let foreign = QuotesRequested { reply_to: format!("{RESPONSES}-of-another"), ..request() };
        let failure = receive(&rule, "100", foreign).await.unwrap_err();
        assert_eq!((failure.reason().error_type.as_str(), rule.num_calls()), ("ForeignReturnAddress", 0));
    }

    #[tokio::test]
    async fn a_queue_in_trouble_keeps_the_request() {
        let rule = mock!(Client::send_message).then_error(|| {
            let error = aws_sdk_sqs::error::ErrorMetadata::builder().code("RequestThrottled").build();
            SendMessageError::generic(error)
        });
        assert!(receive(&rule, "100", request()).await.unwrap_err().is_retryable());
    }
}
