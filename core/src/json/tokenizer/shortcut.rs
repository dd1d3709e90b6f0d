//! Takes names and values at once if they are whole in the input.
//!
//! These are short cuts through the grammar: anything that they decline, because the end of the input cuts it
//! or it is invalid, goes through the tokenizer's step.
//!
//! # Limits
//!
//! A taken text has no escapes in it and no whitespace before it; a skipped one may.

use core::str;

use super::{
    Tokenizer,
    escape::{At, pair, short_escape},
    grammar::State,
};
use crate::json::{
    scan::{Class, unescaped},
    utf8::Known,
};

impl Tokenizer {
    /// Takes this name and the colon after it, if they come next in the object, written like this.
    #[inline]
    pub(in crate::json) fn take_name(&mut self, name: &str, input: &mut &[u8]) -> bool {
        let rest = self.after_quotation_mark(input).and_then(|rest| after_this(rest, name.as_bytes()));
        let Some(rest) = rest else { return false };
        *input = rest;
        self.state = State::Value;
        true
    }

    /// Takes a name and the colon after it.
    #[inline]
    pub(in crate::json) fn take_any_name<'i>(
        &mut self,
        input: &mut &'i [u8],
        known: &mut Known<'i>,
    ) -> Option<&'i str> {
        let from = self.after_quotation_mark(input)?;
        let (bytes, rest) = name(from)?;
        let name = known.text(from, bytes.len()).ok()?;
        *input = rest;
        self.state = State::Value;
        Some(name)
    }

    /// In an object, the input after the quotation mark of the next name.
    #[inline]
    fn after_quotation_mark<'i>(&self, input: &'i [u8]) -> Option<&'i [u8]> {
        match self.state {
            State::FirstName => match input {
                [b'"', rest @ ..] => Some(rest),
                _ => None,
            },
            State::Next => match input {
                [b',', b'"', rest @ ..] => Some(rest),
                _ => None,
            },
            _ => None,
        }
    }

    /// Takes a string, or the part of one before the next escape. Returns the beginning of it that is kept
    /// with this much room, or more; the number of bytes after that; and whether the string has ended.
    #[inline]
    pub(in crate::json) fn take_piece<'i>(
        &mut self,
        room: usize,
        input: &mut &'i [u8],
        known: &mut Known<'i>,
    ) -> Option<(&'i str, usize, bool)> {
        let from = match self.state {
            State::Value | State::FirstValue => input.strip_prefix(b"\"")?,
            State::InString if self.is_in_string() && self.at == At::Text => *input,
            _ => return None,
        };
        let (bytes, rest) = from.split_at_checked(unescaped(from))?;
        let (rest, next) = match rest.split_first()? {
            (b'"', rest) => (rest, State::Next),
            (b'\\', _) if !(bytes.is_empty() && self.state == State::InString) => (rest, State::InString),
            _ => return None,
        };
        // Includes the rest of a character that has no room as a whole.
        let head = bytes.get(..room.saturating_add(3)).unwrap_or(bytes);
        let text = match known.text(from, head.len()) {
            Ok(text) => text,
            Err(error) if error.valid_up_to() >= room => {
                str::from_utf8(head.get(..error.valid_up_to())?).ok()?
            }
            Err(_) => return None,
        };
        if next == State::InString {
            self.at = At::Text;
            self.plain = 0;
        }
        *input = rest;
        self.state = next;
        Some((text, bytes.len().wrapping_sub(text.len()), next == State::Next))
    }

    /// Takes a token as it is in the input; a string only up to the next escape, and a name with its colon.
    #[inline]
    pub(in crate::json) fn take_token<'i>(
        &mut self,
        input: &mut &'i [u8],
        known: &mut Known<'i>,
    ) -> Option<&'i str> {
        if self.at == At::Cut || self.plain > 0 {
            return None;
        }
        let (state, rest) = self.after_token(self.state, input)?;
        let token = known.text(input, input.len().wrapping_sub(rest.len())).ok()?;
        *input = rest;
        self.state = state;
        Some(token)
    }

    /// Takes a string.
    #[cfg_attr(feature = "fast", inline)]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    pub(in crate::json) fn take_string<'i>(
        &mut self,
        input: &mut &'i [u8],
        known: &mut Known<'i>,
    ) -> Option<&'i str> {
        if !matches!(self.state, State::Value | State::FirstValue) {
            return None;
        }
        let from = input.strip_prefix(b"\"")?;
        let (bytes, rest) = string(from)?;
        let text = known.text(from, bytes.len()).ok()?;
        *input = rest;
        self.state = State::Next;
        Some(text)
    }

    /// Takes a `null`. `None`: the input ends before it is clear whether there is one.
    #[inline]
    pub(in crate::json) fn take_null(&mut self, input: &mut &[u8]) -> Option<bool> {
        if !matches!(self.state, State::Value | State::FirstValue) {
            return None;
        }
        match *input {
            [b'n', b'u', b'l', b'l', rest @ ..] => {
                *input = rest;
                self.state = State::Next;
                Some(true)
            }
            // Whitespace, or a `null` that is cut.
            [..=b' ' | b'n', ..] | [] => None,
            [_, ..] => Some(false),
        }
    }

    /// Takes a `true` or `false`.
    #[inline]
    pub(in crate::json) fn take_bool(&mut self, input: &mut &[u8]) -> Option<bool> {
        if !matches!(self.state, State::Value | State::FirstValue) {
            return None;
        }
        let (value, rest) = match *input {
            [b't', b'r', b'u', b'e', rest @ ..] => (true, rest),
            [b'f', b'a', b'l', b's', b'e', rest @ ..] => (false, rest),
            _ => return None,
        };
        *input = rest;
        self.state = State::Next;
        Some(value)
    }

    /// Takes the comma before the next element of an array.
    #[inline]
    pub(in crate::json) fn take_comma(&mut self, input: &mut &[u8]) -> bool {
        match *input {
            [b',', rest @ ..] if self.state == State::Next && self.is_in_array() => {
                *input = rest;
                self.state = State::Value;
                true
            }
            _ => false,
        }
    }

    /// Takes the beginning of an object or an array.
    #[inline]
    pub(in crate::json) fn take_begin(&mut self, is_array: bool, input: &mut &[u8]) -> bool {
        let begin = if is_array { b"[" } else { b"{" };
        match input.strip_prefix(begin) {
            Some(rest) if matches!(self.state, State::Value | State::FirstValue) => {
                let Ok(state) = self.open(is_array) else { return false };
                *input = rest;
                self.state = state;
                true
            }
            _ => false,
        }
    }

    /// Takes the end of the current object or array.
    #[inline]
    pub(in crate::json) fn take_end(&mut self, input: &mut &[u8]) -> bool {
        match input.split_first() {
            Some((&byte, rest)) if byte == self.end && self.state.may_end() => {
                *input = rest;
                self.state = self.close();
                true
            }
            _ => false,
        }
    }

    /// Takes an escape in the middle of a string, or two that are one character, unless it is half of one.
    #[inline]
    pub(in crate::json) fn take_escape(&mut self, input: &mut &[u8]) -> Option<&str> {
        if !self.is_in_string() || self.at != At::Text {
            return None;
        }
        let (character, rest) = match *input {
            [b'\\', b'u', digits @ ..] => match unit(digits)? {
                (high @ 0xD800..0xDC00, rest) => {
                    let (low, rest) = unit(rest.strip_prefix(b"\\u")?)?;
                    (pair(high, low)?, rest)
                }
                (unit, rest) => (char::from_u32(unit.into())?, rest),
            },
            [b'\\', byte, rest @ ..] => {
                let text = short_escape(*byte)?;
                *input = rest;
                return Some(text);
            }
            _ => return None,
        };
        *input = rest;
        Some(character.encode_utf8(&mut self.character))
    }

    /// The state and the input after the next token; a string only up to the next escape, as far as it has
    /// arrived. `None`: the token is not whole, or invalid, or something is between it and the one before.
    #[inline(always)]
    fn after_token<'i>(&mut self, state: State, input: &'i [u8]) -> Option<(State, &'i [u8])> {
        let (&byte, mut rest) = input.split_first()?;
        let is_value = matches!(state, State::Value | State::FirstValue);
        let next = match (state, Class::of(byte)) {
            (State::InString, class) if self.at == At::Text && !(class.is_special() && byte != b'"') => {
                rest = input;
                self.after_string(&mut rest)
            }
            (_, Class::QUOTATION_MARK) if is_value => self.after_string(&mut rest),
            (State::FirstName | State::Name, Class::QUOTATION_MARK) => {
                (_, rest) = name(rest)?;
                State::Value
            }
            (_, Class::BEGIN) if is_value => self.open(byte == b'[').ok()?,
            (_, Class::END) if byte == self.end && state.may_end() => self.close(),
            _ => return None,
        };
        Some((next, rest))
    }

    /// Skips a string up to its end or an escape, and returns the state after it, or in it.
    #[inline(always)]
    fn after_string(&mut self, input: &mut &[u8]) -> State {
        *input = input.get(unescaped(input)..).unwrap_or_default();
        if let [b'"', rest @ ..] = *input {
            *input = rest;
            return State::Next;
        }
        self.at = At::Text;
        self.plain = 0;
        State::InString
    }
}

/// The input after the name, its quotation mark and the colon.
#[cfg_attr(feature = "fast", inline)]
#[cfg_attr(not(feature = "fast"), inline(never))]
fn after_this<'i>(bytes: &'i [u8], name: &[u8]) -> Option<&'i [u8]> {
    let (mut head, rest) = bytes.split_at_checked(name.len())?;
    let mut name = name;
    if cfg!(feature = "fast") {
        if head != name {
            return None;
        }
        (head, name) = (&[], &[]);
    }
    while let (Some((&[a, b, c, d], after)), Some((&[e, f, g, h], others))) =
        (head.split_first_chunk::<4>(), name.split_first_chunk::<4>())
    {
        if a != e || b != f || c != g || d != h {
            return None;
        }
        (head, name) = (after, others);
    }
    for (one, other) in head.iter().zip(name) {
        if one != other {
            return None;
        }
    }
    match rest {
        [b'"', b':', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// The code unit of four digits.
#[inline(always)]
fn unit(digits: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = digits.split_first_chunk::<4>()?;
    let unit = digits.iter().try_fold(0, |unit, &digit| {
        let digit = char::from(digit).to_digit(16).and_then(|digit| u16::try_from(digit).ok())?;
        Some(unit << 4 | digit)
    })?;
    Some((unit, rest))
}

/// The text after a quotation mark, up to the next one, and the rest.
#[inline(always)]
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (string, rest) = bytes.split_at_checked(unescaped(bytes))?;
    Some((string, rest.strip_prefix(b"\"")?))
}

/// The same with a colon after it.
#[inline(always)]
fn name(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = string(bytes)?;
    Some((name, rest.strip_prefix(b":")?))
}
