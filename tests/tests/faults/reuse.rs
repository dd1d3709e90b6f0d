//! One connection for several requests: where it is kept, and what becomes of one that should not be.

use std::time::Duration;

use taskgroup::{
    api,
    session::{Action, Cause, Config, Failure, Fault, Misuse, Outcome, Request, Session},
    time::Instant,
};
use taskgroup_tests::{
    peer::{Answer, Line, Peer, Report, Seen},
    wire::{Framing, bare, event, events, refusal},
};

const GROUP: &str = r#"{"type": "group", "text": "whole"}"#;

fn config() -> Config<'static> {
    Config::new("key").with_keep_alive(true)
}

/// Asks for a group so often.
fn ask(peer: &mut Peer<'_>, times: usize) -> Report {
    ask_by(peer, config(), times)
}

fn ask_by(peer: &mut Peer<'_>, config: Config<'static>, times: usize) -> Report {
    let session = Session::<Seen>::new(config, api::group("g"));
    peer.run_on(session, (1..times).map(|_| api::group("g")))
}

fn answer() -> Answer {
    Answer::new().bytes(Framing::Length.json(GROUP))
}

/// A first answer, then a good one on the same connection or on another.
fn after(first: Answer) -> Report {
    ask(&mut Peer::script([first, answer()]), 2)
}

/// Both requests brought what was asked for, over this many connections, and no try failed.
#[track_caller]
fn assert_good(report: &Report, connections: usize, what: &str) {
    assert_eq!(
        (report.before.as_slice(), report.outcome),
        (&[Outcome::Done][..], Some(Outcome::Done)),
        "{what}"
    );
    assert_eq!(report.texts(), ["whole"; 2], "{what}");
    assert_eq!((report.connections, report.sleeps.as_slice()), (connections, &[][..]), "{what}");
}

#[test]
fn many_requests_go_over_one_connection() {
    for framing in [Framing::Chunked, Framing::Length] {
        for read in [1, 7, usize::MAX] {
            let mut peer = Peer::new(|_| Answer::new().bytes(framing.json(GROUP)));
            peer.read = read;
            peer.write = 40;
            let report = ask(&mut peer, 50);
            assert_eq!(report.outcome, Some(Outcome::Done));
            assert_eq!(report.before, [Outcome::Done; 49]);
            assert_eq!((report.connections, report.requests.len()), (1, 50), "{framing:?}, {read} at once");
            assert_eq!(report.texts(), ["whole"; 50]);
            assert!(report.requests.iter().all(|request| request.header("connection").is_none()));
            assert_eq!(report.elapsed, Duration::ZERO);
        }
    }
}

#[test]
fn a_program_that_does_not_ask_for_it_keeps_no_connection() {
    let report = ask_by(&mut Peer::script([answer()]), Config::new("key"), 3);
    assert_eq!((report.connections, report.texts().len()), (3, 3));
    assert!(report.requests.iter().all(|request| request.header("connection") == Some("close")));
}

#[test]
fn streams_that_end_by_their_framing_leave_the_connection_open() {
    let stream = events(["1", "2"]);
    for framing in [Framing::Chunked, Framing::Length] {
        let mut peer = Peer::new(|request| {
            Answer::new().bytes(framing.stream(if request.cursor().is_some() { "" } else { &stream }))
        });
        let report =
            peer.run_on(Session::<Seen>::new(config(), api::runs("g")), [api::runs("h"), api::runs("g")]);
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 1), "{framing:?}");
        assert_eq!(report.ids(), ["1", "2", "1", "2", "1", "2"]);
        let cursors: Vec<_> = report.requests.iter().map(|request| request.cursor()).collect();
        let checked = [None, Some("2".to_owned())];
        assert_eq!(cursors, [checked.clone(), checked.clone(), checked].concat(), "each has one of its own");
        assert_eq!(report.elapsed, Duration::ZERO, "nothing is waited for that cannot come");
    }
}

#[test]
fn an_answer_that_says_no_leaves_the_connection_open_when_it_is_read_to_its_end() {
    let no = || refusal("404 No", &[], r#"{"error": {"message": "no such group"}}"#);
    for first in [no(), bare("404 No", &[]), Answer::new().bytes("HTTP/1.1 204 No Content\r\n\r\n")] {
        let report = after(first);
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 1));
        assert_eq!(report.message(), "", "of the request before");
    }
    let report = ask(&mut Peer::script([answer(), no()]), 2);
    assert_eq!((report.outcome, report.message()), (Some(Outcome::Status(404)), "no such group"));
}

#[test]
fn a_refusal_that_is_not_read_to_its_end_costs_the_connection() {
    let head = "HTTP/1.1 403 No\r\ncontent-type: text/plain\r\ncontent-length: 200000\r\n\r\n";
    let long = Answer::new().bytes(head).bytes([b'x'; 200_000]);
    let encoded = [("content-encoding", "gzip")];
    let encoded = Answer::new().bytes(Framing::Length.answer("403 No", &encoded, b"\x1f\x8b"));
    for first in [long, encoded] {
        let report = after(first);
        assert_eq!(
            (report.before.as_slice(), report.outcome),
            (&[Outcome::Status(403)][..], Some(Outcome::Done))
        );
        assert_eq!((report.connections, report.texts()), (2, vec!["whole"]));
    }
}

#[test]
fn what_says_that_the_connection_ends_is_believed() {
    let json = |version: &str, header: &str| {
        let length = GROUP.len();
        let head = format!("HTTP/{version} 200 OK\r\ncontent-type: application/json\r\n{header}");
        Answer::new().bytes(format!("{head}content-length: {length}\r\n\r\n{GROUP}"))
    };
    assert_good(&after(json("1.1", "")), 1, "nothing");
    assert_good(&after(json("1.1", "Connection: keep-alive\r\n")), 1, "keep-alive");
    assert_good(&after(json("1.1", "Connection: close\r\n")), 2, "close");
    assert_good(&after(json("1.0", "")), 2, "1.0");
    assert_good(&after(json("1.0", "Connection: keep-alive\r\n")), 2, "1.0 with keep-alive");
    assert_good(&after(Answer::new().bytes(Framing::UntilClose.json(GROUP)).close()), 2, "no framing");
    let report = after(Answer::new().bytes("HTTP/1.1 101 What\r\n\r\n"));
    assert_eq!((report.before[0], report.connections), (Outcome::Status(101), 2));
}

#[test]
fn a_connection_that_the_server_ends_meanwhile_is_replaced_without_a_failed_try() {
    let meanwhile = |step: fn(Answer) -> Answer| step(answer());
    let late = |step: fn(Answer) -> Answer| step(answer().wait(Duration::from_millis(1)));
    for end in [Answer::close, Answer::reset] {
        assert_good(&after(meanwhile(end)), 2, "seen before the request is sent");
        let config = config().with_attempts(Some(1));
        let report = ask_by(&mut Peer::script([late(end), answer()]), config, 2);
        assert_good(&report, 2, "seen when the request is out");
        assert_eq!(report.requests.len(), 3, "the request is sent again");
    }
}

#[test]
fn a_connection_that_is_replaced_is_replaced_once() {
    let late = || answer().wait(Duration::from_millis(1)).close();
    let config = config().with_attempts(Some(3));
    let report = ask_by(&mut Peer::script([late(), Answer::new().close()]), config, 2);
    assert_eq!((report.outcome, report.causes()), (Some(Outcome::Network), vec![Cause::Network; 2]));
    assert_eq!(report.connections, 1 + 3);
}

#[test]
fn a_connection_that_died_without_a_word_costs_the_idle_timeout_and_no_try() {
    let mut peer = Peer::script([answer(), Answer::new(), answer()]);
    let report = ask_by(&mut peer, config().with_attempts(Some(1)), 2);
    assert_good(&report, 2, "silence");
    assert_eq!(report.elapsed, Duration::from_secs(90));
}

#[test]
fn what_comes_after_an_answer_is_not_the_answer_to_the_next_request() {
    let forged = Framing::Length.json(r#"{"text": "forged"}"#);
    let behind = |garbage: &[u8]| [&Framing::Length.json(GROUP), garbage].concat();
    for garbage in [&forged[..], b"HTTP/1.1 408 Request Timeout\r\n\r\n", b"x", b"\r\n"] {
        assert_good(&after(Answer::new().bytes(behind(garbage))), 2, "in the same piece");
        assert_good(&after(answer().bytes(garbage)), 2, "in another piece");
        assert_good(&after(answer().bytes(garbage).close()), 2, "and then the end");
    }
    // What arrives when the request is on its way is told from an answer only by what it says.
    let late = |garbage: &[u8]| after(answer().wait(Duration::from_millis(1)).bytes(garbage));
    assert_good(&late(b"garbage"), 2, "no HTTP");
}

#[test]
fn an_answer_that_is_cut_after_its_head_is_a_break_like_any_other() {
    let whole = Framing::Length.json(GROUP);
    let head = whole.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    for at in 0..whole.len() {
        for end in [Answer::close, Answer::reset] {
            let cut = end(Answer::new().bytes(&whole[..at]));
            let report = ask(&mut Peer::script([answer(), cut, answer()]), 2);
            assert_eq!((report.outcome, report.texts()), (Some(Outcome::Done), vec!["whole"; 2]), "{at}");
            assert_eq!(report.connections, 2, "{at}");
            let failed = if at < head { vec![] } else { vec![Cause::Network] };
            assert_eq!(report.causes(), failed, "at byte {at} of {head}");
        }
    }
}

#[test]
fn a_stream_that_breaks_on_a_kept_connection_continues_after_its_last_event() {
    let all = ["1", "2", "3", "4"];
    let whole = Framing::Chunked.stream(&events(all));
    for at in 0..whole.len() {
        let mut asked = 0;
        let mut peer = Peer::new(|request| {
            asked += 1;
            match asked {
                1 => Answer::new().bytes(Framing::Chunked.stream(&event("0"))),
                2 => Answer::new().bytes(Framing::Chunked.stream("")),
                3 => Answer::new().bytes(&whole[..at]).reset(),
                _ => {
                    let rest = taskgroup_tests::wire::rest(&all, request);
                    Answer::new().bytes(Framing::Chunked.stream(&events(rest.iter().copied())))
                }
            }
        });
        let report = peer.run_on(Session::<Seen>::new(config(), api::runs("g")), [api::runs("g")]);
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 2), "{at}");
        assert_eq!(report.ids(), ["0", "1", "2", "3", "4"], "{at}");
    }
}

#[test]
fn a_break_costs_the_connection() {
    let busy = refusal("503 No", &[("retry-after-ms", "1")], "{}");
    let report = ask(&mut Peer::script([busy, answer()]), 2);
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 2));
    assert_eq!(report.texts(), ["whole"; 2], "the second try and the second request share one");
}

#[test]
fn an_answer_that_comes_before_the_request_is_sent_costs_the_connection() {
    let mut peer = Peer::script([answer()]);
    peer.line = Box::new(|count| if count == 0 { Line::Answers(50, answer()) } else { Line::Opens });
    let report = ask(&mut peer, 2);
    assert_good(&report, 2, "early");
    assert_eq!(report.elapsed, Duration::ZERO, "the rest of the request is not waited for there");
}

#[test]
fn what_may_not_be_repeated_goes_over_a_new_connection() {
    let session = Session::<Seen>::new(config(), api::create_group(b"{}"));
    let mut peer = Peer::script([answer()]);
    let report = peer.run_on(
        session,
        [Request::from(api::add_runs("g", b"{}")), api::group("g").into(), api::group("g").into()],
    );
    let methods: Vec<_> = report.requests.iter().map(|request| request.method.as_str()).collect();
    assert_eq!(methods, ["POST", "POST", "GET", "GET"]);
    assert_eq!(report.connections, 2, "GETs go over that of a POST");
}

#[test]
fn the_end_of_an_answer_is_waited_for_no_longer_than_the_idle_timeout() {
    let whole = Framing::Chunked.json(GROUP);
    let but_the_end = || Answer::new().bytes(&whole[..whole.len() - 5]);
    let wait = Duration::from_secs(5);
    let report = after(but_the_end().wait(wait).bytes(&whole[whole.len() - 5..]));
    assert_good(&report, 1, "late");
    assert_eq!(report.elapsed, wait);

    let report = after(but_the_end());
    assert_good(&report, 2, "never");
    assert_eq!(report.elapsed, Duration::from_secs(90));

    let mut dribble = but_the_end();
    for _ in 0..200 {
        dribble = dribble.wait(Duration::from_secs(1)).bytes("1\r\n \r\n");
    }
    let report = after(dribble);
    assert_good(&report, 2, "more and more of nothing");
    assert!(report.elapsed <= Duration::from_secs(91), "{:?}", report.elapsed);

    for end in [Answer::close, Answer::reset] {
        assert_good(&after(end(but_the_end())), 2, "cut");
    }
}

#[test]
fn an_answer_that_does_not_fit_leaves_the_connection_open() {
    let misfit = Answer::new().bytes(Framing::Chunked.json(r#"{"number": "none"}"#));
    let report = after(misfit);
    assert!(matches!(report.before[..], [Outcome::Peer(Fault::Json(_))]));
    assert_eq!((report.connections, report.texts()), (1, vec!["whole"]));
}

#[test]
fn a_request_that_cannot_be_sent_leaves_the_connection_open() {
    let mut peer = Peer::script([answer()]);
    let session = Session::<Seen>::new(config(), api::group("g"));
    let report = peer.run_on(session, [api::group(".."), api::group("g")]);
    assert_eq!(report.before, [Outcome::Done, Outcome::Misuse(Misuse::Id)]);
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 1));
}

#[test]
fn a_request_that_comes_in_the_middle_of_another_closes_its_connection_first() {
    type Stage<'s> = &'s dyn Fn(&mut Session<'static, Seen>);
    let now = Instant::from_millis(0);
    let fill = |session: &mut Session<'_, Seen>| session.fill(&mut [0; 1000]);
    let asked = |before: Stage<'_>| {
        let mut session = Session::<Seen>::new(config(), api::group("g"));
        before(&mut session);
        session.ask(api::group("g"));
        [session.poll(now), session.poll(now)]
    };
    let stages: [Stage<'_>; 4] = [
        &|session| _ = session.poll(now),
        &|session| session.connected(now),
        &|session| _ = fill(session),
        &|session| _ = session.feed(&mut &b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{"[..], now),
    ];
    for count in 1..=stages.len() {
        let actions = asked(&|session| stages[..count].iter().for_each(|stage| stage(session)));
        assert!(matches!(actions, [Action::Close, Action::Connect { .. }]), "after {count}: {actions:?}");
    }
    let actions = asked(&|_| {});
    assert!(matches!(actions, [Action::Connect { .. }, _]), "before the first: {actions:?}");
    let actions = asked(&|session| {
        _ = session.poll(now);
        session.failed(now, Failure::Unreachable);
        assert_eq!(session.poll(now), Action::Close);
        assert!(matches!(session.poll(now), Action::Sleep { .. }));
    });
    assert!(matches!(actions, [Action::Connect { .. }, _]), "asleep: {actions:?}");
}

#[test]
fn an_answer_may_fill_another_record() {
    let mut session = Session::<Seen>::new(config(), api::group("g"));
    let now = Instant::from_millis(0);
    let read = |session: &mut Session<'_, Seen>, whole: &[u8]| {
        while !matches!(session.poll(now), Action::Send { .. }) {
            session.connected(now);
        }
        session.fill(&mut [0; 1000]);
        let mut input = whole;
        while session.feed(&mut input, now).is_some() {}
        assert_eq!(session.poll(now), Action::Stop(Outcome::Done), "no Close");
    };
    read(&mut session, &Framing::Length.json(GROUP));
    let mut session = session.ask_with(api::group("h"), Seen::default());
    assert_eq!(session.poll(now), Action::Receive { until: now });
    read(&mut session, &Framing::Length.json(r#"{"text": "other"}"#));
    assert_eq!(session.into_record().text.as_str(), "other");
}

/// A driver need not look for more after the last byte, and a program may continue as soon as it has what it
/// wants.
#[test]
fn an_answer_is_over_with_its_last_byte_whoever_asks_next() {
    let now = Instant::from_millis(0);
    let answers = [
        (Request::from(api::group("g")), Framing::Length.json(GROUP)),
        (api::runs("g").into(), Framing::Length.stream(&event("1"))),
    ];
    for (request, whole) in answers {
        for polled in [true, false] {
            let mut session = Session::<Seen>::new(config().with_end_check(false), request.clone());
            assert!(matches!(session.poll(now), Action::Connect { .. }));
            session.connected(now);
            session.fill(&mut [0; 1000]);
            let mut input = &whole[..];
            assert!(session.advance(&mut input, now), "opened");
            assert!(session.advance(&mut input, now), "the record");
            if polled {
                assert_eq!(session.poll(now), Action::Stop(Outcome::Done));
            }
            session.ask(api::group("g"));
            assert_eq!(session.poll(now), Action::Receive { until: now });
            assert!(matches!(session.poll(now), Action::Send { .. }));
        }
    }
}

#[test]
fn a_connection_that_ends_during_a_wait_does_not_shorten_it() {
    for seed in 0..20 {
        let mut now = Instant::from_millis(0);
        let mut session = Session::<Seen>::new(Config::new("key").with_seed(seed), api::runs("g"));
        for nth in 0..8 {
            loop {
                match session.poll(now) {
                    Action::Connect { .. } => session.connected(now),
                    Action::Sleep { until, .. } => {
                        session.closed(now);
                        assert_eq!(session.poll(now), Action::Close);
                        let Action::Sleep { until: again, .. } = session.poll(now) else { panic!("no wait") };
                        assert!(again >= until, "{again:?} instead of {until:?}");
                        now = again;
                    }
                    Action::Send { .. } => break,
                    _ => {}
                }
            }
            session.fill(&mut [0; 1000]);
            let bytes = Framing::Chunked.stream(&event(&nth.to_string()));
            let mut input = &bytes[..];
            while session.feed(&mut input, now).is_some() {}
        }
    }
}

#[test]
fn a_misuse_closes_the_connection_that_is_not_to_be_kept() {
    let now = Instant::from_millis(0);
    let mut session = Session::<Seen>::new(Config::new("key"), api::runs("g"));
    for nth in ["1", "2"] {
        while !matches!(session.poll(now), Action::Send { .. }) {
            session.connected(now);
        }
        session.fill(&mut [0; 1000]);
        let bytes = Framing::Chunked.stream(&event(nth));
        let mut input = &bytes[..];
        while session.feed(&mut input, now).is_some() {}
    }
    assert!(
        matches!(session.poll(now), Action::Sleep { cause: Cause::End, .. }),
        "and the connection is open"
    );
    session.ask(api::runs(""));
    assert_eq!(session.poll(now), Action::Close);
    assert_eq!(session.poll(now), Action::Stop(Outcome::Misuse(Misuse::Id)));
}

#[test]
fn what_comes_before_a_byte_of_the_next_request_was_sent_is_not_its_answer() {
    let now = Instant::from_millis(0);
    let mut session = Session::<Seen>::new(config(), api::group("g"));
    while !matches!(session.poll(now), Action::Send { .. }) {
        session.connected(now);
    }
    session.fill(&mut [0; 1000]);
    let bytes = Framing::Length.json(GROUP);
    let mut input = &bytes[..];
    while session.feed(&mut input, now).is_some() {}
    assert_eq!(session.poll(now), Action::Stop(Outcome::Done));
    session.ask(api::group("h"));
    while !matches!(session.poll(now), Action::Send { .. }) {}
    assert_eq!(session.feed(&mut &bytes[..], now), None, "nobody has asked yet");
    assert_eq!(session.poll(now), Action::Close);
    assert!(matches!(session.poll(now), Action::Connect { .. }));
}

#[test]
fn another_request_clears_what_the_record_has_of_an_event_that_was_not_shown() {
    let now = Instant::from_millis(0);
    let mut session = Session::<Seen>::new(config(), api::runs("g"));
    while !matches!(session.poll(now), Action::Send { .. }) {
        session.connected(now);
    }
    session.fill(&mut [0; 1000]);
    let bytes = Framing::UntilClose.stream("data: {\"text\":\"half\",");
    let mut input = &bytes[..];
    while session.feed(&mut input, now).is_some() {}
    session.ask(api::runs(""));
    assert!(matches!(session.poll(now), Action::Close));
    assert!(matches!(session.poll(now), Action::Stop(Outcome::Misuse(_))));
    assert_eq!(&*session.into_record().text, "");
}
