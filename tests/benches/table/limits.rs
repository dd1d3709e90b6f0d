//! What README.md says that each cannot do, seen.

use std::{convert::Infallible, num::NonZeroUsize, pin::pin};

use futures_util::{FutureExt, StreamExt, stream};
use picojson::{DefaultConfig, Event, ParseError, PushParser, PushParserHandler, String as Text};
use serde::{Deserialize, de::IgnoredAny};
use sse_core::{SseDecoder, SseEvent};
use sse_stream::SseByteStream;
use taskgroup::{json, record, sse::Parser};

pub(crate) fn check() {
    larger_than_the_buffer();
    not_utf8();
    longer_than_the_field();
    escapes();
    longer_than_the_scratch();
    what_nobody_wants();
}

const LONG_THEN_SHORT: &[u8] = b"data: 0123456789abcdef\n\ndata: short\n\n";

fn larger_than_the_buffer() {
    let mut parser = Parser::<10>::new();
    let mut input = LONG_THEN_SHORT;
    let mut next = || parser.feed(&mut input).map(|event| (event.data.to_vec(), event.lost));
    assert_eq!(next(), Some((b"0123456789".to_vec(), 6)));
    assert_eq!(next(), Some((b"short".to_vec(), 0)));

    let mut decoder = SseDecoder::with_limit(NonZeroUsize::new(10).expect("it is not 0"));
    let mut input = LONG_THEN_SHORT;
    assert!(decoder.next(&mut input).is_some_and(|event| event.is_err()));
    assert!(matches!(decoder.next(&mut input), Some(Ok(SseEvent::Message(event))) if event.data == "short"));
}

const NOT_UTF8: &[u8] = b"data: a\xFFb\n\ndata: short\n\n";

fn not_utf8() {
    let mut input = NOT_UTF8;
    let mut parser = Parser::<10>::new();
    assert!(parser.feed(&mut input).is_some_and(|event| event.data == b"a\xFFb"));

    let mut input = NOT_UTF8;
    let mut decoder = SseDecoder::new();
    assert!(
        matches!(decoder.next(&mut input), Some(Ok(SseEvent::Message(event))) if event.data == "a\u{FFFD}b")
    );

    let mut events = pin!(SseByteStream::new(stream::iter([Ok::<_, Infallible>(NOT_UTF8)])));
    let mut next = || events.next().now_or_never().expect("all of it is there");
    assert!(next().is_some_and(|event| event.is_err()));
    assert!(next().is_none());
}

record! {
    struct Short { text: taskgroup::text::Text<4> = "/text" }
}

#[derive(Debug, Deserialize)]
struct Fixed {
    text: heapless::String<4>,
}

fn longer_than_the_field() {
    let text = br#"{"text":"123456"}"#;
    let mut short = Short::default();
    assert_eq!(json::fill(&mut short, text), Ok(()));
    assert_eq!((&*short.text, short.text.lost()), ("1234", 2));
    assert!(serde_json_core::from_slice::<Fixed>(text).is_err());
}

fn escapes() {
    let text = br#"{"text":"\n"}"#;
    let mut short = Short::default();
    assert_eq!(json::fill(&mut short, text), Ok(()));
    assert_eq!(&*short.text, "\n");
    let (fixed, _) = serde_json_core::from_slice::<Fixed>(text).expect("it fits");
    assert_eq!(fixed.text, "\\n");
    let (fixed, _) = serde_json_core::from_slice_escaped::<Fixed>(text, &mut [0; 1]).expect("there is room");
    assert_eq!(fixed.text, "\n");
    assert!(serde_json_core::from_slice_escaped::<Fixed>(text, &mut []).is_err());
}

struct Names(Vec<String>);

impl PushParserHandler<'_, '_, ParseError> for Names {
    fn handle_event(&mut self, event: Event<'_, '_>) -> Result<(), ParseError> {
        if let Event::Key(Text::Borrowed(name) | Text::Unescaped(name)) = event {
            self.0.push(name.into());
        }
        Ok(())
    }
}

fn longer_than_the_scratch() {
    let read = |scratch: &mut [u8]| {
        let mut parser = PushParser::<_, DefaultConfig>::new(Names(vec![]), scratch);
        parser.write::<ParseError>(br#"{"unwanted":"\n123456","wanted":1}"#).ok()?;
        parser.finish::<ParseError>().ok().map(|names| names.0)
    };
    assert_eq!(read(&mut [0; 16]), Some(vec!["unwanted".to_owned(), "wanted".to_owned()]));
    assert_eq!(read(&mut [0; 4]), None);
}

fn what_nobody_wants() {
    let text = br#"{"unwanted":[1 2],"text":"a"}"#;
    assert_eq!(json::fill(&mut Short::default(), text), Err(json::Error::Unexpected));
    assert!(serde_json::from_slice::<Fixed>(text).is_err());
    assert!(sonic_rs::from_slice::<Fixed>(text).is_err());
    assert!(sonic_rs::from_slice::<IgnoredAny>(text).is_err());
    assert!(serde_json_core::from_slice::<Fixed>(text).is_ok_and(|(fixed, _)| fixed.text == "a"));
}
