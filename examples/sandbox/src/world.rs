//! A seed and what is asked for in, groups and runs out: all that the sandbox knows.
//!
//! # Limits
//!
//! Nothing is ever forgotten: a run takes about 400 bytes and its posted input; outputs are made anew each time and take none.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Moment;
use crate::group::Group;
use crate::output;
use crate::random::Random;
use crate::run::{Kind, Run};

/// All groups and runs.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) groups: HashMap<String, Group>,
    pub(crate) runs: HashMap<String, Arc<Run>>,
    seed: u64,
    /// How many groups and runs there are: the next one's place among the numbers of the seed.
    made: u64,
    output_bytes: Option<usize>,
    awkward_ids: bool,
}

impl World {
    pub(crate) fn new(seed: u64, output_bytes: Option<usize>, awkward_ids: bool) -> Self {
        Self { groups: HashMap::new(), runs: HashMap::new(), seed, made: 0, output_bytes, awkward_ids }
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

    /// A run with the input that was posted, which is valid.
    pub(crate) fn accept(
        &mut self,
        group: Option<&str>,
        input: &Value,
        now: Moment,
        finished: bool,
    ) -> Arc<Run> {
        let random = self.draw();
        let schema = &input["task_spec"]["output_schema"];
        let kind = match schema["type"].as_str() {
            Some("text") => Kind::Text,
            Some("json") => Kind::Json,
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
        self.keep(run, now, finished)
    }

    /// Adds runs that this world has made to one of its groups.
    pub(crate) fn join(&mut self, group: &str, runs: Vec<Arc<Run>>, now: Moment) {
        if let Some(group) = self.groups.get_mut(group) {
            group.add(runs, now);
        }
    }

    /// The `event_id` of the `place`th event of a stream of a group, counted from 0.
    pub(crate) fn event_id(&self, place: usize) -> String {
        if self.awkward_ids { format!("{}+/=&% é", place + 1) } else { (place + 1).to_string() }
    }

    /// How many events a stream has behind it that goes on from `cursor`; `None` when none of its `events` events has that id.
    pub(crate) fn place(&self, cursor: &str, events: usize) -> Option<usize> {
        let digits = cursor.bytes().take_while(u8::is_ascii_digit).count();
        let place: usize = cursor[..digits].parse().ok()?;
        (1..=events).contains(&place).then_some(place).filter(|place| self.event_id(place - 1) == cursor)
    }

    fn draw(&mut self) -> Random {
        self.made += 1;
        Random::nth(self.seed, self.made)
    }

    /// A run with what does not depend on its input.
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
            fails: false,
        }
    }

    fn keep(&mut self, mut run: Run, now: Moment, finished: bool) -> Arc<Run> {
        run.schedule(now, finished);
        let run = Arc::new(run);
        self.runs.insert(run.id.clone(), run.clone());
        run
    }
}
