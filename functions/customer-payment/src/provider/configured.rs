//! The payment provider that a deployment uses.

use lambda_messaging::Function;
use lambda_runtime::Error;

/// The provider that a function's settings name.
#[derive(Debug)]
pub enum ConfiguredProvider {
    /// The simulated provider, which keeps its records in the table of this name.
    Simulated {
        /// The table's name.
        table: String,
    },
    /// Stripe.
    Stripe,
}

impl ConfiguredProvider {
    /// Reads the settings that choose the provider.
    ///
    /// # Errors
    ///
    /// If a setting is missing, or names no provider.
    pub fn from_function(function: &Function) -> Result<Self, Error> {
        let [provider] =
            function.settings([("PAYMENT_PROVIDER", "the payment provider: simulated or stripe")])?;
        match provider.as_str() {
            "simulated" => {
                let table = ("SIMULATED_PROVIDER_TABLE_NAME", "the record of the simulated provider");
                let [table] = function.settings([table])?;
                Ok(Self::Simulated { table })
            }
            "stripe" => Ok(Self::Stripe),
            _ => Err("PAYMENT_PROVIDER must be simulated or stripe".into()),
        }
    }
}
