//! The credentials that requests to the APIs are signed with, kept until they expire.

use std::{
    error::Error as StdError,
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use tokio::sync::Mutex;

use crate::Error;

/// New ones are asked for so long before the old ones expire, as the SDK's clients do. A request takes a moment to arrive.
const IN_ADVANCE: Duration = Duration::from_secs(10);

/// Credentials from a provider, asked for again when they are about to expire.
#[derive(Debug)]
pub(crate) struct CachedCredentials {
    provider: SharedCredentialsProvider,
    last: Mutex<Option<Credentials>>,
}

impl CachedCredentials {
    pub(crate) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, last: Mutex::new(None) }
    }

    /// Credentials that are good at this moment. Whoever asks while they are being renewed waits for the same answer.
    pub(crate) async fn current(&self) -> Result<Credentials, Error> {
        let mut last = self.last.lock().await;
        if let Some(credentials) = last.as_ref().filter(|credentials| is_good_in(credentials, IN_ADVANCE)) {
            return Ok(credentials.clone());
        }
        match (self.provider.provide_credentials().await, last.as_ref()) {
            (Ok(credentials), _) => Ok(last.insert(credentials).clone()),
            // A renewal that fails does no harm as long as the old ones are good.
            (Err(_), Some(credentials)) if is_good_in(credentials, Duration::ZERO) => Ok(credentials.clone()),
            (Err(error), _) => Err(unusable(&error)),
        }
    }
}

fn is_good_in(credentials: &Credentials, time: Duration) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > SystemTime::now() + time)
}

/// The message for the user if a call failed for want of credentials; none if it failed of something else.
pub(crate) fn among_the_causes(error: &(dyn StdError + 'static)) -> Option<Error> {
    causes(Some(error)).find_map(|cause| cause.downcast_ref::<CredentialsError>()).map(unusable)
}

fn unusable(error: &CredentialsError) -> Error {
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        return Error::NoCredentials;
    }
    let mut said: Vec<String> = causes(error.source()).map(ToString::to_string).collect();
    // Many errors repeat what their cause says.
    said.dedup();
    Error::Credentials(if said.is_empty() { error.to_string() } else { said.join(": ") })
}

/// An error and what is behind it.
fn causes<'a>(
    error: Option<&'a (dyn StdError + 'static)>,
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error, |error: &&'a (dyn StdError + 'static)| (*error).source())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use aws_credential_types::provider::future;

    use super::*;

    /// Gives credentials that expire after so long, the first time and then no more.
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
