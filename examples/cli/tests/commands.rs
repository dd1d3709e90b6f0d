//! The commands beside `runs`: sandbox, demo, decode.

mod common;

use common::*;

#[test]
fn the_demo_loses_nothing_and_shows_nothing_twice() {
    let ended = end(&mut program(["demo", "--runs=60", "--pace=0", "--cuts=3", "--seed=5"]));
    ended.expect(0, &[]);
    let last: Vec<&str> = ended.stdout.lines().rev().take(4).collect();
    assert!(last[0].contains("lost 0") && last[0].contains("twice 0"), "{}", ended.stdout);
    assert!(last[1].contains("3; cuts by the sandbox: 3"), "{}", last[1]);
    assert_eq!(ended.stdout.lines().filter(|line| line.contains("trun_")).count(), 60);
}

#[test]
fn the_sandbox_says_where_it_is_and_ends_in_order_on_sigterm_and_sigint() {
    for name in ["TERM", "INT"] {
        let mut child = program(["sandbox", "--runs=2"]).spawn().unwrap();
        let lines = read_lines(&mut child, 3);
        let value = |place: usize, name: &str| lines[place].strip_prefix(name).unwrap().to_owned();
        let mut command = program(["runs", &value(2, "TASKGROUP_ID="), "--format=jsonl"]);
        command.env("PARALLEL_BASE_URL", value(0, "PARALLEL_BASE_URL="));
        command.env("PARALLEL_API_KEY", value(1, "PARALLEL_API_KEY="));
        assert_eq!(end(&mut command).lines().len(), 2);
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

const RUN: &str = r#"{"type":"task_run.state","event_id":"18","input":null,"run":{"run_id":"trun_11","status":"failed","is_active":false,"warnings":null,"error":{"ref_id":"fc","message":"Processing \u001b[2J failed","detail":null},"processor":"lite","metadata":{},"taskgroup_id":"tgrp_5c","created_at":null,"modified_at":null},"output":null}"#;

#[test]
fn a_recorded_stream_is_decoded_and_what_is_broken_is_told() {
    let recorded = format!(
        ": hello\nevent: x\ndata: {RUN}\n\nretry: 5\n\ndata:\n\ndata: {{\"event_id\":\"19\",\"run\":[1,]}}\n\ndata: {{}}\r\n\r\ndata: {RUN}\n"
    );
    let ended = end_with_stdin(&mut program(["decode", "--format=jsonl"]), recorded.as_bytes());
    ended.expect(3, &["skipped: event number 2 with id \"19\"", "cut by the end"]);
    assert_eq!(ended.lines(), [RUN, "{}"]);
}

#[test]
fn an_event_that_the_end_cuts_is_told_by_its_own_number_and_id() {
    for (cut, told) in [
        ("data: {\"event_id\":\"8\",\"run\"", "event number 2 with id \"8\": cut by the end"),
        ("data: {\"event", "event number 2: cut by the end"),
    ] {
        let recorded = format!("data: {{\"event_id\":\"7\"}}\n\n{cut}");
        let ended = end_with_stdin(&mut program(["decode", "--format=jsonl"]), recorded.as_bytes());
        ended.expect(3, &[told]);
        assert_eq!(ended.lines(), ["{\"event_id\":\"7\"}"]);
    }
}

#[test]
fn empty_data_is_no_event_on_however_many_lines_and_wherever_it_is_cut() {
    let recorded = format!("data:\ndata:\n\ndata: {RUN}\n\ndata:");
    let ended = end_with_stdin(&mut program(["decode", "--format=jsonl"]), recorded.as_bytes());
    ended.expect(0, &[]);
    assert_eq!(ended.lines(), [RUN]);
}

#[test]
fn a_recorded_stream_without_fault_is_done() {
    let ended = end_with_stdin(&mut program(["decode"]), format!("data: {RUN}\n\n").as_bytes());
    ended.expect(0, &[]);
    for word in ["failed", "trun_11", "lite", "Processing \\u{1b}[2J failed"] {
        assert!(ended.stdout.contains(word), "{}", ended.stdout);
    }
}

#[test]
fn bytes_that_are_not_utf8_become_the_replacement_character() {
    let ended =
        end_with_stdin(&mut program(["decode", "--format=jsonl"]), b"data: {\"a\":\"\xff\"}\ndata:\n\n");
    ended.expect(0, &[]);
    assert_eq!(ended.lines(), ["{\"a\":\"\u{fffd}\"} "]);
}

#[test]
fn help_names_units_defaults_and_exit_codes() {
    let help = end(&mut program(["runs", "--help"]));
    help.expect(0, &[]);
    for word in ["SECONDS", "[default: 90]", "PARALLEL_API_KEY", "[env: PARALLEL_BASE_URL=", "0: for ever"] {
        assert!(help.stdout.contains(word), "{}", help.stdout);
    }
    assert!(end(&mut program(["--help"])).stdout.contains("130 interrupted"));
}
