//! Work for an audit to look at.

use end_to_end::{Caller, Fault, Herds, Prebooking, Rfq, Ride, Saga, World, eventually, in_days, unique};

/// Rides, prebookings and requests for quotes of all sorts, and poison in every queue.
pub struct Work {
    pub collected: String,
    pub customer: String,
    pub refused: String,
    pub ordinary: String,
    pub prebooking: String,
    pub rfq: String,
}

pub async fn work(world: &World) -> Work {
    let unicorns = Caller::unicorn_management_app(world).await;
    let customers = Caller::customer_app(world).await;
    let ride = Ride::default();
    let collected = unicorns.completes(&ride).await;
    for _ in 0..3 {
        unicorns.completes(&Ride::default().with("customer", ride.customer())).await;
    }
    let failing = format!("{}_fail_credit", unique("c"));
    let refused = unicorns.completes(&Ride::default().with("customer", failing)).await;
    for ending in ["_fail_auth", "_fail_charge", "_flaky"] {
        unicorns.completes(&Ride::default().with("customer", format!("{}{ending}", unique("c")))).await;
    }
    let ordinary = unicorns.completes(&Ride::default().with("fare", "49.99")).await;
    for (fare, distance) in [("50", "20"), ("50", "19.999"), ("0", "0")] {
        unicorns.completes(&Ride::default().with("fare", fare).with("distance", distance)).await;
    }

    let prebooking = customers.prebooks(&Prebooking::default()).await;
    let key = unique("key");
    let repeated = Prebooking::default();
    for _ in 0..2 {
        customers.posts_prebooking(&repeated.json(), &[("idempotency-key", &key)]).await;
    }
    customers.posts_prebooking(&Prebooking::default().with("when", in_days(-1)).json(), &[]).await;

    let herds = Herds::deployed();
    let rfq = customers.requests_quotes(&herds.a_request_that_all_answer()).await;
    let silent: Rfq = herds.a_request_that_one_does_not_answer().with("reply-within", 1);
    let silent = customers.requests_quotes(&silent).await;
    // Its deadline is a delayed message, for which no audit waits.
    let closed = |answer: &client::Answer| answer.body["status"] == "CLOSED";
    eventually("it is closed", || customers.queries_rfq(&silent), closed).await;

    for service in world.services().await {
        world.poisons(service, &unique("{ poison")).await;
    }
    Work { collected, customer: ride.customer().to_owned(), refused, ordinary, prebooking, rfq }
}

/// A ride whose fare is left to people, by a saga with a permanent fault in this step.
pub async fn parks(world: &World, saga: &Saga, suffix: &str, step: &'static str) -> String {
    let saga = saga.with_faults(&[(step, Fault::Before("States.Timeout"))]).await;
    let ride = Ride::default().with("customer", format!("{}{suffix}", unique("c")));
    // When Customer Accounting may start the deployed saga again, that saga finds the fare registered.
    let parking = async {
        let id = Caller::unicorn_management_app(world).await.completes(&ride).await;
        saga.ended(&saga.start(&id, ride.customer()).await).await;
        id
    };
    world.while_denied("open-fare", "states:StartExecution", parking).await
}
