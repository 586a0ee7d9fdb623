//! Stripe's secret key.

use lambda_messaging::Function;
use lambda_runtime::Error;

/// Reads Stripe's secret key from the secret that the function's settings name.
///
/// # Errors
///
/// If the setting is missing, or the secret can't be read or holds no text.
pub async fn stripe_key(function: &Function) -> Result<String, Error> {
    let [secret] = function.settings([("STRIPE_SECRET_NAME", "the secret that holds Stripe's key")])?;
    let secrets = aws_sdk_secretsmanager::Client::new(function.aws());
    let secret = secrets.get_secret_value().secret_id(secret).send().await?;
    let key = secret.secret_string().ok_or("the secret that should hold Stripe's key holds no text")?;
    Ok(key.to_owned())
}
