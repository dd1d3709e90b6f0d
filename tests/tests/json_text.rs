//! JSON texts, right and wrong, through the tokenizer and through skipping, in every chunking: tables by
//! the sections of RFC 8259, then random texts and mutations of them, with serde_json as the oracle.

use proptest::{collection::vec, prelude::*, sample::select};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use taskgroup::json::{DEPTH, Error, Filler, Tokenizer};
use taskgroup::record;
use taskgroup_tests::{
    items::{Item, tokens},
    splits,
};

record! {
    struct Nothing {}
}

/// The same text for a record that wants nothing of it: all is skipped.
fn skip(chunks: &[&[u8]]) -> Result<(), Error> {
    let mut filler = Filler::new();
    for mut chunk in chunks.iter().copied() {
        filler.feed(&mut Nothing {}, &mut (), &mut chunk)?;
    }
    match filler.finish() {
        Err(Error::Mismatch(name)) if name.is_empty() => Ok(()),
        result => result,
    }
}

fn value(items: &mut impl Iterator<Item = Item>) -> Value {
    match items.next().expect("a text has a value") {
        Item::BeginObject => {
            let mut members = Map::new();
            while let Some(Item::Name(name)) = items.next() {
                members.insert(name, value(items));
            }
            Value::Object(members)
        }
        Item::BeginArray => {
            let mut elements = Vec::new();
            let mut items = items.peekable();
            while items.next_if(|item| *item == Item::EndArray).is_none() {
                elements.push(value(&mut (&mut items as &mut dyn Iterator<Item = Item>)));
            }
            Value::Array(elements)
        }
        Item::String(text) => Value::String(text),
        Item::Number(text) => serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text)),
        Item::Bool(value) => Value::Bool(value),
        Item::Null => Value::Null,
        end => panic!("{end:?} is no value"),
    }
}

#[test]
fn texts_that_are_right_give_the_values_of_serde_json() {
    for text in [
        // 2: structure and whitespace
        "null",
        " \t\r\n[ \n1\t,\r2 ] ",
        "{ \"a\" : 1 , \"b\" : [ ] }",
        // 3: literals
        "true",
        "false",
        "[true,false,null]",
        // 4: objects, names repeated and empty
        "{}",
        r#"{"":0}"#,
        r#"{"a":1,"a":{"b":[]},"a":[{"a":"a"}]}"#,
        r#"{"\u0061\n":"name with escapes"}"#,
        // 5: arrays
        "[]",
        "[[],[[]],[[],[]]]",
        r#"[1,"a",{},null]"#,
        // 6: numbers
        "0",
        "-0",
        "7",
        "-12",
        "[0,-0,10,0.5,1e5,1E+05,2e-0,-1.25E-3,123456789012345678901234567890]",
        "0.0000000000000000000000000000000000000000000000000000000000001",
        // 7: strings
        r#""""#,
        r#""plain""#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u0000\u001f\u0020\u007f\u00e9\u20ac\uffff""#,
        r#""\ud83d\ude00""#,
        r#""a\uD834\udd1Eb""#,
        "\"\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\"",
        r#"["Größe von Zürich?","€ 2.8tn","日本","😀😀"]"#,
    ] {
        let result = splits(text.as_bytes(), &[b" ", b"\n\t"], tokens).expect(text);
        assert_eq!(value(&mut result.into_iter()), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        assert_eq!(splits(text.as_bytes(), &[b" "], skip), Ok(()), "{text}");
    }
}

#[test]
fn texts_that_are_wrong_are_refused_wherever_they_are_cut_and_skipped_or_not() {
    for (error, texts) in [
        (
            Error::Unexpected,
            &[
                "]",
                "}",
                ",",
                ":",
                "[,1]",
                "[1,]",
                "[1,,2]",
                "[1 2]",
                "[1:2]",
                "[}",
                "{]",
                "[1}",
                "{\"a\":1]",
                "{,}",
                "{\"a\":1,}",
                "{\"a\"}",
                "{\"a\",1}",
                "{\"a\" 1}",
                "{1:1}",
                "{a:1}",
                "{null:1}",
                "{\"a\"::1}",
                "{\"a\":}",
                "[tru]",
                "nul ",
                "TRUE",
                "truE",
                "[nulL]",
                "'a'",
                "+1",
                ".5",
                "[Infinity]",
                "NaN",
                "/**/1",
                "#",
                "\u{a0}1",
                "[\u{c}1]",
                "\u{feff}[]",
                "[1\u{0}]",
                "\\u0031",
            ][..],
        ),
        (
            Error::Number,
            &["[01]", "-00", "[0123.5]", "[-]", "[-a]", "[1.]", "[1.e5]", "[1e]", "[1e+]", "[1ea]", "[-.5]"],
        ),
        (
            Error::Escape,
            &[
                r#""\a""#,
                r#""\U0041""#,
                r#""\'""#,
                r#""\x41""#,
                r#""\u00g0""#,
                r#""\u 041""#,
                r#""\u00""#,
                r#""\ud800\ux""#,
                r#"{"\q":1}"#,
            ],
        ),
        (
            Error::Control,
            &[
                "\"\n\"",
                "\"a\tb\"",
                "\"\0\"",
                "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x1f\"",
                "{\"a\nb\":1}",
            ],
        ),
    ] {
        for text in texts {
            let got = splits(text.as_bytes(), &[], tokens);
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
            assert_eq!(got, Err(error), "{text}");
            assert!(splits(text.as_bytes(), &[], skip).is_err(), "{text}");
        }
    }
}

#[test]
fn only_whitespace_may_follow_a_text() {
    for text in
        ["{} x", "[]]", "null null", "\"a\"\"b\"", "{}{}", "[1],", "true1", "0 0", "1-", "0x", "1a", "[]\0"]
    {
        let result = splits(text.as_bytes(), &[], tokens);
        assert!(matches!(result, Err(Error::Trailing)), "{text}: {result:?}");
    }
}

#[test]
fn a_text_that_is_cut_is_incomplete_at_every_byte() {
    let text = r#" {"a":[1.5e3,"\ud83d\ude00€",true,{"b":null}],"c":"d"}"#;
    for end in 0..text.len() {
        let cut = &text.as_bytes()[..end];
        assert_eq!(splits(cut, &[], tokens), Err(Error::Incomplete), "{end}");
    }
    for text in ["", " ", "-", "1.", "1e", "1e-", "t", "nul", "\"", "[", "{", "[1", "{\"a\":1"] {
        assert_eq!(splits(text.as_bytes(), &[], tokens), Err(Error::Incomplete), "{text}");
    }
}

#[test]
fn a_lone_surrogate_becomes_one_replacement_character() {
    for (text, expected) in [
        (r#""\ud800""#, "\u{fffd}"),
        (r#""\udc00x""#, "\u{fffd}x"),
        (r#""\ud800x""#, "\u{fffd}x"),
        (r#""\ud800\n""#, "\u{fffd}\n"),
        (r#""\ud800\u0041""#, "\u{fffd}A"),
        (r#""\ud800\ud800\udc00""#, "\u{fffd}\u{10000}"),
        (r#""\ud800\ud801\ud802""#, "\u{fffd}\u{fffd}\u{fffd}"),
        (r#""\udc00\ud800\u20ac""#, "\u{fffd}\u{fffd}€"),
        (r#""\uDBFF\uDFFF""#, "\u{10ffff}"),
    ] {
        let items = splits(text.as_bytes(), &[], tokens);
        assert_eq!(items, Ok(vec![Item::String(expected.into())]), "{text}");
    }
}

#[test]
fn what_is_not_utf_8_becomes_what_the_encoding_standard_says() {
    for bytes in [
        &b"\xFF"[..],
        b"a\x80b",
        b"\xC3",
        b"\xC3\xA9\xC3",
        b"\xE2\x82\xE2\x82\xAC",
        b"\xE2\x82\\n",
        b"\xF0\x9F\x98",
        b"\xF0\x9F\x98\xF0\x9F\x98\x80",
        b"\xF0\x80\x80\x80",
        b"\xED\xA0\x80\xED\xB0\x80",
        b"\xC0\xAF\xF5\xF8\x88",
        b"\xF4\x90\x80\x80\xF4\x8F\xBF\xBF",
        b"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41",
    ] {
        let text = [b"{\"", bytes, b"\":\"x", bytes, b"\"}"].concat();
        let lossy = String::from_utf8_lossy(&text).into_owned();
        let expected: Value = serde_json::from_str(&lossy).unwrap();
        let items = splits(&text, &[], tokens).unwrap();
        assert_eq!(value(&mut items.into_iter()), expected, "{bytes:x?}");
        assert_eq!(splits(&text, &[], skip), Ok(()), "{bytes:x?}");
        let outside = [b"[", bytes, b"]"].concat();
        assert_eq!(splits(&outside, &[], tokens), Err(Error::Unexpected), "{bytes:x?}");
    }
}

#[test]
fn nesting_is_right_to_128_levels_and_an_error_of_its_own_beyond() {
    let nested = |levels: usize| {
        let half = levels / 2;
        let text = "[{\"a\":".repeat(half) + &"[".repeat(levels % 2) + &"]".repeat(levels % 2);
        let text = if levels.is_multiple_of(2) { text + "0" } else { text };
        text + &"}]".repeat(half)
    };
    for read in [|chunks: &[&[u8]]| tokens(chunks).map(drop), skip] {
        assert_eq!(read(&[nested(DEPTH).as_bytes()]), Ok(()));
        assert_eq!(read(&[nested(DEPTH + 1).as_bytes()]), Err(Error::Depth));
    }
    assert_eq!(tokens(&[&b"[".repeat(1_000_000)[..]]), Err(Error::Depth));
}

#[test]
fn a_wrong_text_stays_wrong_whatever_is_fed_later() {
    let mut tokenizer = Tokenizer::new();
    assert_eq!(tokenizer.feed(&mut &b"}"[..]), Err(Error::Unexpected));
    assert_eq!(tokenizer.feed(&mut &b"{}"[..]), Err(Error::Unexpected));
    assert_eq!(tokenizer.finish(), Err(Error::Incomplete));
}

#[test]
fn garbage_and_escapes_without_end_are_read_in_linear_steps() {
    // Two megabytes take minutes when every piece is searched for the string's end.
    for unit in [&b"\xFF"[..], b"a\xFF", b"\xE2\x82", b"\\u00e9", b"\\ud800", b"\\n", b"ab\\\\"] {
        let text = [b"\"", &unit.repeat(2_000_000 / unit.len())[..], b"\""].concat();
        let items = tokens(&[&text]).unwrap();
        let Item::String(whole) = &items[0] else { panic!("{items:?}") };
        assert!(whole.chars().count() >= 2_000_000 / unit.len());
    }
}

const NAMES: [&str; 6] = ["", "a", "event_id", "naïve", "日本", "a\"b\\\n"];

fn json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has none", |number| number.is_finite()).prop_map(Value::from),
        (-1000..1000_i32).prop_map(Value::from),
    ];
    let text = prop_oneof![".{0,12}", "[ -~]{0,80}", "[\u{0}-\u{20}\"\\\\€😀]{0,6}"].prop_map(Value::from);
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, text];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let name = prop_oneof![select(&NAMES[..]).prop_map(String::from), ".{0,6}"];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name, inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What a mutation puts into a text: the bytes that the grammar cares about, and some that it must refuse.
const BYTES: &[u8] = b"{}[],:\"\"\\\\u0123456789abdeftrnlsDd.-+eE \t\n\r\0\x1f\x7f\x80\xC3\xE2\xF0\xFF";

/// A small generator, so that one case of proptest can try many mutations.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }

    fn mutate(&mut self, text: &mut Vec<u8>) {
        let at = self.below(text.len() + 1);
        let byte = BYTES[self.below(BYTES.len())];
        match self.below(7) {
            0 => text.truncate(at),
            1 => text.insert(at, byte),
            2 if at < text.len() => text[at] = byte,
            3 if at < text.len() => _ = text.remove(at),
            4 if at + 1 < text.len() => text.swap(at, at + 1),
            5 => {
                let escape =
                    [&b"\\u00e9"[..], b"\\ud83d", b"\\ude00", b"\\/", b" ", b"\xE2\x82"][self.below(6)];
                _ = text.splice(at..at, escape.iter().copied());
            }
            _ => {
                let end = (at + self.below(8)).min(text.len());
                let piece = text[at..end].to_vec();
                let to = self.below(text.len() + 1);
                _ = text.splice(to..to, piece);
            }
        }
    }

    fn cut<'t>(&mut self, mut text: &'t [u8]) -> Vec<&'t [u8]> {
        let longest = [1, 2, 7, 40, 1000][self.below(5)];
        let mut chunks = Vec::new();
        while !text.is_empty() {
            let (chunk, rest) = text.split_at((1 + self.below(longest)).min(text.len()));
            chunks.push(chunk);
            text = rest;
        }
        chunks
    }
}

/// Whether serde_json refuses it for a reason that is none of the grammar: a surrogate that is alone
/// (which it keeps from a `String`, and we replace) or a number beyond `f64`.
fn is_beyond_serde_json(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    ["surrogate", "hex escape", "out of range"].iter().any(|reason| message.contains(reason))
}

fn agrees_with_serde_json(text: &[u8], random: &mut Random) {
    let lossy = String::from_utf8_lossy(text);
    let is_right = serde_json::from_str::<IgnoredAny>(&lossy).is_ok();
    let got = tokens(&random.cut(text));
    assert_eq!(got.is_ok(), is_right, "{lossy}: {got:?}");
    assert_eq!(skip(&random.cut(text)).is_ok(), is_right, "{lossy}");
    let Ok(items) = got else { return };
    assert_eq!(tokens(&[text]).as_ref(), Ok(&items), "{lossy}");
    match serde_json::from_str::<Value>(&lossy) {
        Ok(expected) => assert_eq!(value(&mut items.into_iter()), expected, "{lossy}"),
        Err(error) => assert!(is_beyond_serde_json(&error), "{lossy}: {error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// 150,000 texts.
    #[test]
    fn random_texts_and_mutations_are_right_or_wrong_as_for_serde_json(
        document in json(), is_pretty: bool, seed in 1_u64..,
    ) {
        let write = if is_pretty { serde_json::to_vec_pretty } else { serde_json::to_vec };
        let text = write(&document).unwrap();
        let mut random = Random(seed);
        agrees_with_serde_json(&text, &mut random);
        for _ in 0..50 {
            let mut mutated = text.clone();
            for _ in 0..3 {
                random.mutate(&mut mutated);
                agrees_with_serde_json(&mutated, &mut random);
            }
        }
    }
}
