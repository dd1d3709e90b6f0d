use std::{string::String, vec::Vec};

use super::*;

struct Kept {
    bytes: Vec<u8>,
    room: usize,
}

impl Output for Kept {
    fn write(&mut self, bytes: &[u8]) -> bool {
        let fits = bytes.len().min(self.room);
        self.bytes.extend(&bytes[..fits]);
        self.room -= fits;
        fits == bytes.len()
    }
}

fn written(write: impl FnOnce(&mut Writer<'_>)) -> String {
    let mut kept = Kept { bytes: Vec::new(), room: usize::MAX };
    write(&mut Writer::new(&mut kept));
    String::from_utf8(kept.bytes).unwrap()
}

#[test]
fn commas_and_colons_stand_where_they_belong() {
    let text = written(|json| {
        json.begin_object().name("a").begin_array().end_array().name("b").begin_array();
        json.integer(-1).begin_object().end_object().null().end_array().name("c").bool(true).end_object();
    });
    assert_eq!(text, r#"{"a":[],"b":[-1,{},null],"c":true}"#);
}

#[test]
fn what_cannot_stand_in_a_string_is_escaped_and_nothing_else_is() {
    assert_eq!(
        written(|json| _ = json.string("\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}ü\u{10000}")),
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}ü\u{10000}\""
    );
    let text = written(|json| {
        json.begin_object()
            .name("\u{1}\"")
            .string_of(|json| _ = json.characters("a\\").characters("é"))
            .end_object();
    });
    assert_eq!(text, r#"{"\u0001\"":"a\\é"}"#);
}

#[test]
fn integers_are_written_to_their_ends() {
    for value in [0, 9, 10, -10, i64::MAX, i64::MIN] {
        assert_eq!(written(|json| _ = json.integer(value)), std::format!("{value}"));
    }
    assert_eq!(written(|json| _ = json.unsigned(u64::MAX)), std::format!("{}", u64::MAX));
}

#[test]
fn a_number_is_the_shortest_text_that_is_read_as_it() {
    for (value, text) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (3.1, "3.1"),
        (-100.0, "-100.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e16"),
        (1.5e300, "1.5e300"),
        (1e-5, "0.00001"),
        (1.25e-7, "1.25e-7"),
        (f64::MAX, "1.7976931348623157e308"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (5e-324, "5e-324"),
        (9007199254740993.0, "9007199254740992.0"),
    ] {
        assert_eq!(written(|json| _ = json.double(value)), text);
    }
    assert_eq!(written(|json| _ = json.single(3.1)), "3.1");
    assert_eq!(written(|json| _ = json.single(f32::MAX)), "3.4028235e38");
    assert_eq!(written(|json| _ = json.double(f64::NAN).single(f32::INFINITY)), "null,null");
}

#[test]
fn numbers_of_any_bits_come_back() {
    let mut bits = 0x1234_5678_9ABC_DEF0_u64;
    for _ in 0..2000 {
        // Vigna, "xorshift*" (2016).
        bits ^= bits >> 12;
        bits ^= bits << 25;
        bits ^= bits >> 27;
        let value = f64::from_bits(bits.wrapping_mul(0x2545_F491_4F6C_DD1D));
        if value.is_finite() {
            let text = written(|json| _ = json.double(value));
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
            assert!(text.len() <= std::format!("{value:e}").len() + 6, "{text} is not short");
        }
    }
}

#[test]
fn an_output_that_has_enough_is_not_asked_again() {
    let mut kept = Kept { bytes: Vec::new(), room: 4 };
    let mut json = Writer::new(&mut kept);
    json.begin_array().string("abcdef");
    assert!(json.is_enough());
    json.string("more").end_array();
    assert_eq!(kept.bytes, b"[\"ab");
}
