//! The banks' API: `POST /payouts` with an `Idempotency-Key`.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Failure, idempotent_call::CallError, item::text};
use serde::{Deserialize, Serialize};

/// Shorter than the function's timeout, so that a silent bank is a failed call and not a killed function.
const ANSWERED_WITHIN: Duration = Duration::from_secs(6);

/// A request for a payout.
#[derive(Debug, Serialize)]
pub struct Payout<'a> {
    pub seller: &'a str,
    pub cents: u64,
}

/// The bank's answer to a payout that it has made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Receipt {
    pub receipt: String,
}

/// The sellers' banks, whose addresses are in a table.
pub struct Banks {
    dynamodb: Client,
    sellers: String,
    http: reqwest::Client,
}

impl Banks {
    /// The banks of the sellers in this table.
    pub fn new(dynamodb: Client, sellers: String) -> Result<Self, lambda_runtime::Error> {
        // A second choice of the same provider is ignored.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(ANSWERED_WITHIN).build()?;
        Ok(Self { dynamodb, sellers, http })
    }

    /// The address of a seller's bank.
    ///
    /// # Errors
    /// Permanent `UnknownSeller`; otherwise as [`Failure::aws`].
    pub async fn url_of(&self, seller: &str) -> Result<String, Failure> {
        let get = self.dynamodb.get_item().table_name(&self.sellers).key("seller", text(seller));
        let found = get.send().await.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        let url = found.item().and_then(|seller| seller.get("bank")?.as_s().ok());
        url.cloned().ok_or_else(|| Failure::permanent("UnknownSeller", "the seller has no bank"))
    }

    /// Makes a payout. The bank makes it once for each key, and answers a repetition with its first answer.
    ///
    /// # Errors
    /// `NotMade` if the bank refused the payout or was never reached; `Unknown` if it may have made it.
    pub async fn pay(&self, url: &str, payout: &Payout<'_>, key: &str) -> Result<Receipt, CallError> {
        let not_made = |failure| Err(CallError::NotMade(failure));
        let unknown =
            |_| CallError::Unknown(Failure::transient("BankSilent", "the bank's answer is missing"));
        let body = serde_json::to_string(payout).unwrap_or_default();
        let request = self.http.post(format!("{url}/payouts")).header("idempotency-key", key).body(body);
        let answer = match request.header("content-type", "application/json").send().await {
            Err(error) if error.is_connect() || error.is_builder() => {
                return not_made(Failure::transient("BankUnreachable", "no connection to the bank"));
            }
            answer => answer.map_err(unknown)?,
        };
        match answer.status().as_u16() {
            200 | 201 => {
                let text = answer.text().await.map_err(unknown)?;
                let receipt = serde_json::from_str(&text);
                receipt.map_err(|_| {
                    CallError::Unknown(Failure::transient("BankUnclear", "no receipt in the answer"))
                })
            }
            429 | 503 => not_made(Failure::throttled("BankBusy", "the bank has no capacity")),
            400..500 => not_made(Failure::permanent("PayoutRefused", "the bank refused the payout")),
            status => {
                let failure = Failure::transient("BankFailed", format_args!("the bank answered {status}"));
                Err(CallError::Unknown(failure))
            }
        }
    }
}
