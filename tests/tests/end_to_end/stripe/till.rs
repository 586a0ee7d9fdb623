//! The provider with a customer and a card at a fake of Stripe.

use aws_sdk_dynamodb::types::AttributeValue;
use contracts::{CustomerId, Money, RideId};
use customer_payment::provider::{
    IdempotencyKey, Payment, PaymentId, PaymentMethods, PaymentProvider, ProviderError, ProviderReports,
    Report, ReportKind, Stripe, StripeReports, Terms, Voided,
};
use end_to_end::{World, unique};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A secret key: any text that begins with `sk_`.
pub(super) const SECRET: &str = "sk_test_localstripe";

/// The provider, a customer of its own with one card on file at Stripe, and a fare of that customer.
pub(super) struct Till {
    world: World,
    pub stripe: Stripe,
    pub fare: RideId,
    customer: CustomerId,
    stripe_customer: String,
}

pub(super) fn url() -> String {
    std::env::var("STRIPE_URL").expect("STRIPE_URL names the fake of Stripe: run `make test-e2e`")
}

impl Till {
    pub async fn with(card: &str) -> Self {
        let world = World::shared().await;
        // The deployment comes first, because its client chooses the TLS library of this process, which reqwest needs.
        let stripe = provider(&world, &url(), SECRET);
        let customer = CustomerId::parse(&unique("rider")).unwrap();
        let stripe_customer = told("/v1/customers", "").await;
        let card =
            format!("type=card&card[number]={card}&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123");
        let payment_method = told("/v1/payment_methods", &card).await;
        told(&format!("/v1/payment_methods/{payment_method}/attach"), &format!("customer={stripe_customer}"))
            .await;

        let table = world.output("customer-payment", "PaymentMethodsTableName");
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = world.dynamodb.put_item().table_name(table).item("customer", text(customer.as_str()));
        let put =
            put.item("stripeCustomer", text(&stripe_customer)).item("paymentMethod", text(&payment_method));
        put.send().await.unwrap();

        Self { world, stripe, fare: RideId::new(), customer, stripe_customer }
    }

    /// The provider at another URL, or with another key.
    pub fn at(&self, url: &str, secret: &str) -> Stripe {
        provider(&self.world, url, secret)
    }

    pub fn payment(&self, amount: &str) -> Payment {
        Payment { fare: self.fare, customer: self.customer.clone(), amount: Money::parse(amount).unwrap() }
    }

    pub fn key(&self, step: &str) -> IdempotencyKey {
        IdempotencyKey(format!("{}-{step}", self.fare))
    }

    /// Authorizes on the current terms.
    pub async fn terms(&self) -> Terms {
        self.stripe.terms(&self.payment("256.50")).await.unwrap()
    }

    pub async fn tries_to_authorize(&self, amount: &str) -> Result<PaymentId, ProviderError> {
        self.stripe.authorize(&self.payment(amount), &self.terms().await, &self.key("authorize")).await
    }

    pub async fn finds(&self) -> Result<Option<PaymentId>, ProviderError> {
        self.stripe.find(&self.payment("256.50"), &self.terms().await).await
    }

    pub async fn authorizes(&self, amount: &str) -> PaymentId {
        self.tries_to_authorize(amount).await.unwrap()
    }

    pub async fn captures(&self, id: &PaymentId) -> Result<(), ProviderError> {
        self.stripe.capture(&self.payment("256.50"), id, &self.key("capture")).await
    }

    pub async fn voids(&self, id: &PaymentId, key: &str) -> Result<Voided, ProviderError> {
        self.stripe.void(&self.payment("256.50"), id, &self.key(key)).await
    }

    pub async fn refunds(&self, id: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.stripe.refund(&self.payment("256.50"), id, &self.key(key)).await
    }

    // ---- Stripe's later reports ------------------------------------------------------------------------------------

    /// The reports about this fare.
    pub async fn reported(&self, kind: ReportKind) -> Vec<Report> {
        let since = Timestamp::now() - SignedDuration::from_hours(1);
        let (mut reported, mut after) = (Vec::new(), None);
        loop {
            let page = reports().reports(kind, since, after.as_ref()).await.unwrap();
            reported.extend(page.reports.into_iter().filter(|report| report.fare == self.fare));
            after = page.next;
            if after.is_none() {
                return reported;
            }
        }
    }

    pub async fn is_refunded(&self, id: &PaymentId) -> bool {
        reports().is_refunded(&self.payment("256.50"), id).await.unwrap()
    }

    // ---- Stripe's own record ---------------------------------------------------------------------------------------

    pub async fn asks(&self, path: &str) -> Value {
        let ask = reqwest::Client::new().get(url() + path).bearer_auth(SECRET);
        json(ask.send().await.unwrap()).await
    }

    pub async fn intent(&self, id: &PaymentId) -> Value {
        self.asks(&format!("/v1/payment_intents/{id}?expand[]=latest_charge")).await
    }

    /// All intents of the customer.
    pub async fn intents(&self) -> Vec<Value> {
        let list =
            self.asks(&format!("/v1/payment_intents?customer={}&limit=100", self.stripe_customer)).await;
        list["data"].as_array().unwrap().clone()
    }
}

fn provider(world: &World, url: &str, secret: &str) -> Stripe {
    let table = world.output("customer-payment", "PaymentMethodsTableName").to_owned();
    Stripe::at(url, secret, "usd", PaymentMethods::new(world.dynamodb.clone(), table)).unwrap()
}

/// Stripe's later reports.
fn reports() -> StripeReports {
    StripeReports::at(&url(), SECRET).unwrap()
}

/// Makes a request to Stripe that the app would make; returns the id of the new object.
pub(super) async fn told(path: &str, form: &str) -> String {
    let tell = reqwest::Client::new().post(url() + path).bearer_auth(SECRET).body(form.to_owned());
    let tell = tell.header("content-type", "application/x-www-form-urlencoded");
    json(tell.send().await.unwrap()).await["id"].as_str().unwrap().to_owned()
}

async fn json(answer: reqwest::Response) -> Value {
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap()
}
