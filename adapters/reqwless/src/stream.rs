//! A request in, its events out, over reqwless.

use core::{
    fmt::{self, Write as _},
    net::IpAddr,
    pin::pin,
};

use embassy_futures::select::{Either, select};
use embedded_io_async::{BufRead, Read, Write};
use embedded_nal_async::{Dns, TcpConnect};
use heapless::String;
use reqwless::{
    Error,
    client::{HttpClient, HttpResource},
    request::RequestBuilder,
    response::BodyReader,
};
use taskgroup::{
    __log,
    json::Record,
    session::{Action, ApiError, Config, Event, Failure, Hint, Outcome, Request, Session},
    time::{Clock, Instant},
};

use crate::{head, request::Parts};

/// `http://`, a host's name of 255 bytes, and a port.
const URL: usize = 7 + 255 + 6;

/// How a try ended before its answer did: by a failure, or by a deadline. The session decides what a deadline
/// means.
type Cut = Option<Failure>;

/// One request on its way, until it is answered in full.
///
/// # Limits
///
/// GET only. The buffer must have room for the request, about 300 bytes plus the ids and the key; otherwise
/// the stream stops with [`Outcome::Refused`]. After that it must have room for the head of the answer, with
/// 64 fields at most; otherwise the try fails.
///
/// The session does not learn the length of a body, because reqwless takes the body out of its framing. So a
/// stream whose events have no ids, such as that of `api::run_events`, stops with
/// [`Fault::Unproven`](taskgroup::session::Fault::Unproven) when its body ends.
pub struct Stream<'c, R, C> {
    session: Session<'c, R>,
    clock: C,
    plaintext_allowed: bool,
}

impl<'c, R: Record, C: Clock> Stream<'c, R, C> {
    /// A stream that fills this record. Nothing is sent before the first [`run`](Self::run), and then only
    /// to this machine, see [`allow_plaintext`](Self::allow_plaintext).
    #[must_use]
    pub fn new(config: Config<'c>, request: impl Into<Request<'c>>, record: R, clock: C) -> Self {
        Self { session: Session::with_record(config, request, record), clock, plaintext_allowed: false }
    }

    /// Allows plaintext to any server: the key is sent in the clear.
    #[must_use]
    pub fn allow_plaintext(mut self) -> Self {
        self.plaintext_allowed = true;
        self
    }

    /// Passes each event to `each`, and resumes after every failure, until the stream ends.
    ///
    /// You may drop its future at any time; another `run` continues after the last event that `each` has
    /// handled. But the connection is lost with it: the next `run` opens a new one, and an answer that was
    /// being read counts as a failed try. Keeping the future and polling it again costs neither.
    pub async fn run<T: TcpConnect, D: Dns>(
        &mut self,
        client: &mut HttpClient<'_, T, D>,
        buffer: &mut [u8],
        mut each: impl AsyncFnMut(Event<'_, R>),
    ) -> Outcome {
        // The last `run` was dropped before `each` had handled this one.
        if let Some(event) = self.session.event() {
            each(event).await;
        }
        loop {
            match self.session.poll(self.clock.now()) {
                Action::Connect { until } => {
                    if let Err(Some(why)) = self.attempt(client, buffer, until, &mut each).await {
                        self.session.failed(self.clock.now(), why);
                    }
                }
                Action::Sleep { until, .. } => self.clock.wait_until(until).await,
                Action::Stop(outcome) => return outcome,
                // One try does everything in between, so the last one was dropped.
                Action::Send { .. } | Action::Receive { .. } => {
                    self.session.failed(self.clock.now(), Failure::Broken);
                }
                Action::Close => {}
            }
        }
    }

    /// A possible reason for the outcome, to show to a person.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        self.session.hint()
    }

    /// The service's own error, if it sent one.
    #[must_use]
    pub fn error(&self) -> Option<&ApiError> {
        self.session.error()
    }

    /// The id of the last event that was handled. Store it: after a reboot another stream continues after it
    /// with [`Request::after`], or what the API calls that.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.session.cursor()
    }

    /// The record, even after an event that was skipped.
    pub fn record_mut(&mut self) -> &mut R {
        self.session.record_mut()
    }

    /// The record, as the last event left it.
    #[must_use]
    pub fn into_record(self) -> R {
        self.session.into_record()
    }

    /// One connection, from its beginning to its end.
    async fn attempt<T: TcpConnect, D: Dns>(
        &mut self,
        client: &mut HttpClient<'_, T, D>,
        buffer: &mut [u8],
        until: Instant,
        each: &mut impl AsyncFnMut(Event<'_, R>),
    ) -> Result<(), Cut> {
        let url = self.url()?;
        let connected = self.before(until, pin!(client.resource(&url))).await;
        let mut resource = connected.map_err(|cut| cut.map(|_| Failure::Unreachable))?;
        self.session.connected(self.clock.now());
        let length = self.session.fill(buffer);
        let until = match self.session.poll(self.clock.now()) {
            Action::Receive { until } => until,
            Action::Send { .. } => {
                __log!(error, "the request is longer than the buffer");
                return Err(Some(Failure::Refused));
            }
            // The deadline has passed.
            _ => return Ok(()),
        };
        let (request, rest) = buffer.split_at_mut(length);
        self.ask(&mut resource, request, rest, until, each).await
    }

    /// Sends the request and reads the answer.
    async fn ask<N: Read + Write>(
        &mut self,
        resource: &mut HttpResource<'_, N>,
        request: &[u8],
        buffer: &mut [u8],
        until: Instant,
        each: &mut impl AsyncFnMut(Event<'_, R>),
    ) -> Result<(), Cut> {
        let Some(parts) = Parts::of(request) else {
            __log!(error, "only a GET can be sent");
            return Err(Some(Failure::Refused));
        };
        let get = resource.get(parts.target).host(parts.host).headers(&parts.fields);
        let response = self.before(until, pin!(get.send(buffer))).await?;
        let (session, clock) = (&mut self.session, &self.clock);
        head::retell(&response, |mut bytes| _ = session.advance(&mut bytes, clock.now()));
        if let Some(event) = self.session.event() {
            each(event).await;
        }
        if !head::is_framing_understood(&response) {
            __log!(warn, "the body is framed in a way that reqwless does not understand");
            return Err(Some(Failure::Broken));
        }
        let mut body = response.body().reader();
        while let Action::Receive { until } = self.session.poll(self.clock.now()) {
            let bytes = self.before(until, pin!(body.fill_buf())).await?;
            if bytes.is_empty() {
                // The connection may have ended in the middle of a chunk.
                if matches!(&body, BodyReader::Chunked(chunks) if !chunks.is_done()) {
                    return Err(Some(Failure::Broken));
                }
                self.session.closed(self.clock.now());
                break;
            }
            let mut rest = bytes;
            while let Some(event) = self.session.feed(&mut rest, self.clock.now()) {
                each(event).await;
            }
            let length = bytes.len();
            body.consume(length);
        }
        Ok(())
    }

    /// Where to connect to, if the key may go there.
    fn url(&self) -> Result<String<URL>, Cut> {
        let config = self.session.config();
        let why = if config.tls() {
            "https: this adapter does not speak TLS"
        } else if !self.plaintext_allowed && !config.is_loopback() {
            "plaintext: it is refused except to this machine, unless you allow it"
        } else {
            let (mut url, port) = (String::new(), config.port());
            let is_long = match config.host().parse() {
                Ok(IpAddr::V6(address)) => write!(url, "http://[{address}]:{port}"),
                // reqwless resolves every name, and connects to whatever address it gets.
                Err(_) if !self.plaintext_allowed => write!(url, "http://127.0.0.1:{port}"),
                _ => write!(url, "http://{}:{port}", config.host()),
            };
            return is_long.map(|()| url).map_err(|_| Some(Failure::Refused));
        };
        __log!(error, "{} refused: {}", config.host(), why);
        Err(Some(Failure::Refused))
    }

    /// The output of `future`, if it comes before the deadline.
    async fn before<V>(
        &self,
        until: Instant,
        future: impl Future<Output = Result<V, Error>>,
    ) -> Result<V, Cut> {
        match select(future, self.clock.wait_until(until)).await {
            Either::First(Ok(value)) => Ok(value),
            Either::First(Err(error)) => {
                __log!(warn, "reqwless: {}", name(&error));
                Err(Some(Failure::Broken))
            }
            Either::Second(()) => Err(None),
        }
    }
}

/// Shows the session, but not the key.
impl<R, C> fmt::Debug for Stream<'_, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
taskgroup::__format_as_debug! { [R, C] Stream<'_, R, C>; }

/// For the log: words that both `log` and `defmt` can print.
fn name(error: &Error) -> &'static str {
    match error {
        Error::Dns => "no address",
        Error::Network(_) => "the network failed",
        Error::Codec => "the answer is not valid HTTP",
        Error::BufferTooSmall => "the head of the answer is longer than the buffer",
        Error::ConnectionAborted => "the server ended the connection",
        _ => "the request failed",
    }
}
