//! `Stream` over real sockets: events that come once and in order, whatever breaks and whoever gives up waiting.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use taskgroup::{
    api,
    session::{Action, Cause, Config, Outcome},
};
use taskgroup_embedded_io::{Connector, Nal, Step, Stream};
use taskgroup_sandbox::{After, Cut, Faults, Instead, Sandbox, Stall};

mod network;
use self::network::{Host, HostClock, Ids, config, ids, run, sandbox, truth};

type Runs<'c, N> = Stream<'c, 'c, Ids, N, HostClock>;

fn stream<'c, N: Connector>(config: Config<'c>, sandbox: &'c Sandbox, network: &'c N) -> Runs<'c, N> {
    let request = api::runs(sandbox.group_id()).include_output(true);
    Stream::new(config, request, Ids::default(), network, HostClock::new())
}

/// Reads the stream to its end through a buffer of this size: what came, and how it ended.
fn read(sandbox: &Sandbox, idle: Duration, buffer: usize) -> (Vec<(String, String)>, Option<Outcome>) {
    run(async {
        let (url, mut buffer) = (sandbox.base_url(), vec![0; buffer]);
        let network = Nal::new(Host, &mut buffer);
        let mut stream = stream(config(sandbox, &url).with_idle_timeout(idle), sandbox, &network);
        let mut had = Vec::new();
        while let Some(event) = stream.next().await {
            had.extend(ids(&event));
        }
        assert_eq!(stream.cursor(), had.last().map(|(event_id, _)| event_id.as_str()));
        (had, stream.outcome())
    })
}

#[test]
fn every_event_comes_once_and_in_order_whatever_breaks() {
    let cut = Cut::after(After::RandomBytes { least: 0, most: 12_000 }).times(40);
    let busy = Instead::status(429).times(3);
    let all = [
        Faults::default(),
        Faults { cut: Some(cut), ..Faults::default() },
        Faults { cut: Some(cut.reset()), ..Faults::default() },
        Faults { write_bytes: Some(1), chunk_bytes: Some(1), ..Faults::default() },
        Faults { until_close: true, ..Faults::default() },
        Faults { instead: Some(busy), ..Faults::default() },
    ];
    for faults in all {
        let shown = format!("{faults:?}");
        let sandbox = sandbox(60, faults);
        let (had, outcome) = read(&sandbox, Duration::from_secs(60), 700);
        assert_eq!(outcome, Some(Outcome::Done), "{shown}");
        assert!(had == truth(&sandbox), "{} of 60 events: {shown}", had.len());
    }
}

#[test]
fn a_silence_beyond_the_idle_timeout_is_a_break_like_any_other() {
    let stall = Stall::after(After::Events(20), Duration::from_secs(3600)).times(2);
    let sandbox = sandbox(60, Faults { stall: Some(stall), ..Faults::default() });
    let (had, outcome) = read(&sandbox, Duration::from_millis(300), 700);
    assert_eq!((had, outcome), (truth(&sandbox), Some(Outcome::Done)));
}

#[test]
fn a_buffer_of_one_byte_will_do() {
    let sandbox = sandbox(10, Faults::default());
    assert_eq!(read(&sandbox, Duration::from_secs(60), 1), (truth(&sandbox), Some(Outcome::Done)));
}

/// Polls a future once, then drops it.
async fn glance<T>(future: impl Future<Output = T>) -> Option<T> {
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    tokio::task::yield_now().await;
    match polled {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[test]
fn a_next_that_is_dropped_whenever_it_waits_loses_nothing_and_repeats_nothing() {
    let faults = Faults { write_bytes: Some(97), ..Faults::default() };
    let sandbox = sandbox(60, faults);
    run(async {
        let (url, mut buffer) = (sandbox.base_url(), [0; 700]);
        let network = Nal::new(Host, &mut buffer).cancel_safe();
        let mut stream = stream(config(&sandbox, &url), &sandbox, &network);
        let (mut had, mut dropped, mut connecting) = (Vec::new(), 0, false);
        loop {
            // A connection of this connector starts over when it is given up: it gets its time.
            let step = if connecting { Some(stream.step().await) } else { glance(stream.step()).await };
            connecting = matches!(step, Some(Step::Action(Action::Connect { .. })));
            match step {
                None => dropped += 1,
                Some(Step::Event) => had.extend(ids(&stream.event().unwrap())),
                Some(Step::Action(Action::Stop(outcome))) => break assert_eq!(outcome, Outcome::Done),
                Some(Step::Action(_)) => {}
            }
        }
        assert!(had == truth(&sandbox), "{} of 60 events", had.len());
        assert!(dropped > 60, "dropped only {dropped} times");
        assert_eq!(sandbox.stats().connections, 1);
    });
}

#[test]
fn a_connection_that_does_not_survive_a_dropped_wait_is_replaced_and_nothing_is_lost() {
    let stall = Stall::after(After::Events(15), Duration::from_millis(300)).times(3);
    let sandbox = sandbox(60, Faults { stall: Some(stall), ..Faults::default() });
    run(async {
        let (url, mut buffer) = (sandbox.base_url(), [0; 700]);
        let network = Nal::new(Host, &mut buffer);
        let mut stream = stream(config(&sandbox, &url), &sandbox, &network);
        let (mut had, mut dropped) = (Vec::new(), 0);
        loop {
            match tokio::time::timeout(Duration::from_millis(100), stream.next()).await {
                Err(_) => dropped += 1,
                Ok(Some(event)) => had.extend(ids(&event)),
                Ok(None) => break,
            }
        }
        assert_eq!(stream.outcome(), Some(Outcome::Done));
        assert!(had == truth(&sandbox), "{} of 60 events", had.len());
        assert!(dropped >= 3, "dropped only {dropped} times");
        assert!(sandbox.stats().connections > 3);
    });
}

#[test]
fn each_action_is_announced_before_it_is_done() {
    let sandbox = sandbox(1, Faults { instead: Some(Instead::status(503).times(1)), ..Faults::default() });
    run(async {
        let (url, mut buffer) = (sandbox.base_url(), [0; 700]);
        let network = Nal::new(Host, &mut buffer);
        let mut stream = stream(config(&sandbox, &url), &sandbox, &network);
        let mut seen = Vec::new();
        loop {
            match stream.step().await {
                Step::Action(Action::Connect { .. }) => seen.push("connect"),
                Step::Action(Action::Sleep { cause, .. }) => {
                    assert_eq!(cause, Cause::Status(503));
                    seen.push("sleep");
                }
                Step::Action(Action::Stop(_)) => break,
                Step::Action(_) => {}
                Step::Event => seen.push("event"),
            }
        }
        assert_eq!(seen, ["connect", "sleep", "connect", "event", "event"]);
    });
}

#[test]
fn nothing_is_sent_where_plaintext_must_not_go() {
    let sandbox = sandbox(1, Faults::default());
    run(async {
        for (url, allowed) in
            [("http://192.0.2.1/", false), ("https://127.0.0.1/", false), ("https://192.0.2.1/", true)]
        {
            let mut buffer = [0; 700];
            let network = Nal::new(Host, &mut buffer);
            let network = if allowed { network.allow_plaintext() } else { network };
            let mut stream = stream(config(&sandbox, url), &sandbox, &network);
            assert!(stream.next().await.is_none());
            assert_eq!(stream.outcome(), Some(Outcome::Refused), "{url}");
        }
    });
}

#[test]
fn a_name_of_this_machine_is_resolved() {
    let sandbox = sandbox(3, Faults::default());
    run(async {
        let (url, mut buffer) = (sandbox.base_url().replace("127.0.0.1", "localhost"), [0; 700]);
        let network = Nal::new(Host, &mut buffer);
        let mut stream = stream(config(&sandbox, &url), &sandbox, &network);
        while stream.next().await.is_some() {}
        assert_eq!(stream.outcome(), Some(Outcome::Done));
    });
}

#[test]
fn the_future_is_small() {
    let sandbox = sandbox(1, Faults::default());
    let (url, mut buffer) = (sandbox.base_url(), [0; 700]);
    let network = Nal::new(Host, &mut buffer);
    let mut stream = stream(config(&sandbox, &url), &sandbox, &network);
    let of_stream = size_of_val(&stream);
    let of_connecting = size_of_val(&network.connect(&config(&sandbox, &url), Default::default()));
    let of_next = size_of_val(&stream.next());
    println!("Stream {of_stream} B; next() {of_next} B, of which connecting {of_connecting} B");
    assert!(of_next < of_connecting + 700);
}
