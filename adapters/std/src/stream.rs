//! A request in, its events out, over a blocking connection of its own; then, if you like, another request.

use std::ops::Range;

use taskgroup::{
    follow::{Follow, State},
    json::{Name, Record},
    session::{Action, ApiError, Config, Drive, Hint, Outcome, Request, Session},
};

use crate::{Clock, Connector, Security, head::Head};

const BUFFER: usize = 64 * 1024;

/// A machine of the core, driven over a blocking connection of its own: a [`Stream`] or a [`Following`].
///
/// # Limits
///
/// One buffer of 64 KiB, and the first 16 KiB of the last answer. [`next`](Self::next) blocks until there is
/// an event, but no single read blocks beyond the session's deadline.
#[derive(Debug)]
pub struct Driver<D> {
    machine: D,
    connector: Connector,
    clock: Clock,
    buffer: Box<[u8]>,
    /// The part of the buffer that the machine has not parsed yet.
    unread: Range<usize>,
    /// The action that was announced, and is done at the next step.
    due: Option<Action>,
    outcome: Option<Outcome>,
    head: Head,
}

/// One request on its way, until it is answered in full; then [another](Driver::ask).
///
/// ```
/// use taskgroup::{api, session::{Config, Event, Outcome}};
/// use taskgroup_std::{Security, Stream, Verbatim};
/// # let sandbox = taskgroup_sandbox::Sandbox::start(Default::default())?;
/// # let (url, key, group) = (sandbox.base_url(), sandbox.key(), sandbox.group_id());
/// let config = Config::new(key).with_base_url(&url)?;
/// let mut stream = Stream::new(config, api::runs(group), Verbatim::default(), &Security::platform());
/// while let Some(event) = stream.next() {
///     if let Event::Record(event) = event { println!("{}", String::from_utf8_lossy(event.json())) }
/// }
/// assert_eq!(stream.outcome(), Some(Outcome::Done));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// What [`Driver::step`] returns. A program must handle both, so there will be no further variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An event: [`Driver::event`] shows it until the next step.
    Event,
    /// What the next step does first. You can flush your output now, or report a wait.
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
    ///
    /// While there is no connection it waits and tries again, for some minutes in all, and reports nothing:
    /// to show that, use [`step`](Self::step).
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

    /// Does what the last step announced, then returns the next event or announces the next action.
    ///
    /// ```
    /// use taskgroup::{api, session::{Action, Cause, Config, Event, Outcome}};
    /// use taskgroup_std::{Security, Step, Stream, Verbatim};
    ///
    /// // Nobody listens there.
    /// let config = Config::new("key").with_base_url("http://127.0.0.1:9")?.with_attempts(Some(2));
    /// let mut stream = Stream::new(config, api::runs("tgrp_1"), Verbatim::default(), &Security::platform());
    /// let mut waits = Vec::new();
    /// let outcome = loop {
    ///     match stream.step() {
    ///         Step::Event => if let Some(Event::Record(event)) = stream.event() { println!("{event:?}") },
    ///         Step::Action(Action::Sleep { cause, .. }) => waits.push((cause, stream.reason().is_some())),
    ///         Step::Action(Action::Stop(outcome)) => break outcome,
    ///         Step::Action(_) => {}
    ///     }
    /// };
    /// assert_eq!((outcome, waits), (Outcome::Network, vec![(Cause::Network, true)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// The event that the last step returned.
    #[must_use]
    pub fn event(&self) -> Option<D::Event<'_>> {
        self.machine.event()
    }

    /// How the stream ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// A possible reason for the outcome, to show to a person.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        self.machine.hint()
    }

    /// The service's own error, if it sent one.
    #[must_use]
    pub fn error(&self) -> Option<&ApiError> {
        self.machine.error()
    }

    /// The first member of the last event that did not fit its field. See [`Session::mismatch`].
    #[must_use]
    pub fn mismatch(&self) -> Option<Name> {
        self.machine.mismatch()
    }

    /// How the last connection failed or ended, in the words of the system or of rustls.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.connector.reason()
    }

    /// A field of the head of the last answer, as the server sent it: for example the content type, if it was
    /// the wrong one, or the target of a redirect. If there are several, the first; only from the first 16
    /// KiB of the answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.field(name)
    }

    /// The clock of the deadlines in the actions.
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

    /// Sends another request, whose answer fills the same record. With
    /// [`keep_alive`](Config::with_keep_alive) a GET uses the open connection, if the server has left it
    /// open, and costs no handshake. Servers close a connection that is silent for long, often after 5 to
    /// 75 s; the stream then opens a new one.
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

    /// The id of the last event. Store it: another stream continues after it with
    /// [`Request::after`], or what the API calls that.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.machine.cursor()
    }

    /// The record, even after an event that was skipped.
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
