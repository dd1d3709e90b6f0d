//! What a server says when it says no: read in every form, without the key.

use taskgroup::{
    api, json,
    session::{Config, Fault, Outcome},
};
use taskgroup_tests::{
    peer::{Answer, Peer, Report},
    wire::{Framing, bare, data, events, refusal},
};

const KEY: &str = "s3cr\u{e9}t-key-0123456789";

fn config() -> Config<'static> {
    Config::new(KEY).with_attempts(Some(1))
}

fn run(answer: Answer) -> Report {
    Peer::script([answer]).run(config(), api::runs("g"))
}

fn said(answer: Answer) -> (u16, String, String) {
    let error = run(answer).error.unwrap_or_default();
    (error.status, error.message.to_string(), error.reference.to_string())
}

#[test]
fn an_error_is_read_in_every_form() {
    let forms = [
        (
            r#"{"type":"error","error":{"ref_id":"r-1","message":"No such group","detail":null}}"#,
            "No such group",
            "r-1",
        ),
        (r#"{"error":{"message":"No \u00e9\ud83d\ude00"}}"#, "No é😀", ""),
        (r#"{"error":{"detail":{"message":"inner","ref_id":"x"},"message":"outer"}}"#, "outer", ""),
        (
            r#"{"detail":[{"loc":["query","status",0],"msg":"not a status","type":"enum"},{"msg":"second"}]}"#,
            "not a status",
            "",
        ),
        (r#"{"detail":"Not Found"}"#, "Not Found", ""),
        (r#"{"error":{"message":"first"},"detail":"second"}"#, "first", ""),
        (r#"{"detail":"first","error":{"message":"second"}}"#, "second", ""),
        (r#"{"error":"text"}"#, "text", ""),
        (r#"{"message":7}"#, "", ""),
        ("{}", "", ""),
        ("", "", ""),
        ("<html>", "", ""),
    ];
    for (body, message, reference) in forms {
        let want = (422, message.to_owned(), reference.to_owned());
        assert_eq!(said(refusal("422 No", &[], body)), want, "{body}");
        let bytes = Framing::Chunked.answer(
            "422 No",
            &[("content-type", "application/problem+json")],
            body.as_bytes(),
        );
        let mut peer = Peer::script([Answer::new().bytes(bytes)]);
        peer.read = 1;
        assert_eq!(peer.run(config(), api::runs("g")).message(), message, "{body}");
    }
}

#[test]
fn text_that_is_not_json_is_the_message_as_it_is() {
    let text = "Bad gateway: \u{e9}\u{1f600}";
    let bytes = Framing::Chunked.answer("502 No", &[("content-type", "text/plain")], text.as_bytes());
    assert_eq!(said(Answer::new().bytes(bytes)), (502, text.into(), String::new()));
    assert_eq!(said(bare("403 No", &[])), (403, String::new(), String::new()));
}

#[test]
fn a_long_message_is_kept_as_a_prefix_that_knows_what_it_lost() {
    let message = "\u{e9}".repeat(500);
    let report = run(refusal("400 No", &[], &format!(r#"{{"error":{{"message":"{message}"}}}}"#)));
    let error = report.error.unwrap();
    assert!(message.starts_with(error.message.as_str()) && error.message.len() >= 128);
    assert_eq!(error.message.len() + error.message.lost(), message.len());
}

#[test]
fn the_key_is_in_nothing_that_the_server_says() {
    let escaped = KEY.chars().map(|letter| format!("\\u{:04x}", letter as u32)).collect::<String>();
    let prefix = "x".repeat(256 - KEY.len() / 2);
    let texts = [
        format!("bad key {KEY}!"),
        KEY.to_owned(),
        format!("{KEY}{KEY} and {KEY}"),
        escaped,
        format!("{prefix}{KEY}"),
        format!("{prefix}{KEY} and more"),
    ];
    for text in texts {
        let error = format!(r#"{{"type":"error","error":{{"ref_id":"{text}","message":"{text}"}}}}"#);
        let detail = format!(r#"{{"detail":[{{"msg":"{text}"}}]}}"#);
        let plain = Framing::Length.answer("401 No", &[("content-type", "text/plain")], text.as_bytes());
        let broken_chunk = format!(
            "HTTP/1.1 401 No\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{text}\r\nzz\r\n",
            text.len()
        );
        let event = format!("data: {error}\n\n");
        let cut = format!("{event}data: {{\"type\":\"error\",\"error\":{{\"message\":\"{text}");
        let answers = [
            refusal("401 No", &[], &error),
            refusal("503 No", &[], &error),
            refusal("422 No", &[], &detail),
            Answer::new().bytes(plain.clone()),
            Answer::new().bytes(&plain[..plain.len() - 1]),
            Answer::new().bytes(broken_chunk),
            Answer::new().bytes(Framing::Chunked.stream(&event)),
            Answer::new().bytes(Framing::UntilClose.stream(&cut)).reset(),
        ];
        for (nth, answer) in answers.into_iter().enumerate() {
            let report = run(answer);
            let shown = format!("{:?} {:?}", report.error, report.error.as_ref().map(ToString::to_string));
            assert!(!holds_the_key(&shown), "answer {nth} of {text:?}: {shown}");
        }
    }
}

/// Whether `text` has ten letters in a row of the key.
fn holds_the_key(text: &str) -> bool {
    let key: Vec<char> = KEY.chars().collect();
    key.windows(10).any(|part| text.contains(&part.iter().collect::<String>()))
}

#[test]
fn the_key_is_never_shown_while_a_refusal_is_being_read() {
    use taskgroup::{
        session::{Action, Session},
        time::Instant,
    };
    let body = format!(r#"{{"error":{{"message":"{KEY}{KEY}"}}}}"#);
    let bytes = Framing::Length.answer("401 No", &[("content-type", "application/json")], body.as_bytes());
    let event = format!("data: {{\"type\":\"error\",\"error\":{{\"message\":\"{KEY}{KEY}\"}}}}\n\n");
    for bytes in [bytes, Framing::Chunked.stream(&format!("{event}{event}"))] {
        let now = Instant::from_millis(0);
        let mut session = Session::<taskgroup_tests::peer::Seen>::new(config(), api::runs("g"));
        assert!(matches!(session.poll(now), Action::Connect { .. }));
        session.connected(now);
        assert!(matches!(session.poll(now), Action::Send { .. }));
        session.fill(&mut [0; 1000]);
        for byte in &bytes {
            session.advance(&mut core::slice::from_ref(byte), now);
            let shown = format!("{:?}", session.error());
            assert!(!holds_the_key(&shown), "{shown}");
        }
        assert_eq!(session.error().map(|error| error.message.as_str()), Some("******"));
    }
}

#[test]
fn the_latest_error_event_replaces_the_one_before_it() {
    let first = data(r#""type":"error","error":{"ref_id":"r1","message":"first"}"#);
    let second = data(r#""type":"error","error":{"message":"second"}"#);
    let body = Framing::Chunked.stream(&format!("{first}{second}"));
    assert_eq!(said(Answer::new().bytes(body)), (200, "second".into(), String::new()));
}

#[test]
fn other_events_leave_what_the_server_said_as_it_is() {
    let error = data(r#""type":"error","error":{"ref_id":"r1","message":"first"}"#);
    let other = data(
        r#""type":"task_run.state","event_id":"1","run":{"error":{"message":"of the run"}},"detail":"x""#,
    );
    let body = Framing::Chunked.stream(&format!("{error}{other}"));
    assert_eq!(said(Answer::new().bytes(body).for_ever()), (200, "first".into(), "r1".into()));
}

#[test]
fn an_answer_that_is_accepted_forgets_what_was_said_before() {
    let answers = [
        refusal("503 No", &[], r#"{"error":{"message":"busy"}}"#),
        Answer::new().bytes(Framing::Chunked.stream(&events(["1"]))),
    ];
    let report = Peer::script(answers).run(config().with_attempts(None), api::runs("g"));
    assert_eq!((report.outcome, report.error), (Some(Outcome::Done), None));
}

#[test]
fn the_debug_form_of_a_session_shows_no_key() {
    use taskgroup::session::Session;
    let session = Session::<taskgroup_tests::peer::Seen>::new(config(), api::runs("g"));
    let shown = format!("{session:?} {:?}", config());
    assert!(shown.contains("***") && !holds_the_key(&shown), "{shown}");
}

#[test]
fn the_debug_form_of_a_session_shows_no_key_that_a_server_sent_as_an_id() {
    use taskgroup::{session::Session, time::Instant};
    let now = Instant::from_millis(0);
    let mut session = Session::<taskgroup_tests::peer::Seen>::new(config(), api::runs("g"));
    assert_eq!(session.poll(now), session.poll(now));
    session.connected(now);
    session.fill(&mut [0; 1000]);
    let body = format!("data: {{\"event_id\":\"a{KEY}b\"}}\n\n");
    let bytes = Framing::UntilClose.stream(&body);
    let mut input = &bytes[..];
    while session.advance(&mut input, now) {}
    assert_eq!(session.cursor(), Some(&*format!("a{KEY}b")), "what the server sent as data is as it was");
    let shown = format!("{session:?}");
    assert!(shown.contains("a***b") && !holds_the_key(&shown), "{shown}");
}

/// What a session hears of an answer, in chunks of this size.
fn heard(answer: &[u8], chunk: usize) -> Report {
    let mut peer = Peer::script([Answer::new().bytes(answer).close()]);
    peer.read = chunk;
    peer.run(config(), api::runs("g"))
}

#[test]
fn a_string_that_broken_json_leaves_open_is_none_however_it_came() {
    let events = [
        "data: {\"type\":\"error\0\n\n",
        "data: {\"type\":\"error\n\n",
        "data: {\"type\":\"error\",\"error\":{\"message\":\"ab\\n\0\n\n",
        "data: {\"type\":\"error\",\"error\":{\"message\":\"whole\",\"ref_id\":\"ab\u{1}\n\n",
    ];
    let events = events.map(|body| Framing::Chunked.stream(body));
    let no = |body: &str| {
        Framing::Length.answer("400 No", &[("content-type", "application/json")], body.as_bytes())
    };
    let refusals = [
        no("{\"error\":{\"message\":\"ab\0"),
        no("{\"detail\":\"ab\\u00e9\0"),
        no("{\"error\":{\"ref_id\":\"ab\0"),
    ];
    for answer in events.iter().chain(&refusals) {
        let whole = heard(answer, usize::MAX);
        assert!(matches!(whole.message(), "" | "whole"), "{:?}", whole.error);
        for chunk in 1..20 {
            let report = heard(answer, chunk);
            assert_eq!((&report.error, report.outcome), (&whole.error, whole.outcome));
            assert_eq!(report.heard, whole.heard, "{}", answer.escape_ascii());
        }
    }
    let cut = Answer::new().bytes(&no("{\"error\":{\"message\":\"no such group\"}}")[..95]).reset();
    let said = Peer::script([cut]).run(config(), api::runs("g"));
    assert!(said.message().starts_with("no"), "what was cut is not wrong: {:?}", said.error);
}

#[test]
fn a_json_answer_is_whole_when_its_text_is_whatever_comes_after_it_and_however() {
    for body in [r#"{"text":"a"}}"#, r#"{"text":"a"} {"text":"b"}"#, r#"{"text":"a"}x"#] {
        for chunk in [1, 2, 3, usize::MAX] {
            let mut peer = Peer::script([Answer::new().bytes(Framing::Length.json(body))]);
            peer.read = chunk;
            let report = peer.run(config(), api::group("g"));
            assert_eq!((report.outcome, report.texts()), (Some(Outcome::Done), vec!["a"]), "{body}");
        }
    }
    for chunk in [1, 2, 3, usize::MAX] {
        let mut peer = Peer::script([Answer::new().bytes(Framing::Length.json(r#"{"number":"no"}x"#))]);
        peer.read = chunk;
        let outcome = peer.run(config(), api::group("g")).outcome;
        assert!(matches!(outcome, Some(Outcome::Peer(Fault::Json(json::Error::Mismatch(_))))), "{outcome:?}");
    }
}
