//! `taskgroup demo`: a group of runs, streamed over a connection that keeps being cut, and the proof that
//! none was lost.
//!
//! # Limits
//!
//! The sandbox and the client are in one process and talk over loopback TCP.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    thread,
    time::Duration,
};

use clap::Args;
use indicatif::HumanBytes;
use taskgroup::{
    api, json,
    session::{Action, Config, Event, Outcome},
};
use taskgroup_sandbox::{After, Cut, Faults, Options, RunsQuery, Sandbox};
use taskgroup_std::{Security, Step, Stream, Verbatim};

use crate::{
    Error, Exit, Verbosity,
    console::Console,
    explain::{failure, waiting},
    interrupt,
    output::Output,
    record::{Line, Summary},
};

/// Stream a group from a sandbox of its own that keeps cutting the connection
///
/// Ends with a comparison of what came with what the sandbox holds. Needs no key and no network.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Runs in the group, 1 to 100000: each is remembered, to be compared
    #[arg(long, value_name = "COUNT", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: u32,
    /// How often the sandbox cuts the connection, 0 to 1000: after each there is a wait of up to 0.4 s
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u32).range(..=1000))]
    cuts: u32,
    /// Number that decides the runs and where the connection is cut
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Milliseconds to look at each run, 0 to 60000: the server waits meanwhile
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 12, value_parser = clap::value_parser!(u64).range(..=60_000))]
    pace: u64,
}

const QUERY: RunsQuery = RunsQuery {
    version: taskgroup_sandbox::Version::V1Beta,
    status: None,
    include_input: false,
    include_output: true,
};

pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    let runs = usize::try_from(arguments.runs).unwrap_or(usize::MAX);
    let sandbox = Sandbox::start(Options { runs, seed: arguments.seed, ..Options::default() })
        .map_err(|error| Error::failed(format!("sandbox: {error}")))?;
    let total: u64 = sandbox.runs(sandbox.group_id(), QUERY).map(|event| event.json.len() as u64).sum();
    sandbox.faults(|faults| *faults = cuts(arguments.cuts, total));

    let console = Console::new("", verbosity);
    console.show_progress(Some(arguments.runs.into()));
    let output = Output::new()?;
    interrupt::watch(output.clone(), String::new())
        .map_err(|error| Error::failed(format!("signals: {error}")))?;
    let title = format!(
        "{} runs with outputs, {}; cuts on the way: {}\n",
        arguments.runs,
        HumanBytes(total),
        arguments.cuts
    );
    output.print(|lines| lines.extend(title.bytes()));
    let received = receive(&sandbox, arguments, &console, &output)?;
    console.hide_progress();
    let (summary, good) = received.compare(&sandbox);
    output.print(|lines| lines.extend(summary.bytes()));
    output.flush(&console)?;
    if good { Ok(Exit::Done) } else { Err(Error::failed("what came is not what the sandbox holds")) }
}

/// Cuts that all strike before the end of a stream of this many bytes.
fn cuts(times: u32, total: u64) -> Faults {
    let most = total / (u64::from(times) + 1);
    let cut = Cut::after(After::RandomBytes { least: most / 2, most }).times(times);
    Faults { cut: Some(cut).filter(|_| times > 0), ..Faults::default() }
}

/// What has come, in order: the id of each event, and a hash of its JSON.
struct Received {
    events: Vec<(String, u64)>,
    hasher: RandomState,
    bytes: u64,
    reconnects: u32,
    states: BTreeMap<String, u32>,
    took: Duration,
}

fn receive(
    sandbox: &Sandbox,
    arguments: &Arguments,
    console: &Console,
    output: &Output,
) -> Result<Received, Error> {
    let began = std::time::Instant::now();
    let (url, mut summary) = (sandbox.base_url(), Summary::default());
    let config = Config::new(sandbox.key())
        .with_base_url(&url)
        .map_err(|error| Error::failed(error.to_string()))?
        .with_backoff(Duration::from_millis(100), Duration::from_millis(200))
        // An event may be larger than what comes between two cuts; but there are only so many cuts.
        .with_attempts(None)
        .with_seed(arguments.seed);
    let request = api::runs(sandbox.group_id()).include_output(true);
    let mut stream = Stream::new(config, request, Verbatim::default(), &Security::platform());
    let mut received = Received {
        events: Vec::new(),
        hasher: RandomState::new(),
        bytes: 0,
        reconnects: 0,
        states: BTreeMap::new(),
        took: Duration::ZERO,
    };
    loop {
        match stream.step() {
            Step::Event => match stream.event() {
                Some(Event::Record(record)) => {
                    received.take(record, &mut summary)?;
                    output.print(|lines| summary.write(lines, console));
                    console.progress(received.events.len() as u64, received.bytes);
                    thread::sleep(Duration::from_millis(arguments.pace));
                }
                Some(Event::Opened { resumed: true }) => {
                    received.reconnects += 1;
                    let cursor = stream.cursor().unwrap_or_default();
                    let told = format!("  ↻ connected again, continues after event {cursor}\n");
                    output.print(|lines| lines.extend(told.bytes()));
                }
                Some(Event::Skipped(why)) => return Err(Error::failed(why.to_string())),
                Some(Event::Opened { resumed: false }) | None => {}
            },
            Step::Action(Action::Sleep { until, cause }) => {
                let told = format!("  ✂ {}\n", waiting(&stream, cause, until));
                output.print(|lines| lines.extend(told.bytes()));
            }
            Step::Action(Action::Stop(Outcome::Done)) => break,
            Step::Action(Action::Stop(outcome)) => return Err(Error::failed(failure(&stream, outcome))),
            Step::Action(_) => {}
        }
        output.flush(console)?;
    }
    received.took = began.elapsed();
    Ok(received)
}

impl Received {
    fn take(&mut self, record: &Verbatim, summary: &mut Summary) -> Result<(), Error> {
        json::fill(summary, record.json()).map_err(|error| Error::failed(error.to_string()))?;
        let id = record.event_id().unwrap_or_default().to_owned();
        self.events.push((id, self.hasher.hash_one(record.json())));
        self.bytes += record.json().len() as u64;
        *self.states.entry(summary.status.to_string()).or_default() += 1;
        Ok(())
    }

    /// The last lines, and whether all is well: each event of the sandbox came once, in order, byte for byte.
    fn compare(&self, sandbox: &Sandbox) -> (String, bool) {
        let truth: Vec<(String, u64)> = sandbox
            .runs(sandbox.group_id(), QUERY)
            .map(|event| (event.event_id, self.hasher.hash_one(event.json.as_bytes())))
            .collect();
        let mut times = HashMap::<&(String, u64), usize>::new();
        for event in &self.events {
            *times.entry(event).or_default() += 1;
        }
        let came = |event: &&(String, u64)| times.contains_key(event);
        let lost = truth.iter().filter(|event| !came(event)).count();
        let twice: usize = times.values().map(|times| times - 1).sum();
        let order = if self.events == truth {
            "in order, byte for byte"
        } else {
            "NOT the same as the sandbox holds"
        };
        let states: Vec<_> = self.states.iter().map(|(state, runs)| format!("{runs} {state}")).collect();
        let summary = format!(
            "\nruns        {} of {}: {}\nreceived    {} of JSON in {:.1} s\nreconnects  {}; cuts by the sandbox: {}\n\
             compared    lost {lost}, twice {twice}; {order}\n",
            self.events.len(),
            truth.len(),
            states.join(", "),
            HumanBytes(self.bytes),
            self.took.as_secs_f64(),
            self.reconnects,
            sandbox.stats().cuts,
        );
        (summary, self.events == truth)
    }
}
