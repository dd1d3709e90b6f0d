//! Random streams, heavy in what the grammar cares about, through the parser and the model.

use proptest::{collection::vec, prelude::*, sample::select};
use taskgroup::sse::Parser;
use taskgroup_tests::event_stream::{Event, Interpretation, interpret};

/// What lines are made of. Line ends, colons and spaces come more often than the rest.
const PIECES: [&[u8]; 35] = [
    b"\n",
    b"\n",
    b"\n",
    b"\n",
    b"\n\n",
    b"\n\n",
    b"\r",
    b"\r",
    b"\r",
    b"\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b":",
    b":",
    b":",
    b" ",
    b" ",
    b": ",
    b"data",
    b"data",
    b"data:",
    b"data: ",
    b"event",
    b"event:",
    b"id",
    b"id: ",
    b"retry",
    b"retry:",
    b"dat",
    b"datax",
    b"x",
    b"0",
    b"15",
    b"99999999999",
    b"\0",
];

/// Byte order marks and other characters of several bytes, whole and broken.
const CHARACTERS: [&[u8]; 5] = [b"\xEF\xBB\xBF", b"\xEF\xBB", b"\xF0\x9F\x98\x80", b"\xF0\x9F", b"\xFF"];

fn ascii() -> impl Strategy<Value = Vec<u8>> {
    vec(select(&PIECES[..]), 0..40).prop_map(|pieces| pieces.concat())
}

fn anything() -> impl Strategy<Value = Vec<u8>> {
    let character = || select(&CHARACTERS[..]);
    let first = prop_oneof![Just(&b""[..]), character()];
    let later = vec(prop_oneof![8 => select(&PIECES[..]), 1 => character()], 0..40);
    (first, later).prop_map(|(first, later)| [first, &later.concat()].concat())
}

/// Feeds the stream in chunks of these lengths, over and over, and gives what each event lost.
fn parsed<const N: usize>(stream: &[u8], lengths: &[usize]) -> (Interpretation, Vec<usize>) {
    let mut parser = Parser::<N>::new();
    let (mut events, mut lost) = (Vec::new(), Vec::new());
    let mut rest = stream;
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (mut input, after) = rest.split_at(rest.len().min(*length));
        rest = after;
        while let Some(event) = parser.feed(&mut input) {
            lost.push(event.lost);
            let (name, id) = (event.name.into(), event.id.into());
            let data = String::from_utf8_lossy(event.data).into();
            events.push(Event { name, data, id, retry: None });
            events.last_mut().unwrap().retry = millis(&parser);
        }
    }
    let last_event_id = parser.last_event_id().into();
    (Interpretation { events, last_event_id, retry: millis(&parser) }, lost)
}

fn millis<const N: usize>(parser: &Parser<N>) -> Option<u32> {
    parser.retry().map(|retry| u32::try_from(retry.as_millis()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_parser_gives_what_the_standard_says(stream in anything(), lengths in vec(1_usize..9, 1..6)) {
        let (all, lost) = parsed::<1024>(&stream, &lengths);
        prop_assert_eq!(all, interpret(&stream, ""));
        prop_assert!(lost.iter().all(|lost| *lost == 0));
    }

    #[test]
    fn a_parser_with_little_room_gives_prefixes_and_counts_the_rest(
        stream in ascii(),
        lengths in vec(1_usize..9, 1..6),
    ) {
        let whole = interpret(&stream, "");
        let (cut, lost) = parsed::<6>(&stream, &lengths);
        prop_assert_eq!((cut.last_event_id, cut.retry), (whole.last_event_id, whole.retry));
        prop_assert_eq!(cut.events.len(), whole.events.len());
        for ((cut, whole), lost) in cut.events.iter().zip(&whole.events).zip(lost) {
            prop_assert_eq!((&cut.id, cut.retry), (&whole.id, whole.retry));
            prop_assert!(whole.data.starts_with(&cut.data) && whole.name.starts_with(&cut.name));
            let named = |event: &Event| if event.name == "message" { 0 } else { event.name.len() };
            prop_assert!(named(cut) + cut.data.len() <= 6);
            prop_assert_eq!(named(cut) + cut.data.len() + lost, named(whole) + whole.data.len());
        }
    }
}
