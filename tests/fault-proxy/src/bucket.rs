//! A bucket of tokens.

use std::time::Instant;

/// A bucket that fills at a rate, up to its size.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: f64,
    size: f64,
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: f64, size: f64, now: Instant) -> Self {
        Self { rate, size, tokens: size, filled_at: now }
    }

    /// Takes tokens for a call; returns true if the call may pass. A call for several needs one token to be there, and the bucket then owes
    /// the others, as at SES. So a call for more tokens than a bucket can hold is not refused for ever.
    pub(crate) fn has(&mut self, tokens: f64, now: Instant) -> bool {
        let seconds = now.duration_since(self.filled_at).as_secs_f64();
        self.tokens = self.size.min(self.tokens + seconds * self.rate);
        self.filled_at = now;
        self.tokens >= tokens.min(1.0)
    }

    pub(crate) fn take(&mut self, tokens: f64) {
        self.tokens -= tokens;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The number of calls in a row that get through.
    fn passed(bucket: &mut Bucket, tokens: f64, tries: usize, now: Instant) -> usize {
        let pass = |_: &usize| {
            let has = bucket.has(tokens, now);
            if has {
                bucket.take(tokens);
            }
            has
        };
        (0..tries).take_while(pass).count()
    }

    #[test]
    fn it_is_full_at_first_and_fills_at_its_rate_up_to_its_size() {
        let start = Instant::now();
        let mut bucket = Bucket::new(2.0, 5.0, start);
        assert_eq!(passed(&mut bucket, 1.0, 100, start), 5);
        assert_eq!(passed(&mut bucket, 1.0, 100, start + Duration::from_millis(1500)), 3);
        assert_eq!(passed(&mut bucket, 1.0, 100, start + Duration::from_mins(1)), 5);
    }

    #[test]
    fn asking_often_fills_it_no_faster() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1.0, 1.0, start);
        let got: usize =
            (1..=100).map(|n| passed(&mut bucket, 1.0, 1, start + Duration::from_millis(100) * n)).sum();
        assert!((10..=11).contains(&got), "{got}");
    }

    #[test]
    fn a_call_that_takes_more_than_it_holds_leaves_it_owing() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1.0, 2.0, start);
        assert_eq!(passed(&mut bucket, 10.0, 100, start), 1);
        assert!(!bucket.has(1.0, start + Duration::from_secs(8)));
        assert!(bucket.has(1.0, start + Duration::from_secs(9)));
    }

    #[test]
    fn a_call_for_less_than_a_token_needs_no_whole_one() {
        let start = Instant::now();
        assert_eq!(passed(&mut Bucket::new(1.0, 1.0, start), 0.5, 100, start), 2);
    }
}
