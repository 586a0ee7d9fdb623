//! The faults of options that are checked together, so that every fault is reported at once.

/// The faults that were found.
#[derive(Default)]
pub struct Faults(Vec<String>);

impl Faults {
    /// Notes a fault of this option.
    pub fn found(&mut self, option: &str, fault: &str) {
        self.0.push(format!("{option}: {fault}"));
    }

    /// The whole number in this text, unless it is a fault.
    pub fn number(&mut self, option: &str, text: &str, most: u64) -> Option<u64> {
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        if number.is_none() {
            self.found(option, &format!("must be a whole number from 1 to {most}"));
        }
        number
    }

    /// Fails with all faults, each on a line, if there are any.
    pub fn none(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0.join("\n  ")) }
    }
}
