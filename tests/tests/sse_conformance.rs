//! The streams of the Web Platform Tests, of LaunchDarkly's contract tests and of the standard itself,
//! in every chunking, through the parser, the tokenizer and the model.

use serde_json::Value;
use taskgroup::sse::{Field, Parser, Token, Tokenizer};
use taskgroup_tests::{
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

/// What an application with a heap makes of the tokens.
#[derive(Default)]
struct Collector {
    line: Option<(Field, Vec<u8>)>,
    data: Option<Vec<u8>>,
    name: String,
    id: String,
    all: Interpretation,
}

impl Collector {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Begin(field) => {
                self.end_line();
                self.line = Some((field, Vec::new()));
            }
            Token::Bytes(bytes) => {
                assert!(!bytes.is_empty() && !bytes.contains(&b'\r') && !bytes.contains(&b'\n'));
                self.line.as_mut().expect("a field has begun").1.extend(bytes);
            }
            Token::Dispatch => {
                self.end_line();
                self.dispatch();
            }
        }
    }

    fn end_line(&mut self) {
        let Some((field, value)) = self.line.take() else { return };
        let text = String::from_utf8_lossy(&value).into_owned();
        match field {
            Field::Data => match &mut self.data {
                Some(data) => data.extend([b"\n", &value[..]].concat()),
                none => *none = Some(value),
            },
            Field::Event => self.name = text,
            Field::Id if !text.contains('\0') => self.id = text,
            Field::Retry if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.all.retry = text.parse().ok().or(self.all.retry);
            }
            Field::Id | Field::Retry => {}
        }
    }

    fn dispatch(&mut self) {
        let (name, id) = (std::mem::take(&mut self.name), self.id.clone());
        self.all.last_event_id.clone_from(&id);
        if let Some(data) = self.data.take() {
            let name = if name.is_empty() { "message".into() } else { name };
            let data = String::from_utf8_lossy(&data).into();
            self.all.events.push(Event { name, data, id, retry: self.all.retry });
        }
    }
}

fn collected(last_event_id: &str, chunks: &[&[u8]]) -> Interpretation {
    let mut tokenizer = Tokenizer::new();
    let mut collector = Collector { id: last_event_id.into(), ..Default::default() };
    collector.all.last_event_id = last_event_id.into();
    for mut input in chunks.iter().copied() {
        while let Some(token) = tokenizer.feed(&mut input) {
            collector.token(token);
        }
        assert!(input.is_empty(), "all is taken before there is nothing more");
    }
    collector.all
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
