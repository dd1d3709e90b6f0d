//! `Stream` over real sockets: events that come once and in order, waits that are announced, and records of
//! both kinds.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use taskgroup::{
    api::{self, AddedRuns, Brief, StreamEvent, TaskGroup, View},
    json::Record,
    record,
    session::{Action, Cause, Config, Event, Outcome},
    text::Text,
};
use taskgroup_sandbox::{After, Cut, Faults, Instead, Options, RunsQuery, Sandbox, Version};
use taskgroup_std::{Security, Step, Stream, Verbatim, Whole};

const QUERY: RunsQuery =
    RunsQuery { version: Version::V1Beta, status: None, include_input: true, include_output: true };

fn sandbox(runs: usize, faults: Faults) -> Sandbox {
    Sandbox::start(Options { runs, faults, output_bytes: Some(3_000), ..Options::default() }).unwrap()
}

/// A stream of the sandbox's runs, impatient, as befits a test.
fn stream<'c, R: Record + Default>(sandbox: &'c Sandbox, url: &'c str) -> Stream<'c, R> {
    let config = Config::new(sandbox.key()).with_base_url(url).unwrap();
    let config = config.with_backoff(Duration::from_millis(1), Duration::from_millis(2)).with_attempts(None);
    let request = api::runs(sandbox.group_id()).include_input(true).include_output(true);
    Stream::new(config, request, R::default(), &Security::platform())
}

fn truth(sandbox: &Sandbox) -> Vec<String> {
    sandbox.runs(sandbox.group_id(), QUERY).map(|event| event.json).collect()
}

#[test]
fn verbatim_is_the_text_of_each_event_once_and_in_order_whatever_breaks() {
    let cut = Cut::after(After::RandomBytes { least: 0, most: 12_000 }).times(40);
    for cut in [cut, cut.reset()] {
        let sandbox = sandbox(60, Faults { cut: Some(cut), ..Faults::default() });
        let (url, mut texts) = (sandbox.base_url(), Vec::new());
        let mut stream = stream::<Verbatim>(&sandbox, &url);
        while let Some(event) = stream.next() {
            if let Event::Record(event) = event {
                texts.push(String::from_utf8(event.json().to_vec()).unwrap());
                assert_eq!(event.event_id(), Some(texts.len().to_string().as_str()));
            }
        }
        assert_eq!(stream.outcome(), Some(Outcome::Done));
        assert!(texts == truth(&sandbox), "{} of 60 events", texts.len());
        assert_eq!(sandbox.stats().cuts, 40);
    }
}

#[test]
fn whole_loses_nothing_of_what_the_service_sends() {
    let sandbox = sandbox(60, Faults::default());
    let (url, mut truth) = (sandbox.base_url(), truth(&sandbox).into_iter());
    let mut stream = stream::<StreamEvent<Whole>>(&sandbox, &url);
    while let Some(event) = stream.next() {
        let Event::Record(event) = event else { continue };
        let View::Run(run) = event.view() else { panic!("{event:?}") };
        let sent: serde_json::Value = serde_json::from_str(&truth.next().unwrap()).unwrap();
        assert_eq!(sent["run"]["run_id"], *run.run.run_id);
        assert_holds(&serde_json::to_value(event).unwrap(), &sent, &mut String::new());
    }
    assert_eq!((stream.outcome(), truth.next()), (Some(Outcome::Done), None));
}

/// Fails unless all that was sent is there. Members that were not sent may be there as `null`.
#[track_caller]
fn assert_holds(kept: &serde_json::Value, sent: &serde_json::Value, path: &mut String) {
    let length = path.len();
    match (kept, sent) {
        (serde_json::Value::Object(kept), serde_json::Value::Object(sent)) => {
            for (name, sent) in sent {
                path.push_str(&format!("/{name}"));
                assert_holds(kept.get(name).unwrap_or(&serde_json::Value::Null), sent, path);
                path.truncate(length);
            }
        }
        (serde_json::Value::Array(kept), serde_json::Value::Array(sent)) => {
            assert_eq!(kept.len(), sent.len(), "{path}");
            for (place, (kept, sent)) in kept.iter().zip(sent).enumerate() {
                path.push_str(&format!("/{place}"));
                assert_holds(kept, sent, path);
                path.truncate(length);
            }
        }
        _ => assert_eq!(kept, sent, "{path}"),
    }
}

record! {
    #[derive(Debug)]
    struct Small { run_id: Text<40> = "/run/run_id" }
}

#[test]
fn each_wait_is_announced_with_its_cause_before_it_is_waited_for() {
    let sandbox = sandbox(2, Faults { instead: Some(Instead::status(503).times(2)), ..Faults::default() });
    let url = sandbox.base_url();
    let mut stream = stream::<Small>(&sandbox, &url);
    let (mut causes, mut events) = (Vec::new(), 0);
    let outcome = loop {
        match stream.step() {
            Step::Event => events += u32::from(matches!(stream.event(), Some(Event::Record(_)))),
            Step::Action(Action::Sleep { until, cause }) => {
                assert_eq!(stream.error().map(|error| error.status), Some(503));
                assert!(until.saturating_since(stream.clock().now()) <= Duration::from_millis(2));
                causes.push(cause);
            }
            Step::Action(Action::Stop(outcome)) => break outcome,
            Step::Action(_) => {}
        }
    };
    assert_eq!((causes, events, outcome), (vec![Cause::Status(503); 2], 2, Outcome::Done));
    assert_eq!(stream.step(), Step::Action(Action::Stop(Outcome::Done)), "for ever the same answer");
    assert_eq!(stream.cursor(), Some("2"));
}

#[test]
fn a_server_that_is_not_there_is_tried_as_often_as_configured_and_the_reason_is_reported() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = Config::new("key").with_server("127.0.0.1", port, false).with_attempts(Some(3));
    let config = config.with_backoff(Duration::from_millis(1), Duration::from_millis(2));
    let mut stream = Stream::new(config, api::runs("tgrp_1"), Small::default(), &Security::platform());
    let mut tries = 0;
    while !matches!(stream.step(), Step::Action(Action::Stop(_))) {
        tries += u32::from(stream.reason().is_some());
    }
    assert_eq!(stream.outcome(), Some(Outcome::Network));
    assert!(tries >= 2);
    assert!(stream.reason().unwrap().contains(&port.to_string()), "{:?}", stream.reason());
}

#[test]
fn an_answer_that_is_one_json_text_comes_as_a_record() {
    let sandbox = sandbox(3, Faults::default());
    let url = sandbox.base_url();
    let config = Config::new(sandbox.key()).with_base_url(&url).unwrap();
    let request = api::group(sandbox.group_id());
    let mut stream = Stream::new(config, request, api::TaskGroup::<Whole>::default(), &Security::platform());
    while stream.next().is_some() {}
    assert_eq!(stream.outcome(), Some(Outcome::Done));
    let group = stream.into_record();
    assert_eq!((&*group.taskgroup_id, group.status.num_task_runs), (sandbox.group_id(), 3));
}

/// The record that the answer fills.
fn answer<'s, R: Record>(stream: &'s mut Stream<'_, R>) -> &'s R {
    let mut filled = 0;
    while let Some(event) = stream.next() {
        filled += u32::from(matches!(event, Event::Record(_)));
    }
    assert_eq!((stream.outcome(), filled), (Some(Outcome::Done), 1));
    stream.record_mut()
}

#[test]
fn a_program_that_asks_again_and_again_shakes_hands_once() {
    let sandbox = Sandbox::start(Options { tls: true, ..Options::default() }).unwrap();
    let (url, security) =
        (sandbox.base_url(), Security::ca_pem(sandbox.ca_pem().unwrap().as_bytes()).unwrap());
    let config = Config::new(sandbox.key()).with_base_url(&url).unwrap().with_keep_alive(true);
    let group = || api::group(sandbox.group_id());
    let mut stream = Stream::new(config, group(), TaskGroup::<Brief>::default(), &security);
    for _ in 0..10 {
        assert_eq!(&*answer(&mut stream).taskgroup_id, sandbox.group_id());
        stream.ask(group());
    }
    assert_eq!(sandbox.stats().connections, 1);
}

#[test]
fn a_group_that_is_created_and_filled_is_streamed_over_the_last_connection() {
    let sandbox = sandbox(1, Faults::default());
    let url = sandbox.base_url();
    let config = Config::new(sandbox.key()).with_base_url(&url).unwrap().with_keep_alive(true);
    let group = TaskGroup::<Brief>::default();
    let mut stream = Stream::new(config, api::create_group(b"{}"), group, &Security::platform());
    let id = answer(&mut stream).taskgroup_id.to_string();
    let runs = br#"{"inputs": [{"processor": "base", "input": "a"}, {"processor": "base", "input": "b"}]}"#;
    let mut stream = stream.ask_with(api::add_runs(&id, runs), AddedRuns::<Brief, 2>::default());
    assert_eq!(answer(&mut stream).run_ids.len(), 2);
    let mut stream = stream.ask_with(api::runs(&id), Small::default());
    let mut events = 0;
    while let Some(event) = stream.next() {
        events += u32::from(matches!(event, Event::Record(_)));
    }
    assert_eq!((stream.outcome(), events), (Some(Outcome::Done), 2));
    // A POST goes over one of its own.
    assert_eq!(sandbox.stats().connections, 2);
}

#[test]
fn a_connection_that_has_ended_meanwhile_costs_no_try() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        for _ in 0..3 {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                socket.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            // Whole, and then an end that the answer does not announce.
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 24\r\n\r\n";
            socket.write_all(head.as_bytes()).unwrap();
            socket.write_all(br#"{"taskgroup_id":"tgrp_"}"#).unwrap();
        }
    });
    let config = Config::new("key").with_server("127.0.0.1", port, false);
    let config = config.with_keep_alive(true).with_attempts(Some(1));
    let mut stream =
        Stream::new(config, api::group("tgrp_"), TaskGroup::<Brief>::default(), &Security::platform());
    for _ in 0..3 {
        assert_eq!(&*answer(&mut stream).taskgroup_id, "tgrp_");
        stream.ask(api::group("tgrp_"));
    }
    server.join().unwrap();
}
