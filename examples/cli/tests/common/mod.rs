//! The real program against the real sandbox: how to start it, and what it should have printed.
#![allow(dead_code, unreachable_pub, reason = "each file of tests uses its part of these")]

use std::{
    ffi::OsStr,
    io::{Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
};

use taskgroup_sandbox::{Faults, Options, RunsQuery, Sandbox};

pub const KEY: &str = "sandbox-key";

/// With outputs, as most tests ask for.
pub const WITH_OUTPUT: RunsQuery = RunsQuery {
    version: taskgroup_sandbox::Version::V1Beta,
    status: None,
    include_input: false,
    include_output: true,
};

pub fn sandbox(runs: usize, faults: Faults) -> Sandbox {
    Sandbox::start(Options { runs, faults, ..Options::default() }).unwrap()
}

/// The program, with no environment that could change what it does.
pub fn program<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskgroup"));
    command
        .args(arguments)
        .env_remove("PARALLEL_BASE_URL")
        .env_remove("PARALLEL_API_KEY")
        .env_remove("TASKGROUP_ID")
        .env_remove("TASKGROUP_CA_FILE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// `taskgroup runs` of the sandbox's group.
pub fn runs<'a>(sandbox: &Sandbox, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = program(["runs", sandbox.group_id()]);
    command
        .args(arguments)
        .env("PARALLEL_BASE_URL", sandbox.base_url())
        .env("PARALLEL_API_KEY", sandbox.key());
    command
}

/// The program with these arguments, which finds the sandbox.
pub fn at<A: AsRef<OsStr>>(sandbox: &Sandbox, arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = program(arguments);
    command.env("PARALLEL_BASE_URL", sandbox.base_url()).env("PARALLEL_API_KEY", sandbox.key());
    command
}

/// A new group of the sandbox, without runs.
pub fn group(sandbox: &Sandbox) -> String {
    let ended = end(&mut at(sandbox, ["create"]));
    ended.expect(0, &[]);
    ended.stdout.trim_end().to_owned()
}

pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    /// Fails unless it ended with this code and said all these words.
    #[track_caller]
    pub fn expect(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in: {}", self.stderr);
        }
    }
}

/// Runs it to its end. Whatever happens, stderr never has the key, nor a panic, nor a control character.
#[track_caller]
pub fn end(command: &mut Command) -> Ended {
    ended(command.output().unwrap())
}

#[track_caller]
pub fn ended(output: Output) -> Ended {
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains(KEY), "the key is in: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(stderr.chars().all(|c| c == '\n' || !c.is_control()), "{stderr:?}");
    Ended { code: output.status.code(), stdout: String::from_utf8(output.stdout).unwrap(), stderr }
}

/// Runs it to its end with this on stdin.
#[track_caller]
pub fn end_with_stdin(command: &mut Command, stdin: &[u8]) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let (mut pipe, stdin) = (child.stdin.take().unwrap(), stdin.to_vec());
    let writer = thread::spawn(move || pipe.write_all(&stdin));
    let ended = ended(child.wait_with_output().unwrap());
    let _ = writer.join().unwrap();
    ended
}

/// The next so many lines of its stdout, byte by byte, so that the rest stays in the pipe.
pub fn read_lines(child: &mut Child, count: usize) -> Vec<String> {
    let stdout = child.stdout.as_mut().unwrap();
    (0..count)
        .map(|_| {
            let (mut line, mut byte) = (Vec::new(), [0]);
            loop {
                stdout.read_exact(&mut byte).unwrap();
                if byte == *b"\n" {
                    return String::from_utf8(line).unwrap();
                }
                line.push(byte[0]);
            }
        })
        .collect()
}

/// A line as values.
#[track_caller]
pub fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A server that gives each of these answers to one connection, in order, and the URL it is at.
pub fn canned(answers: Vec<String>) -> (thread::JoinHandle<()>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        for answer in answers {
            let mut tcp = listener.accept().unwrap().0;
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                tcp.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            tcp.write_all(answer.as_bytes()).unwrap();
        }
    };
    (thread::spawn(serve), url)
}

/// An answer with this status line's rest, content type and body.
pub fn answer(status: &str, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

pub fn event_stream(body: &str) -> String {
    answer("200 OK", "text/event-stream", body)
}

pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// What `--format jsonl` should print: all of it, in order, byte for byte.
pub fn truth(sandbox: &Sandbox, query: RunsQuery) -> Vec<String> {
    sandbox.runs(sandbox.group_id(), query).map(|event| event.json).collect()
}

/// Compares line by line, and shows the first that differs rather than megabytes.
#[track_caller]
pub fn assert_same(lines: &[&str], truth: &[String]) {
    for (place, (line, truth)) in lines.iter().zip(truth).enumerate() {
        let shown = |text: &str| text.chars().take(120).collect::<String>();
        assert!(line == truth, "line {place}: {} instead of {}", shown(line), shown(truth));
    }
    assert_eq!(lines.len(), truth.len());
}

pub fn temporary(name: &str, contents: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, contents).unwrap();
    path
}
