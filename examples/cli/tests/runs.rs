//! `taskgroup runs`: what it prints, and each exit code.

mod common;

use common::*;
use taskgroup_sandbox::{After, Faults, Instead, Options, RunsQuery, Sandbox, Stall, Status, Version};

#[test]
fn each_event_is_printed_once_in_order_and_byte_for_byte() {
    let sandbox = sandbox(60, Faults::default());
    let ended = end(&mut runs(&sandbox, ["--format", "jsonl", "--include-output"]));
    ended.expect(0, &[]);
    assert_eq!(ended.stderr, "", "nothing to say when all is well");
    assert_same(&ended.lines(), &truth(&sandbox, WITH_OUTPUT));
}

#[test]
fn each_argument_of_the_request_reaches_the_service() {
    let sandbox = sandbox(60, Faults::default());
    let query = RunsQuery {
        version: Version::V1,
        status: Some(Status::Failed),
        include_input: true,
        include_output: false,
    };
    let arguments = ["--format=jsonl", "--api-version=v1", "--status=failed", "--include-input"];
    let ended = end(&mut runs(&sandbox, arguments));
    ended.expect(0, &[]);
    assert!(!truth(&sandbox, query).is_empty());
    assert_same(&ended.lines(), &truth(&sandbox, query));
}

#[test]
fn a_stream_continues_after_a_given_event_id() {
    let sandbox = sandbox(20, Faults::default());
    let ended = end(&mut runs(&sandbox, ["--format=jsonl", "--include-output", "--last-event-id", "15"]));
    ended.expect(0, &[]);
    assert_same(&ended.lines(), &truth(&sandbox, WITH_OUTPUT)[15..]);
}

#[test]
fn an_id_that_begins_with_a_hyphen_is_one_all_the_same() {
    let sandbox = sandbox(2, Faults::default());
    end(&mut runs(&sandbox, ["--last-event-id", "-5"])).expect(1, &["status 422"]);
    assert!(sandbox.requests().last().unwrap().ends_with("last_event_id=-5"));
}

#[test]
fn for_people_there_is_a_line_for_each_run() {
    let sandbox = sandbox(40, Faults::default());
    let ended = end(&mut runs(&sandbox, ["--include-output"]));
    ended.expect(0, &[]);
    let events: Vec<_> = sandbox.runs(sandbox.group_id(), WITH_OUTPUT).collect();
    assert_eq!(ended.lines().len(), events.len());
    for (line, event) in ended.lines().iter().zip(events) {
        assert!(line.contains(&event.run_id) && line.contains(event.status.name()), "{line}");
    }
}

#[test]
fn an_empty_group_is_done_at_once() {
    let sandbox = sandbox(0, Faults::default());
    let ended = end(&mut runs(&sandbox, ["--format=jsonl"]));
    ended.expect(0, &[]);
    assert_eq!(ended.stdout, "");
}

#[test]
fn a_wrong_key_ends_with_1_and_the_words_of_the_service() {
    let sandbox = sandbox(1, Faults::default());
    let mut command = runs(&sandbox, []);
    let ended = end(command.env("PARALLEL_API_KEY", "wr0ng-key"));
    ended.expect(1, &["taskgroup: status 401: ", "ref_id"]);
    assert!(!ended.stderr.contains("wr0ng-key"));
}

#[test]
fn a_group_that_is_not_there_ends_with_1() {
    let sandbox = sandbox(1, Faults::default());
    let mut command = program(["runs", "tgrp_nothing"]);
    command.env("PARALLEL_BASE_URL", sandbox.base_url()).env("PARALLEL_API_KEY", KEY);
    end(&mut command).expect(1, &["status 404: "]);
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    let no_certificate = temporary("no-certificate.pem", b"nothing");
    let no_certificate = no_certificate.to_str().unwrap();
    for (arguments, word) in [
        (vec!["runs", "tgrp_1", "--base-url", "ftp://localhost"], "base URL"),
        (vec!["runs", "tgrp_1", "--base-url", "localhost"], "base URL"),
        (vec!["runs", ".."], "id"),
        (vec!["runs", ""], "id"),
        (vec!["runs"], "TASKGROUP_ID"),
        (vec!["runs", "tgrp_1", "--status", "done"], "completed"),
        (vec!["runs", "tgrp_1", "--idle-timeout", "0"], "seconds"),
        (vec!["runs", "tgrp_1", "--idle-timeout", "nan"], "seconds"),
        (vec!["runs", "tgrp_1", "--api-version", "v2"], "v1beta"),
        (vec!["runs", "tgrp_1", "--ca-file", no_certificate], "no certificate"),
        (vec!["runs", "tgrp_1", "--ca-file", "/no/such/file"], "/no/such/file"),
        (vec!["runs", "tgrp_1", "--api-key-file", "/no/such/file"], "/no/such/file"),
        (vec!["nonsense"], "nonsense"),
        (vec![], "Usage"),
    ] {
        end(program(&arguments).env("PARALLEL_API_KEY", KEY)).expect(2, &[word]);
    }
    end(&mut program(["runs", "tgrp_1"])).expect(2, &["PARALLEL_API_KEY"]);
    end(program(["runs", "tgrp_1"]).env("PARALLEL_API_KEY", "a\nb")).expect(2, &["key"]);
}

#[test]
fn the_key_can_come_from_a_file() {
    let sandbox = sandbox(3, Faults::default());
    let file = temporary("key", b"sandbox-key\n");
    let mut command = runs(&sandbox, ["--format=jsonl", "--api-key-file", file.to_str().unwrap()]);
    let ended = end(command.env_remove("PARALLEL_API_KEY"));
    ended.expect(0, &[]);
    assert_eq!(ended.lines().len(), 3);
}

#[test]
fn plaintext_to_another_machine_is_refused_at_once() {
    let mut command = program(["runs", "tgrp_1", "--base-url", "http://192.0.2.1"]);
    end(command.env("PARALLEL_API_KEY", KEY)).expect(2, &["plaintext to 192.0.2.1"]);
    let mut command = program(["runs", "tgrp_1", "--base-url", "http://api.parallel.ai"]);
    end(command.env("PARALLEL_API_KEY", KEY)).expect(2, &["plaintext to api.parallel.ai", "https://"]);
}

#[test]
fn answers_that_are_not_the_stream_are_named() {
    let header =
        |name: &str, value: &str| Faults { headers: vec![(name.into(), value.into())], ..Faults::default() };
    let redirect = Instead::status(307).header("location", "https://example.org/");
    for (faults, word) in [
        (header("content-type", "text/html"), "content type"),
        (header("content-encoding", "gzip"), "content encoding"),
        (Faults { instead: Some(redirect), ..Faults::default() }, "redirect"),
        (
            Faults { instead: Some(Instead::status(402).message("No credit left")), ..Faults::default() },
            "status 402: No credit left",
        ),
    ] {
        let sandbox = sandbox(3, faults);
        let ended = end(&mut runs(&sandbox, ["--format=jsonl"]));
        ended.expect(1, &[word]);
        assert_eq!((ended.stdout.as_str(), sandbox.stats().requests), ("", 1));
    }
}

#[test]
fn no_content_means_done() {
    let sandbox = sandbox(3, Faults { instead: Some(Instead::status(204)), ..Faults::default() });
    end(&mut runs(&sandbox, ["--format=jsonl"])).expect(0, &[]);
}

#[test]
fn events_that_are_broken_are_named_by_their_id_and_the_rest_comes() {
    let sandbox = sandbox(10, Faults { broken_every: Some(4), ..Faults::default() });
    let ended = end(&mut runs(&sandbox, ["--format=jsonl", "--include-output"]));
    ended.expect(3, &["skipped: event \"4\"", "skipped: event \"8\""]);
    let mut truth = truth(&sandbox, WITH_OUTPUT);
    truth.remove(7);
    truth.remove(3);
    assert_same(&ended.lines(), &truth);
}

#[test]
fn attempts_run_out() {
    let sandbox =
        sandbox(3, Faults { instead: Some(Instead::status(503).message("Down")), ..Faults::default() });
    let ended = end(&mut runs(&sandbox, ["--format=jsonl", "--max-attempts=2"]));
    ended.expect(1, &["status 503: Down", "tries again in"]);
    assert_eq!(sandbox.stats().requests, 2);
}

#[test]
fn what_the_service_says_can_neither_show_the_key_nor_rule_the_terminal() {
    let message = format!("no such key: {KEY} \u{1b}[2J\u{202e}");
    let sandbox =
        sandbox(3, Faults { instead: Some(Instead::status(400).message(&message)), ..Faults::default() });
    end(&mut runs(&sandbox, [])).expect(1, &["status 400: no such key: *** \\u{1b}[2J\\u{202e}"]);
}

#[test]
fn an_error_event_is_printed_and_when_the_attempts_run_out_its_words_are_told() {
    let event = r#"{"type":"error","error":{"ref_id":"0b1c","message":"lost the database","detail":null}}"#;
    let (server, url) = canned(vec![event_stream(&format!("event: error\ndata: {event}\n\n")); 2]);
    let mut command = program(["runs", "tgrp_1", "--format=jsonl", "--max-attempts=2", "--base-url", &url]);
    let ended = end(command.env("PARALLEL_API_KEY", KEY));
    ended.expect(1, &["error event", "lost the database (ref_id 0b1c)", "tries again in"]);
    assert_eq!(ended.lines(), [event, event]);
    server.join().unwrap();
}

#[test]
fn an_event_id_with_the_key_in_it_does_not_show_the_key() {
    // Each stream ends amid an event, which is a break.
    let stream = |id: &str, run: &str| {
        let event = format!(r#"{{"type":"task_run.state","event_id":"{id}{KEY}","run":{run}}}"#);
        event_stream(&format!("data: {event}\n\ndata: {{\n"))
    };
    let refusal = "HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\ncontent-length: 8\r\n\r\nno group";
    let (server, url) = canned(vec![stream("x", "{}"), stream("y", "]"), refusal.into()]);
    let mut command = program(["runs", "tgrp_1", "--format=jsonl", "--base-url", &url]);
    let ended = end(command.env("PARALLEL_API_KEY", KEY));
    ended.expect(
        1,
        &[
            r#"continues after event "x***""#,
            r#"skipped: event "y***""#,
            "--last-event-id 'y***'",
            "no group",
        ],
    );
    server.join().unwrap();
}

#[test]
fn a_line_appears_when_its_event_has_come() {
    let stall = Stall::after(After::Events(3), std::time::Duration::from_secs(60));
    let sandbox = sandbox(5, Faults { stall: Some(stall), ..Faults::default() });
    let mut child = runs(&sandbox, ["--format=jsonl"]).spawn().unwrap();
    let lines = read_lines(&mut child, 3);
    assert!(child.try_wait().unwrap().is_none(), "the stream has not ended");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_same(
        &lines.iter().map(String::as_str).collect::<Vec<_>>(),
        &truth(&sandbox, RunsQuery::default())[..3],
    );
}

#[test]
fn tls_needs_a_server_that_the_ca_file_vouches_for() {
    let sandbox = Sandbox::start(Options { runs: 5, tls: true, ..Options::default() }).unwrap();
    let refused = end(&mut runs(&sandbox, ["--format=jsonl"]));
    refused.expect(1, &["certificate"]);
    assert_eq!((refused.stdout.as_str(), sandbox.stats().requests), ("", 0));
    let file = temporary("ca.pem", sandbox.ca_pem().unwrap().as_bytes());
    let ended = end(&mut runs(&sandbox, ["--format=jsonl", "--ca-file", file.to_str().unwrap()]));
    ended.expect(0, &[]);
    assert_same(&ended.lines(), &truth(&sandbox, RunsQuery::default()));
}

#[test]
#[cfg(target_os = "linux")]
fn the_systems_certificates_are_those_that_openssl_would_take() {
    let sandbox = Sandbox::start(Options { runs: 5, tls: true, ..Options::default() }).unwrap();
    let file = temporary("system.pem", sandbox.ca_pem().unwrap().as_bytes());
    let mut command = runs(&sandbox, ["--format=jsonl"]);
    let ended = end(command.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR"));
    ended.expect(0, &[]);
    assert_eq!(ended.lines().len(), 5);
    let none = temporary("none.pem", b"");
    let mut command = runs(&sandbox, ["--format=jsonl"]);
    end(command.env("SSL_CERT_FILE", none).env_remove("SSL_CERT_DIR"))
        .expect(1, &["no root certificates of the system"]);
}

#[test]
fn a_stderr_that_nobody_reads_is_not_a_reason_to_stop() {
    let sandbox = sandbox(10, Faults { broken_every: Some(2), ..Faults::default() });
    let mut child = runs(&sandbox, ["--format=jsonl"]).spawn().unwrap();
    drop(child.stderr.take());
    let ended = ended(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.lines().len()), (Some(3), 5));
}
