//! JSON texts with a wrong byte in them, into records of every kind of field: each ends, with an error or
//! without, after no more steps than it has bytes.
//!
//! A step is a call from the machine into the record. Each loop over elements, members or pieces makes one
//! in each of its turns, so a loop that takes nothing is one that takes too many steps.

use proptest::prelude::*;
use taskgroup::{
    api::{Standard, StreamEvent},
    json::{Content, Error, Field, Filler, Json, List, Raw, Row, Skip, Stop, Token, Watch},
    record,
    text::Text,
};
use taskgroup_tests::splits;

/// More steps than a text of this many bytes may take. Each further piece of a text descends again through at
/// most 16 levels.
fn bound(length: usize) -> usize {
    32 * (length + 2)
}

thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn step() {
    STEPS.with(|left| {
        let steps = left.get().checked_sub(1);
        left.set(steps.expect("a loop takes nothing and does not end"));
    });
}

/// A row that counts the steps of what fills it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counted<L>(L);

impl<L: Row> Row for Counted<L> {
    fn push(&mut self) -> bool {
        step();
        self.0.push()
    }

    fn last(&mut self) -> Option<&mut dyn Field> {
        step();
        self.0.last()
    }
}

impl<L: Row + Field> Field for Counted<L> {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        step();
        json.array(self)
    }
}

record! {
    /// Rows that are soon full, of elements of every kind.
    #[derive(Clone, Debug, PartialEq)]
    struct Rows {
        numbers: Counted<List<u8, 1>> = "/numbers",
        texts: Counted<List<Text<4>, 1>> = "/texts",
        skips: Counted<List<Skip, 2>> = "/skips",
        raws: Counted<List<Raw<9>, 4>> = "/raws",
        optional: Counted<List<Option<bool>, 1>> = "/optional",
        contents: Counted<List<Content<3>, 1>> = "/contents",
        rows: Counted<List<Counted<List<i64, 1>>, 1>> = "/rows",
        none: Counted<List<f64, 0>> = "/none",
        points: Counted<List<Point, 1>> = "/deep/points",
    }
}

record! {
    #[derive(Clone, Debug, PartialEq)]
    struct Point { x: Option<u8> = "/x", name: Text<3> = "/name", tags: Counted<List<Skip, 0>> = "/tags" }
}

/// Wants to see what the first says, and counts the steps.
struct Watched(bool);

impl Watch for Watched {
    fn wants(&mut self, _: &str) -> bool {
        step();
        self.0
    }

    fn token(&mut self, _: &Token<'_>) {
        step();
    }
}

/// How a text ends, and what the record holds when it is right: after an error, that depends on the chunks.
fn fill<R: taskgroup::json::Record + Default>(
    watched: bool,
    chunks: &[&[u8]],
) -> (Option<R>, Result<(), Error>) {
    let (mut filler, mut record) = (Filler::new(), R::default());
    STEPS.set(bound(chunks.iter().map(|chunk| chunk.len() + 1).sum()));
    filler.begin(&mut record);
    let mut watch = Watched(watched);
    let mut chunks = chunks.iter().copied();
    let fed = chunks.try_for_each(|mut chunk| filler.feed(&mut record, &mut watch, &mut chunk).map(drop));
    let result = fed.and_then(|()| filler.finish());
    (matches!(result, Ok(()) | Err(Error::Mismatch(_))).then_some(record), result)
}

/// In every chunking, watched and not; the same result in all of them.
fn ends<R: taskgroup::json::Record + Default + std::fmt::Debug + PartialEq>(
    text: &[u8],
) -> Result<(), Error> {
    let (_, result) = splits(text, &[], |chunks| fill::<R>(false, chunks));
    assert_eq!(splits(text, &[], |chunks| fill::<R>(true, chunks)).1, result);
    result
}

/// Whole and byte by byte only, for many texts.
fn ends_soon<R: taskgroup::json::Record + Default + std::fmt::Debug + PartialEq>(
    text: &[u8],
) -> Result<(), Error> {
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    let [unwatched, watched] = [false, true].map(|is_watched| {
        let whole = fill::<R>(is_watched, &[text]);
        assert_eq!(whole, fill::<R>(is_watched, &bytes), "{:?}", String::from_utf8_lossy(text));
        whole.1
    });
    assert_eq!(unwatched, watched, "{:?}", String::from_utf8_lossy(text));
    unwatched
}

/// What serde_json makes of it, which looks at no number's size when it takes anything.
fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

#[test]
fn a_wrong_byte_after_an_element_of_a_full_row_ends_the_text() {
    for text in [
        &br#"{"numbers":[1 2]}"#[..],
        br#"{"numbers":[1,2 3]}"#,
        br#"{"texts":["a"x"#,
        br#"{"texts":["a" 1]}"#,
        br#"{"raws":[1 2]}"#,
        br#"{"raws":[1,2,3,4,5 6]}"#,
        br#"{"skips":[1 x"#,
        br#"{"skips":[1,2,3}]}"#,
        br#"{"optional":[null null]}"#,
        br#"{"optional":[true,null:]}"#,
        br#"{"contents":[{}{}]}"#,
        br#"{"rows":[[1][2]]}"#,
        br#"{"rows":[[1,2[]]]}"#,
        br#"{"none":[1.5"2"]}"#,
        br#"{"none":[[]{}]}"#,
        br#"{"deep":{"points":[{},{} {}]}}"#,
        br#"{"deep":{"points":[{"tags":[1 2]}]}}"#,
    ] {
        assert_eq!(ends::<Rows>(text), Err(Error::Unexpected), "{}", String::from_utf8_lossy(text));
    }
}

/// Its rows count nothing, so only a timeout shows an endless loop.
#[test]
fn a_wrong_byte_between_the_entries_of_a_basis_ends_the_event() {
    let text = br#"{"type":"task_run.state","output":{"basis":[{},{},{} {}]}}"#;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(ends::<StreamEvent<Standard>>(text)));
    let result = receiver.recv_timeout(std::time::Duration::from_secs(120)).expect("it ends");
    assert_eq!(result, Err(Error::Unexpected));
}

/// Every kind of element, more of them than have room, with and without whitespace.
const RIGHT: &[&str] = &[
    r#"{"numbers":[1,2,3],"texts":["a","b\n","\u20acuro"],"skips":[1,[2],{"a":3}]}"#,
    r#"{"raws":[ 1 , [2,{}] , {"a": [true,false]} , "b\"" , null , 6 ] , "optional" : [null,true,false]}"#,
    r#"{"contents":["a",{"b":1},null,"cdef"],"rows":[[1,2],[],[3]],"none":[1.5,-2e3]}"#,
    r#"{"deep":{"points":[{"x":null,"name":"abcd","tags":[1,2]},{"x":7},{}],"other":[[],[1]]},"numbers":[]}"#,
    r#"{"unknown":[1,{"a":[]},"b"],"skips":[],"raws":[[]],"texts":[null,"a"]}"#,
];

#[test]
fn any_byte_in_any_place_ends_the_text_and_is_an_error_where_it_is_not_json() {
    for text in RIGHT {
        assert!(is_json(text.as_bytes()));
        for at in 0..=text.len() {
            for byte in *b",]}[{:\"x1 \\\0" {
                let (head, tail) = text.as_bytes().split_at(at);
                let inserted = [head, &[byte], tail].concat();
                let replaced = [head, &[byte], tail.get(1..).unwrap_or_default()].concat();
                for wrong in [inserted, replaced] {
                    let result = ends_soon::<Rows>(&wrong);
                    let is_right = matches!(result, Ok(()) | Err(Error::Mismatch(_)));
                    assert_eq!(is_right, is_json(&wrong), "{:?}", String::from_utf8_lossy(&wrong));
                }
            }
        }
    }
}

fn element() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "300",
        "-2.5e3",
        "null",
        "true",
        "false",
        "\"a\"",
        "\"abcdef\"",
        "\"\\u00e9\\n\"",
        "{}",
        "[]",
        "[1,2]",
        "{\"x\":1,\"name\":\"n\",\"tags\":[1]}",
        "{\"x\":null,\"y\":[{}]}",
    ]);
    prop_oneof![4 => leaf.prop_map(str::to_owned), 1 => "[ \\t]{0,2}".prop_map(|blank| format!("{blank}7{blank}"))]
}

fn member() -> impl Strategy<Value = String> {
    let names = ["numbers", "texts", "skips", "raws", "optional", "contents", "rows", "none", "unknown"];
    let list =
        || prop::collection::vec(element(), 0..6).prop_map(|elements| format!("[{}]", elements.join(",")));
    let named =
        (prop::sample::select(names.to_vec()), list()).prop_map(|(name, list)| format!("\"{name}\":{list}"));
    prop_oneof![6 => named, 1 => list().prop_map(|list| format!("\"deep\":{{\"points\":{list}}}"))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_500, ..ProptestConfig::default() })]

    #[test]
    fn any_text_with_a_wrong_byte_ends(
        members in prop::collection::vec(member(), 1..4),
        place in any::<prop::sample::Index>(),
        wrong in prop_oneof![
            4 => prop::sample::select(b",]}[{:\"xn1 \\\0\xFF".to_vec()),
            1 => any::<u8>(),
        ],
        size in 1_usize..6,
    ) {
        let text = format!("{{{}}}", members.join(",")).into_bytes();
        let at = place.index(text.len());
        for cut in [at, at + 1] {
            let wrong = [&text[..at], &[wrong], &text[cut..]].concat();
            let chunks: Vec<&[u8]> = wrong.chunks(size).collect();
            let result = ends_soon::<Rows>(&wrong);
            prop_assert_eq!(result, fill::<Rows>(false, &chunks).1);
            let is_right = matches!(result, Ok(()) | Err(Error::Mismatch(_)));
            // Strings that are not UTF-8 are taken with U+FFFD in them, and not looked at when passed over.
            if wrong.is_ascii() {
                prop_assert_eq!(is_right, is_json(&wrong), "{}", String::from_utf8_lossy(&wrong));
            }
        }
    }
}
