//! What is asked of the service: an endpoint, the ids in its path, its query and body.

use super::{
    config::Config,
    cursor::Cursor,
    envelope::IdSource,
    id::{Id, SecondId},
    outcome::{Capacity, Fault, Misuse, Outcome},
    url,
};
use crate::http;

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
    pub(crate) answer: Reply,
}

/// What an endpoint answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
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

/// The names of the parameters that queries have; by the first, a stream goes on.
pub(crate) const LAST_EVENT_ID: &str = "last_event_id";
pub(crate) const STATUS: &str = "status";
pub(crate) const INCLUDE_INPUT: &str = "include_input";
pub(crate) const INCLUDE_OUTPUT: &str = "include_output";
pub(crate) const REFRESH_STATUS: &str = "refresh_status";
pub(crate) const TIMEOUT: &str = "timeout";

/// The parameters of a query, besides the cursor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Query {
    pub(crate) status: Option<&'static str>,
    pub(crate) include_input: Option<bool>,
    pub(crate) include_output: Option<bool>,
    pub(crate) refresh_status: Option<bool>,
    /// Seconds.
    pub(crate) timeout: Option<u32>,
}

/// A request to the service; made by the functions of [`api`](crate::api).
///
/// It owns its ids, up to 128 bytes each, and borrows only a body. What is wrong with it is said
/// by the first [`poll`](super::Session::poll).
#[derive(Clone, Debug)]
pub struct Request<'c> {
    pub(crate) call: Call<'c>,
    pub(crate) second: SecondId,
}

/// A request without what changes while it is asked again.
#[derive(Clone, Debug)]
pub(crate) struct Call<'c> {
    pub(crate) endpoint: &'static Endpoint,
    /// The first id of the path.
    pub(crate) id: Id,
    pub(crate) query: Query,
    pub(crate) body: &'c [u8],
    pub(crate) misuse: bool,
}

impl<'c> Request<'c> {
    pub(crate) fn new(endpoint: &'static Endpoint, id: &str) -> Self {
        let query = Query::default();
        let call = Call { endpoint, id: id.into(), query, body: &[], misuse: false };
        Self { call, second: SecondId::LastEvent(Id::new()) }
    }

    /// Another id in the path, of an endpoint that takes no cursor.
    pub(crate) fn with_second_id(mut self, id: &str) -> Self {
        self.second = SecondId::Path(id.into());
        self
    }

    pub(crate) fn with_body(mut self, body: &'c [u8]) -> Self {
        self.call.body = body;
        self
    }

    /// Notes that a parameter was set, which the endpoint may not take.
    pub(crate) fn uses(mut self, parameter: &str) -> Self {
        self.call.misuse |= !self.call.endpoint.parameters.contains(&parameter);
        self
    }

    /// Goes on after the event with this id, instead of from the start. An empty one is none.
    #[must_use]
    pub fn last_event_id(mut self, id: &str) -> Self {
        // Or an endpoint that takes none would lose the id of its path; it is a misuse then.
        if self.call.is_stream() {
            self.second = SecondId::LastEvent(id.into());
        }
        self.uses(LAST_EVENT_ID)
    }
}

impl Call<'_> {
    pub(super) fn id_source(&self) -> IdSource {
        if self.endpoint.answer == Reply::Events { IdSource::Field } else { IdSource::Member }
    }

    pub(super) fn is_stream(&self) -> bool {
        self.endpoint.answer != Reply::Json
    }

    /// Whether it may be sent again when nobody knows whether it was acted on.
    pub(super) fn is_repeatable(&self) -> bool {
        self.endpoint.method == http::Method::Get
    }

    /// Whether it leaves the connection open: a stream that may be asked again does.
    pub(super) fn may_keep(&self, config: &Config<'_>) -> bool {
        config.keep_alive
            || match self.endpoint.answer {
                Reply::Json => false,
                Reply::Stream { until_inactive: false } => config.end_check,
                Reply::Stream { until_inactive: true } | Reply::Events => true,
            }
    }

    /// Whether an orderly end of the stream is checked, because the config wants it.
    pub(super) fn is_checked(&self, config: &Config<'_>) -> bool {
        config.end_check && matches!(self.endpoint.answer, Reply::Stream { until_inactive: false })
    }

    /// After how many milliseconds an end of the stream is not too soon.
    pub(super) fn late(&self, config: &Config<'_>) -> u32 {
        let asked = self.query.timeout.filter(|seconds| *seconds > 0);
        let asked = asked.map_or(u32::MAX, |seconds| seconds.saturating_mul(1000));
        asked.min(config.ceiling.0)
    }

    /// Makes a path and query on this very server of the reference that is in the cursor's
    /// [`location`](Cursor::location): any that RFC 3986 has. After a redirect, whose target is not there any
    /// more, only an absolute path or URL.
    #[inline(never)] // the path is large, and rare
    pub(super) fn resolve(
        &self,
        config: &Config<'_>,
        cursor: &mut Cursor,
        is_redirected: bool,
    ) -> Result<(), Outcome> {
        let mut target = [0; 256];
        let mut writer = http::Writer::new(&mut target, 0);
        self.write_path(&mut writer, config, cursor);
        let is_known = writer.is_complete() && !is_redirected;
        let base = is_known.then_some(writer.finish());
        let server = url::Url { tls: config.tls(), host: config.host(), port: config.port(), path: "" };
        let length = url::resolve(&server, &cursor.next, &mut target, base).map_err(|why| match why {
            url::Unresolved::Foreign => Outcome::Peer(Fault::Redirect),
            url::Unresolved::Capacity => Outcome::Capacity(Capacity::Location),
        })?;
        let target = target.get(..length).and_then(|target| str::from_utf8(target).ok()).unwrap_or_default();
        let location = cursor.location();
        location.clear();
        location.push_str(target).map_err(|_| Outcome::Capacity(Capacity::Location))
    }

    /// What is wrong with it, before anything is sent.
    pub(super) fn check(&self, config: &Config<'_>, cursor: &Cursor) -> Result<(), Misuse> {
        let ids = self.endpoint.path.len().saturating_sub(1);
        let wrong = |id: &Id| id.is_cut() || matches!(&**id, "" | "." | "..");
        if (ids > 0 && wrong(&self.id))
            || (ids > 1 && cursor.path_id().is_none_or(wrong))
            || cursor.last_event_id().is_some_and(Id::is_cut)
        {
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
        cursor: &Cursor,
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
        if self.endpoint.answer == Reply::Events
            && let Some(id) = cursor.last_event_id()
        {
            writer.header("last-event-id", id);
        }
        writer.header("user-agent", config.user_agent);
        if !config.beta.is_empty() {
            writer.header("parallel-beta", config.beta);
        }
        if !self.may_keep(config) {
            writer.header("connection", "close");
        }
        if self.endpoint.method == http::Method::Post {
            writer.header("content-type", "application/json").body(self.body);
        } else {
            writer.end();
        }
    }

    fn write_path(&self, writer: &mut http::Writer<'_>, config: &Config<'_>, cursor: &Cursor) {
        writer.raw(config.base_path).raw(self.endpoint.version.unwrap_or(config.version).path());
        let mut pieces = self.endpoint.path.iter();
        writer.raw(pieces.next().copied().unwrap_or_default());
        for (piece, id) in pieces.zip([Some(&self.id), cursor.path_id()]) {
            writer.encoded(id.map_or("", |id| id)).raw(piece);
        }
    }

    fn write_target(&self, writer: &mut http::Writer<'_>, config: &Config<'_>, cursor: &Cursor) {
        self.write_path(writer, config, cursor);
        let word = |value: bool| if value { "true" } else { "false" };
        for (name, value) in [
            (STATUS, self.query.status),
            (INCLUDE_INPUT, self.query.include_input.map(word)),
            (INCLUDE_OUTPUT, self.query.include_output.map(word)),
            (REFRESH_STATUS, self.query.refresh_status.map(word)),
        ] {
            if let Some(value) = value {
                writer.query(name).raw(value);
            }
        }
        if let Some(seconds) = self.query.timeout {
            writer.query(TIMEOUT).decimal(seconds.into());
        }
        if matches!(self.endpoint.answer, Reply::Stream { .. })
            && let Some(id) = cursor.last_event_id()
        {
            writer.query(LAST_EVENT_ID).encoded(id);
        }
    }
}
