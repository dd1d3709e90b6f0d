//! The session without its record's type, so that a program has one copy of it: facts in, the one thing to do
//! next out.

use core::{fmt, mem, num::NonZeroU32};

use super::{
    Action, Capacity, Cause, Config, Failure, Fault, Hint, Misuse, Outcome, Request, Skipped,
    backoff::Backoff,
    body::{self, Progress},
    cursor::Cursor,
    envelope::ApiError,
    reader::Reader,
    request::Call,
    timer::Timer,
};
use crate::{
    http::{self, Parser, Part},
    json::{Name, Record},
    log::{debug, info, warning},
    text::Text,
    time::{Instant, Millis},
};

mod answer;
mod ending;

/// How much of the answer to a refused request is read, in bytes.
const REFUSAL: u32 = 64 * 1024;

/// How many redirects in a row are followed.
const REDIRECTS: u8 = 3;

/// The state of the session; see the graph in the module's documentation.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The request has not been begun.
    Start,
    /// The connection of an earlier request is open. Looks whether the server has ended it, before using it.
    Looking,
    Connecting,
    Sending,
    Receiving,
    /// The connection is to be closed before this.
    Closing(Next),
    /// The connection has been closed, or is kept.
    Closed(Next),
    Sleeping(Cause),
}

/// What comes after the connection.
#[derive(Clone, Copy, Debug)]
enum Next {
    Connect,
    Sleep(Cause, Millis),
    Stop(Outcome),
}

/// What the bytes of the answer are.
#[derive(Clone, Copy)]
enum Body {
    /// The head, still.
    Awaited,
    Stream,
    Json,
    /// The rest after the JSON, which has been read; then the session stops with this outcome.
    Rest(Outcome),
    /// The body of a refusal, of which this many bytes are still wanted; then the try ends like this.
    Refusal {
        status: u16,
        left: u32,
        json: bool,
        end: AttemptEnd,
    },
}

/// How a try ends.
#[derive(Clone, Copy)]
enum AttemptEnd {
    Break { cause: Cause, retry_after: Millis },
    Stop(Outcome),
}

/// What the last `advance` found.
#[must_use]
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Found {
    Nothing,
    Opened { resumed: bool },
    Record,
    Skipped(Skipped),
}

pub(crate) struct Machine<'c> {
    config: Config<'c>,
    call: Call<'c>,
    state: State,
    timer: Timer,
    backoff: Backoff,
    cursor: Cursor,
    /// Bytes of the request that have been given out for writing.
    sent: usize,
    is_head_out: bool,
    /// What of the body has not been.
    unsent: Progress,
    response: Parser,
    body: Body,
    reader: Reader<'c>,
    found: Found,
    /// The connection is that of an earlier request, is open, and no byte of another answer has come.
    is_reused: bool,
    /// Something has been sent since the timer was started.
    has_sent: bool,
    /// A byte of the body has arrived.
    has_body: bool,
    /// There was an `error` event in the current body.
    error_event: bool,
    /// The request goes to the `Location` that `cursor` holds.
    redirected: bool,
    redirects: u8,
    /// What the latest flag said; in a stream that starts over each time, that of its last event.
    active: Option<bool>,
    check: Check,
    /// What the tries since the last progress have received.
    brought: Brought,
    /// The time of the latest call, and when the latest request was sent.
    now: Instant,
    asked: Instant,
    /// What was sent may have been acted on, and another try could mend what failed: after this wait, at
    /// least.
    is_unsure: bool,
    retry_after: Millis,
    /// Of a stream without cursors: the hash of the previous answer, and the most events in any answer.
    answer_before: Option<NonZeroU32>,
    most_events: u8,
}

/// The check of an orderly end: asking once more whether the stream was whole.
#[derive(Clone, Copy)]
struct Check {
    /// Nothing new has come since the end that is being checked.
    is_running: bool,
    /// Whether `Opened` is still to be delivered, together with the first event.
    is_unannounced: bool,
    /// The number of checks of this request.
    count: u8,
    /// The event that comes after the `Opened` that is shown now.
    withheld: Found,
}

/// What tries in a row without anything new have received all the same.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Brought {
    /// There was none.
    NoTry,
    /// Not one byte of a body, in any of them.
    NoBody,
    /// Part of an event, in each of them.
    Part,
    /// Sometimes a body, sometimes not.
    Mixed,
}

impl<'c> Machine<'c> {
    pub(crate) fn new(config: Config<'c>, request: Request<'c>) -> Self {
        let Request { call, second, .. } = request;
        let endpoint = call.endpoint;
        Self {
            config,
            call,
            state: State::Start,
            timer: Timer::new(),
            backoff: Backoff::new(config.seed),
            cursor: Cursor::new(second),
            sent: 0,
            is_head_out: false,
            unsent: Progress::default(),
            response: Parser::new(false),
            body: Body::Awaited,
            reader: Reader::new(endpoint),
            found: Found::Nothing,
            is_reused: false,
            has_sent: false,
            has_body: false,
            error_event: false,
            redirected: false,
            redirects: 0,
            active: None,
            check: Check { is_running: false, is_unannounced: false, count: 0, withheld: Found::Nothing },
            brought: Brought::NoTry,
            now: Instant::from_millis(0),
            asked: Instant::from_millis(0),
            is_unsure: false,
            retry_after: Millis(0),
            answer_before: None,
            most_events: 0,
        }
    }

    pub(crate) fn ask(&mut self, request: Request<'c>) {
        self.confirm();
        if matches!(self.state, State::Receiving) && self.response.is_complete() {
            self.body_ended();
        }
        // If a connection turns out to be closed, nobody knows whether the server has received the request.
        // So only a request that may be repeated goes over a connection that has been left alone, or one
        // whose caller will find out.
        let is_free =
            matches!(self.state, State::Start | State::Looking | State::Sleeping(_) | State::Closed(_));
        let may_reuse = request.call.is_repeatable() || request.call.is_recoverable;
        let stays = is_free && (!self.is_reused || may_reuse);
        let state = if stays { State::Start } else { State::Closing(Next::Connect) };
        let (is_reused, mut backoff) = (self.is_reused && stays, self.backoff);
        backoff.reset();
        let is_partial = self.reader.is_partial();
        *self = Self { state, is_reused, backoff, ..Self::new(self.config, request) };
        if is_partial {
            self.reader.forget(&mut self.cursor.next);
        }
    }

    pub(crate) fn poll(&mut self, now: Instant, body: &dyn body::Body) -> Action {
        self.called(now);
        loop {
            match self.state {
                State::Start => match self.prepare(body) {
                    Err(misuse) => {
                        let next = Next::Stop(Outcome::Misuse(misuse));
                        if self.is_reused {
                            self.leave(next, true);
                        } else {
                            self.state = State::Closed(next);
                        }
                    }
                    Ok(()) if self.is_reused => {
                        self.begin(State::Looking);
                        return Action::Receive { until: now };
                    }
                    Ok(()) => {
                        info!("connecting to {}, port {}", self.config.host, self.config.port);
                        self.begin(State::Connecting);
                        self.timer.start(now, self.config.connect);
                    }
                },
                State::Looking => {
                    info!("reuses the open connection");
                    self.send(now);
                }
                State::Connecting => match self.timer.check(now) {
                    Some(until) => return Action::Connect { until },
                    None => self.connection_lost(Cause::Network),
                },
                State::Receiving if self.response.is_complete() => self.body_ended(),
                State::Sending | State::Receiving => match self.silence_deadline(now) {
                    Some(until) if matches!(self.state, State::Sending) => return Action::Send { until },
                    Some(until) => return Action::Receive { until },
                    None => self.connection_lost(Cause::Idle),
                },
                State::Closing(next) => {
                    self.state = State::Closed(next);
                    return Action::Close;
                }
                State::Closed(Next::Connect) => self.state = State::Start,
                // Announced at least once, however short: it is how the caller learns of a failure.
                State::Closed(Next::Sleep(cause, wait)) => {
                    self.timer.start(now, wait);
                    self.state = State::Sleeping(cause);
                    return Action::Sleep { until: self.timer.until(), cause };
                }
                State::Closed(Next::Stop(outcome)) => return Action::Stop(outcome),
                State::Sleeping(cause) => match self.timer.check(now) {
                    Some(until) => return Action::Sleep { until, cause },
                    None => self.state = State::Start,
                },
            }
        }
    }

    pub(crate) fn fill(&mut self, out: &mut [u8], body: &dyn body::Body) -> usize {
        if !matches!(self.state, State::Sending) {
            warning!("fill: there is nothing to send");
            return 0;
        }
        let mut written = 0;
        if !self.is_head_out {
            let location = self.redirected.then_some(&*self.cursor.next);
            let mut writer = http::Writer::new(out, self.sent);
            let features = body.features();
            self.call.write(&mut writer, &self.config, &self.cursor, location, &self.unsent, features);
            self.is_head_out = writer.is_complete();
            written = writer.finish();
        }
        let room = out.get_mut(written..).unwrap_or_default();
        if self.is_head_out && self.unsent.left() > 0 && !room.is_empty() {
            match self.unsent.fill(body, room) {
                Ok(more) => written = written.saturating_add(more),
                Err(misuse) => {
                    self.stop(Outcome::Misuse(misuse));
                    return 0;
                }
            }
        }
        self.sent = self.sent.saturating_add(written);
        self.has_sent |= written > 0;
        if self.is_head_out && self.unsent.left() == 0 {
            self.await_answer(self.call.may_keep(&self.config));
        }
        written
    }

    /// What is wrong with the request, before anything is sent. Counts its body.
    fn prepare(&mut self, body: &dyn body::Body) -> Result<(), Misuse> {
        self.call.check(&self.config, &self.cursor)?;
        if self.call.has_body() {
            self.unsent = Progress::measure(body)?;
        }
        Ok(())
    }

    pub(crate) fn advance(&mut self, record: &mut dyn Record, input: &mut &[u8], now: Instant) -> bool {
        self.called(now);
        // No byte of a request has been sent that this could be the answer to.
        let is_early = self.is_reused && self.sent == 0;
        if matches!(self.state, State::Sending) && !input.is_empty() && !is_early {
            debug!("the answer comes before the whole request is sent");
            self.await_answer(false);
        }
        if !input.is_empty() && matches!(self.body, Body::Stream | Body::Json) {
            self.timer.start(now, self.config.idle);
        }
        while matches!(self.state, State::Receiving)
            && let Some(body) = self.next_part(input)
        {
            if !body.is_empty() {
                let taken = self.consume_body(record, body);
                self.response.take(input, taken);
            }
            if self.found != Found::Nothing {
                return true;
            }
        }
        if !input.is_empty() {
            self.unexpected_input();
        }
        *input = &[];
        false
    }

    /// Handles the next part of the answer that is not of its body, or returns what comes of that. `None`:
    /// `input` is used up.
    #[inline(never)] // what the body needs of the stack is less without it
    fn next_part<'i>(&mut self, input: &mut &'i [u8]) -> Option<&'i [u8]> {
        match self.response.peek(input, self.cursor.location()) {
            Ok(None) => return None,
            Ok(Some(Part::Body(body))) => return Some(body),
            Ok(Some(Part::Head(ref head))) => {
                self.timer.start(self.now, self.config.idle);
                self.found = self.head(head);
            }
            Ok(Some(Part::End)) => self.body_ended(),
            Err(http::Error::Capacity) => self.stop(Outcome::Capacity(Capacity::Location)),
            Err(error) => self.connection_lost(Cause::Peer(Fault::Http(error))),
        }
        Some(&[])
    }

    /// Clears what the record has of an event that was forgotten.
    pub(crate) fn settle(&mut self, record: &mut dyn Record) {
        self.reader.settle(record);
    }

    /// The first member that did not fit the record, of the event that was found.
    pub(crate) fn mismatch(&self) -> Option<Name> {
        self.reader.mismatch().filter(|_| self.found == Found::Record)
    }

    pub(crate) fn found(&self) -> Found {
        self.found
    }

    pub(crate) fn connected(&mut self, now: Instant) {
        if !matches!(self.state, State::Connecting) {
            warning!("connected: no connection was asked for");
            return;
        }
        self.send(now);
    }

    pub(crate) fn closed(&mut self, now: Instant) {
        self.called(now);
        match self.state {
            State::Receiving if self.response.closed().is_ok() => self.body_ended(),
            State::Connecting | State::Sending | State::Receiving => {
                self.connection_lost(Cause::Network);
            }
            _ => self.unexpected_input(),
        }
    }

    pub(crate) fn failed(&mut self, now: Instant, why: Failure) {
        self.called(now);
        debug!("{}", why);
        match (self.state, why) {
            (State::Connecting | State::Sending | State::Receiving, Failure::Refused) => {
                self.stop(Outcome::Refused);
            }
            (State::Connecting | State::Sending | State::Receiving, _) => {
                self.connection_lost(Cause::Network);
            }
            _ => self.unexpected_input(),
        }
    }

    pub(crate) fn config(&self) -> &Config<'c> {
        &self.config
    }

    pub(crate) fn cursor(&self) -> Option<&str> {
        self.cursor.last_event_id().map(|id| &**id)
    }

    pub(crate) fn error(&self) -> Option<&ApiError> {
        self.reader.envelope.error()
    }

    /// Whether no answer is being read or waited for.
    pub(crate) fn is_between(&self) -> bool {
        matches!(self.state, State::Closing(_) | State::Closed(_) | State::Sleeping(_))
    }

    /// Whether the request has been given out for sending to its last byte.
    pub(crate) fn is_out(&self) -> bool {
        self.is_head_out && self.unsent.left() == 0
    }

    /// It has stopped, and another try may mend that: after this wait, at least. Whether the request was
    /// acted on, nobody knows, if it [is out](Self::is_out).
    pub(crate) fn unsure(&self) -> Option<Millis> {
        self.is_unsure.then_some(self.retry_after)
    }

    /// Whether there is a connection to be closed before it asks again: the caller does that now.
    pub(crate) fn part(&mut self) -> bool {
        let State::Closing(next) = self.state else { return false };
        self.state = State::Closed(next);
        true
    }

    /// Gives up what is left of a connection that was kept, and stops like this.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        let is_open = mem::take(&mut self.is_reused)
            || !matches!(self.state, State::Start | State::Closed(_) | State::Sleeping(_));
        let next = Next::Stop(outcome);
        self.state = if is_open { State::Closing(next) } else { State::Closed(next) };
    }

    fn called(&mut self, now: Instant) {
        self.now = now;
        self.confirm();
    }

    pub(crate) fn hint(&self) -> Option<Hint> {
        let (State::Closing(Next::Stop(outcome)) | State::Closed(Next::Stop(outcome))) = self.state else {
            return None;
        };
        match (outcome, self.brought) {
            (Outcome::Done | Outcome::Misuse(_), _) => None,
            _ if self.check.is_running && self.call.is_checked(&self.config) => Some(Hint::EndCheck),
            (Outcome::Idle | Outcome::Network, Brought::NoBody) => Some(Hint::HeldBack),
            (Outcome::Idle | Outcome::Network, Brought::Part) => Some(Hint::PartsOnly),
            _ => None,
        }
    }

    /// The application calls again, so it has handled what the last `advance` found.
    fn confirm(&mut self) {
        self.found = Found::Nothing;
        if self.check.withheld == Found::Nothing && self.cursor.confirm() {
            self.backoff.reset();
            self.check.is_running = false;
            self.brought = Brought::NoTry;
        }
    }

    /// A try begins, with this.
    fn begin(&mut self, state: State) {
        self.sent = 0;
        self.is_head_out = false;
        self.has_sent = false;
        self.cursor.begin();
        self.state = state;
    }

    fn send(&mut self, now: Instant) {
        self.state = State::Sending;
        self.timer.start(now, self.config.idle);
    }

    /// Bytes have come without a request: a connection that was kept is not used again.
    fn unexpected_input(&mut self) {
        debug!("bytes came without a request");
        if mem::take(&mut self.is_reused) {
            let next = match self.state {
                State::Closing(next) | State::Closed(next) => next,
                // The wait begins again, since a `Sleep` follows each `Close`.
                State::Sleeping(cause) => Next::Sleep(cause, self.timer.span()),
                _ => Next::Connect,
            };
            self.state = State::Closing(next);
        }
    }

    /// The request is sent: from here on the head has the whole idle timeout, and no more. The connection may
    /// be used again after the answer, if the server agrees.
    fn await_answer(&mut self, may_reuse: bool) {
        if let Some(id) = self.cursor.last_event_id() {
            info!("asked to continue after {}", self.redacted(id));
        }
        self.asked = self.now;
        self.response = Parser::new(may_reuse);
        self.cursor.next.clear();
        self.body = Body::Awaited;
        self.state = State::Receiving;
    }

    /// An id for the log. A server may send anything as an id, even the key.
    fn redacted(&self, id: &str) -> Text<128> {
        let mut shown = Text::from(id);
        shown.redact(self.config.key);
        shown
    }

    /// Until when the server may be silent; `None`: it has been silent too long. Bytes sent since the last
    /// call restart the timer, so that a long body may take its time.
    fn silence_deadline(&mut self, now: Instant) -> Option<Instant> {
        if mem::take(&mut self.has_sent) {
            self.timer.start(now, self.config.idle);
        }
        self.timer.check(now)
    }
}

/// Shows the state, but not the key.
impl fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("config", &self.config)
            .field("request", &self.call)
            .field("state", &self.state)
            .field("cursor", &self.cursor().map(|id| self.redacted(id)))
            .finish_non_exhaustive()
    }
}
