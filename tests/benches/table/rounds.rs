//! Two ways to do one thing in, the time that each takes out.

use std::time::{Duration, Instant};

/// What many short rounds, each with one run of both, have shown.
///
/// Both run in turns: whatever else the machine does disturbs both equally, and the medians leave out what it
/// does to one of them.
#[derive(Default)]
pub(crate) struct Comparison {
    rounds: Vec<(Duration, Duration)>,
}

impl Comparison {
    /// Runs both this many times. Returns the time that ours took in all.
    pub(crate) fn run(
        &mut self,
        rounds: u64,
        ours: &mut dyn FnMut(),
        reference: &mut dyn FnMut(),
    ) -> Duration {
        let mut sum = Duration::ZERO;
        for _ in 0..rounds {
            // The first finds the cache as the other one left it.
            let round = if self.rounds.len().is_multiple_of(2) {
                let ours = timed(ours);
                (ours, timed(reference))
            } else {
                let reference = timed(reference);
                (timed(ours), reference)
            };
            sum += round.0;
            self.rounds.push(round);
        }
        sum
    }

    /// Whether nothing ran.
    pub(crate) fn is_empty(&self) -> bool {
        self.rounds.is_empty()
    }

    /// The median of the times that ours took.
    pub(crate) fn ours(&self) -> Duration {
        median(self.rounds.iter().map(|round| round.0))
    }

    /// The median of the times that the reference took.
    pub(crate) fn reference(&self) -> Duration {
        median(self.rounds.iter().map(|round| round.1))
    }

    /// How many times as fast ours was, in the median of the rounds.
    pub(crate) fn ratio(&self) -> f64 {
        median(self.rounds.iter().map(|(ours, reference)| reference.as_secs_f64() / ours.as_secs_f64()))
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
