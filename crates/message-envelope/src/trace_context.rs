//! W3C trace context.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A position in a trace, version 00: `00-<trace id>-<span id>-<flags>`.
///
/// ```
/// use message_envelope::TraceParent;
///
/// let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let given = TraceParent::parse(header).unwrap();
/// assert_eq!(given.to_string(), header);
///
/// // The next step stays in the trace, and is another span.
/// let next = given.child();
/// assert_eq!(next.to_string()[..35], header[..35]);
/// assert_ne!(next, given);
///
/// // Without a header, a trace of its own begins.
/// let own = TraceParent::parse("?").unwrap_or_else(TraceParent::start);
/// assert_ne!(own, given);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceParent {
    /// The start of a new, sampled trace.
    #[must_use]
    pub fn start() -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..), flags: 1 }
    }

    /// Reads a `traceparent` header.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |length| parts.next().filter(|p| p.len() == length && p.bytes().all(is_lower_hex));
        let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let context = Self {
            trace: u128::from_str_radix(trace, 16).ok()?,
            span: u64::from_str_radix(span, 16).ok()?,
            flags: u8::from_str_radix(flags, 16).ok()?,
        };
        (version == "00" && parts.next().is_none() && context.trace != 0 && context.span != 0)
            .then_some(context)
    }

    /// The next step of the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span: fastrand::u64(1..), ..self }
    }
}

fn is_lower_hex(b: u8) -> bool {
    b.is_ascii_digit() || (b'a'..=b'f').contains(&b)
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl TryFrom<String> for TraceParent {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a W3C traceparent")
    }
}

impl From<TraceParent> for String {
    fn from(context: TraceParent) -> Self {
        context.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_context_is_handed_on_and_checked() {
        let parent = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        let child = parent.child().to_string();
        assert!(child.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && child != parent.to_string());
        for bad in [
            "",
            "00-0-0-0",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert_eq!(TraceParent::parse(bad), None, "{bad}");
        }
    }
}
