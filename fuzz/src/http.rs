//! All bytes of an answer in, what it says out: RFC 9112 read with `Vec` and `str`, to the core's limits.
//!
//! Limits of 4 KiB and more are not here: an input has no more.

use std::ops::ControlFlow::{self, Break, Continue};

/// The most interim answers.
const INTERIM: usize = 16;

/// The longest word that is looked at.
const WORD: usize = 24;

/// The longest `Location`.
const LOCATION: usize = 128;

/// The result of an answer whose connection ended in order.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Answer {
    pub head: Option<Head>,
    pub body: Vec<u8>,
    pub end: End,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum End {
    /// The body is whole after this many bytes of input; 0: it ends with the connection.
    Whole(usize),
    /// There is more to come, or it is wrong, but that shows only later.
    #[default]
    Cut,
    /// It breaks the protocol, or a limit.
    Wrong,
}

/// What a head says.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Head {
    pub status: u16,
    pub framing: Framing,
    pub event_stream: bool,
    pub json: bool,
    pub identity: bool,
}

/// How the body's end is known.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// The lines of a head: its status, its fields by name in lower case and value on one line, and where it
/// ends.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Lines {
    pub status: u16,
    pub fields: Vec<(String, Vec<u8>)>,
    pub end: usize,
}

/// A value, unless the answer has ended before.
type Found<T> = ControlFlow<End, T>;

/// Reads an answer.
#[must_use]
pub fn read(input: &[u8]) -> Answer {
    let mut answer = Answer::default();
    answer.end = match into(input, &mut answer) {
        Continue(end) | Break(end) => end,
    };
    answer
}

fn into(input: &[u8], answer: &mut Answer) -> Found<End> {
    let mut at = 0;
    for _ in 0..=INTERIM {
        let lines = lines(input, at)?;
        at = lines.end;
        if !matches!(lines.status, 100 | 102..=199) {
            let head = head(&lines)?;
            let framing = head.framing;
            answer.head = Some(head);
            return body(input, at, framing, &mut answer.body);
        }
    }
    Break(End::Wrong)
}

/// Reads the lines of the head that begins there.
///
/// # Errors
///
/// How the answer ends, if it does so in them.
pub fn lines(input: &[u8], at: usize) -> Found<Lines> {
    let (line, mut at) = line(input, at)?;
    let text: String = line.iter().map(|byte| char::from(*byte)).collect();
    let rest = text.strip_prefix("HTTP/1.").unwrap_or_default();
    let Some((version, rest)) = rest.split_once(' ') else { return Break(End::Wrong) };
    let status = rest.split(' ').next().unwrap_or_default();
    let is_number =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(version, 1) || !is_number(status, 3) || status.starts_with('0') {
        return Break(End::Wrong);
    }
    let fields = fields(input, &mut at)?;
    Continue(Lines { status: status.parse().expect("three digits"), fields, end: at })
}

/// A line without its end, and where the next one begins.
fn line(input: &[u8], at: usize) -> Found<(&[u8], usize)> {
    let rest = &input[at..];
    let Some(length) = rest.iter().position(|byte| *byte == b'\n') else { return Break(End::Cut) };
    let line = &rest[..length];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.contains(&b'\r') { Break(End::Wrong) } else { Continue((line, at + length + 1)) }
}

/// Fields to the blank line. A line that begins with whitespace continues the value before it.
fn fields(input: &[u8], at: &mut usize) -> Found<Vec<(String, Vec<u8>)>> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    loop {
        let (line, next) = line(input, *at)?;
        *at = next;
        if line.is_empty() {
            return Continue(fields);
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let Some((_, value)) = fields.last_mut() {
                value.extend_from_slice(line);
            }
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return Break(End::Wrong) };
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let name = &line[..colon];
        if name.is_empty() || !name.iter().all(is_token) {
            return Break(End::Wrong);
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        fields.push((name, line[colon + 1..].to_vec()));
    }
}

fn head(lines: &Lines) -> Found<Head> {
    let mut framing = Framing::UntilClose;
    let mut codings = Vec::new();
    let (mut identity, mut media_type) = (true, String::new());
    for (name, value) in &lines.fields {
        match name.as_str() {
            "content-length" => {
                for element in elements(value) {
                    let is_number = !element.is_empty() && element.bytes().all(|byte| byte.is_ascii_digit());
                    let (true, true, Ok(length)) = (is_number, element.len() <= WORD, element.parse()) else {
                        return Break(End::Wrong);
                    };
                    match framing {
                        Framing::Length(other) if other != length => return Break(End::Wrong),
                        Framing::Chunked => {}
                        _ => framing = Framing::Length(length),
                    }
                }
            }
            "transfer-encoding" => {
                framing = Framing::Chunked;
                codings.extend(elements(value).into_iter().filter(|element| !element.is_empty()));
            }
            "content-encoding" => {
                identity &= elements(value).iter().all(|element| element.is_empty() || element == "identity");
            }
            "content-type" => {
                let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
                media_type = word(&value[..end]);
            }
            "location" if (300..400).contains(&lines.status) => {
                let begun = value.iter().skip_while(|byte| matches!(byte, b' ' | b'\t'));
                if begun.take_while(|byte| byte.is_ascii_graphic()).count() > LOCATION {
                    return Break(End::Wrong);
                }
            }
            _ => {}
        }
    }
    if framing == Framing::Chunked && codings != ["chunked"] {
        return Break(End::Wrong);
    }
    if matches!(lines.status, 101 | 204 | 304) {
        framing = Framing::Length(0);
    }
    Continue(Head {
        status: lines.status,
        framing,
        event_stream: media_type == "text/event-stream",
        json: media_type == "application/json" || media_type.ends_with("+json"),
        identity,
    })
}

fn elements(value: &[u8]) -> Vec<String> {
    value.split(|byte| *byte == b',').map(word).collect()
}

/// In lower case, with one space where there is whitespace, and none at its ends.
fn word(bytes: &[u8]) -> String {
    let words = bytes.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    let word = |word: &[u8]| word.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    words.map(word).collect::<Vec<String>>().join(" ")
}

fn body(input: &[u8], at: usize, framing: Framing, body: &mut Vec<u8>) -> Found<End> {
    match framing {
        Framing::UntilClose => {
            body.extend_from_slice(&input[at..]);
            Continue(End::Whole(0))
        }
        Framing::Length(length) => data(input, at, length, body).map_continue(End::Whole),
        Framing::Chunked => chunks(input, at, body),
    }
}

/// This many bytes of the body, and where they end.
fn data(input: &[u8], at: usize, length: u64, body: &mut Vec<u8>) -> Found<usize> {
    let rest = &input[at..];
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    body.extend_from_slice(&rest[..rest.len().min(length)]);
    if rest.len() < length { Break(End::Cut) } else { Continue(at + length) }
}

fn chunks(input: &[u8], mut at: usize, body: &mut Vec<u8>) -> Found<End> {
    loop {
        let (size, next) = line(input, at)?;
        // Only a CR and an LF end a line amid the chunks.
        if !input[..next].ends_with(b"\r\n") {
            return Break(End::Wrong);
        }
        let end = size.iter().position(|byte| *byte == b';').unwrap_or(size.len());
        let digits: String = size[..end].iter().map(|byte| char::from(*byte)).collect();
        let digits = digits.trim_end_matches([' ', '\t']);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Break(End::Wrong);
        }
        let digits = digits.trim_start_matches('0');
        if digits.len() > 16 {
            return Break(End::Wrong);
        }
        let size = u64::from_str_radix(digits, 16).unwrap_or(0);
        at = next;
        if size == 0 {
            fields(input, &mut at)?;
            return Continue(End::Whole(at));
        }
        at = data(input, at, size, body)?;
        let rest = &input[at..];
        match rest {
            [b'\r', b'\n', ..] => at += 2,
            [] | [b'\r'] => return Break(End::Cut),
            _ => return Break(End::Wrong),
        }
    }
}
