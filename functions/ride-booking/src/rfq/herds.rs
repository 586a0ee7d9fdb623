//! The herds that can be asked: the subscribers of the Request For Quotes Topic. Deploying a herd subscribes it, so no other list of
//! herds exists. SNS allows 30 such calls a second for the whole account, so a request waits for SNS only if it has no list.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use contracts::HerdName;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use lambda_messaging::Failure;
use tokio::{
    task::AbortHandle,
    time::{Instant, sleep, timeout},
};
use tracing::warn;

use super::{last_known::LastKnownHerds, subscribers::Subscribers};

/// The age up to which a list is used without renewing it.
const FRESH: Duration = Duration::from_secs(1);
/// The age up to which a list is used while it is renewed in the background. For an older list a request waits for the renewal.
const STALE: Duration = Duration::from_mins(1);
/// The longest time for which a request with an old list waits for a renewal.
const PATIENCE: Duration = Duration::from_secs(1);
/// The delay before a new list is shared with other environments, so that it doesn't compete with the request that asked for it.
const AFTERWARDS: Duration = Duration::from_millis(500);
/// The pause after a failed call to SNS. Each further failure makes it twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// The task in the log lines of a renewal, which belongs to no request.
const RENEWAL: &str = "renewal of the herds";

/// The herds, as far as this process knows them.
#[derive(Debug, Clone)]
pub struct Herds(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    topic: Subscribers,
    last_known: LastKnownHerds,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    list: Option<List>,
    renewal: Option<(AbortHandle, Renewal)>,
    failures: u32,
    not_before: Option<Instant>,
    /// The list that was shared with other environments.
    shared: Option<Vec<HerdName>>,
}

type Renewal = Shared<BoxFuture<'static, ()>>;

#[derive(Debug, Clone)]
struct List {
    herds: Vec<HerdName>,
    /// The time of the call to SNS; `None` if another environment made it.
    asked_at: Option<Instant>,
}

impl List {
    fn is_younger_than(&self, age: Duration) -> bool {
        self.asked_at.is_some_and(|asked_at| asked_at.elapsed() < age)
    }
}

impl Herds {
    /// The subscribers of this topic, or the last known herds while SNS is in trouble.
    #[must_use]
    pub fn new(topic: Subscribers, last_known: LastKnownHerds) -> Self {
        Self(Arc::new(Inner { topic, last_known, state: Mutex::default() }))
    }

    /// All herds in alphabetical order, from a list that is at most a minute old. While SNS is in trouble, the list may be older.
    pub(crate) async fn all(&self) -> Result<Vec<HerdName>, Failure> {
        match self.0.list() {
            Some(list) if list.is_younger_than(STALE) => {
                if !list.is_younger_than(FRESH) {
                    self.renew();
                }
                Ok(list.herds)
            }
            _ => self.newest().await,
        }
    }

    /// All herds, from a list that is renewed now if SNS answers soon. It serves requests that an old list would refuse.
    pub(crate) async fn newest(&self) -> Result<Vec<HerdName>, Failure> {
        let before = self.0.list();
        if let Some(list) = before.filter(|list| list.is_younger_than(FRESH)) {
            return Ok(list.herds);
        }
        let renewal = self.renew();
        if let Some(renewal) = &renewal {
            let _ = timeout(PATIENCE, renewal.clone()).await;
        }
        if let Some(list) = self.0.list() {
            return Ok(list.herds);
        }
        if let Some(herds) = self.0.last_known.herds().await {
            self.0.state().list.get_or_insert(List { herds: herds.clone(), asked_at: None });
            return Ok(herds);
        }
        // Without any list the request must wait for SNS.
        if let Some(renewal) = renewal {
            renewal.await;
        }
        let unknown =
            || Failure::transient("HerdsUnknown", "SNS didn't list the herds, and no earlier list is known");
        self.0.list().map(|list| list.herds).ok_or_else(unknown)
    }

    /// Starts renewing the list, or joins the renewal that is under way. Returns `None` during the pause after a failure.
    fn renew(&self) -> Option<Renewal> {
        let mut state = self.0.state();
        if let Some((task, renewal)) = &state.renewal
            && !task.is_finished()
        {
            return Some(renewal.clone());
        }
        if state.not_before.is_some_and(|time| Instant::now() < time) {
            return None;
        }
        let task = tokio::spawn(Arc::clone(&self.0).renew());
        let handle = task.abort_handle();
        let renewal = task.map(drop).boxed().shared();
        state.renewal = Some((handle, renewal.clone()));
        Some(renewal)
    }
}

impl Inner {
    async fn renew(self: Arc<Self>) {
        match self.topic.herds().await {
            Ok(herds) => {
                let mut state = self.state();
                state.list = Some(List { herds: herds.clone(), asked_at: Some(Instant::now()) });
                (state.failures, state.not_before) = (0, None);
                if state.shared.as_ref() != Some(&herds) {
                    tokio::spawn(Arc::clone(&self).share(herds));
                }
            }
            Err(failure) => {
                warn!(task = RENEWAL, %failure, "going by the herds that were there before");
                let mut state = self.state();
                let pause = FIRST_PAUSE.saturating_mul(1 << state.failures.min(10)).min(LONGEST_PAUSE);
                state.failures += 1;
                state.not_before = Some(Instant::now() + pause);
            }
        }
    }

    async fn share(self: Arc<Self>, herds: Vec<HerdName>) {
        sleep(AFTERWARDS).await;
        match self.last_known.are(&herds).await {
            Ok(()) => self.state().shared = Some(herds),
            // The next renewal shares the list again.
            Err(failure) => warn!(task = RENEWAL, %failure, "the herds are not shared"),
        }
    }

    fn list(&self) -> Option<List> {
        self.state().list.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests;
