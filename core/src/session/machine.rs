//! The session without its record's type, so that there is one copy of it in a program: facts in,
//! the one thing to do next out.

use core::{fmt, mem};

use super::{
    Action, Capacity, Cause, Config, Failure, Fault, Outcome, Request, Skipped, backoff::Backoff,
    config::Millis, cursor::Cursor, reader::Reader, request::Target, taps::ApiError, timer::Timer,
};
use crate::{
    http::{self, Parser, Part},
    json::Record,
    log::{debug, info, warning},
    text::Text,
    time::Instant,
};

mod answer;
mod ending;

/// How much of the answer to a refused request is read, in bytes.
const REFUSAL: u32 = 64 * 1024;

/// How many redirects in a row are followed.
const REDIRECTS: u8 = 3;

/// Where the session stands; see the graph in the module's documentation.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing of the request is done.
    Start,
    /// The connection of an earlier request is open, and is looked at before it is used.
    Looking,
    Connecting,
    Sending,
    Receiving,
    /// What comes next, and whether the connection has been dealt with before it: closed, or kept.
    Ended(Next, bool),
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
    /// What follows the JSON, which has been had; then the session stops like this.
    Rest(Outcome),
    /// The server's reasons for saying no, of which so many bytes are still wanted; then the try
    /// ends as told.
    Refusal {
        status: u16,
        left: u32,
        json: bool,
        ending: Ending,
    },
}

/// How a try ends.
#[derive(Clone, Copy)]
enum Ending {
    Break { cause: Cause, retry_after: Millis },
    Stop(Outcome),
}

/// What the last `advance` found.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Found {
    Nothing,
    Opened { resumed: bool },
    Record,
    Skipped(Skipped),
}

pub(super) struct Machine<'c> {
    config: Config<'c>,
    request: Target<'c>,
    state: State,
    timer: Timer,
    backoff: Backoff,
    cursor: Cursor,
    /// Bytes of the request that have been given out for writing.
    sent: usize,
    response: Parser,
    body: Body,
    reader: Reader,
    found: Found,
    /// The connection is that of an earlier request, is open, and nothing of another answer has come.
    kept: bool,
    /// Something has been sent since the timer was started.
    has_sent: bool,
    /// The body being read has had an `error` event.
    error_event: bool,
    /// The request goes to the `Location` that `cursor` holds.
    redirected: bool,
    redirects: u8,
    /// What the latest group status said of its runs.
    active: Option<bool>,
    /// A stream has ended without proof that it was whole, and nothing has come after that event.
    confirming: bool,
}

impl<'c> Machine<'c> {
    pub(super) fn new(config: Config<'c>, request: Request<'c>) -> Self {
        let Request { target: request, second } = request;
        let cursor = Cursor::new(second);
        let id_source = request.id_source();
        Self {
            config,
            request,
            state: State::Start,
            timer: Timer::new(),
            backoff: Backoff::new(config.seed),
            cursor,
            sent: 0,
            response: Parser::new(false),
            body: Body::Awaited,
            reader: Reader::new(id_source),
            found: Found::Nothing,
            kept: false,
            has_sent: false,
            error_event: false,
            redirected: false,
            redirects: 0,
            active: None,
            confirming: false,
        }
    }

    pub(super) fn ask(&mut self, request: Request<'c>) {
        self.confirm();
        if matches!(self.state, State::Receiving) && self.response.is_complete() {
            self.ended();
        }
        // When a connection turns out to be over, nobody knows whether the server has had the request: only
        // one that may be repeated goes over a connection that has been left alone.
        let is_free =
            matches!(self.state, State::Start | State::Looking | State::Sleeping(_) | State::Ended(_, true));
        let stays = is_free && (!self.kept || request.target.is_repeatable());
        let state = if stays { State::Start } else { State::Ended(Next::Connect, false) };
        let (kept, mut backoff) = (self.kept && stays, self.backoff);
        backoff.reset();
        *self = Self { state, kept, backoff, ..Self::new(self.config, request) };
    }

    pub(super) fn poll(&mut self, now: Instant) -> Action {
        self.confirm();
        loop {
            match self.state {
                State::Start => match self.request.check(&self.config, self.cursor.last()) {
                    Err(misuse) => self.state = State::Ended(Next::Stop(Outcome::Misuse(misuse)), true),
                    Ok(()) if self.kept => {
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
                    info!("asks over the connection that is open");
                    self.send(now);
                }
                State::Connecting => match self.timer.check(now) {
                    Some(until) => return Action::Connect { until },
                    None => self.interrupted(Cause::Network),
                },
                State::Receiving if self.response.is_complete() => self.ended(),
                State::Sending | State::Receiving => match self.patience(now) {
                    Some(until) if matches!(self.state, State::Sending) => return Action::Send { until },
                    Some(until) => return Action::Receive { until },
                    None => self.interrupted(Cause::Idle),
                },
                State::Ended(next, false) => {
                    self.state = State::Ended(next, true);
                    return Action::Close;
                }
                State::Ended(Next::Connect, true) => self.state = State::Start,
                // Told at least once, however short it is: it is how the caller knows of a break.
                State::Ended(Next::Sleep(cause, wait), true) => {
                    self.timer.start(now, wait);
                    self.state = State::Sleeping(cause);
                    return Action::Sleep { until: self.timer.until(), cause };
                }
                State::Ended(Next::Stop(outcome), true) => return Action::Stop(outcome),
                State::Sleeping(cause) => match self.timer.check(now) {
                    Some(until) => return Action::Sleep { until, cause },
                    None => self.state = State::Start,
                },
            }
        }
    }

    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        if !matches!(self.state, State::Sending) {
            warning!("fill: there is nothing to send now");
            return 0;
        }
        let location = self.redirected.then(|| self.config.own_target(&self.cursor.next)).flatten();
        let mut writer = http::Writer::new(out, self.sent);
        self.request.write(&mut writer, &self.config, self.cursor.last(), location);
        let complete = writer.is_complete();
        let written = writer.finish();
        self.sent = self.sent.saturating_add(written);
        self.has_sent |= written > 0;
        if complete {
            self.await_answer(self.config.keep_alive);
        }
        written
    }

    pub(super) fn advance(&mut self, record: &mut dyn Record, input: &mut &[u8], now: Instant) -> bool {
        self.confirm();
        if matches!(self.state, State::Sending) && !input.is_empty() {
            debug!("the answer comes before the whole request is out");
            self.await_answer(false);
        }
        if !input.is_empty() && matches!(self.body, Body::Stream | Body::Json) {
            self.timer.start(now, self.config.idle);
        }
        while matches!(self.state, State::Receiving) {
            match self.response.peek(input, self.cursor.location()) {
                Ok(None) => break,
                Ok(Some(Part::Head(head))) => {
                    self.timer.start(now, self.config.idle);
                    self.head(head);
                }
                Ok(Some(Part::Body(body))) => {
                    let taken = self.take(record, body);
                    self.response.take(input, taken);
                }
                Ok(Some(Part::End)) => self.ended(),
                Err(http::Error::Capacity) => self.stop(Outcome::Capacity(Capacity::Location)),
                Err(error) => self.interrupted(Cause::Peer(Fault::Http(error))),
            }
            if self.found != Found::Nothing {
                return true;
            }
        }
        if !input.is_empty() {
            self.disturbed();
        }
        *input = &[];
        false
    }

    /// What the record has of an event that was forgotten goes.
    pub(super) fn settle(&mut self, record: &mut dyn Record) {
        self.reader.settle(record);
    }

    pub(super) fn found(&self) -> Found {
        self.found
    }

    pub(super) fn connected(&mut self, now: Instant) {
        if !matches!(self.state, State::Connecting) {
            warning!("connected: no connection was asked for");
            return;
        }
        self.send(now);
    }

    pub(super) fn closed(&mut self) {
        self.confirm();
        match self.state {
            State::Receiving if self.response.closed().is_ok() => self.ended(),
            State::Connecting | State::Sending | State::Receiving => {
                self.interrupted(Cause::Network);
            }
            _ => self.disturbed(),
        }
    }

    pub(super) fn failed(&mut self, why: Failure) {
        self.confirm();
        debug!("{}", why);
        match (self.state, why) {
            (State::Connecting | State::Sending | State::Receiving, Failure::Refused) => {
                self.stop(Outcome::Refused);
            }
            (State::Connecting | State::Sending | State::Receiving, _) => {
                self.interrupted(Cause::Network);
            }
            _ => self.disturbed(),
        }
    }

    pub(super) fn config(&self) -> &Config<'c> {
        &self.config
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        let last = self.cursor.last();
        (self.request.is_stream() && !last.is_empty()).then_some(last)
    }

    pub(super) fn error(&self) -> Option<&ApiError> {
        self.reader.taps.error()
    }

    /// The application comes back: it has had what the last `advance` found.
    fn confirm(&mut self) {
        self.found = Found::Nothing;
        if self.cursor.confirm() {
            self.backoff.reset();
            self.confirming = false;
        }
    }

    /// A try begins, with this.
    fn begin(&mut self, state: State) {
        self.sent = 0;
        self.has_sent = false;
        self.cursor.begin();
        self.state = state;
    }

    fn send(&mut self, now: Instant) {
        self.state = State::Sending;
        self.timer.start(now, self.config.idle);
    }

    /// Something has come that no request is the reason for: a connection that was kept is not used again.
    fn disturbed(&mut self) {
        debug!("nothing was to come");
        if mem::take(&mut self.kept) {
            let next = if let State::Ended(next, _) = self.state { next } else { Next::Connect };
            self.state = State::Ended(next, false);
        }
    }

    /// The request is out: from here on the head has the whole idle timeout, and no more. The connection may
    /// be `kept` after the answer, if the server agrees.
    fn await_answer(&mut self, kept: bool) {
        if !self.cursor.last().is_empty() {
            info!("asked to go on after {}", self.shown_cursor());
        }
        self.response = Parser::new(kept);
        self.cursor.next.clear();
        self.body = Body::Awaited;
        self.state = State::Receiving;
    }

    /// The cursor for the log: a server may send anything for an id, and thus the key.
    fn shown_cursor(&self) -> Text<128> {
        let mut shown = Text::from(&**self.cursor.last());
        shown.redact(self.config.key);
        shown
    }

    /// Until when the server may be silent; `None`: it has been, too long. What has been sent since
    /// the last look starts the timer anew, so that a long body may take its time.
    fn patience(&mut self, now: Instant) -> Option<Instant> {
        if mem::take(&mut self.has_sent) {
            self.timer.start(now, self.config.idle);
        }
        self.timer.check(now)
    }
}

/// Shows the state; not the key.
impl fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("config", &self.config)
            .field("request", &self.request)
            .field("state", &self.state)
            .field("cursor", &self.cursor.last())
            .finish_non_exhaustive()
    }
}
