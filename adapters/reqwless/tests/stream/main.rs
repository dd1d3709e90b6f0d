//! `Stream` over reqwless and real sockets: events that come once and in order, whatever breaks.

use std::{cell::RefCell, future::Future, time::Duration};

use reqwless::client::HttpClient;
use taskgroup::{
    api,
    json::record,
    session::{Config, Event, Outcome},
    text::Text,
};
use taskgroup_reqwless::Stream;
use taskgroup_sandbox::{After, Cut, Faults, Instead, Options, Resume, RunsQuery, Sandbox, Stall, Version};

#[path = "../../../embedded-io/tests/network/mod.rs"]
mod network;
use self::network::{Host, HostClock};

const QUERY: RunsQuery =
    RunsQuery { version: Version::V1Beta, status: None, include_input: false, include_output: true };

record! {
    /// What tells one event from another.
    #[derive(Debug)]
    struct Ids {
        event_id: Text<64> = "/event_id",
        run_id: Text<64> = "/run/run_id",
    }
}

fn sandbox(runs: usize, faults: Faults) -> Sandbox {
    Sandbox::start(Options { runs, faults, output_bytes: Some(3_000), ..Options::default() }).unwrap()
}

/// Impatient, as befits a test.
fn config<'c>(sandbox: &'c Sandbox, url: &'c str) -> Config<'c> {
    let config = Config::new(sandbox.key()).with_base_url(url).unwrap();
    config.with_backoff(Duration::from_millis(1), Duration::from_millis(2)).with_attempts(None)
}

fn stream<'c>(config: Config<'c>, sandbox: &'c Sandbox) -> Stream<'c, Ids, HostClock> {
    let request = api::runs(sandbox.group_id()).include_output(true);
    Stream::new(config, request, Ids::default(), HostClock::new())
}

fn ids(event: &Event<'_, Ids>) -> Option<(String, String)> {
    let Event::Record(ids) = event else { return None };
    Some((ids.event_id.to_string(), ids.run_id.to_string()))
}

fn truth(sandbox: &Sandbox) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let parse = |json: String| serde_json::from_str::<serde_json::Value>(&json).unwrap();
    let events = sandbox.runs(sandbox.group_id(), QUERY).map(|event| parse(event.json));
    events.map(|event| (text(&event["event_id"]), text(&event["run"]["run_id"]))).collect()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
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
        Faults {
            resume: Resume::Repeat,
            cut: Some(Cut::after(After::Events(7)).times(3)),
            ..Faults::default()
        },
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
    // reqwless takes the end of the connection for the end of the body.
    let sandbox =
        sandbox(20, Faults { cut: Some(Cut::after(After::Events(5)).times(2)), ..Faults::default() });
    let (had, outcome) = read(&sandbox, config(&sandbox, &sandbox.base_url()));
    assert_eq!((had, outcome), (truth(&sandbox), Outcome::Done));
    assert_eq!(sandbox.stats().requests, 4, "two cuts, and the question whether there is more");
}

#[test]
fn a_silence_beyond_the_idle_timeout_is_a_break_like_any_other() {
    let stall = Stall::after(After::Events(20), Duration::from_secs(3600)).times(2);
    let sandbox = sandbox(60, Faults { stall: Some(stall), ..Faults::default() });
    let url = sandbox.base_url();
    let config = config(&sandbox, &url).with_idle_timeout(Duration::from_millis(300));
    assert_eq!(read(&sandbox, config), (truth(&sandbox), Outcome::Done));
}

#[test]
fn a_status_says_whether_to_ask_again_and_when() {
    let busy = Instead::status(429).header("retry-after-ms", "20").message("Slow down").times(3);
    let sandbox = sandbox(5, Faults { instead: Some(busy), ..Faults::default() });
    let (had, outcome) = read(&sandbox, config(&sandbox, &sandbox.base_url()));
    assert_eq!((had, outcome), (truth(&sandbox), Outcome::Done));
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_service_without_the_key() {
    let message = "no such key: sandbox-key";
    let sandbox =
        sandbox(1, Faults { instead: Some(Instead::status(400).message(message)), ..Faults::default() });
    run(async {
        let (url, mut client) = (sandbox.base_url(), HttpClient::new(&Host, &Host));
        let mut stream = stream(config(&sandbox, &url), &sandbox);
        let outcome = stream.run(&mut client, &mut [0; 2048], async |_| unreachable!()).await;
        assert_eq!(outcome, Outcome::Status(400));
        assert_eq!(stream.error().unwrap().message, "no such key: ***");
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
fn nothing_is_sent_where_the_key_must_not_go() {
    let sandbox = sandbox(1, Faults::default());
    for url in ["http://192.0.2.1/", "https://127.0.0.1/", "https://192.0.2.1/"] {
        assert_eq!(read(&sandbox, config(&sandbox, url)), (vec![], Outcome::Refused), "{url}");
    }
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
