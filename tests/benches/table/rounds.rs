//! Two ways to do one thing in, the time that each takes out.

use std::time::{Duration, Instant};

/// What many short rounds, each with one run of both, have shown.
pub(crate) struct Comparison {
    /// The median of the times that ours took.
    pub(crate) ours: Duration,
    /// The median of the times that the reference took.
    pub(crate) reference: Duration,
    /// How many times as fast ours was, in the median of the rounds.
    pub(crate) ratio: f64,
}

/// Runs both in turns until `time` is over, once at least. Whatever else the machine does then
/// disturbs both alike, and the median leaves out what it does to one of them.
pub(crate) fn compare(time: Duration, ours: &mut dyn FnMut(), reference: &mut dyn FnMut()) -> Comparison {
    ours();
    reference();
    let begin = Instant::now();
    let mut rounds = vec![];
    while rounds.is_empty() || begin.elapsed() < time {
        // Who comes first finds the cache as the other one left it.
        rounds.push(if rounds.len() % 2 == 0 {
            let ours = timed(ours);
            (ours, timed(reference))
        } else {
            let reference = timed(reference);
            (timed(ours), reference)
        });
    }
    Comparison {
        ours: median(rounds.iter().map(|round| round.0)),
        reference: median(rounds.iter().map(|round| round.1)),
        ratio: median(rounds.iter().map(|(ours, reference)| reference.as_secs_f64() / ours.as_secs_f64())),
    }
}

fn timed(run: &mut dyn FnMut()) -> Duration {
    let begin = Instant::now();
    run();
    begin.elapsed().max(Duration::from_nanos(1))
}

fn median<T: Copy + PartialOrd>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("times are numbers"));
    values[values.len() / 2]
}
