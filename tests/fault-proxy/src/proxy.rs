//! The proxy itself: serves pages to the tests, and passes all other requests to the emulator, unless they fail.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use fastrand::Rng;
use serde::Deserialize;
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};

use crate::{
    call::Call,
    connection::{Connection, Message},
    fault::{Fault, delay},
    messages::Messages,
    quotas::Quotas,
    request_units::{self, Units},
    response::{failed, refused, response},
    sent::Sent,
    upstream::Upstream,
};

/// Connections that wait to be accepted: many functions start at once.
const BACKLOG: u32 = 4096;

struct Proxy {
    upstream: Upstream,
    state: Mutex<State>,
}

struct State {
    random: Rng,
    share: f64,
    /// The numbers of calls by fault, and by kind.
    outcomes: BTreeMap<Fault, u64>,
    calls: BTreeMap<String, u64>,
    units: Units,
    quotas: Quotas,
    messages: Messages,
}

#[derive(Deserialize)]
struct FaultOrder {
    share: f64,
}

#[derive(Deserialize)]
struct QuotaOrder {
    // Without `default`, so that an order without a profile is refused, and doesn't end all quotas.
    #[serde(deserialize_with = "Option::deserialize")]
    profile: Option<String>,
    #[serde(default = "unscaled")]
    scale: f64,
}

fn unscaled() -> f64 {
    1.0
}

/// Serves the proxy on a port of the loopback interface.
pub async fn serve(port: u16, upstream: u16, seed: u64) -> io::Result<()> {
    let state = State {
        random: Rng::with_seed(seed),
        share: 0.0,
        outcomes: BTreeMap::new(),
        calls: BTreeMap::new(),
        units: Units::new(),
        quotas: Quotas::new().map_err(io::Error::other)?,
        messages: Messages::new()?,
    };
    let proxy = Arc::new(Proxy { upstream: Upstream::new(upstream), state: Mutex::new(state) });
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let listener = socket.listen(BACKLOG)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let proxy = Arc::clone(&proxy);
        // An error on one connection does not affect the others.
        tokio::spawn(async move { proxy.serve(stream).await });
    }
}

impl Proxy {
    /// Answers requests one after the other, for as long as the client keeps its connection.
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut connection = Connection::new(stream)?;
        while let Some(message) = connection.request().await? {
            let is_last = message.is_last();
            let Some(answer) = self.answer(message).await else { return Ok(()) };
            connection.write(&answer).await?;
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// The answer to a request; `None` if its connection is closed instead.
    async fn answer(&self, message: Message) -> Option<Vec<u8>> {
        let call = Call::new(message)?;
        match call.path.as_str() {
            "/_faults" | "/_calls" | "/_units" | "/_quotas" | "/_messages" => Some(self.page(&call)),
            _ => self.forward(call).await,
        }
    }

    /// Obeys an order, and shows a page.
    fn page(&self, call: &Call) -> Vec<u8> {
        let mut state = self.state();
        if call.method == "POST"
            && let Err(fault) = state.obey(&call.path, &call.message.body)
        {
            return response(400, "text/plain", &fault, &[]);
        }
        let outcomes: BTreeMap<_, _> = state.outcomes.iter().map(|(fault, n)| (fault.name(), n)).collect();
        let units: Vec<_> = state.units.iter().map(|((table, kind), n)| json!([table, kind, n])).collect();
        let page = match call.path.as_str() {
            "/_faults" => json!(outcomes),
            "/_calls" => json!(state.calls),
            "/_units" => json!(units),
            "/_messages" => json!(state.messages.findings()),
            _ => json!(state.quotas.report()),
        };
        response(200, "application/json", &page.to_string(), &[])
    }

    async fn forward(&self, call: Call) -> Option<Vec<u8>> {
        let (fault, delay) = self.state().count(&call);
        match fault {
            Fault::Reset => return None,
            Fault::Error | Fault::Throttled => return Some(failed(&call, fault)),
            _ => {}
        }
        let refusal = self.state().quotas.refusal(&call, Instant::now());
        if let Some(refusal) = refusal {
            return Some(refused(&refusal));
        }
        if fault == Fault::Slow {
            tokio::time::sleep(delay).await;
        }
        let Ok(answer) = self.upstream.call(&call).await else {
            *self.state().outcomes.entry(Fault::Broken).or_default() += 1;
            return None;
        };
        (fault != Fault::LostAnswer).then_some(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn obey(&mut self, path: &str, body: &[u8]) -> Result<(), String> {
        if path == "/_quotas" {
            let QuotaOrder { profile, scale } =
                serde_json::from_slice(body).map_err(|error| error.to_string())?;
            return self.quotas.switch(profile, scale);
        }
        if path == "/_messages" {
            let sent: Sent = serde_json::from_slice(body).map_err(|error| error.to_string())?;
            self.messages.check(&sent);
            return Ok(());
        }
        let FaultOrder { share } = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        self.share = share;
        Ok(())
    }

    /// Counts a call, and checks its messages; draws its fault, and how long it takes if it is slow.
    fn count(&mut self, call: &Call) -> (Fault, std::time::Duration) {
        let fault = Fault::draw(&mut self.random, self.share);
        *self.outcomes.entry(fault).or_default() += 1;
        *self.calls.entry(call.name()).or_default() += 1;
        for message in Sent::of(call) {
            self.messages.check(&message);
        }
        if call.service == "dynamodb" {
            for (kind, n) in request_units::units(&call.operation, &call.message.body) {
                *self.units.entry(kind).or_default() += n;
            }
        }
        (fault, delay(&mut self.random))
    }
}
