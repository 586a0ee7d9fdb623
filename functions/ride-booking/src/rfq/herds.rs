//! The herds that can be asked: whoever is subscribed to the Request For Quotes Topic. The topic knows, and a herd that is
//! deployed is a herd that is asked. SNS answers so seldom (30 times a second for all of an account's callers) that a request
//! waits for it only if nothing else is known.

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

/// A list that is younger isn't asked for again.
const FRESH: Duration = Duration::from_secs(1);
/// A list that is older isn't used without asking. One that is younger is, while it is renewed beside.
const STALE: Duration = Duration::from_mins(1);
/// How long a request waits for an answer if it has a list of some age to go by.
const PATIENCE: Duration = Duration::from_secs(1);
/// What follows from a list of herds, but not for the request that asked for it, isn't done at the same time.
const AFTERWARDS: Duration = Duration::from_millis(500);
/// How long after a failed answer nothing is asked: twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Its log lines name the task, as it belongs to no request.
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
    /// The list that other environments can read.
    shared: Option<Vec<HerdName>>,
}

type Renewal = Shared<BoxFuture<'static, ()>>;

#[derive(Debug, Clone)]
struct List {
    herds: Vec<HerdName>,
    /// None if somebody else has asked, some time ago.
    asked_at: Option<Instant>,
}

impl List {
    fn is_younger_than(&self, age: Duration) -> bool {
        self.asked_at.is_some_and(|asked_at| asked_at.elapsed() < age)
    }
}

impl Herds {
    /// The subscribers of this topic; or those that were known last, while it can't be asked.
    #[must_use]
    pub fn new(topic: Subscribers, last_known: LastKnownHerds) -> Self {
        Self(Arc::new(Inner { topic, last_known, state: Mutex::default() }))
    }

    /// All of them, in alphabetical order, as of a minute ago or later. While SNS is in trouble, those that were there before.
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

    /// The same, as new as can be had soon: for who would be refused something because of an old list.
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
        // There is nothing to go by, so all that is left is to wait.
        if let Some(renewal) = renewal {
            renewal.await;
        }
        let nobody_knows = || Failure::transient("HerdsUnknown", "SNS doesn't say which herds there are");
        self.0.list().map(|list| list.herds).ok_or_else(nobody_knows)
    }

    /// Has the list renewed, by one at a time; none if that has just failed.
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
            // The next answer brings it up again.
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
