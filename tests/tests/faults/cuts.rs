//! Connections that end where they should not.

use taskgroup::{
    api,
    session::{Cause, Config, Failure, Fault, Outcome},
};
use taskgroup_tests::{
    peer::{Answer, Heard, Line, Peer, Report},
    wire::{Framing, data, events, rest, text},
};

const IDS: [&str; 4] = ["a/1", "b 2", "c+3", "é4"];

/// A server that honours cursors, whose answer `n` (from 0) ends after `cuts[n]` bytes.
fn cut_server<'p>(framing: Framing, cuts: &'p [usize], ended: fn(Answer) -> Answer) -> Peer<'p> {
    let mut answers = 0;
    Peer::new(move |request| {
        let mut bytes = framing.stream(&events(rest(&IDS, request).iter().copied()));
        let cut = cuts.get(answers).copied();
        answers += 1;
        match cut {
            Some(cut) => {
                bytes.truncate(cut);
                ended(Answer::new().bytes(bytes))
            }
            None => Answer::new().bytes(bytes).close(),
        }
    })
}

#[track_caller]
fn assert_all_once(report: &Report, context: &str) {
    assert_eq!(report.outcome, Some(Outcome::Done), "{context}");
    assert_eq!(report.ids(), IDS, "{context}");
    assert_eq!(report.texts(), IDS.map(text), "{context}");
    assert_eq!(report.cursor.as_deref(), Some("é4"), "{context}");
}

fn config() -> Config<'static> {
    Config::new("key")
}

#[test]
fn an_answer_cut_at_any_byte_is_resumed_with_every_event_once_and_in_order() {
    let ways: [fn(Answer) -> Answer; 3] = [Answer::reset, Answer::close, |silent| silent];
    for framing in Framing::ALL {
        let whole = framing.stream(&events(IDS)).len();
        for (way, ended) in ways.into_iter().enumerate() {
            for cut in 0..whole {
                let report = cut_server(framing, &[cut], ended).run(config(), api::runs("g"));
                assert_all_once(&report, &format!("{framing:?}, way {way}, cut at {cut}"));
            }
        }
    }
}

#[test]
fn cuts_while_reading_byte_by_byte_change_nothing() {
    for framing in Framing::ALL {
        let whole = framing.stream(&events(IDS)).len();
        for cut in (0..whole).step_by(7) {
            let cuts = [cut];
            let mut peer = cut_server(framing, &cuts, Answer::reset);
            (peer.read, peer.write) = (1, 1);
            assert_all_once(&peer.run(config(), api::runs("g")), &format!("{framing:?}, cut at {cut}"));
        }
    }
}

#[test]
fn cut_after_cut_is_resumed_each_time_from_the_last_event() {
    for framing in Framing::ALL {
        let head = framing.stream("").len();
        for step in 0..60 {
            let cuts: Vec<usize> = (0..8).map(|n| head + (step * 31 + n * 97) % 700).collect();
            let mut peer = cut_server(framing, &cuts, Answer::reset);
            peer.read = 1 + step;
            let report = peer.run(config().with_attempts(None), api::runs("g"));
            assert_all_once(&report, &format!("{framing:?}, cuts at {cuts:?}"));
        }
    }
}

#[test]
fn each_request_after_a_break_asks_for_what_comes_after_the_last_event() {
    let cut = Framing::UntilClose.stream(&events(["x"]));
    let mut peer =
        Peer::script([Answer::new().bytes(cut).reset(), Answer::new().bytes(Framing::Length.stream(""))]);
    let report = peer.run(config(), api::runs("g").include_output(true));
    assert_eq!(report.requests[0].target, "/v1beta/tasks/groups/g/runs?include_output=true");
    assert_eq!(report.requests[1].target, "/v1beta/tasks/groups/g/runs?include_output=true&last_event_id=x");
    assert_eq!(report.heard[0], Heard::Opened { resumed: false });
    assert!(report.heard.contains(&Heard::Opened { resumed: true }));
}

#[test]
fn what_was_cut_belongs_to_no_line_of_the_next_answer() {
    let first = data(r#""type":"task_run.state","event_id":"1""#);
    for cut in 1..first.len() {
        let broken = Answer::new().bytes(Framing::UntilClose.stream(&first[..cut])).reset();
        let whole = Answer::new().bytes(Framing::Length.stream(&first));
        let report = Peer::script([broken, whole]).run(config(), api::runs("g"));
        assert_eq!((report.ids(), report.skipped()), (vec!["1"], 0), "cut at {cut}");
    }
}

#[test]
fn what_breaks_http_is_a_break_of_the_peer() {
    let good = Framing::Length.stream(&events(["1"]));
    let chunk =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n";
    for broken in ["SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\n: nothing\r\n\r\n", chunk] {
        let report = Peer::script([Answer::new().bytes(broken), Answer::new().bytes(good.clone())])
            .run(config(), api::runs("g"));
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["1"]), "{broken}");
        assert!(matches!(report.causes()[..], [Cause::Peer(Fault::Http(_))]), "{broken}");
    }
}

#[test]
fn an_answer_that_breaks_http_again_and_again_stops_with_its_fault() {
    let report = Peer::script([Answer::new().bytes("HELLO\r\n")]).run(config(), api::runs("g"));
    assert_eq!(report.connections, 10);
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Http(taskgroup::http::Error::StatusLine))));
}

#[test]
fn attempts_are_the_tries_in_a_row_that_bring_nothing_new() {
    for attempts in 1..5 {
        let mut peer = Peer::script([Answer::new().reset()]);
        let report = peer.run(config().with_attempts(Some(attempts)), api::runs("g"));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Network), attempts as usize));
    }
    let none = Peer::script([Answer::new().reset()]).run(config().with_attempts(Some(0)), api::runs("g"));
    assert_eq!(none.connections, 1, "0 counts as 1");
}

#[test]
fn a_try_that_brought_something_is_none_of_them() {
    let mut bytes = Framing::Chunked.stream(&events(["1"]));
    bytes.truncate(bytes.len() - "0\r\n\r\n".len());
    let report = Peer::script([Answer::new().bytes(bytes).reset(), Answer::new().reset()])
        .run(config().with_attempts(Some(2)), api::runs("g"));
    assert_eq!((report.outcome, report.ids()), (Some(Outcome::Network), vec!["1"]));
    assert_eq!(report.connections, 3);
}

#[test]
fn without_a_limit_it_tries_for_ever() {
    let report = Peer::script([Answer::new().reset()]).run(config().with_attempts(None), api::runs("g"));
    assert_eq!((report.outcome, report.connections), (None, 100));
}

#[test]
fn any_answer_with_an_event_restarts_the_count() {
    let ids: Vec<String> = (0..60).map(|id| id.to_string()).collect();
    let mut answers = 0;
    let mut peer = Peer::new(|request| {
        answers += 1;
        let next = request.cursor().map_or(0, |cursor| cursor.parse::<usize>().unwrap() + 1);
        let brings = answers % 2 == 0 && next < ids.len();
        let new = if brings { &ids[next..=next] } else { &[] };
        let bytes = Framing::Chunked.stream(&events(new.iter().map(String::as_str)));
        let end = if next == ids.len() { bytes.len() } else { bytes.len() - 5 };
        Answer::new().bytes(&bytes[..end]).reset()
    });
    peer.connections = 1000;
    let report = peer.run(config().with_attempts(Some(3)), api::runs("g"));
    assert_eq!((report.outcome, report.ids().len()), (Some(Outcome::Done), ids.len()));
}

#[test]
fn what_cannot_be_reached_is_tried_again_and_then_given_up() {
    let mut peer = Peer::script([Answer::new().bytes(Framing::Length.stream(""))]);
    peer.line = Box::new(|nth| if nth < 3 { Line::Fails(Failure::Unreachable) } else { Line::Opens });
    let report = peer.run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.causes()), (Some(Outcome::Done), vec![Cause::Network; 3]));

    peer.line = Box::new(|_| Line::Fails(Failure::Unreachable));
    let report = peer.run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Network), 10));
}

#[test]
fn a_connection_that_may_not_be_used_stops_at_once() {
    let mut peer = Peer::script([Answer::new()]);
    peer.line = Box::new(|_| Line::Fails(Failure::Refused));
    let report = peer.run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Refused), 1));
    assert!(report.requests.is_empty(), "the key goes only to a server that is authenticated");
}

#[test]
fn a_get_whose_sending_broke_at_any_byte_is_sent_again_in_whole() {
    let mut peer = Peer::script([Answer::new().bytes(Framing::Length.stream(""))]);
    for cut in 0..200 {
        peer.line = Box::new(move |nth| if nth == 0 { Line::Breaks(cut) } else { Line::Opens });
        let report = peer.run(config(), api::runs("g").last_event_id("7"));
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 1), "{cut}");
    }
}
