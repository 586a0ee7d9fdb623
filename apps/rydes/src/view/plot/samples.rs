//! Samples of the queues over time.

use crate::load::campaign::Sample;

/// Decisions a second at each sample, over the second before it. A single interval is too short, because it may end just before or just
/// after a batch does.
pub(super) fn rates(samples: &[Sample]) -> Vec<u64> {
    const WINDOW_MS: u64 = 1000;
    let most = samples.iter().scan(0, |most: &mut u64, sample| {
        *most = sample.decided().max(*most);
        Some((sample.at_ms, *most))
    });
    let decided: Vec<(u64, u64)> = most.collect();
    let rate = |(n, (at, count)): (usize, &(u64, u64))| {
        let earlier = decided.iter().take(n).rev();
        let before = earlier.clone().find(|(then, _)| at - then >= WINDOW_MS).or(decided.first());
        before.and_then(|(then, had)| ((count - had) * 1000).checked_div(at - then)).unwrap_or_default()
    };
    decided.iter().enumerate().map(rate).collect()
}

/// The time when the last sample was taken.
pub(super) fn end(samples: &[Sample]) -> u64 {
    samples.last().map_or(0, |sample| sample.at_ms)
}
