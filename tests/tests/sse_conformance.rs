//! The streams of the Web Platform Tests, of LaunchDarkly's contract tests and of the standard itself,
//! in every chunking, through the parser, the tokenizer and the model.

use serde_json::Value;
use taskgroup::sse::{Parser, Tokenizer};
use taskgroup_tests::{
    collector::Collector,
    event_stream::{Event, Interpretation, interpret},
    splits,
};

/// What may begin after any stream without changing what it gave.
const TRAILING: [&[u8]; 2] = [b"data: unfinished", b": comment\r\nid: unfinished"];

struct Case {
    id: String,
    last_event_id: String,
    stream: Vec<u8>,
    expected: Interpretation,
}

fn cases() -> Vec<Case> {
    let table: Vec<Value> = serde_json::from_str(include_str!("../cases/sse.json")).unwrap();
    assert_eq!(table.len(), 99);
    table.iter().map(case).collect()
}

fn case(row: &Value) -> Case {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let last_event_id = text(&row["last_event_id"]);
    let mut expected = Interpretation { last_event_id: last_event_id.clone(), ..Default::default() };
    for event in row["events"].as_array().unwrap() {
        let retry = event["retry"].as_u64().and_then(|millis| u32::try_from(millis).ok());
        expected.retry = retry.or(expected.retry);
        expected.last_event_id = text(&event["id"]);
        expected.events.push(Event {
            name: text(&event["name"]),
            data: text(&event["data"]),
            id: text(&event["id"]),
            retry: expected.retry,
        });
    }
    let stream = match row["stream"].as_str() {
        Some(stream) => stream.into(),
        None => from_hex(row["stream_hex"].as_str().unwrap()),
    };
    Case { id: text(&row["id"]), last_event_id, stream, expected }
}

fn from_hex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn parsed(last_event_id: &str, chunks: &[&[u8]]) -> Interpretation {
    let mut parser = Parser::<4096>::new();
    assert!(!parser.advance(&mut format!("id: {last_event_id}\n\n").as_bytes()));
    parser.closed();
    let mut events = Vec::new();
    for mut input in chunks.iter().copied() {
        while parser.advance(&mut input) {
            let event = parser.event();
            assert_eq!(event.lost, 0);
            events.push(Event {
                name: event.name.into(),
                data: String::from_utf8_lossy(event.data).into(),
                id: event.id.into(),
                retry: millis(&parser),
            });
        }
        assert!(input.is_empty(), "all is taken before there is nothing more");
    }
    Interpretation { events, last_event_id: parser.last_event_id().into(), retry: millis(&parser) }
}

fn millis<const N: usize>(parser: &Parser<N>) -> Option<u32> {
    parser.retry().map(|retry| u32::try_from(retry.as_millis()).unwrap())
}

fn collected(last_event_id: &str, chunks: &[&[u8]]) -> Interpretation {
    let mut tokenizer = Tokenizer::new();
    let mut collector = Collector::new(last_event_id);
    for mut input in chunks.iter().copied() {
        while let Some(token) = tokenizer.feed(&mut input) {
            collector.token(token);
        }
        assert!(input.is_empty(), "all is taken before there is nothing more");
    }
    collector.finish()
}

#[test]
fn the_parser_gives_the_events_of_every_case_in_every_chunking() {
    for case in cases() {
        let all = splits(&case.stream, &TRAILING, |chunks| parsed(&case.last_event_id, chunks));
        assert_eq!(all, case.expected, "{}", case.id);
    }
}

#[test]
fn the_tokens_of_every_case_make_its_events_in_every_chunking() {
    for case in cases() {
        let all = splits(&case.stream, &TRAILING, |chunks| collected(&case.last_event_id, chunks));
        assert_eq!(all, case.expected, "{}", case.id);
    }
}

#[test]
fn the_model_that_random_streams_are_compared_with_agrees_on_every_case() {
    for case in cases() {
        assert_eq!(interpret(&case.stream, &case.last_event_id), case.expected, "{}", case.id);
    }
}
