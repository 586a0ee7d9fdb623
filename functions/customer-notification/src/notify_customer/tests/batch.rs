//! Events that come in one batch, which is handled concurrently.

use serde_json::json;

use super::*;

/// An AWS with addresses on file of two of three customers.
fn aws_with_addresses() -> Aws {
    let aws = aws("alone@example.com");
    let contact = |customer: &str| json!({"customer": {"S": customer}, "email": {"S": address_of(customer)}});
    let found = json!({"contacts": [contact("bob"), contact("ann")]});
    aws.answer("BatchGetItem", json!({ "Responses": found }).to_string());
    aws
}

fn address_of(customer: &str) -> String {
    format!("{customer}@example.com")
}

/// Delivers an event for each of these customers, all at the same time.
async fn deliver_to(aws: &Aws, customers: [&str; 3]) -> [Result<Effect, Failure>; 3] {
    let receiver = receiver_in(aws);
    let event = |n: usize| {
        let fare = format!("0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f1{n}");
        let paid = json!({"fare": fare, "customer": customers[n], "amount": "256.50"});
        Event::parse(&sent("FareCollected", &paid)).unwrap()
    };
    let receive = |n| Box::pin(receiver.receive(Event { time: seconds_ago(HOUR), ..event(n) }));
    tokio::join!(receive(0), receive(1), receive(2)).into()
}

/// The addresses that e-mails went to.
fn addresses(calls: &[Call]) -> Vec<String> {
    let sent = calls.iter().filter(|call| call.operation == SEND).map(Call::json);
    let mut addresses: Vec<String> =
        sent.map(|sent| sent["Destination"]["ToAddresses"][0].as_str().unwrap().to_owned()).collect();
    addresses.sort_unstable();
    addresses
}

fn count(story: &[String], call: &str) -> usize {
    story.iter().filter(|made| *made == call).count()
}

#[tokio::test(start_paused = true)]
async fn the_addresses_of_a_batch_are_read_in_one_call() {
    let aws = aws_with_addresses();
    assert_eq!(deliver_to(&aws, ["ann", "bob", "ann"]).await, [const { Ok(Effect::Made) }; 3]);
    let calls = aws.take_calls();
    let looked_up = calls[0].json()["RequestItems"]["contacts"].clone();
    assert_eq!(looked_up["ConsistentRead"], true, "an address that has just come is seen");
    assert_eq!(looked_up["Keys"], json!([{"customer": {"S": "ann"}}, {"customer": {"S": "bob"}}]));
    assert_eq!(addresses(&calls), ["ann", "ann", "bob"].map(address_of));
    let story = story_of(calls);
    let counted = ["look together", "look", "SENDING", "send", "SENT"].map(|call| count(&story, call));
    assert_eq!(counted, [1, 0, 3, 3, 3], "{story:?}");
}

#[tokio::test(start_paused = true)]
async fn a_customer_without_an_address_holds_up_nobody_else() {
    let aws = aws_with_addresses();
    aws.answer("GetItem", "{}");
    let [ann, nobody, bob] = deliver_to(&aws, ["ann", "nobody", "bob"]).await;
    assert_eq!((ann, bob), (Ok(Effect::Made), Ok(Effect::Made)));
    assert_eq!(nobody, Ok(Effect::Nothing("no address on file")));
    let calls = aws.take_calls();
    assert_eq!(addresses(&calls), ["ann", "bob"].map(address_of));
    let story = story_of(calls);
    let counted = ["look together", "NO_ADDRESS", "withhold", "look"].map(|call| count(&story, call));
    assert_eq!(counted, [1, 1, 1, 1], "it is looked up again, alone: {story:?}");
}

#[tokio::test(start_paused = true)]
async fn addresses_that_can_not_be_read_together_are_read_one_by_one() {
    for (status, code) in [
        (400, "ProvisionedThroughputExceededException"),
        (400, "AccessDeniedException"),
        (500, "InternalServerError"),
    ] {
        let aws = aws_with_addresses();
        aws.refuse("BatchGetItem", usize::MAX, status, code);
        assert_eq!(deliver_to(&aws, ["ann", "bob", "ann"]).await, [const { Ok(Effect::Made) }; 3], "{code}");
        let calls = aws.take_calls();
        assert_eq!(addresses(&calls), ["alone"; 3].map(address_of), "{code}");
        let story = story_of(calls);
        let counted = ["look together", "look", "send"].map(|call| count(&story, call));
        assert_eq!(counted, [1, 3, 3], "{code}: {story:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_joined_read_without_an_answer_leaves_the_time_to_send() {
    let aws = aws_with_addresses();
    aws.answer_after("BatchGetItem", Duration::from_mins(1));
    assert_eq!(deliver_to(&aws, ["ann", "bob", "ann"]).await, [const { Ok(Effect::Made) }; 3]);
    assert_eq!(addresses(&aws.take_calls()), ["alone"; 3].map(address_of));
}
