//! A request in; connections, bytes and time in; events out, resumed after every break.
//!
//! A client on one stream always has exactly one thing to do next, and [`Session::poll`] names it.
//! The caller does it and says what happened: [`connected`](Session::connected),
//! [`closed`](Session::closed), [`failed`](Session::failed), or bytes by [`feed`](Session::feed).
//! Most calls take the time; a later time *is* the timeout.
//!
//! ```text
//!            +--------------------------- Sleep <-----------------------------+
//!            v                                                                | break
//! poll -> Connect -> connected -> Send -> fill ... -> Receive -> feed ... -> Close -> Stop
//!            ^                                                                | redirect
//!            +----------------------------------------------------------------+
//! ```
//!
//! After `Stop` there may be [another request](Session::ask). With [`keep_alive`](Config::with_keep_alive)
//! there is no `Close` before that `Stop`, where the connection may be kept, and no `Connect` after it:
//! the next request begins with a `Receive` that is due at once, and `Send`. So does the request that checks
//! the end of a stream.
//!
//! # The loop
//!
//! A whole driver, over a transport of yours:
//!
//! ```
//! use taskgroup::{json::Record, session::{Action, Event, Failure, Outcome, Session}, time::Instant};
//!
//! trait Transport {
//!     fn now(&self) -> Instant;
//!     fn sleep(&mut self, until: Instant);
//!     fn open(&mut self, until: Instant) -> Result<(), Failure>;
//!     fn write_all(&mut self, bytes: &[u8], until: Instant) -> Result<(), Failure>;
//!     /// How many bytes; 0 at the orderly end; `None` at the deadline.
//!     fn read(&mut self, buffer: &mut [u8], until: Instant) -> Result<Option<usize>, Failure>;
//!     fn close(&mut self);
//! }
//!
//! fn drive<R: Record>(session: &mut Session<'_, R>, net: &mut impl Transport, show: impl Fn(Event<'_, R>)) -> Outcome {
//!     let mut buffer = [0; 1024];
//!     loop {
//!         let result = match session.poll(net.now()) {
//!             Action::Connect { until } => net.open(until).map(|()| session.connected(net.now())),
//!             Action::Send { until } => {
//!                 let n = session.fill(&mut buffer);
//!                 net.write_all(&buffer[..n], until)
//!             }
//!             Action::Receive { until } => net.read(&mut buffer, until).map(|read| match read {
//!                 None => {}
//!                 Some(0) => session.closed(net.now()),
//!                 Some(n) => {
//!                     let mut input = &buffer[..n];
//!                     while let Some(event) = session.feed(&mut input, net.now()) {
//!                         show(event);
//!                     }
//!                 }
//!             }),
//!             Action::Close => Ok(net.close()),
//!             Action::Sleep { until, .. } => Ok(net.sleep(until)),
//!             Action::Stop(outcome) => return outcome,
//!         };
//!         if let Err(why) = result {
//!             session.failed(net.now(), why);
//!         }
//!     }
//! }
//! ```
//!
//! # What it promises
//!
//! Every event is delivered at least once, and exactly once while the server gives its events ids
//! and honours them. After a failure the stream continues after the last event that you have handled:
//! an event counts as handled once you call the session again.
//!
//! An orderly end proves only what the last hop believes, so a stream is done when an answer from the last
//! event on brings nothing new: see [`Config::with_end_check`].
//!
//! # Another API
//!
//! The session knows no API: what it needs to know is said by an [`Endpoint`], and asked by a [`Request`]. Those of Parallel's
//! are made by [`api`](crate::api); one for any other takes a few lines. See [`Request`] for a streamed chat completion.
//! `tests/tests/other_api` in the repository is a whole program around it.
//!
//! # Size
//!
//! A session takes what its record takes, and about 1 KB. On a machine of 32 bits each `Text<N>`
//! takes N + 8 bytes, a `List<T, N>` N times its `T`. How much the records of [`api`](crate::api) keep is said by a
//! [`Profile`](crate::api::Profile).
//!
//! # Limits
//!
//! Ids to 128 bytes, two in a path; types of events to 40; JSON nested to 128 levels; a head to 256 KiB and 16 interim answers; 3
//! redirects in a row, to the same server only; the text of an error to 128 bytes, of an error's
//! answer to 64 KiB.

use crate::{
    json::{Name, Record},
    time::Instant,
};

mod backoff;
mod body;
mod config;
mod cursor;
mod drive;
mod endpoint;
mod envelope;
mod id;
mod machine;
mod outcome;
mod prefix;
mod reader;
mod request;
mod timer;
mod url;

pub(crate) use self::{
    backoff::Backoff,
    drive::drive,
    machine::{Found, Machine},
    timer::Timer,
};
pub use self::{
    body::{Body, BodyRef, Draft},
    config::{Config, InvalidUrl},
    drive::Drive,
    endpoint::{End, Endpoint, EventId, Flag, Pair, Resume},
    envelope::ApiError,
    outcome::{Capacity, Cause, Fault, Hint, Misuse, Outcome},
    request::Request,
};

/// The one thing to do next.
///
/// There will be no others: whoever drives a session must be able to do each of them, and is told by the compiler.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// Open a connection to the config's host and port, over TLS if it says so, then say
    /// [`connected`](Session::connected) or [`failed`](Session::failed).
    Connect {
        /// Give up then.
        until: Instant,
    },
    /// Write out what [`fill`](Session::fill) gives.
    Send {
        /// Give up then.
        until: Instant,
    },
    /// Read, and [`feed`](Session::feed) what came, or say [`closed`](Session::closed).
    Receive {
        /// Stop waiting then, and poll. When it is now, look only at what is there already.
        until: Instant,
    },
    /// Close the connection.
    Close,
    /// Wait, then poll.
    Sleep {
        /// Until when.
        until: Instant,
        /// Why, for the log.
        cause: Cause,
    },
    /// Nothing more: the same answer from now on, until there is [another request](Session::ask). With
    /// [`keep_alive`](Config::with_keep_alive) there may be a connection left to close.
    Stop(Outcome),
}

/// What a session has found in the bytes it was fed.
///
/// There will be no others, so that a `match` says what becomes of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'s, R> {
    /// The server has accepted the request. When that only checks whether a stream had ended, it is given together
    /// with the first event that the check brings.
    Opened {
        /// It was asked to continue after an event, rather than to start.
        resumed: bool,
    },
    /// An event of a type that the record wants, or the answer, whole. A member of an event that did not fit its
    /// field has left it at the default, see [`Session::mismatch`].
    Record(&'s R),
    /// An event whose data is not a JSON object: the stream continues. Or an answer that is not one that fits the
    /// record in each member: that is how the request ends.
    Skipped(Skipped),
}

/// Why an event was passed over: its data is not a JSON object. Why an answer was: it is not the JSON that the record
/// expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Skipped(pub crate::json::Error);

impl core::fmt::Display for Skipped {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "skipped: {}", self.0)
    }
}

impl core::error::Error for Skipped {}

/// How a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Failure {
    /// It could not be opened.
    Unreachable,
    /// It was open, and broke.
    Broken,
    /// It may not be used: the certificate does not hold, or it would be plaintext. Stops at once.
    Refused,
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "the connection could not be opened",
            Self::Broken => "the connection broke",
            Self::Refused => "the connection may not be used",
        })
    }
}

impl core::error::Error for Failure {}

/// One request, until it is answered in full; then another, if you like.
///
/// ```
/// use taskgroup::{api, session::{Action, Config, Session}, time::Instant};
///
/// let request = api::runs("tgrp_5c1f0a").include_output(true);
/// let mut session = Session::<api::StreamEvent>::new(Config::new("key"), request);
/// let now = Instant::from_millis(0);
/// assert!(matches!(session.poll(now), Action::Connect { .. }));
/// session.connected(now);
/// assert!(matches!(session.poll(now), Action::Send { .. }));
/// let mut out = [0; 512];
/// let n = session.fill(&mut out);
/// assert!(out[..n].starts_with(b"GET /v1beta/tasks/groups/tgrp_5c1f0a/runs?include_output=true "));
/// ```
pub struct Session<'c, R> {
    machine: Machine<'c>,
    body: BodyRef<'c>,
    record: R,
}

// The bounds are the functions' own: so the compiler says what a record is.
impl<'c, R> Session<'c, R> {
    /// A session that fills a record of its own.
    pub fn new(config: Config<'c>, request: impl Into<Request<'c>>) -> Self
    where
        R: Record + Default,
    {
        Self::with_record(config, request, R::default())
    }

    /// A session that fills this record, which may hold a callback.
    pub fn with_record(config: Config<'c>, request: impl Into<Request<'c>>, record: R) -> Self
    where
        R: Record,
    {
        let request = request.into();
        Self { body: request.body, machine: Machine::new(config, request), record }
    }
}

impl<'c, R: Record> Session<'c, R> {
    /// Another request, in place of the one before. It goes over the same connection if that may be
    /// [kept](Config::with_keep_alive), the session has stopped, the answer was read to its end and the
    /// server left the connection open ([RFC 9112 §9.3]); and only if it is a GET, which may be repeated:
    /// a connection that turns out to be over is replaced at once, which counts as no try.
    ///
    /// Before that, the first [`Receive`](Action::Receive) is due at once: a look whether the server has
    /// ended the connection meanwhile.
    ///
    /// [RFC 9112 §9.3]: https://www.rfc-editor.org/rfc/rfc9112#section-9.3
    pub fn ask(&mut self, request: impl Into<Request<'c>>) {
        let request = request.into();
        self.body = request.body;
        self.machine.ask(request);
    }

    /// Like [`ask`](Self::ask), for an answer that fills another record.
    pub fn ask_with<S: Record>(mut self, request: impl Into<Request<'c>>, record: S) -> Session<'c, S> {
        self.ask(request);
        Session { machine: self.machine, body: self.body, record }
    }

    /// What to do next.
    pub fn poll(&mut self, now: Instant) -> Action {
        let action = self.machine.poll(now, &self.body);
        self.machine.settle(&mut self.record);
        action
    }

    /// Writes the next bytes of the request to the front of `out` and returns how many. Any size
    /// of `out` works; 0 when there is nothing (more) to send.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.machine.fill(out, &self.body)
    }

    /// Takes bytes off the front of `input`, up to the next event; `None` when they are used up.
    pub fn feed(&mut self, input: &mut &[u8], now: Instant) -> Option<Event<'_, R>> {
        if self.advance(input, now) { self.event() } else { None }
    }

    /// Takes bytes off the front of `input`, up to the next event. Was there one?
    /// [`event`](Self::event) shows it, until the session is called again.
    pub fn advance(&mut self, input: &mut &[u8], now: Instant) -> bool {
        let found = self.machine.advance(&mut self.record, input, now);
        self.machine.settle(&mut self.record);
        found
    }

    /// What the last [`advance`](Self::advance) found.
    pub fn event(&self) -> Option<Event<'_, R>> {
        match self.machine.found() {
            Found::Nothing => None,
            Found::Opened { resumed } => Some(Event::Opened { resumed }),
            Found::Record => Some(Event::Record(&self.record)),
            Found::Skipped(why) => Some(Event::Skipped(why)),
        }
    }

    /// The first member that did not fit its field, of the event that [`event`](Self::event) shows: the name, and
    /// [why](Name::why). All others of the event are there; a list is without the elements that did not fit.
    ///
    /// An event without its answer may still be of use, and the next one is. A single answer is another matter: there
    /// a member that does not fit is [`Event::Skipped`] and ends the request.
    pub fn mismatch(&self) -> Option<Name> {
        self.machine.mismatch()
    }

    /// The connection is open; if it is to be TLS, the server is authenticated.
    pub fn connected(&mut self, now: Instant) {
        self.machine.connected(now);
    }

    /// The server has ended the connection in order: the read gave 0 bytes, and with TLS there
    /// was a close_notify.
    pub fn closed(&mut self, now: Instant) {
        self.machine.closed(now);
        self.machine.settle(&mut self.record);
    }

    /// The connection could not be opened, broke, or may not be used.
    pub fn failed(&mut self, now: Instant, why: Failure) {
        self.machine.failed(now, why);
        self.machine.settle(&mut self.record);
    }

    /// The id of the last event that the caller has handled: store it, and another session continues
    /// from there by [`Request::after`], or what the API calls that.
    pub fn cursor(&self) -> Option<&str> {
        self.machine.cursor()
    }

    /// What the server said, when it said no: by a status other than 200, or by an
    /// [error event](Endpoint::with_error_event).
    pub fn error(&self) -> Option<&ApiError> {
        self.machine.error()
    }

    /// What may be behind the outcome that [`Stop`](Action::Stop) has given, for the person who reads it.
    pub fn hint(&self) -> Option<Hint> {
        self.machine.hint()
    }

    /// What it was made with: where to connect to.
    pub fn config(&self) -> &Config<'c> {
        self.machine.config()
    }

    /// The record, to change what it does with the next event.
    pub fn record_mut(&mut self) -> &mut R {
        &mut self.record
    }

    /// The record, as the last event or answer left it.
    pub fn into_record(self) -> R {
        self.record
    }
}

/// Shows the state; neither the key nor the record.
impl<R> core::fmt::Debug for Session<'_, R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session").field("machine", &self.machine).finish_non_exhaustive()
    }
}
