//! The receiver of these tests, which ends in every way that a receiver can end.

use std::{sync::Mutex, time::Duration};

use tokio::{sync::Notify, time::sleep};

use crate::{
    Effect, Event, Failure,
    consumer::{
        Receiver,
        tests::{HandlesAsTold, Task},
    },
};

/// Does what [`HandlesAsTold`] does, and some more.
#[derive(Default)]
pub(super) struct Rough {
    /// The numbers of the messages that were attempted.
    attempted: Mutex<Vec<String>>,
    pub killed: Notify,
}

impl Receiver for &Rough {
    type Payload = Task;

    async fn receive(&self, event: Event<Task>) -> Result<Effect, Failure> {
        self.attempted.lock().unwrap().push(event.data.label.clone());
        match event.data.way.as_str() {
            "deadly" => {
                self.killed.notify_one();
                std::future::pending().await
            }
            "endless" => std::future::pending().await,
            "slow" => {
                sleep(Duration::from_millis(60)).await;
                Ok(Effect::Made)
            }
            "throttled" => Err(throttled()),
            _ => HandlesAsTold.receive(event).await,
        }
    }
}

fn throttled() -> Failure {
    Failure::throttled("TooManyRequestsException", "ses:SendEmail was throttled")
}

impl Rough {
    pub(super) fn attempted(&self) -> Vec<String> {
        self.attempted.lock().unwrap().clone()
    }
}
