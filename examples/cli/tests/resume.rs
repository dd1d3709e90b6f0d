//! `taskgroup runs --resume FILE`: the file tells where to continue, whatever ended the program that wrote
//! it.

mod common;

use std::{fs, io::Write as _, path::PathBuf, process::Command, thread, time::Duration};

use common::*;
use taskgroup_sandbox::{Faults, Options, Sandbox};

fn path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}

fn resume(sandbox: &Sandbox, path: &PathBuf, more: &[&str]) -> Command {
    let mut command = runs(sandbox, ["--include-output"].iter().chain(more).copied());
    command.arg("--resume").arg(path);
    command
}

#[track_caller]
fn assert_whole(sandbox: &Sandbox, path: &PathBuf) {
    let text = fs::read_to_string(path).unwrap();
    assert_same(&text.lines().collect::<Vec<_>>(), &truth(sandbox, WITH_OUTPUT));
    assert!(text.ends_with('\n'));
}

#[test]
fn the_same_command_starts_continues_and_finds_nothing_more() {
    let sandbox = sandbox(30, Faults::default());
    let path = path("starts.jsonl");
    for _ in 0..3 {
        let ended = end(&mut resume(&sandbox, &path, &[]));
        ended.expect(0, &[]);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
        assert_whole(&sandbox, &path);
    }
}

#[test]
fn wherever_the_file_was_cut_it_becomes_whole() {
    let sandbox = sandbox(12, Faults::default());
    let lines: Vec<String> = truth(&sandbox, WITH_OUTPUT);
    let whole = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let ends = lines.iter().scan(0, |end, line| {
        *end += line.len() + 1;
        Some(*end)
    });
    // Before, at and after each line feed, and somewhere in the line.
    for end in ends.take(5).flat_map(|end| [end - 2, end - 1, end, end + 1, end + 40]).chain([0, 1, 5]) {
        let path = path("cut.jsonl");
        fs::write(&path, &whole.as_bytes()[..end]).unwrap();
        end_quietly(&mut resume(&sandbox, &path, &[]));
        assert_whole(&sandbox, &path);
    }
}

#[track_caller]
fn end_quietly(command: &mut Command) {
    end(command).expect(0, &[]);
}

#[test]
fn a_program_that_is_killed_again_and_again_loses_and_repeats_nothing() {
    let options = Options { runs: 150, output_bytes: Some(20_000), ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let path = path("killed.jsonl");
    let length = || fs::metadata(&path).map_or(0, |file| file.len());
    let mut kills = 0;
    loop {
        let mut child = resume(&sandbox, &path, &[]).spawn().unwrap();
        // Somewhere in a line, and as many lines on as the moment has it.
        let enough = length() + 1 + (kills * 77_773) % 400_000;
        let status = loop {
            match child.try_wait().unwrap() {
                None if length() < enough => thread::sleep(Duration::from_micros(200)),
                status => break status,
            }
        };
        if status.is_some_and(|status| status.success()) {
            break;
        }
        signal(&child, "KILL");
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills >= 3, "{kills} kills prove nothing");
    end_quietly(&mut resume(&sandbox, &path, &[]));
    assert_whole(&sandbox, &path);
}

#[test]
fn several_statuses_continue_in_the_one_that_was_left() {
    let sandbox = sandbox(60, Faults::default());
    let statuses = ["--status=failed", "--status=completed"];
    let whole = path("statuses.jsonl");
    end_quietly(&mut resume(&sandbox, &whole, &statuses));
    let text = fs::read_to_string(&whole).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 60);
    let first_failed = lines.iter().position(|line| value(line)["run"]["status"] == "failed").unwrap();
    for kept in [0, 1, first_failed - 1, first_failed, first_failed + 1, 59] {
        let path = path("statuses-cut.jsonl");
        fs::write(&path, lines[..kept].iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        end_quietly(&mut resume(&sandbox, &path, &statuses));
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{kept} lines were kept");
    }
}

#[test]
fn an_event_without_an_id_at_the_end_is_passed_over_and_kept() {
    let sandbox = sandbox(5, Faults::default());
    let path = path("error.jsonl");
    let lines = truth(&sandbox, WITH_OUTPUT);
    let error = r#"{"type":"error","error":{"message":"x"}}"#;
    fs::write(&path, format!("{}\n{}\n{error}\n", lines[0], lines[1])).unwrap();
    end_quietly(&mut resume(&sandbox, &path, &[]));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().filter(|line| *line == error).count(), 1);
    assert_same(&text.lines().filter(|line| *line != error).collect::<Vec<_>>(), &lines);
}

#[test]
fn a_file_that_is_not_a_recording_is_left_as_it_is() {
    let sandbox = sandbox(5, Faults::default());
    for (contents, words) in [
        ("a poem\nof two lines\n", "no line of it has an event_id"),
        ("{\"run\":{}}\n", "no line of it has an event_id"),
        ("half a poem", "is not a file of JSON lines"),
    ] {
        let path = path("poem.txt");
        fs::write(&path, contents).unwrap();
        let ended = end(&mut resume(&sandbox, &path, &[]));
        ended.expect(2, &["--resume ", "poem.txt", words]);
        assert_eq!(fs::read_to_string(&path).unwrap(), contents);
    }
    end(&mut resume(&sandbox, &"/dev/null".into(), &[])).expect(2, &["not a regular file"]);
    end(&mut resume(&sandbox, &"/no/such/folder/x".into(), &[]))
        .expect(2, &["--resume /no/such/folder/x: No such"]);
    end(&mut resume(&sandbox, &"x".into(), &["--last-event-id=3"])).expect(2, &["cannot be used with"]);
    assert_eq!(sandbox.stats().requests, 0);
}

#[test]
fn two_programs_do_not_write_one_file() {
    let sandbox = sandbox(3, Faults::default());
    let path = path("two.jsonl");
    let mut file = fs::File::create(&path).unwrap();
    file.lock().unwrap();
    file.write_all(b"").unwrap();
    end(&mut resume(&sandbox, &path, &[])).expect(2, &["another program is writing it"]);
}

#[test]
fn how_to_continue_is_the_same_option() {
    let (server, url) = canned(vec![answer("402 No", "text/plain", "no credit")]);
    let path = path("hint 1.jsonl");
    let mut command = program(["runs", "tgrp_1", "--base-url", &url, "--resume"]);
    let ended = end(command.arg(&path).env("PARALLEL_API_KEY", KEY));
    ended.expect(1, &["status 402", "continue with --resume '", "hint 1.jsonl'"]);
    server.join().unwrap();
}
