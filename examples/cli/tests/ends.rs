//! Ends that come too early: signals, disks that are full and pipes that are closed. What is out is whole
//! lines, and the hint how to continue names the last of them.

mod common;

use std::{
    fs::{self, OpenOptions},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::*;
use taskgroup_sandbox::{After, Faults, Options, RunsQuery, Sandbox, Stall};

const SIGNALS: [(&str, i32); 3] = [("INT", 130), ("TERM", 143), ("HUP", 129)];
const HALF: &str = "stdout ends in the middle of a line";

fn stalled(runs_count: usize, after: u64) -> Sandbox {
    let stall = Stall::after(After::Events(after), Duration::from_secs(60)).times(1);
    sandbox(runs_count, Faults { stall: Some(stall), ..Faults::default() })
}

/// The number of the event that the hint names.
#[track_caller]
fn hinted(ended: &Ended) -> usize {
    let hint =
        ended.stderr.lines().find_map(|line| line.split_once("continue with --last-event-id ")).unwrap();
    hint.1.parse().unwrap()
}

/// Waits until the pipe and the sockets are full, and nothing moves any more.
fn wait_until_stuck(sandbox: &Sandbox) {
    let mut bytes = 0;
    while sandbox.stats().bytes == 0 || sandbox.stats().bytes != bytes {
        bytes = sandbox.stats().bytes;
        thread::sleep(Duration::from_millis(200));
    }
}

/// The command, which SIGHUP ends even where the tests were started by something like nohup.
fn hearing(inner: &Command) -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=HUP").arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn each_signal_says_where_to_continue_and_ends_with_its_code() {
    for format in ["--format=jsonl", "--format=human"] {
        for (name, code) in SIGNALS {
            let sandbox = stalled(5, 3);
            let mut child = hearing(&runs(&sandbox, [format])).spawn().unwrap();
            read_lines(&mut child, 3);
            signal(&child, name);
            let ended = ended(child.wait_with_output().unwrap());
            ended.expect(code, &["interrupted; continue with --last-event-id 3"]);
            assert!(!ended.stderr.contains(HALF));
            let rest = end(&mut runs(&sandbox, ["--format=jsonl", "--last-event-id=3"]));
            assert_same(&rest.lines(), &truth(&sandbox, RunsQuery::default())[3..]);
        }
    }
}

#[test]
fn a_signal_before_anything_came_names_the_event_that_was_given() {
    for (arguments, words) in [
        (vec![], "interrupted\n"),
        (vec!["--last-event-id=2"], "interrupted; continue with --last-event-id 2\n"),
    ] {
        let stall = Stall::after(After::Bytes(0), Duration::from_secs(60)).times(1);
        let sandbox = sandbox(5, Faults { stall: Some(stall), ..Faults::default() });
        let child = runs(&sandbox, arguments).spawn().unwrap();
        while sandbox.stats().stalls == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        signal(&child, "INT");
        let ended = ended(child.wait_with_output().unwrap());
        ended.expect(130, &[words]);
    }
}

#[test]
fn the_hint_is_the_last_line_that_is_out_however_slowly_it_is_read() {
    // Lines that a pipe takes whole, lines that it takes in parts, and lines that are larger than it.
    for (output_bytes, read) in [(1_000, 9), (3_000, 7), (20_000, 2), (150_000, 1)] {
        let options = Options { runs: 200, output_bytes: Some(output_bytes), ..Options::default() };
        let sandbox = Sandbox::start(options).unwrap();
        let mut child = runs(&sandbox, ["--format=jsonl", "--include-output"]).spawn().unwrap();
        let lines = read_lines(&mut child, read);
        wait_until_stuck(&sandbox);
        signal(&child, "TERM");
        // If somebody reads on, they get the line whole.
        let ended = ended(child.wait_with_output().unwrap());
        ended.expect(143, &[]);
        assert!(!ended.stderr.contains(HALF), "{}", ended.stderr);
        assert!(ended.stdout.ends_with('\n'));
        let whole: Vec<&str> = lines.iter().map(String::as_str).chain(ended.lines()).collect();
        assert_eq!(whole.len(), hinted(&ended));
        assert_same(&whole, &truth(&sandbox, WITH_OUTPUT)[..whole.len()]);
    }
}

#[test]
fn a_signal_is_heard_while_nobody_reads_stdout_and_half_a_line_is_told() {
    for (output_bytes, half) in [(3_000, false), (300_000, true)] {
        let options = Options { runs: 100, output_bytes: Some(output_bytes), ..Options::default() };
        let sandbox = Sandbox::start(options).unwrap();
        let mut child = runs(&sandbox, ["--format=jsonl", "--include-output"]).spawn().unwrap();
        let lines = read_lines(&mut child, 1);
        wait_until_stuck(&sandbox);
        signal(&child, "INT");
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let ended = ended(child.wait_with_output().unwrap());
        ended.expect(130, &["interrupted; continue with --last-event-id "]);
        assert_eq!(
            (ended.stderr.contains(HALF), !ended.stdout.ends_with('\n')),
            (half, half),
            "{}",
            ended.stderr
        );
        let cursor = hinted(&ended);
        let printed: Vec<&str> = lines.iter().map(String::as_str).chain(ended.lines()).collect();
        assert_eq!(printed.len(), cursor + usize::from(half));
        assert_same(&printed[..cursor], &truth(&sandbox, WITH_OUTPUT)[..cursor]);
    }
}

#[test]
fn a_second_signal_does_not_wait_for_the_line() {
    let options = Options { runs: 10, output_bytes: Some(300_000), ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let mut child = runs(&sandbox, ["--format=jsonl", "--include-output"]).spawn().unwrap();
    wait_until_stuck(&sandbox);
    let began = Instant::now();
    signal(&child, "INT");
    thread::sleep(Duration::from_millis(100));
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(began.elapsed() < Duration::from_millis(800), "{:?}", began.elapsed());
    ended(child.wait_with_output().unwrap()).expect(130, &[HALF]);
}

/// Does this in a shell, where `"$@"` is the command.
fn shell(script: &str, command: &Command) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", script, "bash"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

#[test]
fn nohup_keeps_the_program_going() {
    let sandbox = stalled(5, 3);
    let mut child = shell("trap '' HUP; exec \"$@\"", &runs(&sandbox, ["--format=jsonl"])).spawn().unwrap();
    read_lines(&mut child, 3);
    signal(&child, "HUP");
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none());
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_disk_that_is_full_is_told_with_how_to_continue() {
    let sandbox = sandbox(5, Faults::default());
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let nothing = end(runs(&sandbox, ["--format=jsonl"]).stdout(full()));
    nothing.expect(1, &["stdout: No space left on device"]);
    assert!(!nothing.stderr.contains("continue with"), "nothing is out to continue after");
    end(runs(&sandbox, ["--format=jsonl", "--last-event-id=2"]).stdout(full()))
        .expect(1, &["--last-event-id 2"]);
    end(program(["decode", "--help"]).stdout(full())).expect(1, &["stdout: No space left on device"]);
}

#[test]
fn a_file_that_takes_no_more_ends_with_a_whole_line_and_can_be_continued() {
    let options = Options { runs: 30, output_bytes: Some(9_000), ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let file = temporary("limited.jsonl", b"");
    let command = runs(&sandbox, ["--format=jsonl", "--include-output"]);
    // 100 KiB; with the signal for it ignored, the write fails.
    let script = format!("trap '' XFSZ; ulimit -f 100; exec \"$@\" > {}", file.display());
    let failed = end(&mut shell(&script, &command));
    failed.expect(1, &["stdout: File too large"]);
    assert!(!failed.stderr.contains(HALF), "{}", failed.stderr);
    let (message, hint) = failed.stderr.split_once('\n').unwrap();
    assert!(
        message.contains("File too large") && hint.contains("continue with"),
        "the hint comes after the error"
    );
    let lines = fs::read_to_string(&file).unwrap();
    assert!(lines.ends_with('\n') && lines.len() > 90_000);
    let cursor = hinted(&failed);
    assert_eq!(lines.lines().count(), cursor);
    let append = OpenOptions::new().append(true).open(&file).unwrap();
    let mut rest =
        runs(&sandbox, ["--format=jsonl", "--include-output", "--last-event-id", &cursor.to_string()]);
    end(rest.stdout(append)).expect(0, &[]);
    let lines = fs::read_to_string(&file).unwrap();
    assert_same(&lines.lines().collect::<Vec<_>>(), &truth(&sandbox, WITH_OUTPUT));
}

/// Ends with 141, and without a word.
#[track_caller]
fn quiet(child: Child) {
    let ended = ended(child.wait_with_output().unwrap());
    ended.expect(141, &[]);
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_pipe_that_is_closed_ends_it_quietly() {
    let sandbox = sandbox(300, Faults::default());
    for arguments in [vec!["--format=jsonl", "--include-output"], vec![]] {
        let mut child = runs(&sandbox, arguments).spawn().unwrap();
        read_lines(&mut child, 1);
        drop(child.stdout.take());
        quiet(child);
    }
    let mut child = program(["demo", "--runs=50"]).spawn().unwrap();
    drop(child.stdout.take());
    quiet(child);
}

#[test]
fn a_stdout_that_is_closed_ends_it_quietly_and_one_that_nobody_reads_does_not() {
    let sandbox = sandbox(3, Faults::default());
    let file = temporary("one.sse", b"data: {}\n\n");
    let decode: &Path = &file;
    for command in [
        runs(&sandbox, ["--format=jsonl"]),
        program(["--help"]),
        program(["sandbox"]),
        program(["demo", "--runs=2", "--cuts=0"]),
        program(["decode".as_ref(), decode]),
    ] {
        quiet(shell("exec \"$@\" >&-", &command).spawn().unwrap());
        if command.get_args().next().unwrap() != "sandbox" {
            for null in [">/dev/null", "1<>/dev/null"] {
                end(&mut shell(&format!("exec \"$@\" {null}"), &command)).expect(0, &[]);
            }
        }
    }
}
