//! Orderly ends, which prove nothing until an answer from the cursor on brings nothing new.

use std::time::Duration;

use taskgroup::{
    api,
    session::{Action, Capacity, Cause, Config, Event, Fault, Hint, Outcome, Session},
    time::Instant,
};
use taskgroup_tests::{
    peer::{Answer, Heard, Line, Peer, Received, Report, Seen},
    wire::{Framing, bare, data, event, events, refusal, rest},
};

const IDS: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];

fn config() -> Config<'static> {
    Config::new("key")
}

fn whole(framing: Framing, body: &str) -> Answer {
    let answer = Answer::new().bytes(framing.stream(body));
    if framing == Framing::UntilClose { answer.close() } else { answer }
}

fn run(answers: impl IntoIterator<Item = Answer>) -> Report {
    Peer::script(answers).run(config(), api::runs("g"))
}

fn cursors(report: &Report) -> Vec<Option<String>> {
    report.requests.iter().map(Received::cursor).collect()
}

/// The server gives at most this many events in an answer, and ends it in order.
fn cut_short(framing: Framing, most: usize) -> Peer<'static> {
    Peer::new(move |request| {
        let next = rest(&IDS, request);
        whole(framing, &events(next[..next.len().min(most)].iter().copied()))
    })
}

#[test]
fn a_stream_that_ended_in_order_is_asked_once_more_over_the_same_connection() {
    for framing in [Framing::Chunked, Framing::Length] {
        let report = cut_short(framing, 10).run(config(), api::runs("g"));
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), IDS.to_vec()), "{framing:?}");
        assert_eq!(cursors(&report), [None, Some("10".to_owned())]);
        assert_eq!((report.connections, report.elapsed), (1, Duration::ZERO), "one handshake, no wait");
        let opened = report.heard.iter().filter(|heard| matches!(heard, Heard::Opened { .. })).count();
        assert_eq!(opened, 1, "what brings nothing opens nothing");
        assert!(report.requests.iter().all(|request| request.header("connection").is_none()));
        assert_eq!(report.hint, None);
    }
    let report = cut_short(Framing::UntilClose, 10).run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), IDS.to_vec()));
    assert_eq!((report.connections, report.elapsed), (2, Duration::ZERO));
}

#[test]
fn what_a_proxy_ends_in_order_after_each_few_events_comes_once_and_in_order() {
    for framing in Framing::ALL {
        for most in 1..10 {
            for read in [1, 7, usize::MAX] {
                let mut peer = cut_short(framing, most);
                peer.read = read;
                let report = peer.run(config(), api::runs("g"));
                assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), IDS.to_vec()));
                assert_eq!(report.requests.len(), 10_usize.div_ceil(most) + 1, "{framing:?}, {most}");
            }
        }
    }
}

#[test]
fn an_answer_that_brings_nothing_may_end_in_order_or_be_a_204() {
    for empty in [
        whole(Framing::Chunked, ""),
        whole(Framing::Length, ": nothing\n\n"),
        whole(Framing::UntilClose, "retry: 10\n"),
        bare("204 No Content", &[]),
    ] {
        let report = run([whole(Framing::Chunked, &event("1")), empty]);
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2));
        assert_eq!((report.ids(), report.sleeps.len()), (vec!["1"], 0));
    }
}

#[test]
fn an_empty_answer_is_asked_once_more_unless_it_was_asked_for_from_a_cursor() {
    for framing in Framing::ALL {
        let report = run([whole(framing, "")]);
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2), "{framing:?}");
        assert_eq!((cursors(&report), report.elapsed), (vec![None, None], Duration::ZERO));
        let request = api::runs("g").last_event_id("7");
        let report = Peer::script([whole(framing, "")]).run(config(), request);
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 1), "{framing:?}");
        let report = run([whole(framing, ""), whole(framing, &event("1"))]);
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["1"]));
        assert_eq!(cursors(&report), [None, None, Some("1".to_owned())]);
    }
}

#[test]
fn only_the_first_check_is_at_once_and_the_waits_before_the_others_grow_and_use_no_attempts() {
    let config = config().with_attempts(Some(1)).with_backoff(Duration::from_secs(1), Duration::from_secs(8));
    for seed in 0..100 {
        let report = cut_short(Framing::Chunked, 1).run(config.with_seed(seed), api::runs("g"));
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), IDS.to_vec()));
        assert_eq!(report.causes(), [Cause::End; 9], "before each but the first");
        assert_eq!(report.connections, 1, "which waits, too");
        for ((wait, _), upper) in report.sleeps.iter().zip([2, 4, 8, 8, 8, 8, 8, 8, 8]) {
            assert!((1_000..=upper * 1_000).contains(&wait.as_millis()), "{wait:?} of {upper} s");
        }
    }
    let longest = (0..100).map(|seed| {
        let report = cut_short(Framing::Chunked, 1).run(config.with_seed(seed), api::runs("g"));
        report.sleeps.last().unwrap().0
    });
    assert!(longest.max().unwrap() > Duration::from_secs(6), "they grow");
}

#[test]
fn a_check_opens_together_with_its_first_event_however_that_arrives() {
    for read in 1..200 {
        let mut peer = cut_short(Framing::Chunked, 9);
        peer.read = read;
        let report = peer.run(config(), api::runs("g"));
        let opened: Vec<_> = report
            .heard
            .iter()
            .enumerate()
            .filter(|(_, heard)| matches!(heard, Heard::Opened { .. }))
            .collect();
        assert_eq!(opened, [(0, &Heard::Opened { resumed: false }), (10, &Heard::Opened { resumed: true })]);
        assert_eq!(report.heard.len(), 12, "in reads of {read}");
    }
}

#[test]
fn the_event_after_an_opening_needs_no_further_byte_and_moves_the_cursor_only_when_it_was_shown() {
    let now = Instant::from_millis(0);
    let mut session = Session::<Seen>::new(config(), api::runs("g"));
    assert!(matches!(session.poll(now), Action::Connect { .. }));
    session.connected(now);
    session.fill(&mut [0; 1000]);
    let first = Framing::Chunked.stream(&event("1"));
    let mut input = &first[..];
    while session.feed(&mut input, now).is_some() {}
    assert_eq!(session.poll(now), Action::Receive { until: now });
    assert!(matches!(session.poll(now), Action::Send { .. }));
    session.fill(&mut [0; 1000]);
    let second = Framing::UntilClose.stream(&event("2"));
    let mut input = &second[..];
    assert_eq!(session.feed(&mut input, now), Some(Event::Opened { resumed: true }));
    assert_eq!(input.len(), 1, "there is something left, or the caller would wait for it");
    assert!(matches!(session.poll(now), Action::Receive { .. }));
    assert_eq!(session.cursor(), Some("1"));
    assert!(matches!(session.feed(&mut input, now), Some(Event::Record(seen)) if &*seen.event_id == "2"));
    assert_eq!((input.len(), session.cursor()), (0, Some("1")));
    assert!(session.feed(&mut input, now).is_none());
    assert_eq!(session.cursor(), Some("2"));
}

#[test]
fn an_event_that_was_announced_and_not_shown_comes_again_after_a_break() {
    let now = Instant::from_millis(0);
    let calls: [fn(&mut Session<'_, Seen>, Instant); 2] = [
        |session, now| session.failed(now, taskgroup::session::Failure::Broken),
        |session, now| session.closed(now),
    ];
    for lose in calls {
        let mut session = Session::<Seen>::new(config(), api::runs("g"));
        for (body, shown) in [(event("1"), 2), (event("2"), 1)] {
            while !matches!(session.poll(now), Action::Send { .. }) {
                session.connected(now);
            }
            session.fill(&mut [0; 1000]);
            let bytes = Framing::Chunked.stream(&body);
            let mut input = if shown == 2 { &bytes[..] } else { &bytes[..bytes.len() - 7] };
            for _ in 0..shown {
                assert!(session.feed(&mut input, now).is_some());
            }
            if shown == 2 {
                assert!(session.feed(&mut input, now).is_none());
            }
        }
        lose(&mut session, now);
        assert_eq!(session.poll(now), Action::Close);
        assert!(matches!(session.poll(now), Action::Sleep { cause: Cause::Network, .. }));
        assert_eq!(session.cursor(), Some("1"), "2 was not shown");
        assert_eq!(session.event(), None);
    }
}

#[test]
fn a_check_that_is_refused_stops_with_the_status_and_says_that_everything_came() {
    for status in [404, 422] {
        let no = refusal(&format!("{status} No"), &[], r#"{"error": {"message": "no such cursor"}}"#);
        let report = run([whole(Framing::Chunked, &events(IDS)), no]);
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Status(status)), IDS.to_vec()));
        assert_eq!((report.message(), report.hint), ("no such cursor", Some(Hint::EndCheck)));
    }
    let report = run([refusal("404 No", &[], "{}")]);
    assert_eq!((report.outcome, report.hint), (Some(Outcome::Status(404)), None), "without a check");
}

#[test]
fn a_check_that_fails_on_the_way_is_a_break() {
    let first = whole(Framing::Chunked, &event("1"));
    let head = Framing::Chunked.stream("");
    let broken = Answer::new().bytes(&head[..head.len() - 5]).reset();
    let mut peer = Peer::script([first.clone(), broken.clone(), whole(Framing::Chunked, "")]);
    let report = peer.run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.causes()), (Some(Outcome::Done), vec![Cause::Network]));
    assert_eq!((report.requests.len(), report.ids()), (3, vec!["1"]));

    let report = run([first, broken]);
    assert_eq!((report.outcome, report.hint), (Some(Outcome::Network), Some(Hint::EndCheck)));
    assert_eq!(report.requests.len(), 11, "the first, and ten that brought nothing");

    let mut peer = Peer::script([whole(Framing::UntilClose, &event("1")), whole(Framing::Chunked, "")]);
    peer.line =
        Box::new(
            |nth| {
                if nth == 1 { Line::Fails(taskgroup::session::Failure::Unreachable) } else { Line::Opens }
            },
        );
    let report = peer.run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.causes()), (Some(Outcome::Done), vec![Cause::Network]));
}

#[test]
fn an_orderly_end_amid_what_a_server_repeats_is_a_break() {
    let first = Answer::new().bytes(Framing::Chunked.stream(&events(["1", "2", "3"])));
    let report =
        run([first, whole(Framing::Chunked, &events(["1", "2"])), whole(Framing::Chunked, &event("4"))]);
    assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["1", "2", "3", "4"]));
    assert_eq!(report.causes()[0], Cause::Peer(Fault::CursorIgnored));
}

#[test]
fn a_server_that_ignores_the_cursor_sends_everything_twice_and_is_done() {
    for framing in Framing::ALL {
        let report = Peer::new(|_| whole(framing, &events(IDS))).run(config(), api::runs("g"));
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), IDS.to_vec()));
        assert_eq!((report.requests.len(), report.elapsed), (2, Duration::ZERO), "{framing:?}");
    }
}

#[test]
fn without_any_id_the_framing_counts() {
    let body = data(r#""type":"task_run.state","text":"a""#);
    for (framing, outcome) in [
        (Framing::Chunked, Outcome::Done),
        (Framing::Length, Outcome::Done),
        (Framing::UntilClose, Outcome::Peer(Fault::Unproven)),
    ] {
        let report = run([whole(framing, &body)]);
        assert_eq!((report.outcome, report.requests.len()), (Some(outcome), 1), "{framing:?}");
        assert_eq!(report.texts(), ["a"]);
    }
}

#[test]
fn what_has_no_id_is_delivered_again_and_is_not_new() {
    let nameless = data(r#""type":"ping","text":"a""#);
    let named = data(r#""event_id":"1","text":"1""#);
    for framing in Framing::ALL {
        let report = run([whole(framing, &format!("{named}{nameless}")), whole(framing, &nameless)]);
        assert_eq!((report.outcome, report.texts()), (Some(Outcome::Done), vec!["1", "a", "a"]));
        assert_eq!(cursors(&report), [None, Some("1".to_owned())], "one id is enough to ask again from");
    }
}

#[test]
fn after_an_id_that_is_too_long_the_framing_counts() {
    let id = "x".repeat(129);
    for (framing, outcome) in [
        (Framing::Chunked, Outcome::Done),
        (Framing::Length, Outcome::Done),
        (Framing::UntilClose, Outcome::Capacity(Capacity::EventId)),
    ] {
        for ids in [&[id.as_str()][..], &["1", &id]] {
            let report = run([whole(framing, &events(ids.iter().copied()))]);
            assert_eq!((report.outcome, report.requests.len()), (Some(outcome), 1), "{framing:?}");
        }
    }
}

#[test]
fn a_program_may_trust_the_framing() {
    let trusting = config().with_end_check(false);
    for framing in [Framing::Chunked, Framing::Length] {
        let report = cut_short(framing, 10).run(trusting, api::runs("g"));
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 1), "{framing:?}");
        assert_eq!(report.requests[0].header("connection"), Some("close"));
        let report = Peer::script([whole(framing, "")]).run(trusting, api::runs("g"));
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 1), "{framing:?}");
    }
    let report = cut_short(Framing::UntilClose, 10).run(trusting, api::runs("g"));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2), "a close is not framing");
}

#[test]
fn with_a_connection_that_is_not_kept_the_session_closes_it_before_it_stops() {
    let now = Instant::from_millis(0);
    for (keep, last) in [(false, Action::Close), (true, Action::Stop(Outcome::Done))] {
        let request = api::runs("g").last_event_id("1");
        let mut session = Session::<Seen>::new(config().with_keep_alive(keep), request);
        assert!(matches!(session.poll(now), Action::Connect { .. }));
        session.connected(now);
        session.fill(&mut [0; 1000]);
        let empty = Framing::Chunked.stream("");
        let mut input = &empty[..];
        while session.feed(&mut input, now).is_some() {}
        assert_eq!(session.poll(now), last);
        assert_eq!(session.poll(now), Action::Stop(Outcome::Done));
    }
}

#[test]
fn a_connection_that_the_server_ends_while_the_next_check_is_waited_for_costs_nothing() {
    let mut peer = Peer::new(|request| {
        let next = rest(&IDS, request);
        Answer::new()
            .bytes(Framing::Chunked.stream(&events(next[..next.len().min(4)].iter().copied())))
            .close()
    });
    let report = peer.run(config().with_attempts(Some(1)), api::runs("g"));
    assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), IDS.to_vec()));
    assert_eq!((report.connections, report.causes()), (4, vec![Cause::End; 2]));
}

#[test]
fn an_orderly_end_is_a_break_when_an_event_or_a_line_of_one_has_begun() {
    for (tail, is_begun) in [
        ("d", true),
        ("data", true),
        ("data:", true),
        ("data: {\"event_id\":\"2\"}", true),
        ("data: {\"event_id\":\"2\"}\n", true),
        ("data: {\"event_id\":\"2\"}\r", true),
        ("event: task_run.state\n", true),
        ("event", true),
        ("id: 2\r\n", true),
        ("id", true),
        ("retry: 1", true),
        ("unknown", true),
        ("event: x\n: a comment\n", true),
        ("event: x\nretry: 1\n", true),
        ("retry: 1\n", false),
        ("unknown\n", false),
        ("unknown: 1\r", false),
        (": a comment", false),
        (": a comment\n", false),
        (":", false),
        ("\n", false),
        ("event: x\n\n", false),
        ("id: 2\n\nretry: 1\n", false),
    ] {
        for framing in Framing::ALL {
            let first = whole(framing, &format!("{}{tail}", event("1")));
            let report = run([first, whole(framing, &event("2"))]);
            assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["1", "2"]));
            let begun = if is_begun { vec![Cause::Network, Cause::End] } else { vec![Cause::End] };
            assert!(begun.starts_with(&report.causes()[..1]) || report.causes().is_empty(), "{tail:?}");
            assert_eq!(report.causes().contains(&Cause::Network), is_begun, "{framing:?}, {tail:?}");
        }
    }
}

#[test]
fn a_body_of_which_no_byte_came_is_reported_as_held_back_by_a_proxy() {
    let head = Framing::Chunked.stream("");
    let head = &head[..head.len() - 5];
    for (answer, outcome, hint) in [
        (Answer::new(), Outcome::Idle, Some(Hint::HeldBack)),
        (Answer::new().bytes(head), Outcome::Idle, Some(Hint::HeldBack)),
        (Answer::new().bytes(head).reset(), Outcome::Network, Some(Hint::HeldBack)),
        (Answer::new().reset(), Outcome::Network, None),
        (Answer::new().bytes([head, b"3\r\n: x\r\n"].concat()), Outcome::Idle, None),
    ] {
        let report = run([answer]);
        assert_eq!((report.outcome, report.hint), (Some(outcome), hint));
    }
}

#[test]
fn parts_of_an_event_and_never_the_whole_are_reported_as_dropped_by_a_proxy() {
    let part = Framing::UntilClose.stream(&event("1")[..20]);
    let body = Framing::UntilClose.stream(&event("1"));
    let parts = Some(Hint::PartsOnly);
    for (answers, hint) in [
        (vec![Answer::new().bytes(part.clone()).reset()], parts),
        (vec![Answer::new().bytes(part.clone()).close()], parts),
        (vec![Answer::new().bytes(part.clone())], parts),
        (vec![Answer::new().bytes(body).reset(), Answer::new().bytes(part.clone()).reset()], parts),
        (vec![Answer::new().reset(), Answer::new().bytes(part.clone()).reset()], None),
        (vec![refusal("503 No", &[], "{}"), Answer::new().bytes(part).reset()], None),
    ] {
        assert_eq!(run(answers).hint, hint);
    }
}

/// A session whose first answer brought this and ended in order, and whose check has been asked.
fn checking(first: &str, now: Instant) -> Session<'static, Seen> {
    let mut session = Session::<Seen>::new(config(), api::runs("g"));
    for body in [Some(first), None] {
        while !matches!(session.poll(now), Action::Send { .. }) {
            session.connected(now);
        }
        session.fill(&mut [0; 1000]);
        let bytes = body.map(|body| Framing::Chunked.stream(body)).unwrap_or_default();
        let mut input = &bytes[..];
        while session.feed(&mut input, now).is_some() {}
    }
    session
}

#[test]
fn a_close_before_the_event_that_was_announced_is_not_an_end() {
    let now = Instant::from_millis(0);
    let mut session = checking(&event("1"), now);
    let bytes = Framing::UntilClose.stream(&event("2"));
    assert_eq!(session.feed(&mut &bytes[..], now), Some(Event::Opened { resumed: true }));
    session.closed(now);
    assert_eq!(session.poll(now), Action::Close);
    assert!(matches!(session.poll(now), Action::Sleep { .. }), "{:?}: 2 was not shown", session.poll(now));
}

#[test]
fn an_event_whose_id_is_too_long_comes_again_when_it_was_announced_and_not_shown() {
    let now = Instant::from_millis(0);
    let mut session = checking(&event("1"), now);
    let bytes = Framing::Chunked.stream(&event(&"x".repeat(129)));
    let mut input = &bytes[..bytes.len() - 7];
    assert_eq!(session.feed(&mut input, now), Some(Event::Opened { resumed: true }));
    session.failed(now, taskgroup::session::Failure::Broken);
    assert_eq!(session.poll(now), Action::Close);
    assert!(matches!(session.poll(now), Action::Sleep { .. }), "{:?}", session.poll(now));
}

#[test]
fn a_check_that_cannot_be_switched_off_or_is_over_is_not_reported_as_one_that_can() {
    let no = || refusal("404 No", &[], "{}");
    let over = data(r#""type":"task_group_status","event_id":"1","status":{"is_active":false}"#);
    let report = Peer::script([whole(Framing::Chunked, &over), no()]).run(config(), api::events("g"));
    assert_eq!(
        (report.outcome, report.hint),
        (Some(Outcome::Status(404)), None),
        "a group is always checked"
    );

    let close = whole(Framing::UntilClose, &event("1"));
    let report = Peer::script([close, no()]).run(config().with_end_check(false), api::runs("g"));
    assert_eq!((report.outcome, report.hint), (Some(Outcome::Status(404)), None), "it is off");
}

#[test]
fn a_check_that_brought_more_of_a_run_is_over() {
    let state = |active: bool| data(&format!(r#""type":"task_run.state","run":{{"is_active":{active}}}"#));
    let more = whole(Framing::Chunked, &state(true).repeat(2));
    let broken = Answer::new().bytes(Framing::UntilClose.stream(&state(true))).reset();
    let answers = [whole(Framing::Chunked, &state(false)), more, broken];
    let report = Peer::script(answers).run(config(), api::run_events("t"));
    assert_eq!((report.outcome, report.hint), (Some(Outcome::Network), None));
}

#[test]
fn a_request_that_could_not_be_written_is_not_reported_as_an_answer_that_is_held_back() {
    let mut peer = Peer::script([whole(Framing::Chunked, "")]);
    peer.line = Box::new(|_| Line::Blocks(20));
    let report = peer.run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.hint), (Some(Outcome::Idle), None));
}

#[test]
fn a_server_that_repeats_its_last_two_events_each_time_is_not_asked_forever() {
    let mut peer = Peer::new(|request| {
        let from = if request.cursor().is_some() { 8 } else { 0 };
        whole(Framing::Chunked, &events(IDS[from..].iter().copied()))
    });
    let report = peer.run(config(), api::runs("g"));
    assert!(report.outcome.is_some(), "{} events of 10", report.ids().len());
}
