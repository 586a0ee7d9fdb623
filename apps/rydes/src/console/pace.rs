//! The pace of watching. An emulator's calls are free. AWS counts them against quotas, and bills some of them.

use std::time::Duration;

/// The calls under way at the same time. An emulator answers one call after the other, and a service's call waits behind them.
pub const AT_A_TIME: usize = 3;

/// The pauses between calls, and the times that go with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks at the logs while messages move.
    pub busy: Duration,
    /// Between two looks at the logs while none do.
    pub idle: Duration,
    /// Between two looks at all logs while none do.
    pub quiet: Duration,
    /// Between two searches of a look.
    pub between_searches: Duration,
    /// The time by which a log line may be late: each look begins so much before the last one did.
    pub late: Duration,
    /// Between two looks at the queues after a change.
    pub depths: Duration,
    /// Between two looks at the queues in the long run.
    pub depths_idle: Duration,
    /// Between two looks at the stacks.
    pub deployments: Duration,
    /// Between two searches for the lines of one story.
    pub story: Duration,
}

impl Pace {
    /// At an emulator. It shares the processor with the page, so a calm page asks it little.
    pub const LOCAL: Self = Self {
        busy: Duration::from_millis(250),
        idle: Duration::from_millis(700),
        quiet: Duration::from_secs(6),
        between_searches: Duration::ZERO,
        late: Duration::from_secs(1),
        depths: Duration::from_secs(1),
        depths_idle: Duration::from_secs(8),
        deployments: Duration::from_secs(5),
        story: Duration::from_millis(500),
    };

    /// On AWS, which answers five searches of logs a second for a whole account, and bills calls of SQS.
    pub const AWS: Self = Self {
        busy: Duration::from_secs(2),
        idle: Duration::from_secs(2),
        // Each look takes longer than that.
        quiet: Duration::ZERO,
        between_searches: Duration::from_millis(400),
        late: Duration::from_secs(30),
        depths: Duration::from_secs(5),
        depths_idle: Duration::from_secs(15),
        deployments: Duration::from_mins(1),
        story: Duration::from_secs(30),
    };
}
