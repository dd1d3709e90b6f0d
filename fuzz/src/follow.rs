//! Bytes in, what they make a followed group and its server do.

use taskgroup::{
    api::{Brief, RunResult, body::RunInput},
    follow::{Event, Follow, State},
    session::{Action, Config, Outcome},
    time::Instant,
};

use crate::bytes::Bytes;

type Subject = Follow<'static, RunResult<Brief>, 256>;

/// More calls show nothing new.
const CALLS: usize = 300;

/// How many inputs there are, and each of them.
const COUNT: usize = 3;

fn input(number: usize) -> Option<RunInput<'static>> {
    let texts: [&'static str; COUNT] = ["a", "\"b\"\n", "\u{e9}"];
    Some(RunInput::new("lite", *texts.get(number)?))
}

/// Bodies that get a group far.
const BODIES: [&str; 10] = [
    r#"{"taskgroup_id":"tgrp_1","status":{"num_task_runs":0,"is_active":false}}"#,
    r#"{"run_ids":["trun_0","trun_1","trun_2"],"run_cursor":null,"event_cursor":"e0","status":{"is_active":true}}"#,
    r#"{"run_ids":["trun_0"],"run_cursor":"0","event_cursor":null}"#,
    r#"{"run":{"run_id":"trun_0","status":"completed"},"output":{"type":"text","content":"x"}}"#,
    r#"{"run_id":"trun_0","status":"failed","is_active":false}"#,
    r#"{"detail":"no"}"#,
    "{}",
    "[]",
    "",
    "{\"taskgroup_id\":\"",
];

/// Events of both streams.
const EVENTS: [&str; 6] = [
    r#"{"type":"task_run.state","event_id":"0","input":{"metadata":{"input_number":0}},"run":{"run_id":"trun_0","status":"completed","is_active":false,"metadata":{"input_number":0}}}"#,
    r#"{"type":"task_run.state","event_id":"1","run":{"run_id":"trun_1","status":"failed","is_active":false,"metadata":{"input_number":1}}}"#,
    r#"{"type":"task_run.state","event_id":"2","run":{"run_id":"trun_2","status":"cancelled","is_active":false}}"#,
    r#"{"type":"task_group_status","event_id":null,"status":{"num_task_runs":3,"is_active":false,"task_run_status_counts":{"completed":3}}}"#,
    r#"{"type":"task_group_status","event_id":null,"status":{"num_task_runs":3,"is_active":true}}"#,
    r#"{"type":"error","error":{"message":"no"}}"#,
];

/// The first bytes are what is followed, all others calls.
///
/// # Panics
///
/// If a call returns what it must not.
pub fn called(input: &[u8]) {
    let mut bytes = Bytes(input);
    let mut world = World { follow: start(bytes.byte(), &State::new()), now: 1_000_000, stopped: None };
    for _ in 0..CALLS {
        if bytes.is_empty() {
            break;
        }
        world.call(&mut bytes);
    }
}

/// Continues with what is stored in these bytes, to which the checksum is added.
///
/// # Panics
///
/// If a request is not well-formed, or what was read is written otherwise.
pub fn stored(input: &[u8]) {
    assert!(
        State::read(input).is_none_or(|state| written(&state) == input),
        "what is read is what was written"
    );
    let mut content = input.to_vec();
    content.extend(fnv1a(input).to_le_bytes());
    let Some(state) = State::read(&content) else { return };
    assert_eq!(written(&state), content, "the same bytes");

    let mut follow = start(0, &state);
    let now = Instant::from_millis(1_000_000);
    if !matches!(follow.poll(now), Action::Connect { .. }) {
        return;
    }
    follow.connected(now);
    let mut request = Vec::new();
    while matches!(follow.poll(now), Action::Send { .. }) {
        let mut out = [0; 64];
        let length = follow.fill(&mut out);
        assert!(length > 0, "a request ends");
        request.extend(&out[..length]);
    }
    if request.is_empty() {
        return;
    }
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Request::new(&mut fields);
    assert!(head.parse(&request).is_ok_and(|status| status.is_complete()), "{:?}", request.escape_ascii());
    let names = head.headers.iter().map(|field| field.name.to_ascii_lowercase());
    let mut names: Vec<String> = names.filter(|name| name == "host" || name == "x-api-key").collect();
    names.sort();
    assert_eq!(names, ["host", "x-api-key"], "each once");
    let path = head.path.unwrap_or_default().split('?').next().unwrap_or_default();
    assert!(path.starts_with("/v1beta/tasks/groups"), "{path}");
    assert!(path.split('/').count() <= 6, "an id is one segment: {path}");
}

fn start(which: u8, state: &State) -> Subject {
    let follow = Subject::new(Config::new("key")).with_state(state);
    match which % 4 {
        0 => follow.with_inputs(&input),
        1 => follow.with_group("tgrp_1"),
        2 => follow.with_group("tgrp_1").with_inputs(&input),
        _ => follow,
    }
}

fn written(state: &State) -> Vec<u8> {
    let mut bytes = [0; State::SIZE];
    let length = state.write(&mut bytes);
    bytes[..length].to_vec()
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// What is followed, its clock, and the outcome that it stays with.
struct World {
    follow: Subject,
    now: u64,
    stopped: Option<Outcome>,
}

impl World {
    fn call(&mut self, bytes: &mut Bytes<'_>) {
        let now = Instant::from_millis(self.now);
        match bytes.byte() % 12 {
            0..4 => self.drive(),
            4 => self.feed(answer(bytes.byte(), bytes.byte(), bytes.byte()).as_bytes()),
            5 => self.feed(stream(bytes).as_bytes()),
            6 => {
                let length = bytes.byte().into();
                self.feed(bytes.piece(length));
            }
            7 => self.follow.connected(now),
            8 => self.follow.closed(now),
            9 => self.follow.failed(now, bytes.failure()),
            10 => {
                // The program ends, and starts again with what it has stored.
                let state = self.follow.handled().clone();
                let read = State::read(&written(&state)).expect("what was written is read");
                assert_eq!(read, state);
                self.follow = start(bytes.byte(), &read);
                self.stopped = None;
            }
            _ => self.now = bytes.clock(self.now),
        }
        self.look();
    }

    /// Looking changes nothing, and the bounds of a state hold.
    fn look(&self) {
        if let Some(Event::Answer(answer)) = self.follow.event() {
            assert!((1..=64).contains(&answer.run_id.len()));
        }
        let state = self.follow.state();
        assert!(state.taskgroup_id().len() <= 40 && state.event_cursor().len() <= 128);
        assert!(usize::try_from(state.added()).is_ok_and(|added| added <= COUNT));
        _ = (self.follow.error().is_some(), self.follow.hint(), self.follow.mismatch());
    }

    fn poll(&mut self) -> Action {
        let action = self.follow.poll(Instant::from_millis(self.now));
        if let Action::Stop(outcome) = action {
            assert_eq!(*self.stopped.get_or_insert(outcome), outcome, "always the same");
        }
        action
    }

    /// What is asked for is done as a driver does it.
    fn drive(&mut self) {
        let action = self.poll();
        let now = Instant::from_millis(self.now);
        match action {
            Action::Connect { .. } => self.follow.connected(now),
            Action::Send { .. } => {
                let mut out = [0; 512];
                assert!(self.follow.fill(&mut out) <= out.len());
            }
            Action::Sleep { until, .. } => self.now = until.as_millis(),
            _ => {}
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let now = Instant::from_millis(self.now);
        let mut input = bytes;
        let mut at_this_place = 0;
        loop {
            let left = input.len();
            if !self.follow.advance(&mut input, now) {
                assert!(input.is_empty(), "it takes all");
                return;
            }
            assert!(self.follow.event().is_some());
            at_this_place = if input.len() < left { 0 } else { at_this_place + 1 };
            assert!(at_this_place < 8, "it takes input, or ends");
        }
    }
}

/// An answer whose body is JSON.
fn answer(status: u8, body: u8, cut: u8) -> String {
    let status = [
        "200 OK",
        "200 OK",
        "200 OK",
        "202 Accepted",
        "404 Not Found",
        "408 Timeout",
        "422 No",
        "429 Slow",
        "503 Busy",
    ][usize::from(status % 9)];
    let body = BODIES[usize::from(body) % BODIES.len()];
    let whole = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let length = if cut < 128 { whole.len() } else { whole.len() * usize::from(cut - 128) / 128 };
    whole[..length].to_owned()
}

/// A stream of some events, which ends or not.
fn stream(bytes: &mut Bytes<'_>) -> String {
    let mut whole = String::from(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    for _ in 0..bytes.byte() % 6 {
        let event = EVENTS[usize::from(bytes.byte()) % EVENTS.len()];
        let frame = format!("data: {event}\n\n");
        whole += &format!("{:x}\r\n{frame}\r\n", frame.len());
    }
    if bytes.byte() < 192 {
        whole += "0\r\n\r\n";
    }
    whole
}
