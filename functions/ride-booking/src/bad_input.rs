//! Bad input at this service's triggers.

use aws_sdk_dynamodb::Client;
use contracts::{HerdName, PrebookingId, RfqId};
use function_testkit::{
    Aws,
    aws::Call,
    example,
    trigger::{self, Handled},
};
use lambda_messaging::{
    Event, Function, IncomingPayload, api, consumer,
    idempotency_key::KeyedTable,
    outbox::{self, Outbox},
    publisher::Publisher,
};
use serde_json::Value;
use tokio::time::{Duration, sleep, timeout};

use crate::{
    CollectQuotes, Herds, InstantRideRfq, LastKnownHerds, Prebookings, ProcessRidePrebooking,
    PublishInstantRideRfqs, QueryInstantRideRfq, QueryRidePrebooking, ReplyWithin, Rfqs,
    SubmitInstantRideRfq, SubmitRidePrebooking, Subscribers,
};

const ID: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";

fn bookings(function: &Function) -> Prebookings {
    Prebookings::new(Client::new(function.aws()), "bookings".into())
}

fn rfqs(function: &Function) -> Rfqs {
    Rfqs::new(Client::new(function.aws()), "rfqs".into())
}

fn topic(function: &Function) -> Publisher {
    Publisher::new(aws_sdk_sns::Client::new(function.aws()), "topic".into())
}

/// A submission has already been accepted when the function reads it. So an invalid one is not dead-lettered: it is stored and
/// published as rejected.
#[tokio::test]
async fn submit_ride_prebooking() {
    let aws = Aws::default();
    let function = aws.function();
    let receiver = SubmitRidePrebooking::new(bookings(&function), topic(&function));
    let consume = consumer::message_batches(&function, receiver).unwrap();
    let types = |call: &Call| -> Vec<String> {
        let events = call.messages().into_iter().map(|event| serde_json::from_str::<Value>(&event).unwrap());
        events.map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let judge = |handled: &Handled| {
        let [stored, published] = handled.effects.as_slice() else {
            return Err(format!("it was not stored and published: {:?}", handled.dead_letter));
        };
        let ends = [("SUBMITTED", "PrebookingSubmitted"), ("REJECTED", "PrebookingRejected")];
        let alike =
            |(status, event): &(&str, &str)| stored.body.contains(status) && types(published) == [*event];
        if ends.iter().any(alike) {
            Ok(())
        } else {
            Err("the stored status is not the published one".to_owned())
        }
    };
    trigger::queue(&aws, &[&example("prebooking/prebooking.json")], consume, judge).await;
}

#[tokio::test]
async fn process_ride_prebooking() {
    let aws = Aws::default();
    let function = aws.function();
    let consume = consumer::events(&function, ProcessRidePrebooking::new(bookings(&function))).unwrap();
    let is_valid = trigger::only_if(|body| parses_as(&ProcessRidePrebooking::new(bookings(&function)), body));
    let examples =
        ["prebooking-submitted", "prebooking-rejected"].map(|name| example(&format!("envelope/{name}.json")));
    trigger::queue(&aws, &[&examples[0], &examples[1]], consume, is_valid).await;
}

#[tokio::test]
async fn query_ride_prebooking() {
    let aws = Aws::default();
    aws.answer("GetItem", format!(r#"{{"Item":{{"id":{{"S":"{ID}"}},"status":{{"S":"SUBMITTED"}}}}}}"#));
    let query = QueryRidePrebooking::new(bookings(&aws.function()));
    let is_valid = |request: &api::Request| {
        api::path_parameter(request, "id").is_some_and(|id| PrebookingId::parse(&id).is_ok())
    };
    trigger::query(&aws, ID, async |request| query.handle(request).await, is_valid).await;
}

/// SNS's answer about a topic that these queues are subscribed to.
pub fn subscribed(queues: &[&str]) -> String {
    let subscribed = |queue: &&str| format!("<member><Endpoint>arn:aws:sqs:r:1:{queue}</Endpoint></member>");
    let members: String = queues.iter().map(subscribed).collect();
    let result = format!("<Subscriptions>{members}</Subscriptions>");
    let result = format!("<ListSubscriptionsByTopicResult>{result}</ListSubscriptionsByTopicResult>");
    format!("<ListSubscriptionsByTopicResponse>{result}</ListSubscriptionsByTopicResponse>")
}

#[tokio::test]
async fn submit_instant_ride_rfq() {
    let aws = Aws::default();
    aws.answer("ListSubscriptionsByTopic", subscribed(&["herd-rainbow", "herd-stardust"]));
    let function = aws.function();
    let known = LastKnownHerds::new(Client::new(function.aws()), "known".into());
    let herds = Herds::new(Subscribers::new(&function, "topic".into(), "herd-".into()), known);
    // The first list is shared with other environments a little later, which is no request's effect.
    herds.all().await.unwrap();
    let is_shared = async || {
        while !aws.take_calls().iter().any(Call::is_effect) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_mins(1), is_shared()).await.unwrap();
    let keyed = KeyedTable::new(Client::new(function.aws()), "rfqs".into(), "keys".into());
    let submit = SubmitInstantRideRfq::new(rfqs(&function), keyed, herds, ReplyWithin::parse("5").unwrap());
    let known = ["rainbow", "stardust"].map(|herd| HerdName::parse(herd).unwrap());
    let examples = ["rfq", "rfq-to-some"].map(|rfq| example(&format!("rfq/{rfq}.json")));
    let handle = async |request: &api::Request| submit.handle(request).await;
    trigger::post(&aws, &[&examples[0], &examples[1]], handle, |request| {
        let fields = api::json_body(request).and_then(api::json_object);
        fields.is_ok_and(|fields| InstantRideRfq::parse(&fields, &known).is_ok())
            && api::idempotency_key(request).is_ok()
    })
    .await;
}

#[tokio::test]
async fn publish_instant_ride_rfqs() {
    let aws = Aws::default();
    let function = aws.function();
    let outbox = |function: &Function| {
        let sqs = aws_sdk_sqs::Client::new(function.aws());
        PublishInstantRideRfqs::new(topic(function), sqs, "responses".into())
    };
    let handle = outbox::handler(&function, outbox(&function)).unwrap();
    let reader = outbox(&function);
    trigger::stream(&aws, &[&example("rfq_row/rfq.json")], handle, |row| reader.read(row).is_ok()).await;
}

#[tokio::test]
async fn collect_quotes() {
    let aws = Aws::default();
    let function = aws.function();
    let consume = consumer::events(&function, CollectQuotes::new(rfqs(&function))).unwrap();
    let is_valid = trigger::only_if(|body| parses_as(&CollectQuotes::new(rfqs(&function)), body));
    let examples =
        ["ride-quoted", "rfq-deadline-reached"].map(|name| example(&format!("envelope/{name}.json")));
    trigger::queue(&aws, &[&examples[0], &examples[1]], consume, is_valid).await;
}

/// True if the message is an event that the receiver accepts.
fn parses_as<R: consumer::Receiver>(_: &R, body: &str) -> bool
where
    R::Payload: IncomingPayload,
{
    Event::<R::Payload>::parse(body).is_ok()
}

#[tokio::test]
async fn query_instant_ride_rfq() {
    let aws = Aws::default();
    aws.answer("GetItem", format!(r#"{{"Item":{}}}"#, example("stored_rfq/closed.json")));
    let query = QueryInstantRideRfq::new(rfqs(&aws.function()));
    let is_valid = |request: &api::Request| {
        api::path_parameter(request, "id").is_some_and(|id| RfqId::parse(&id).is_ok())
    };
    trigger::query(&aws, ID, async |request| query.handle(request).await, is_valid).await;
}
