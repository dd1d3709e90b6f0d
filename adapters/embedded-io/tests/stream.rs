//! `Stream` over real sockets: events come once and in order, whatever breaks and whichever future is
//! dropped.

use std::{
    cell::Cell,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use taskgroup::{
    api::{self, AddedRuns, TaskGroup},
    json::Record,
    record,
    session::{Action, Cause, Config, Event, Outcome},
    text::Text,
};
use taskgroup_embedded_io::{Connector, Nal, Step, Stream};
use taskgroup_sandbox::{After, Cut, Faults, Instead, Sandbox, Stall};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

mod connectors;
mod following;
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
fn a_buffer_of_one_byte_is_enough() {
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
            // If `connect` is dropped, this connector starts again: it gets its time.
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
        // The last one asks whether that was all, over a connection that the look before it leaves as it is.
        assert_eq!(seen, ["connect", "sleep", "connect", "event", "event", "connect"]);
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

/// The record that the answer fills, if it does.
async fn answer<'s, R: Record, N: Connector>(
    stream: &'s mut Stream<'_, '_, R, N, HostClock>,
) -> Option<&'s R> {
    let mut filled = false;
    while let Some(event) = stream.next().await {
        filled |= matches!(event, Event::Record(_));
    }
    assert_eq!(stream.outcome(), Some(Outcome::Done));
    filled.then_some(stream.record_mut())
}

#[test]
fn a_program_that_asks_again_and_again_does_so_over_one_connection() {
    let sandbox = sandbox(7, Faults::default());
    run(async {
        let (url, mut buffer) = (sandbox.base_url(), [0; 700]);
        let network = Nal::new(Host, &mut buffer).cancel_safe();
        let config = config(&sandbox, &url).with_keep_alive(true);
        let group = || api::group(sandbox.group_id());
        let mut stream =
            Stream::new(config, group(), TaskGroup::<api::Brief>::default(), &network, HostClock::new());
        for _ in 0..20 {
            let id = answer(&mut stream).await.unwrap().taskgroup_id.to_string();
            assert_eq!(id, sandbox.group_id());
            stream.ask(group());
        }
        assert_eq!(sandbox.stats().connections, 1);
    });
}

#[test]
fn a_group_that_is_created_and_filled_is_streamed_over_the_last_connection() {
    let sandbox = sandbox(1, Faults::default());
    let runs = r#"{"inputs": [{"processor": "base", "input": "a"}, {"processor": "base", "input": "b"}]}"#;
    run(async {
        let (url, mut buffer) = (sandbox.base_url(), [0; 700]);
        let network = Nal::new(Host, &mut buffer).cancel_safe();
        let config = config(&sandbox, &url).with_keep_alive(true);
        let group = TaskGroup::<api::Brief>::default();
        let mut stream = Stream::new(config, api::create_group(b"{}"), group, &network, HostClock::new());
        let id = answer(&mut stream).await.unwrap().taskgroup_id.to_string();
        let mut stream =
            stream.ask_with(api::add_runs(&id, runs.as_bytes()), AddedRuns::<api::Brief, 2>::default());
        let added: Vec<_> =
            answer(&mut stream).await.unwrap().run_ids.as_slice().iter().map(ToString::to_string).collect();
        let mut stream = stream.ask_with(api::runs(&id), Ids::default());
        let mut had = Vec::new();
        while let Some(event) = stream.next().await {
            had.extend(ids(&event).map(|(_, run_id)| run_id));
        }
        assert_eq!((stream.outcome(), &had), (Some(Outcome::Done), &added));
        assert_eq!((had.len(), sandbox.stats().connections), (2, 2));
    });
}

#[test]
fn a_connection_that_cannot_be_looked_at_is_not_used_again() {
    let sandbox = sandbox(1, Faults::default());
    run(async {
        let (url, mut buffer) = (sandbox.base_url(), [0; 700]);
        let network = Nal::new(Host, &mut buffer);
        let config = config(&sandbox, &url).with_keep_alive(true).with_attempts(Some(1));
        let group = || api::group(sandbox.group_id());
        let mut stream =
            Stream::new(config, group(), TaskGroup::<api::Brief>::default(), &network, HostClock::new());
        for _ in 0..3 {
            assert!(answer(&mut stream).await.is_some());
            stream.ask(group());
        }
        assert_eq!(sandbox.stats().connections, 3);
    });
}

record! {
    #[derive(Debug)]
    struct Word {
        text: Text<16> = "/text",
    }
}

/// An answer with the text `whole`, and with these headers.
fn whole(headers: &str) -> String {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}");
    format!("{head}content-length: 16\r\n\r\n{{\"text\":\"whole\"}}")
}

/// Gives each connection its answers, then ends it; the last ones again and again.
async fn serve(listener: &TcpListener, connections: &[Vec<String>], count: &Cell<usize>) {
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let answers = connections.get(count.get()).unwrap_or(connections.last().unwrap());
        count.set(count.get() + 1);
        for answer in answers {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                match socket.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => break,
                }
            }
            // The client may have gone.
            let _ = socket.write_all(answer.as_bytes()).await;
        }
        let _ = socket.shutdown().await;
    }
}

#[test]
fn whatever_a_server_does_to_a_connection_that_is_kept_each_answer_is_the_right_one() {
    let (good, forged) = (whole(""), whole("").replace("whole", "forge"));
    let lasting = vec![good.clone(); 4];
    let old = good.replace("HTTP/1.1", "HTTP/1.0");
    let cases: [(&str, &[Vec<String>], usize); 7] = [
        ("kept", &[vec![good.clone(); 4]], 1),
        ("ended between", &[vec![good.clone()]], 4),
        ("ended without an answer", &[vec![good.clone(), String::new()], lasting.clone()], 2),
        (
            "ended in the middle of an answer",
            &[vec![good.clone(), good[..good.len() - 6].into()], lasting.clone()],
            2,
        ),
        ("closed by name", &[vec![whole("connection: close\r\n")]], 4),
        ("of HTTP/1.0", &[vec![old; 4]], 4),
        ("with an answer too many", &[vec![good.clone() + &forged, good.clone()], lasting.clone()], 2),
    ];
    for (what, connections, expected) in cases {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let (count, mut buffer) = (Cell::new(0), [0; 700]);
            let network = Nal::new(Host, &mut buffer).cancel_safe();
            let config = Config::new("key").with_server("127.0.0.1", port, false).with_keep_alive(true);
            let config = config.with_backoff(Duration::from_millis(1), Duration::from_millis(2));
            let ask = async {
                let word = Word { text: Text::new() };
                let mut stream = Stream::new(config, api::group("g"), word, &network, HostClock::new());
                for _ in 0..4 {
                    assert_eq!(answer(&mut stream).await.unwrap().text.as_str(), "whole", "{what}");
                    stream.ask(api::group("g"));
                }
            };
            tokio::select! {
                () = ask => assert_eq!(count.get(), expected, "{what}"),
                () = serve(&listener, connections, &count) => {}
            }
        });
    }
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
