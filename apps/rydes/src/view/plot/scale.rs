//! Axes with round numbers.

/// An axis from 0 to a round number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    /// The distance between two marks.
    pub step: u64,
    /// The last mark.
    pub top: u64,
}

impl Scale {
    /// An axis to at least this value, with a few marks.
    pub fn for_values_to(highest: u64, marks: u64) -> Self {
        let step = round_step(highest, marks);
        Self { step, top: highest.div_ceil(step).max(1) * step }
    }

    /// The position of a value on an axis of this length.
    pub fn place(self, value: u64, length: u64) -> u64 {
        value.min(self.top) * length / self.top
    }

    /// The marks, including 0.
    pub fn marks(self) -> impl Iterator<Item = u64> {
        (0..=self.top / self.step).map(move |n| n * self.step)
    }
}

/// The smallest of 1, 2, 5, 10, 20 ... that needs no more marks than these.
pub(super) fn round_step(highest: u64, marks: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for step in [1, 2, 5].map(|digit| power.saturating_mul(digit)) {
            if highest.div_ceil(step) <= marks.max(1) {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// Milliseconds as seconds, with a decimal unless it is 0.
pub(super) fn seconds(ms: u64) -> String {
    match (ms + 50) / 100 {
        tenths if tenths % 10 == 0 => (tenths / 10).to_string(),
        tenths => format!("{}.{}", tenths / 10, tenths % 10),
    }
}
