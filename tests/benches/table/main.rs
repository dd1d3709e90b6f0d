//! Frames of four sizes in, the speed of the core and of other crates that do the same work out.
//!
//! `tests/benches/run` runs this in each of its ways, and makes the tables of `README.md` of what it prints:
//!
//! * as a test everything once, which shows that all find the same, and prints the rows there are;
//! * `--bench` in turns, for the time: `time|group|runner|read|frame|GB/s` and
//!   `ratio|group|runner|read|frame|best of the others|ratio`;
//! * `--count` once each in a function of its own, whose instructions valgrind counts: `count|…|bytes`.
#![allow(clippy::print_stdout)]

mod frames;
mod json;
mod kept;
mod limits;
mod peers;
mod pipelines;
mod race;
mod runner;
mod sse;

use std::{env, hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, SamplingMode};

use self::{
    frames::Frames,
    kept::Kept,
    race::Race,
    runner::{Runner, Whose},
};

/// The bytes of JSON in a frame; 0: a bare state, of 385 bytes.
const SIZES: [(&str, usize); 4] = [("385 B", 0), ("4 KB", 4 << 10), ("64 KB", 64 << 10), ("1 MB", 1 << 20)];

/// The bytes of a read: a small modem's, the least that a host must take, one Ethernet frame's, and a TLS
/// record's.
const READS: [usize; 4] = [64, 536, 1_460, 16_384];

/// How many bytes of frames a run goes through: they stay in the cache, as what a socket has just given does.
const STREAM: usize = 1 << 20;

/// The same where it is not measured, or counted: a frame at least.
const SHORT: usize = 64 << 10;

enum Way {
    Test,
    Time(Box<Criterion>),
    Count,
}

/// All ways to do one thing, on frames of one size, and perhaps in reads of one size.
type Group = (&'static str, for<'f> fn(&'f Frames) -> Vec<Vec<Runner<'f>>>);

const GROUPS: [Group; 5] = [
    ("events", |frames| READS.map(|read| sse::runners(frames, read)).into()),
    ("skipped", |frames| vec![json::skipped(frames)]),
    ("brief", |frames| vec![json::brief(frames)]),
    ("standard", |frames| vec![json::standard(frames)]),
    ("pipeline", |frames| READS.map(|read| pipelines::runners(frames, read)).into()),
];

fn main() {
    let has = |argument| env::args().any(|other| other == argument);
    let mut way = if has("--count") {
        Way::Count
    } else if has("--bench") {
        Way::Time(criterion().into())
    } else {
        Way::Test
    };
    if matches!(way, Way::Test) {
        limits::check();
    }
    let length = if matches!(way, Way::Time(_)) { STREAM } else { SHORT };
    for (size, bytes) in SIZES {
        let frames = Frames::of(bytes, length);
        for (group, runners) in GROUPS {
            for mut runners in runners(&frames) {
                let length =
                    if matches!(group, "events" | "pipeline") { frames.stream.len() } else { frames.json() };
                let cell = Cell { group, size, frames: frames.texts.len(), bytes: length };
                match &mut way {
                    Way::Test => cell.check(&mut runners),
                    Way::Time(criterion) => cell.time(&mut runners, criterion),
                    Way::Count => cell.count(&mut runners),
                }
            }
        }
    }
}

fn criterion() -> Criterion {
    Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1_500))
        .sample_size(10)
        .configure_from_args()
}

/// A group on frames of one size.
struct Cell {
    group: &'static str,
    size: &'static str,
    frames: usize,
    bytes: usize,
}

impl Cell {
    fn name(&self, runner: &Runner<'_>) -> String {
        let read = runner.read.map_or("whole".into(), |read| read.to_string());
        format!("{}|{}|{read}|{}", self.group, runner.name, self.size)
    }

    /// Each once: all find as many events, and what they keep of them is the same.
    fn check(&self, runners: &mut [Runner<'_>]) {
        let mut first = None;
        for runner in runners {
            let name = self.name(runner);
            let mut kept = Kept::new();
            let count = (runner.run)(Some(&mut kept));
            if runner.whose != Whose::Bound {
                assert_eq!(count, self.frames, "{name}");
                assert_eq!(kept, *first.get_or_insert(kept), "{name} keeps something else");
            }
            println!("row|{name}");
        }
    }

    fn time(&self, runners: &mut [Runner<'_>], criterion: &mut Criterion) {
        let mut race = Race::new(runners.len());
        // Where all of a group are in one race, they have different ones.
        let mut reads: Vec<_> = runners.iter().filter_map(|runner| runner.read).collect();
        reads.dedup();
        let reads = if let [read] = reads[..] { read.to_string() } else { "whole".into() };
        println!("begin|{}|{}|{reads}", self.group, self.size);
        let mut group = criterion.benchmark_group(self.group);
        group.sampling_mode(SamplingMode::Flat);
        group.bench_function(BenchmarkId::new(self.size, reads), |bencher| {
            race = Race::new(runners.len());
            let mut runs: Vec<_> = runners
                .iter_mut()
                .map(|runner| {
                    let frames = self.frames;
                    move || {
                        let count = (runner.run)(None);
                        assert!(runner.whose == Whose::Bound || count == frames, "{}", runner.name);
                    }
                })
                .collect();
            bencher.iter_custom(|rounds| race.run(rounds, &mut runs));
        });
        group.finish();
        for (place, runner) in runners.iter().enumerate() {
            let Some(time) = race.time(place) else { continue };
            println!("time|{}|{:.4}", self.name(runner), self.bytes as f64 / time.as_secs_f64() / 1e9);
        }
        let best = (0..runners.len())
            .filter(|place| runners[*place].whose == Whose::Theirs)
            .min_by_key(|place| race.time(*place));
        for (place, runner) in runners.iter().enumerate().filter(|(_, runner)| runner.whose == Whose::Ours) {
            let Some((best, ratio)) = best.and_then(|best| Some((best, race.ratio(place, best)?))) else {
                continue;
            };
            println!("ratio|{}|{}|{ratio:.3}", self.name(runner), runners[best].name);
        }
    }

    fn count(&self, runners: &mut [Runner<'_>]) {
        for runner in runners {
            // The first time some of them find out what the processor can.
            (runner.run)(None);
            counted(runner);
            println!("count|{}|{}", self.name(runner), self.bytes);
        }
    }
}

/// What valgrind looks for.
#[inline(never)]
fn counted(runner: &mut Runner<'_>) {
    black_box((runner.run)(None));
}
