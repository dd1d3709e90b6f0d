//! Whether all runs have come is asked of the group.

mod common;

use common::*;
use taskgroup_sandbox::{Faults, Options, Sandbox};

/// A stream of these events, whole.
fn stream(ids: &[&str]) -> String {
    let events =
        ids.iter().map(|id| format!("data: {{\"type\":\"task_run.state\",\"event_id\":\"{id}\"}}\n\n"));
    event_stream(&events.collect::<String>())
}

/// What a group with this many runs says.
fn group(runs: u32) -> String {
    let body = format!(
        r#"{{"taskgroup_id":"tgrp_1","metadata":null,"status":{{"num_task_runs":{runs},"task_run_status_counts":{{"completed":{runs}}},"is_active":false,"status_message":null,"modified_at":null}},"created_at":null}}"#
    );
    answer("200 OK", "application/json", &body)
}

fn refusal(status: &str) -> String {
    answer(status, "application/json", r#"{"error":{"message":"not here"}}"#)
}

/// The program, asking a server that gives these answers.
fn asked(answers: Vec<String>) -> Ended {
    let (server, url) = canned(answers);
    let mut command = program(["runs", "tgrp_1", "--format=jsonl", "--max-attempts=2", "--base-url", &url]);
    let ended = end(command.env("PARALLEL_API_KEY", KEY));
    server.join().unwrap();
    ended
}

#[test]
fn fewer_events_than_the_group_has_runs_is_a_failure() {
    let ended = asked(vec![stream(&["1", "2"]), stream(&[]), group(3)]);
    ended.expect(1, &["2 of 3 runs", "continue with --last-event-id 2"]);
    assert_eq!(ended.lines().len(), 2);
    for events in [&["1", "2", "3"][..], &["1", "2", "3", "4"]] {
        let ended = asked(vec![stream(events), stream(&[]), group(3)]);
        ended.expect(0, &[]);
        assert_eq!(ended.stderr, "");
    }
    asked(vec![stream(&[]), stream(&[]), group(1)]).expect(1, &["0 of 1 runs"]);
}

#[test]
fn an_event_that_is_no_run_does_not_count_and_one_that_was_skipped_does() {
    let other = "data: {\"type\":\"other\",\"event_id\":\"2\"}\n\n";
    let one = "data: {\"type\":\"task_run.state\",\"event_id\":\"1\"}\n\n";
    let broken = "data: {\"type\":\"task_run.state\",\"event_id\":\"3\",}\n\n";
    asked(vec![event_stream(&format!("{one}{other}")), stream(&[]), group(2)]).expect(1, &["1 of 2 runs"]);
    asked(vec![event_stream(&format!("{one}{broken}")), stream(&[]), group(2)])
        .expect(3, &["1 event was skipped"]);
}

#[test]
fn a_refusal_in_the_end_is_decided_by_the_group() {
    // Longer than what comes of it.
    let broken = || stream(&["1", "2"]).replace("content-length: ", "content-length: 9");
    let ended = asked(vec![broken(), refusal("404 No"), group(2)]);
    ended.expect(0, &["status 404: not here", "but all 2 runs of the group have come"]);
    let ended = asked(vec![broken(), refusal("404 No"), group(3)]);
    ended.expect(1, &["status 404: not here", "2 of 3 runs", "continue with --last-event-id 2"]);
    let ended = asked(vec![broken(), refusal("404 No"), refusal("404 No")]);
    ended.expect(
        1,
        &[
            "status 404: not here",
            "could not be confirmed",
            "everything that came before this answer is printed",
        ],
    );
    let ended = asked(vec![broken(), refusal("402 No"), refusal("402 No")]);
    ended.expect(1, &["status 402: not here", "could not be confirmed", "continue with --last-event-id 2"]);
}

#[test]
fn a_check_of_the_end_that_is_refused_names_the_option_that_leaves_it_out() {
    let ended = asked(vec![stream(&["1", "2"]), refusal("422 No"), refusal("404 No")]);
    ended.expect(1, &["status 422: not here", "all that came was printed", "--no-end-check"]);
    asked(vec![stream(&["1", "2"]), refusal("422 No"), group(2)])
        .expect(0, &["but all 2 runs of the group have come"]);
    let (server, url) = canned(vec![stream(&["1", "2"]), group(2)]);
    let mut command = program(["runs", "tgrp_1", "--no-end-check", "--base-url", &url]);
    end(command.env("PARALLEL_API_KEY", KEY)).expect(0, &[]);
    server.join().unwrap();
}

#[test]
fn a_group_that_does_not_answer_changes_nothing() {
    for answer in [
        refusal("404 No"),
        refusal("401 No"),
        refusal("503 No"),
        answer("200 OK", "text/html", "<html>"),
        answer("200 OK", "application/json", "{}"),
        answer("200 OK", "application/json", "[]"),
        answer("204 No", "application/json", ""),
        "HTTP/1.1 200 OK\r\n".to_owned(),
    ] {
        let ended = asked(vec![stream(&["1", "2"]), stream(&[]), answer]);
        ended.expect(0, &["could not be confirmed by the group"]);
        assert_eq!(ended.lines().len(), 2);
    }
}

#[test]
fn runs_that_are_still_active_are_told() {
    let options = Options { runs: 20, finished: false, speed: 0.001, ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let ended = end(&mut runs(&sandbox, ["--format=jsonl"]));
    ended.expect(0, &["20 of 20 runs are still active"]);
}

#[test]
fn the_group_is_asked_once_over_the_same_connection_and_only_about_all_its_runs() {
    let sandbox = sandbox(10, Faults::default());
    end(&mut runs(&sandbox, ["--format=jsonl"])).expect(0, &[]);
    let group = format!("GET /v1beta/tasks/groups/{}", sandbox.group_id());
    assert_eq!(sandbox.requests().iter().filter(|request| **request == group).count(), 1);
    assert_eq!(sandbox.stats().connections, 1);
    for part in ["--status=failed", "--last-event-id=3"] {
        end(&mut runs(&sandbox, ["--format=jsonl", part])).expect(0, &[]);
    }
    assert_eq!(sandbox.requests().iter().filter(|request| **request == group).count(), 1);
}
