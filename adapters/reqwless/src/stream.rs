//! A request in, its events out, over reqwless.
//!
//! # Limits
//!
//! GET only. The buffer must have room for the request, about 300 bytes and the ids and the key, and
//! behind it for the whole head of the answer.

use core::{
    fmt::{self, Write as _},
    net::IpAddr,
};

use embassy_futures::select::{Either, select};
use embedded_io_async::BufRead;
use embedded_nal_async::{Dns, TcpConnect};
use heapless::String;
use reqwless::{
    Error,
    client::{HttpClient, HttpResource},
    request::RequestBuilder,
};
use taskgroup::{
    __log,
    json::Record,
    session::{Action, ApiError, Config, Event, Failure, Outcome, Request, Session},
    time::{Clock, Instant},
};

use crate::{head, request::Parts};

/// `http://`, a host's name of 255 bytes, and a port.
const URL: usize = 7 + 255 + 6;

/// One request on its way, until it is answered in full.
pub struct Stream<'c, R, C> {
    session: Session<'c, R>,
    clock: C,
    plaintext_allowed: bool,
    /// A try is under way. When `run` finds it so, that was given up.
    busy: bool,
}

impl<'c, R: Record, C: Clock> Stream<'c, R, C> {
    /// A stream that fills this record. Nothing is sent before the first [`run`](Self::run), and then
    /// to this very machine only, see [`allow_plaintext`](Self::allow_plaintext).
    #[must_use]
    pub fn new(config: Config<'c>, request: Request<'c>, record: R, clock: C) -> Self {
        let session = Session::with(config, request, record);
        Self { session, clock, plaintext_allowed: false, busy: false }
    }

    /// Sends the key in the clear to another machine.
    #[must_use]
    pub fn allow_plaintext(mut self) -> Self {
        self.plaintext_allowed = true;
        self
    }

    /// Gives `each` the events, across all breaks, until the stream ends.
    ///
    /// It may be dropped at any time. The try that was under way is given up then, and another `run`
    /// goes on after the last event that `each` was given, which it may be given again if it was not
    /// done with it.
    pub async fn run<T: TcpConnect, D: Dns>(
        &mut self,
        client: &mut HttpClient<'_, T, D>,
        buffer: &mut [u8],
        mut each: impl AsyncFnMut(Event<'_, R>),
    ) -> Outcome {
        if core::mem::take(&mut self.busy) {
            self.session.failed(self.clock.now(), Failure::Broken);
        }
        loop {
            match self.session.poll(self.clock.now()) {
                Action::Connect { until } => {
                    self.busy = true;
                    if let Err(why) = self.attempt(client, buffer, until, &mut each).await {
                        self.session.failed(self.clock.now(), why);
                    }
                    self.busy = false;
                }
                Action::Sleep { until, .. } => self.clock.wait_until(until).await,
                Action::Stop(outcome) => return outcome,
                // A try does all that is between them.
                Action::Send { .. } | Action::Receive { .. } => {
                    self.session.failed(self.clock.now(), Failure::Broken);
                }
                Action::Close => {}
            }
        }
    }

    /// What the service said, when it said no.
    #[must_use]
    pub fn error(&self) -> Option<&ApiError> {
        self.session.error()
    }

    /// The id of the last event that was had: store it, and after a reboot another stream goes on
    /// from there by [`Request::last_event_id`].
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.session.cursor()
    }

    /// The record, also of an event that was skipped.
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
    ) -> Result<(), Failure> {
        let url = self.url()?;
        let resource = self.before(until, client.resource(&url)).await.map_err(|_| Failure::Unreachable)?;
        self.session.connected(self.clock.now());
        let length = self.session.fill(buffer);
        // A head of which there is more did not fit.
        let Action::Receive { until } = self.session.poll(self.clock.now()) else {
            __log!(error, "the request is longer than the buffer");
            return Err(Failure::Refused);
        };
        let (request, rest) = buffer.split_at_mut(length);
        self.ask(resource, request, rest, until, each).await
    }

    /// Sends the request and takes the answer.
    async fn ask<N: embedded_io_async::Read + embedded_io_async::Write>(
        &mut self,
        mut resource: HttpResource<'_, N>,
        request: &[u8],
        buffer: &mut [u8],
        until: Instant,
        each: &mut impl AsyncFnMut(Event<'_, R>),
    ) -> Result<(), Failure> {
        let Some(parts) = Parts::of(request) else {
            __log!(error, "only a GET can be sent");
            return Err(Failure::Refused);
        };
        let get = resource.get(parts.target).host(parts.host).headers(&parts.fields);
        let response = self.before(until, get.send(buffer)).await?;
        let (session, clock) = (&mut self.session, &self.clock);
        head::retell(&response, |mut bytes| _ = session.advance(&mut bytes, clock.now()));
        if let Some(event) = self.session.event() {
            each(event).await;
        }
        let mut body = response.body().reader();
        while let Action::Receive { until } = self.session.poll(self.clock.now()) {
            let bytes = self.before(until, body.fill_buf()).await?;
            if bytes.is_empty() {
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
    fn url(&self) -> Result<String<URL>, Failure> {
        let config = self.session.config();
        let why = if config.tls() {
            "TLS of reqwless does not authenticate the server"
        } else if !self.plaintext_allowed && !config.is_loopback() {
            "plaintext: only loopback is asked, unless plaintext is allowed"
        } else {
            let mut url = String::new();
            let is_long = match config.host().parse() {
                Ok(IpAddr::V6(address)) => write!(url, "http://[{address}]:{}", config.port()),
                _ => write!(url, "http://{}:{}", config.host(), config.port()),
            };
            return is_long.map(|()| url).map_err(|_| Failure::Refused);
        };
        __log!(error, "{} is not asked: {}", config.host(), why);
        Err(Failure::Refused)
    }

    /// What comes of `future` before the deadline.
    async fn before<V>(
        &self,
        until: Instant,
        future: impl Future<Output = Result<V, Error>>,
    ) -> Result<V, Failure> {
        match select(future, self.clock.wait_until(until)).await {
            Either::First(Ok(value)) => Ok(value),
            Either::First(Err(error)) => {
                __log!(warn, "reqwless: {}", name(&error));
                Err(Failure::Broken)
            }
            Either::Second(()) => {
                __log!(warn, "reqwless: nothing in time");
                Err(Failure::Broken)
            }
        }
    }
}

/// Shows the session; not the key.
impl<R, C> fmt::Debug for Stream<'_, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<R, C> defmt::Format for Stream<'_, R, C> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Debug2Format(self));
    }
}

/// For the log, in words that both kinds of log can print.
fn name(error: &Error) -> &'static str {
    match error {
        Error::Dns => "no address",
        Error::Network(_) => "the network failed",
        Error::Codec => "the answer is not understood",
        Error::BufferTooSmall => "the head of the answer is longer than the buffer",
        Error::ConnectionAborted => "the server ended the connection",
        _ => "the request failed",
    }
}
