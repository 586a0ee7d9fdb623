//! A bad hour: load through the public endpoints while functions are killed, their calls to AWS fail before or after they
//! took effect, messages come twice and out of order, and poison is among them. Then it is over, and the auditor must find
//! nothing. Run by `make chaos`, and at a small size by `make test`.

mod calls;
mod logs;
mod messages;
mod trouble;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    path::Path,
    time::Duration,
};

use client::{
    Answer,
    dead_letters::{
        self, DeadLetter,
        removal::{Letters, discard, redrive},
    },
    email::{self, Outcome},
    journal::{Accepted, Journal, Kind},
    queues::{self, UnderWay},
};
use end_to_end::{
    Caller, Herds, Prebooking, Rfq, Ride, World, asks_proxy, eventually_within, in_days, unique,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{process::Command, time::sleep};

use self::trouble::Poison;

/// A long time, because nothing here measures time.
const PATIENCE: Duration = Duration::from_mins(20);
/// The number of messages in a queue, or of fares under collection, above which no more is sent. This test is about faults, and long
/// queues would only make it longer.
const CROWD: u64 = 300;
/// The most rounds of redriving dead letters. There are no faults any more by then, so hardly any letter comes back.
const REDRIVES: usize = 5;

fn setting(name: &str) -> u64 {
    let value = std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make chaos`"));
    value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}"))
}

/// Draws the faults, which are the same for the same seed.
struct Dice(RefCell<fastrand::Rng>);

impl Dice {
    fn once_in(&self, times: u64) -> bool {
        self.0.borrow_mut().u64(0..times) == 0
    }

    fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.0.borrow_mut().usize(0..choices.len())]
    }
}

/// Makes this percentage of the functions' calls to AWS fail from now on; returns the outcomes of the calls before.
async fn faults(percent: u64) -> Value {
    let share = f64::from(u32::try_from(percent).unwrap()) / 100.0;
    serde_json::from_str(&asks_proxy("_faults", Some(json!({ "share": share }))).await).unwrap()
}

/// Watches the queues, and reports if there is room for more, for as long as it is polled.
async fn watch(world: &World, crowded: &Cell<bool>) {
    let full = |work: &UnderWay| {
        work.waiting.max(if work.at == "fare collections" { work.in_hand } else { 0 }) > CROWD
    };
    loop {
        crowded.set(queues::under_way(&world.deployment).await.unwrap().iter().any(full));
        sleep(Duration::from_secs(1)).await;
    }
}

/// The clients' journal, and how they send.
struct Clients<'a> {
    dice: &'a Dice,
    crowded: &'a Cell<bool>,
    journal: Journal,
}

impl Clients<'_> {
    /// Sends a request when there is room, until it is accepted, and notes it in the journal. Some clients send it once more, as if the answer
    /// was lost.
    async fn send(&self, kind: Kind, body: &str, post: impl AsyncFn(&[(&str, &str)]) -> Answer) {
        let key = unique("key");
        while self.crowded.get() {
            sleep(Duration::from_millis(100)).await;
        }
        let id = self.until_taken(kind, &key, body, &post).await;
        if self.dice.once_in(10) {
            let again = self.until_taken(kind, &key, body, &post).await;
            // A repeated prebooking has an id of its own, from which the auditor finds the first one.
            assert!(again == id || kind == Kind::Prebooking, "{id} and {again} for the key {key}");
        }
    }

    /// Sends a request as every client should: again with the same key, for as long as there is trouble.
    async fn until_taken(
        &self,
        kind: Kind,
        key: &str,
        body: &str,
        post: impl AsyncFn(&[(&str, &str)]) -> Answer,
    ) -> String {
        loop {
            let answer = post(&[("idempotency-key", key)]).await;
            match answer.status {
                200..300 => {
                    let id = answer.body["id"].as_str().or(answer.body["rfq-id"].as_str()).unwrap();
                    self.journal.note(&Accepted::now(kind, id, Some(key), body)).unwrap();
                    return id.to_owned();
                }
                429 | 500..600 => sleep(Duration::from_millis(300)).await,
                _ => panic!("{answer:?}"),
            }
        }
    }
}

fn a_ride(dice: &Dice, n: u64) -> Ride {
    let suffix =
        dice.one_of(&["", "", "", "", "_flaky", "_fail_auth", "_fail_charge", "_fail_credit", "_slow"]);
    // The payments of one customer wait for each other, so too few customers would make a long run slow.
    let customers = (setting("RIDES") / 40).max(25);
    let ride = Ride::default().with("customer", format!("rider-{}{suffix}", n % customers));
    let ride = ride.with("fare", dice.one_of(&["0", "49.99", "50", "50.01", "256.50", "1000"]));
    ride.with("distance", dice.one_of(&["0", "19.999", "20", "600"]))
}

fn a_prebooking(dice: &Dice) -> Prebooking {
    let prebooking = Prebooking::default().with("customer", unique("rider"));
    if dice.once_in(5) { prebooking.with("when", in_days(-1)) } else { prebooking }
}

async fn load(world: &World, clients: &Clients<'_>) {
    let dice = clients.dice;
    let unicorns = &Caller::unicorn_management_app(world).await;
    let customers = &Caller::customer_app(world).await;
    let herds = &Herds::deployed();
    let rides = stream::iter(0..setting("RIDES")).for_each_concurrent(8, async |n| {
        let body = a_ride(dice, n).json();
        clients.send(Kind::Ride, &body, async |headers| unicorns.posts(&body, headers).await).await;
    });
    let prebookings = stream::iter(0..setting("PREBOOKINGS")).for_each_concurrent(4, async |_| {
        let body = a_prebooking(dice).json();
        let post = async |headers: &[(&str, &str)]| customers.posts_prebooking(&body, headers).await;
        clients.send(Kind::Prebooking, &body, post).await;
    });
    let rfqs = stream::iter(0..setting("RFQS")).for_each_concurrent(2, async |_| {
        let rfq: Rfq =
            if dice.once_in(2) { herds.a_request_that_all_answer() } else { Rfq::from(&unique("place")) };
        let body = rfq.with("reply-within", 20).with("customer", unique("rider")).json();
        clients.send(Kind::Rfq, &body, async |headers| customers.posts_rfq(&body, headers).await).await;
    });
    tokio::join!(rides, prebookings, rfqs);
    // Most of the work is still under way, and should meet faults too.
    let calls = async || {
        let calls: HashMap<String, u64> = serde_json::from_str(&asks_proxy("_faults", None).await).unwrap();
        calls.values().sum::<u64>()
    };
    let enough = setting("CALLS");
    eventually_within(PATIENCE, "the functions have made so many calls", calls, |n| *n >= enough).await;
}

/// The letters in every dead-letter queue, by the queue's service and name, once no work is under way.
async fn dead_letters(world: &World) -> BTreeMap<(String, String), Vec<DeadLetter>> {
    let under_way = || async { queues::under_way(&world.deployment).await.unwrap() };
    eventually_within(PATIENCE, "nothing is under way", under_way, Vec::is_empty).await;
    let mut letters = BTreeMap::new();
    for queue in dead_letters::queues(&world.deployment).await.unwrap() {
        let name = if queue.queue == "Herd" { &queue.service } else { &queue.queue };
        let found = dead_letters::letters(&world.deployment, name).await.unwrap();
        letters.insert((queue.service, queue.queue), found);
    }
    letters
}

/// Redrives dead letters as an operator does after a bad hour: messages that failed five times without being at fault. The poison stays.
async fn redrive_all_but(poisoned: &[Poison], world: &World) -> u64 {
    let mut redriven = 0;
    for _ in 0..REDRIVES {
        let before = redriven;
        for ((service, queue), letters) in dead_letters(world).await {
            let sound =
                letters.iter().filter(|letter| !poisoned.iter().any(|poison| poison.body == letter.body));
            let mut ids = Vec::new();
            let name = if queue == "Herd" { service } else { queue };
            for letter in sound {
                if letter.error_type.as_deref() == Some("PerhapsSent") && was_sent(letter, world).await {
                    let these = Letters::These(vec![letter.id.clone()]);
                    redriven += discard(&world.deployment, &name, &these).await.unwrap().moved;
                } else {
                    ids.push(letter.id.clone());
                }
            }
            let sound = ids;
            if !sound.is_empty() {
                redriven += redrive(&world.deployment, &name, &Letters::These(sound)).await.unwrap().moved;
            }
        }
        if redriven == before {
            return redriven;
        }
    }
    panic!("dead letters come back though nothing fails any more: {redriven} were redriven");
}

/// Settles e-mails that may have been sent, as an operator would: finds out, and records the outcome.
async fn was_sent(letter: &DeadLetter, world: &World) -> bool {
    let event: Value = serde_json::from_str(&letter.body).unwrap();
    let field = |name: &str| event["data"][name].as_str().unwrap_or_default();
    let says = match event["type"].as_str().unwrap() {
        "RideCompleted" => "Route",
        "FareCollected" => "Paid",
        _ => "Owed",
    };
    let mails = world.mailbox(&format!("{}@example.com", field("customer"))).await;
    let ride = if says == "Route" { field("ride") } else { field("fare") };
    let sent = mails.iter().any(|mail| mail.contains(says) && mail.contains(ride));
    let outcome = if sent { Outcome::Sent } else { Outcome::Unsent };
    // If there are two letters about the same e-mail, the second finds it settled.
    let _ = email::settle(&world.deployment, event["id"].as_str().unwrap(), outcome).await;
    sent
}

#[tokio::test]
async fn after_a_bad_hour_the_auditor_finds_nothing_and_each_poison_message_in_its_place() {
    let world = World::alone().await;
    let seed = setting("SEED");
    let dice = &Dice(RefCell::new(fastrand::Rng::with_seed(seed)));
    let (killed, repeated, poisoned) = (Cell::new(0), Cell::new(0), RefCell::new(Vec::new()));
    let crowded = Cell::new(false);

    let file = std::env::temp_dir().join(unique("journal"));
    let clients = Clients { dice, crowded: &crowded, journal: Journal::open(&file).unwrap() };
    // The test of a ride's calls has received some e-mails.
    for (kind, id) in world.stored().await {
        clients.journal.note(&Accepted::now(kind, &id, None, "{}")).unwrap();
    }
    // Every tenth customer wants e-mails.
    for n in (0..setting("RIDES") / 40).step_by(10) {
        world.puts_address_on_file(&format!("rider-{n}"), &format!("rider-{n}@example.com")).await;
    }
    let heard = messages::listen(&world).await;
    faults(setting("SHARE_PERCENT")).await;
    let over = Cell::new(false);
    let load = async {
        load(&world, &clients).await;
        over.set(true);
    };
    let load_and_poison = async { tokio::join!(load, trouble::poison(&world, dice, &poisoned, &over)) };
    tokio::select! {
        _ = load_and_poison => {}
        () = watch(&world, &crowded) => unreachable!("it goes on for as long as there is load"),
        () = trouble::kill(&world, dice, setting("KILL_EVERY_MS"), &killed) => unreachable!("so does this"),
        () = trouble::repeat(&world, dice, &repeated) => unreachable!("and this"),
    }
    let calls = faults(0).await;
    assert_eq!(calls["broken"], Value::Null, "calls failed that no seed had asked for: {calls}");

    let poisoned = poisoned.into_inner();
    let redriven = redrive_all_but(&poisoned, &world).await;
    let letters = dead_letters(&world).await;
    for Poison { service, body, reason } in &poisoned {
        let queue = &letters[&(service.stack.to_owned(), service.name.to_owned())];
        let letter = queue.iter().find(|letter| letter.body == *body);
        let letter = letter.unwrap_or_else(|| panic!("{service:?} has no dead letter for its poison {body}"));
        assert_eq!(letter.error_type.as_deref(), Some(*reason), "{service:?}");
    }
    let lines = logs::scan(&world).await;
    let messages = messages::validate(&world, &heard).await;
    let (audit, sound) = audit(&file).await;
    println!(
        "seed {seed}: calls {calls}; {} killed, {} repeated, {} poisoned, {redriven} redriven; {lines} log lines, nothing private; valid messages {messages}; looked at {}; dead letters {}",
        killed.get(),
        repeated.get(),
        poisoned.len(),
        audit["looked_at"],
        audit["dead_letters"],
    );
    assert!(sound, "seed {seed}: {audit:#}");
    let told = audit["looked_at"]["requests in clients' journals"].as_u64();
    let sent = setting("RIDES") + setting("PREBOOKINGS") + setting("RFQS");
    assert!(told >= Some(sent), "the audit knows of {told:?} requests, {sent} were taken");
    std::fs::remove_file(&file).unwrap();
    assert!(killed.get() > 0 && repeated.get() > 0 && !poisoned.is_empty(), "it was a good hour");
}

/// The audit, and true if it is green: every request in the clients' journals is stored, and no other one is.
async fn audit(journal: &Path) -> (Value, bool) {
    let program = std::env::var("RYDES").expect("RYDES names the program: run `make chaos`");
    let journal = ["--journal", journal.to_str().unwrap(), "--journal-is-complete"];
    let output = Command::new(program).args(["audit", "--json"]).args(journal).output().await.unwrap();
    let audit = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    (audit, output.status.success())
}
