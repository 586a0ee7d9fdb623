//! A call to make: its id, its request, and the key for the API.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Failure, idempotency_key::digest};

pub(super) struct Call {
    pub id: String,
    pub digest: String,
}

impl Call {
    /// # Errors
    /// Permanent `InvalidCall` if the id is empty, or the request can't be written as JSON.
    pub(super) fn new(id: &str, request: &impl Serialize) -> Result<Self, Failure> {
        let invalid = |detail: &str| Failure::permanent("InvalidCall", detail);
        if id.is_empty() {
            return Err(invalid("the call's id is empty"));
        }
        let request =
            serde_json::to_value(request).map_err(|_| invalid("the request can't be written as JSON"))?;
        Ok(Self { id: id.to_owned(), digest: digest(request) })
    }

    /// The idempotency key for the API: a UUID, because some APIs take nothing else. It follows from the id and the request. So a
    /// call that is repeated although its record is lost has the same key too.
    pub(super) fn api_key(&self) -> String {
        let hash = Sha256::new().chain_update(&self.digest).chain_update(&self.id).finalize();
        let bits = u128::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
        // Version 8 and the variant of RFC 9562.
        let bits = (bits & !(0xf << 76)) | (0x8 << 76);
        let bits = (bits & !(0x3 << 62)) | (0x2 << 62);
        let part = |from: u32, digits: u32| (bits >> (4 * from)) & ((1 << (4 * digits)) - 1);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            part(24, 8),
            part(20, 4),
            part(16, 4),
            part(12, 4),
            part(0, 12)
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(id: &str, cents: u32) -> String {
        Call::new(id, &json!({ "cents": cents })).unwrap().api_key()
    }

    #[test]
    fn a_key_is_a_uuid_that_follows_from_the_id_and_the_request() {
        assert_eq!(key("charge/1", 100), key("charge/1", 100));
        assert_ne!(key("charge/1", 100), key("charge/2", 100));
        assert_ne!(key("charge/1", 100), key("charge/1", 200));
        // Keys that were stored by an earlier version must not change.
        assert_eq!(key("charge/1", 100), "b24abf05-0499-87b8-902a-2806988188e2");
        let parts: Vec<usize> = key("a", 1).split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
    }

    #[test]
    fn a_call_without_an_id_is_refused() {
        let failure = Call::new("", &json!({})).err().unwrap();
        assert!(!failure.is_retryable() && failure.reason().error_type == "InvalidCall");
    }
}
