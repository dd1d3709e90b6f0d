//! A stream that has ended in, what the group says of it out: whether all of its runs have come.
//!
//! How a stream ends proves only what the last hop believes. The group itself knows how many runs it has.
//!
//! # Limits
//!
//! One try, over the connection that is there if it is open. A run that is added meanwhile counts as one that
//! has not come.

use taskgroup::{
    api::{self, Brief, TaskGroup},
    json::Record,
    session::{Action, Event, Outcome},
};
use taskgroup_std::{Step, Stream};

use crate::explain::{failure, trouble};

/// What the group says.
pub(crate) struct Count {
    /// How many runs it has.
    pub(crate) runs: u64,
    /// How many of them have not ended.
    pub(crate) active: u64,
}

/// Asks the group.
///
/// # Errors
///
/// Why there is no answer, in words.
pub(crate) fn ask<R: Record>(stream: Stream<'_, R>, group: &str) -> Result<Count, String> {
    let mut stream = stream.ask_with(api::group(group), TaskGroup::<Brief>::default());
    let mut answered = false;
    loop {
        match stream.step() {
            Step::Event => match stream.event() {
                Some(Event::Record(_)) => answered = true,
                Some(Event::Skipped(why)) => return Err(why.to_string()),
                _ => {}
            },
            Step::Action(Action::Stop(Outcome::Done)) if answered => break,
            Step::Action(Action::Stop(Outcome::Done)) => return Err("the answer is empty".into()),
            Step::Action(Action::Stop(outcome)) => return Err(failure(&stream, outcome)),
            Step::Action(Action::Sleep { cause, .. }) => return Err(trouble(&stream, cause)),
            Step::Action(_) => {}
        }
    }
    let answer = stream.into_record();
    if answer.taskgroup_id.is_empty() {
        return Err("the answer is not a group".into());
    }
    let counts = answer.status.task_run_status_counts;
    let active = [counts.queued, counts.action_required, counts.running, counts.cancelling];
    Ok(Count { runs: answer.status.num_task_runs.into(), active: active.into_iter().map(u64::from).sum() })
}
