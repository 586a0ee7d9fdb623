//! The events that go to every open page.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast};

/// Events that a slow page may be behind before it misses some.
const ROOM: usize = 256;
/// The milliseconds after which a browser connects again.
const RETRY: u64 = 1000;

/// An event: its name and its data.
#[derive(Debug, Clone)]
pub struct Sent {
    id: u64,
    pub name: &'static str,
    pub data: String,
}

/// Sends events to all pages that are open.
#[derive(Debug)]
pub struct Feed {
    sender: broadcast::Sender<Sent>,
    last: AtomicU64,
    opened: Notify,
}

impl Default for Feed {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(ROOM), last: AtomicU64::new(0), opened: Notify::new() }
    }
}

impl Feed {
    pub fn send(&self, name: &'static str, data: &impl Serialize) {
        let Ok(data) = serde_json::to_string(data) else { return };
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        // Without a page there is no receiver.
        let _ = self.sender.send(Sent { id, name, data });
    }

    pub fn notice(&self, level: &str, text: &str) {
        self.send("notice", &json!({"level": level, "text": text}));
    }

    /// Returns as soon as a page is open: true if none was.
    pub async fn watched(&self) -> bool {
        let mut waited = false;
        loop {
            // Made before the look, so that a page that opens between them is noticed.
            let opened = self.opened.notified();
            if self.sender.receiver_count() > 0 {
                return waited;
            }
            waited = true;
            opened.await;
        }
    }

    /// The events from now on, for something that counts as an open page.
    pub fn listen(&self) -> broadcast::Receiver<Sent> {
        let receiver = self.sender.subscribe();
        self.opened.notify_waiters();
        receiver
    }

    /// The events for a new page, after those that tell it what is so now.
    pub fn open(
        &self,
        now: Vec<(&'static str, Value)>,
    ) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
        let receiver = self.listen();
        let first = now.into_iter().map(|(name, data)| Event::default().event(name).data(data.to_string()));
        let first = stream::iter(
            std::iter::once(Event::default().retry(std::time::Duration::from_millis(RETRY))).chain(first),
        );
        let rest = stream::unfold(receiver, async |mut receiver| {
            loop {
                match receiver.recv().await {
                    Ok(Sent { id, name, data }) => {
                        return Some((Event::default().id(id.to_string()).event(name).data(data), receiver));
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        });
        Sse::new(first.chain(rest).map(Ok)).keep_alive(KeepAlive::default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::response::IntoResponse;

    use super::*;

    /// The next events of a page.
    async fn next(
        stream: &mut (impl Stream<Item = Result<axum::body::Bytes, axum::Error>> + Unpin),
    ) -> String {
        String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_page_is_told_what_is_so_and_then_each_event_with_its_id() {
        let feed = Feed::default();
        feed.notice("info", "before the page was open");
        let page = feed.open(vec![("state", json!({"functions_off": []}))]).into_response();
        let mut page = page.into_body().into_data_stream();
        feed.notice("info", "now");
        assert_eq!(next(&mut page).await, "retry: 1000\n\n");
        assert_eq!(next(&mut page).await, "event: state\ndata: {\"functions_off\":[]}\n\n");
        let notice = next(&mut page).await;
        assert!(
            notice.contains("id: 2") && notice.contains("event: notice") && notice.contains("now"),
            "{notice}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn watching_waits_for_a_page_and_tells_that_it_had_to() {
        let feed = Arc::new(Feed::default());
        let watching = tokio::spawn({
            let feed = Arc::clone(&feed);
            async move { (feed.watched().await, feed.watched().await) }
        });
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert!(!watching.is_finished(), "no page is open");
        let page = feed.open(Vec::new());
        assert_eq!(watching.await.unwrap(), (true, false));
        drop(page);
    }
}
