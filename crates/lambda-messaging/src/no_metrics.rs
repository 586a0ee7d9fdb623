//! Stands for [`metrics`](crate) when the feature is off: nothing is counted.

use jiff::Timestamp;

use crate::{Effect, Failure, Service};

pub(crate) struct Metrics;

impl Metrics {
    pub(crate) fn new(_: Service) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn count(&mut self, _: Result<Effect, &Failure>, _: Option<Timestamp>) {}

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn emit(self) {}
}
