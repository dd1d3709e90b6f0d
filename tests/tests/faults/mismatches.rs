//! What a member that does not fit the record costs: its own field, never the event.

use taskgroup::{
    api,
    json::{self, Content, List, Misfit},
    record,
    session::{Action, Config, Event, Outcome, Session},
    text::Text,
    time::Instant,
};
use taskgroup_tests::{
    peer::{Answer, Heard, Peer, Received},
    splits,
    wire::{Framing, data, event},
};

fn config() -> Config<'static> {
    Config::new("key")
}

fn whole(body: &str) -> Answer {
    Answer::new().bytes(Framing::Chunked.stream(body))
}

fn cut(body: &str) -> Answer {
    Answer::new().bytes(Framing::UntilClose.stream(body)).reset()
}

#[test]
fn a_member_that_does_not_fit_costs_its_field_and_is_named_with_its_event() {
    let odd = data(r#""event_id":"2","number":"no number","text":"t""#);
    let body = format!("{}{odd}{}", event("1"), event("3"));
    let report = Peer::script([whole(&body)]).run(config(), api::runs("g"));
    assert_eq!((report.ids(), report.skipped()), (vec!["1", "2", "3"], 0));
    assert_eq!(report.records().nth(1).map(|seen| (&*seen.text, seen.number)), Some(("t", None)));
    let [(nth, name)] = report.mismatches[..] else { panic!("{:?}", report.mismatches) };
    assert!(
        matches!(&report.heard[nth], Heard::Record(seen) if seen.event_id == "2"),
        "only while it is shown"
    );
    assert_eq!((&*name, name.why()), ("number", Misfit::Type));
    assert_eq!(report.outcome, Some(Outcome::Done));
}

#[test]
fn an_event_with_a_mismatch_moves_the_cursor() {
    let odd = data(r#""event_id":"2","number":{"a":[1]}"#);
    let answers = [cut(&format!("{}{odd}", event("1"))), whole(&event("3"))];
    let report = Peer::script(answers).run(config(), api::runs("g"));
    assert_eq!(report.ids(), ["1", "2", "3"]);
    assert_eq!(report.requests.get(1).and_then(Received::cursor).as_deref(), Some("2"));
}

record! {
    /// Texts where the service also sends objects.
    #[derive(Clone, Debug, PartialEq)]
    struct Texts {
        run_id: Text<8> = "/run/run_id",
        content: Text<8> = "/output/content",
        either: Content<8> = "/output/either",
        basis: List<Text<4>, 2> = "/output/basis",
        maybe: Option<Text<4>> = "/output/maybe",
    }
}

#[test]
fn what_fits_is_delivered_beside_what_does_not_wherever_the_stream_is_cut() {
    let json = r#"{"type":"task_run.state","event_id":"1","run":{"run_id":"r"},"output":{"content":{"k\u00e9":["\"v"]},"either":{"e":1},
data: "basis":["a",{"b":[2]},"c",3],"maybe":["\ud83d\ude00"]}}"#;
    let stream =
        format!("data: {json}\n\ndata: {{\"type\":\"task_run.state\",\"run\":{{\"run_id\":\"s\"}}}}\n\n");
    let heard = splits(stream.as_bytes(), &[], |chunks| {
        let now = Instant::from_millis(0);
        let mut session = Session::<Texts>::new(config(), api::runs("g"));
        assert!(matches!(session.poll(now), Action::Connect { .. }));
        session.connected(now);
        while let Action::Send { .. } = session.poll(now) {
            session.fill(&mut [0; 512]);
        }
        let mut head = &b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"[..];
        assert!(session.advance(&mut head, now));
        assert_eq!(session.mismatch(), None);
        let mut heard = Vec::new();
        for mut chunk in chunks.iter().copied() {
            while let Some(event) = session.feed(&mut chunk, now) {
                let Event::Record(texts) = event else { panic!("{event:?}") };
                let texts = texts.clone();
                heard.push((texts, session.mismatch().map(|name| name.to_string())));
            }
        }
        heard
    });
    let (texts, mismatch) = &heard[0];
    assert_eq!((&*texts.run_id, &*texts.content, texts.content.lost()), ("r", "", 0));
    assert_eq!((texts.either.as_json(), &texts.maybe), (Some(r#"{"e":1}"#), &None));
    assert_eq!((&*texts.basis[0], &*texts.basis[1], texts.basis.lost()), ("a", "c", 2));
    assert_eq!(mismatch.as_deref(), Some("content"), "the first");
    assert_eq!((heard.len(), &*heard[1].0.run_id, &heard[1].1), (2, "s", &None));
}

#[test]
fn data_that_is_not_an_object_is_skipped_with_the_reason() {
    for (value, words) in [
        ("[1]", "skipped: JSON text is not an object"),
        ("null", "skipped: JSON text is not an object"),
        ("7", "skipped: JSON text is not an object"),
        ("\"text\"", "skipped: JSON text is not an object"),
        ("{\"number\":}", "skipped: unexpected byte in JSON"),
        ("{\"number\":\"x\"", "skipped: JSON text ends too early"),
    ] {
        let body = format!("event: task_run.state\ndata: {value}\n\n{}", event("2"));
        let report = Peer::script([whole(&body)]).run(config(), api::runs("g"));
        let Heard::Skipped(why) = report.heard[1] else { panic!("{value}: {:?}", report.heard) };
        assert_eq!((why.to_string().as_str(), report.ids(), report.mismatches.len()), (words, vec!["2"], 0));
    }
}

#[test]
fn an_answer_with_a_mismatch_stays_an_error() {
    record! {
        #[derive(Clone, Debug, PartialEq)]
        struct Created { id: Text<40> = "/taskgroup_id" }
    }
    for body in [r#"{"taskgroup_id":7,"status":{}}"#, "null"] {
        let answer = Answer::new().bytes(Framing::Length.json(body));
        let report =
            Peer::script([answer]).run_with(Session::<Created>::new(config(), api::create_group(b"{}")));
        let Some(Heard::Skipped(why)) = report.heard.last() else { panic!("{body}: {:?}", report.heard) };
        assert!(matches!(why.0, json::Error::Mismatch(_)), "{why}");
        assert_eq!(report.outcome, Some(Outcome::Peer(taskgroup::session::Fault::Json(why.0))));
        assert!(report.records().next().is_none() && report.mismatches.is_empty(), "{body}");
    }
}
