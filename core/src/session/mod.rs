//! A request, bytes and time in; events out, resumed after every failure.
//!
//! A client on one stream always has exactly one thing to do next, and [`Session::poll`] names it. You do it
//! and report what happened: [`connected`](Session::connected), [`closed`](Session::closed),
//! [`failed`](Session::failed), or bytes by [`feed`](Session::feed). Most calls take the time; a later time
//! *is* the timeout.
//!
//! ```text
//!            +--------------------------- Sleep <-----------------------------+
//!            v                                                                | break
//! poll -> Connect -> connected -> Send -> fill ... -> Receive -> feed ... -> Close -> Stop
//!            ^                                                                | redirect
//!            +----------------------------------------------------------------+
//! ```
//!
//! After `Stop` you can send [another request](Session::ask). With [`keep_alive`](Config::with_keep_alive)
//! there is no `Close` before that `Stop` if the connection may be kept, and no `Connect` after it: the next
//! request begins with a `Receive` that is due at once, and `Send`. So does the request that checks the end
//! of a stream.
//!
//! # The loop
//!
//! A whole driver, over your transport:
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
//! An orderly end shows only what the last hop believes. So a stream is done when an answer from the last
//! event on brings nothing new, see [`Config::with_end_check`].
//!
//! # Another API
//!
//! The session knows no API by itself: an [`Endpoint`] tells it what it needs to know, and a [`Request`] asks
//! that endpoint. [`api`](crate::api) makes those of Parallel's; one of another API takes a few lines.
//! [`Request`] shows a streamed chat completion, and `tests/tests/other_api` in the repository is a whole
//! program around it.
//!
//! # Size
//!
//! A session takes the size of its record plus about 1 KB. With pointers of 32 bits each `Text<N>` takes N +
//! 8 bytes, and a `List<T, N>` N times its `T`. A [`Profile`](crate::api::Profile) says how much the records
//! of [`api`](crate::api) keep.
//!
//! # Limits
//!
//! Ids to 128 bytes, two in a path; types of events to 40 bytes; JSON nested to 128 levels; a head to 256 KiB
//! and 16 interim answers; 3 redirects in a row, to the same server only; the message of an error to 128
//! bytes, the body of a refusal to 64 KiB.

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
/// There will be no others: a driver must be able to do each of them, and the compiler checks that.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// Open a connection to the config's host and port, over TLS if it says so, then report
    /// [`connected`](Session::connected) or [`failed`](Session::failed).
    Connect {
        /// Give up then.
        until: Instant,
    },
    /// Write the bytes that [`fill`](Session::fill) gives.
    Send {
        /// Give up then.
        until: Instant,
    },
    /// Read, then [`feed`](Session::feed) the bytes, or report [`closed`](Session::closed).
    Receive {
        /// When this passes, stop waiting and poll. If it is now, read only what has already arrived.
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
    /// The session has ended. It returns the same until you send [another request](Session::ask). With
    /// [`keep_alive`](Config::with_keep_alive) there may be an open connection left to close.
    Stop(Outcome),
}

/// What a session has found in the bytes it was fed.
///
/// There will be no others, so that a `match` must handle each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'s, R> {
    /// The server has accepted the request. If the request only checks whether a stream had ended, this comes
    /// together with the first event that the check brings, or not at all.
    Opened {
        /// The request continues after an event instead of starting.
        resumed: bool,
    },
    /// An event of a type that the record wants, or the whole answer. A field whose member did not fit is at
    /// its default, see [`Session::mismatch`].
    Record(&'s R),
    /// An event whose data is not a JSON object; the stream continues. Or an answer that is not a JSON object
    /// or has a member that does not fit the record; then the request ends.
    Skipped(Skipped),
}

/// Why an event or an answer was skipped: the data of the event is not a JSON object, or the answer is not
/// the JSON that the record expects.
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
    /// It must not be used: the server is not authenticated, or plaintext is not allowed. The session stops
    /// at once.
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
    /// A session with a default record.
    pub fn new(config: Config<'c>, request: impl Into<Request<'c>>) -> Self
    where
        R: Record + Default,
    {
        Self::with_record(config, request, R::default())
    }

    /// A session that fills this record, which may contain a callback.
    pub fn with_record(config: Config<'c>, request: impl Into<Request<'c>>, record: R) -> Self
    where
        R: Record,
    {
        let request = request.into();
        Self { body: request.body, machine: Machine::new(config, request), record }
    }
}

impl<'c, R: Record> Session<'c, R> {
    /// Sends another request, in place of the current one. It uses the same connection if the config says
    /// [`keep_alive`](Config::with_keep_alive), the session has stopped, the answer was read to its end, the
    /// server left the connection open ([RFC 9112 §9.3]), and the request is a GET, which may be repeated. If
    /// the connection turns out to be closed, the session opens a new one at once, which does not count as a
    /// failed try.
    ///
    /// Before that, the first [`Receive`](Action::Receive) is due at once: it finds out whether the server
    /// has closed the connection.
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

    /// Names the one thing to do next.
    pub fn poll(&mut self, now: Instant) -> Action {
        let action = self.machine.poll(now, &self.body);
        self.machine.settle(&mut self.record);
        action
    }

    /// Writes the next bytes of the request to the front of `out` and returns their number; 0 if there is
    /// nothing (more) to send. Any size of `out` works.
    ///
    /// All of these bytes count as sent. If your socket accepts only some, keep the rest and write it before
    /// you call this again or read. `out` then has the API key in it.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.machine.fill(out, &self.body)
    }

    /// Takes bytes off the front of `input`, up to the next event; `None` when they are used up.
    pub fn feed(&mut self, input: &mut &[u8], now: Instant) -> Option<Event<'_, R>> {
        if self.advance(input, now) { self.event() } else { None }
    }

    /// Takes bytes off the front of `input`, up to the next event, and returns whether there was one.
    /// [`event`](Self::event) shows it until you call the session again.
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

    /// The first member that did not fit its field, in the event that [`event`](Self::event) shows: its name,
    /// and [why](Name::why). The other fields are filled; a list lacks the elements that did not fit.
    ///
    /// In a single answer, a member that does not fit is [`Event::Skipped`] and ends the request.
    pub fn mismatch(&self) -> Option<Name> {
        self.machine.mismatch()
    }

    /// Reports that the connection is open. If the config wants TLS, report it only after the server has been
    /// authenticated as [`Config::host`]: the key is sent next.
    pub fn connected(&mut self, now: Instant) {
        self.machine.connected(now);
    }

    /// Reports that the server has ended the connection in order: a read returned 0 bytes, and with TLS there
    /// was a `close_notify`.
    pub fn closed(&mut self, now: Instant) {
        self.machine.closed(now);
        self.machine.settle(&mut self.record);
    }

    /// Reports that the connection could not be opened, broke, or must not be used.
    pub fn failed(&mut self, now: Instant, why: Failure) {
        self.machine.failed(now, why);
        self.machine.settle(&mut self.record);
    }

    /// The id of the last event that you have handled. Store it: another session continues after it with
    /// [`Request::after`], or what the API calls that.
    pub fn cursor(&self) -> Option<&str> {
        self.machine.cursor()
    }

    /// The error that the server sent with a status other than 200, or with an
    /// [error event](Endpoint::with_error_event).
    pub fn error(&self) -> Option<&ApiError> {
        self.machine.error()
    }

    /// A possible reason for the outcome of [`Stop`](Action::Stop), to show to a person.
    pub fn hint(&self) -> Option<Hint> {
        self.machine.hint()
    }

    /// The config: where to connect to.
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

/// Shows the state, but neither the key nor the record.
impl<R> core::fmt::Debug for Session<'_, R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session").field("machine", &self.machine).finish_non_exhaustive()
    }
}
