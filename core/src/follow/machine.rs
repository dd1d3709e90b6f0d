//! Following without the answers' type, so that there is one copy of it in a program: the phases, and how one
//! leads to another.
//!
//! ```text
//!            ┌► Create ─► Group ┐                     ┌───────── missing ─────────┐
//! Start ─────┤                  ├─► Add ─► Added ─┬─► Add …   (1,000 at a time)   │
//!            ├► Look ───► Group ┘    └─ unsure ─► Look ────────────────────────────┘
//!            └► Look (again) ─►                   └─► Events ◄─► Fetch ─► Answer …
//!                                                       └─► Over
//! ```

use core::fmt;

use super::{
    State,
    batch::{Batch, Missing},
    held::{Ended, Held},
    record::{AFTER, Alone, Own},
};
use crate::{
    api::{
        Brief, Status, TaskGroupStatus,
        body::{Inputs, NewGroup, TaskSpec, has},
        service,
    },
    json::{self, Record},
    log::{info, warning},
    session::{
        self, Action, Backoff, Body, BodyRef, Capacity, Cause, Config, Fault, Misuse, Outcome, Request,
        Skipped, Timer,
    },
    time::{Instant, Millis},
};

/// What the last call found.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Found {
    Nothing,
    Group,
    Added,
    Status,
    Answer,
    Skipped(Skipped),
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Start,
    Create,
    /// Reads the runs of the group.
    Look(Look),
    /// Adds those of the batch that have no runs.
    Add,
    Events,
    Fetch(Fetch),
    Over,
}

/// What the runs of the group are read for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Look {
    /// Where they end: those that will be added come after that.
    End,
    /// Which inputs of the batch have their runs.
    Missing,
}

/// What is fetched of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fetch {
    Result,
    /// It has no result: its state alone.
    State,
}

/// How much longer than its `timeout` the stream of events may last while answers wait, in milliseconds.
const GRACE: u32 = 5_000;

pub(super) struct Machine<'c> {
    pub(super) session: session::Machine<'c>,
    pub(super) inputs: Option<&'c dyn Inputs>,
    pub(super) default_task_spec: Option<TaskSpec<'c>>,
    pub(super) new_group: NewGroup<'c>,
    pub(super) timeout: Millis,
    state: State,
    phase: Phase,
    own: Own,
    batch: Batch,
    held: Held,
    found: Found,
    /// What this phase is for has come: only the end of its answer has not.
    is_done: bool,
    /// A state was given: there may be runs that it does not know of.
    is_taken_up: bool,
    /// How many of the batch were missing at the look before.
    missed: Option<u32>,
    backoff: Backoff,
    /// Until when it waits before what is being done is begun, and why.
    pause: Option<Cause>,
    /// That wait; in the stream of events, until when the answers of those that are held may have to.
    timer: Timer,
    /// The group's id or a run's has no room.
    is_too_long: bool,
}

impl<'c> Machine<'c> {
    pub(super) fn new(config: Config<'c>) -> Self {
        let config = config.with_keep_alive(true);
        Self {
            // Another takes its place before it is asked.
            session: session::Machine::new(config, Request::new(&service::EVENTS)),
            inputs: None,
            default_task_spec: None,
            new_group: NewGroup::new(),
            timeout: Millis(30_000),
            state: State::new(),
            phase: Phase::Start,
            own: Own::default(),
            batch: Batch::empty(),
            held: Held::default(),
            found: Found::Nothing,
            is_done: false,
            is_taken_up: false,
            missed: None,
            backoff: Backoff::new(config.seed()),
            pause: None,
            timer: Timer::new(),
            is_too_long: false,
        }
    }

    pub(super) fn join(&mut self, taskgroup_id: &str) {
        self.state.group = taskgroup_id.into();
        self.is_too_long = self.state.group.lost() > 0;
    }

    pub(super) fn take_up(&mut self, state: &State) {
        self.state = state.clone();
        self.is_taken_up = true;
    }

    pub(super) fn found(&self) -> Found {
        self.found
    }

    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn status(&self) -> Option<&TaskGroupStatus<Brief>> {
        self.own.status.as_ref()
    }

    /// The run whose answer comes next, or is shown.
    pub(super) fn ended<'h>(&self, memory: &'h [u8]) -> Option<Ended<'h>> {
        self.held.first(memory)
    }

    pub(super) fn poll(&mut self, record: &mut dyn Record, memory: &mut [u8], now: Instant) -> Action {
        self.confirm(memory);
        loop {
            if self.phase == Phase::Start {
                self.start();
            }
            if let Some(cause) = self.pause {
                match self.timer.check(now) {
                    // What is left of a connection that failed is closed first.
                    Some(_) if self.session.part() => return Action::Close,
                    Some(until) => return Action::Sleep { until, cause },
                    None => self.pause = None,
                }
            }
            let has_waited = self.is_waiting() && self.timer.check(now).is_none();
            if self.is_waiting() && (self.session.is_between() || has_waited) {
                self.fetch(Fetch::Result, memory);
            }
            let action = self.with_body(|session, body| session.poll(now, body));
            self.settle(record);
            match action {
                Action::Stop(outcome) if self.phase == Phase::Over => return Action::Stop(outcome),
                Action::Stop(outcome) => self.stopped(outcome, memory, now),
                Action::Receive { until } if self.is_waiting() => {
                    return Action::Receive { until: until.min(self.timer.until()) };
                }
                action => return action,
            }
        }
    }

    pub(super) fn fill(&mut self, memory: &mut [u8], out: &mut [u8]) -> usize {
        self.confirm(memory);
        self.with_body(|session, body| session.fill(out, body))
    }

    pub(super) fn advance(
        &mut self,
        record: &mut dyn Record,
        memory: &mut [u8],
        input: &mut &[u8],
        now: Instant,
    ) -> bool {
        self.confirm(memory);
        while self.with_record(record, |session, record| session.advance(record, input, now)) {
            self.found = match self.session.found() {
                session::Found::Record => self.record(record, memory, now),
                session::Found::Skipped(why) => self.skipped(why),
                session::Found::Opened { .. } | session::Found::Nothing => Found::Nothing,
            };
            if self.found != Found::Nothing {
                return true;
            }
        }
        self.settle(record);
        false
    }

    /// The caller comes back: what was shown is handled.
    pub(super) fn confirm(&mut self, memory: &mut [u8]) {
        let found = core::mem::replace(&mut self.found, Found::Nothing);
        if matches!(self.phase, Phase::Fetch(_)) && matches!(found, Found::Answer | Found::Skipped(_)) {
            if let Some(ended) = self.held.first(memory)
                && !ended.event_id.is_empty()
            {
                self.state.event_cursor = ended.event_id.into();
            }
            self.state.answered = self.state.answered.saturating_add(1);
            self.held.pop(memory);
        }
    }

    /// What the record has of an answer that was forgotten goes.
    pub(super) fn settle(&mut self, record: &mut dyn Record) {
        self.with_record(record, |session, record| session.settle(record));
    }

    /// Whether answers wait for the end of the stream of events.
    fn is_waiting(&self) -> bool {
        self.phase == Phase::Events && !self.held.is_empty()
    }

    /// The session, and the record that its answers go to.
    fn with_record<T>(
        &mut self,
        record: &mut dyn Record,
        call: impl FnOnce(&mut session::Machine<'c>, &mut dyn Record) -> T,
    ) -> T {
        match self.phase {
            Phase::Fetch(Fetch::Result) => call(&mut self.session, record),
            Phase::Fetch(Fetch::State) => call(&mut self.session, &mut Alone(record)),
            _ => call(&mut self.session, &mut self.own),
        }
    }

    /// The session, and the body of what it asks.
    fn with_body<T>(&mut self, call: impl FnOnce(&mut session::Machine<'c>, &dyn Body) -> T) -> T {
        match (self.phase, self.inputs) {
            (Phase::Create, _) => call(&mut self.session, &self.new_group),
            (Phase::Add, Some(inputs)) => {
                let (batch, default_task_spec) = (&self.batch, self.default_task_spec.as_ref());
                call(&mut self.session, &Missing { batch, inputs, default_task_spec })
            }
            _ => call(&mut self.session, &BodyRef::EMPTY),
        }
    }

    /// Finds out where to begin.
    fn start(&mut self) {
        let has_group = !self.state.group.is_empty();
        let has_more = self.inputs.is_some_and(|inputs| has(inputs, self.state.added as usize));
        if self.is_too_long {
            self.over(Outcome::Misuse(Misuse::Id));
        } else if has_group && has_more && self.state.is_adding {
            self.begin_batch();
            self.look(Look::Missing);
        } else if has_group && has_more && self.is_taken_up {
            self.group_known();
        } else if has_group && has_more {
            self.look(Look::End);
        } else if has_group {
            self.state.is_adding = false;
            self.follow();
        } else if self.inputs.is_some() {
            self.begin(Phase::Create, "");
        } else {
            self.over(Outcome::Misuse(Misuse::Id));
        }
    }

    /// Asks for what this phase is for; of this run, where it is of one.
    #[inline(never)] // the request is large, and in this frame only
    fn begin(&mut self, phase: Phase, run_id: &str) {
        info!("{}", phase.as_str());
        (self.phase, self.is_done) = (phase, false);
        let mut request = Request::new(match phase {
            Phase::Create => &service::CREATE_GROUP,
            Phase::Look(_) => &service::RUNS,
            Phase::Add => &service::ADD_RUNS,
            Phase::Fetch(Fetch::Result) => &service::RUN_RESULT,
            Phase::Fetch(Fetch::State) => &service::GET_RUN,
            Phase::Events | Phase::Start | Phase::Over => &service::EVENTS,
        });
        request.set_id(match phase {
            Phase::Create => "",
            Phase::Fetch(_) => run_id,
            _ => &self.state.group,
        });
        match phase {
            Phase::Create | Phase::Add => request.set_recoverable(),
            Phase::Look(Look::Missing) => {
                request.set_parameter(service::include_input(true));
                request.set_after(&self.state.run_cursor);
            }
            Phase::Events => {
                request.set_timeout((self.timeout.0 / 1000).max(1));
                request.set_after(&self.state.event_cursor);
            }
            _ => {}
        }
        self.session.ask(request);
    }

    fn look(&mut self, what: Look) {
        self.begin(Phase::Look(what), "");
    }

    /// The group is there, and what comes next adds to it.
    fn group_known(&mut self) {
        self.state.is_adding = true;
        self.found = Found::Group;
        self.next_batch();
    }

    /// Adds the next inputs, or follows the group when there are none.
    fn next_batch(&mut self) {
        self.begin_batch();
        self.add();
    }

    fn begin_batch(&mut self) {
        match self.inputs {
            Some(inputs) => self.batch.begin(inputs, self.state.added),
            None => self.batch = Batch::empty(),
        }
        self.missed = None;
    }

    /// Adds what is missing of the batch.
    fn add(&mut self) {
        if self.batch.count() == 0 {
            self.state.is_adding = false;
            return self.follow();
        }
        self.begin(Phase::Add, "");
    }

    fn follow(&mut self) {
        self.held.clear();
        self.begin(Phase::Events, "");
    }

    /// Fetches the answer that comes next, or follows the group when there is none.
    fn fetch(&mut self, what: Fetch, memory: &[u8]) {
        let Some(ended) = self.held.first(memory) else { return self.follow() };
        let what = if ended.status == Status::Completed { what } else { Fetch::State };
        self.begin(Phase::Fetch(what), ended.run_id);
    }

    /// Ends like this, and closes a connection that was kept.
    fn over(&mut self, outcome: Outcome) {
        self.phase = Phase::Over;
        self.session.end(outcome);
    }

    /// An answer or an event is whole.
    fn record(&mut self, record: &mut dyn Record, memory: &mut [u8], now: Instant) -> Found {
        match self.phase {
            Phase::Create => self.created(),
            Phase::Look(Look::Missing) => {
                if let Some(number) = self.own.noted.or(self.own.asked) {
                    self.batch.note(number);
                }
                Found::Nothing
            }
            Phase::Add => self.added(),
            Phase::Events if self.own.run_id.is_empty() => match self.session.mismatch() {
                Some(name) => Found::Skipped(Skipped(json::Error::Mismatch(name))),
                None if self.own.status.is_some() => Found::Status,
                None => Found::Nothing,
            },
            Phase::Events => self.event(memory, now),
            Phase::Fetch(what) => {
                if what == Fetch::State {
                    record.data(AFTER);
                }
                self.answered()
            }
            Phase::Start | Phase::Look(Look::End) | Phase::Over => Found::Nothing,
        }
    }

    fn answered(&mut self) -> Found {
        if core::mem::replace(&mut self.is_done, true) { Found::Nothing } else { Found::Answer }
    }

    /// An event or an answer is not what was to come.
    fn skipped(&mut self, why: Skipped) -> Found {
        match self.phase {
            Phase::Events => Found::Skipped(why),
            Phase::Fetch(_) if !core::mem::replace(&mut self.is_done, true) => Found::Skipped(why),
            _ => Found::Nothing,
        }
    }

    fn created(&mut self) -> Found {
        let id = &self.own.taskgroup_id;
        if id.is_empty() || id.lost() > 0 {
            warning!("the new group has no id, or one of more than 40 bytes");
            return Found::Nothing;
        }
        self.state.group = id.clone();
        self.state.is_adding = true;
        self.is_done = true;
        Found::Group
    }

    fn added(&mut self) -> Found {
        let ids = u32::try_from(self.own.run_ids.lost()).unwrap_or(u32::MAX);
        if ids > 0 && ids != self.batch.missing() {
            warning!("another number of runs was added than was asked for");
            return Found::Nothing;
        }
        if !self.own.run_cursor.is_empty() && self.own.run_cursor.lost() == 0 {
            self.state.run_cursor = self.own.run_cursor.clone();
        }
        self.batch_known()
    }

    /// All inputs of the batch have their runs.
    fn batch_known(&mut self) -> Found {
        self.is_done = true;
        self.backoff.reset();
        self.state.added = self.state.added.saturating_add(self.batch.count());
        let has_more = self.inputs.is_some_and(|inputs| has(inputs, self.state.added as usize));
        self.state.is_adding = has_more;
        Found::Added
    }

    /// An event of a run has come.
    fn event(&mut self, memory: &mut [u8], now: Instant) -> Found {
        let own = &self.own;
        let is_end = match own.run_status {
            Status::Completed | Status::Failed | Status::Cancelled => true,
            Status::Unknown => !own.is_active,
            _ => false,
        };
        let ended = Ended {
            run_id: &own.run_id,
            event_id: if own.event_id.lost() == 0 { &own.event_id } else { "" },
            status: own.run_status,
            number: own.noted,
        };
        if !is_end || self.held.iter(memory).any(|other| other.run_id == ended.run_id) {
            return Found::Nothing;
        }
        if own.run_id.lost() > 0 {
            self.over(Outcome::Capacity(Capacity::RunId));
        } else if self.held.is_empty() {
            self.held.push(memory, &ended);
            self.timer.start(now, Millis(self.timeout.0.saturating_add(GRACE)));
        } else if !self.held.push(memory, &ended) {
            // It comes again after the last of those that are held.
            self.fetch(Fetch::Result, memory);
        }
        Found::Nothing
    }

    /// What was asked is over.
    fn stopped(&mut self, outcome: Outcome, memory: &[u8], now: Instant) {
        let unsure = self.session.unsure();
        match self.phase {
            Phase::Create | Phase::Add if self.is_done => self.next_batch(),
            Phase::Create | Phase::Add => match (outcome, unsure) {
                (_, Some(wait)) => self.retry(outcome, wait, now),
                (Outcome::Done, None) if self.phase == Phase::Create => {
                    self.over(Outcome::Peer(Fault::Json(json::Error::Incomplete)));
                }
                // It was acted on, and what came of that is not clear.
                (Outcome::Peer(Fault::Json(_)) | Outcome::Done, None) if self.phase == Phase::Add => {
                    self.retry(outcome, Millis(0), now);
                }
                _ => self.over(outcome),
            },
            Phase::Look(_) if outcome != Outcome::Done => self.over(outcome),
            Phase::Look(Look::End) => {
                let cursor = self.session.cursor().unwrap_or_default();
                self.state.run_cursor = cursor.into();
                self.group_known();
            }
            Phase::Look(Look::Missing) => self.looked(now),
            Phase::Events if outcome == Outcome::Done && self.state.answered < self.state.added => {
                // There are runs that the stream has not shown.
                self.retry(Outcome::Peer(Fault::Unfinished), Millis(0), now);
            }
            Phase::Events => self.over(outcome),
            Phase::Fetch(_) if self.is_done => {
                self.backoff.reset();
                self.fetch(Fetch::Result, memory);
            }
            // As the service has it for a run that has failed.
            Phase::Fetch(Fetch::Result) if outcome == Outcome::Status(404) => {
                self.fetch(Fetch::State, memory)
            }
            Phase::Fetch(_) => self.over(outcome),
            Phase::Start | Phase::Over => {}
        }
    }

    /// The look is over: adds what is missing once two looks have agreed.
    fn looked(&mut self, now: Instant) {
        let missing = self.batch.missing();
        if missing == 0 {
            if self.batch.count() > 0 {
                self.found = self.batch_known();
            }
            self.next_batch();
        } else if self.missed.replace(missing) == Some(missing) {
            self.add();
        } else {
            self.pause(Cause::End, Millis(0), now);
            self.look(Look::Missing);
        }
    }

    /// Tries again after a wait, unless that was the last attempt.
    fn retry(&mut self, outcome: Outcome, wait: Millis, now: Instant) {
        let cause = match outcome {
            Outcome::Idle => Cause::Idle,
            Outcome::Status(status) => Cause::Status(status),
            Outcome::Peer(fault) => Cause::Peer(fault),
            _ => Cause::Network,
        };
        if self.backoff.failed(self.session.config()) {
            return self.over(outcome);
        }
        // A server that says that it is too early or too much has not acted on it.
        let is_refused = matches!(outcome, Outcome::Status(421 | 425 | 429)) || !self.session.is_out();
        self.pause(cause, wait, now);
        match self.phase {
            Phase::Add if !is_refused => {
                self.missed = None;
                self.look(Look::Missing);
            }
            Phase::Add => self.add(),
            Phase::Create => self.begin(Phase::Create, ""),
            _ => self.follow(),
        }
    }

    fn pause(&mut self, cause: Cause, least: Millis, now: Instant) {
        let config = *self.session.config();
        let tries = self.backoff.tries();
        let wait = self.backoff.wait(&config, config.floor(), least, tries);
        info!("{}: continues in {} ms", cause, wait.0);
        self.timer.start(now, wait);
        self.pause = Some(cause);
    }
}

impl Phase {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Start | Self::Over => "",
            Self::Create => "creates a group",
            Self::Look(Look::End) => "reads the runs that are in the group already",
            Self::Look(Look::Missing) => "looks which inputs have their runs",
            Self::Add => "adds runs",
            Self::Events => "follows the group",
            Self::Fetch(_) => "fetches the answer of a run",
        }
    }
}

/// Shows how far it is; not the key.
impl fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("session", &self.session)
            .field("phase", &self.phase)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
