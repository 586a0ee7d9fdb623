//! A bank that keeps its promise, and loses some of its answers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// The number of calls with each idempotency key. The first one makes the payout.
pub type Calls = Arc<Mutex<HashMap<String, u32>>>;

/// The way in which a bank answers.
#[derive(Debug, Clone, Copy)]
pub enum Manner {
    /// It makes a payout, and hangs up at the first call with its key.
    LosesTheFirstAnswer,
    /// It makes a payout, and is slow at the first call with its key.
    IsLateAtFirst,
    /// It refuses every payout.
    Refuses,
}

/// Opens a bank. Returns its address, and what it has been asked.
pub async fn open(manner: Manner) -> (String, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, calls) = (format!("http://{}", listener.local_addr().unwrap()), Calls::default());
    let asked = calls.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, manner, asked.clone()));
        }
    });
    (url, calls)
}

async fn answer(mut stream: TcpStream, manner: Manner, calls: Calls) {
    let Some(key) = key_of_request(&mut stream).await else { return };
    let nth = {
        let mut calls = calls.lock().unwrap();
        let nth = calls.entry(key.clone()).or_default();
        *nth += 1;
        *nth
    };
    let (status, body) = match (nth, manner) {
        (1, Manner::LosesTheFirstAnswer) => return,
        (_, Manner::Refuses) => ("422 Unprocessable Content", String::new()),
        _ => ("200 OK", format!(r#"{{"receipt": "r-{key}"}}"#)),
    };
    if let (1, Manner::IsLateAtFirst) = (nth, manner) {
        sleep(Duration::from_secs(5)).await;
    }
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    // A function that was killed doesn't read it.
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// Reads a request to its end, which is the end of its body.
async fn key_of_request(stream: &mut TcpStream) -> Option<String> {
    let (mut request, mut buffer) = (String::new(), [0; 1024]);
    while !request.ends_with('}') {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        request.push_str(std::str::from_utf8(&buffer[..count]).ok()?);
    }
    request.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).map(str::to_owned)
}
