//! Any bytes in any chunks through the event stream's tokenizer and parser, beside the standard's algorithm.
#![no_main]

use libfuzzer_sys::fuzz_target;
use taskgroup::sse::{Parser, Tokenizer};
use taskgroup_fuzz::cuts::Cuts;
use taskgroup_tests::{
    collector::Collector,
    event_stream::{Event, Interpretation, field, interpret, interpret_within, lines},
};

/// What the parser keeps of an id, and of the digits of a `retry`.
const VALUE: usize = 128;

/// Longer than any input of 4 KiB, each byte of which may become a character of three.
const WHOLE: usize = 16 * 1024;

/// Too short for most events.
const LITTLE: usize = 6;

fuzz_target!(|input: &[u8]| {
    let Some((cuts, stream)) = Cuts::split(input) else { return };

    // From tokens alone one does not know that a `retry` has ended before the next token comes.
    let (tokens, standard) = (cuts.same(stream, collected), interpret(stream, ""));
    assert_eq!((tokens.events, tokens.last_event_id), (standard.events, standard.last_event_id));

    let expected = interpret_within(stream, "", VALUE);
    let (all, whole) = cuts.same(stream, parsed::<WHOLE>);
    assert_eq!(all, expected);
    assert_eq!(whole.iter().map(|kept| kept.lost).collect::<Vec<_>>(), lost_ids(stream));

    let (little, cut) = cuts.same(stream, parsed::<LITTLE>);
    assert_eq!((&little.last_event_id, little.retry), (&expected.last_event_id, expected.retry));
    assert_eq!(little.events.len(), expected.events.len());
    for (place, (event, whole_event)) in little.events.iter().zip(&expected.events).enumerate() {
        assert_eq!((&event.id, event.retry), (&whole_event.id, whole_event.retry));
        let (cut, whole) = (&cut[place], &whole[place]);
        assert!(whole.name.starts_with(&cut.name) && whole.data.starts_with(&cut.data));
        assert!(cut.kept() <= LITTLE);
        // An id that is too long is lost in both.
        assert_eq!(cut.kept() + cut.lost, whole.kept() + whole.lost);
    }
});

/// What each event counts as lost: an id that was too long.
fn lost_ids(stream: &[u8]) -> Vec<usize> {
    let (mut all, mut lost, mut has_data) = (Vec::new(), 0, false);
    for line in lines(stream).split_terminator('\n') {
        match field(line) {
            ("data", _) => has_data = true,
            ("id", value) if value.len() > VALUE => lost = value.len(),
            ("id", value) if !value.contains('\0') => lost = 0,
            _ if line.is_empty() && std::mem::take(&mut has_data) => all.push(std::mem::take(&mut lost)),
            _ => {}
        }
    }
    all
}

/// What is in the parser's own memory, and what had no room there.
#[derive(Debug, PartialEq)]
struct Kept {
    name: String,
    data: Vec<u8>,
    lost: usize,
}

impl Kept {
    fn kept(&self) -> usize {
        self.name.len() + self.data.len()
    }
}

fn collected(chunks: &[&[u8]]) -> Interpretation {
    let mut tokenizer = Tokenizer::new();
    let mut collector = Collector::new("");
    for mut input in chunks.iter().copied() {
        while let Some(token) = tokenizer.feed(&mut input) {
            collector.token(token);
        }
        assert!(input.is_empty(), "all is taken before there is nothing more");
    }
    collector.finish()
}

fn parsed<const N: usize>(chunks: &[&[u8]]) -> (Interpretation, Vec<Kept>) {
    let mut parser = Parser::<N>::new();
    let (mut events, mut kept) = (Vec::new(), Vec::new());
    for mut input in chunks.iter().copied() {
        while parser.advance(&mut input) {
            let retry = millis(&parser);
            let event = parser.event();
            let name = if event.name == "message" { String::new() } else { event.name.into() };
            kept.push(Kept { name, data: event.data.into(), lost: event.lost });
            let data = String::from_utf8_lossy(event.data).into();
            events.push(Event { name: event.name.into(), data, id: event.id.into(), retry });
        }
        assert!(input.is_empty(), "all is taken before there is nothing more");
    }
    (Interpretation { events, last_event_id: parser.last_event_id().into(), retry: millis(&parser) }, kept)
}

fn millis<const N: usize>(parser: &Parser<N>) -> Option<u32> {
    parser.retry().map(|retry| u32::try_from(retry.as_millis()).expect("it is kept in 32 bits"))
}
