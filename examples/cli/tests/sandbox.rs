//! `taskgroup sandbox -- COMMAND`: a command beside a server that lives as long.

mod common;

use std::{
    net::TcpStream,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use common::*;

/// `taskgroup sandbox FLAGS -- bash -c SCRIPT taskgroup`.
fn beside(flags: &[&str], script: &str) -> Command {
    let mut command = program(["sandbox"]);
    command.args(flags).args(["--", "bash", "-c", script, env!("CARGO_BIN_EXE_taskgroup")]);
    command
}

#[test]
fn a_command_has_the_three_variables_and_stdout_for_itself() {
    let script =
        r#"echo "$PARALLEL_BASE_URL $PARALLEL_API_KEY $TASKGROUP_ID ${TASKGROUP_CA_FILE-none}"; cat; exit 7"#;
    let ended = end_with_stdin(&mut beside(&["--key=another-key"], script), b"stdin, too\n");
    ended.expect(7, &[]);
    let words: Vec<&str> = ended.stdout.split_whitespace().collect();
    assert!(words[0].starts_with("http://127.0.0.1:") && words[2].starts_with("tgrp_"), "{}", ended.stdout);
    assert_eq!((words[1], &words[3..]), ("another-key", &["none", "stdin,", "too"][..]));
    assert_eq!(ended.stderr, "");
}

#[test]
fn the_program_itself_is_such_a_command() {
    let mut command = program(["sandbox", "--runs=20", "--cut-events=7", "--cut-times=1", "--"]);
    let ended =
        end(command.args([env!("CARGO_BIN_EXE_taskgroup"), "runs", "--format=jsonl", "--include-output"]));
    ended.expect(0, &["tries again"]);
    assert_eq!(ended.lines().len(), 20);
}

#[test]
fn by_tls_the_certificate_is_there_as_long_as_the_command() {
    let ended = end(&mut beside(
        &["--tls", "--runs=4"],
        r#"echo "$TASKGROUP_CA_FILE"; "$0" runs --ca-file "$TASKGROUP_CA_FILE""#,
    ));
    ended.expect(0, &[]);
    assert_eq!((ended.lines().len(), ended.stderr.as_str()), (5, ""));
    assert!(!std::path::Path::new(ended.lines()[0]).exists());
}

#[test]
fn the_server_ends_with_the_command() {
    let ended = end(&mut beside(&[], "echo $PARALLEL_BASE_URL"));
    let host = ended.stdout.trim().strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(host).is_err());
}

#[test]
fn a_sandbox_with_tls_is_trusted_by_a_program_beside_it() {
    let runs = env!("CARGO_BIN_EXE_taskgroup");
    let mut command = program(["sandbox", "--runs=3", "--tls", "--", runs, "runs", "--format=jsonl"]);
    let ended = end(&mut command);
    ended.expect(0, &[]);
    assert_eq!(ended.lines().len(), 3);
    let mut command =
        program(["sandbox", "--runs=3", "--tls", "--", runs, "runs", "--ca-file=/no/such/file"]);
    end(&mut command).expect(2, &["--ca-file /no/such/file"]);
}

#[test]
fn a_command_that_cannot_be_run_is_told_as_a_shell_would() {
    let file = temporary("not-executable", b"");
    for (name, code) in
        [("/no/such/program", 127), ("no-such-program", 127), (file.to_str().unwrap(), 126), ("/", 126)]
    {
        let ended = end(&mut program(["sandbox", "--", name]));
        ended.expect(code, &[name]);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn a_command_that_a_signal_ends_gives_128_and_its_number() {
    end(&mut beside(&[], "kill -KILL $$")).expect(137, &[]);
}

#[test]
fn signals_reach_the_command_which_decides() {
    // In a session of its own no terminal does what is to be tested.
    let spawn = |script: &str| {
        let inner = beside(&[], script);
        // What started the tests may ignore SIGHUP, as nohup does.
        let mut outer = Command::new("env");
        outer.args(["--default-signal=HUP", "setsid", "-w"]).arg(inner.get_program()).args(inner.get_args());
        outer.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129), ("QUIT", 131)] {
        let mut child = spawn("echo $PPID; exec sleep 60");
        let parent = read_lines(&mut child, 1);
        // The shell itself would not hear SIGQUIT.
        thread::sleep(Duration::from_millis(500));
        assert!(Command::new("kill").args([&format!("-{name}"), &parent[0]]).status().unwrap().success());
        assert_eq!(ended(child.wait_with_output().unwrap()).code, Some(code));
    }
    let mut child = spawn(
        "trap 'echo heard' TERM; echo $PPID; sleep 0.1; while sleep 0.1; do [ -e /dev/null ] && n=$((n+1)); [ $n -lt 5 ] || exit 9; done",
    );
    let parent = read_lines(&mut child, 1);
    thread::sleep(Duration::from_millis(200));
    assert!(Command::new("kill").args(["-TERM", &parent[0]]).status().unwrap().success());
    let ended = ended(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(9), "heard\n"));
}

#[test]
fn a_signal_that_is_ignored_is_ignored_by_the_command_too() {
    let script = format!(
        "trap '' HUP; exec {} sandbox -- grep SigIgn /proc/self/status",
        env!("CARGO_BIN_EXE_taskgroup")
    );
    let ended = end(&mut {
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]);
        shell
    });
    ended.expect(0, &[]);
    let mask = u64::from_str_radix(ended.stdout.split_whitespace().last().unwrap(), 16).unwrap();
    assert_eq!(mask & 1, 1);
}
