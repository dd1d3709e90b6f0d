//! Any calls in any order.

use std::time::Duration;

use taskgroup::{
    api::{Brief, Standard, StreamEvent},
    json::Record,
    session::{Action, Config, Outcome, Request, Session},
    time::Instant,
};
use taskgroup_tests::{
    peer::Seen,
    wire::{Framing, events},
};

use crate::bytes::Bytes;

/// More calls show nothing new.
const CALLS: usize = 300;

/// Bytes that get a session far.
const PIECES: [&[u8]; 14] = [
    b"HTTP/1.1 200 OK\r\n",
    b"content-type: text/event-stream\r\n",
    b"content-type: application/json\r\n",
    b"transfer-encoding: chunked\r\n\r\n",
    b"location: /x\r\ncontent-length: 0\r\n\r\n",
    b"\r\n\r\n",
    b"HTTP/1.1 307 There\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 503 No\r\nretry-after: 9\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 204 No\r\n\r\n",
    b"40\r\ndata: {\"event_id\":\"1\",\"type\":\"error\",\"error\":{\"message\":\"x\"}}",
    b"\n\n",
    b"0\r\n\r\n",
    b"data: {\"event_id\":\"2\",\"type\":\"task_run.state\"",
    b"id: 7\nretry: 1\nevent: error\n",
];

/// The first bytes are the config, the request and the record, all others calls.
///
/// # Panics
///
/// If a call returns what it must not.
pub fn called(input: &[u8]) {
    let mut bytes = Bytes(input);
    let idle = [0, 1, 1000, 90_000, u64::MAX][usize::from(bytes.byte() % 5)];
    let attempts = bytes.byte();
    let flags = bytes.byte();
    let config = Config::new("key")
        .with_idle_timeout(Duration::from_millis(idle))
        .with_attempts((attempts < 16).then_some(attempts.into()))
        .with_keep_alive(flags & 1 == 1);
    let request = super::request(bytes.byte());
    match flags >> 1 & 3 {
        0 => Subject::<Seen>::new(config, request).run(bytes),
        1 => Subject::<StreamEvent<Brief>>::new(config, request).run(bytes),
        _ => Subject::<StreamEvent<Standard>>::new(config, request).run(bytes),
    }
}

/// A session, its clock, and the answer that it stays with.
struct Subject<R> {
    session: Option<Session<'static, R>>,
    now: u64,
    stopped: Option<Outcome>,
}

impl<R: Record + Default> Subject<R> {
    fn new(config: Config<'static>, request: Request<'static>) -> Self {
        Self { session: Some(Session::new(config, request)), now: 1_000_000, stopped: None }
    }

    fn run(mut self, mut bytes: Bytes<'_>) {
        for _ in 0..CALLS {
            if bytes.is_empty() {
                break;
            }
            self.call(&mut bytes);
        }
    }

    fn session(&mut self) -> &mut Session<'static, R> {
        self.session.as_mut().expect("there is always one")
    }

    fn call(&mut self, bytes: &mut Bytes<'_>) {
        let now = Instant::from_millis(self.now);
        match bytes.byte() % 16 {
            0..4 => self.drive(),
            4 => _ = self.poll(),
            5 => {
                let mut out = vec![0; usize::from(bytes.short() % 600)];
                assert!(self.session().fill(&mut out) <= out.len());
            }
            6 => self.feed(PIECES[usize::from(bytes.byte()) % PIECES.len()]),
            7 => {
                let stream = events(["1", "2", "3"]);
                self.feed(&Framing::ALL[usize::from(bytes.byte() % 3)].stream(&stream));
            }
            8 | 9 => {
                let length = bytes.byte().into();
                self.feed(bytes.piece(length));
            }
            10 => self.session().connected(now),
            11 => self.session().closed(now),
            12 => self.session().failed(now, bytes.failure()),
            13 => {
                let request = super::request(bytes.byte());
                self.session().ask(request);
                self.stopped = None;
            }
            14 => {
                let request = super::request(bytes.byte());
                self.session = self.session.take().map(|session| session.ask_with(request, R::default()));
                self.stopped = None;
            }
            _ => self.now = bytes.clock(self.now),
        }
        // Looking changes nothing.
        let session = self.session();
        _ = (session.event().is_some(), session.error().is_some());
        assert!(session.cursor().is_none_or(|cursor| (1..=128).contains(&cursor.len())));
    }

    fn poll(&mut self) -> Action {
        let now = Instant::from_millis(self.now);
        let keeps = self.session().config().keep_alive();
        let action = self.session().poll(now);
        match action {
            Action::Stop(outcome) => {
                assert_eq!(*self.stopped.get_or_insert(outcome), outcome, "always the same");
            }
            // A connection that was kept, and is disturbed.
            Action::Close if keeps => {}
            _ => assert_eq!(self.stopped, None, "after a stop there is nothing more"),
        }
        action
    }

    /// What the session asks for is done as a driver does it.
    fn drive(&mut self) {
        let action = self.poll();
        let now = Instant::from_millis(self.now);
        match action {
            Action::Connect { .. } => self.session().connected(now),
            Action::Send { .. } => _ = self.session().fill(&mut [0; 512]),
            Action::Sleep { until, .. } => self.now = until.as_millis(),
            Action::Receive { .. } | Action::Close | Action::Stop(_) => {}
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let now = Instant::from_millis(self.now);
        let session = self.session();
        let mut input = bytes;
        let mut at_this_place = 0;
        loop {
            let left = input.len();
            if !session.advance(&mut input, now) {
                assert!(input.is_empty() && session.event().is_none());
                return;
            }
            assert!(session.event().is_some());
            at_this_place = if input.len() < left { 0 } else { at_this_place + 1 };
            assert!(at_this_place < 3, "it takes input, or ends");
        }
    }
}
