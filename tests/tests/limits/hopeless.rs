//! Messages that can never be handled, among others that only have to wait: a message that is no event, one that fails at each attempt,
//! and one that kills its function each time.

use client::dead_letters::DeadLetter;
use end_to_end::{Service, World, eventually_within, unique};
use serde_json::json;

use crate::{patience, why};

/// The visibility timeout, in place of six times the function's timeout, after which a message comes again that has killed its function.
const VISIBLE_AGAIN_SECONDS: u32 = 10;
/// The most receives of such a message: five attempts, and the receives without an attempt.
const MOST_RECEIVES: u32 = 10;

pub struct Hopeless {
    malformed: String,
    fails: String,
    kills: String,
}

impl Hopeless {
    pub fn new() -> Self {
        // The broken build knows two customers by these names.
        Self { malformed: unique("{ poison"), fails: ride_of("fails"), kills: ride_of("kills") }
    }

    fn each(&self) -> [(Service, &str); 3] {
        [
            (Service::NOTIFICATION, &self.malformed),
            (Service::LOYALTY, &self.fails),
            (Service::LOYALTY, &self.kills),
        ]
    }

    /// True if a message is one of the hopeless ones.
    pub fn is(&self, body: &str) -> bool {
        self.each().iter().any(|(_, hopeless)| *hopeless == body)
    }

    /// Runs the build that can't handle them while something happens.
    pub async fn among<T>(&self, world: &World, what: impl AsyncFnOnce() -> T) -> T {
        let what =
            async || world.with_visibility_timeout(Service::LOYALTY, VISIBLE_AGAIN_SECONDS, what()).await;
        world.with_build(Service::LOYALTY.function, "award-points-mortal", what).await
    }

    pub async fn is_delivered(&self, world: &World) {
        for (service, body) in self.each() {
            world.delivers(service, body).await;
        }
    }

    pub async fn is_set_aside(&self, world: &World) {
        for (service, body) in self.each() {
            let letter = || world.dead_letter(service, body);
            let what = format!("{service:?} sets aside {body}");
            eventually_within(patience(), &what, letter, Option::is_some).await;
        }
    }

    /// Checks that each was dead-lettered soon. There may be two copies: a function that has dead-lettered one message may be killed by
    /// another before it can report that.
    pub fn had_a_handful_of_attempts(&self, letters: &[(String, DeadLetter)]) {
        let reasons = [
            (&self.malformed, "MalformedEvent", 1),
            (&self.fails, "NeverDone", MOST_RECEIVES),
            (&self.kills, "FunctionKilled", MOST_RECEIVES),
        ];
        for (body, reason, most_receives) in reasons {
            let mut of = letters.iter().filter(|(_, letter)| letter.body == *body).peekable();
            assert!(of.peek().is_some(), "no dead letter is {body}");
            for (_, letter) in of {
                assert_eq!(letter.error_type.as_deref(), Some(reason), "{}", why(letter));
                assert!(letter.receive_count.is_some_and(|count| count <= most_receives), "{}", why(letter));
            }
        }
    }
}

/// The event of a ride that was never reported.
fn ride_of(customer: &str) -> String {
    let ride = uuid::Uuid::now_v7();
    json!({"specversion": "1.0", "id": ride, "source": "/test", "type": "RideCompleted", "correlationid": unique("c"),
           "time": jiff::Timestamp::now().to_string(),
           "data": {"ride": ride, "from": "Berlin", "to": "Bonn", "duration": 1, "distance": "1",
                    "customer": customer, "fare": "1.00"}})
    .to_string()
}
