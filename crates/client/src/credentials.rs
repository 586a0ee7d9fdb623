//! The credentials that requests to the APIs are signed with, kept until they expire.

use std::time::{Duration, SystemTime};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use tokio::sync::Mutex;

use crate::error::Error;

/// The time before their expiry at which credentials are renewed, as the SDK's clients do it, because a request takes a moment to arrive.
const IN_ADVANCE: Duration = Duration::from_secs(10);

/// Credentials from a provider, renewed when they are about to expire.
#[derive(Debug)]
pub(crate) struct CachedCredentials {
    provider: SharedCredentialsProvider,
    last: Mutex<Option<Credentials>>,
}

impl CachedCredentials {
    pub(crate) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, last: Mutex::new(None) }
    }

    /// Valid credentials. Callers during a renewal wait for the same answer.
    pub(crate) async fn current(&self) -> Result<Credentials, Error> {
        let mut last = self.last.lock().await;
        if let Some(credentials) = last.as_ref().filter(|credentials| is_good_in(credentials, IN_ADVANCE)) {
            return Ok(credentials.clone());
        }
        match (self.provider.provide_credentials().await, last.as_ref()) {
            (Ok(credentials), _) => Ok(last.insert(credentials).clone()),
            // A failed renewal does no harm as long as the old credentials are valid.
            (Err(_), Some(credentials)) if is_good_in(credentials, Duration::ZERO) => Ok(credentials.clone()),
            (Err(error), _) => Err(Error::from(&error)),
        }
    }
}

fn is_good_in(credentials: &Credentials, time: Duration) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > SystemTime::now() + time)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use aws_credential_types::provider::{error::CredentialsError, future};

    use super::*;

    /// A provider that returns credentials once, which expire after this time.
    #[derive(Debug)]
    struct Once(Duration, Arc<AtomicU64>);

    impl ProvideCredentials for Once {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let n = self.1.fetch_add(1, Ordering::Relaxed);
            let expiry = SystemTime::now() + self.0;
            future::ProvideCredentials::ready(if n == 0 {
                Ok(Credentials::new("key", "secret", None, Some(expiry), "test"))
            } else {
                Err(CredentialsError::provider_error("signed out"))
            })
        }
    }

    fn once(lifetime: Duration) -> (CachedCredentials, Arc<AtomicU64>) {
        let asked = Arc::new(AtomicU64::new(0));
        let provider = SharedCredentialsProvider::new(Once(lifetime, Arc::clone(&asked)));
        (CachedCredentials::new(provider), asked)
    }

    #[tokio::test]
    async fn credentials_are_asked_for_again_only_when_they_are_about_to_expire() {
        let (credentials, asked) = once(Duration::from_mins(5));
        for _ in 0..3 {
            assert_eq!(credentials.current().await.unwrap().access_key_id(), "key");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_renewal_that_fails_does_no_harm_before_they_expire_and_is_told_after() {
        let (credentials, asked) = once(Duration::from_secs(1));
        for n in 1..=2 {
            assert_eq!(credentials.current().await.unwrap().access_key_id(), "key");
            assert_eq!(asked.load(Ordering::Relaxed), n, "they expire within a second");
        }
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let error = credentials.current().await.unwrap_err().to_string();
        assert!(error.contains("signed out"), "{error}");
    }
}
