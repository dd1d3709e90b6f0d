//! What is asked of the service: an endpoint, the ids in its path, its query and body.

use super::{config::Config, cursor::ID, outcome::Misuse, taps::IdSource};
use crate::{http, text::Text};

/// One endpoint of the service: how it is asked, and what its answer means.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: http::Method,
    /// `None`: the version that the config names.
    pub(crate) version: Option<super::Version>,
    /// The path after the version. The ids stand between the pieces.
    pub(crate) path: &'static [&'static str],
    /// The names that its query takes.
    pub(crate) parameters: &'static [&'static str],
    pub(crate) answer: Answer,
}

/// What an endpoint answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// One JSON text.
    Json,
    /// An event stream that is resumed by `last_event_id`, with ids in the member `event_id`.
    Stream {
        /// Whether a clean end counts only after a group status that is not active.
        until_inactive: bool,
    },
    /// An event stream without cursors; should it have ids all the same, they are its `id` fields,
    /// and go back in the header `Last-Event-ID`.
    Events,
}

/// The parameter by which a stream goes on.
pub(crate) const LAST_EVENT_ID: &str = "last_event_id";

/// The value of a parameter in the query.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    Word(&'static str),
    Number(u32),
}

/// The most parameters that one request can have, besides the cursor.
const PARAMETERS: usize = 4;

/// A request to the service; made by the functions of [`api`](crate::api).
///
/// It owns its ids, up to 128 bytes each, and borrows only a body. What is wrong with it is said
/// by the first [`poll`](super::Session::poll).
#[derive(Clone, Debug)]
pub struct Request<'c> {
    pub(crate) endpoint: &'static Endpoint,
    /// The first id of the path.
    pub(crate) id: Text<ID>,
    /// The second id of the path, or the event after which a stream goes on: no endpoint has both.
    pub(crate) second: Text<ID>,
    pub(crate) query: heapless::Vec<(&'static str, Value), PARAMETERS, u8>,
    pub(crate) body: &'c [u8],
    pub(crate) misuse: bool,
}

impl<'c> Request<'c> {
    pub(crate) fn new(endpoint: &'static Endpoint, id: &str) -> Self {
        Self {
            endpoint,
            id: id.into(),
            second: Text::new(),
            query: heapless::Vec::new(),
            body: &[],
            misuse: false,
        }
    }

    pub(crate) fn with_second(mut self, id: &str) -> Self {
        self.second = id.into();
        self
    }

    pub(crate) fn with_body(mut self, body: &'c [u8]) -> Self {
        self.body = body;
        self
    }

    /// Sets a parameter of the query; the last value counts.
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Self {
        let full = match self.query.iter_mut().find(|(set, _)| *set == name) {
            Some(slot) => {
                slot.1 = value;
                false
            }
            None => self.query.push((name, value)).is_err(),
        };
        self.misuse |= full || !self.endpoint.parameters.contains(&name);
        self
    }

    /// Goes on after the event with this id, instead of from the start. An empty one is none.
    #[must_use]
    pub fn last_event_id(mut self, id: &str) -> Self {
        self.misuse |= !self.endpoint.parameters.contains(&LAST_EVENT_ID);
        self.with_second(id)
    }

    /// The cursor that the request starts from; the request has no use for it from then on.
    pub(super) fn take_cursor(&mut self) -> Text<ID> {
        match self.endpoint.answer {
            Answer::Json => Text::new(),
            Answer::Stream { .. } | Answer::Events => core::mem::take(&mut self.second),
        }
    }

    pub(super) fn id_source(&self) -> IdSource {
        if self.endpoint.answer == Answer::Events { IdSource::Field } else { IdSource::Member }
    }

    pub(super) fn is_stream(&self) -> bool {
        self.endpoint.answer != Answer::Json
    }

    /// Whether it may be sent again when nobody knows whether it was acted on.
    pub(super) fn is_repeatable(&self) -> bool {
        self.endpoint.method == http::Method::Get
    }

    /// What is wrong with it, before anything is sent.
    pub(super) fn check(&self, config: &Config<'_>, cursor_is_sendable: bool) -> Result<(), Misuse> {
        let ids = self.endpoint.path.len().saturating_sub(1);
        let wrong = |id: &Text<ID>| id.lost() > 0 || matches!(id.as_str(), "" | "." | "..");
        if (ids > 0 && wrong(&self.id)) || (ids > 1 && wrong(&self.second)) || !cursor_is_sendable {
            return Err(Misuse::Id);
        }
        if self.misuse {
            return Err(Misuse::Parameter);
        }
        config.check()
    }

    /// Writes the request: all of it, into a writer that keeps the part which is due.
    ///
    /// `location`: the path and query that a redirect gave instead of the endpoint's own.
    pub(super) fn write(
        &self,
        writer: &mut http::Writer<'_>,
        config: &Config<'_>,
        cursor: Option<&str>,
        location: Option<&str>,
    ) {
        writer.method(self.endpoint.method);
        match location {
            Some(target) => _ = writer.raw(target),
            None => self.write_target(writer, config, cursor),
        }
        writer
            .version()
            .host(config.host, config.port, config.tls)
            .header("x-api-key", config.key)
            .header("accept", if self.is_stream() { "text/event-stream" } else { "application/json" })
            .header("accept-encoding", "identity");
        if self.is_stream() {
            writer.header("cache-control", "no-cache");
        }
        if let (Answer::Events, Some(id)) = (self.endpoint.answer, cursor) {
            writer.header("last-event-id", id);
        }
        writer.header("user-agent", config.user_agent);
        if !config.beta.is_empty() {
            writer.header("parallel-beta", config.beta);
        }
        writer.header("connection", "close");
        if self.endpoint.method == http::Method::Post {
            writer.header("content-type", "application/json").body(self.body);
        } else {
            writer.end();
        }
    }

    fn write_target(&self, writer: &mut http::Writer<'_>, config: &Config<'_>, cursor: Option<&str>) {
        writer.raw(config.base_path).raw(self.endpoint.version.unwrap_or(config.version).path());
        let mut pieces = self.endpoint.path.iter();
        writer.raw(pieces.next().copied().unwrap_or_default());
        for (piece, id) in pieces.zip([&self.id, &self.second]) {
            writer.encoded(id).raw(piece);
        }
        for (name, value) in &self.query {
            writer.query(name);
            match *value {
                Value::Word(word) => writer.encoded(word),
                Value::Number(number) => writer.decimal(number.into()),
            };
        }
        if let (Answer::Stream { .. }, Some(id)) = (self.endpoint.answer, cursor) {
            writer.query(LAST_EVENT_ID).encoded(id);
        }
    }
}
