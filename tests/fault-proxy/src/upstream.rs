//! The emulator, and connections to it that are reused. Under load a connection for each call would be more than the kernel queues.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

use crate::{call::Call, connection::Connection};

/// The time for which an idle connection is kept. It is shorter than the emulator's.
const KEPT: Duration = Duration::from_secs(30);

pub(crate) struct Upstream {
    port: u16,
    /// The idle connections. The last one used comes last and is reused first, so that surplus connections end.
    idle: Mutex<Vec<(Instant, Connection)>>,
}

impl Upstream {
    pub(crate) fn new(port: u16) -> Self {
        Self { port, idle: Mutex::default() }
    }

    /// The response of the emulator, byte for byte.
    pub(crate) async fn call(&self, call: &Call) -> io::Result<Vec<u8>> {
        let mut connection = match self.kept() {
            Some(connection) => connection,
            None => Connection::new(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?)?,
        };
        connection.write(&[call.message.head.as_slice(), &call.message.body].concat()).await?;
        let response = connection.response(&call.method).await?;
        if !response.is_last() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|(since, _)| since.elapsed() < KEPT);
            idle.push((Instant::now(), connection));
        }
        Ok([response.head, response.body].concat())
    }

    fn kept(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((since, connection)) = idle.pop() {
            if since.elapsed() < KEPT && connection.is_open() {
                return Some(connection);
            }
        }
        None
    }
}
