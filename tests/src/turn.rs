//! The order of tests: a limited number run side by side, and tests with faults for the whole deployment run alone, after them.

use std::sync::LazyLock;

use tokio::sync::{
    Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore, SemaphorePermit, watch,
};

/// The number of tests that run side by side. Tests mostly wait, but more of them would only delay each other.
const SIDE_BY_SIDE: usize = 8;

static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(side_by_side()));
static DEPLOYMENT: RwLock<()> = RwLock::const_new(());
/// Tests that run alone do so in the order in which they have asked, which is nearly the same in every run.
static QUEUE: Mutex<()> = Mutex::const_new(());
/// The number of tests that wait for a place beside others. Tests that run alone let them go first: otherwise each of them would
/// make all wait for the slowest.
static WAITING: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// The turn of one test, until it is dropped.
pub(crate) enum Turn {
    Shared { _guard: RwLockReadGuard<'static, ()>, _place: SemaphorePermit<'static> },
    Alone { _guard: RwLockWriteGuard<'static, ()>, _queue: MutexGuard<'static, ()> },
}

impl Turn {
    /// A turn beside other tests.
    pub(crate) async fn shared() -> Self {
        let waiting = Waiting::begin();
        let place = PLACES.acquire().await.unwrap();
        let guard = DEPLOYMENT.read().await;
        drop(waiting);
        Self::Shared { _guard: guard, _place: place }
    }

    /// A turn while no other test runs.
    pub(crate) async fn alone() -> Self {
        let queue = QUEUE.lock().await;
        WAITING.subscribe().wait_for(|waiting| *waiting == 0).await.unwrap();
        Self::Alone { _guard: DEPLOYMENT.write().await, _queue: queue }
    }
}

/// Counts a test as waiting, until it is dropped.
struct Waiting;

impl Waiting {
    fn begin() -> Self {
        WAITING.send_modify(|waiting| *waiting += 1);
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.send_modify(|waiting| *waiting -= 1);
    }
}

fn side_by_side() -> usize {
    let given = std::env::var("SIDE_BY_SIDE");
    given.map_or(SIDE_BY_SIDE, |given| given.parse().expect("SIDE_BY_SIDE is a number"))
}
