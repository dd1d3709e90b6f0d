//! The std adapter against the sandbox: real sockets, and every event compared with what the sandbox
//! holds.

use std::time::Duration;

use taskgroup::{
    api::{self, Brief, Status, StreamEvent},
    session::{Config, Event, Outcome},
};
use taskgroup_sandbox::{
    After, Cut, Faults, Instead, LineEnd, Options, Resume, RunsQuery, Sandbox, Stall, StreamError,
};
use taskgroup_std::{Security, Stream};

const RUNS: usize = 60;

const PATIENCE: Duration = Duration::from_secs(60);

fn options(seed: u64) -> Options {
    Options { seed, runs: RUNS, output_bytes: Some(1_500), ..Options::default() }
}

/// What was heard of a run.
#[derive(Debug, PartialEq)]
struct Run {
    id: String,
    status: String,
}

struct Report {
    runs: Vec<Run>,
    skipped: usize,
    outcome: Option<Outcome>,
    message: String,
}

fn fetch(sandbox: &Sandbox, idle: Duration) -> Report {
    let url = sandbox.base_url();
    let config = Config::new(sandbox.key())
        .with_base_url(&url)
        .unwrap()
        .with_backoff(Duration::from_millis(1), Duration::from_millis(4))
        .with_idle_timeout(idle)
        .with_attempts(Some(50));
    let security = match sandbox.ca_pem() {
        Some(pem) => Security::ca_pem(pem.as_bytes()).unwrap(),
        None => Security::platform(),
    };
    let request = api::runs(sandbox.group_id()).include_output(true).include_input(true);
    let mut stream = Stream::new(config, request, StreamEvent::<Brief>::default(), &security);
    let (mut runs, mut skipped) = (Vec::new(), 0);
    while let Some(event) = stream.next() {
        match event {
            Event::Opened { .. } => {}
            Event::Skipped(_) => skipped += 1,
            Event::Record(event) => {
                if let Some(run) = &event.run {
                    let status: Status = run.status;
                    runs.push(Run { id: run.run_id.to_string(), status: status.as_str().into() });
                }
            }
        }
    }
    let message = stream.error().map(|error| error.message.to_string()).unwrap_or_default();
    Report { runs, skipped, outcome: stream.outcome(), message }
}

fn truth(sandbox: &Sandbox) -> Vec<Run> {
    let query = RunsQuery { include_input: true, include_output: true, ..RunsQuery::default() };
    let status = |status| format!("{status:?}").to_lowercase();
    sandbox
        .runs(sandbox.group_id(), query)
        .map(|event| Run { id: event.run_id, status: status(event.status) })
        .collect()
}

/// Every event once and in order, and the sandbox has really done what was asked of it.
#[track_caller]
fn assert_all_once(options: Options) -> taskgroup_sandbox::Stats {
    let context = format!("{:?}", options.faults);
    // Short only where a silence must be waited out, lest a slow machine break what nothing broke.
    let idle = if options.faults.stall.is_some() { Duration::from_millis(300) } else { PATIENCE };
    let sandbox = Sandbox::start(options).unwrap();
    let report = fetch(&sandbox, idle);
    assert_eq!(report.outcome, Some(Outcome::Done), "{context}: {}", report.message);
    assert_eq!(report.runs, truth(&sandbox), "{context}");
    assert_eq!(report.skipped, 0, "{context}");
    sandbox.stats()
}

#[track_caller]
fn with_faults(faults: Faults) -> taskgroup_sandbox::Stats {
    assert_all_once(Options { faults, ..options(1) })
}

#[test]
fn without_faults_one_connection_is_enough() {
    let stats = with_faults(Faults::default());
    assert_eq!((stats.connections, stats.events), (1, RUNS as u64));
}

#[test]
fn connections_cut_at_random_bytes_lose_nothing_and_repeat_nothing() {
    for seed in 0..8 {
        let cut = Cut::after(After::RandomBytes { least: 0, most: 40_000 });
        for cut in [cut, cut.reset()] {
            let stats = assert_all_once(Options {
                faults: Faults { cut: Some(cut), ..Faults::default() },
                ..options(seed)
            });
            assert!(stats.cuts > 0);
        }
    }
}

#[test]
fn connections_cut_after_each_event_lose_nothing() {
    let cut = Some(Cut::after(After::Events(1)));
    let stats = with_faults(Faults { cut, ..Faults::default() });
    assert!(stats.cuts as usize >= RUNS - 1, "{stats:?}");
}

#[test]
fn an_answer_in_writes_of_one_byte_is_the_same() {
    let faults = Faults { write_bytes: Some(1), chunk_bytes: Some(1), ..Faults::default() };
    let stats = assert_all_once(Options { runs: 6, faults, ..options(1) });
    assert!(stats.writes > 10_000, "{stats:?}");
}

#[test]
fn silence_is_waited_out_and_resumed() {
    let stall = Stall::after(After::Bytes(9_000), Duration::from_secs(30)).times(2);
    let stats = with_faults(Faults { stall: Some(stall), ..Faults::default() });
    assert_eq!(stats.stalls, 2);
    assert!(stats.connections > 2, "{stats:?}");
}

#[test]
fn refusals_that_pass_are_waited_out() {
    for instead in [
        Instead::status(429).header("retry-after-ms", "5").times(3),
        Instead::status(503).times(3),
        Instead::status(404).header("x-should-retry", "true").times(1),
    ] {
        let times = u64::from(instead.times.unwrap());
        let stats = with_faults(Faults { instead: Some(instead), ..Faults::default() });
        assert_eq!((stats.instead, stats.connections), (times, times + 1));
    }
}

#[test]
fn a_stream_that_ends_with_an_error_event_is_resumed() {
    let error = Some(StreamError::after(7).times(3));
    let stats = with_faults(Faults { error, ..Faults::default() });
    assert_eq!(stats.connections, 4);
}

#[test]
fn cursors_that_are_repeated_or_ignored_cost_nothing_but_time() {
    for resume in [Resume::Repeat, Resume::Ignore] {
        let cut = Some(Cut::after(After::Events(25)).times(1));
        let stats = with_faults(Faults { cut, resume, ..Faults::default() });
        assert_eq!(stats.connections, 2);
        assert!(stats.events > RUNS as u64, "some came twice: {stats:?}");
    }
}

#[test]
fn every_form_of_a_stream_is_the_same() {
    let cut = Some(Cut::after(After::RandomBytes { least: 500, most: 60_000 }));
    for line_end in [LineEnd::Lf, LineEnd::Crlf, LineEnd::Cr] {
        for until_close in [false, true] {
            with_faults(Faults {
                cut,
                line_end,
                until_close,
                comments: true,
                pings: true,
                id_lines: true,
                data_lines: true,
                retry_milliseconds: Some(0),
                write_bytes: Some(700),
                ..Faults::default()
            });
        }
    }
}

#[test]
fn awkward_cursors_are_sent_back_as_they_came() {
    let cut = Some(Cut::after(After::Events(3)));
    assert_all_once(Options { awkward_ids: true, faults: Faults { cut, ..Faults::default() }, ..options(1) });
}

#[test]
fn tls_changes_nothing() {
    for reset in [false, true] {
        let cut = Cut::after(After::RandomBytes { least: 0, most: 60_000 });
        let cut = Some(if reset { cut.reset() } else { cut });
        assert_all_once(Options { tls: true, faults: Faults { cut, ..Faults::default() }, ..options(3) });
    }
}

#[test]
fn broken_events_are_skipped_one_by_one() {
    let faults =
        Faults { broken_every: Some(10), cut: Some(Cut::after(After::Events(4))), ..Faults::default() };
    let sandbox = Sandbox::start(Options { faults, ..options(1) }).unwrap();
    let report = fetch(&sandbox, PATIENCE);
    assert_eq!(report.outcome, Some(Outcome::Done));
    assert_eq!((report.skipped, report.runs.len()), (RUNS / 10, RUNS - RUNS / 10));
    let all = truth(&sandbox);
    let mut rest = all.iter();
    assert!(report.runs.iter().all(|run| rest.any(|next| next == run)), "in order, none twice");
}

#[test]
fn a_wrong_key_stops_with_the_services_words() {
    let sandbox = Sandbox::start(options(1)).unwrap();
    let url = sandbox.base_url();
    let config = Config::new("not-the-key").with_base_url(&url).unwrap();
    let mut stream = Stream::new(
        config,
        api::runs(sandbox.group_id()),
        StreamEvent::<Brief>::default(),
        &Security::platform(),
    );
    while stream.next().is_some() {}
    assert_eq!(stream.outcome(), Some(Outcome::Status(401)));
    let message = stream.error().unwrap().message.to_string();
    assert!(!message.is_empty() && !message.contains("not-the-key"), "{message}");
}
