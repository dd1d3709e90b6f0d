//! A group and a question in, the events of its stream of runs out, one at a time: as the server sends them,
//! and as tests compare them.
//!
//! # Limits
//!
//! Each event is made when it is needed: a group of any size takes the memory of its largest event.

use std::sync::Arc;

use crate::clock::Moment;
use crate::output;
use crate::run::{Status, Version};
use crate::shared::Shared;
use crate::world::Stream;

/// The parameters of a request for the runs of a group, except the cursor. The default is `/v1beta`, all
/// runs, no input and no output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunsQuery {
    /// `/v1beta` or `/v1`.
    pub version: Version,
    /// Only runs in this state.
    pub status: Option<Status>,
    /// With the input of each run.
    pub include_input: bool,
    /// With the output of each run that is completed.
    pub include_output: bool,
}

/// One event of a stream of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEvent {
    /// Its cursor.
    pub event_id: String,
    /// The run.
    pub run_id: String,
    /// Its state.
    pub status: Status,
    /// What comes after `data: `, byte for byte.
    pub json: String,
}

/// The events in order, each with its place in the group, from 0.
pub(crate) struct Reader {
    pub(crate) next: usize,
    pub(crate) end: usize,
    shared: Arc<Shared>,
    group: String,
    query: RunsQuery,
    now: Moment,
}

impl Reader {
    /// The runs that the group has, as they are at `now`; `None` without such a group.
    pub(crate) fn new(shared: Arc<Shared>, group: &str, query: RunsQuery, now: Moment) -> Option<Self> {
        let end = shared.world().groups.get(group)?.runs.len();
        Some(Self { next: 0, end, shared, group: group.to_owned(), query, now })
    }
}

impl Iterator for Reader {
    type Item = (usize, RunEvent);

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.end {
            let place = self.next;
            self.next += 1;
            let (run, event_id) = {
                let world = self.shared.world();
                (world.groups.get(&self.group)?.runs.get(place)?.clone(), world.event_id(Stream::Runs, place))
            };
            let status = run.status(self.now);
            if self.query.status.is_some_and(|wanted| wanted != status) {
                continue;
            }
            let input = if self.query.include_input { output::input(&run) } else { "null".to_owned() };
            let with_output = self.query.include_output && status == Status::Completed;
            let output = if with_output { output::output(&run) } else { "null".to_owned() };
            let json = format!(
                "{{\"type\":\"task_run.state\",\"event_id\":{},\"input\":{input},\"run\":{},\"output\":{output}}}",
                serde_json::Value::from(event_id.as_str()),
                run.json(self.now, self.query.version)
            );
            return Some((place, RunEvent { event_id, run_id: run.id.clone(), status, json }));
        }
        None
    }
}
