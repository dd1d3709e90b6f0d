//! The session without its record's type, so that there is one copy of it in a program: facts in,
//! the one thing to do next out.

use core::fmt;

use super::{
    Action, Capacity, Cause, Config, Failure, Fault, Outcome, Request, Skipped,
    backoff::Backoff,
    config::Millis,
    cursor::{Cursor, Verdict},
    reader::{Nothing, Reader},
    request::{Answer, Target},
    taps::ApiError,
    timer::Timer,
};
use crate::{
    http::{self, Head, Part, Response},
    json::{self, Record},
    log::{debug, warning},
    time::Instant,
};

/// How much of the answer to a refused request is read, in bytes.
const REFUSAL: u32 = 64 * 1024;

/// How many redirects in a row are followed.
const REDIRECTS: u8 = 3;

/// Where the session stands; see the graph in the module's documentation.
#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    Connecting,
    Sending,
    Receiving,
    /// What comes next, and whether the connection has been closed before it.
    Ended(Next, bool),
    Sleeping(Cause),
    Stopped(Outcome),
}

/// What comes after the connection is closed.
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
    Break { cause: Cause, retry_after: Option<Millis> },
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
    /// `sent` when the timer was started.
    timed: usize,
    response: Response,
    body: Body,
    reader: Reader,
    found: Found,
    /// The body being read has had an `error` event.
    error_event: bool,
    /// The request goes to the `Location` that `response` holds.
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
            timed: 0,
            response: Response::new(),
            body: Body::Awaited,
            reader: Reader::new(id_source),
            found: Found::Nothing,
            error_event: false,
            redirected: false,
            redirects: 0,
            active: None,
            confirming: false,
        }
    }

    pub(super) fn poll(&mut self, record: &mut dyn Record, now: Instant) -> Action {
        self.confirm();
        loop {
            match self.state {
                State::Start => match self.request.check(&self.config, self.cursor.last()) {
                    Ok(()) => self.connect(now),
                    Err(misuse) => self.state = State::Stopped(Outcome::Misuse(misuse)),
                },
                State::Connecting => match self.timer.check(now) {
                    Some(until) => return Action::Connect { until },
                    None => self.interrupted(record, Cause::Network),
                },
                State::Sending | State::Receiving => match self.patience(now) {
                    Some(until) if matches!(self.state, State::Sending) => return Action::Send { until },
                    Some(until) => return Action::Receive { until },
                    None => self.interrupted(record, Cause::Idle),
                },
                State::Ended(next, false) => {
                    self.state = State::Ended(next, true);
                    return Action::Close;
                }
                State::Ended(Next::Connect, true) => self.connect(now),
                // Told at least once, however short it is: it is how the caller knows of a break.
                State::Ended(Next::Sleep(cause, wait), true) => {
                    self.timer.start(now, wait.duration());
                    self.state = State::Sleeping(cause);
                    return Action::Sleep { until: self.timer.until(), cause };
                }
                State::Ended(Next::Stop(outcome), true) => self.state = State::Stopped(outcome),
                State::Sleeping(cause) => match self.timer.check(now) {
                    Some(until) => return Action::Sleep { until, cause },
                    None => self.connect(now),
                },
                State::Stopped(outcome) => return Action::Stop(outcome),
            }
        }
    }

    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        if !matches!(self.state, State::Sending) {
            warning!("fill: there is nothing to send now");
            return 0;
        }
        let location = if self.redirected { self.response.location() } else { None };
        let location = location.and_then(|location| self.config.own_target(location));
        let mut writer = http::Writer::new(out, self.sent);
        self.request.write(&mut writer, &self.config, self.cursor.last(), location);
        let complete = writer.is_complete();
        let written = writer.finish();
        self.sent = self.sent.saturating_add(written);
        if complete {
            self.await_answer();
        }
        written
    }

    pub(super) fn advance(&mut self, record: &mut dyn Record, input: &mut &[u8], now: Instant) -> bool {
        self.confirm();
        if matches!(self.state, State::Sending) && !input.is_empty() {
            debug!("the answer comes before the whole request is out");
            self.await_answer();
        }
        if !input.is_empty() && matches!(self.body, Body::Stream | Body::Json) {
            self.timer.start(now, self.config.idle.duration());
        }
        while matches!(self.state, State::Receiving) {
            match self.response.peek(input) {
                Ok(None) => break,
                Ok(Some(Part::Head(head))) => {
                    self.timer.start(now, self.config.idle.duration());
                    self.head(record, head);
                }
                Ok(Some(Part::Body(body))) => {
                    let taken = self.take(record, body);
                    self.response.take(input, taken);
                }
                Ok(Some(Part::End)) => self.ended(record),
                Err(http::Error::Capacity) => self.stop(record, Outcome::Capacity(Capacity::Location)),
                Err(error) => self.interrupted(record, Cause::Peer(Fault::Http(error))),
            }
            if self.found != Found::Nothing {
                return true;
            }
        }
        *input = &[];
        false
    }

    pub(super) fn found(&self) -> Found {
        self.found
    }

    pub(super) fn connected(&mut self, now: Instant) {
        if !matches!(self.state, State::Connecting) {
            warning!("connected: no connection was asked for");
            return;
        }
        self.state = State::Sending;
        self.timer.start(now, self.config.idle.duration());
    }

    pub(super) fn closed(&mut self, record: &mut dyn Record) {
        self.confirm();
        match self.state {
            State::Receiving if self.response.closed().is_ok() => self.ended(record),
            State::Connecting | State::Sending | State::Receiving => {
                self.interrupted(record, Cause::Network);
            }
            _ => debug!("closed: there is no connection"),
        }
    }

    pub(super) fn failed(&mut self, record: &mut dyn Record, why: Failure) {
        self.confirm();
        match (self.state, why) {
            (State::Connecting | State::Sending | State::Receiving, Failure::Refused) => {
                self.stop(record, Outcome::Refused);
            }
            (State::Connecting | State::Sending | State::Receiving, _) => {
                self.interrupted(record, Cause::Network);
            }
            _ => debug!("failed: there is no connection"),
        }
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

    fn connect(&mut self, now: Instant) {
        self.sent = 0;
        self.timed = 0;
        self.cursor.begin();
        self.state = State::Connecting;
        self.timer.start(now, self.config.connect.duration());
    }

    /// The request is out: from here on the head has the whole idle timeout, and no more.
    fn await_answer(&mut self) {
        self.response = Response::new();
        self.body = Body::Awaited;
        self.state = State::Receiving;
    }

    /// Until when the server may be silent; `None`: it has been, too long. What has been sent since
    /// the last look starts the timer anew, so that a long body may take its time.
    fn patience(&mut self, now: Instant) -> Option<Instant> {
        if self.timed != self.sent {
            self.timed = self.sent;
            self.timer.start(now, self.config.idle.duration());
        }
        self.timer.check(now)
    }

    fn head(&mut self, record: &mut dyn Record, head: Head) {
        debug!("answer with status {}", head.status);
        let created = matches!(head.status, 201 | 202) && !self.request.is_repeatable();
        let is_type = if self.request.is_stream() { head.event_stream } else { head.json };
        match head.status {
            204 => self.stop(record, Outcome::Done),
            301 | 302 | 303 | 307 | 308 => self.redirect(record),
            status if status != 200 && !created => {
                let transient = matches!(status, 408 | 409 | 429 | 500..=599);
                let ending = if head.should_retry.unwrap_or(transient) {
                    Ending::Break {
                        cause: Cause::Status(status),
                        retry_after: head.retry_after.map(Millis::from),
                    }
                } else {
                    Ending::Stop(Outcome::Status(status))
                };
                self.refuse(record, head, ending);
            }
            _ if !head.identity => {
                self.refuse(record, head, Ending::Stop(Outcome::Peer(Fault::ContentEncoding)));
            }
            _ if !is_type => self.refuse(record, head, Ending::Stop(Outcome::Peer(Fault::ContentType))),
            _ => self.open(record),
        }
    }

    /// The answer is the one that was asked for.
    fn open(&mut self, record: &mut dyn Record) {
        self.reader.taps.forget_error();
        self.error_event = false;
        self.body = if self.request.is_stream() { Body::Stream } else { Body::Json };
        let resumed = self.cursor.is_resumed() && self.request.is_stream();
        self.reader.begin(record, &mut self.cursor.next);
        self.found = Found::Opened { resumed };
    }

    /// The answer is not the one that was asked for: what it says is kept, then the try ends.
    fn refuse(&mut self, record: &mut dyn Record, head: Head, ending: Ending) {
        self.reader.taps.forget_error();
        self.reader.begin(&mut Nothing, &mut self.cursor.next);
        if head.identity {
            self.body = Body::Refusal { status: head.status, left: REFUSAL, json: head.json, ending };
        } else {
            self.end(record, head.status, ending);
        }
    }

    fn redirect(&mut self, record: &mut dyn Record) {
        let location = self.response.location().filter(|_| self.request.is_repeatable());
        let own = location.is_some_and(|location| self.config.own_target(location).is_some());
        if !own || self.redirects >= REDIRECTS {
            return self.stop(record, Outcome::Peer(Fault::Redirect));
        }
        self.redirects = self.redirects.saturating_add(1);
        self.redirected = true;
        self.state = State::Ended(Next::Connect, false);
    }

    /// Takes bytes of the body, up to the next thing found in them. Returns how many.
    fn take(&mut self, record: &mut dyn Record, body: &[u8]) -> usize {
        let mut rest = body;
        match &mut self.body {
            Body::Stream => {
                let event = self.reader.feed(record, &mut self.cursor.next, &mut rest);
                if let Some(millis) = self.reader.retry.take() {
                    self.backoff.set_retry(millis);
                }
                if let Some(result) = event {
                    self.event(record, result);
                }
            }
            Body::Json => {
                if let Some(result) = self.reader.json(record, &mut self.cursor.next, &mut rest) {
                    self.answer(record, result);
                }
            }
            Body::Refusal { status, left, json, ending } => {
                let (status, ending) = (*status, *ending);
                if *json {
                    // What is no JSON says nothing; the status says enough.
                    let _ = self.reader.json(&mut Nothing, &mut self.cursor.next, &mut rest);
                } else {
                    self.reader.taps.error_text(body);
                }
                rest = &[];
                *left = left.saturating_sub(u32::try_from(body.len()).unwrap_or(u32::MAX));
                if *left == 0 {
                    self.end(record, status, ending);
                }
            }
            Body::Awaited => rest = &[],
        }
        body.len().saturating_sub(rest.len())
    }

    /// An event of the stream is complete, or broken.
    fn event(&mut self, record: &mut dyn Record, result: Result<(), json::Error>) {
        let taps = &mut self.reader.taps;
        if !taps.id_whole {
            self.cursor.next.clear();
        }
        if self.cursor.judge() == Verdict::Drop {
            return self.reader.begin_event(record, &mut self.cursor.next);
        }
        if taps.kind == "task_group_status" {
            self.active = taps.active.or(self.active);
        }
        if taps.kind == "error" {
            taps.hear_error(200, self.config.key);
            self.error_event = true;
        }
        let is_wanted = record.wants(&taps.kind);
        match result {
            Ok(()) if is_wanted => self.found = Found::Record,
            Ok(()) => self.confirm(),
            // Of another type, it need not be what the record expects.
            Err(json::Error::Mismatch(_)) if !is_wanted && !taps.kind.is_empty() => self.confirm(),
            Err(error) => self.found = Found::Skipped(Skipped(error)),
        }
    }

    /// The JSON answer is complete, or broken.
    fn answer(&mut self, record: &mut dyn Record, result: Result<(), json::Error>) {
        match result {
            Ok(()) => {
                self.found = Found::Record;
                self.stop(record, Outcome::Done);
            }
            Err(error @ json::Error::Mismatch(_)) => {
                self.found = Found::Skipped(Skipped(error));
                self.stop(record, Outcome::Peer(Fault::Json(error)));
            }
            Err(error) => self.broken(record, Cause::Peer(Fault::Json(error)), None),
        }
    }

    /// The body is complete, or the connection ended in order where only that ends the body.
    fn ended(&mut self, record: &mut dyn Record) {
        match self.body {
            Body::Refusal { status, ending, .. } => self.end(record, status, ending),
            Body::Stream => self.stream_ended(record),
            Body::Json | Body::Awaited => self.broken(record, Cause::Network, None),
        }
    }

    fn stream_ended(&mut self, record: &mut dyn Record) {
        let answer = self.request.endpoint.answer;
        if self.reader.is_amid_event() {
            self.broken(record, Cause::Network, None);
        } else if self.error_event {
            self.broken(record, Cause::Peer(Fault::ErrorEvent), None);
        } else if self.cursor.replaying() {
            self.stop(record, Outcome::Peer(Fault::CursorIgnored));
        } else if matches!(answer, Answer::Stream { until_inactive: true }) {
            if self.active == Some(false) {
                self.stop(record, Outcome::Done);
            } else {
                self.rest(record, Cause::End);
            }
        } else if self.response.is_delimited() {
            self.stop(record, Outcome::Done);
        } else if self.cursor.nameless() {
            self.stop(record, Outcome::Peer(Fault::Unproven));
        } else if self.confirming {
            self.stop(record, Outcome::Done);
        } else {
            self.confirming = true;
            self.rest(record, Cause::End);
        }
    }

    /// The connection broke or fell silent, or the answer does not keep to HTTP.
    fn interrupted(&mut self, record: &mut dyn Record, cause: Cause) {
        let answer = self.request.endpoint.answer;
        match self.body {
            Body::Refusal { status, ending, .. } => self.end(record, status, ending),
            Body::Stream
                if matches!(answer, Answer::Stream { until_inactive: true })
                    && !self.error_event
                    && !matches!(cause, Cause::Peer(_)) =>
            {
                self.rest(record, cause);
            }
            _ => self.broken(record, cause, None),
        }
    }

    /// What a refusal says has been read.
    fn end(&mut self, record: &mut dyn Record, status: u16, ending: Ending) {
        self.reader.taps.hear_error(status, self.config.key);
        match ending {
            Ending::Break { cause, retry_after } => self.broken(record, cause, retry_after),
            Ending::Stop(outcome) => self.stop(record, outcome),
        }
    }

    /// The try failed: another one after a while, or none.
    fn broken(&mut self, record: &mut dyn Record, cause: Cause, retry_after: Option<Millis>) {
        // Only a status says that a request was not acted on.
        let spent = self.sent > 0 && !self.request.is_repeatable() && !matches!(cause, Cause::Status(_));
        if spent || (!self.cursor.moved() && self.backoff.failed(&self.config)) {
            return self.stop(record, cause.outcome());
        }
        let wait = self.backoff.wait(&self.config, retry_after);
        self.sleep(record, cause, wait);
    }

    /// The try did not fail, but there may be more: another one soon.
    fn rest(&mut self, record: &mut dyn Record, cause: Cause) {
        let wait = self.backoff.floor(&self.config);
        self.sleep(record, cause, wait);
    }

    fn sleep(&mut self, record: &mut dyn Record, cause: Cause, wait: Millis) {
        if self.cursor.too_long {
            return self.stop(record, Outcome::Capacity(Capacity::EventId));
        }
        debug!("asks again in {} ms", wait.0);
        self.redirected = false;
        self.redirects = 0;
        self.close(record, Next::Sleep(cause, wait));
    }

    fn stop(&mut self, record: &mut dyn Record, outcome: Outcome) {
        self.close(record, Next::Stop(outcome));
    }

    fn close(&mut self, record: &mut dyn Record, next: Next) {
        if self.reader.is_amid_event() {
            self.reader.begin_event(record, &mut self.cursor.next);
        }
        self.body = Body::Awaited;
        self.state = State::Ended(next, false);
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
