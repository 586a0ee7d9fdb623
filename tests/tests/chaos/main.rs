//! A bad hour: load through the public endpoints while functions are killed, their calls to AWS fail before or after they
//! took effect, messages come twice and out of order, and poison is among them. Then it is over, and the auditor must find
//! nothing. Run by `make chaos`, and at a small size by `make test`.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    time::Duration,
};

use end_to_end::{Caller, Herds, Prebooking, Rfq, Ride, Service, World, eventually_within, in_days, unique};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{process::Command, time::sleep};

/// Generous: nothing here measures time.
const PATIENCE: Duration = Duration::from_mins(20);
/// The share of calls to AWS that fail.
const SHARE: f64 = 0.3;
const KILLED: [&str; 10] = [
    "publish-ride-completions",
    "notify-customer",
    "open-fare",
    "award-points",
    "ingest-events",
    "feature-ride",
    "process-payment",
    "submit-ride-prebooking",
    "process-ride-prebooking",
    "collect-quotes",
];
const QUEUES: [Service; 10] = [
    Service::NOTIFICATION,
    Service::ACCOUNTING,
    Service::LOYALTY,
    Service::DATALAKE,
    Service::EXTRAORDINARY,
    Service::PREBOOKING_PROCESSING,
    Service::PREBOOKING_NOTIFICATION,
    Service::RFQ_RESPONSE,
    Service::STARDUST,
    Service::PAYMENT,
];

fn setting(name: &str) -> u64 {
    let value = std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make chaos`"));
    value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}"))
}

/// Draws what happens, the same for the same seed.
struct Dice(RefCell<fastrand::Rng>);

impl Dice {
    fn once_in(&self, times: u64) -> bool {
        self.0.borrow_mut().u64(0..times) == 0
    }

    fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.0.borrow_mut().usize(0..choices.len())]
    }
}

/// From now on so many of the functions' calls to AWS fail; gives what became of those before.
async fn faults(share: f64) -> Value {
    serde_json::from_str(&asks_proxy(Some(json!({ "share": share }))).await).unwrap()
}

/// Tells the proxy something, or asks how it is.
async fn asks_proxy(order: Option<Value>) -> String {
    let url = format!("{}/_faults", std::env::var("FAULTS").expect("FAULTS is an address: run `make chaos`"));
    let client = reqwest::Client::new();
    let request = match order {
        Some(order) => client.post(url).body(order.to_string()),
        None => client.get(url),
    };
    request.send().await.unwrap().text().await.unwrap()
}

/// Sends until it is taken, as every client should: with the same key, for as long as there is trouble.
async fn until_taken(send: impl AsyncFn(&[(&str, &str)]) -> rydes::Answer) -> Value {
    let key = unique("key");
    loop {
        let answer = send(&[("idempotency-key", &key)]).await;
        match answer.status {
            200..300 => return answer.body,
            429 | 500..600 => sleep(Duration::from_millis(300)).await,
            _ => panic!("{answer:?}"),
        }
    }
}

fn a_ride(dice: &Dice, n: u64) -> Ride {
    let suffix =
        dice.one_of(&["", "", "", "", "_flaky", "_fail_auth", "_fail_charge", "_fail_credit", "_slow"]);
    let ride = Ride::default().with("customer", format!("c-{}{suffix}", n % 25));
    let ride = ride.with("fare", dice.one_of(&["0", "49.99", "50", "50.01", "256.50", "1000"]));
    ride.with("distance", dice.one_of(&["0", "19.999", "20", "600"]))
}

fn a_prebooking(dice: &Dice) -> Prebooking {
    let prebooking = Prebooking::default();
    if dice.once_in(5) { prebooking.with("when", in_days(-1)) } else { prebooking }
}

async fn load(world: &World, dice: &Dice) {
    let unicorns = &Caller::unicorn_management_app(world).await;
    let customers = &Caller::customer_app(world).await;
    let herds = &Herds::deployed();
    let rides = stream::iter(0..setting("RIDES")).for_each_concurrent(8, async |n| {
        let body = a_ride(dice, n).json();
        until_taken(async |headers| unicorns.posts(&body, headers).await).await;
    });
    let prebookings = stream::iter(0..setting("PREBOOKINGS")).for_each_concurrent(4, async |_| {
        let body = a_prebooking(dice).json();
        until_taken(async |headers| customers.posts_prebooking(&body, headers).await).await;
    });
    let rfqs = stream::iter(0..setting("RFQS")).for_each_concurrent(2, async |_| {
        let rfq: Rfq =
            if dice.once_in(2) { herds.a_request_that_all_answer() } else { Rfq::from(&unique("from")) };
        let body = rfq.with("reply-within", 20).json();
        until_taken(async |headers| customers.posts_rfq(&body, headers).await).await;
    });
    tokio::join!(rides, prebookings, rfqs);
    // Most of the work is still to come, and is to have its share of trouble.
    let calls = async || {
        let calls: HashMap<String, u64> = serde_json::from_str(&asks_proxy(None).await).unwrap();
        calls.values().sum::<u64>()
    };
    let enough = setting("CALLS");
    eventually_within(PATIENCE, "the functions have made so many calls", calls, |n| *n >= enough).await;
}

/// Functions die, wherever they are in their work.
async fn kill(world: &World, dice: &Dice, killed: &Cell<usize>) {
    loop {
        sleep(Duration::from_millis(400)).await;
        killed.set(killed.get() + world.kills(&[dice.one_of(&KILLED)]));
    }
}

/// Messages come again, later and out of order; the topics' subscribers get some of what they had before.
async fn repeat(world: &World, dice: &Dice, repeated: &Cell<usize>) {
    let topics = [
        ("unicorn-management", "RideCompletionTopicArn"),
        ("ride-booking", "PrebookingNotificationTopicArn"),
        ("ride-booking", "RequestForQuotesTopicArn"),
        ("fare-collection", "FareCollectionTopicArn"),
    ];
    let mut heard = Vec::new();
    for (stack, topic) in topics {
        heard.push(world.listens_to(world.output(stack, topic)).await);
    }
    let receivers = |event_type: &str| -> &[Service] {
        match event_type {
            "RideCompleted" => &QUEUES[..4],
            "PrebookingSubmitted" => &QUEUES[5..7],
            "QuotesRequested" => &QUEUES[8..9],
            "FareCollected" | "FareCollectionFailed" => &QUEUES[..1],
            _ => &[],
        }
    };
    loop {
        for queue in &heard {
            let Some(body) = world.receives(queue).await else { continue };
            let event: Value = serde_json::from_str(&body).unwrap();
            for service in receivers(event["type"].as_str().unwrap()) {
                if dice.once_in(3) {
                    world.delivers_after(dice.one_of(&[0, 0, 2, 5]), *service, &body).await;
                    repeated.set(repeated.get() + 1);
                }
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// What nobody can handle is among what everybody must.
async fn poison(world: &World, dice: &Dice, poisoned: &RefCell<Vec<(Service, String, &'static str)>>) {
    loop {
        sleep(Duration::from_millis(700)).await;
        let service = dice.one_of(&QUEUES);
        let other = json!({"specversion": "1.0", "id": unique("e"), "source": "/test", "type": "Nonsense",
                           "time": jiff::Timestamp::now().to_string(), "correlationid": "c", "data": {}});
        let lake = service.function == "ingest-events";
        let (body, reason) = if dice.once_in(2) || lake {
            (unique("{ poison"), "MalformedEvent")
        } else {
            (other.to_string(), "UnexpectedEventType")
        };
        if service == Service::PAYMENT {
            let queue = world.output(service.stack, "PaymentQueueUrl");
            let send = world.sqs.send_message().queue_url(queue).message_body(&body);
            send.message_group_id("c-1").message_deduplication_id(unique("d")).send().await.unwrap();
        } else {
            world.delivers(service, &body).await;
        }
        poisoned.borrow_mut().push((service, body, reason));
    }
}

#[tokio::test]
async fn after_a_bad_hour_the_auditor_finds_nothing_and_each_poison_message_in_its_place() {
    let world = World::alone().await;
    let seed = setting("SEED");
    let dice = &Dice(RefCell::new(fastrand::Rng::with_seed(seed)));
    let (killed, repeated, poisoned) = (Cell::new(0), Cell::new(0), RefCell::new(Vec::new()));

    faults(SHARE).await;
    tokio::select! {
        () = load(&world, dice) => {}
        () = kill(&world, dice, &killed) => unreachable!("it goes on for as long as there is load"),
        () = repeat(&world, dice, &repeated) => unreachable!("so does this"),
        () = poison(&world, dice, &poisoned) => unreachable!("and this"),
    }
    let calls = faults(0.0).await;

    let poisoned = poisoned.into_inner();
    for (service, body, reason) in &poisoned {
        let look = || world.dead_letter(*service, body);
        let letter = eventually_within(
            PATIENCE,
            &format!("the poison of {} is dead-lettered", service.name),
            look,
            Option::is_some,
        )
        .await;
        assert_eq!(letter.unwrap().attributes["ErrorType"], *reason, "{service:?}");
    }
    let program = std::env::var("RYDES").expect("RYDES names the program: run `make chaos`");
    let settle = PATIENCE.as_secs().to_string();
    let output = Command::new(program).args(["audit", "--settle", &settle, "--json"]).output().await.unwrap();
    let audit: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    println!(
        "seed {seed}: calls {calls}; {} killed, {} repeated, {} poisoned; looked at {}; dead letters {}",
        killed.get(),
        repeated.get(),
        poisoned.len(),
        audit["looked_at"],
        audit["dead_letters"],
    );
    assert!(output.status.success(), "seed {seed}: {audit:#}");
    let accepted: HashMap<&str, u64> = [
        ("rides", setting("RIDES")),
        ("prebookings", setting("PREBOOKINGS")),
        ("requests for quotes", setting("RFQS")),
    ]
    .into();
    for (what, count) in accepted {
        assert_eq!(
            audit["looked_at"][what], count,
            "{what}: each request that was taken is one, and no other is"
        );
    }
    assert!(killed.get() > 0 && repeated.get() > 0 && !poisoned.is_empty(), "it was a good hour");
}
