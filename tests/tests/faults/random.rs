//! Random servers, and random calls in random order: nothing lost, nothing twice, no panic, no loop.

use std::time::Duration;

use proptest::prelude::*;
use taskgroup::{
    api,
    session::{self, Action, Config, Endpoint, EventId, Failure, Outcome, Request, Session},
    time::Instant,
};
use taskgroup_tests::{
    peer::{Answer, Peer, Received, Seen},
    wire::{Framing, events, rest},
};

/// One answer of a server that troubles come to.
#[derive(Clone, Debug)]
struct Trouble {
    framing: Framing,
    /// Which part of the answer comes, in thousandths.
    part: usize,
    end: End,
    resume: Resume,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Reset,
    Close,
    Silence,
    Refusal,
}

/// What a server makes of the cursor.
#[derive(Clone, Copy, Debug)]
enum Resume {
    Next,
    Repeat,
    Ignore,
}

const IDS: [&str; 9] = ["1", "a+b", "ü", "4", "x/y=", "6", "7 7", "%25", "9"];

fn trouble() -> impl Strategy<Value = Trouble> {
    let framing = prop::sample::select(&Framing::ALL[..]);
    let end = prop::sample::select(&[End::Reset, End::Close, End::Silence, End::Refusal][..]);
    let resume = prop::sample::select(&[Resume::Next, Resume::Repeat, Resume::Ignore][..]);
    (framing, 0..1000_usize, end, resume).prop_map(|(framing, part, end, resume)| Trouble {
        framing,
        part,
        end,
        resume,
    })
}

impl Trouble {
    /// Whether it ends as a stream does that is over.
    fn looks_like_the_end(&self) -> bool {
        matches!((self.framing, self.end), (Framing::UntilClose, End::Close))
    }

    fn answer(&self, request: &Received) -> Answer {
        let next = rest(&IDS, request);
        let ids = match self.resume {
            Resume::Next => next,
            Resume::Repeat => &IDS[(IDS.len() - next.len()).saturating_sub(1)..],
            Resume::Ignore => &IDS,
        };
        let bytes = self.framing.stream(&events(ids.iter().copied()));
        let mut length = bytes.len() * self.part / 1000;
        if self.looks_like_the_end() {
            // Otherwise it would be taken for it.
            let had = ids.len() - next.len().min(ids.len()) + 1;
            length = length.max(self.framing.stream(&events(ids.iter().take(had).copied())).len());
        }
        let part = Answer::new().bytes(&bytes[..length]);
        match self.end {
            End::Reset => part.reset(),
            End::Close => part.close(),
            End::Silence => part,
            End::Refusal => taskgroup_tests::wire::bare("503 No", &[("retry-after", "1")]),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_breaks_every_event_comes_once_and_in_order(
        troubles in prop::collection::vec(trouble(), 0..12),
        read in 1..200_usize,
        write in 1..200_usize,
        seed: u64,
    ) {
        let mut troubles = troubles.iter();
        let mut peer = Peer::new(|request| match troubles.next() {
            Some(trouble) => trouble.answer(request),
            None => Answer::new().bytes(Framing::Chunked.stream(&events(rest(&IDS, request).iter().copied()))),
        });
        (peer.read, peer.write) = (read, write);
        let report = peer.run(Config::new("key").with_attempts(None).with_seed(seed), api::runs("g"));
        prop_assert_eq!(report.ids(), &IDS);
        prop_assert_eq!(report.outcome, Some(Outcome::Done));
    }
}

#[derive(Clone, Debug)]
enum Call {
    Poll,
    Fill(usize),
    Feed(Vec<u8>),
    Event,
    Connected,
    Closed,
    Failed(Failure),
    Ask(Box<Request<'static>>),
    /// The clock moves forward, or back, by this many milliseconds.
    Clock(i64),
    /// What the session asks for is done as a driver does it.
    Drive,
}

fn call() -> impl Strategy<Value = Call> {
    let failures = &[Failure::Unreachable, Failure::Broken, Failure::Refused];
    prop_oneof![
        8 => Just(Call::Drive),
        2 => Just(Call::Poll),
        1 => (0..300_usize).prop_map(Call::Fill),
        6 => bytes().prop_map(Call::Feed),
        1 => Just(Call::Event),
        1 => Just(Call::Connected),
        1 => Just(Call::Closed),
        1 => prop::sample::select(&failures[..]).prop_map(Call::Failed),
        1 => request().prop_map(|request| Call::Ask(Box::new(request))),
        1 => prop_oneof![-4_000_000..4_000_000_i64, Just(i64::MAX), Just(i64::MIN)].prop_map(Call::Clock),
    ]
}

/// Bytes that get a session far, whole and cut, and others.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<Vec<u8>> = vec![
        b"HTTP/1.1 200 OK\r\n".to_vec(),
        b"content-type: text/event-stream\r\n".to_vec(),
        b"content-type: application/json\r\n".to_vec(),
        b"transfer-encoding: chunked\r\n\r\n".to_vec(),
        b"location: /x\r\ncontent-length: 0\r\n\r\n".to_vec(),
        b"\r\n\r\n".to_vec(),
        b"HTTP/1.1 307 There\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 503 No\r\nretry-after: 9\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
        b"40\r\ndata: {\"event_id\":\"1\",\"type\":\"error\",\"error\":{\"message\":\"x\"}}".to_vec(),
        b"\n\n".to_vec(),
        b"0\r\n\r\n".to_vec(),
        b"data: {\"event_id\":\"2\"".to_vec(),
        b"data: [DONE]\n\n".to_vec(),
        b"id: 7\nretry: 1\nevent: error\n".to_vec(),
        Framing::Chunked.stream(&events(["1", "2", "3"])),
        Framing::UntilClose.stream(&events(["1", "2"])),
        Framing::Length.json(r#"{"detail":[{"msg":"x"}],"event_id":"5"}"#),
    ];
    prop_oneof![
        6 => prop::sample::select(pieces),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

fn request() -> impl Strategy<Value = Request<'static>> {
    (0..8_usize).prop_map(|which| match which {
        0 => api::runs("g").into(),
        1 => api::runs("g").last_event_id("3").into(),
        2 => api::events("g").into(),
        3 => api::run_events("r").into(),
        4 => api::group("g").into(),
        5 => Request::new(&CHAT).with_body(b"{}"),
        6 => Request::new(&NEWS).after("3"),
        _ => api::create_group(b"{\"metadata\":{}}").into(),
    })
}

/// Endpoints of other APIs.
static CHAT: Endpoint =
    Endpoint::post("/chat").with_error("/error/message").with_stream(session::End::Data("[DONE]"));
static NEWS: Endpoint = Endpoint::get("/news")
    .with_stream(session::End::Framing)
    .with_cursor(EventId::Field, session::Resume::Header("last-event-id"));

/// A session, its clock, and the answer that it stays with.
struct Subject {
    session: Session<'static, Seen>,
    now: u64,
    stopped: Option<Outcome>,
}

impl Subject {
    fn now(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn poll(&mut self) -> Action {
        let action = self.session.poll(self.now());
        match action {
            Action::Stop(outcome) => {
                assert_eq!(*self.stopped.get_or_insert(outcome), outcome, "always the same");
            }
            // A connection that was kept, and is disturbed.
            Action::Close if self.session.config().keep_alive() => {}
            _ => assert_eq!(self.stopped, None, "after a stop there is nothing more"),
        }
        action
    }

    fn feed(&mut self, bytes: &[u8]) {
        let mut input = bytes;
        for _ in 0..=bytes.len() + 2 {
            if !self.session.advance(&mut input, self.now()) {
                assert!(input.is_empty() && self.session.event().is_none());
                return;
            }
            assert!(self.session.event().is_some());
        }
        panic!("more events than bytes");
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Poll => _ = self.poll(),
            Call::Fill(size) => {
                let mut out = vec![0; *size];
                assert!(self.session.fill(&mut out) <= *size);
            }
            Call::Feed(bytes) => self.feed(bytes),
            Call::Event => _ = self.session.event(),
            Call::Connected => self.session.connected(self.now()),
            Call::Closed => self.session.closed(self.now()),
            Call::Failed(why) => self.session.failed(self.now(), *why),
            Call::Ask(request) => {
                self.session.ask((**request).clone());
                self.stopped = None;
            }
            Call::Clock(by) => self.now = self.now.saturating_add_signed(*by),
            Call::Drive => match self.poll() {
                Action::Connect { .. } => self.session.connected(self.now()),
                Action::Send { .. } => _ = self.session.fill(&mut [0; 512]),
                Action::Sleep { until, .. } => self.now = until.as_millis(),
                Action::Receive { .. } | Action::Close | Action::Stop(_) => {}
            },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_call_in_any_order_ends_and_a_stop_stays(
        request in request(),
        attempts in prop::option::of(0..5_u32),
        idle in prop_oneof![Just(0_u64), Just(1_000), Just(u64::MAX)],
        keep_alive: bool,
        calls in prop::collection::vec(call(), 0..120),
    ) {
        let config = Config::new("key")
            .with_attempts(attempts)
            .with_idle_timeout(Duration::from_millis(idle))
            .with_keep_alive(keep_alive);
        let mut subject = Subject { session: Session::new(config, request), now: 1_000_000, stopped: None };
        for call in &calls {
            subject.call(call);
        }
    }
}
