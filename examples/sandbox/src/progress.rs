//! A run in, the JSON of its progress events out.
//!
//! # Limits
//!
//! Six messages and three statistics for each run, evenly spread over its time at work. None has a cursor.

use crate::clock::Moment;
use crate::output;
use crate::prose::quoted_sentence;
use crate::random::Random;
use crate::run::{Run, Status, Version};

const STATISTICS: &str = "task_run.progress_stats";

const NAMES: [&str; 9] = [
    "task_run.progress_msg.plan",
    "task_run.progress_msg.search",
    STATISTICS,
    "task_run.progress_msg.tool_call",
    "task_run.progress_msg.result",
    STATISTICS,
    "task_run.progress_msg.exec_status",
    "task_run.progress_msg.extract",
    STATISTICS,
];

/// The state of the run, with its output once it is completed.
pub(crate) fn state(run: &Run, now: Moment, version: Version) -> String {
    let output = if run.status(now) == Status::Completed { output::output(run) } else { "null".to_owned() };
    let run = run.json(now, version);
    format!(
        "{{\"type\":\"task_run.state\",\"event_id\":null,\"input\":null,\"run\":{run},\"output\":{output}}}"
    )
}

/// When each message is due, the type of its event, and its JSON. A run whose input says `enable_events:
/// false` has none.
pub(crate) fn messages(run: &Run) -> impl Iterator<Item = (Moment, &'static str, String)> {
    let mut random = Random::nth(run.seed, 7);
    let (started, step) = (run.started, run.ended.since(run.started) / (NAMES.len() as u64 + 1));
    let names: &[_] = if run.is_silent() { &[] } else { &NAMES };
    names.iter().copied().zip(1u64..).map(move |(name, place)| {
        let moment = started.later(place * step);
        if name == STATISTICS {
            return (moment, name, statistics(&mut random, place));
        }
        let mut json = format!("{{\"type\":\"{name}\",\"message\":");
        quoted_sentence(&mut random, 120, &mut json);
        json.push_str(&format!(",\"timestamp\":\"{}\"}}", moment.text()));
        (moment, name, json)
    })
}

fn statistics(random: &mut Random, place: u64) -> String {
    let (considered, read) = (place * 10 + random.below(10), place + random.below(5));
    format!(
        "{{\"type\":\"task_run.progress_stats\",\"progress_meter\":{}.5,\"source_stats\":{{\"num_sources_considered\":{considered},\"num_sources_read\":{read},\"sources_read_sample\":[\"https://example.org/{read}\"]}}}}",
        place * 10
    )
}
