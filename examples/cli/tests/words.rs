//! What `taskgroup runs` says when it fails: what happened, in whose words, and which option helps. Never a
//! secret.

mod common;

use std::time::Duration;

use common::*;
use taskgroup_sandbox::{After, Cut, Faults, Instead, Options, Sandbox, Stall};

fn instead(instead: Instead) -> Faults {
    Faults { instead: Some(instead), ..Faults::default() }
}

/// `taskgroup runs` of a server at this URL.
fn runs_at(url: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = program(["runs", "tgrp_1", "--base-url", url]);
    command.args(arguments).env("PARALLEL_API_KEY", KEY);
    command
}

#[test]
fn the_last_message_says_after_how_many_tries_it_gave_up_and_by_which_option() {
    let down = || instead(Instead::status(503).message("Down"));
    for (tries, words) in [("1", "1 try without"), ("2", "2 tries in a row without")] {
        let sandbox = sandbox(3, down());
        let ended = end(&mut runs(&sandbox, ["--max-attempts", tries]));
        ended.expect(1, &[]);
        let last = ended.stderr.lines().last().unwrap();
        assert!(last.contains("status 503: Down") && last.contains("; gave up after"), "{last}");
        assert!(last.contains(words) && last.contains("--max-attempts"), "{last}");
    }
    // What comes between starts the count again.
    let cut = Cut::after(After::Events(2)).times(1);
    let sandbox = sandbox(9, Faults { cut: Some(cut), ..Faults::default() });
    let mut child = runs(&sandbox, ["--max-attempts=2", "--format=jsonl"]).spawn().unwrap();
    read_lines(&mut child, 2);
    while sandbox.stats().cuts == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    sandbox.faults(|faults| *faults = down());
    let ended = ended(child.wait_with_output().unwrap());
    ended.expect(1, &["gave up after 2 tries in a row", "continue with --last-event-id 2"]);
    assert_eq!(ended.stderr.matches("tries again in").count(), 2, "{}", ended.stderr);
}

#[test]
fn what_is_not_tried_again_is_not_given_up() {
    let sandbox = sandbox(1, instead(Instead::status(402).message("No credit")));
    let ended = end(&mut runs(&sandbox, ["--max-attempts=1"]));
    ended.expect(1, &["status 402: No credit"]);
    assert!(!ended.stderr.contains("gave up"), "{}", ended.stderr);
}

#[test]
fn a_cursor_that_was_refused_is_not_recommended() {
    let sandbox = sandbox(5, Faults::default());
    let ended = end(&mut runs(&sandbox, ["--format=jsonl", "--last-event-id=99"]));
    ended.expect(1, &["status 422: ", "\"99\"", "leave out --last-event-id to start from the beginning"]);
    assert!(!ended.stderr.contains("continue with"), "{}", ended.stderr);
    // Nor is it when the group is not there at all.
    let mut command = runs(&sandbox, ["--last-event-id=2"]);
    let ended = end(command.env("PARALLEL_API_KEY", "another-key"));
    ended.expect(1, &["status 401", "continue with --last-event-id 2"]);
    let mut command = program(["runs", "tgrp_0", "--last-event-id=2"]);
    command.env("PARALLEL_BASE_URL", sandbox.base_url()).env("PARALLEL_API_KEY", KEY);
    let ended = end(&mut command);
    assert!(
        ended.stderr.contains("status 404") && !ended.stderr.contains("continue with"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_cursor_that_is_refused_on_the_way_is_not_recommended_either() {
    let stream = event_stream("data: {\"event_id\":\"7\"}\n\ndata: {\n");
    let refusal = answer("422 No", "application/json", r#"{"detail":"no such event"}"#);
    let (server, url) = canned(vec![stream, refusal]);
    let ended = end(&mut runs_at(&url, &[]));
    ended.expect(1, &["status 422: no such event", "\"7\""]);
    assert!(!ended.stderr.contains("continue with"), "{}", ended.stderr);
    server.join().unwrap();
}

#[test]
fn how_to_continue_comes_after_the_error() {
    let stream = event_stream("data: {\"event_id\":\"7\"}\n\ndata: {\n");
    let (server, url) = canned(vec![stream, answer("402 No", "text/plain", "no credit")]);
    let ended = end(&mut runs_at(&url, &["--status=completed"]));
    let last: Vec<_> = ended.stderr.lines().rev().take(2).collect();
    assert!(last[1].contains("status 402: no credit"), "{}", ended.stderr);
    assert_eq!(last[0], "taskgroup: continue with --last-event-id 7");
    server.join().unwrap();
}

#[test]
fn for_people_each_line_begins_with_the_id_to_continue_after() {
    let options = Options { runs: 4, awkward_ids: true, ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let ended = end(&mut runs(&sandbox, []));
    let second = ended.lines()[1].trim_start();
    assert!(second.starts_with("'2+/=&% é'  "), "{second}");
    let rest = end(&mut runs(&sandbox, ["--last-event-id", "2+/=&% é"]));
    assert_eq!(rest.lines(), ended.lines()[2..]);
}

#[test]
fn what_came_instead_is_named() {
    let header =
        |name: &str, value: &str| Faults { headers: vec![(name.into(), value.into())], ..Faults::default() };
    for (faults, words) in [
        (
            header("content-type", "text/html; charset=utf-8"),
            vec!["content type: text/html; charset=utf-8", "--base-url"],
        ),
        (header("content-encoding", "br"), vec!["content encoding other than identity: br", "--base-url"]),
        (
            instead(Instead::status(307).header("location", "https://example.org/v9")),
            vec!["to https://example.org/v9", "--base-url"],
        ),
        (instead(Instead::status(307)), vec!["redirect", "no Location came"]),
        (instead(Instead::status(307).header("location", &format!("/{}", "x".repeat(200)))), vec!["to /xxx"]),
    ] {
        let sandbox = sandbox(3, faults);
        end(&mut runs(&sandbox, [])).expect(1, &words);
    }
}

#[test]
fn what_needs_an_option_names_it() {
    let tls = Sandbox::start(Options { tls: true, ..Options::default() }).unwrap();
    let plain = sandbox(1, Faults::default());
    let url = |scheme: &str, sandbox: &Sandbox| format!("{scheme}://localhost:{}", sandbox.port());
    end(&mut runs_at("http://192.0.2.1", &[]))
        .expect(2, &["plaintext to 192.0.2.1", "--allow-plaintext", "https://"]);
    for (url, words) in [
        (url("https", &tls), vec!["certificate", "--ca-file"]),
        (url("https", &plain), vec!["does not speak TLS", "http may be meant"]),
        (url("http", &tls), vec!["not HTTP/1", "--base-url begins with https://"]),
        (
            "http://127.0.0.1:1".to_owned(),
            vec!["refused", "http://127.0.0.1:1 the right server (--base-url)"],
        ),
    ] {
        end(&mut runs_at(&url, &["--max-attempts=1"])).expect(1, &words);
    }
    let stall = Stall::after(After::Bytes(0), Duration::from_secs(60));
    let silent = sandbox(3, Faults { stall: Some(stall), ..Faults::default() });
    end(&mut runs(&silent, ["--idle-timeout=0.2", "--max-attempts=1"]))
        .expect(1, &["silent", "--idle-timeout is 0.2 s", "--max-attempts"]);
}

#[test]
fn which_id_or_key_is_wrong_is_said() {
    let sandbox = sandbox(1, Faults::default());
    let at = |group: &str| {
        let mut command = program(["runs", group]);
        command.env("PARALLEL_BASE_URL", sandbox.base_url()).env("PARALLEL_API_KEY", KEY);
        end(&mut command)
    };
    at("tgrp_nothing")
        .expect(1, &["status 404: No such task group", "is tgrp_nothing the right id of a group"]);
    let mut versioned = runs(&sandbox, []);
    versioned.env("PARALLEL_BASE_URL", format!("{}/v1beta", sandbox.base_url()));
    end(&mut versioned).expect(1, &["status 404", "--base-url ends before the version"]);
    at("trun_nothing").expect(1, &["status 404", "trun_nothing is the id of a run"]);
    let mut command = runs(&sandbox, []);
    end(command.env("PARALLEL_API_KEY", "another-key")).expect(1, &["status 401", "PARALLEL_API_KEY"]);
    let file = temporary("wrong", b"another-key");
    let mut command = runs(&sandbox, ["--api-key-file", file.to_str().unwrap()]);
    end(&mut command).expect(1, &["status 401", "--api-key-file", "/wrong"]);
    let long = "x".repeat(129);
    for (arguments, words) in [
        (["tgrp_1", "--last-event-id", ""], "--last-event-id <ID>"),
        (["tgrp_1", "--last-event-id", &long], "1 to 128 bytes, this one has 129"),
        ([&long, "--status", "failed"], "[TASKGROUP_ID]"),
        (["..", "--status", "failed"], "[TASKGROUP_ID]"),
        (["", "--status", "failed"], "is a variable not set?"),
        (["tgrp_1\n", "--status", "failed"], "no line feeds"),
    ] {
        end(program(["runs"]).args(arguments).env("PARALLEL_API_KEY", KEY)).expect(2, &[words]);
    }
    for name in ["PARALLEL_API_KEY", "TASKGROUP_ID"] {
        let mut command = program(["runs"]);
        command.env("PARALLEL_API_KEY", KEY).env("TASKGROUP_ID", "tgrp_1");
        for empty in ["", "  "] {
            end(command.env(name, empty)).expect(2, &["no ", name]);
        }
    }
    end(program(["runs", "tgrp_1"]).env("PARALLEL_API_KEY", "a\nb"))
        .expect(2, &["PARALLEL_API_KEY: the key has"]);
    let huge = temporary("huge-key", &[b'k'; 70_000]);
    for (file, words) in
        [(huge.to_str().unwrap(), "64 KiB"), ("/", "directory"), ("/dev/null", "no key in it")]
    {
        end(&mut program(["runs", "tgrp_1", "--api-key-file", file])).expect(2, &["--api-key-file", words]);
    }
    end(program(["runs", "tgrp_1", "--ca-file", "/"]).env("PARALLEL_API_KEY", KEY))
        .expect(2, &["--ca-file /: Is a directory", "PEM"]);
}

#[test]
fn the_group_may_be_named_by_the_environment() {
    let sandbox = sandbox(3, Faults::default());
    let mut command = program(["runs", "--format=jsonl"]);
    command.env("PARALLEL_BASE_URL", sandbox.base_url()).env("PARALLEL_API_KEY", KEY);
    let ended = end(command.env("TASKGROUP_ID", sandbox.group_id()));
    ended.expect(0, &[]);
    assert_eq!(ended.lines().len(), 3);
}

#[test]
fn an_empty_base_url_in_the_environment_is_none() {
    for (url, words) in
        [("", "/no/such/file"), (" ", "/no/such/file"), ("x", "PARALLEL_BASE_URL: the base URL must be")]
    {
        let mut command = program(["runs", "tgrp_1", "--ca-file", "/no/such/file"]);
        end(command.env("PARALLEL_API_KEY", KEY).env("PARALLEL_BASE_URL", url)).expect(2, &[words]);
    }
}

#[test]
fn a_password_in_a_url_is_never_shown() {
    let hidden = |mut command: std::process::Command, code, words: &[&str]| {
        let ended = end(command.env("PARALLEL_API_KEY", KEY));
        ended.expect(code, words);
        let said = ended.stderr + &ended.stdout;
        assert!(!said.contains("hunter2") && !said.contains("alice"), "{said}");
    };
    for url in [
        "https://alice:hunter2@host",
        "http://alice:hunter2@[::1]/x",
        "alice:hunter2@host",
        "https://alice:hunt/hunter2@host",
    ] {
        hidden(runs_at(url, &[]), 2, &["--base-url", "users and passwords are not taken"]);
        if url.contains("://") {
            hidden(program(["runs", "tgrp_1", url]), 2, &["unexpected argument"]);
        }
        let mut help = program(["runs", "--help"]);
        help.env("PARALLEL_BASE_URL", url);
        hidden(help, 0, &[]);
        let mut command = program(["runs", "tgrp_1"]);
        command.env("PARALLEL_BASE_URL", url);
        hidden(command, 2, &["PARALLEL_BASE_URL"]);
    }
    let away = Instead::status(302).header("location", "https://alice:hunter2@example.org/x");
    let sandbox = sandbox(1, instead(away));
    hidden(runs(&sandbox, []), 1, &["redirect", "https://***@example.org/x"]);
}

#[test]
fn a_short_key_garbles_neither_words_nor_answers() {
    for key in ["k", "report"] {
        let options = |key: &str| Options { runs: 20, key: key.to_owned(), ..Options::default() };
        let (short, long) = (Sandbox::start(options(key)).unwrap(), Sandbox::start(options(KEY)).unwrap());
        let answers = |sandbox: &Sandbox| end(&mut runs(sandbox, ["--include-output"])).stdout;
        assert_eq!(answers(&short), answers(&long));
        short.faults(|faults| *faults = instead(Instead::status(400).message("task report")));
        end(&mut runs(&short, [])).expect(1, &["status 400: task report"]);
    }
}

#[test]
fn what_the_service_sends_as_data_stays_as_it_is_also_with_the_key_in_it() {
    let event = format!(
        r#"{{"type":"task_run.state","event_id":"1","run":{{"run_id":"trun_1"}},"output":{{"content":"{KEY}"}}}}"#
    );
    for format in ["--format=jsonl", "--format=human"] {
        let (server, url) = canned(vec![event_stream(&format!("data: {event}\n\n")), event_stream("")]);
        let ended = end(&mut runs_at(&url, &[format, "--status=completed"]));
        ended.expect(0, &[]);
        assert!(ended.stdout.contains(KEY), "{}", ended.stdout);
        server.join().unwrap();
    }
}
