//! Runs and a clock in, one group out: the runs in order, and the log of what has happened to them.
//!
//! # Limits
//!
//! A place in the runs or in the log never changes, so it can be a cursor. Changes found at the same time get
//! one status.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::clock::Moment;
use crate::run::{Run, Status};

/// How many runs are in which state, and since when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// In the order of [`Status::ALL`].
    runs: [usize; Status::ALL.len()],
    modified: Moment,
}

impl Counts {
    pub(crate) fn is_active(&self) -> bool {
        self.states().any(|(status, count)| status.is_active() && count > 0)
    }

    fn states(&self) -> impl Iterator<Item = (Status, usize)> {
        Status::ALL.into_iter().zip(self.runs)
    }

    /// The JSON of the TaskGroupStatus.
    pub(crate) fn json(&self) -> String {
        let counts: Vec<String> = self
            .states()
            .filter(|(_, count)| *count > 0)
            .map(|(status, count)| format!("\"{status}\":{count}"))
            .collect();
        format!(
            "{{\"num_task_runs\":{},\"task_run_status_counts\":{{{}}},\"is_active\":{},\"status_message\":null,\"modified_at\":\"{}\"}}",
            self.runs.iter().sum::<usize>(),
            counts.join(","),
            self.is_active(),
            self.modified.text()
        )
    }
}

/// One line of the log of a group, in the order of its stream of events.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// The states have changed to these.
    Status(Counts),
    /// This run has ended.
    Ended(Arc<Run>),
}

/// One group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) metadata: Option<Value>,
    pub(crate) created: Moment,
    pub(crate) runs: Vec<Arc<Run>>,
    /// The state in which each run is counted.
    states: Vec<Status>,
    log: Vec<Entry>,
    /// The changes to come: when, and of which run.
    due: BTreeSet<(Moment, usize)>,
    counts: Counts,
}

impl Group {
    pub(crate) fn new(id: String, metadata: Option<Value>, now: Moment) -> Self {
        Self {
            id,
            metadata,
            created: now,
            runs: Vec::new(),
            states: Vec::new(),
            log: Vec::new(),
            due: BTreeSet::new(),
            counts: Counts { runs: [0; Status::ALL.len()], modified: now },
        }
    }

    /// Adds runs at the end, and a status that counts them to the log.
    pub(crate) fn add(&mut self, runs: Vec<Arc<Run>>, now: Moment) {
        self.advance(now);
        if runs.is_empty() {
            return;
        }
        self.counts.runs[Status::Queued as usize] += runs.len();
        self.counts.modified = now;
        for run in runs {
            self.due.insert((run.started, self.runs.len()));
            self.states.push(Status::Queued);
            self.runs.push(run);
        }
        let logged = self.log.len();
        self.advance(now);
        if self.log.len() == logged {
            self.note();
        }
    }

    /// Catches up with the clock: logs everything that has happened until `now`.
    pub(crate) fn advance(&mut self, now: Moment) {
        let mut changed = false;
        while let Some((moment, place)) = self.due.first().copied().filter(|(moment, _)| *moment <= now) {
            self.due.pop_first();
            let run = self.runs[place].clone();
            let status = run.status(moment);
            let counted = std::mem::replace(&mut self.states[place], status);
            self.counts.runs[counted as usize] -= 1;
            self.counts.runs[status as usize] += 1;
            self.counts.modified = moment;
            match run.next_change(moment) {
                Some(moment) => _ = self.due.insert((moment, place)),
                None => self.log.push(Entry::Ended(run)),
            }
            changed = true;
        }
        if changed {
            self.note();
        }
    }

    /// The log until `now`. It has at least one line.
    pub(crate) fn log(&mut self, now: Moment) -> &[Entry] {
        self.advance(now);
        if self.log.is_empty() {
            self.note();
        }
        &self.log
    }

    /// How many lines of the log a stream may have sent already.
    pub(crate) fn logged(&self) -> usize {
        self.log.len()
    }

    /// The states at `now`.
    pub(crate) fn counts(&mut self, now: Moment) -> Counts {
        self.advance(now);
        self.counts
    }

    fn note(&mut self) {
        self.log.push(Entry::Status(self.counts));
    }
}
