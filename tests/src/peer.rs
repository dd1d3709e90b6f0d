//! A request and a server written in the test in, everything that a session did out: without sockets, and
//! with a clock that only moves while somebody waits.
//!
//! ```
//! use taskgroup::{api, session::{Config, Outcome}};
//! use taskgroup_tests::{peer::{Answer, Peer}, wire::Framing};
//!
//! let mut peer = Peer::new(|_| Answer::new().bytes(Framing::Chunked.stream("data: {\"event_id\": \"1\"}\n\n")));
//! let report = peer.run(Config::new("key"), api::runs("tgrp_1"));
//! assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["1"]));
//! ```
//!
//! # Limits
//!
//! One connection at a time, like a session. A run ends after [`Peer::connections`] connections or requests,
//! its outcome unknown, so that you can test a session that never ends. One that never ends without
//! connecting fails its test, after ten million looks at the clock.

mod received;

use std::{collections::VecDeque, time::Duration};

use taskgroup::{
    http,
    json::{Name, Record},
    record,
    session::{Action, ApiError, Cause, Config, Event, Failure, Hint, Outcome, Request, Session, Skipped},
    text::Text,
    time::Instant,
};

pub use received::Received;

use crate::wire::Framing;

record! {
    /// What the tests look at in an event of any type.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Seen for * {
        /// The member `type`.
        pub kind: Text<40> = "/type",
        /// The member `event_id`, to 256 bytes.
        pub event_id: Text<256> = "/event_id",
        /// Whatever tells events apart.
        pub text: Text<64> = "/text",
        /// A member that only a number fits.
        pub number: Option<u32> = "/number",
    }
}

/// One thing that a server does.
#[derive(Clone, Debug)]
enum Step {
    Bytes(Vec<u8>),
    Wait(Duration),
    Close,
    Reset,
}

/// What a server does on one connection, in order; then it is silent and leaves it open.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    steps: VecDeque<Step>,
    is_for_ever: bool,
}

impl Answer {
    /// Silence.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends these bytes.
    #[must_use]
    pub fn bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(Step::Bytes(bytes.into()))
    }

    /// Is silent for this long.
    #[must_use]
    pub fn wait(self, span: Duration) -> Self {
        self.step(Step::Wait(span))
    }

    /// Ends the connection in order.
    #[must_use]
    pub fn close(self) -> Self {
        self.step(Step::Close)
    }

    /// Resets the connection.
    #[must_use]
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// As the last of a script, also answers a request from after its events.
    #[must_use]
    pub fn for_ever(mut self) -> Self {
        self.is_for_ever = true;
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }

    /// Whether a client can take it for an event stream that ended in order.
    fn is_whole_stream(&self) -> bool {
        if self.is_for_ever {
            return false;
        }
        let mut response = http::Response::new();
        let mut is_stream = false;
        for step in &self.steps {
            match step {
                Step::Bytes(bytes) => {
                    let mut input = &bytes[..];
                    while let Ok(Some(part)) = response.feed(&mut input) {
                        match part {
                            http::Part::Head(head) => is_stream = head.status == 200 && head.event_stream,
                            http::Part::End => return is_stream,
                            http::Part::Body(_) => {}
                        }
                    }
                }
                Step::Close => return is_stream && response.closed().is_ok(),
                Step::Reset => return false,
                Step::Wait(_) => {}
            }
        }
        false
    }
}

/// How often the clock may be looked at.
const LOOKS: usize = 10_000_000;

/// What happens to a connection before it is answered.
#[derive(Clone, Debug)]
pub enum Line {
    /// It opens, and the whole request can be written.
    Opens,
    /// It cannot be opened.
    Fails(Failure),
    /// Nothing comes back, and the adapter waits as long as it may.
    Hangs,
    /// It opens, and breaks when this many bytes of the request have been written.
    Breaks(usize),
    /// It opens, and takes no more than this many bytes of the request; the adapter only polls.
    Blocks(usize),
    /// It opens, and the server answers when this many bytes of the request have arrived.
    Answers(usize, Answer),
}

/// What a session has found.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Heard<R = Seen> {
    Opened { resumed: bool },
    Record(R),
    Skipped(Skipped),
}

/// All that a session did.
#[derive(Clone, Debug)]
pub struct Report<R = Seen> {
    /// What it found.
    pub heard: Vec<Heard<R>>,
    /// Which members did not fit, each with the number of what was heard.
    pub mismatches: Vec<(usize, Name)>,
    /// The requests that it sent in whole, in order.
    pub requests: Vec<Received>,
    /// How many connections it asked for.
    pub connections: usize,
    /// How long it slept, and why.
    pub sleeps: Vec<(Duration, Cause)>,
    /// How each request but the last ended.
    pub before: Vec<Outcome>,
    /// How it ended; `None`: not within [`Peer::connections`].
    pub outcome: Option<Outcome>,
    /// What the server said.
    pub error: Option<ApiError>,
    /// A possible reason for the outcome.
    pub hint: Option<Hint>,
    /// The cursor at the end.
    pub cursor: Option<String>,
    /// How much time went by.
    pub elapsed: Duration,
}

impl<R> Report<R> {
    /// The causes of its sleeps.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause> {
        self.sleeps.iter().map(|(_, cause)| *cause).collect()
    }

    /// The records that it found.
    pub fn records(&self) -> impl Iterator<Item = &R> {
        self.heard.iter().filter_map(|heard| match heard {
            Heard::Record(record) => Some(record),
            _ => None,
        })
    }

    /// How many events it skipped.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.heard.iter().filter(|heard| matches!(heard, Heard::Skipped(_))).count()
    }

    /// The server's own words, if it said any.
    #[must_use]
    pub fn message(&self) -> &str {
        self.error.as_ref().map_or("", |error| error.message.as_str())
    }
}

impl Report {
    /// The ids of the events that it found.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.records().map(|seen| seen.event_id.as_str()).collect()
    }

    /// The texts of the events that it found.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        self.records().map(|seen| seen.text.as_str()).collect()
    }
}

/// A server, the path to it, and the client's buffers and clock.
pub struct Peer<'p> {
    serve: Box<dyn FnMut(&Received) -> Answer + 'p>,
    /// What happens to each connection, the first being 0.
    pub line: Box<dyn FnMut(usize) -> Line + 'p>,
    /// What the client's clock shows, by the true time and the number of times it was looked at.
    pub clock: Box<dyn FnMut(Duration, usize) -> Instant + 'p>,
    /// The most bytes that one read gives.
    pub read: usize,
    /// The size of the buffer that requests are written through.
    pub write: usize,
    /// The run ends after this many connections, or requests that were sent in whole.
    pub connections: usize,
}

impl std::fmt::Debug for Peer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer").field("read", &self.read).field("write", &self.write).finish_non_exhaustive()
    }
}

impl<'p> Peer<'p> {
    /// A server that answers each request with `serve`, over connections that always open.
    pub fn new(serve: impl FnMut(&Received) -> Answer + 'p) -> Self {
        Self {
            serve: Box::new(serve),
            line: Box::new(|_| Line::Opens),
            clock: Box::new(|time, _| Instant::from_millis(1_000_000) + time),
            read: usize::MAX,
            write: 4096,
            connections: 100,
        }
    }

    /// A server that gives these answers in order, then always the last one. But if that one is a whole
    /// stream, the server has nothing after the last event, and answers a request from there with an empty
    /// stream.
    pub fn script(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers: VecDeque<_> = answers.into_iter().collect();
        let mut is_over = false;
        Self::new(move |request| {
            let answer = answers.front().cloned().unwrap_or_default();
            if is_over && request.cursor().is_some() && answer.is_whole_stream() {
                return Answer::new().bytes(Framing::Chunked.stream(""));
            }
            is_over = answers.len() <= 1;
            if !is_over {
                answers.pop_front();
            }
            answer
        })
    }

    /// Drives a session that sees events of every type.
    pub fn run<'c>(&mut self, config: Config<'c>, request: impl Into<Request<'c>>) -> Report {
        self.run_with(Session::new(config, request))
    }

    /// Drives this session to its end.
    pub fn run_with<R: Record + Clone>(&mut self, session: Session<'_, R>) -> Report<R> {
        self.run_on(session, [] as [Request<'_>; 0])
    }

    /// Drives this session to its end, then on to that of each of these requests.
    pub fn run_on<'c, R: Record + Clone>(
        &mut self,
        session: Session<'c, R>,
        requests: impl IntoIterator<Item = impl Into<Request<'c>>>,
    ) -> Report<R> {
        let report = Report {
            heard: Vec::new(),
            mismatches: Vec::new(),
            requests: Vec::new(),
            connections: 0,
            sleeps: Vec::new(),
            before: Vec::new(),
            outcome: None,
            error: None,
            hint: None,
            cursor: None,
            elapsed: Duration::ZERO,
        };
        let requests = requests.into_iter().map(Into::into).collect();
        let connection = Connection::new(Line::Opens);
        Drive { peer: self, session, requests, report, connection, open: false, looks: 0 }.run()
    }
}

struct Connection {
    line: Line,
    /// The part of the request that has been written.
    written: Vec<u8>,
    /// The server has been asked: the answer is that to the request being written.
    asked: bool,
    answer: Answer,
}

impl Connection {
    fn new(line: Line) -> Self {
        Self { line, written: Vec::new(), asked: false, answer: Answer::new() }
    }
}

struct Drive<'d, 'p, 'c, R> {
    peer: &'d mut Peer<'p>,
    session: Session<'c, R>,
    requests: VecDeque<Request<'c>>,
    report: Report<R>,
    connection: Connection,
    open: bool,
    looks: usize,
}

impl<R: Record + Clone> Drive<'_, '_, '_, R> {
    fn run(mut self) -> Report<R> {
        loop {
            let now = self.now();
            match self.session.poll(now) {
                Action::Connect { until } => {
                    if self.report.connections == self.peer.connections {
                        break;
                    }
                    self.connect(until.saturating_since(now));
                }
                Action::Send { .. } if self.report.requests.len() == self.peer.connections => break,
                Action::Send { until } => self.send(until.saturating_since(now)),
                Action::Receive { until } => self.receive(until.saturating_since(now)),
                Action::Close => self.open = false,
                Action::Sleep { until, cause } => {
                    let span = until.saturating_since(now);
                    self.report.sleeps.push((span, cause));
                    self.report.elapsed += span;
                }
                Action::Stop(outcome) => {
                    assert_eq!(self.session.poll(now), Action::Stop(outcome), "always the same");
                    let Some(request) = self.requests.pop_front() else {
                        self.report.outcome = Some(outcome);
                        break;
                    };
                    self.report.before.push(outcome);
                    self.session.ask(request);
                    self.connection.written.clear();
                    self.connection.asked = false;
                }
            }
        }
        self.report.error = self.session.error().cloned();
        self.report.hint = self.session.hint();
        self.report.cursor = self.session.cursor().map(Into::into);
        self.report
    }

    fn now(&mut self) -> Instant {
        self.looks += 1;
        assert!(self.looks < LOOKS, "the session never comes to an end");
        (self.peer.clock)(self.report.elapsed, self.looks)
    }

    fn connect(&mut self, patience: Duration) {
        let line = (self.peer.line)(self.report.connections);
        self.report.connections += 1;
        assert!(!std::mem::replace(&mut self.open, true), "the one before is still open");
        self.connection = Connection::new(line);
        let now = self.now();
        match self.connection.line {
            Line::Fails(why) => self.session.failed(now, why),
            Line::Hangs => self.report.elapsed += patience,
            _ => self.session.connected(now),
        }
    }

    fn send(&mut self, patience: Duration) {
        // The next request over the same connection.
        if self.connection.asked && self.connection.written.ends_with(b"\r\n\r\n") {
            self.connection.written.clear();
            self.connection.asked = false;
        }
        let sent = self.connection.written.len();
        let room = match self.connection.line {
            Line::Breaks(bytes) | Line::Blocks(bytes) | Line::Answers(bytes, _) => bytes - sent,
            _ => usize::MAX,
        };
        if room == 0 {
            let now = self.now();
            match &mut self.connection.line {
                Line::Breaks(_) => return self.session.failed(now, Failure::Broken),
                Line::Blocks(_) => return self.report.elapsed += patience,
                Line::Answers(_, answer) => {
                    self.connection.answer = std::mem::take(answer);
                    self.connection.asked = true;
                    self.receive(patience);
                    match self.session.poll(now) {
                        Action::Send { .. } => {}
                        Action::Close => return self.open = false,
                        _ => return,
                    }
                    self.connection.line = Line::Opens;
                }
                _ => {}
            }
        }
        let mut buffer = vec![0; self.peer.write.min(room)];
        let filled = self.session.fill(&mut buffer);
        self.connection.written.extend(&buffer[..filled]);
    }

    fn receive(&mut self, patience: Duration) {
        let answer = &mut self.connection.answer;
        // Before it writes anything, the client reads what has come since the previous answer.
        if !self.connection.asked && !self.connection.written.is_empty() {
            let request = Received::parse(&self.connection.written);
            answer.steps.extend((self.peer.serve)(&request).steps);
            self.connection.asked = true;
            self.report.requests.push(request);
        }
        match answer.steps.pop_front() {
            None => self.report.elapsed += patience,
            Some(Step::Wait(span)) if span >= patience => {
                answer.steps.push_front(Step::Wait(span - patience));
                self.report.elapsed += patience;
            }
            Some(Step::Wait(span)) => self.report.elapsed += span,
            Some(Step::Bytes(bytes)) => {
                bytes.chunks(self.peer.read).for_each(|bytes| self.feed(bytes));
            }
            Some(Step::Close) => {
                let now = self.now();
                self.session.closed(now);
            }
            Some(Step::Reset) => {
                let now = self.now();
                self.session.failed(now, Failure::Broken);
            }
        }
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        let now = self.now();
        while let Some(event) = self.session.feed(&mut bytes, now) {
            self.report.heard.push(match event {
                Event::Opened { resumed } => Heard::Opened { resumed },
                Event::Record(record) => Heard::Record(record.clone()),
                Event::Skipped(why) => Heard::Skipped(why),
            });
            let nth = self.report.heard.len() - 1;
            self.report.mismatches.extend(self.session.mismatch().map(|name| (nth, name)));
        }
    }
}
