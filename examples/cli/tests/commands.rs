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

#[test]
fn the_demo_continues_however_often_the_connection_is_cut() {
    // Less than the largest event comes between two cuts.
    let ended = end(&mut program(["demo", "--runs=100", "--pace=0", "--cuts=50"]));
    ended.expect(0, &[]);
    assert!(ended.stdout.contains("cuts by the sandbox: 50"), "{}", ended.stdout);
    assert!(ended.stdout.contains("lost 0, twice 0; in order, byte for byte"), "{}", ended.stdout);
}

#[test]
fn numbers_that_make_no_sense_are_refused_with_their_bounds() {
    for (arguments, words) in [
        (&["demo", "--cuts=1001"][..], "0..=1000"),
        (&["demo", "--runs=0"], "1..=100000"),
        (&["demo", "--pace=60001"], "0..=60000"),
        (&["sandbox", "--speed=0"], "between 0.001 and 1000000"),
        (&["sandbox", "--speed=nan"], "between 0.001 and 1000000"),
        (&["sandbox", "--key="], "empty key"),
        (&["sandbox", "--key=a b"], "only letters, digits"),
        (&["sandbox", "--key=$(id)"], "only letters, digits"),
        (&["sandbox", "--runs=1000001"], "0..=1000000"),
        (&["sandbox", "--output-bytes=999"], "1000..=1000000000"),
        (&["sandbox", "--write-bytes=0"], "1.."),
        (&["sandbox", "--chunk-bytes=0"], "1.."),
        (&["sandbox", "--broken-every=0"], "1.."),
        (&["sandbox", "--cut-events=1", "--cut-times=0"], "1.."),
        (&["sandbox", "--stall-events=1", "--stall-times=0"], "1.."),
        (&["sandbox", "--stall-events=1", "--stall-seconds=-1"], "between 0.001 and 86400"),
        (&["sandbox", "--answer=503", "--answer-times=0"], "1.."),
        (&["sandbox", "--error-events=3", "--error-times=0"], "1.."),
        (
            &["sandbox", "--cut-random=5", "--cut-random-least=6"],
            "--cut-random-least 6 is more than --cut-random 5",
        ),
        (&["sandbox", "--header=a b: c"], "name of a header"),
        (&["sandbox", "--header=abc"], "a colon"),
        (&["sandbox", "--content-type=a\nb"], "control characters"),
    ] {
        // clap colours nothing here, and breaks no line.
        let ended = end(&mut program(arguments));
        ended.expect(2, &[words]);
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    // Held from the start: a port that was let go can be somebody else's by now.
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap();
    let port = format!("--port={}", taken.port());
    let words = format!("port {}: Address already in use", taken.port());
    end(&mut program(["sandbox", &port])).expect(1, &[&words, "--port 0"]);
    end(&mut program(["sandbox", "--tls", "--ca-out=/no/such/file"]))
        .expect(1, &["--ca-out /no/such/file: "]);
}

#[test]
fn help_fits_80_columns() {
    let commands = ["create", "add", "status", "runs", "events", "result", "input", "follow"];
    let others = ["decode", "demo", "sandbox", "completions", "man"];
    for command in commands.into_iter().chain(others).map(|name| vec![name]).chain([vec![]]) {
        for help in ["-h", "--help"] {
            for columns in ["", "80", "200"] {
                let mut program = program(command.iter().chain([&help]));
                let ended = end(program.env("COLUMNS", columns));
                ended.expect(0, &[]);
                let long = ended.stdout.lines().find(|line| line.chars().count() > 80);
                assert_eq!(long, None, "{command:?}");
            }
        }
    }
    for words in ["141", "143", "129"] {
        assert!(end(&mut program(["--help"])).stdout.contains(words));
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
fn empty_data_is_no_event_on_however_many_lines() {
    let recorded = format!("data:\ndata:\n\ndata: {RUN}\n\n");
    let ended = end_with_stdin(&mut program(["decode", "--format=jsonl"]), recorded.as_bytes());
    ended.expect(0, &[]);
    assert_eq!(ended.lines(), [RUN]);
}

#[test]
fn an_event_begun_and_not_ended_is_told() {
    for (tail, code) in [
        ("data:", 3),
        ("data: {}", 3),
        ("data: {}\n", 3),
        ("event: x\r\n", 3),
        ("id: 7\n: comment\n", 3),
        ("dat", 3),
        ("x", 3),
        ("retry: 5", 3),
        ("retry: 5\n", 0),
        ("unknown: x\n", 0),
        (": comment", 0),
        ("event: x\n\n", 0),
    ] {
        let recorded = format!("data: {{\"event_id\":\"7\"}}\n\n{tail}");
        let ended = end_with_stdin(&mut program(["decode", "--format=jsonl"]), recorded.as_bytes());
        let told = if code == 3 { "event number 2: cut by the end" } else { "" };
        ended.expect(code, &[told]);
        assert_eq!((ended.lines(), ended.stderr.is_empty()), (vec!["{\"event_id\":\"7\"}"], code == 0));
    }
}

#[test]
fn what_is_no_event_stream_is_a_failure_that_says_what_it_looks_like() {
    for (input, looks) in [
        (&b"{\"type\":\"error\"}"[..], "JSON"),
        (b"{\"error\":{\"message\":\"no key\"}}", "no key"),
        (b"\n [1]\n", "JSON"),
        (b"{\"event_id\":\"1\"}\n{\"event_id\":\"2\"}\n", "--format jsonl"),
        (b"<!doctype html>\n<title>x</title>\n", "HTML"),
        (b"\x1f\x8b\x08\x00\x00\n\n", "gzip"),
        (b"\x28\xb5\x2f\xfd\x00", "zstd"),
        (b"\xff\xfed\x00a\x00", "UTF-16"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "HTTP"),
        (b"hello\n", "no line of it has data"),
        (b"event: ping\ndata:\n\n", "no line of it has data"),
        (b"retry: 5\n\n", "no line of it has data"),
    ] {
        let ended = end_with_stdin(&mut program(["decode"]), input);
        ended.expect(1, &["stdin: no event in it", looks, "text/event-stream"]);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn nothing_and_comments_alone_are_a_stream_without_events() {
    for input in [&b""[..], b": hello\n\n", b"\r\n\n", b":", b"\xef\xbb\xbf: hello\n"] {
        let ended = end_with_stdin(&mut program(["decode"]), input);
        ended.expect(0, &[]);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    }
}

#[test]
fn a_recorded_stream_is_read_from_a_file_too() {
    let file = temporary("recorded.sse", format!("data: {RUN}\n\n").as_bytes());
    let ended = end(&mut program(["decode", "--format=jsonl", file.to_str().unwrap()]));
    ended.expect(0, &[]);
    assert_eq!(ended.lines(), [RUN]);
    let stdin = end_with_stdin(&mut program(["decode", "--format=jsonl", "-"]), b"data: {}\n\n");
    assert_eq!(stdin.lines(), ["{}"]);
    end(&mut program(["decode", "/no/such/file"])).expect(2, &["/no/such/file: No such file"]);
    end(&mut program(["decode", env!("CARGO_TARGET_TMPDIR")])).expect(1, &["Is a directory"]);
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
    for word in ["SECONDS", "[default: 90]", "PARALLEL_API_KEY", "[env: PARALLEL_BASE_URL=", "0: never"] {
        assert!(help.stdout.contains(word), "{}", help.stdout);
    }
    assert!(end(&mut program(["--help"])).stdout.contains("130 interrupted"));
}

#[test]
fn an_event_with_a_member_that_does_not_fit_is_printed_and_the_member_named() {
    let run = |id: u8, status: &str| {
        let run =
            format!(r#""run":{{"run_id":"trun_{id}","status":{status}}},"output":{{"content":{{"a":1}}}}"#);
        format!("data: {{\"type\":\"task_run.state\",\"event_id\":\"{id}\",{run}}}\n\n")
    };
    let stream = [run(1, "\"completed\""), run(2, "[7]"), run(3, "\"failed\"")].concat();
    let has_three = |ended: &Ended| {
        assert_eq!(ended.lines().len(), 3, "{}", ended.stdout);
        assert!(
            ended.lines()[1].contains("trun_2") && ended.lines()[1].contains(r#"{"a":1}"#),
            "{}",
            ended.stdout
        );
    };
    let member = "JSON member `status` has a value of another type";
    let decoded = end_with_stdin(&mut program(["decode", "--format=human"]), stream.as_bytes());
    decoded.expect(3, &[&format!("event number 2 with id \"2\": {member}")]);
    has_three(&decoded);

    // After its end a stream is asked for once more.
    let (server, url) = canned(vec![event_stream(&stream), event_stream("")]);
    let mut command = program(["runs", "tgrp_1", "--format=human", "--status=completed", "--base-url", &url]);
    let streamed = end(command.env("PARALLEL_API_KEY", KEY));
    streamed.expect(
        3,
        &[&format!("event \"2\": {member}"), "1 event was printed without a member that did not fit"],
    );
    has_three(&streamed);
    server.join().unwrap();
}
