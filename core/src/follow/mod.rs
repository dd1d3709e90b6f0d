//! Inputs in; a group with a run for each of them, and the answer of each run out, once, whatever breaks.
//!
//! A machine over [sessions](crate::session): it creates a group, adds the runs, follows the group until none
//! of its runs is active, and fetches the output of each run that has come to an end. It is driven by the
//! same calls as a session, over one connection, which is kept from the first request to the last where the
//! server agrees.
//!
//! ```
//! use taskgroup::{
//!     api::{RunResult, body::RunInput},
//!     follow::{Event, Follow},
//!     session::{Action, Config},
//!     time::Instant,
//! };
//!
//! let inputs = [RunInput::new("lite", "Who founded Acme?"), RunInput::new("lite", "And Globex?")];
//! let mut follow = Follow::<RunResult>::new(Config::new("key")).with_inputs(&inputs);
//! let now = Instant::from_millis(0);
//! assert!(matches!(follow.poll(now), Action::Connect { .. }));
//! follow.connected(now);
//! assert!(matches!(follow.poll(now), Action::Send { .. }));
//! let mut out = [0; 512];
//! let n = follow.fill(&mut out);
//! assert!(out[..n].starts_with(b"POST /v1beta/tasks/groups HTTP/1.1\r\n"));
//! # let mut input = &b""[..];
//! while let Some(event) = follow.feed(&mut input, now) {
//!     match event {
//!         Event::Group(state) | Event::Added(state) => { /* keep the state */ let _ = state; }
//!         Event::Answer(answer) => println!("{:?}: {:?}", answer.input, answer.record.output),
//!         _ => {}
//!     }
//! }
//! ```
//!
//! # What it promises
//!
//! Each input is asked once, and the answer of each run is given at least once, and exactly once while the
//! server gives its events ids and honours them. Runs that have failed or were cancelled have answers, too.
//!
//! So that this holds over a crash, keep the [`State`] whenever an event shows a new one, before you make the
//! next call: after [`Event::Group`], so that no run is added that nobody knows of; after [`Event::Added`];
//! and after each [`Event::Answer`] that is out, as [`handled`](Follow::handled) gives it.
//! [`with_state`](Follow::with_state) continues from there.
//!
//! A request that adds runs is never repeated blindly. Each run has the number of its input in its metadata
//! (`input_number`). When nobody knows whether such a request was acted on, the group's runs are read until
//! they have twice shown the same, and only the inputs without a run are added. What a server begins to act
//! on later than that is beyond its client's knowledge.
//!
//! An answer counts as out once you call again: then the cursor in the state moves to its event, and not
//! before.
//!
//! # Limits
//!
//! `N` bytes of ids of runs that have come to an end and whose answers are not out: about 50 for each. When
//! they are used up, the stream of events is left for the time that it takes to fetch them, which costs a
//! connection; otherwise answers are fetched whenever the stream ends, every 30 s by
//! [default](Follow::with_timeout). Ids of groups have up to 40 bytes, those of runs up to 64, those of
//! events up to 128.

use core::time::Duration;

mod batch;
mod held;
mod machine;
mod record;
mod state;

use self::machine::{Found, Machine};
pub use self::state::State;
use crate::{
    api::{
        Brief, Status, TaskGroupStatus,
        body::{Inputs, NewGroup, TaskSpec, Value},
    },
    json::{Name, Record},
    session::{Action, ApiError, Config, Failure, Hint, Skipped, drive},
    time::{Instant, Millis},
};

/// The longest ids, in bytes.
const GROUP_ID: usize = 40;
const RUN_ID: usize = 64;
const EVENT_ID: usize = 128;

/// What following has found.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'f, R> {
    /// The group is known, and runs will be added to it next: keep the state first.
    Group(&'f State),
    /// More inputs are known to have their runs: keep the state.
    Added(&'f State),
    /// How the runs of the group stand now.
    Status(&'f TaskGroupStatus<Brief>),
    /// A run has come to an end.
    Answer(Answer<'f, R>),
    /// An event or an answer that is not the JSON that was to come. An answer counts as out all the same.
    Skipped(Skipped),
}

/// A run that has come to an end, and what it gave.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer<'f, R> {
    /// `trun_…`
    pub run_id: &'f str,
    /// `Completed`, `Failed` or `Cancelled`; `Unknown` for an end that is none of these.
    pub status: Status,
    /// The number of its input, where it was added by a [`Follow`].
    pub input: Option<u32>,
    /// The result, `{"run": …, "output": …}`. A run without an output has `null` there.
    pub record: &'f R,
}

impl<R> Clone for Answer<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Answer<'_, R> {}

/// A group that is followed to its end.
///
/// Each answer fills the record `R`: an [`api::RunResult`](crate::api::RunResult), say, or one of yours with
/// pointers such as `/run/run_id` and `/output/content`.
pub struct Follow<'c, R, const N: usize = 1024> {
    machine: Machine<'c>,
    held: [u8; N],
    record: R,
}

impl<'c, R: Record, const N: usize> Follow<'c, R, N> {
    /// Follows a group that is [created](Self::with_inputs), [joined](Self::with_group) or [taken up
    /// again](Self::with_state), and fills a record of its own.
    #[must_use]
    pub fn new(config: Config<'c>) -> Self
    where
        R: Default,
    {
        Self::with_record(config, R::default())
    }

    /// The same with this record, which may hold a callback.
    #[must_use]
    pub fn with_record(config: Config<'c>, record: R) -> Self {
        const { assert!(N >= held::LARGEST, "too few bytes for the ids of one run") };
        Self { machine: Machine::new(config), held: [0; N], record }
    }

    /// Joins a group that exists: its answers are given from the first on, those of runs that others add,
    /// too.
    #[must_use]
    pub fn with_group(mut self, taskgroup_id: &str) -> Self {
        self.machine.join(taskgroup_id);
        self
    }

    /// Continues from what was kept.
    #[must_use]
    pub fn with_state(mut self, state: &State) -> Self {
        self.machine.take_up(state);
        self
    }

    /// Adds a run for each of these inputs; to a group that is created, unless there is one. After a restart
    /// they must be the same, from the first on.
    ///
    /// The note `input_number` in their metadata is this machine's own.
    #[must_use]
    pub fn with_inputs(mut self, inputs: &'c dyn Inputs) -> Self {
        self.machine.inputs = Some(inputs);
        self
    }

    /// What the outputs of those runs are to be like whose inputs do not say.
    #[must_use]
    pub fn with_default_task_spec(mut self, spec: TaskSpec<'c>) -> Self {
        self.machine.default_task_spec = Some(spec);
        self
    }

    /// Notes on the group that is created.
    #[must_use]
    pub fn with_metadata(mut self, metadata: &'c [(&'c str, Value<'c>)]) -> Self {
        self.machine.new_group = NewGroup::new().metadata(metadata);
        self
    }

    /// How long the answers of runs that have come to an end may have to wait, because more may do so: the
    /// stream of events is asked to end after that. In seconds, at least one; 30 s by default. Each fetch
    /// costs about one round trip for each answer, and one for the stream.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.machine.timeout = Millis::from(timeout);
        self
    }

    /// What to do next. There may be an [event](Self::event) then.
    pub fn poll(&mut self, now: Instant) -> Action {
        self.machine.poll(&mut self.record, &mut self.held, now)
    }

    /// Writes the next bytes of a request to the front of `out`, as
    /// [`Session::fill`](crate::session::Session::fill).
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.machine.fill(&mut self.held, out)
    }

    /// Takes bytes off the front of `input`, up to the next event; `None` when they are used up.
    pub fn feed(&mut self, input: &mut &[u8], now: Instant) -> Option<Event<'_, R>> {
        if self.advance(input, now) { self.event() } else { None }
    }

    /// Takes bytes off the front of `input`, up to the next event. Was there one? [`event`](Self::event)
    /// shows it, until this is called again.
    pub fn advance(&mut self, input: &mut &[u8], now: Instant) -> bool {
        self.machine.advance(&mut self.record, &mut self.held, input, now)
    }

    /// What the last call found.
    pub fn event(&self) -> Option<Event<'_, R>> {
        Some(match self.machine.found() {
            Found::Nothing => return None,
            Found::Group => Event::Group(self.machine.state()),
            Found::Added => Event::Added(self.machine.state()),
            Found::Status => Event::Status(self.machine.status()?),
            Found::Skipped(why) => Event::Skipped(why),
            Found::Answer => {
                let ended = self.machine.ended(&self.held)?;
                Event::Answer(Answer {
                    run_id: ended.run_id,
                    status: ended.status,
                    input: ended.number,
                    record: &self.record,
                })
            }
        })
    }

    /// The event that was shown is handled: gives the state to be kept. Any other call says so, too.
    pub fn handled(&mut self) -> &State {
        self.machine.confirm(&mut self.held);
        self.machine.state()
    }

    /// How far it is: the event that is shown now does not count yet.
    pub fn state(&self) -> &State {
        self.machine.state()
    }

    /// The first member that did not fit its field, of the answer that is shown: that is [`Event::Skipped`]
    /// then.
    pub fn mismatch(&self) -> Option<Name> {
        self.machine.session.mismatch()
    }

    /// The connection is open; if it is to be TLS, the server is authenticated.
    pub fn connected(&mut self, now: Instant) {
        self.machine.confirm(&mut self.held);
        self.machine.session.connected(now);
    }

    /// The server has ended the connection in order.
    pub fn closed(&mut self, now: Instant) {
        self.machine.confirm(&mut self.held);
        self.machine.session.closed(now);
        self.machine.settle(&mut self.record);
    }

    /// The connection could not be opened, broke, or may not be used.
    pub fn failed(&mut self, now: Instant, why: Failure) {
        self.machine.confirm(&mut self.held);
        self.machine.session.failed(now, why);
        self.machine.settle(&mut self.record);
    }

    /// What the server said, when it said no.
    pub fn error(&self) -> Option<&ApiError> {
        self.machine.session.error()
    }

    /// What may be behind the outcome that [`Stop`](Action::Stop) has given.
    pub fn hint(&self) -> Option<Hint> {
        self.machine.session.hint()
    }

    /// What it was made with: where to connect to.
    pub fn config(&self) -> &Config<'c> {
        self.machine.session.config()
    }

    /// The record, to change what it does with the next answer.
    pub fn record_mut(&mut self) -> &mut R {
        &mut self.record
    }

    /// The record, as the last answer left it.
    pub fn into_record(self) -> R {
        self.record
    }
}

drive! { ['c, R: Record, const N: usize] Follow<'c, R, N>, Event<'e, R> }

/// Shows how far it is; neither the key nor the record.
impl<R, const N: usize> core::fmt::Debug for Follow<'_, R, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Follow").field("machine", &self.machine).finish_non_exhaustive()
    }
}
