//! A request in, every byte of the answer out: a client as raw as can be, so that what the server really sent
//! is what a test sees.

#![allow(dead_code, reason = "each test program uses a part")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use taskgroup_sandbox::{RunEvent, Sandbox};

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
    Silent,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) raw: Vec<u8>,
    pub(crate) end: End,
}

impl Answer {
    pub(crate) fn head(&self) -> String {
        let end = find(&self.raw, b"\r\n\r\n").expect("a whole head");
        String::from_utf8(self.raw[..end].to_vec()).unwrap().to_ascii_lowercase()
    }

    pub(crate) fn status(&self) -> u16 {
        self.head().split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.head();
        head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).map(str::to_owned)
    }

    /// The chunks as they were sent; the last and empty one only when it was sent too.
    pub(crate) fn chunks(&self) -> Vec<Vec<u8>> {
        let mut rest = &self.raw[find(&self.raw, b"\r\n\r\n").unwrap() + 4..];
        let mut chunks = Vec::new();
        while let Some(end) = find(rest, b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
            let Some(chunk) = rest.get(end + 2..end + 2 + size) else { break };
            chunks.push(chunk.to_vec());
            rest = rest.get(end + 4 + size..).unwrap_or_default();
        }
        chunks
    }

    /// The body without its framing.
    pub(crate) fn body(&self) -> String {
        let bytes = match self.header("transfer-encoding") {
            Some(_) => self.chunks().concat(),
            None => self.raw[find(&self.raw, b"\r\n\r\n").unwrap() + 4..].to_vec(),
        };
        String::from_utf8(bytes).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body()).unwrap()
    }

    /// The data of each event with data, its lines joined, whatever ends them.
    pub(crate) fn data(&self) -> Vec<String> {
        let body = self.body().replace("\r\n", "\n").replace('\r', "\n");
        let blocks = body.split("\n\n").map(|block| {
            let lines: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
            lines.join("\n")
        });
        blocks.filter(|data| !data.is_empty()).collect()
    }

    /// The JSON of each event.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.data().iter().map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

/// Asks once, with the key, and reads until the end.
pub(crate) fn ask(sandbox: &Sandbox, method: &str, target: &str, body: &str) -> Answer {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        sandbox.key(),
        body.len()
    );
    send(sandbox, &(head + body))
}

/// Sends any bytes, and reads until the end, or until nothing has come for half a second where silence is
/// expected.
pub(crate) fn send(sandbox: &Sandbox, bytes: &str) -> Answer {
    read(connect(sandbox, bytes), Duration::from_secs(60))
}

pub(crate) fn connect(sandbox: &Sandbox, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    stream
}

pub(crate) fn read(mut stream: TcpStream, patience: Duration) -> Answer {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut raw = Vec::new();
    let mut buffer = [0; 65_536];
    let end = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break End::Closed,
            Ok(length) => raw.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break End::Reset,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                break End::Silent;
            }
            Err(error) => panic!("{error}"),
        }
    };
    Answer { raw, end }
}

pub(crate) fn get(sandbox: &Sandbox, target: &str) -> Answer {
    ask(sandbox, "GET", target, "")
}

/// The target of a request for the runs of the sandbox's own group.
pub(crate) fn runs(sandbox: &Sandbox, query: &str) -> String {
    format!("/v1beta/tasks/groups/{}/runs?{query}", sandbox.group_id())
}

pub(crate) fn texts(events: impl Iterator<Item = RunEvent>) -> Vec<String> {
    events.map(|event| event.json).collect()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
