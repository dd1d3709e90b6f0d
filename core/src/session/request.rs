//! A request: an endpoint, the ids in its path, its query and body.

use super::{
    body::{BodyRef, Progress},
    config::Config,
    cursor::Cursor,
    endpoint::{End, Endpoint, Pair, Resume},
    id::{Id, SecondId},
    outcome::{Capacity, Fault, Misuse, Outcome},
    url,
};
use crate::http;

/// How many parameters a request may have besides those of its endpoint.
const PARAMETERS: usize = 3;

/// One request to an [`Endpoint`]. The requests of [`api`](crate::api) convert into it.
///
/// It owns its ids, up to 128 bytes each, and borrows the rest. If it cannot be sent, the first
/// [`poll`](super::Session::poll) stops with a [`Misuse`].
///
/// A chat completion of another API, streamed as the answer to a POST:
///
/// ```
/// use taskgroup::{record, session::{Action, Config, End, Endpoint, Request, Session}, text::Text, time::Instant};
///
/// static CHAT: Endpoint = Endpoint::post("/v1/chat/completions")
///     .with_key("authorization", "Bearer ")
///     .with_error("/error/message")
///     .with_stream(End::Data("[DONE]"));
///
/// record! { struct Chunk { id: Text<40> = "/id" } }
///
/// let config = Config::for_server("api.example.org", "key");
/// let request = Request::new(&CHAT).with_body(br#"{"stream": true, "messages": []}"#);
/// let mut session = Session::<Chunk>::new(config, request);
/// let now = Instant::from_millis(0);
/// assert!(matches!(session.poll(now), Action::Connect { .. }));
/// session.connected(now);
/// assert!(matches!(session.poll(now), Action::Send { .. }));
/// let mut out = [0; 512];
/// let n = session.fill(&mut out);
/// let sent = str::from_utf8(&out[..n]).unwrap();
/// assert!(sent.starts_with("POST /v1/chat/completions HTTP/1.1\r\nhost: api.example.org\r\n"));
/// assert!(sent.contains("authorization: Bearer key\r\n"));
/// ```
#[derive(Clone, Debug)]
pub struct Request<'c> {
    pub(super) call: Call<'c>,
    pub(super) second: SecondId,
    pub(super) body: BodyRef<'c>,
}

/// The part of a request that stays the same when it is sent again.
#[derive(Clone, Debug)]
pub(super) struct Call<'c> {
    pub(super) endpoint: &'c Endpoint<'c>,
    /// The first id of the path.
    id: Id,
    /// A parameter without a name is a misuse.
    parameters: [Option<&'c Pair<'c>>; PARAMETERS],
    /// Seconds.
    timeout: Option<u32>,
    /// If it is unknown whether the server has acted on it, the caller finds out, and asks again if it has
    /// not.
    pub(super) is_recoverable: bool,
}

impl<'c> Request<'c> {
    /// A request to this endpoint.
    #[must_use]
    pub fn new(endpoint: &'c Endpoint<'c>) -> Self {
        let call = Call {
            endpoint,
            id: Id::new(),
            parameters: [None; PARAMETERS],
            timeout: None,
            is_recoverable: false,
        };
        Self { call, second: SecondId::LastEvent(Id::new()), body: BodyRef::EMPTY }
    }

    /// The first id of the path; if there is one already, the second. It replaces a `{}` there,
    /// percent-encoded, and is copied. An id that is empty, `.`, `..` or longer than 128 bytes is a
    /// [`Misuse`].
    ///
    /// A path with two ids has no cursor: both use the same memory.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        if self.call.id.is_empty() {
            self.set_id(id);
        } else {
            self.second = SecondId::Path(id.into());
        }
        self
    }

    /// The first id of the path, in place: a request that is passed from call to call is on the stack in
    /// each.
    pub(crate) fn set_id(&mut self, id: &str) {
        self.call.id.clear();
        self.call.id.push_str(id);
    }

    /// A parameter of the query, after those of the endpoint. It replaces an earlier one of the same name. Up
    /// to three; a fourth is a [`Misuse`]. The session percent-encodes it.
    ///
    /// It borrows the pair, so make a value that you compute first:
    ///
    /// ```
    /// use taskgroup::session::{Endpoint, Request};
    ///
    /// static NEWS: Endpoint = Endpoint::get("/v2/news");
    /// let limit = 20.to_string();
    /// let parameter = ("limit", &*limit);
    /// let request = Request::new(&NEWS).with_parameter(&parameter);
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn with_parameter(mut self, parameter: &'c Pair<'c>) -> Self {
        self.set_parameter(parameter);
        self
    }

    /// The same in place.
    pub(crate) fn set_parameter(&mut self, parameter: &'c Pair<'c>) {
        let is_place = |place: &&mut Option<&Pair<'_>>| place.is_none_or(|other| other.0 == parameter.0);
        match self.call.parameters.iter_mut().find(is_place) {
            Some(place) => *place = Some(parameter),
            None => self.call.parameters = [Some(&("", "")); PARAMETERS],
        }
    }

    /// How many seconds the server may hold the connection, in the endpoint's
    /// [parameter](Endpoint::with_timeout_parameter) for it. An end after that time does not count as early.
    #[must_use]
    pub fn with_timeout(mut self, seconds: u32) -> Self {
        self.set_timeout(seconds);
        self
    }

    /// The same in place.
    pub(crate) const fn set_timeout(&mut self, seconds: u32) {
        self.call.timeout = Some(seconds);
    }

    /// The body of a POST, as JSON: text or bytes of it, or a [`Body`](super::Body) that writes it in pieces.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<BodyRef<'c>>) -> Self {
        self.body = body.into();
        self
    }

    /// Stops, where it is not known whether a POST was acted on, whatever the status says of that: the caller
    /// will find out. So it may also go over a connection that was kept.
    pub(crate) const fn set_recoverable(&mut self) {
        self.call.is_recoverable = true;
    }

    /// Continues after the event with this id, a [`cursor`](super::Session::cursor), instead of from the
    /// start. It is copied. An empty id means from the start.
    #[must_use]
    pub fn after(mut self, last_event_id: &str) -> Self {
        self.second = SecondId::LastEvent(last_event_id.into());
        self
    }

    /// The same in place.
    pub(crate) fn set_after(&mut self, last_event_id: &str) {
        if let SecondId::LastEvent(id) = &mut self.second {
            id.clear();
            id.push_str(last_event_id);
        }
    }
}

impl Call<'_> {
    pub(super) fn is_stream(&self) -> bool {
        self.endpoint.is_stream()
    }

    pub(super) fn has_body(&self) -> bool {
        self.endpoint.method == http::Method::Post
    }

    /// Whether it may be sent again if nobody knows whether the server has acted on it.
    pub(super) fn is_repeatable(&self) -> bool {
        self.endpoint.method == http::Method::Get
    }

    /// Whether it leaves the connection open, as a stream does that may be asked for again.
    pub(super) fn may_keep(&self, config: &Config<'_>) -> bool {
        config.keep_alive
            || match self.endpoint.end {
                Some(End::Inactive(_) | End::Final(_)) => true,
                _ => self.is_checked(config),
            }
    }

    /// Whether an orderly end of the stream is checked, because the config wants it.
    pub(super) fn is_checked(&self, config: &Config<'_>) -> bool {
        config.end_check && matches!(self.endpoint.end, Some(End::Checked))
    }

    /// The number of milliseconds after which an end of the stream does not count as early.
    pub(super) fn late(&self, config: &Config<'_>) -> u32 {
        let asked = self.timeout.filter(|seconds| *seconds > 0);
        let asked = asked.map_or(u32::MAX, |seconds| seconds.saturating_mul(1000));
        asked.min(config.ceiling.0)
    }

    /// Resolves the reference in the cursor's [`location`](Cursor::location) to a path and query on this
    /// server: any reference of RFC 3986. After a redirect, whose target is no longer known, only an absolute
    /// path or URL.
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

    /// Checks the request before anything is sent.
    pub(super) fn check(&self, config: &Config<'_>, cursor: &Cursor) -> Result<(), Misuse> {
        let ids = self.endpoint.ids;
        let wrong = |id: &Id| id.is_cut() || matches!(&**id, "" | "." | "..");
        let last = cursor.last_event_id();
        let is_id_wrong = if ids > 0 { wrong(&self.id) } else { !self.id.is_empty() };
        let is_second_wrong =
            if ids > 1 { cursor.path_id().is_none_or(wrong) } else { cursor.path_id().is_some() };
        if is_id_wrong || is_second_wrong || last.is_some_and(Id::is_cut) {
            return Err(Misuse::Id);
        }
        if self.parameters.iter().flatten().any(|(name, _)| name.is_empty())
            || self.timeout.is_some() && self.endpoint.timeout.is_empty()
            || last.is_some() && self.endpoint.event_id.is_none()
        {
            return Err(Misuse::Parameter);
        }
        self.endpoint.check()?;
        config.check(self.endpoint.key.0)
    }

    /// Writes the whole head of the request, into a writer that keeps only the part which is due.
    ///
    /// `location`: the path and query of a redirect, instead of the endpoint's own. `body`: how long it is,
    /// and the names of the features that it uses.
    pub(super) fn write(
        &self,
        writer: &mut http::Writer<'_>,
        config: &Config<'_>,
        cursor: &Cursor,
        location: Option<&str>,
        body: &Progress,
        features: &[&str],
    ) {
        let endpoint = self.endpoint;
        writer.method(endpoint.method);
        match location {
            Some(target) => _ = writer.raw(target),
            None => self.write_target(writer, config, cursor),
        }
        writer.version().host(config.host, config.port, config.tls);
        let (key, prefix) = endpoint.key;
        if !key.is_empty() {
            // It was checked, like the names and values below.
            writer.raw(key).raw(": ").raw(prefix).raw(config.key).raw("\r\n");
        }
        writer
            .header("accept", if self.is_stream() { "text/event-stream" } else { "application/json" })
            .header("accept-encoding", "identity");
        if self.is_stream() {
            writer.header("cache-control", "no-cache");
        }
        if let Resume::Header(name) = endpoint.resume
            && let Some(id) = cursor.last_event_id()
        {
            writer.header(name, id);
        }
        writer.header("user-agent", config.user_agent);
        if !endpoint.beta.is_empty() {
            write_betas(writer, endpoint.beta, config.beta, body.features.of(features));
        }
        for (name, value) in endpoint.headers {
            writer.header(name, value);
        }
        if !self.may_keep(config) {
            writer.header("connection", "close");
        }
        if endpoint.method == http::Method::Post {
            writer.header("content-type", "application/json");
            writer.raw("content-length: ").decimal(body.left().into()).raw("\r\n");
        }
        writer.end();
    }

    fn write_path(&self, writer: &mut http::Writer<'_>, config: &Config<'_>, cursor: &Cursor) {
        writer.raw(config.base_path).raw(self.endpoint.version(config.version));
        let [first, second, third] = self.endpoint.path;
        writer.raw(first);
        if self.endpoint.ids > 0 {
            writer.encoded(&self.id).raw(second);
        }
        if let Some(id) = cursor.path_id() {
            writer.encoded(id).raw(third);
        }
    }

    fn write_target(&self, writer: &mut http::Writer<'_>, config: &Config<'_>, cursor: &Cursor) {
        self.write_path(writer, config, cursor);
        for (name, value) in self.endpoint.query.iter().chain(self.parameters.into_iter().flatten()) {
            writer.query(name).encoded(value);
        }
        if let Some(seconds) = self.timeout {
            writer.query(self.endpoint.timeout).decimal(seconds.into());
        }
        if let Resume::Query(name) = self.endpoint.resume
            && let Some(id) = cursor.last_event_id()
        {
            writer.query(name).encoded(id);
        }
    }
}

/// The header for the beta features: those of the config, and those that the body uses besides.
fn write_betas<'n>(
    writer: &mut http::Writer<'_>,
    header: &str,
    configured: &'n str,
    used: impl Iterator<Item = &'n str>,
) {
    let is_configured = |name: &&str| {
        let mut names = configured.as_bytes().split(|byte| *byte == b',');
        names.any(|other| other.trim_ascii() == name.as_bytes())
    };
    let more = used.filter(|name| !is_configured(name) && http::is_field_value(name));
    let mut separator = [header, ": "];
    for name in Some(configured).into_iter().filter(|names| !names.is_empty()).chain(more) {
        let [before, after] = core::mem::replace(&mut separator, [",", ""]);
        writer.raw(before).raw(after).raw(name);
    }
    if separator == [",", ""] {
        writer.raw("\r\n");
    }
}
