//! `Stream` over reqwless and real sockets: events that come once and in order, whatever breaks.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    future::{Future, pending, poll_fn},
    io,
    net::IpAddr,
    pin::pin,
    task::Poll,
    time::Duration,
};

use embedded_nal_async::{AddrType, Dns};
use reqwless::client::HttpClient;
use taskgroup::{
    api,
    session::{Config, Event, Outcome},
    time::{Clock, Instant},
};
use taskgroup_reqwless::Stream;
use taskgroup_sandbox::{After, Cut, Faults, Instead, Resume, Sandbox, Stall, StreamError};

mod misread;
#[path = "../../../embedded-io/tests/network/mod.rs"]
mod network;
use self::network::{Host, HostClock, Ids, config, ids, run, sandbox, truth};

fn stream<'c>(config: Config<'c>, sandbox: &Sandbox) -> Stream<'c, Ids, HostClock> {
    let request = api::runs(sandbox.group_id()).include_output(true);
    Stream::new(config, request, Ids::default(), HostClock::new())
}

/// Reads the stream to its end: what came, and how it ended.
fn read(sandbox: &Sandbox, config: Config<'_>) -> (Vec<(String, String)>, Outcome) {
    run(async {
        let mut client = HttpClient::new(&Host, &Host);
        let mut stream = stream(config, sandbox);
        let mut had = Vec::new();
        let outcome = stream.run(&mut client, &mut [0; 2048], async |event| had.extend(ids(&event))).await;
        (had, outcome)
    })
}

#[test]
fn every_event_comes_once_and_in_order_whatever_breaks() {
    let cut = Cut::after(After::RandomBytes { least: 0, most: 12_000 }).times(40);
    let all = [
        Faults::default(),
        Faults { cut: Some(cut), ..Faults::default() },
        Faults { cut: Some(cut.reset()), ..Faults::default() },
        Faults { write_bytes: Some(1), chunk_bytes: Some(1), ..Faults::default() },
        Faults { until_close: true, ..Faults::default() },
        Faults { until_close: true, cut: Some(cut), ..Faults::default() },
        Faults {
            resume: Resume::Repeat,
            cut: Some(Cut::after(After::Events(7)).times(3)),
            ..Faults::default()
        },
        Faults {
            resume: Resume::Ignore,
            cut: Some(Cut::after(After::RandomBytes { least: 0, most: 150_000 }).times(5)),
            ..Faults::default()
        },
        Faults { error: Some(StreamError::after(9).times(4)), ..Faults::default() },
    ];
    for faults in all {
        let shown = format!("{faults:?}");
        let sandbox = sandbox(60, faults);
        let (had, outcome) = read(&sandbox, config(&sandbox, &sandbox.base_url()));
        assert_eq!(outcome, Outcome::Done, "{shown}");
        assert!(had == truth(&sandbox), "{} of 60 events: {shown}", had.len());
    }
}

#[test]
fn a_body_that_ends_early_but_in_order_is_not_believed() {
    // For reqwless the end of the connection is the end of the body.
    let sandbox =
        sandbox(20, Faults { cut: Some(Cut::after(After::Events(5)).times(2)), ..Faults::default() });
    let (had, outcome) = read(&sandbox, config(&sandbox, &sandbox.base_url()));
    assert_eq!((had, outcome), (truth(&sandbox), Outcome::Done));
    assert_eq!(sandbox.stats().requests, 4, "two cuts, and the question whether there is more");
}

#[test]
fn a_silence_beyond_the_idle_timeout_is_a_break_like_any_other() {
    let stall = Stall::after(After::Events(20), Duration::from_secs(3600));
    let idle = Duration::from_millis(300);
    let heals = sandbox(60, Faults { stall: Some(stall.times(2)), ..Faults::default() });
    let url = heals.base_url();
    assert_eq!(read(&heals, config(&heals, &url).with_idle_timeout(idle)), (truth(&heals), Outcome::Done));

    let stall = Stall { after: After::Events(0), ..stall };
    let silent = sandbox(1, Faults { stall: Some(stall), ..Faults::default() });
    let url = silent.base_url();
    let impatient = config(&silent, &url).with_idle_timeout(idle).with_attempts(Some(2));
    assert_eq!(read(&silent, impatient), (vec![], Outcome::Idle));
}

#[test]
fn a_broken_event_is_reported_and_skipped() {
    let sandbox = sandbox(20, Faults { broken_every: Some(7), ..Faults::default() });
    run(async {
        let (url, mut client) = (sandbox.base_url(), HttpClient::new(&Host, &Host));
        let (mut stream, mut seen) = (stream(config(&sandbox, &url), &sandbox), Vec::new());
        let each = async |event: Event<'_, Ids>| match event {
            Event::Opened { .. } => {}
            Event::Skipped(_) => seen.push(None),
            Event::Record(_) => seen.push(ids(&event)),
        };
        let outcome = stream.run(&mut client, &mut [0; 2048], each).await;
        let broken = |place: usize| (place + 1).is_multiple_of(7);
        let expected = truth(&sandbox).into_iter().enumerate();
        let expected: Vec<_> = expected.map(|(place, ids)| (!broken(place)).then_some(ids)).collect();
        assert_eq!((seen, outcome), (expected, Outcome::Done));
    });
}

#[test]
fn a_status_says_whether_to_ask_again_and_when() {
    let busy = Instead::status(429).header("retry-after", "1").message("Slow down").times(2);
    let sandbox = sandbox(5, Faults { instead: Some(busy), ..Faults::default() });
    let (url, waits) = (sandbox.base_url(), RefCell::new(Vec::new()));
    let had = RefCell::new(Vec::new());
    run(async {
        let mut client = HttpClient::new(&Host, &Host);
        let request = api::runs(sandbox.group_id()).include_output(true);
        let clock = Noting { clock: HostClock::new(), waits: &waits };
        let mut stream = Stream::new(config(&sandbox, &url), request, Ids::default(), clock);
        let each = async |event: Event<'_, Ids>| had.borrow_mut().extend(ids(&event));
        assert_eq!(stream.run(&mut client, &mut [0; 2048], each).await, Outcome::Done);
    });
    assert_eq!(had.into_inner(), truth(&sandbox));
    // Between the backoff and the deadline of these tests.
    let between = Duration::from_millis(500)..Duration::from_secs(5);
    assert_eq!(waits.borrow().iter().filter(|wait| between.contains(*wait)).count(), 2, "{waits:?}");
}

#[test]
fn a_refusal_is_reported_in_the_words_of_the_service_without_the_key() {
    let message = "no such key: sandbox-key";
    let sandbox =
        sandbox(1, Faults { instead: Some(Instead::status(400).message(message)), ..Faults::default() });
    run(async {
        let (url, mut client) = (sandbox.base_url(), HttpClient::new(&Host, &Host));
        let mut stream = stream(config(&sandbox, &url), &sandbox);
        let outcome = stream.run(&mut client, &mut [0; 2048], async |_| unreachable!()).await;
        assert_eq!(outcome, Outcome::Status(400));
        assert_eq!(stream.error().unwrap().message, "no such key: ***");
        assert!(!format!("{stream:?}").contains(sandbox.key()));
    });
}

#[test]
fn a_run_that_is_dropped_is_taken_up_after_the_last_event() {
    let stall = Stall::after(After::Events(15), Duration::from_millis(300)).times(3);
    let sandbox = sandbox(60, Faults { stall: Some(stall), ..Faults::default() });
    run(async {
        let (url, mut client) = (sandbox.base_url(), HttpClient::new(&Host, &Host));
        let mut stream = stream(config(&sandbox, &url), &sandbox);
        let (had, mut dropped) = (RefCell::new(Vec::new()), 0);
        let outcome = loop {
            let each = async |event: Event<'_, Ids>| had.borrow_mut().extend(ids(&event));
            let mut buffer = [0; 2048];
            let run = stream.run(&mut client, &mut buffer, each);
            match tokio::time::timeout(Duration::from_millis(100), run).await {
                Ok(outcome) => break outcome,
                Err(_) => dropped += 1,
            }
        };
        assert_eq!((had.into_inner(), outcome), (truth(&sandbox), Outcome::Done));
        assert!(dropped >= 3, "dropped only {dropped} times");
    });
}

#[test]
fn an_event_that_was_given_up_amid_its_handling_is_given_again() {
    let sandbox = sandbox(60, Faults::default());
    run(async {
        let (url, mut client) = (sandbox.base_url(), HttpClient::new(&Host, &Host));
        let mut stream = stream(config(&sandbox, &url), &sandbox);
        let (begun, done) = (RefCell::new(HashSet::new()), RefCell::new(Vec::new()));
        let mut given_up = 0;
        let outcome = loop {
            let stuck = Cell::new(false);
            let each = async |event: Event<'_, Ids>| {
                let Some(ids) = ids(&event) else { return };
                let first = begun.borrow_mut().insert(ids.clone());
                if first && begun.borrow().len().is_multiple_of(12) {
                    stuck.set(true);
                    pending().await
                }
                done.borrow_mut().push(ids);
            };
            let mut buffer = [0; 2048];
            let mut run = pin!(stream.run(&mut client, &mut buffer, each));
            let looked = poll_fn(|context| match run.as_mut().poll(context) {
                Poll::Pending if stuck.get() => Poll::Ready(None),
                polled => polled.map(Some),
            });
            match looked.await {
                Some(outcome) => break outcome,
                None => given_up += 1,
            }
        };
        assert_eq!((done.into_inner(), outcome), (truth(&sandbox), Outcome::Done));
        assert_eq!(given_up, 5);
    });
}

#[test]
fn nothing_is_sent_where_the_key_must_not_go() {
    let sandbox = sandbox(1, Faults::default());
    for url in ["http://192.0.2.1/", "https://127.0.0.1/", "https://192.0.2.1/"] {
        assert_eq!(read(&sandbox, config(&sandbox, url)), (vec![], Outcome::Refused), "{url}");
    }
}

/// A name server that leads every name to another machine.
struct Elsewhere;

impl Dns for Elsewhere {
    type Error = io::Error;

    async fn get_host_by_name(&self, host: &str, _: AddrType) -> io::Result<IpAddr> {
        Ok(host.parse().unwrap_or([192, 0, 2, 1].into()))
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[test]
fn a_name_of_this_machine_leads_to_it_whatever_a_name_server_says() {
    let sandbox = sandbox(3, Faults::default());
    let url = sandbox.base_url().replace("127.0.0.1", "localhost");
    run(async {
        let mut had = Vec::new();
        let mut client = HttpClient::new(&Host, &Elsewhere);
        let mut stream_here = stream(config(&sandbox, &url).with_attempts(Some(1)), &sandbox);
        let each = async |event: Event<'_, Ids>| had.extend(ids(&event));
        assert_eq!(stream_here.run(&mut client, &mut [0; 2048], each).await, Outcome::Done);
        assert_eq!(had, truth(&sandbox));

        // Unless plaintext may go anywhere.
        let mut client = HttpClient::new(&Host, &Host);
        let mut stream = stream(config(&sandbox, &url), &sandbox).allow_plaintext();
        assert_eq!(stream.run(&mut client, &mut [0; 2048], async |_| {}).await, Outcome::Done);
    });
}

#[test]
fn what_does_not_fit_the_buffer_ends_the_stream_or_the_try() {
    let sandbox = sandbox(1, Faults::default());
    run(async {
        let (url, mut client) = (sandbox.base_url(), HttpClient::new(&Host, &Host));
        let mut stream_of_none = stream(config(&sandbox, &url), &sandbox);
        let outcome = stream_of_none.run(&mut client, &mut [0; 100], async |_| {}).await;
        assert_eq!(outcome, Outcome::Refused);
        let mut stream = stream(config(&sandbox, &url).with_attempts(Some(2)), &sandbox);
        let outcome = stream.run(&mut client, &mut [0; 400], async |_| {}).await;
        assert_eq!(outcome, Outcome::Network);
    });
}

#[test]
fn the_future_is_as_small_as_it_was() {
    let sandbox = sandbox(1, Faults::default());
    let (url, mut client) = (sandbox.base_url(), HttpClient::new(&Host, &Host));
    let mut stream = stream(config(&sandbox, &url), &sandbox);
    let (of_stream, mut buffer) = (size_of_val(&stream), [0; 2048]);
    let of_run = size_of_val(&stream.run(&mut client, &mut buffer, async |_| {}));
    println!("Stream {of_stream} B; run() {of_run} B");
    assert!(of_run < 8_000);
}

/// A clock that notes how long it is to wait.
struct Noting<'w> {
    clock: HostClock,
    waits: &'w RefCell<Vec<Duration>>,
}

impl Clock for Noting<'_> {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    async fn wait_until(&self, until: Instant) {
        self.waits.borrow_mut().push(until.saturating_since(self.now()));
        self.clock.wait_until(until).await;
    }
}
