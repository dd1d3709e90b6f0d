//! Any bytes in any chunks into records: the same content wherever they are cut, and what a reader that is
//! written from the RFC says that it must be. A loop without end is found by the fuzzer's timeout.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use taskgroup::{
    api::{Brief, Standard, StreamEvent},
    json::{Error, Filler, Record, Token, Watch},
};
use taskgroup_fuzz::{
    cuts::Cuts,
    expected::Expected,
    json::{Value, read},
    records::Mixed,
};

fuzz_target!(|input: &[u8]| {
    let Some((cuts, text)) = Cuts::split(input) else { return };
    let expected = read(text);

    let (mixed, result) = cuts.same(text, |chunks| filled::<Mixed>(&mut (), chunks));
    let (watched, same) = cuts.same(text, |chunks| filled::<Mixed>(&mut All, chunks));
    assert_eq!(same, result);
    let is_text = str::from_utf8(text).is_ok();
    if is_text {
        assert_eq!(watched, mixed);
    }
    match (&expected, result) {
        (Some(value), Ok(())) => assert_eq!(misfit(value), None),
        (Some(value), Err(Error::Mismatch(name))) => assert_eq!(misfit(value), Some(name.to_string())),
        _ => is_alike(expected.as_ref(), result),
    }
    if let (Some(value), Some(mixed), Some(watched)) = (&expected, &mixed, &watched) {
        assert!(mixed.holds(Some(value), is_text));
        assert!(watched.holds(Some(value), is_text));
    }

    let brief = cuts.same(text, |chunks| filled::<StreamEvent<Brief>>(&mut (), chunks));
    is_alike(expected.as_ref(), brief.1);
    let standard = cuts.same(text, |chunks| filled::<StreamEvent<Standard>>(&mut (), chunks));
    is_alike(expected.as_ref(), standard.1);
});

/// The first member that does not fit. Without a name: the text as a whole, which may not be `null` either.
fn misfit(value: &Value) -> Option<String> {
    if *value == Value::Null { Some(String::new()) } else { Mixed::misfit(value, "") }
}

/// Both take it for JSON, or neither.
fn is_alike(expected: Option<&Value>, result: Result<(), Error>) {
    let is_json = matches!(result, Ok(()) | Err(Error::Mismatch(_)));
    assert_eq!(is_json, expected.is_some(), "{result:?}");
}

/// What is in a record that held something else before. Nothing is promised of a text that is not JSON.
fn filled<R: Record + Default + Debug>(
    watch: &mut dyn Watch,
    chunks: &[&[u8]],
) -> (Option<R>, Result<(), Error>) {
    const BEFORE: &[u8] = br#"{"t":"before","r":[1],"c":{},"l":["a","b","c"],"v":{"id":"x","basis":["y"]},"z":{},
        "x":[1],"g":2,"b":true,"q":"queued","a":{"b":{"c":3},"d":"e"},"type":"t","run":{"run_id":"r"},"output":{"basis":[{"#;
    let mut record = R::default();
    let mut filler = Filler::new();
    filler.begin(&mut record);
    _ = filler.feed(&mut record, &mut (), &mut &*BEFORE);
    filler.begin(&mut record);
    let mut result = Ok(());
    for mut chunk in chunks.iter().copied() {
        result = filler.feed(&mut record, watch, &mut chunk).map(drop);
        if result.is_err() {
            break;
        }
        assert!(chunk.is_empty(), "all is taken");
    }
    let result = result.and_then(|()| filler.finish());
    let is_json = matches!(result, Ok(()) | Err(Error::Mismatch(_)));
    (is_json.then_some(record), result)
}

/// Wants to see everything, so that nothing is skipped.
struct All;

impl Watch for All {
    fn wants(&mut self, _: &str) -> bool {
        true
    }

    fn token(&mut self, _: &Token<'_>) {}
}
