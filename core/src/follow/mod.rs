//! Inputs in, their answers out, each once, whatever fails.
//!
//! It creates a group, adds a run for each input, follows the group until none of its runs is active, and
//! fetches the output of each run that has ended. You drive it with the same calls as a
//! [session](crate::session), over one connection, which it keeps from the first request to the last if the
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
//! Each input is asked once. The answer of each run is delivered at least once, and exactly once while the
//! server gives its events ids and honours them. Runs that have failed or were cancelled have answers, too.
//!
//! To keep this promise across a crash, store the [`State`] whenever an event shows a new one, before you
//! make the next call: after [`Event::Group`], so that no run is added to a group that you do not know; after
//! [`Event::Added`]; and after each [`Event::Answer`] that you have handled, as [`handled`](Follow::handled)
//! returns it. [`with_state`](Follow::with_state) continues from there.
//!
//! A request that adds runs is never repeated blindly. Each run has the number of its input in its metadata
//! (`input_number`). If it is unknown whether the server has acted on such a request, the group's runs are
//! read until two readings agree, and only the inputs without a run are added. If a server acts on a request
//! even later than that, no client can know it.
//!
//! An answer counts as handled once you call again. Only then does the cursor in the state move to its event.
//!
//! # Limits
//!
//! `N` bytes for the ids of runs that have ended and whose answers have not been delivered: about 50 for
//! each. When they are used up, it leaves the stream of events to fetch the answers, which costs a
//! connection. Otherwise it fetches answers whenever the stream ends, every 30 s by
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

/// What a [`Follow`] has found.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'f, R> {
    /// The group exists, and runs will be added to it next: store the state first.
    Group(&'f State),
    /// More inputs have their runs: store the state.
    Added(&'f State),
    /// The status of the group's runs now.
    Status(&'f TaskGroupStatus<Brief>),
    /// A run has ended.
    Answer(Answer<'f, R>),
    /// An event or an answer is not the expected JSON. The answer counts as delivered all the same.
    Skipped(Skipped),
}

/// A run that has ended, and its result.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer<'f, R> {
    /// `trun_…`
    pub run_id: &'f str,
    /// `Completed`, `Failed` or `Cancelled`; `Unknown` for an end that is none of these.
    pub status: Status,
    /// The number of its input, if a [`Follow`] has added it.
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
    /// Follows a group that it [creates](Self::with_inputs), [joins](Self::with_group) or
    /// [continues with](Self::with_state), with a default record.
    #[must_use]
    pub fn new(config: Config<'c>) -> Self
    where
        R: Default,
    {
        Self::with_record(config, R::default())
    }

    /// The same with this record, which may contain a callback.
    #[must_use]
    pub fn with_record(config: Config<'c>, record: R) -> Self {
        const { assert!(N >= held::LARGEST, "too few bytes for the ids of one run") };
        Self { machine: Machine::new(config), held: [0; N], record }
    }

    /// Joins an existing group: delivers its answers from the first on, including those of runs that others
    /// add.
    #[must_use]
    pub fn with_group(mut self, taskgroup_id: &str) -> Self {
        self.machine.join(taskgroup_id);
        self
    }

    /// Continues from a stored state.
    #[must_use]
    pub fn with_state(mut self, state: &State) -> Self {
        self.machine.take_up(state);
        self
    }

    /// Adds a run for each of these inputs, to a new group unless there is one. After a restart they must be
    /// the same, from the first on.
    ///
    /// Their metadata gets the member `input_number`, which is reserved for this.
    #[must_use]
    pub fn with_inputs(mut self, inputs: &'c dyn Inputs) -> Self {
        self.machine.inputs = Some(inputs);
        self
    }

    /// The form of the outputs of runs whose inputs do not name one.
    #[must_use]
    pub fn with_default_task_spec(mut self, spec: TaskSpec<'c>) -> Self {
        self.machine.default_task_spec = Some(spec);
        self
    }

    /// The metadata of the new group.
    #[must_use]
    pub fn with_metadata(mut self, metadata: &'c [(&'c str, Value<'c>)]) -> Self {
        self.machine.new_group = NewGroup::new().metadata(metadata);
        self
    }

    /// How long the answers of runs that have ended may wait for others: the stream of events ends after
    /// that. In seconds, at least one; 30 s by default. Fetching costs about one round trip for each answer,
    /// and one for the stream.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.machine.timeout = Millis::from(timeout);
        self
    }

    /// Names the one thing to do next. There may be an [event](Self::event) afterwards.
    pub fn poll(&mut self, now: Instant) -> Action {
        self.machine.poll(&mut self.record, &mut self.held, now)
    }

    /// Writes the next bytes of a request to the front of `out`, like
    /// [`Session::fill`](crate::session::Session::fill).
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.machine.fill(&mut self.held, out)
    }

    /// Takes bytes off the front of `input`, up to the next event; `None` when they are used up.
    pub fn feed(&mut self, input: &mut &[u8], now: Instant) -> Option<Event<'_, R>> {
        if self.advance(input, now) { self.event() } else { None }
    }

    /// Takes bytes off the front of `input`, up to the next event, and returns whether there was one.
    /// [`event`](Self::event) shows it until you call this again.
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

    /// Marks the event that was shown as handled, and returns the state to store. Any other call marks it,
    /// too.
    pub fn handled(&mut self) -> &State {
        self.machine.confirm(&mut self.held);
        self.machine.state()
    }

    /// The state; the current event does not count yet.
    pub fn state(&self) -> &State {
        self.machine.state()
    }

    /// The first member that did not fit its field, if the current event is an answer that is
    /// [`Event::Skipped`].
    pub fn mismatch(&self) -> Option<Name> {
        self.machine.session.mismatch()
    }

    /// Reports that the connection is open, and with TLS that the server is authenticated.
    pub fn connected(&mut self, now: Instant) {
        self.machine.confirm(&mut self.held);
        self.machine.session.connected(now);
    }

    /// Reports that the server has ended the connection in order.
    pub fn closed(&mut self, now: Instant) {
        self.machine.confirm(&mut self.held);
        self.machine.session.closed(now);
        self.machine.settle(&mut self.record);
    }

    /// Reports that the connection could not be opened, broke, or must not be used.
    pub fn failed(&mut self, now: Instant, why: Failure) {
        self.machine.confirm(&mut self.held);
        self.machine.session.failed(now, why);
        self.machine.settle(&mut self.record);
    }

    /// The error that the server sent.
    pub fn error(&self) -> Option<&ApiError> {
        self.machine.session.error()
    }

    /// A possible reason for the outcome of [`Stop`](Action::Stop), to show to a person.
    pub fn hint(&self) -> Option<Hint> {
        self.machine.session.hint()
    }

    /// The config: where to connect to.
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

/// Shows how far it is, but neither the key nor the record.
impl<R, const N: usize> core::fmt::Debug for Follow<'_, R, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Follow").field("machine", &self.machine).finish_non_exhaustive()
    }
}
