//! Fields of this module in, the same JSON out, through any `Serializer`.
//!
//! # Limits
//!
//! A `Serializer` does not take the characters of a number. A number in a [`Raw`] is written as `u64`, `i64`
//! or `f64`, or as a string if it is none of these or has more than [`SHORT`] characters.

use core::{cell::Cell, fmt, iter};

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::{
    field::{Content, List, Pieces, Raw, Skip},
    limits::SHORT,
    number::{DOUBLE, float, integer},
    scan::unescaped,
};

impl<const N: usize> Serialize for Raw<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_empty() {
            return serializer.serialize_none();
        }
        if self.lost() > 0 {
            return serializer.serialize_str(self.as_str());
        }
        Value(&Cell::new(self.as_str())).serialize(serializer)
    }
}

impl<const N: usize> Serialize for Content<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_text() {
            Some(text) => serializer.serialize_str(text),
            None => self.kept().serialize(serializer),
        }
    }
}

impl<T: Serialize, const N: usize> Serialize for List<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

impl Serialize for Skip {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl<F> Serialize for Pieces<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// A JSON text, known to be one, to be written as the value that it is.
pub(crate) struct JsonText<'t>(pub(crate) &'t str);

impl Serialize for JsonText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value(&Cell::new(self.0)).serialize(serializer)
    }
}

impl JsonText<'_> {
    /// Writes the members of the object that it is to another.
    pub(crate) fn serialize_members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let value = Value(&Cell::new(self.0));
        value.next();
        value.take(1);
        value.members(map)
    }
}

/// The value at the front of a JSON text. Serializing takes it off.
struct Value<'c, 't>(&'c Cell<&'t str>);

impl<'t> Value<'_, 't> {
    /// What comes next, after any whitespace.
    fn next(&self) -> Option<u8> {
        self.0.set(self.0.get().trim_ascii_start());
        self.0.get().bytes().next()
    }

    fn take(&self, length: usize) -> &'t str {
        let (taken, rest) = self.0.get().split_at_checked(length).unwrap_or_default();
        self.0.set(rest);
        taken
    }

    /// Takes the next string, without its quotation marks.
    fn take_string(&self) -> Quoted<'t> {
        self.next();
        self.take(1);
        let text = self.0.get();
        let mut length = 0_usize;
        loop {
            let rest = text.as_bytes().get(length..).unwrap_or_default();
            length = length.wrapping_add(unescaped(rest));
            if text.as_bytes().get(length) != Some(&b'\\') {
                break;
            }
            length = length.wrapping_add(2);
        }
        let string = self.take(length);
        self.take(1);
        Quoted(string)
    }

    /// Takes the members of an object that has begun, and its end.
    fn members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        while self.take_comma() {
            map.serialize_key(&self.take_string())?;
            self.next();
            self.take(1);
            map.serialize_value(self)?;
        }
        Ok(())
    }

    /// Takes the comma before the next element. False: there are no more.
    fn take_comma(&self) -> bool {
        match self.next() {
            Some(b'}' | b']') | None => {
                self.take(1);
                false
            }
            Some(b',') => {
                self.take(1);
                true
            }
            Some(_) => true,
        }
    }
}

impl Serialize for Value<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.next() {
            Some(b'{') => {
                self.take(1);
                let mut map = serializer.serialize_map(None)?;
                self.members(&mut map)?;
                map.end()
            }
            Some(b'[') => {
                self.take(1);
                let mut seq = serializer.serialize_seq(None)?;
                while self.take_comma() {
                    seq.serialize_element(self)?;
                }
                seq.end()
            }
            Some(b'"') => self.take_string().serialize(serializer),
            _ => {
                let rest = self.0.get();
                let end = rest
                    .bytes()
                    .position(|byte| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace());
                match self.take(end.unwrap_or(rest.len())) {
                    "null" => serializer.serialize_none(),
                    "true" => serializer.serialize_bool(true),
                    "false" => serializer.serialize_bool(false),
                    number => serialize_number(number, serializer),
                }
            }
        }
    }
}

fn serialize_number<S: Serializer>(number: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let is_plain = number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    match integer(number) {
        Ok((false, magnitude)) if is_plain => return serializer.serialize_u64(magnitude),
        Ok((true, magnitude @ 1..)) if is_plain => {
            if let Some(value) = 0_i64.checked_sub_unsigned(magnitude) {
                return serializer.serialize_i64(value);
            }
        }
        _ => {}
    }
    match float(number, &DOUBLE) {
        Ok(bits) if number.len() <= SHORT => serializer.serialize_f64(f64::from_bits(bits)),
        _ => serializer.serialize_str(number),
    }
}

/// A string as in the JSON text.
struct Quoted<'t>(&'t str);

impl Serialize for Quoted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if unescaped(self.0.as_bytes()) == self.0.len() {
            serializer.serialize_str(self.0)
        } else {
            serializer.collect_str(self)
        }
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        let unit = |characters: &mut core::str::Chars<'_>| {
            let digits = characters.by_ref().take(4).filter_map(|digit| digit.to_digit(16));
            digits.fold(0, |code, digit| code << 4 | digit)
        };
        let unquoted = iter::from_fn(|| match characters.next()? {
            '\\' => Some(match characters.next()? {
                'b' => '\u{8}',
                'f' => '\u{C}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let mut code = unit(&mut characters);
                    // Two of UTF-16 are one character; one without the other is none.
                    let mut after = characters.clone();
                    if code & 0xFC00 == 0xD800 && after.next() == Some('\\') && after.next() == Some('u') {
                        let low = unit(&mut after);
                        if low & 0xFC00 == 0xDC00 {
                            code = ((code & 0x3FF) << 10 | low & 0x3FF).wrapping_add(0x1_0000);
                            characters = after;
                        }
                    }
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                same => same,
            }),
            same => Some(same),
        });
        unquoted.into_iter().try_for_each(|character| fmt::Write::write_char(f, character))
    }
}
