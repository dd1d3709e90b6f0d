//! What a stream has delivered at its end, whatever happened on the way: every event, once, in order, whole.

use embassy_time::{Duration, Instant};
use serde_json::Value;
use taskgroup::{
    api::{Brief, Profile, Standard, StreamEvent},
    json,
    session::{Action, Event, Outcome},
};
use taskgroup_embassy::{Clock, Step, Stream, Tcp};
use taskgroup_sandbox::{After, Cut as SandboxCut, Faults, Instead, Resume, Sandbox};

use crate::{
    QUERY, config, had,
    network::{self, Names, Random, Server, Weather},
    patience::Patience,
    request, runs, sandbox, tcp, truth,
};

/// How a stream is read, and over what.
struct Setting {
    weather: Weather,
    receive: usize,
    send: usize,
    patience: Patience,
    /// Instead of asking for the name.
    by_address: bool,
}

impl Default for Setting {
    fn default() -> Self {
        let weather = Weather::default();
        Self { weather, receive: 4096, send: 512, patience: Patience::Endless, by_address: false }
    }
}

/// How reading a stream went.
#[derive(Debug)]
struct Report {
    events: Vec<Value>,
    outcome: Option<Outcome>,
    /// How many steps were dropped.
    dropped: u32,
    /// How many connections the device has asked for.
    connections: usize,
    /// How long it took.
    took: Duration,
}

/// Reads a stream to its end.
fn read(sandbox: &Sandbox, server: &Server<'_>, setting: &Setting) -> Report {
    network::run(setting.weather, &Names::default(), server, async |network| {
        let (mut receive, mut send) = (vec![0; setting.receive], vec![0; setting.send]);
        let tcp = Tcp::new(network.device, &mut receive, &mut send).allow_plaintext();
        let tcp = if setting.by_address { tcp.with_address(network::SERVER.into()) } else { tcp };
        let (start, mut events, mut dropped) = (Instant::now(), Vec::new(), 0);
        let mut stream = runs(config(sandbox), sandbox, &tcp);
        loop {
            match setting.patience.wait(stream.step()).await {
                Some(Step::Event) => events.extend(had(&stream.event().unwrap())),
                Some(Step::Action(Action::Stop(_))) => break,
                Some(Step::Action(_)) => {}
                None => dropped += 1,
            }
        }
        let connections = network.wire.asked().len();
        Report { events, outcome: stream.outcome(), dropped, connections, took: start.elapsed() }
    })
}

#[track_caller]
fn assert_whole(report: &Report, sandbox: &Sandbox, what: &str) {
    let truth = truth(sandbox);
    assert_eq!(report.outcome, Some(Outcome::Done), "{what}");
    let differs = (0..).zip(report.events.iter().zip(&truth)).find(|(_, (had, true_one))| had != true_one);
    assert_eq!(differs, None, "{what}");
    assert_eq!(report.events.len(), truth.len(), "{what}");
}

fn rough(seed: u64) -> Weather {
    Weather { seed, lost: 5, doubled: 3, late: 20 }
}

#[test]
fn over_a_quiet_wire_one_connection_brings_all() {
    let sandbox = sandbox(100, Faults::default());
    let report = read(&sandbox, &Server::new(&sandbox), &Setting::default());
    assert_whole(&report, &sandbox, "quiet");
    assert_eq!(report.connections, 1);
}

/// Reads the stream into a ready-made record, and compares it with the same text given to it at once.
fn compare<P: Profile>(sandbox: &Sandbox) {
    network::run(rough(3), &Names::default(), &Server::new(sandbox), async |network| {
        let tcp = tcp(network.device).allow_plaintext();
        let mut stream =
            Stream::new(config(sandbox), request(sandbox), StreamEvent::<P>::default(), &tcp, Clock);
        let mut texts = sandbox.runs(sandbox.group_id(), QUERY).map(|event| event.json);
        while let Some(event) = stream.next().await {
            let Event::Record(event) = event else { continue };
            let mut at_once = StreamEvent::<P>::default();
            json::fill(&mut at_once, texts.next().unwrap().as_bytes()).unwrap();
            assert_eq!(*event, at_once);
        }
        assert_eq!((stream.outcome(), texts.next()), (Some(Outcome::Done), None));
    });
}

#[test]
fn ready_made_records_are_what_the_whole_text_makes_of_them() {
    let sandbox = sandbox(60, Faults::default());
    compare::<Brief>(&sandbox);
    compare::<Standard>(&sandbox);
}

#[test]
fn frames_that_are_lost_doubled_and_overtaken_change_nothing() {
    let sandbox = sandbox(100, Faults::default());
    for seed in 0..5 {
        let setting = Setting { weather: rough(seed), ..Setting::default() };
        let report = read(&sandbox, &Server::new(&sandbox), &setting);
        assert_whole(&report, &sandbox, &format!("seed {seed}"));
    }
}

#[test]
fn connections_that_are_cut_anyhow_and_anywhere_lose_nothing_and_repeat_nothing() {
    let sandbox = sandbox(60, Faults::default());
    for seed in 0..4 {
        for weather in [Weather { seed, ..Weather::default() }, rough(seed)] {
            let server = Server::cutting_at_random(&sandbox, 30, seed);
            let report = read(&sandbox, &server, &Setting { weather, ..Setting::default() });
            assert_whole(&report, &sandbox, &format!("{weather:?}"));
            assert_eq!(server.left(), 0, "{weather:?}: not all cuts were made");
        }
    }
}

#[test]
fn the_faults_of_the_service_are_met_as_over_any_other_network() {
    let cut = SandboxCut::after(After::RandomBytes { least: 0, most: 12_000 }).times(40);
    let all = [
        Faults { cut: Some(cut), ..Faults::default() },
        Faults { cut: Some(cut.reset()), ..Faults::default() },
        Faults { cut: Some(cut), resume: Resume::Repeat, ..Faults::default() },
        Faults { chunk_bytes: Some(1), ..Faults::default() },
        Faults { until_close: true, ..Faults::default() },
    ];
    for faults in all {
        let shown = format!("{faults:?}");
        let sandbox = sandbox(60, faults);
        let report =
            read(&sandbox, &Server::new(&sandbox), &Setting { weather: rough(1), ..Setting::default() });
        assert_whole(&report, &sandbox, &shown);
    }
}

#[test]
fn an_answer_that_says_retry_after_is_waited_for() {
    let busy = Instead::status(429).header("retry-after", "40").times(3);
    let sandbox = sandbox(3, Faults { instead: Some(busy), ..Faults::default() });
    let report = read(&sandbox, &Server::new(&sandbox), &Setting::default());
    assert_whole(&report, &sandbox, "busy");
    assert!(report.took >= Duration::from_secs(120), "{}", report.took);
}

#[test]
fn buffers_of_any_size_work() {
    let sandbox = sandbox(3, Faults::default());
    for receive in [1, 2, 7, 64, 536] {
        for weather in [Weather::default(), rough(7)] {
            let setting = Setting { weather, receive, send: 16, ..Setting::default() };
            let report = read(&sandbox, &Server::new(&sandbox), &setting);
            assert_whole(&report, &sandbox, &format!("{receive} bytes, {weather:?}"));
        }
    }
}

#[test]
fn a_step_that_is_dropped_whenever_it_waits_costs_no_connection_and_no_byte() {
    let sandbox = sandbox(100, Faults::default());
    let setting = Setting { patience: Patience::None, by_address: true, send: 16, ..Setting::default() };
    let report = read(&sandbox, &Server::new(&sandbox), &setting);
    assert_whole(&report, &sandbox, "dropped");
    assert_eq!(report.connections, 1);
    assert!(report.dropped > 60, "dropped only {} times", report.dropped);
}

#[test]
fn a_step_that_is_dropped_now_and_then_loses_nothing_whatever_breaks_meanwhile() {
    let sandbox = sandbox(60, Faults::default());
    for seed in 0..4 {
        let patience = [Patience::Random(Random::new(seed)), Patience::None];
        for (patience, by_address) in patience.into_iter().zip([false, true]) {
            let server = Server::cutting_at_random(&sandbox, 20, seed);
            let setting = Setting { weather: rough(seed), patience, by_address, ..Setting::default() };
            let report = read(&sandbox, &server, &setting);
            assert_whole(&report, &sandbox, &format!("seed {seed}"));
            assert!(report.dropped > 100, "dropped only {} times", report.dropped);
        }
    }
}
