//! Any bytes in any chunks through the JSON tokenizer and through skipping, beside a reader that is written
//! from the RFC, and that beside serde_json.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::{Map, Value as Json};
use taskgroup::{
    json::{Error, Filler},
    record,
};
use taskgroup_fuzz::{
    cuts::Cuts,
    json::{Value, read},
};
use taskgroup_tests::items::tokens;

fuzz_target!(|input: &[u8]| {
    let Some((cuts, text)) = Cuts::split(input) else { return };
    let expected = read(text);

    let items = cuts.same(text, tokens);
    assert_eq!(items.as_ref().ok(), expected.as_ref().map(Value::items).as_ref(), "{items:?}");
    let skipped = cuts.same(text, skip);
    assert_eq!(skipped.err(), items.err(), "skipped or not, the same is wrong with it");

    let text = String::from_utf8_lossy(text);
    // Its own limit of depth is another.
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    deserializer.disable_recursion_limit();
    let is_right = serde_json::from_str::<IgnoredAny>(&text).is_ok();
    let Some(expected) = expected else {
        assert!(!is_right || text.matches(['{', '[']).count() > 128);
        return;
    };
    assert!(is_right);
    match serde::Deserialize::deserialize(&mut deserializer) {
        Ok(value) => assert_eq!(theirs(&expected), Some(value)),
        // A surrogate that is alone, or a number beyond f64.
        Err::<Json, _>(error) => {
            let message = error.to_string();
            let is_beyond =
                ["surrogate", "hex escape", "out of range"].iter().any(|reason| message.contains(reason));
            assert!(is_beyond, "{message}");
        }
    }
});

record! {
    struct Nothing {}
}

/// For a record that wants nothing of it, all is skipped.
fn skip(chunks: &[&[u8]]) -> Result<(), Error> {
    let mut filler = Filler::new();
    for mut chunk in chunks.iter().copied() {
        filler.feed(&mut Nothing {}, &mut (), &mut chunk)?;
        assert!(chunk.is_empty(), "all is taken");
    }
    match filler.finish() {
        Err(Error::Mismatch(name)) if name.is_empty() => Ok(()),
        result => result,
    }
}

/// The value as serde_json has it, if it can.
fn theirs(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => serde_json::from_str(text).ok()?,
        Value::String(text) => Json::String(text.clone()),
        Value::Array(elements) => Json::Array(elements.iter().map(theirs).collect::<Option<_>>()?),
        Value::Object(members) => {
            let member = |(name, value): &(String, Value)| Some((name.clone(), theirs(value)?));
            Json::Object(members.iter().map(member).collect::<Option<Map<_, _>>>()?)
        }
    })
}
