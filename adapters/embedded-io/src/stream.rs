//! A request in, its events out, over a connection of its own; then, if you like, another request.

use core::{
    fmt,
    future::{Future, poll_fn},
    ops::Range,
    pin::pin,
    time::Duration,
};

use embedded_io_async::Write;
use taskgroup::{
    __log,
    follow::{Follow, State},
    json::{Name, Record},
    session::{Action, ApiError, Config, Drive, Failure, Hint, Outcome, Request, Session},
    time::{Clock, Instant},
};

use crate::{
    Connector, Transport,
    deadline::{before, completed},
};

/// Bytes of the request that are written at once.
const PIECE: usize = 128;

/// How much longer resolving and connecting may take than connecting alone: embassy-net's resolver waits for
/// each of three name servers up to 15 s.
const LOOK_UP: Duration = Duration::from_secs(60);

/// How long closing a connection may take.
const FAREWELL: Duration = Duration::from_millis(100);

/// A machine of the core, driven over a connection of its own: a [`Stream`] or a [`Following`].
///
/// # Cancel safety
///
/// You may drop the future of [`next`](Self::next) or [`step`](Self::step) at any time, for example in a
/// `select` with a button. That loses no event and no byte of one, and sends nothing twice: the next call
/// continues where this one was. Two things depend on the connector. If you drop the future while a
/// connection is being opened, opening may start again, and never completes if you do it too often. And if
/// [`Connector::cancel_safe`] returns `false`, dropping it during a read or write closes the connection, and
/// the stream resumes after the last event, as after any failure. Keeping the future costs neither:
///
/// ```
/// # use core::{future::Future, pin::pin};
/// # use taskgroup::json::Record;
/// # use taskgroup_embedded_io::{Clock, Connector, Stream};
/// use embassy_futures::select::{Either, select};
///
/// # async fn look<R: Record, N: Connector>(
/// #     stream: &mut Stream<'_, '_, R, N, impl Clock>,
/// #     tick: impl AsyncFn(),
/// # ) {
/// let mut next = pin!(stream.next());
/// let event = loop {
///     match select(next.as_mut(), tick()).await {
///         Either::First(event) => break event,
///         Either::Second(()) => { /* blink, and continue to wait for the same event */ }
///     }
/// };
/// # }
/// ```
///
/// # Limits
///
/// One connection at a time. The request is written in pieces of 128 bytes, which the driver keeps until they
/// are written; the answer is parsed in place, where the transport holds it. Each call of `next` runs until
/// there is an event, and parses all that the transport has lent without yielding.
pub struct Driver<'n, D, N: Connector + 'n, C> {
    machine: D,
    network: &'n N,
    clock: C,
    connection: Option<N::Connection<'n>>,
    request: [u8; PIECE],
    /// The part of `request` that has not been written.
    unwritten: Range<usize>,
    unflushed: bool,
    /// The connection is being read or written. If a call finds it so, an earlier future was dropped.
    busy: bool,
    /// The action that was announced and is not done yet, and when it was announced.
    due: Option<Action>,
    announced: Instant,
    /// The server's address has been resolved for the connection that is due.
    resolved: bool,
    outcome: Option<Outcome>,
}

/// One request on its way, until it is answered in full; then [another](Self::ask).
pub type Stream<'c, 'n, R, N, C> = Driver<'n, Session<'c, R>, N, C>;

/// A group that is followed from its inputs to its answers, each once.
///
/// ```
/// use taskgroup::{api::{RunResult, body::Inputs}, follow::{Event, Follow}, session::Config};
/// use taskgroup_embedded_io::{Clock, Connector, Following};
///
/// # async fn ask(inputs: &dyn Inputs, network: &impl Connector, clock: impl Clock) {
/// let follow = Follow::<RunResult, 512>::new(Config::new("key")).with_inputs(inputs);
/// let mut following = Following::over(follow, network, clock);
/// while let Some(event) = following.next().await {
///     if let Event::Answer(_answer) = event { /* show it */ }
///     let _state = following.handled(); /* keep it */
/// }
/// # }
/// ```
pub type Following<'c, 'n, R, N, C, const M: usize = 1024> = Driver<'n, Follow<'c, R, M>, N, C>;

/// What [`Driver::step`] returns. A program must handle both, so there will be no further variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Step {
    /// An event: [`Driver::event`] shows it until the next step.
    Event,
    /// What the next step does first. You can light a lamp now, or report a wait.
    Action(Action),
}

/// Whether an event was found, and whether there are bytes left after it.
#[derive(Default)]
struct Received {
    event: bool,
    more: bool,
}

impl<'n, D: Drive, N: Connector, C: Clock> Driver<'n, D, N, C> {
    /// Drives this machine. Nothing is sent before the first step.
    #[must_use]
    pub fn over(machine: D, network: &'n N, clock: C) -> Self {
        Self {
            machine,
            network,
            clock,
            connection: None,
            request: [0; PIECE],
            unwritten: 0..0,
            unflushed: false,
            busy: false,
            due: None,
            announced: Instant::default(),
            resolved: false,
            outcome: None,
        }
    }

    /// The next event; `None` when the stream has ended, see [`outcome`](Self::outcome).
    ///
    /// You may drop its future, see [cancel safety](Self#cancel-safety).
    pub async fn next(&mut self) -> Option<D::Event<'_>> {
        loop {
            match self.step().await {
                Step::Event => return self.machine.event(),
                Step::Action(Action::Stop(_)) => return None,
                Step::Action(_) => {}
            }
        }
    }

    /// Does what the last step announced, then returns the next event or announces the next action. Use it
    /// in place of [`next`](Self::next) to see each wait and its cause.
    ///
    /// You may drop its future, see [cancel safety](Self#cancel-safety).
    pub async fn step(&mut self) -> Step {
        if let Some(action) = self.due {
            let received = self.act(action).await.unwrap_or_else(|why| {
                self.machine.failed(self.clock.now(), why);
                Received::default()
            });
            // Bytes that are in memory already are parsed before the clock is read.
            if !received.more {
                self.due = None;
            }
            if received.event {
                return Step::Event;
            }
        }
        let now = self.clock.now();
        let action = self.machine.poll(now);
        (self.due, self.announced, self.resolved) = (Some(action), now, false);
        if let Action::Stop(outcome) = action {
            self.outcome = Some(outcome);
        }
        if self.machine.has_event() { Step::Event } else { Step::Action(action) }
    }

    /// Tells the server that the connection is over, if there is one, and waits until that has been sent, for
    /// 100 ms at most. Otherwise a server may keep the connection for long: some stacks send nothing if you
    /// drop the stream together with its connector. A stream that has stopped has closed its connection,
    /// unless it keeps it for [another request](Self::ask).
    ///
    /// If you call `next` afterwards, the stream continues over another connection, as after any failure.
    pub async fn close(&mut self) {
        if self.connection.is_some() && self.due != Some(Action::Close) {
            let now = self.clock.now();
            self.machine.failed(now, Failure::Broken);
            (self.due, self.announced) = (Some(Action::Close), now);
        }
        if self.due == Some(Action::Close) {
            self.end().await;
            self.due = None;
        }
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

    /// The clock of the deadlines in the actions.
    #[must_use]
    pub fn clock(&self) -> &C {
        &self.clock
    }

    async fn act(&mut self, action: Action) -> Result<Received, Failure> {
        match action {
            Action::Connect { until } => self.connect(until).await?,
            Action::Send { until } => self.send(until).await?,
            Action::Receive { until } => return self.receive(until).await,
            Action::Close => self.end().await,
            Action::Sleep { until, .. } => self.clock.wait_until(until).await,
            Action::Stop(_) => {}
        }
        Ok(Received::default())
    }

    async fn connect(&mut self, until: Instant) -> Result<(), Failure> {
        let until = if self.resolved { until } else { self.resolve(until).await? };
        let connection = &mut self.connection;
        {
            let mut connect = pin!(self.network.connect(self.machine.config(), until));
            // It goes to its place at once: on each further way it would be on the stack once more.
            let opened = pin!(poll_fn(|context| {
                connect.as_mut().poll(context).map(|opened| opened.map(|opened| *connection = Some(opened)))
            }));
            before(&self.clock, until, opened).await.unwrap_or_else(|| {
                __log!(warn, "no connection in time");
                Err(Failure::Unreachable)
            })?;
        }
        (self.unwritten, self.unflushed, self.busy) = (0..0, false, false);
        self.machine.connected(self.clock.now());
        Ok(())
    }

    /// Resolves the server's address, and returns the deadline of the connection, counted from now.
    async fn resolve(&mut self, until: Instant) -> Result<Instant, Failure> {
        let resolve = self.network.resolve(self.machine.config());
        before(&self.clock, until + LOOK_UP, pin!(resolve)).await.unwrap_or_else(|| {
            __log!(warn, "the server's name was not resolved in time");
            Err(Failure::Unreachable)
        })?;
        let until = self.clock.now() + until.saturating_since(self.announced);
        (self.due, self.resolved) = (Some(Action::Connect { until }), true);
        Ok(until)
    }

    /// Closes the connection, if there is one, and drops it.
    async fn end(&mut self) {
        if self.connection.is_some()
            && let Ok(connection) = usable(self.network, &mut self.connection, &mut self.busy)
        {
            // If the server cannot be told, nothing else can be done.
            let _ = before(&self.clock, self.announced + FAREWELL, pin!(connection.close())).await;
        }
        self.connection = None;
    }

    async fn send(&mut self, until: Instant) -> Result<(), Failure> {
        let connection = usable(self.network, &mut self.connection, &mut self.busy)?;
        if self.unwritten.is_empty() {
            self.unwritten = 0..self.machine.fill(&mut self.request);
        }
        while !self.unwritten.is_empty() {
            let bytes = self.request.get(self.unwritten.clone()).unwrap_or_default();
            let written = before(&self.clock, until, pin!(connection.write(bytes))).await;
            let written = completed(written)?;
            if written == 0 {
                return Err(Failure::Broken);
            }
            self.unwritten.start = self.unwritten.start.saturating_add(written).min(self.unwritten.end);
            self.unflushed = true;
        }
        self.busy = false;
        Ok(())
    }

    async fn receive(&mut self, until: Instant) -> Result<Received, Failure> {
        let connection = usable(self.network, &mut self.connection, &mut self.busy)?;
        if self.unflushed {
            completed(before(&self.clock, until, pin!(connection.flush())).await)?;
            self.unflushed = false;
        }
        let (machine, clock) = (&mut self.machine, &self.clock);
        let mut received = Received::default();
        let take = |bytes: &[u8]| {
            if bytes.is_empty() {
                machine.closed(clock.now());
                return 0;
            }
            let mut rest = bytes;
            received.event = machine.advance(&mut rest, clock.now());
            received.more = !rest.is_empty();
            bytes.len().saturating_sub(rest.len())
        };
        let result = before(clock, until, pin!(connection.receive(take))).await;
        match result {
            // The session decides what the deadline means.
            None => return Ok(received),
            result => completed(result)?,
        }
        self.busy = false;
        Ok(received)
    }
}

impl<'c, 'n, R: Record, N: Connector, C: Clock> Stream<'c, 'n, R, N, C> {
    /// A stream that fills this record. Nothing is sent before the first step.
    #[must_use]
    pub fn new(
        config: Config<'c>,
        request: impl Into<Request<'c>>,
        record: R,
        network: &'n N,
        clock: C,
    ) -> Self {
        Self::over(Session::with_record(config, request, record), network, clock)
    }

    /// Sends another request, whose answer fills the same record. With
    /// [`keep_alive`](Config::with_keep_alive) a GET uses the open connection, if the server
    /// has left it open, and costs no handshake:
    ///
    /// ```
    /// use taskgroup::{api, session::{Config, Event}};
    /// # use taskgroup_embedded_io::{Clock, Connector, Stream};
    ///
    /// # async fn watch(config: Config<'_>, network: &impl Connector, clock: impl Clock, tick: impl AsyncFn()) {
    /// let (config, record) = (config.with_keep_alive(true), api::TaskGroup::<api::Brief>::default());
    /// let mut group = Stream::new(config, api::group("tgrp_5c1f0a"), record, network, clock);
    /// loop {
    ///     while let Some(event) = group.next().await {
    ///         if let Event::Record(_group) = event { /* show it */ }
    ///     }
    ///     tick().await;
    ///     group.ask(api::group("tgrp_5c1f0a"));
    /// }
    /// # }
    /// ```
    ///
    /// The stream keeps the connection, and with it the connector, until you drop the stream. Servers close a
    /// connection that is silent for long, often after 5 to 75 s. The stream then opens a new one, as it does
    /// for every request if [`Connector::cancel_safe`] returns `false`.
    pub fn ask(&mut self, request: impl Into<Request<'c>>) {
        self.machine.ask(request);
        (self.due, self.outcome) = (None, None);
    }

    /// Like [`ask`](Self::ask), for an answer that fills another record.
    #[must_use]
    pub fn ask_with<S: Record>(self, request: impl Into<Request<'c>>, record: S) -> Stream<'c, 'n, S, N, C> {
        Driver {
            machine: self.machine.ask_with(request, record),
            network: self.network,
            clock: self.clock,
            connection: self.connection,
            request: self.request,
            unwritten: self.unwritten,
            unflushed: self.unflushed,
            busy: self.busy,
            due: None,
            announced: self.announced,
            resolved: false,
            outcome: None,
        }
    }

    /// The id of the last event. Store it: after a reboot another stream continues after it with
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

impl<R: Record, N: Connector, C: Clock, const M: usize> Following<'_, '_, R, N, C, M> {
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

/// Shows the machine, but not the request, which holds the key.
impl<D: fmt::Debug, N: Connector, C> fmt::Debug for Driver<'_, D, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("machine", &self.machine)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
taskgroup::__format_as_debug! { [D: fmt::Debug, N: Connector, C] Driver<'_, D, N, C>; }

/// The connection, unless a future was dropped that may have lost bytes of it.
fn usable<'a, 'n, N: Connector>(
    network: &'n N,
    connection: &'a mut Option<N::Connection<'n>>,
    busy: &mut bool,
) -> Result<&'a mut N::Connection<'n>, Failure> {
    if *busy && !network.cancel_safe() {
        __log!(warn, "a read or write was dropped, which this connection does not survive");
        *connection = None;
    }
    *busy = true;
    connection.as_mut().ok_or(Failure::Broken)
}
