//! Several ways to do one thing in, the time that each takes out.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What takes longer is not run in every round.
const LONG: Duration = Duration::from_millis(10);

/// How often it is run all the same.
const FEW: usize = 3;

/// What many short rounds have shown, with one run of each in every round.
///
/// They run in turns: whatever else the machine does disturbs all equally, and the medians leave out what it
/// does to one of them.
pub(crate) struct Race {
    /// By runner, its time in each round that it took part in.
    times: Vec<Vec<Duration>>,
    rounds: usize,
}

impl Race {
    pub(crate) fn new(runners: usize) -> Self {
        Self { times: vec![vec![]; runners], rounds: 0 }
    }

    /// Runs all of them this many times. Returns the time that it took.
    pub(crate) fn run(&mut self, rounds: u64, runners: &mut [impl FnMut()]) -> Duration {
        let begin = Instant::now();
        for _ in 0..rounds {
            // Each finds the cache as another one left it.
            for place in 0..runners.len() {
                let place = (place + self.rounds) % runners.len();
                let times = &mut self.times[place];
                if times.len() < FEW || times.iter().all(|time| *time < LONG) {
                    times.push(timed(&mut runners[place]));
                }
            }
            self.rounds += 1;
        }
        begin.elapsed()
    }

    /// The median of the times that this one took. `None`: it did not run.
    pub(crate) fn time(&self, runner: usize) -> Option<Duration> {
        median(self.times[runner].iter().copied())
    }

    /// How many times as fast the first was as the second, in the median of the rounds.
    pub(crate) fn ratio(&self, one: usize, other: usize) -> Option<f64> {
        let times = self.times[one].iter().zip(&self.times[other]);
        median(times.map(|(one, other)| other.as_secs_f64() / one.as_secs_f64()))
    }
}

/// The time for which the processor was at it: others may run in between.
fn timed(run: &mut impl FnMut()) -> Duration {
    let begin = processor();
    run();
    (processor() - begin).max(Duration::from_nanos(1))
}

fn processor() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("it does not run backwards")
}

fn median<T: Copy + PartialOrd>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("times are numbers"));
    values.get(values.len() / 2).copied()
}
