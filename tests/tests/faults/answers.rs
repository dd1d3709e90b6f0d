//! Answers of one JSON text, and requests that must not be sent twice.

use std::time::Duration;

use taskgroup::{
    api, json, record,
    session::{Cause, Config, Failure, Fault, Outcome, Request, Session},
    text::Text,
};
use taskgroup_tests::{
    peer::{Answer, Heard, Line, Peer, Report},
    wire::{Framing, bare, refusal},
};

record! {
    /// A group, as far as the tests look at it.
    #[derive(Clone, Debug, PartialEq)]
    struct Group { id: Text<40> = "/taskgroup_id", runs: Option<u32> = "/status/num_task_runs" }
}

const JSON: &str = r#"{"taskgroup_id":"tgrp_é😀","status":{"num_task_runs":3,"is_active":true}}"#;
const BODY: &[u8] = br#"{"metadata":{"row":"41"}}"#;

fn config() -> Config<'static> {
    Config::new("key")
}

fn run<'c>(peer: &mut Peer<'_>, request: impl Into<Request<'c>>) -> Report<Group> {
    peer.run_with(Session::new(config(), request))
}

fn script<'c>(answers: impl IntoIterator<Item = Answer>, request: impl Into<Request<'c>>) -> Report<Group> {
    run(&mut Peer::script(answers), request)
}

fn good() -> Answer {
    Answer::new().bytes(Framing::Length.json(JSON))
}

#[track_caller]
fn assert_answered(report: &Report<Group>, connections: usize, context: &str) {
    let groups: Vec<_> = report.records().collect();
    assert_eq!(groups, [&Group { id: "tgrp_é😀".into(), runs: Some(3) }], "{context}");
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), connections), "{context}");
}

#[test]
fn a_json_answer_is_whole_when_its_text_is_whatever_the_framing() {
    for framing in Framing::ALL {
        let bytes = framing.json(JSON);
        let end = bytes.iter().rposition(|byte| *byte == b'}').unwrap() + 1;
        for tail in [&bytes[end..], b""] {
            let answer = Answer::new().bytes([&bytes[..end], tail].concat());
            let report = script([answer], api::group("g"));
            assert_answered(&report, 1, &format!("{framing:?}"));
            assert_eq!(report.elapsed, Duration::ZERO, "nobody waits for the end");
        }
    }
}

#[test]
fn a_json_answer_cut_at_any_byte_is_asked_again_when_it_was_a_get() {
    let ways: [fn(Answer) -> Answer; 3] = [Answer::reset, Answer::close, |silent| silent];
    for framing in Framing::ALL {
        let bytes = framing.json(JSON);
        let end = bytes.iter().rposition(|byte| *byte == b'}').unwrap() + 1;
        for way in ways {
            for cut in 0..end {
                let cut_off = way(Answer::new().bytes(&bytes[..cut]));
                let report = script([cut_off, good()], api::group("g"));
                assert_answered(&report, 2, &format!("{framing:?}, cut at {cut}"));
                assert_eq!(report.requests[0], report.requests[1]);
            }
        }
    }
}

#[test]
fn a_json_answer_that_its_framing_ends_too_early_is_asked_again() {
    for framing in Framing::ALL {
        for cut in 0..JSON.len() {
            let Some(part) = JSON.get(..cut) else { continue };
            let report = script([Answer::new().bytes(framing.json(part)).close(), good()], api::group("g"));
            assert_answered(&report, 2, &format!("{framing:?}, cut at {cut}"));
        }
    }
}

#[test]
fn an_answer_that_does_not_fit_the_record_is_reported_and_stops() {
    let body = JSON.replace('3', "\"three\"");
    let report = script([Answer::new().bytes(Framing::Length.json(&body))], api::group("g"));
    let Some(Heard::Skipped(why)) = report.heard.last() else { panic!("{:?}", report.heard) };
    assert!(matches!(why.0, json::Error::Mismatch(_)), "{why}");
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Json(why.0))));
    assert_eq!(report.connections, 1);
}

#[test]
fn an_answer_that_is_not_json_is_asked_again_when_it_was_a_get() {
    let bad = || Answer::new().bytes(Framing::Length.json("{nope}"));
    let report = script([bad(), good()], api::group("g"));
    assert_answered(&report, 2, "");
    assert!(matches!(report.causes()[..], [Cause::Peer(Fault::Json(_))]));
    let report = script([bad(), good()], api::create_group(BODY));
    assert!(matches!(report.outcome, Some(Outcome::Peer(Fault::Json(_)))));
}

#[test]
fn an_event_stream_is_not_a_json_answer() {
    let report = script([Answer::new().bytes(Framing::Length.stream(JSON))], api::group("g"));
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::ContentType)));
}

#[test]
fn a_post_carries_its_body_and_its_length() {
    let report = script([good()], api::create_group(BODY));
    let request = &report.requests[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1beta/tasks/groups"));
    assert_eq!(request.body, BODY);
    assert_eq!(request.header("content-length"), Some(BODY.len().to_string().as_str()));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_answered(&report, 1, "");
}

#[test]
fn created_and_accepted_answer_a_post() {
    for status in ["201 Created", "202 Accepted"] {
        let bytes = Framing::Length.answer(status, &[("content-type", "application/json")], JSON.as_bytes());
        assert_answered(&script([Answer::new().bytes(bytes.clone())], api::create_group(BODY)), 1, status);
        let report = script([Answer::new().bytes(bytes)], api::group("g"));
        assert!(matches!(report.outcome, Some(Outcome::Status(201 | 202))), "but no GET");
    }
}

#[test]
fn a_post_that_never_connected_is_tried_again() {
    let mut peer = Peer::script([good()]);
    peer.line = Box::new(|nth| match nth {
        0 | 1 => Line::Fails(Failure::Unreachable),
        2 => Line::Hangs,
        3 => Line::Breaks(0),
        _ => Line::Opens,
    });
    assert_answered(&run(&mut peer, api::create_group(BODY)), 5, "");
}

#[test]
fn a_post_is_never_repeated_after_its_first_byte_but_by_status() {
    let whole = Framing::Length.json(JSON);
    for cut in (0..whole.len() - 1).step_by(3) {
        let cut_off = || Answer::new().bytes(&whole[..cut]);
        let ways = [
            (cut_off().reset(), Outcome::Network),
            (cut_off().close(), Outcome::Network),
            (cut_off(), Outcome::Idle),
        ];
        for (answer, outcome) in ways {
            let report = script([answer, good()], api::create_group(BODY));
            assert_eq!((report.outcome, report.connections), (Some(outcome), 1), "cut at {cut}");
        }
    }
    let report = script([Answer::new().bytes("garbage\r\n"), good()], api::create_group(BODY));
    assert!(matches!(report.outcome, Some(Outcome::Peer(Fault::Http(_)))));
    for sent in 1..200 {
        let mut peer = Peer::script([good()]);
        peer.line = Box::new(move |nth| if nth == 0 { Line::Breaks(sent) } else { Line::Opens });
        peer.write = 7;
        let report = run(&mut peer, api::create_group(BODY));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Network), 1), "after {sent} bytes");
    }
}

#[test]
fn a_post_is_repeated_when_the_status_says_so() {
    for answer in [
        bare("429 No", &[]),
        bare("503 No", &[("retry-after", "1")]),
        bare("400 No", &[("x-should-retry", "true")]),
    ] {
        let report = script([answer, good()], api::create_group(BODY));
        assert_answered(&report, 2, "");
        assert_eq!(report.requests[0], report.requests[1]);
    }
    let report = script([bare("500 No", &[("x-should-retry", "false")]), good()], api::create_group(BODY));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Status(500)), 1));
}

#[test]
fn an_answer_that_comes_while_the_body_is_still_being_sent_counts() {
    for after in [1, 50, 200] {
        let mut peer = Peer::script([good()]);
        let refused = refusal("422 No", &[], r#"{"detail":"bad metadata"}"#);
        peer.line = Box::new(move |_| Line::Answers(after, refused.clone()));
        let report = run(&mut peer, api::create_group(BODY));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Status(422)), 1), "after {after}");
        assert_eq!((report.message(), report.requests.len()), ("bad metadata", 0));

        let mut peer = Peer::script([good()]);
        let busy = bare("503 No", &[]);
        peer.line =
            Box::new(move |nth| if nth == 0 { Line::Answers(after, busy.clone()) } else { Line::Opens });
        assert_answered(&run(&mut peer, api::create_group(BODY)), 2, "asked again");
    }
}

#[test]
fn a_long_body_may_take_its_time() {
    use taskgroup::{session::Action, time::Instant};
    let body = vec![b' '; 10_000];
    let mut session = Session::<Group>::new(config(), api::create_group(&body[..]));
    let mut now = Instant::from_millis(0);
    assert!(matches!(session.poll(now), Action::Connect { .. }));
    session.connected(now);
    let mut sent = 0;
    while let Action::Send { .. } = session.poll(now) {
        sent += session.fill(&mut [0; 100]);
        now = now + Duration::from_secs(60);
    }
    assert!(sent > body.len() && matches!(session.poll(now), Action::Receive { .. }));
}

#[test]
fn any_buffer_gives_the_same_request() {
    let requests = [
        Request::from(
            api::runs("tgrp é/?")
                .last_event_id("a+b/c=")
                .status(api::Status::ActionRequired)
                .include_input(true),
        ),
        api::create_group(BODY).into(),
        api::run_result("trun_1").timeout(7).into(),
    ];
    for request in requests {
        let sizes = |size| {
            let mut peer = Peer::script([bare("204 No Content", &[])]);
            peer.write = size;
            run(&mut peer, request.clone()).requests.remove(0)
        };
        let whole = sizes(4096);
        for size in 1..=700 {
            assert_eq!(sizes(size), whole, "through {size} bytes");
        }
    }
}
