//! Events in, a `text/event-stream` body out, as fast as the client takes it and as broken as the faults say.
//!
//! # Limits
//!
//! Holds three events at most, whatever their size: the one being written, the one being sent and the one
//! between.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Version as HttpVersion, header};
use axum::response::Response;
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::api::set_headers;
use crate::faults::{After, Faults};
use crate::shared::Shared;
use crate::wire::Shears;

/// The stream has ended early: the client closed it, or a fault did.
#[derive(Debug)]
pub(super) struct Gone;

const ERROR: &str = "{\"type\":\"error\",\"error\":{\"ref_id\":\"0c1d9d7e-6f0b-4c58-9e0e-3d2b0f1a7c55\",\"message\":\"The stream ended on demand\",\"detail\":null}}";

enum Piece {
    Bytes(Bytes),
    Cut,
}

/// Where a handler writes the events of its stream.
pub(super) struct Sink {
    pieces: mpsc::Sender<Piece>,
    shared: Arc<Shared>,
    faults: Faults,
    sent: u64,
}

/// The answer, and the sink for its events. Later changes of the faults do not affect it.
pub(super) fn new(shared: Arc<Shared>, shears: Arc<Shears>) -> (Response, Sink) {
    let faults = shared.faults().clone();
    let (pieces, taken) = mpsc::channel(1);
    let largest = faults.chunk_bytes.map_or(usize::MAX, |bytes| bytes.max(1));
    let mut response = Response::new(Body::new(Pieces { taken, rest: Bytes::new(), largest, shears }));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    set_headers(&mut response, &faults.headers);
    if faults.until_close {
        *response.version_mut() = HttpVersion::HTTP_10;
    }
    (response, Sink { pieces, shared, faults, sent: 0 })
}

impl Sink {
    /// Sends what comes before the first event, and lets the faults that are due there strike.
    pub(super) async fn open(&mut self) -> Result<(), Gone> {
        if let Some(milliseconds) = self.faults.retry_milliseconds {
            let end = self.faults.line_end.text();
            self.send(format!("retry: {milliseconds}{end}{end}")).await?;
        }
        self.strike().await
    }

    /// Sends one event. `id` is its cursor, if it has one.
    pub(super) async fn event(&mut self, name: &str, id: Option<&str>, json: &str) -> Result<(), Gone> {
        let block = self.block(name, id, json);
        self.send(block).await?;
        self.sent += 1;
        self.shared.counters.events.fetch_add(1, Ordering::Relaxed);
        self.strike().await
    }

    /// Whether the event at this place in its group must be broken.
    pub(super) fn breaks(&self, place: usize) -> bool {
        self.faults.broken_every.is_some_and(|every| every > 0 && (place as u64 + 1).is_multiple_of(every))
    }

    /// Waits until the client has closed the connection.
    pub(super) async fn gone(&self) {
        self.pieces.closed().await;
    }

    fn block(&self, name: &str, id: Option<&str>, json: &str) -> String {
        let end = self.faults.line_end.text();
        let mut block = String::with_capacity(json.len() + 128);
        let mut line = |parts: &[&str]| {
            parts.iter().for_each(|part| block.push_str(part));
            block.push_str(end);
        };
        if self.faults.comments {
            line(&[": still here"]);
            line(&[]);
        }
        if self.faults.pings {
            line(&["event: ping"]);
            line(&["data:"]);
            line(&[]);
        }
        line(&["event: ", name]);
        if let Some(id) = id.filter(|_| self.faults.id_lines) {
            line(&["id: ", id]);
        }
        if self.faults.data_lines {
            outermost_members(json).for_each(|part| line(&["data: ", part]));
        } else {
            line(&["data: ", json]);
        }
        line(&[]);
        block
    }

    async fn strike(&mut self) -> Result<(), Gone> {
        let due = |after: Option<After>| after == Some(After::Events(self.sent));
        if due(self.faults.stall.map(|stall| stall.after))
            && let Some(length) = self.shared.take_stall()
        {
            sleep(length).await;
        }
        if self.faults.error.is_some_and(|error| error.events == self.sent)
            && self.shared.faults().take_error()
        {
            self.send(self.block("error", None, ERROR)).await?;
            return Err(Gone);
        }
        // The cut is taken only once everything before it has been sent.
        if due(self.faults.cut.map(|cut| cut.after)) {
            self.pieces.send(Piece::Cut).await.map_err(|_| Gone)?;
        }
        Ok(())
    }

    async fn send(&self, text: String) -> Result<(), Gone> {
        self.pieces.send(Piece::Bytes(text.into())).await.map_err(|_| Gone)
    }
}

/// Cuts the text of a JSON object after each comma between its members.
fn outermost_members(json: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    json.split_inclusive(move |letter| {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ',' => return depth == 1 && !quoted,
            _ => {}
        }
        false
    })
}

/// The body: what the sink was given, in pieces of at most `largest` bytes.
struct Pieces {
    taken: mpsc::Receiver<Piece>,
    rest: Bytes,
    largest: usize,
    shears: Arc<Shears>,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        while self.rest.is_empty() {
            if self.shears.are_open() {
                return Poll::Pending;
            }
            match self.taken.poll_recv(context) {
                Poll::Ready(Some(Piece::Bytes(bytes))) => self.rest = bytes,
                // The wire cuts when HTTP has flushed, which it does when a body has nothing more for now.
                Poll::Ready(Some(Piece::Cut)) => self.shears.open(),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
        let length = self.rest.len().min(self.largest);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }
}
