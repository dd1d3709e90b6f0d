//! A request in, its events out, over a blocking connection of its own; then, if you like, another request.
//!
//! ```
//! use taskgroup::{api, session::{Config, Event, Outcome}};
//! use taskgroup_std::{Security, Stream, Verbatim};
//! # let sandbox = taskgroup_sandbox::Sandbox::start(Default::default())?;
//! # let (url, key, group) = (sandbox.base_url(), sandbox.key(), sandbox.group_id());
//! let config = Config::new(key).with_base_url(&url)?;
//! let mut stream = Stream::new(config, api::runs(group), Verbatim::default(), &Security::platform());
//! while let Some(event) = stream.next() {
//!     if let Event::Record(event) = event { println!("{}", String::from_utf8_lossy(event.json())) }
//! }
//! assert_eq!(stream.outcome(), Some(Outcome::Done));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//!
//! One buffer of 16 KiB, and the first 16 KiB of the last answer; blocks until there is an event, and never longer on one read than the
//! session's deadline says.

use std::ops::Range;

use taskgroup::{
    follow::{Follow, State},
    json::{Name, Record},
    session::{Action, ApiError, Config, Drive, Hint, Outcome, Request, Session},
};

use crate::{Clock, Connector, Security, head::Head};

const BUFFER: usize = 16 * 1024;

/// A machine of the core, driven over a blocking connection of its own: a [`Stream`] or a [`Following`].
#[derive(Debug)]
pub struct Driver<D> {
    machine: D,
    connector: Connector,
    clock: Clock,
    buffer: Box<[u8]>,
    /// The part of the buffer that the machine has not taken yet.
    unread: Range<usize>,
    /// What was announced, and is due at the next step.
    due: Option<Action>,
    outcome: Option<Outcome>,
    head: Head,
}

/// One request on its way, until it is answered in full; then [another](Self::ask).
pub type Stream<'c, R> = Driver<Session<'c, R>>;

/// A group that is followed from its inputs to its answers, each once.
///
/// ```no_run
/// use taskgroup::{api::{RunResult, body::RunInput}, follow::{Event, Follow}, session::Config};
/// use taskgroup_std::{Following, Security};
///
/// let inputs = [RunInput::new("lite", "Who founded Acme?")];
/// let follow = Follow::<RunResult>::new(Config::new("key")).with_inputs(&inputs);
/// let mut following = Following::over(follow, &Security::platform());
/// while let Some(event) = following.next() {
///     if let Event::Answer(answer) = event { println!("{:?}", answer.record) }
///     let _keep = following.handled();
/// }
/// ```
pub type Following<'c, R, const N: usize = 1024> = Driver<Follow<'c, R, N>>;

/// What [`Driver::step`] has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An event, to be seen by [`Driver::event`] until the next step.
    Event,
    /// What the next step does first: a chance to flush one's output, or to tell of a wait.
    Action(Action),
}

impl<D: Drive> Driver<D> {
    /// Drives this machine. Nothing is sent before the first step.
    #[must_use]
    pub fn over(machine: D, security: &Security) -> Self {
        let clock = Clock::new();
        Self {
            connector: Connector::new(machine.config(), security, clock),
            machine,
            clock,
            buffer: vec![0; BUFFER].into(),
            unread: 0..0,
            due: None,
            outcome: None,
            head: Head::default(),
        }
    }

    /// The next event; `None` when the stream has ended, see [`outcome`](Self::outcome).
    #[allow(clippy::should_implement_trait, reason = "the event is lent, which an iterator cannot")]
    pub fn next(&mut self) -> Option<D::Event<'_>> {
        loop {
            match self.step() {
                Step::Event => return self.machine.event(),
                Step::Action(Action::Stop(_)) => return None,
                Step::Action(_) => {}
            }
        }
    }

    /// Does what was announced, then goes on to the next event or the next thing to be done.
    pub fn step(&mut self) -> Step {
        if let Some(action) = self.due.take() {
            self.act(action);
        }
        let mut input = self.buffer.get(self.unread.clone()).unwrap_or_default();
        let found = self.machine.advance(&mut input, self.clock.now());
        self.unread.start = self.unread.end - input.len();
        if found {
            return Step::Event;
        }
        let action = self.machine.poll(self.clock.now());
        self.due = Some(action);
        if let Action::Stop(outcome) = action {
            self.outcome = Some(outcome);
        }
        if self.machine.has_event() { Step::Event } else { Step::Action(action) }
    }

    /// The event that the last step has come to.
    #[must_use]
    pub fn event(&self) -> Option<D::Event<'_>> {
        self.machine.event()
    }

    /// How the stream ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// What may be behind the outcome, for the person who reads it.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        self.machine.hint()
    }

    /// What the service said, when it said no.
    #[must_use]
    pub fn error(&self) -> Option<&ApiError> {
        self.machine.error()
    }

    /// The first member that did not fit its field, of the event given last. See [`Session::mismatch`].
    #[must_use]
    pub fn mismatch(&self) -> Option<Name> {
        self.machine.mismatch()
    }

    /// How the last connection failed or ended, in the words of the system or of rustls.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.connector.reason()
    }

    /// A field of the head of the last answer, in the server's own words: which content type it was, when it was a
    /// wrong one, or where a redirect wanted to go. The first of several; of the first 16 KiB of the answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.field(name)
    }

    /// The clock that the actions' deadlines are moments of.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    fn act(&mut self, action: Action) {
        let (machine, connector, clock) = (&mut self.machine, &mut self.connector, self.clock);
        let result = match action {
            Action::Connect { until } => connector.open(until).map(|()| machine.connected(clock.now())),
            Action::Send { until } => {
                self.head.clear();
                let filled = machine.fill(&mut self.buffer);
                connector.write_all(self.buffer.get(..filled).unwrap_or_default(), until)
            }
            Action::Receive { until } => connector.read(&mut self.buffer, until).map(|read| match read {
                None => {}
                Some(0) => machine.closed(clock.now()),
                Some(read) => {
                    self.unread = 0..read;
                    self.head.take(self.buffer.get(..read).unwrap_or_default());
                }
            }),
            Action::Close => {
                connector.close();
                Ok(())
            }
            Action::Sleep { until, .. } => {
                clock.sleep(until);
                Ok(())
            }
            Action::Stop(_) => Ok(()),
        };
        if let Err(why) = result {
            machine.failed(clock.now(), why);
        }
    }
}

impl<'c, R: Record> Stream<'c, R> {
    /// A stream that fills this record. Nothing is sent before the first step.
    #[must_use]
    pub fn new(config: Config<'c>, request: impl Into<Request<'c>>, record: R, security: &Security) -> Self {
        Self::over(Session::with_record(config, request, record), security)
    }

    /// Asks for something else, which the same record is filled with. Where the config says
    /// [`keep_alive`](Config::with_keep_alive), a GET goes over the connection that is there, if the server
    /// has left it open, and costs no handshake. Servers close one that is silent for long, often after 5
    /// to 75 s: then there is a new one.
    pub fn ask(&mut self, request: impl Into<Request<'c>>) {
        self.machine.ask(request);
        (self.due, self.outcome) = (None, None);
    }

    /// Like [`ask`](Self::ask), for an answer that fills another record.
    #[must_use]
    pub fn ask_with<S: Record>(self, request: impl Into<Request<'c>>, record: S) -> Stream<'c, S> {
        Driver {
            machine: self.machine.ask_with(request, record),
            connector: self.connector,
            clock: self.clock,
            buffer: self.buffer,
            unread: self.unread,
            due: None,
            outcome: None,
            head: Head::default(),
        }
    }

    /// The id of the last event that was seen: another stream goes on from there by
    /// [`Request::after`], or what the API calls that.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.machine.cursor()
    }

    /// The record, also of an event that was skipped.
    pub fn record_mut(&mut self) -> &mut R {
        self.machine.record_mut()
    }

    /// The record, as the last event or answer left it.
    #[must_use]
    pub fn into_record(self) -> R {
        self.machine.into_record()
    }
}

impl<R: Record, const N: usize> Following<'_, R, N> {
    /// The event that was given last is handled: gives the [`State`] to be kept.
    pub fn handled(&mut self) -> &State {
        self.machine.handled()
    }

    /// How far it is: the event that was given last does not count yet.
    #[must_use]
    pub fn state(&self) -> &State {
        self.machine.state()
    }

    /// The record, to change what it does with the next answer.
    pub fn record_mut(&mut self) -> &mut R {
        self.machine.record_mut()
    }

    /// The record, as the last answer left it.
    #[must_use]
    pub fn into_record(self) -> R {
        self.machine.into_record()
    }
}
