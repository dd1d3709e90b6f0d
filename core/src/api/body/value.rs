//! Metadata and other small values in, their JSON out.

use crate::{
    json::{NoJson, ToJson, Token, Tokenizer, Writer},
    session::Draft,
};

/// The most characters of a key of metadata, and of its value.
const KEY: usize = 16;
const VALUE: usize = 512;

/// A limit of the service, or another rule for bodies, which is checked before anything is sent.
///
/// Breaking it ends a session with [`Misuse::Body`](crate::session::Misuse::Body), which has [this
/// text](Self::as_str).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Limit {
    /// 1,000 inputs in one request.
    Inputs,
    /// 16 characters of a key of metadata.
    MetadataKey,
    /// 512 characters of a value of metadata.
    MetadataValue,
    /// 200 domains in a source policy, counting those to include and those to exclude.
    Domains,
    /// 25,000 characters of a run's input and schemas together.
    Characters,
    /// An input that is given as JSON is an object or a string; a whole one is an object.
    Input,
    /// A schema that is given as JSON is an object; that of an input is not left to the service.
    Schema,
    /// A whole input that is given as JSON has no metadata if you set some in addition.
    Metadata,
}

impl Limit {
    /// What is wrong, in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inputs => "more than 1,000 inputs in one request",
            Self::MetadataKey => "a key of metadata has more than 16 characters",
            Self::MetadataValue => "a value of metadata has more than 512 characters",
            Self::Domains => "more than 200 domains in a source policy",
            Self::Characters => "the input and schemas of a run have more than 25,000 characters",
            Self::Input => "an input is not the JSON text of an object or a string",
            Self::Metadata => {
                "an input that is given as JSON has metadata, which must be given apart from it"
            }
            Self::Schema => "a schema is not the JSON text of an object, or that of an input is auto",
        }
    }
}

impl core::fmt::Display for Limit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for Limit {}

/// A value of metadata.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// At most 512 characters.
    Text(&'a str),
    /// An integer.
    Integer(i64),
    /// Any other number.
    Number(Number),
    /// `true` or `false`
    Bool(bool),
}

/// A finite number.
#[derive(Clone, Copy)]
pub struct Number {
    value: f64,
    /// A function pointer, so that a program without such numbers does not contain the code for them.
    write: for<'w, 'o> fn(f64, &'w mut Writer<'o>),
}

impl Number {
    /// A number; `None` for infinity and NaN, which JSON does not have.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self { value, write: |value, json| _ = json.double(value) })
    }

    /// As it was given.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.value
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl core::fmt::Debug for Number {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.value.fmt(f)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Number> for Value<'_> {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl ToJson for Value<'_> {
    fn to_json(&self, json: &mut Writer<'_>) -> Result<(), NoJson> {
        match *self {
            Self::Text(text) => json.string(text),
            Self::Integer(value) => json.integer(value),
            Self::Number(Number { value, write }) => {
                write(value, json);
                json
            }
            Self::Bool(value) => json.bool(value),
        };
        Ok(())
    }
}

/// Names and values, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pairs<'a, V>(pub(super) &'a [(&'a str, V)]);

/// Writes the member `metadata`, if there is any, with one more of them.
pub(super) fn metadata(
    metadata: Option<&Pairs<'_, Value<'_>>>,
    more: Option<(&str, u32)>,
    out: &mut Draft<'_>,
) {
    if metadata.is_some() || more.is_some() {
        out.json().name("metadata").begin_object();
        for (key, value) in metadata.map_or(&[][..], |pairs| pairs.0) {
            let is_long = matches!(value, Value::Text(text) if is_longer(text, VALUE));
            check(out, !is_longer(key, KEY), Limit::MetadataKey);
            check(out, !is_long, Limit::MetadataValue);
            // Each of its values has a JSON form.
            _ = value.to_json(out.json().name(key));
        }
        if let Some((key, value)) = more {
            out.json().name(key).unsigned(value.into());
        }
        out.json().end_object();
    }
}

impl Pairs<'_, &str> {
    pub(super) fn write(&self, name: &str, json: &mut Writer<'_>) {
        json.name(name).begin_object();
        for (name, value) in self.0 {
            json.name(name).string(value);
        }
        json.end_object();
    }
}

/// Writes a member that is a list of strings, if there is one.
pub(super) fn strings(name: &str, strings: Option<&[&str]>, json: &mut Writer<'_>) {
    let Some(strings) = strings else { return };
    json.name(name).begin_array();
    for string in strings {
        json.string(string);
    }
    json.end_array();
}

/// Writes a member that is a string, if there is one.
pub(super) fn text(name: &str, text: Option<&str>, json: &mut Writer<'_>) {
    if let Some(text) = text {
        json.name(name).string(text);
    }
}

/// Refuses the body if it is beyond a limit.
pub(super) fn check(out: &mut Draft<'_>, is_within: bool, limit: Limit) {
    if !is_within {
        out.refuse(limit.as_str());
    }
}

/// Whether the text has more than this many characters.
pub(super) fn is_longer(text: &str, characters: usize) -> bool {
    // No character has fewer than one byte.
    text.len() > characters && text.chars().count() > characters
}

/// What a JSON text is that was given as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    String,
}

/// Whether it is a JSON text, and of which kind; `None` for all others.
pub(super) fn kind(text: &str) -> Option<Kind> {
    let (mut tokens, mut input) = (Tokenizer::new(), text.as_bytes());
    let mut kind = None;
    while let Some(token) = tokens.feed(&mut input).ok()? {
        kind = kind.or(match token {
            Token::BeginObject => Some(Some(Kind::Object)),
            Token::String { .. } => Some(Some(Kind::String)),
            _ => Some(None),
        });
    }
    tokens.finish().ok()?;
    kind.flatten()
}

/// Whether the JSON text of an object has a member of this name.
pub(super) fn has_member(text: &str, member: &str) -> bool {
    let (mut tokens, mut input) = (Tokenizer::new(), text.as_bytes());
    let mut depth = 0_u32;
    while let Ok(Some(token)) = tokens.feed(&mut input) {
        match token {
            Token::BeginObject | Token::BeginArray => depth = depth.saturating_add(1),
            Token::EndObject | Token::EndArray => depth = depth.saturating_sub(1),
            // A name with escapes comes in pieces: it is treated as the one that is looked for, and refused.
            Token::Name { piece, last } if depth == 1 && (piece == member || !last) => return true,
            _ => {}
        }
    }
    false
}

#[cfg(feature = "serde")]
mod serialized {
    use serde::{Serialize, Serializer};

    use super::{Pairs, Value};

    impl Serialize for Value<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match *self {
                Self::Text(text) => serializer.serialize_str(text),
                Self::Integer(value) => serializer.serialize_i64(value),
                Self::Number(number) => serializer.serialize_f64(number.value),
                Self::Bool(value) => serializer.serialize_bool(value),
            }
        }
    }

    impl<V: Serialize> Serialize for Pairs<'_, V> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }
}
