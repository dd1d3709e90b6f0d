//! JSON texts into records that have no room for them, in every chunking: what is kept, and how much is
//! counted as lost.

use proptest::prelude::*;
use taskgroup::{
    json::{Content, Error, Filler, Raw, Token, Watch},
    record,
    text::Text,
};
use taskgroup_tests::splits;

record! {
    /// The same value in each.
    #[derive(Clone, Debug, PartialEq)]
    struct Small {
        none: Text<0> = "/none",
        text: Text<5> = "/text",
        nothing: Raw<0> = "/nothing",
        raw: Raw<7> = "/raw",
        content: Content<6> = "/content",
        after: u8 = "/after",
    }
}

fn of_value(value: &[u8]) -> Vec<u8> {
    let mut json = b"{".to_vec();
    for name in ["none", "text", "nothing", "raw", "content"] {
        json.extend([b"\"", name.as_bytes(), b"\":", value, b" ,"].concat());
    }
    json.extend(b"\"after\":7}");
    json
}

fn fill_chunks(watch: &mut dyn Watch, chunks: &[&[u8]]) -> (Small, Result<(), Error>) {
    let (mut filler, mut small) = (Filler::new(), Small::default());
    filler.begin(&mut small);
    let mut chunks = chunks.iter().copied();
    let fed = chunks.try_for_each(|mut chunk| filler.feed(&mut small, watch, &mut chunk).map(drop));
    let result = fed.and_then(|()| filler.finish());
    (small, result)
}

/// Wants to see everything.
struct All;

impl Watch for All {
    fn wants(&mut self, _: &str) -> bool {
        true
    }

    fn token(&mut self, _: &Token<'_>) {}
}

#[test]
fn what_is_lost_is_counted_alike_wherever_the_text_is_cut() {
    for value in [
        &br#""""#[..],
        br#""abcd\u00e9\ud83d\ude00\n\ud83dx""#,
        b"\"abcde\xE2\x82\"",
        b"\"abc\xE2\x82\xAC\xE2\x82\"",
        b"\"ab\xF0\x9F\x98x\xFF\xFE\"",
        b"\"\xE2\x82A\"",
        b"null",
        b"-1234.5678e9",
        br#"{ "name\n" : [ 1 , "a\u20ac" , true ] , "b" : { } }"#,
        br#"[ 12345 , 6 , [ "x" , { "y" : null } ] ]"#,
        b"[\"abcd\xE2\", \"\xC3\xA9\" ]",
    ] {
        let (small, _) = splits(&of_value(value), &[b" "], |chunks| fill_chunks(&mut (), chunks));
        assert_eq!(small.after, 7, "{small:?}");
        _ = splits(&of_value(value), &[], |chunks| fill_chunks(&mut All, chunks));
    }
}

#[test]
fn what_is_lost_of_a_string_counts_as_the_characters_that_it_stands_for() {
    let json = of_value(br#""abcd\u00e9\ud83d\ude00\n\ud83dx\u20ac.""#);
    let (small, result) = fill_chunks(&mut (), &[&json]);
    assert_eq!((result, &*small.text, small.text.lost()), (Ok(()), "abcd", 2 + 4 + 1 + 3 + 1 + 3 + 1));
    assert_eq!((small.none.lost(), small.content.as_text(), small.content.lost()), (19, Some("abcdé"), 13));
    assert_eq!((small.raw.as_str(), small.raw.lost()), ("\"abcdé", 4 + 1 + 3 + 1 + 3 + 1 + 1));
}

#[test]
fn what_is_lost_after_a_string_counts_as_it_stands_in_the_input() {
    let json = of_value(br#"["abcdef", {"a" : "\u00e9"}]"#);
    let (small, result) = fill_chunks(&mut (), &[&json]);
    assert_eq!(result.unwrap_err().to_string(), "JSON member `none` has a value of another type");
    let lost = [r#"f","#, r#"{"a" : "\u00e9"}]"#].concat().len();
    assert_eq!((small.raw.as_str(), small.raw.lost()), ("[\"abcde", lost));
}

proptest! {
    #[test]
    fn any_string_keeps_and_loses_the_same_in_any_chunks(
        pieces in prop::collection::vec(prop_oneof![
            "[a-zé€😀]{0,9}".prop_map(String::into_bytes),
            prop::sample::select(vec!["\\n", "\\\"", "\\u0041", "\\u20ac", "\\ud83d", "\\ude00", "\\u0001"])
                .prop_map(|escape| escape.as_bytes().to_vec()),
            prop::collection::vec(0x80_u8.., 0..3),
        ], 0..6),
        size in 1_usize..9,
        watched: bool,
    ) {
        let json = of_value(&[b"\"", &*pieces.concat(), b"\""].concat());
        let fill = |chunks: &[&[u8]]| {
            if watched { fill_chunks(&mut All, chunks) } else { fill_chunks(&mut (), chunks) }
        };
        let (whole, result) = fill(&[&json]);
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(&whole, &fill(&json.chunks(size).collect::<Vec<_>>()).0);
        if let Ok(text) = serde_json::from_slice::<serde_json::Value>(&json) {
            let text = text["text"].as_str().unwrap_or_default();
            prop_assert_eq!(whole.text.len() + whole.text.lost(), text.len());
            prop_assert_eq!(whole.none.lost(), text.len());
            prop_assert!(text.starts_with(&*whole.text));
        }
    }
}
