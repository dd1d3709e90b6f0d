//! Events and texts in, whole answers out as the bytes that a server sends.
//!
//! # Limits
//!
//! Only the content types that the client asks for, and only the headers that are given.

use std::fmt::Write;

use crate::peer::{Answer, Received};

/// How a client can know the end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// In chunks of seven bytes.
    Chunked,
    /// By a length.
    Length,
    /// By the end of the connection.
    UntilClose,
}

impl Framing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chunked, Self::Length, Self::UntilClose];

    /// An event stream with status 200.
    #[must_use]
    pub fn stream(self, body: &str) -> Vec<u8> {
        self.answer("200 OK", &[("content-type", "text/event-stream")], body.as_bytes())
    }

    /// A JSON text with status 200.
    #[must_use]
    pub fn json(self, body: &str) -> Vec<u8> {
        self.answer("200 OK", &[("content-type", "application/json")], body.as_bytes())
    }

    /// Any answer.
    #[must_use]
    pub fn answer(self, status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {status}\r\n");
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let mut bytes = head.into_bytes();
        match self {
            Self::Chunked => {
                bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
                for chunk in body.chunks(7) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            }
            Self::Length => {
                bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
                bytes.extend(body);
            }
            Self::UntilClose => {
                bytes.extend(b"\r\n");
                bytes.extend(body);
            }
        }
        bytes
    }
}

/// A refusal whose body is JSON.
#[must_use]
pub fn refusal(status: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = [&[("content-type", "application/json")], headers].concat();
    Answer::new().bytes(Framing::Length.answer(status, &headers, body.as_bytes()))
}

/// An answer with a status and headers, and nothing in its body.
#[must_use]
pub fn bare(status: &str, headers: &[(&str, &str)]) -> Answer {
    Answer::new().bytes(Framing::Length.answer(status, headers, b""))
}

/// Events as a stream of runs has them: `id`s from a list, and a text that has escapes, a surrogate
/// pair and letters of two, three and four bytes.
#[must_use]
pub fn events<'i>(ids: impl IntoIterator<Item = &'i str>) -> String {
    ids.into_iter().map(event).collect()
}

/// One of [`events`].
#[must_use]
pub fn event(id: &str) -> String {
    format!(
        "event: task_run.state\ndata: {{\"type\":\"task_run.state\",\"event_id\":\"{id}\",\"text\":\"{id} \\u00e9\\ud83d\\ude00\\n\u{e9}\u{20ac}\u{1f600}\"}}\n\n"
    )
}

/// The text that comes out of [`event`].
#[must_use]
pub fn text(id: &str) -> String {
    format!("{id} \u{e9}\u{1f600}\n\u{e9}\u{20ac}\u{1f600}")
}

/// An event of any type, its members written out.
#[must_use]
pub fn data(members: &str) -> String {
    format!("data: {{{members}}}\n\n")
}

/// The ids of [`events`] that a server which honours cursors still has to send.
#[must_use]
pub fn rest<'i>(ids: &'i [&'i str], request: &Received) -> &'i [&'i str] {
    let Some(cursor) = request.cursor() else { return ids };
    let place = ids.iter().position(|id| *id == cursor).expect("a cursor that is none");
    &ids[place + 1..]
}
