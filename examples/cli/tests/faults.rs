//! `taskgroup runs` while things go wrong: every event once, in order, byte for byte.

mod common;

use std::time::Duration;

use common::*;
use taskgroup_sandbox::{After, Cut, Faults, Instead, LineEnd, Options, Resume, Sandbox, Stall};

/// Streams all of the sandbox's runs with outputs, and compares.
#[track_caller]
fn holds_under(runs_count: usize, faults: Faults, arguments: &[&str]) -> (Sandbox, Ended) {
    // Small outputs, so that most connections bring something before they break.
    let options = Options { runs: runs_count, faults, output_bytes: Some(3_000), ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let all = ["--format=jsonl", "--include-output"].iter().chain(arguments).copied();
    let ended = end(&mut runs(&sandbox, all));
    ended.expect(0, &[]);
    assert_same(&ended.lines(), &truth(&sandbox, WITH_OUTPUT));
    (sandbox, ended)
}

#[test]
fn connections_cut_at_random_bytes_lose_nothing_and_repeat_nothing() {
    // From cuts in the head of the answer to cuts after several events.
    let cut = Cut::after(After::RandomBytes { least: 0, most: 25_000 }).times(12);
    let (sandbox, ended) = holds_under(60, Faults { cut: Some(cut), ..Faults::default() }, &[]);
    assert_eq!(sandbox.stats().cuts, 12);
    assert_eq!(ended.stderr.matches("tries again in").count(), 12);
}

#[test]
fn connections_that_are_reset_lose_nothing_and_repeat_nothing() {
    let cut = Cut::after(After::RandomBytes { least: 500, most: 40_000 }).reset().times(8);
    let (sandbox, _) = holds_under(60, Faults { cut: Some(cut), ..Faults::default() }, &[]);
    assert_eq!(sandbox.stats().resets, 8);
}

#[test]
fn tls_that_is_cut_loses_nothing_and_repeats_nothing() {
    let cut = Cut::after(After::RandomBytes { least: 0, most: 25_000 }).times(6);
    let faults = Faults { cut: Some(cut), ..Faults::default() };
    let options = Options { runs: 30, faults, output_bytes: Some(3_000), tls: true, ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let file = temporary("cut.pem", sandbox.ca_pem().unwrap().as_bytes());
    let arguments = ["--format=jsonl", "--include-output", "--ca-file", file.to_str().unwrap()];
    let ended = end(&mut runs(&sandbox, arguments));
    ended.expect(0, &["TLS ended without close_notify"]);
    assert_same(&ended.lines(), &truth(&sandbox, WITH_OUTPUT));
    assert_eq!(sandbox.stats().cuts, 6);
}

#[test]
fn bytes_that_come_one_by_one_are_the_same_bytes() {
    holds_under(3, Faults { chunk_bytes: Some(1), ..Faults::default() }, &[]);
    holds_under(3, Faults { write_bytes: Some(1), ..Faults::default() }, &[]);
}

#[test]
fn silence_beyond_the_idle_timeout_is_a_break() {
    let stall = Stall::after(After::RandomBytes { least: 0, most: 40_000 }, Duration::from_secs(60)).times(3);
    let faults = Faults { stall: Some(stall), ..Faults::default() };
    let (sandbox, ended) = holds_under(30, faults, &["--idle-timeout=1"]);
    assert_eq!(sandbox.stats().stalls, 3);
    assert_eq!(ended.stderr.matches("silent").count(), 3, "{}", ended.stderr);
}

#[test]
fn a_retry_after_is_kept_and_told() {
    let instead = Instead::status(429).message("Slow down").header("retry-after", "1").times(3);
    let began = std::time::Instant::now();
    let (sandbox, ended) = holds_under(3, Faults { instead: Some(instead), ..Faults::default() }, &[]);
    assert!(began.elapsed() >= Duration::from_secs(3), "asked again before the time");
    assert_eq!(
        sandbox.stats().requests,
        4 + 2,
        "whether that was all is asked of the stream and of the group"
    );
    assert_eq!(ended.stderr.matches("status 429: Slow down").count(), 3, "{}", ended.stderr);
}

#[test]
fn an_event_that_the_server_repeats_or_a_cursor_that_it_ignores_shows_nothing_twice() {
    for resume in [Resume::Repeat, Resume::Ignore] {
        let cut = Some(Cut::after(After::Events(7)).times(2));
        holds_under(20, Faults { cut, resume, ..Faults::default() }, &[]);
    }
}

#[test]
fn each_legal_form_of_the_stream_is_understood() {
    for line_end in [LineEnd::Lf, LineEnd::Crlf, LineEnd::Cr] {
        let cut = Some(Cut::after(After::Events(4)).times(1));
        let all = Faults {
            line_end,
            comments: true,
            pings: true,
            id_lines: true,
            retry_milliseconds: Some(0),
            cut,
            ..Faults::default()
        };
        holds_under(10, all, &[]);
    }
}

#[test]
fn json_on_several_lines_becomes_one() {
    let sandbox = sandbox(10, Faults { data_lines: true, ..Faults::default() });
    let ended = end(&mut runs(&sandbox, ["--format=jsonl", "--include-output"]));
    ended.expect(0, &[]);
    assert_eq!(ended.lines().len(), 10);
    for (line, truth) in ended.lines().iter().zip(truth(&sandbox, WITH_OUTPUT)) {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(line), value(&truth));
    }
}

#[test]
fn a_stream_that_only_the_end_of_the_connection_ends_is_whole() {
    let (sandbox, _) = holds_under(10, Faults { until_close: true, ..Faults::default() }, &[]);
    assert_eq!(sandbox.stats().requests, 2 + 1, "asked once more whether there is more; and the group");
}

#[test]
fn an_event_of_20_megabytes_passes_whole() {
    let sandbox =
        Sandbox::start(Options { runs: 2, output_bytes: Some(20_000_000), ..Options::default() }).unwrap();
    let ended = end(&mut runs(&sandbox, ["--format=jsonl", "--include-output"]));
    ended.expect(0, &[]);
    assert!(ended.lines()[0].len() >= 20_000_000);
    assert_same(&ended.lines(), &truth(&sandbox, WITH_OUTPUT));
}

#[test]
fn five_thousand_runs_with_outputs_come_exactly_once() {
    let cut = Cut::after(After::RandomBytes { least: 1_000_000, most: 3_000_000 }).times(3);
    let faults = Faults { cut: Some(cut), ..Faults::default() };
    let sandbox =
        Sandbox::start(Options { runs: 5_000, output_bytes: Some(3_000), faults, ..Options::default() })
            .unwrap();
    let ended = end(&mut runs(&sandbox, ["--format=jsonl", "--include-output"]));
    ended.expect(0, &[]);
    assert_same(&ended.lines(), &truth(&sandbox, WITH_OUTPUT));
    assert_eq!(sandbox.stats().cuts, 3);
}
