//! HTTP/1.1 on a connection. Messages are passed on byte for byte, because a signature covers them.

use std::io::{self, ErrorKind};

use httparse::Status;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const MAX_HEADERS: usize = 100;

/// A request or a response: the head and the body as they came.
pub(crate) struct Message {
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The value of a header, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        header(&self.head, name)
    }

    /// True if the connection ends with this message.
    pub(crate) fn is_last(&self) -> bool {
        self.header("connection").is_some_and(|value| value == "close")
    }
}

/// A connection, with the bytes that have arrived and not been taken yet.
pub(crate) struct Connection {
    stream: TcpStream,
    arrived: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, arrived: Vec::new() })
    }

    /// The next request; none if the client has closed its connection instead.
    pub(crate) async fn request(&mut self) -> io::Result<Option<Message>> {
        let Some(head) = self.head().await? else { return Ok(None) };
        let body = self.body(&head).await?;
        Ok(Some(Message { head, body }))
    }

    /// The whole response to a request of this method.
    pub(crate) async fn response(&mut self, method: &str) -> io::Result<Message> {
        loop {
            let head = self.head().await?.ok_or(ErrorKind::UnexpectedEof)?;
            let status = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default().to_vec();
            // A status of 1xx only announces the response.
            if status.starts_with(b"1") {
                continue;
            }
            let has_body = method != "HEAD" && status != b"204" && status != b"304";
            let body = if has_body { self.body(&head).await? } else { Vec::new() };
            return Ok(Message { head, body });
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// True if the other side has neither closed the connection nor sent unexpected bytes.
    pub(crate) fn is_open(&self) -> bool {
        self.arrived.is_empty()
            && matches!(self.stream.try_read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    async fn head(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.arrived.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD) {
                return Ok(Some(self.take(at + END_OF_HEAD.len())));
            }
            if !self.more().await? {
                return if self.arrived.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    async fn body(&mut self, head: &[u8]) -> io::Result<Vec<u8>> {
        if header(head, "transfer-encoding").is_some_and(|value| value.contains("chunked")) {
            return self.chunks().await;
        }
        let length =
            header(head, "content-length").map_or(Ok(0), |value| value.parse()).map_err(io::Error::other)?;
        self.exactly(length).await
    }

    /// A body in chunks, with their sizes.
    async fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let (line, size) = match httparse::parse_chunk_size(&self.arrived) {
                Ok(Status::Complete(found)) => found,
                Ok(Status::Partial) if self.more().await? => continue,
                Ok(Status::Partial) => return Err(ErrorKind::UnexpectedEof.into()),
                Err(_) => return Err(ErrorKind::InvalidData.into()),
            };
            let size = usize::try_from(size).map_err(io::Error::other)?;
            body.extend(self.exactly(line + size + 2).await?);
            if size == 0 {
                return Ok(body);
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.arrived.len() < length {
            if !self.more().await? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.take(length))
    }

    /// Reads the bytes that have arrived; returns false at the end of the connection.
    async fn more(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(&mut self.arrived).await? > 0)
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        self.arrived.drain(..length).collect()
    }
}

/// The value of a header in a head, in lower case.
fn header(head: &[u8], name: &str) -> Option<String> {
    let fields = &head[head.windows(2).position(|bytes| bytes == b"\r\n")? + 2..];
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let Ok(Status::Complete((_, headers))) = httparse::parse_headers(fields, &mut headers) else {
        return None;
    };
    let found = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    Some(String::from_utf8_lossy(found.value).trim().to_ascii_lowercase())
}
