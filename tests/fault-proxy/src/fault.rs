//! The faults of a call.

use std::time::Duration;

use fastrand::Rng;

/// The shortest and the longest time of a slow call. The longest exceeds a client's timeout for one try, and most are shorter.
const SLOW_SECONDS: (f64, f64) = (0.2, 4.0);
const FAULTS: [Fault; 5] = [Fault::Reset, Fault::Error, Fault::Throttled, Fault::Slow, Fault::LostAnswer];

/// The fault of a call, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    None,
    /// The connection is closed before the call has arrived.
    Reset,
    /// AWS's own trouble.
    Error,
    Throttled,
    Slow,
    /// The call has its effect, but the client gets no answer.
    LostAnswer,
    /// The emulator did not answer. This fault is not drawn, so it is counted separately.
    Broken,
}

impl Fault {
    /// Draws a fault for this share of calls.
    pub(crate) fn draw(random: &mut Rng, share: f64) -> Self {
        if random.f64() < share { random.choice(FAULTS).unwrap_or(Self::None) } else { Self::None }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reset => "reset",
            Self::Error => "error",
            Self::Throttled => "throttled",
            Self::Slow => "slow",
            Self::LostAnswer => "lost answer",
            Self::Broken => "broken",
        }
    }
}

/// Draws the time of a slow call.
pub(crate) fn delay(random: &mut Rng) -> Duration {
    let (least, most) = SLOW_SECONDS;
    Duration::from_secs_f64(least + (most - least) * random.f64().powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_calls_fails_in_every_way_and_alike_for_a_seed() {
        let drawn = |seed| {
            let mut random = Rng::with_seed(seed);
            (0..1000).map(|_| Fault::draw(&mut random, 0.3)).collect::<Vec<_>>()
        };
        let faults = drawn(41);
        assert_eq!(faults, drawn(41));
        assert_ne!(faults, drawn(42));
        for fault in FAULTS {
            let count = faults.iter().filter(|drawn| **drawn == fault).count();
            assert!((30..100).contains(&count), "{}: {count}", fault.name());
        }
    }

    #[test]
    fn no_share_fails_nothing_and_the_whole_share_everything() {
        let mut random = Rng::with_seed(1);
        assert!((0..100).all(|_| Fault::draw(&mut random, 0.0) == Fault::None));
        assert!((0..100).all(|_| Fault::draw(&mut random, 1.0) != Fault::None));
    }

    #[test]
    fn a_slow_call_takes_between_a_fifth_of_a_second_and_four() {
        let mut random = Rng::with_seed(1);
        let delays: Vec<_> = (0..1000).map(|_| delay(&mut random).as_secs_f64()).collect();
        assert!(delays.iter().all(|seconds| (0.2..4.0).contains(seconds)));
        assert!(
            delays.iter().any(|seconds| *seconds > 3.0)
                && delays.iter().filter(|seconds| **seconds < 1.0).count() > 500
        );
    }
}
