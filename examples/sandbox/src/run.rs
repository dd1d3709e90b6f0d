//! A seed and a moment in, one run as it is then. When it is queued, running and done follows from the seed
//! alone.
//!
//! # Limits
//!
//! A run that is cancelled is `cancelling` for the last fifth of its time at work. No run is ever
//! `action_required`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;

use crate::clock::Moment;
use crate::prose::{quote, quoted_sentence};
use crate::random::Random;

/// The states of a run, by the service's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Waits for its turn.
    Queued,
    /// Waits for its owner. No run of the sandbox is ever in this state.
    ActionRequired,
    /// At work.
    Running,
    /// Done, with an output.
    Completed,
    /// Done, with an error.
    Failed,
    /// About to be cancelled.
    Cancelling,
    /// Done, with neither an output nor an error.
    Cancelled,
}

impl Status {
    /// All of them, in the service's order.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::ActionRequired,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Cancelling,
        Self::Cancelled,
    ];

    /// The service's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::ActionRequired => "action_required",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the service still works on it.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Cancelling)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Status {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.name() == name).ok_or("no status of a run has this name")
    }
}

/// The two forms of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// `/v1beta`.
    #[default]
    V1Beta,
    /// `/v1`: runs have an `interaction_id` too.
    V1,
}

/// How long a run takes, and how it ends. Times are in seconds of the sandbox's world: see
/// [`Options::speed`].
///
/// Each run draws its own times and its own end from its seed. A run with the processor `pro` or `ultra` is
/// at work three times as long. Two ranges of zero end each run when it is made.
///
/// [`Options::speed`]: crate::Options::speed
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    /// How long a run is queued.
    pub queued: RangeInclusive<Duration>,
    /// How long it is at work.
    pub running: RangeInclusive<Duration>,
    /// The share of runs that fail, from 0 to 1.
    pub failed: f64,
    /// The share of runs that are cancelled, from 0 to 1. The shares of failed and cancelled runs add up to 1
    /// at most.
    pub cancelled: f64,
}

impl Default for Lifecycle {
    /// Queued for 0.2 to 2 s, at work for 1 to 10 s. One run in 16 fails, and none is cancelled.
    fn default() -> Self {
        Self {
            queued: Duration::from_millis(200)..=Duration::from_secs(2),
            running: Duration::from_secs(1)..=Duration::from_secs(10),
            failed: 1.0 / 16.0,
            cancelled: 0.0,
        }
    }
}

/// What kind of output a run has to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Json,
    /// JSON in a schema that the service makes up, and sends with it.
    Auto,
}

/// One run, with everything that will become of it.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) seed: u64,
    pub(crate) group: Option<String>,
    pub(crate) processor: String,
    pub(crate) metadata: Option<Value>,
    pub(crate) kind: Kind,
    /// The JSON of the posted input; if there is none, the seed makes one.
    pub(crate) posted: Option<String>,
    /// Bytes of the output's JSON.
    pub(crate) output_bytes: usize,
    pub(crate) created: Moment,
    pub(crate) started: Moment,
    pub(crate) ended: Moment,
    /// The state that it ends in.
    pub(crate) end: Status,
}

impl Run {
    pub(crate) fn status(&self, now: Moment) -> Status {
        match () {
            () if now < self.started => Status::Queued,
            () if now < self.cancelling() => Status::Running,
            () if now < self.ended => Status::Cancelling,
            () => self.end,
        }
    }

    /// When its state changes next after `now`; `None` once it has ended.
    pub(crate) fn next_change(&self, now: Moment) -> Option<Moment> {
        [self.started, self.cancelling(), self.ended].into_iter().find(|moment| *moment > now)
    }

    /// When its state changed last before `now`, or at `now`.
    fn modified(&self, now: Moment) -> Moment {
        let changes = [self.ended, self.cancelling(), self.started];
        changes.into_iter().find(|moment| *moment <= now).unwrap_or(self.created)
    }

    fn cancelling(&self) -> Moment {
        match self.end {
            Status::Cancelled => self.ended.earlier(self.ended.since(self.started) / 5),
            _ => self.ended,
        }
    }

    /// Draws from its seed when it starts and ends, and how. A run that is `finished` has ended by `now`.
    pub(crate) fn schedule(&mut self, lifecycle: &Lifecycle, now: Moment, finished: bool) {
        let mut random = Random::nth(self.seed, 1);
        let mut draw = |range: &RangeInclusive<Duration>| {
            let microseconds = |span: &Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX / 8);
            random.between(microseconds(range.start()), microseconds(range.end()))
        };
        let slowness = if matches!(self.processor.as_str(), "pro" | "ultra") { 3 } else { 1 };
        let (queued, running) = (draw(&lifecycle.queued), draw(&lifecycle.running).saturating_mul(slowness));
        self.created = if finished { now.earlier(queued.saturating_add(running)) } else { now };
        self.started = self.created.later(queued);
        self.ended = self.started.later(running);
        self.end = match random.share() {
            share if share < lifecycle.failed => Status::Failed,
            share if share < lifecycle.failed + lifecycle.cancelled => Status::Cancelled,
            _ => Status::Completed,
        };
    }

    /// The JSON of the TaskRun, members in the service's order.
    pub(crate) fn json(&self, now: Moment, version: Version) -> String {
        let status = self.status(now);
        let mut out = format!("{{\"run_id\":\"{}\"", self.id);
        if version == Version::V1 {
            out.push_str(&format!(",\"interaction_id\":\"{}\"", Random::nth(self.seed, 2).digits()));
        }
        out.push_str(&format!(",\"status\":\"{status}\",\"is_active\":{},\"warnings\":", status.is_active()));
        self.warnings(&mut out);
        out.push_str(",\"error\":");
        if status == Status::Failed {
            self.error(&mut out)
        } else {
            out.push_str("null")
        }
        out.push_str(",\"processor\":");
        quote(&self.processor, true, &mut out);
        out.push_str(",\"metadata\":");
        out.push_str(&self.metadata.as_ref().map_or("null".to_owned(), Value::to_string));
        out.push_str(",\"taskgroup_id\":");
        match &self.group {
            Some(group) => quote(group, true, &mut out),
            None => out.push_str("null"),
        }
        out.push_str(&format!(
            ",\"created_at\":\"{}\",\"modified_at\":\"{}\"}}",
            self.created.text(),
            self.modified(now).text()
        ));
        out
    }

    /// Whether its input asks for no progress events.
    pub(crate) fn is_silent(&self) -> bool {
        let input = self.posted.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
        input.is_some_and(|input| input["enable_events"] == false)
    }

    fn warnings(&self, out: &mut String) {
        let mut random = Random::nth(self.seed, 3);
        if !random.one_in(10) {
            return out.push_str("null");
        }
        for place in 0..random.between(1, 2) {
            out.push_str(if place == 0 { "[" } else { "," });
            let name = random.pick(&["spec_validation_warning", "input_validation_warning", "warning"]);
            out.push_str(&format!("{{\"type\":\"{name}\",\"message\":"));
            quoted_sentence(&mut random, 60, out);
            out.push_str(
                random.pick(&[",\"detail\":null}", ",\"detail\":{\"field\":\"notes\",\"limit\":3}}"]),
            );
        }
        out.push(']');
    }

    fn error(&self, out: &mut String) {
        let mut random = Random::nth(self.seed, 4);
        out.push_str(&format!("{{\"ref_id\":\"{}\",\"message\":", random.uuid()));
        quoted_sentence(&mut random, 80, out);
        let step = random.below(9);
        out.push_str(&format!(
            ",\"detail\":{{\"step\":{step},\"causes\":[\"timeout\",{{\"source\":null}}]}}}}"
        ));
    }
}
