//! A seed and requests in, groups and runs out: everything that the sandbox knows.
//!
//! # Limits
//!
//! Nothing is ever forgotten: a run takes about 400 bytes and its posted input. Outputs take none: each is
//! made when it is sent.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::Options;
use crate::api::is_json;
use crate::clock::Moment;
use crate::group::Group;
use crate::output;
use crate::random::Random;
use crate::run::{Kind, Lifecycle, Run, Status};

/// All groups and runs.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) groups: HashMap<String, Group>,
    pub(crate) runs: HashMap<String, Arc<Run>>,
    seed: u64,
    /// How many groups and runs there are. It decides which numbers of the seed the next one gets.
    made: u64,
    lifecycle: Lifecycle,
    output_bytes: Option<usize>,
    awkward_ids: bool,
}

/// The two streams of a group. Their cursors differ, so that a client that mixes them up is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Runs,
    Events,
}

impl Stream {
    fn prefix(self) -> &'static str {
        match self {
            Self::Runs => "",
            Self::Events => "e",
        }
    }
}

impl World {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            groups: HashMap::new(),
            runs: HashMap::new(),
            seed: options.seed,
            made: 0,
            lifecycle: options.lifecycle.clone(),
            output_bytes: options.output_bytes,
            awkward_ids: options.awkward_ids,
        }
    }

    /// A new group without runs, and its id.
    pub(crate) fn create_group(&mut self, metadata: Option<Value>, now: Moment) -> String {
        let id = format!("tgrp_{}", self.draw().digits());
        self.groups.insert(id.clone(), Group::new(id.clone(), metadata, now));
        id
    }

    /// A run with an input that the seed makes up.
    pub(crate) fn invent(&mut self, group: &str, row: usize, now: Moment, finished: bool) -> Arc<Run> {
        let mut random = self.draw();
        let metadata = match random.below(5) {
            0 => None,
            1 => Some(json!({})),
            2 => Some(json!({"row": row.to_string(), "größe": 1.5, "checked": true})),
            _ => Some(json!({"row": row.to_string()})),
        };
        let processor = random.pick(&["lite", "base", "core", "core", "core", "pro", "ultra"]).to_owned();
        let kind = random.pick(&[Kind::Text, Kind::Json, Kind::Json, Kind::Auto]);
        let run = Run { group: Some(group.to_owned()), processor, metadata, kind, ..self.blank(random, now) };
        self.keep(run, now, finished)
    }

    /// A run with the input that was posted, which is valid. It is queued at `now`.
    pub(crate) fn accept(&mut self, group: Option<&str>, input: &Value, now: Moment) -> Arc<Run> {
        let random = self.draw();
        let schema = &input["task_spec"]["output_schema"];
        let kind = match schema["type"].as_str() {
            _ if is_json(schema) => Kind::Json,
            Some("text") => Kind::Text,
            _ if schema.is_string() => Kind::Text,
            _ => Kind::Auto,
        };
        let run = Run {
            group: group.map(str::to_owned),
            processor: input["processor"].as_str().unwrap_or_default().to_owned(),
            metadata: Some(input["metadata"].clone()).filter(|metadata| !metadata.is_null()),
            kind,
            posted: Some(input.to_string()),
            ..self.blank(random, now)
        };
        self.keep(run, now, false)
    }

    /// Adds runs of this world to one of its groups.
    pub(crate) fn join(&mut self, group: &str, runs: Vec<Arc<Run>>, now: Moment) {
        if let Some(group) = self.groups.get_mut(group) {
            group.add(runs, now);
        }
    }

    /// The `event_id` of the `place`th event of a stream of a group, counted from 0.
    pub(crate) fn event_id(&self, stream: Stream, place: usize) -> String {
        let awkward = if self.awkward_ids { "+/=&% é" } else { "" };
        format!("{}{}{awkward}", stream.prefix(), place + 1)
    }

    /// How many of a stream's events come before those after `cursor`; `None` if none of its `events` events
    /// has that id.
    pub(crate) fn place(&self, stream: Stream, cursor: &str, events: usize) -> Option<usize> {
        let number = cursor.strip_prefix(stream.prefix())?;
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let place: usize = number[..digits].parse().ok()?;
        let known = (1..=events).contains(&place) && self.event_id(stream, place - 1) == cursor;
        known.then_some(place)
    }

    fn draw(&mut self) -> Random {
        self.made += 1;
        Random::nth(self.seed, self.made)
    }

    /// A run, with everything that does not depend on its input.
    fn blank(&self, mut random: Random, now: Moment) -> Run {
        let output_bytes = output::size(&mut random);
        Run {
            id: format!("trun_{}", random.digits()),
            seed: random.number(),
            group: None,
            processor: String::new(),
            metadata: None,
            kind: Kind::Auto,
            posted: None,
            output_bytes: self.output_bytes.unwrap_or(output_bytes),
            created: now,
            started: now,
            ended: now,
            end: Status::Completed,
        }
    }

    fn keep(&mut self, mut run: Run, now: Moment, finished: bool) -> Arc<Run> {
        run.schedule(&self.lifecycle, now, finished);
        let run = Arc::new(run);
        self.runs.insert(run.id.clone(), run.clone());
        run
    }
}
