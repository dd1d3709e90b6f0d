//! Where a stream continues, whatever the server makes of it.

use taskgroup::{
    api,
    session::{Action, Capacity, Cause, Config, Event, Fault, Outcome, Request, Session},
    time::Instant,
};
use taskgroup_tests::{
    peer::{Answer, Heard, Peer, Report, Seen},
    wire::{Framing, data, event, events},
};

fn config() -> Config<'static> {
    Config::new("key")
}

fn cut(body: &str) -> Answer {
    Answer::new().bytes(Framing::UntilClose.stream(body)).reset()
}

fn whole(body: &str) -> Answer {
    Answer::new().bytes(Framing::Chunked.stream(body))
}

fn run(answers: impl IntoIterator<Item = Answer>) -> Report {
    Peer::script(answers).run(config(), api::runs("g"))
}

fn cursors(report: &Report) -> Vec<Option<String>> {
    report.requests.iter().map(taskgroup_tests::peer::Received::cursor).collect()
}

#[test]
fn the_event_of_the_cursor_is_dropped_when_it_comes_again() {
    let report = run([cut(&events(["1", "2"])), whole(&events(["2", "3"]))]);
    assert_eq!((report.ids(), report.outcome), (vec!["1", "2", "3"], Some(Outcome::Done)));
    let report = run([cut(&events(["1"])), whole(&events(["1", "2"]))]);
    assert_eq!(report.ids(), ["1", "2"], "also when it is the first of all");
}

#[test]
fn a_server_that_starts_over_is_followed_to_the_cursor_in_silence() {
    let report = run([cut(&events(["1", "2", "3"])), whole(&events(["1", "2", "3", "4", "5"]))]);
    assert_eq!((report.ids(), report.outcome), (vec!["1", "2", "3", "4", "5"], Some(Outcome::Done)));
}

#[test]
fn what_has_no_id_is_passed_over_too_while_a_server_starts_over() {
    let nameless = data(r#""text":"n""#);
    let first = format!("{}{nameless}{}", event("1"), event("2"));
    let report = run([cut(&first), whole(&format!("{first}{nameless}{}", event("3")))]);
    assert_eq!(report.ids(), ["1", "", "2", "", "3"]);
}

#[test]
fn a_server_that_starts_over_each_time_is_followed_each_time() {
    let ids = ["1", "2", "3", "4", "5", "6"];
    let answers = (1..6).map(|n| cut(&events(ids[..n].iter().copied()))).chain([whole(&events(ids))]);
    assert_eq!(run(answers).ids(), ids);
}

#[test]
fn a_server_that_starts_over_and_never_comes_to_the_cursor_stops() {
    for ids in [&["1", "2", "4"][..], &["1"]] {
        let again = whole(&events(ids.iter().copied())).for_ever();
        let report = run([cut(&events(["1", "2", "3"])), again]);
        assert_eq!(
            (report.ids(), report.outcome),
            (vec!["1", "2", "3"], Some(Outcome::Peer(Fault::CursorIgnored)))
        );
        assert_eq!(report.requests.len(), 11, "the first, and ten that bring nothing new");
        assert_eq!(report.causes()[1..], [Cause::Peer(Fault::CursorIgnored); 9]);
    }
}

#[test]
fn a_server_that_starts_over_and_breaks_is_asked_again() {
    let report =
        run([cut(&events(["1", "2", "3"])), cut(&events(["1", "2"])), whole(&events(["1", "2", "3", "4"]))]);
    assert_eq!((report.ids(), report.outcome), (vec!["1", "2", "3", "4"], Some(Outcome::Done)));
}

#[test]
fn an_event_without_an_id_is_delivered_and_moves_no_cursor() {
    for nameless in [r#""text":"n""#, r#""event_id":null,"text":"n""#, r#""event_id":"","text":"n""#] {
        let body = format!("{}{}", event("1"), data(nameless));
        let report = run([cut(&body), whole(&events(["2"]))]);
        assert_eq!(report.ids(), ["1", "", "2"], "{nameless}");
        assert_eq!(cursors(&report)[1].as_deref(), Some("1"));
    }
}

#[test]
fn events_without_ids_may_come_twice() {
    let body = data(r#""text":"n""#);
    let report = run([cut(&body), whole(&body)]);
    assert_eq!((report.texts(), cursors(&report)), (vec!["n", "n"], vec![None, None]));
}

#[test]
fn an_id_of_up_to_128_bytes_is_sent_back() {
    for id in ["x".repeat(128), "é".repeat(64), "x+/=&%".repeat(21)] {
        let report = run([cut(&event(&id)), whole("")]);
        assert_eq!((report.ids(), report.outcome), (vec![id.as_str()], Some(Outcome::Done)));
        assert_eq!(cursors(&report)[1].as_deref(), Some(id.as_str()));
    }
}

#[test]
fn a_longer_id_is_delivered_and_the_next_break_names_the_capacity() {
    let id = "x".repeat(129);
    let report = run([cut(&event(&id)), whole("")]);
    assert_eq!((report.ids(), report.connections), (vec![id.as_str()], 1));
    assert_eq!(report.outcome, Some(Outcome::Capacity(Capacity::EventId)));
    let report = run([cut(&events(["1", &id])), whole("")]);
    assert_eq!(report.cursor.as_deref(), Some("1"), "never a cut id");
    let report = run([whole(&event(&id))]);
    assert_eq!(report.outcome, Some(Outcome::Done), "without a break it is nobody's concern");
}

#[test]
fn a_longer_id_is_forgotten_with_the_next_that_fits() {
    let report = run([cut(&events(["x".repeat(129).as_str(), "2"])), whole(&events(["3"]))]);
    assert_eq!((report.ids().len(), cursors(&report)[1].as_deref()), (3, Some("2")));
}

#[test]
fn an_event_that_is_skipped_moves_the_cursor_when_its_id_was_whole() {
    let skipped = "data: {\"event_id\":\"2\",\"text\":nope}\n\n";
    let report = run([cut(&format!("{}{skipped}", event("1"))), whole(&events(["3"]))]);
    assert_eq!((report.ids(), report.skipped()), (vec!["1", "3"], 1));
    assert_eq!(cursors(&report)[1].as_deref(), Some("2"));
    assert_eq!(report.outcome, Some(Outcome::Done));
}

#[test]
fn an_event_that_is_skipped_before_its_id_was_whole_moves_no_cursor() {
    for skipped in
        ["data: {\"text\":nope,\"event_id\":\"2\"}\n\n", "data: {\"event_id\":\"2\n\n", "data: hello\n\n"]
    {
        let report = run([cut(&format!("{}{skipped}", event("1"))), whole(&events(["3"]))]);
        assert_eq!((report.ids(), report.skipped()), (vec!["1", "3"], 1), "{skipped}");
        assert_eq!(cursors(&report)[1].as_deref(), Some("1"), "{skipped}");
    }
}

#[test]
fn a_skipped_event_counts_as_new() {
    let answers = (0..50).map(|n| cut(&format!("data: {{\"event_id\":\"{n}\",x}}\n\n")));
    let report =
        Peer::script(answers.chain([whole("")])).run(config().with_attempts(Some(2)), api::runs("g"));
    assert_eq!((report.outcome, report.skipped()), (Some(Outcome::Done), 50));
}

#[test]
fn an_event_of_a_type_that_the_record_does_not_want_moves_the_cursor_unseen() {
    taskgroup::record! {
        #[derive(Clone, Debug, PartialEq)]
        struct States { status: taskgroup::text::Text<16> = "/status" }
    }
    let group = data(r#""type":"task_group_status","event_id":"1","status":{"is_active":true}"#);
    let mut peer =
        Peer::script([cut(&group), whole(&data(r#""type":"task_run.state","event_id":"2","status":"ok""#))]);
    let report = peer.run_with(Session::<States>::new(config(), api::runs("g")));
    assert_eq!(report.requests[1].cursor().as_deref(), Some("1"));
    assert_eq!(report.skipped(), 0, "what it holds fits no record that does not want it");
    assert_eq!(report.records().map(|states| states.status.as_str()).collect::<Vec<_>>(), ["ok"]);

    let untyped = data(r#""event_id":"1","status":{"is_active":true}"#);
    let report = Peer::script([whole(&untyped)]).run_with(Session::<States>::new(config(), api::runs("g")));
    assert_eq!(report.skipped(), 1, "nobody knows what an event without a type was for");
}

#[test]
fn a_cursor_in_the_request_is_the_first_one() {
    let request = || api::runs("g").last_event_id("7 ü");
    let report = Peer::script([whole(&events(["8"]))]).run(config(), request());
    assert_eq!(report.heard[0], Heard::Opened { resumed: true });
    assert_eq!(cursors(&report), [Some("7 ü".to_owned()), Some("8".to_owned())], "the last is the check");
    let report = Peer::script([Answer::new().reset(), whole(&events(["7 ü", "8"]))]).run(config(), request());
    assert_eq!((report.ids(), report.cursor.as_deref()), (vec!["8"], Some("8")));
}

#[test]
fn the_cursor_moves_when_the_session_is_called_again_and_not_before() {
    let calls: [fn(&mut Session<'_, Seen>); 5] = [
        |session| _ = session.poll(Instant::from_millis(0)),
        |session| _ = session.advance(&mut &b""[..], Instant::from_millis(0)),
        |session| assert!(session.feed(&mut &b""[..], Instant::from_millis(0)).is_none()),
        |session| session.closed(Instant::from_millis(0)),
        |session| session.failed(Instant::from_millis(0), taskgroup::session::Failure::Broken),
    ];
    for call in calls {
        let mut session = receiving(api::runs("g"));
        let bytes = Framing::UntilClose.stream(&event("1"));
        let mut input = &bytes[..];
        assert!(session.advance(&mut input, Instant::from_millis(0)), "the head");
        assert!(session.advance(&mut input, Instant::from_millis(0)), "the event");
        assert!(matches!(session.event(), Some(Event::Record(seen)) if seen.event_id == "1"));
        assert_eq!(session.cursor(), None, "a crash now repeats the event");
        call(&mut session);
        assert_eq!(session.cursor(), Some("1"));
    }
}

/// A session that has sent its request.
fn receiving<'c>(request: impl Into<Request<'c>>) -> Session<'c, Seen> {
    let now = Instant::from_millis(0);
    let mut session = Session::new(config(), request);
    assert!(matches!(session.poll(now), Action::Connect { .. }));
    session.connected(now);
    while matches!(session.poll(now), Action::Send { .. }) {
        session.fill(&mut [0; 100]);
    }
    session
}

#[test]
fn the_id_field_of_the_stream_is_not_a_cursor_where_the_api_has_its_own() {
    let report = run([cut("id: sse\ndata: {\"event_id\":\"json\"}\n\nid: sse2\ndata: {}\n\n"), whole("")]);
    assert_eq!(cursors(&report)[1].as_deref(), Some("json"));
}

#[test]
fn the_id_field_of_the_stream_goes_back_in_a_header_where_the_api_has_none() {
    let first = cut("id: one\ndata: {\"event_id\":\"json\"}\n\ndata: {}\n\n");
    let last = "id: two\ndata: {}\n\ndata: {\"type\":\"task_run.state\",\"run\":{\"is_active\":false}}\n\n";
    let mut peer = Peer::script([first, whole(last)]);
    let report = peer.run(config(), api::run_events("trun_1"));
    assert_eq!(report.requests[1].header("last-event-id"), Some("one"));
    assert_eq!(report.requests[1].target, "/v1beta/tasks/runs/trun_1/events");
    assert_eq!((report.outcome, report.records().count()), (Some(Outcome::Done), 4));
}

#[test]
fn an_id_field_with_a_nul_is_none() {
    let first = cut("id: one\ndata: {}\n\nid: t\0wo\ndata: {}\n\n");
    let report = Peer::script([first, whole("")]).run(config(), api::run_events("trun_1"));
    assert_eq!(report.requests[1].header("last-event-id"), Some("one"));
}

#[test]
fn a_block_without_data_is_not_an_event() {
    let nothing = ": ping\n\nevent: ping\n\nevent: ping\ndata\n\ndata:\ndata\n\nid: 1\n\n";
    for body in [format!("{nothing}{}", event("1")), format!("{}{nothing}", event("1"))] {
        let report = run([whole(&body)]);
        assert_eq!((report.outcome, report.heard.len(), report.ids()), (Some(Outcome::Done), 2, vec!["1"]));
    }
}

#[test]
fn an_error_event_is_delivered_kept_and_makes_a_clean_end_a_break() {
    let error = data(r#""type":"error","error":{"ref_id":"r1","message":"stream interrupted"}"#);
    for framing in Framing::ALL {
        let first = Answer::new().bytes(framing.stream(&format!("{}{error}", event("1")))).close();
        let report = run([first.clone(), whole(&events(["2"]))]);
        assert_eq!((report.ids(), report.outcome), (vec!["1", "", "2"], Some(Outcome::Done)));
        assert_eq!(report.causes(), [Cause::Peer(Fault::ErrorEvent)], "{framing:?}");
        assert_eq!(cursors(&report)[1].as_deref(), Some("1"));

        let report = Peer::script([first.for_ever()]).run(config().with_attempts(Some(1)), api::runs("g"));
        assert_eq!(report.outcome, Some(Outcome::Peer(Fault::ErrorEvent)));
        let error = report.error.unwrap();
        assert_eq!((&*error.message, &*error.reference, error.status), ("stream interrupted", "r1", 200));
    }
}

#[test]
fn an_error_event_that_is_skipped_makes_a_clean_end_a_break_all_the_same() {
    for error in ["data: {\"type\":\"error\",\"number\":nope}\n\n", "event: error\ndata: internal error\n\n"]
    {
        let report = run([whole(&format!("{}{error}", event("1"))), whole(&events(["2"]))]);
        assert_eq!((report.ids(), report.skipped()), (vec!["1", "2"], 1), "{error}");
        assert_eq!(report.causes(), [Cause::Peer(Fault::ErrorEvent)], "{error}");
    }
    let error = data(r#""type":"error","number":"no number""#);
    let report = run([whole(&format!("{}{error}", event("1"))), whole(&events(["2"]))]);
    assert_eq!(
        (report.ids(), report.mismatches.len()),
        (vec!["1", "", "2"], 1),
        "nor does a mismatch save it"
    );
    assert_eq!(report.causes(), [Cause::Peer(Fault::ErrorEvent)]);
}

#[test]
fn an_error_event_amid_what_a_server_repeats_is_delivered_and_kept_and_a_break() {
    for error in [
        r#""type":"error","error":{"ref_id":"r1","message":"stream interrupted"}"#,
        r#""type":"error","event_id":"e","error":{"ref_id":"r1","message":"stream interrupted"}"#,
    ] {
        let first = cut(&events(["1", "2", "3"]));
        let replay = whole(&format!("{}{}", event("1"), data(error)));
        let report = run([first.clone(), replay.clone(), whole(&events(["1", "2", "3", "4"]))]);
        let kinds: Vec<_> = report.records().map(|seen| seen.kind.as_str()).collect();
        assert_eq!((report.ids().len(), kinds[3], report.outcome), (5, "error", Some(Outcome::Done)));
        assert_eq!(report.causes(), [Cause::Network, Cause::Peer(Fault::ErrorEvent)]);
        assert_eq!(cursors(&report)[2].as_deref(), Some("3"), "it moves no cursor");

        let report = Peer::script([first, replay]).run(config().with_attempts(Some(1)), api::runs("g"));
        assert_eq!(report.outcome, Some(Outcome::Peer(Fault::ErrorEvent)));
        assert_eq!(report.message(), "stream interrupted");
    }
}

#[test]
fn endless_error_events_use_up_the_attempts() {
    let error = data(r#""type":"error","error":{"message":"no"}"#);
    for answer in [whole(&error).for_ever(), cut(&error)] {
        for request in [Request::from(api::runs("g")), api::events("g").into()] {
            let report = Peer::script([answer.clone()]).run(config(), request);
            assert_eq!((report.connections, report.message()), (10, "no"));
            assert!(matches!(report.outcome, Some(Outcome::Peer(Fault::ErrorEvent) | Outcome::Network)));
        }
    }
}

#[test]
fn the_type_of_an_event_may_stand_in_the_stream_alone() {
    let report = run([whole("event: error\ndata: {\"error\":{\"message\":\"no\"}}\n\n")]);
    assert_eq!(report.causes()[0], Cause::Peer(Fault::ErrorEvent));
    let report = run([whole("event: error\ndata: {\"type\":\"task_run.state\"}\n\n")]);
    assert_eq!(report.outcome, Some(Outcome::Done), "the member decides");
    let report = run([whole("data: {\"type\":\"error\"}\nevent: task_run.state\n\n")]);
    assert_eq!(report.causes()[0], Cause::Peer(Fault::ErrorEvent), "whichever comes first");
}
