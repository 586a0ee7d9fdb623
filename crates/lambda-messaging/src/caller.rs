//! The caller of a request.

/// The caller that signed a request: a Cognito identity, or an IAM principal, whose sessions are one caller.
///
/// ```
/// use lambda_messaging::caller;
///
/// assert_eq!(caller("", "AROAROLE:monday"), caller("", "AROAROLE:tuesday"));
/// assert_eq!(caller("eu-west-1:5f7b", "AROAROLE:CognitoIdentityCredentials"), "eu-west-1:5f7b");
/// ```
#[must_use]
pub fn caller<'a>(cognito_identity: &'a str, principal: &'a str) -> &'a str {
    if cognito_identity.is_empty() {
        principal.split(':').next().unwrap_or_default()
    } else {
        cognito_identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principals_sessions_are_one_caller() {
        for (cognito, principal, expected) in [
            ("", "AIDAUSER", "AIDAUSER"),
            ("", "AROAROLE:monday", "AROAROLE"),
            ("", "AROAROLE:tuesday", "AROAROLE"),
            ("us-east-1:5f7b", "AROAROLE:CognitoIdentityCredentials", "us-east-1:5f7b"),
            ("", "", ""),
        ] {
            assert_eq!(caller(cognito, principal), expected);
        }
    }
}
