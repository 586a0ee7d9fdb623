//! Reads of a batch: what messages look up at the same time is read together. A consumer handles the messages of a batch concurrently,
//! and each that needs an item of a table asks [`Reads`] for it. Those that ask at the same time get their items from one
//! `BatchGetItem`: as many read units as before, and one call instead of ten.
//!
//! ```no_run
//! use lambda_messaging::{
//!     Effect, Event, EventPayload, Failure, Function,
//!     consumer::{self, Receiver},
//!     item::Item,
//!     joined_read::Reads,
//! };
//! use lambda_runtime::Error;
//! # #[derive(serde::Deserialize)]
//! # struct OrderPlaced { order: String, customer: String }
//! # impl EventPayload for OrderPlaced {
//! #     const TYPE: &'static str = "OrderPlaced";
//! #     fn id(&self) -> String { self.order.clone() }
//! #     fn subject(&self) -> String { self.order.clone() }
//! # }
//! # async fn label(order: &str, customer: &Item) -> Result<Effect, Failure> { Ok(Effect::Made) }
//!
//! /// Labels parcels with the addresses of their customers.
//! struct Labels {
//!     customers: Reads,
//! }
//!
//! impl Receiver for Labels {
//!     type Payload = OrderPlaced;
//!
//!     async fn receive(&self, event: Event<OrderPlaced>) -> Result<Effect, Failure> {
//!         match self.customers.get(&event.data.customer).await? {
//!             Some(customer) => label(&event.data.order, &customer).await,
//!             None => Err(Failure::permanent("UnknownCustomer", "no such customer is on file")),
//!         }
//!     }
//! }
//!
//! async fn run(function: &Function) -> Result<(), Error> {
//!     let client = aws_sdk_dynamodb::Client::new(function.aws());
//!     let customers = Reads::new(client, "customers", "customer").only("street, city");
//!     consumer::run(consumer::events(function, Labels { customers })?).await
//! }
//! ```
//!
//! Every read is strongly consistent, and begins after it was asked for: nothing is kept for a later message. A message that asks alone
//! makes a `GetItem`. So does each message whose key DynamoDB left unread, and each if the joined call fails: it is made once, without
//! retries, and ends after a second. So a table in trouble, or a key that DynamoDB refuses, costs the others one more call, and the
//! result of each message is the one that it would have had alone.
//!
//! The function needs `dynamodb:BatchGetItem` and `dynamodb:GetItem` on the table.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    types::{AttributeValue, KeysAndAttributes},
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tracing::warn;

use crate::{
    Failure,
    item::{Item, text},
};

/// DynamoDB's limit for one call.
const MAX_KEYS: usize = 100;
/// The time limit of a joined call. Most of the time is left to messages that must read for themselves.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// Reads of items of one table, whose key is one string attribute.
///
/// ```no_run
/// # use aws_sdk_dynamodb::Client;
/// use lambda_messaging::{Failure, joined_read::Reads};
///
/// async fn cities(client: Client) -> Result<(), Failure> {
///     let customers = Reads::new(client, "customers", "customer").only("city");
///     // One call reads both, because they are asked for at the same time.
///     let (ann, bob) = tokio::join!(customers.get("ann"), customers.get("bob"));
///     println!("{:?} and {:?}", ann?, bob?);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Reads {
    source: Arc<Source>,
    /// The latest joined call.
    latest: Mutex<Option<Joined>>,
}

/// The table, and what is read of each item.
#[derive(Debug, Clone)]
struct Source {
    client: Client,
    /// The same without retries.
    once: Client,
    table: String,
    key: String,
    attributes: Option<String>,
}

/// The items of a joined call by their keys. A key that has no entry was not read.
type Found = Arc<HashMap<String, Option<Item>>>;
type Call = BoxFuture<'static, Found>;

/// A joined call, which further reads can join until it is made. It is kept by those that wait for it, so it ends with them.
#[derive(Debug)]
struct Joined {
    /// `None` once the call is made.
    asked: Arc<Mutex<Option<Asked>>>,
    call: WeakShared<Call>,
}

/// The keys that were asked for.
#[derive(Debug, Default)]
struct Asked {
    keys: BTreeSet<String>,
    times: usize,
}

impl Reads {
    /// Reads items of this table, whose key is this string attribute, and nothing else.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>, key: impl Into<String>) -> Self {
        let timeouts =
            client.config().timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        let timeouts = timeouts.operation_timeout(ANSWERS_WITHIN).operation_attempt_timeout(ANSWERS_WITHIN);
        let once = client.config().to_builder().retry_config(RetryConfig::disabled());
        let once = Client::from_conf(once.timeout_config(timeouts.build()).build());
        let source = Source { client, once, table: table.into(), key: key.into(), attributes: None };
        Self { source: Arc::new(source), latest: Mutex::new(None) }
    }

    /// Reads these attributes only, as a projection expression names them. The key is not among them.
    #[must_use]
    pub fn only(mut self, attributes: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.source).attributes = Some(attributes.into());
        self
    }

    /// The item with this key, if there is one.
    ///
    /// # Errors
    /// The failure of the message's own read, as if it had read alone.
    pub async fn get(&self, key: &str) -> Result<Option<Item>, Failure> {
        let call = self.join(key);
        // The other messages of the batch can ask before the call is made.
        tokio::task::yield_now().await;
        match call.await.get(key) {
            Some(item) => Ok(item.clone()),
            None => self.source.get(key).await,
        }
    }

    /// The call that reads this key with others.
    fn join(&self, key: &str) -> Shared<Call> {
        let mut latest = lock(&self.latest);
        if let Some(call) = latest.as_ref().and_then(|joined| joined.takes(key)) {
            return call;
        }
        let asked = Arc::new(Mutex::new(Some(Asked { keys: BTreeSet::from([key.to_owned()]), times: 1 })));
        let (source, asking) = (self.source.clone(), asked.clone());
        let call = async move {
            let asked = lock(&asking).take().unwrap_or_default();
            // A read alone is made by its message, with retries.
            if asked.times > 1 { source.get_all(asked.keys).await } else { Found::default() }
        };
        let call = call.boxed().shared();
        *latest = call.downgrade().map(|call| Joined { asked, call });
        call
    }
}

impl Joined {
    /// Adds a key, if the call wasn't made yet and has room for it.
    fn takes(&self, key: &str) -> Option<Shared<Call>> {
        let call = self.call.upgrade()?;
        let mut asked = lock(&self.asked);
        let asked = asked.as_mut()?;
        if asked.keys.len() >= MAX_KEYS && !asked.keys.contains(key) {
            return None;
        }
        // DynamoDB refuses a call that names a key twice.
        asked.keys.insert(key.to_owned());
        asked.times += 1;
        Some(call)
    }
}

impl Source {
    async fn get(&self, key: &str) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key(&self.key, text(key));
        let get = get.set_projection_expression(self.attributes.clone()).consistent_read(true);
        let got = get.send().await.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        Ok(got.item)
    }

    async fn get_all(&self, keys: BTreeSet<String>) -> Found {
        let found = self.batch(keys).await;
        Arc::new(found.unwrap_or_else(|failure| {
            warn!(%failure, "a joined read failed, so each message reads for itself");
            HashMap::new()
        }))
    }

    async fn batch(&self, keys: BTreeSet<String>) -> Result<HashMap<String, Option<Item>>, Failure> {
        let items = keys.iter().map(|key| Item::from([(self.key.clone(), text(key))])).collect();
        let mut asked = KeysAndAttributes::builder().set_keys(Some(items)).consistent_read(true);
        if let Some(attributes) = &self.attributes {
            // The key tells whose item it is.
            asked = asked
                .projection_expression(format!("#key, {attributes}"))
                .expression_attribute_names("#key", &self.key);
        }
        let asked = asked.build().map_err(|error| Failure::permanent("InvalidRead", error))?;
        let answer = self.once.batch_get_item().request_items(&self.table, asked).send().await;
        let answer = answer.map_err(|error| Failure::aws("dynamodb:BatchGetItem", &error))?;
        let mut found: HashMap<_, _> = keys.into_iter().map(|key| (key, None)).collect();
        let unread = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|unread| unread.keys);
        for key in unread.filter_map(|mut item| self.key_of(&mut item)) {
            found.remove(&key);
        }
        for mut item in answer.responses.unwrap_or_default().into_values().flatten() {
            if let Some(key) = self.key_of(&mut item) {
                found.insert(key, Some(item));
            }
        }
        Ok(found)
    }

    /// The key of an item. The item keeps it only if all attributes are read.
    fn key_of(&self, item: &mut Item) -> Option<String> {
        let key = match self.attributes {
            Some(_) => item.remove(&self.key),
            None => item.get(&self.key).cloned(),
        };
        match key {
            Some(AttributeValue::S(key)) => Some(key),
            _ => None,
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
