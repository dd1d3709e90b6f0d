//! The text of a JSON document in, its value out: RFC 8259 read by recursive descent, to 128 levels.
//!
//! What is not UTF-8 has become U+FFFD before, as in the EventSource standard; a lone surrogate does here.

use taskgroup_tests::items::Item;

/// How deep a document may be nested.
const DEPTH: usize = 128;

/// A value, with everything that the text says of it: numbers in their characters, members in their order.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// The value of a whole text; `None`: it is not JSON, or nested too deep.
#[must_use]
pub fn read(text: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(text);
    let mut reader = Reader { rest: &text };
    let value = reader.value(0)?;
    reader.blank();
    reader.rest.is_empty().then_some(value)
}

impl Value {
    /// The tokens that it is made of.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        let nested = |begin, inner: Vec<Item>, end| [vec![begin], inner, vec![end]].concat();
        match self {
            Self::Null => vec![Item::Null],
            Self::Bool(value) => vec![Item::Bool(*value)],
            Self::Number(text) => vec![Item::Number(text.clone())],
            Self::String(text) => vec![Item::String(text.clone())],
            Self::Array(elements) => {
                nested(Item::BeginArray, elements.iter().flat_map(Self::items).collect(), Item::EndArray)
            }
            Self::Object(members) => {
                let member =
                    |(name, value): &(String, Self)| [vec![Item::Name(name.clone())], value.items()].concat();
                nested(Item::BeginObject, members.iter().flat_map(member).collect(), Item::EndObject)
            }
        }
    }

    /// Its text without whitespace, and without an escape where none is needed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let quoted = |text: &str| serde_json::to_string(text).expect("a string is JSON");
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Number(text) => text.clone(),
            Self::String(text) => quoted(text),
            Self::Array(elements) => {
                format!("[{}]", elements.iter().map(Self::to_text).collect::<Vec<_>>().join(","))
            }
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| quoted(name) + ":" + &value.to_text();
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }

    /// The member at the end of a path of names; of several with a name the last counts.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        let Self::Object(members) = self else { return None };
        members.iter().rev().find(|(name, _)| name == first)?.1.at(rest)
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn takes(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn character(&mut self) -> Option<char> {
        let first = self.rest.chars().next()?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(first)
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.blank();
        match self.rest.as_bytes().first()? {
            b'{' | b'[' if depth == DEPTH => None,
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b'"' => self.string().map(Value::String),
            b'-' | b'0'..=b'9' => self.number(),
            _ if self.takes("null") => Some(Value::Null),
            _ if self.takes("true") => Some(Value::Bool(true)),
            _ if self.takes("false") => Some(Value::Bool(false)),
            _ => None,
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        let mut elements = Vec::new();
        self.character();
        self.blank();
        if self.takes("]") {
            return Some(Value::Array(elements));
        }
        loop {
            elements.push(self.value(depth)?);
            self.blank();
            match self.character()? {
                ',' => {}
                ']' => return Some(Value::Array(elements)),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut members = Vec::new();
        self.character();
        self.blank();
        if self.takes("}") {
            return Some(Value::Object(members));
        }
        loop {
            self.blank();
            let name = self.string()?;
            self.blank();
            if !self.takes(":") {
                return None;
            }
            members.push((name, self.value(depth)?));
            self.blank();
            match self.character()? {
                ',' => {}
                '}' => return Some(Value::Object(members)),
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        // UTF-16, because escapes are.
        let mut units = Vec::new();
        if !self.takes("\"") {
            return None;
        }
        loop {
            let character = match self.character()? {
                '"' => return Some(String::from_utf16_lossy(&units)),
                '\\' => match self.character()? {
                    same @ ('"' | '\\' | '/') => same,
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        let mut unit = 0;
                        for _ in 0..4 {
                            unit = unit << 4 | self.character()?.to_digit(16)?;
                        }
                        units.push(u16::try_from(unit).expect("four digits"));
                        continue;
                    }
                    _ => return None,
                },
                '\0'..='\u{1f}' => return None,
                other => other,
            };
            units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
        }
    }

    fn number(&mut self) -> Option<Value> {
        let text = self.rest;
        self.takes("-");
        if !self.takes("0") {
            self.digits()?;
        }
        if self.takes(".") {
            self.digits()?;
        }
        if self.takes("e") || self.takes("E") {
            let _ = self.takes("+") || self.takes("-");
            self.digits()?;
        }
        Some(Value::Number(text[..text.len() - self.rest.len()].into()))
    }

    fn digits(&mut self) -> Option<()> {
        let rest = self.rest.trim_start_matches(|character: char| character.is_ascii_digit());
        let some = rest.len() < self.rest.len();
        self.rest = rest;
        some.then_some(())
    }
}
