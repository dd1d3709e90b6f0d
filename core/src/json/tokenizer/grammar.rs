//! Bytes in, lexemes out: the grammar of RFC 8259, without checking that strings are UTF-8.
//!
//! # Limits
//!
//! Those of the tokenizer.

use core::mem;

use super::{Token, Tokenizer, escape::At};
use crate::json::{error::Wrong, scan::unescaped};

/// ```text
///   Value ─────────── string, number, literal, container's end ───────────► Next
///   FirstValue ('[')                                                         │ ','
///     ▲                                                                      ▼
///   Colon ◄── name ── FirstName ('{'), Name ◄── in an object ──┴── in an array ──► Value
/// ```
///
/// One byte without fields: most tokens are whole, and then nothing else changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::json) enum State {
    /// A value must come.
    Value,
    /// An array has begun: a value, or its end.
    FirstValue,
    /// An object has begun: a name, or its end.
    FirstName,
    /// After a comma: a name must come.
    Name,
    /// After a name.
    Colon,
    /// After a value: a comma or the end of the object or array; at the root, nothing more.
    Next,
    /// In a name; `at` says where.
    InName,
    /// In a string; `at` says where.
    InString,
    /// In a number; `number` says where.
    InNumber,
    /// In this word, `matched` bytes into it.
    InTrue,
    InFalse,
    InNull,
    /// There was an error.
    Broken,
}

impl State {
    #[inline(always)]
    pub(in crate::json) const fn is_between_tokens(self) -> bool {
        matches!(
            self,
            Self::Value | Self::FirstValue | Self::FirstName | Self::Name | Self::Colon | Self::Next
        )
    }

    /// Whether the open object or array may end here.
    pub(super) const fn may_end(self) -> bool {
        matches!(self, Self::FirstValue | Self::FirstName | Self::Next)
    }

    /// Whether the current piece of a string belongs to a name.
    pub(super) const fn is_name(self) -> bool {
        matches!(self, Self::Colon | Self::Value | Self::InName)
    }

    const fn word(self) -> (&'static [u8], Token<'static>) {
        match self {
            Self::InTrue => (b"true", Token::Bool(true)),
            Self::InFalse => (b"false", Token::Bool(false)),
            _ => (b"null", Token::Null),
        }
    }
}

/// The place in a number: its last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Nothing,
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    Sign,
    Power,
}

impl Number {
    #[inline]
    const fn after(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Integer, b'0'..=b'9') | (Self::Nothing | Self::Minus, b'1'..=b'9') => Self::Integer,
            (Self::Fraction | Self::Point, b'0'..=b'9') => Self::Fraction,
            (Self::Nothing | Self::Minus, b'0') => Self::Zero,
            (Self::Nothing, b'-') => Self::Minus,
            (Self::Zero | Self::Integer, b'.') => Self::Point,
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::Sign,
            (Self::Exponent | Self::Sign | Self::Power, b'0'..=b'9') => Self::Power,
            _ => return None,
        })
    }

    pub(super) const fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Power)
    }
}

/// How many bytes at the front of the input belong to a number that has come so far, how far it is then, and
/// whether it has ended.
#[cfg_attr(feature = "fast", inline)]
#[cfg_attr(not(feature = "fast"), inline(never))]
pub(super) fn number(before: Number, input: &[u8]) -> Result<(usize, Number, bool), Wrong> {
    let mut number = before;
    let mut length = 0_usize;
    for &byte in input {
        match number.after(byte) {
            Some(next) => number = next,
            None if number.may_end() && !byte.is_ascii_digit() => return Ok((length, number, true)),
            None => return Err(Wrong::Number),
        }
        length = length.wrapping_add(1);
    }
    Ok((length, number, false))
}

/// A token whose bytes are not yet known to be UTF-8.
pub(super) enum Lexeme<'i> {
    Structure(Token<'static>),
    /// Bytes of a string as in the input: where they begin, and how many.
    Run {
        from: &'i [u8],
        length: usize,
        last: bool,
    },
    /// Text that is not in the input as such: this many bytes of `character`.
    Character(u8),
    Number {
        bytes: &'i [u8],
        last: bool,
    },
}

impl Tokenizer {
    /// The number of open objects and arrays.
    pub(in crate::json) const fn depth(&self) -> u8 {
        self.depth
    }

    pub(in crate::json) const fn state(&self) -> State {
        self.state
    }

    /// Whether the value at this depth has ended.
    #[inline]
    pub(in crate::json) const fn is_past(&self, depth: u8) -> bool {
        self.depth == depth && matches!(self.state, State::Next)
    }

    /// Skips the rest of the value at this depth, without checking that its strings are UTF-8. True: it has
    /// ended.
    pub(in crate::json) fn skip(&mut self, depth: u8, input: &mut &[u8]) -> Result<bool, Wrong> {
        if self.is_past(depth) {
            return Ok(true);
        }
        // Most values are a string or `null`.
        if matches!(self.state, State::Value) && depth == self.depth {
            let rest = match *input {
                [b'"', rest @ ..] => match rest.get(unescaped(rest)..).unwrap_or_default() {
                    [b'"', rest @ ..] => Some(rest),
                    _ => None,
                },
                [b'n', b'u', b'l', b'l', rest @ ..] => Some(rest),
                _ => None,
            };
            if let Some(rest) = rest {
                *input = rest;
                self.state = State::Next;
                return Ok(true);
            }
        }
        // A character that was cut belongs to the skipped value.
        if self.at == At::Cut {
            self.at = At::Text;
        }
        // Each turn takes a byte, or returns.
        loop {
            if self.hop(depth, input) {
                return Ok(true);
            }
            if cfg!(feature = "fast") && input.is_empty() {
                return Ok(false);
            }
            if self.step(input)?.is_none() {
                return Ok(false);
            }
        }
    }

    /// Whether it is in a string or a name, between two characters.
    pub(in crate::json) const fn is_in_string(&self) -> bool {
        matches!(self.state, State::InString | State::InName) && !matches!(self.at, At::Cut)
    }

    /// Skips a string or a name, or the rest of one, as far as there is input. Returns the number of bytes
    /// that it stands for, in which bytes that are not UTF-8 count as they are, and whether it has ended.
    pub(in crate::json) fn measure(&mut self, input: &mut &[u8]) -> Result<(usize, bool), Wrong> {
        let mut length = 0_usize;
        // Each turn takes a byte, or returns.
        loop {
            let (more, last) = match self.step(input)? {
                Some(Lexeme::Run { length, last, .. }) => (length, last),
                Some(Lexeme::Character(more)) => (more.into(), false),
                _ => return Ok((length, false)),
            };
            length = length.saturating_add(more);
            if last {
                return Ok((length, true));
            }
        }
    }

    /// Goes to the first byte of the next value, name or end of an object or array, and leaves it. After a
    /// value, a byte that is neither a comma nor the end is an error. Not for the middle of a token.
    pub(in crate::json) fn peek(&mut self, input: &mut &[u8]) -> Result<Option<u8>, Wrong> {
        let mut state = mem::replace(&mut self.state, State::Broken);
        let found = self.seek(&mut state, input)?;
        self.state = state;
        Ok(found)
    }

    /// Whether the innermost open value is an array.
    #[inline]
    pub(in crate::json) const fn is_in_array(&self) -> bool {
        self.end == b']'
    }

    #[cfg_attr(feature = "fast", inline(always))]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    fn seek(&self, state: &mut State, input: &mut &[u8]) -> Result<Option<u8>, Wrong> {
        // Each turn takes a byte, or returns.
        while let Some((&byte, rest)) = input.split_first() {
            match (byte, *state) {
                (b':', State::Colon) => *state = State::Value,
                (b',', State::Next) if self.depth > 0 => {
                    *state = if self.is_in_array() { State::Value } else { State::Name };
                }
                (b' ' | b'\t' | b'\n' | b'\r', _) => {}
                (_, State::Next) if self.depth == 0 => return Err(Wrong::Trailing),
                // The caller takes the byte that it gets; otherwise it would get it again and again.
                (_, State::Next) if byte != self.end => return Err(Wrong::Unexpected),
                (_, State::Colon) => return Err(Wrong::Unexpected),
                _ => return Ok(Some(byte)),
            }
            *input = rest;
        }
        Ok(None)
    }

    /// The next lexeme.
    ///
    /// The state is in a local variable: otherwise each change would wait for memory. A token that is whole
    /// goes from one state between tokens to the next without checking the others. On targets with enough
    /// flash there is a copy for each way of calling it.
    #[cfg_attr(feature = "fast", inline(always))]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    pub(super) fn step<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Lexeme<'i>>, Wrong> {
        let mut state = mem::replace(&mut self.state, State::Broken);
        let mut rest = *input;
        // Each turn takes a byte, or begins a token and so leaves the states between two, or ends.
        let lexeme = loop {
            let mut is_first = false;
            let begun = if state.is_between_tokens() {
                match self.seek(&mut state, &mut rest)? {
                    None => break None,
                    Some(byte) => {
                        is_first = true;
                        self.begin(byte, &mut state, &mut rest)?
                    }
                }
            } else {
                None
            };
            let found = match (begun, state) {
                (Some(structure), _) => Some(structure),
                (None, State::InName | State::InString) => match self.at {
                    At::Text => self.take_run(is_first, &mut state, &mut rest)?,
                    _ => match self.escape(&mut rest)? {
                        0 => None,
                        length => Some(Lexeme::Character(length)),
                    },
                },
                (None, State::InNumber) => self.take_number(&mut state, &mut rest)?,
                (None, State::InTrue | State::InFalse | State::InNull) => {
                    let (word, token) = state.word();
                    let is_whole = self.take_word(word, &mut rest)?;
                    is_whole.then(|| {
                        state = State::Next;
                        Lexeme::Structure(token)
                    })
                }
                (None, _) => return Err(Wrong::Unexpected),
            };
            if found.is_some() || rest.is_empty() {
                break found;
            }
        };
        self.state = state;
        *input = rest;
        Ok(lexeme)
    }

    /// Handles the first byte of a token. `None`: it is not structure; the new state says what it begins.
    #[inline(always)]
    fn begin<'i>(
        &mut self,
        byte: u8,
        state: &mut State,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Wrong> {
        let is_value = matches!(*state, State::Value | State::FirstValue);
        let (next, structure) = match byte {
            b'}' | b']' if byte == self.end && state.may_end() => {
                let token = if byte == b']' { Token::EndArray } else { Token::EndObject };
                (self.close(), Some(token))
            }
            b'"' if is_value => (self.begin_string(State::InString), None),
            b'"' if !matches!(*state, State::Next) => (self.begin_string(State::InName), None),
            b'{' if is_value => (self.open(false)?, Some(Token::BeginObject)),
            b'[' if is_value => (self.open(true)?, Some(Token::BeginArray)),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' if is_value => {
                self.number = Number::Nothing;
                self.matched = 0;
                *state = match byte {
                    b't' => State::InTrue,
                    b'f' => State::InFalse,
                    b'n' => State::InNull,
                    _ => State::InNumber,
                };
                return Ok(None);
            }
            _ => return Err(Wrong::Unexpected),
        };
        *state = next;
        *input = input.get(1..).unwrap_or_default();
        Ok(structure.map(Lexeme::Structure))
    }

    #[inline(always)]
    fn begin_string(&mut self, state: State) -> State {
        self.at = At::Text;
        self.plain = 0;
        state
    }

    #[cfg_attr(feature = "fast", inline)]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    pub(super) fn open(&mut self, is_array: bool) -> Result<State, Wrong> {
        let bits = self.arrays.get_mut(usize::from(self.depth >> 3)).ok_or(Wrong::Depth)?;
        let bit = 1 << (self.depth & 7);
        *bits = if is_array { *bits | bit } else { *bits & !bit };
        self.depth = self.depth.wrapping_add(1);
        self.end = if is_array { b']' } else { b'}' };
        Ok(if is_array { State::FirstValue } else { State::FirstName })
    }

    #[cfg_attr(feature = "fast", inline)]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    pub(super) fn close(&mut self) -> State {
        self.depth = self.depth.wrapping_sub(1);
        let level = self.depth.wrapping_sub(1);
        self.end = match self.arrays.get(usize::from(level >> 3)) {
            Some(bits) if bits & (1 << (level & 7)) != 0 => b']',
            Some(_) => b'}',
            None => 0,
        };
        State::Next
    }

    /// The part of a string up to its end, an escape, or the end of the input. The first part is returned
    /// even if it is empty, since code that writes the string again must see that it has begun.
    #[inline]
    fn take_run<'i>(
        &mut self,
        is_first: bool,
        state: &mut State,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Wrong> {
        let from = *input;
        let is_known = self.plain > 0;
        let length = if is_known { from.len().min(self.plain.into()) } else { unescaped(from) };
        self.plain = 0;
        *input = from.get(length..).unwrap_or_default();
        match input.split_first() {
            _ if is_known => {}
            Some((b'"', rest)) => {
                *input = rest;
                if matches!(*state, State::InString) {
                    *state = State::Next;
                } else if let Some((b':', rest)) = rest.split_first() {
                    *input = rest;
                    *state = State::Value;
                } else {
                    *state = State::Colon;
                }
                return Ok(Some(Lexeme::Run { from, length, last: true }));
            }
            Some((b'\\', rest)) => {
                *input = rest;
                self.at = At::Escape;
            }
            None => {}
            Some(_) => return Err(Wrong::Control),
        }
        Ok((is_first || length > 0).then_some(Lexeme::Run { from, length, last: false }))
    }

    #[cfg_attr(not(feature = "fast"), inline(never))]
    #[cfg_attr(feature = "fast", inline(always))]
    pub(super) fn take_number<'i>(
        &mut self,
        state: &mut State,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Wrong> {
        let (length, number, last) = number(self.number, input)?;
        let (bytes, rest) = input.split_at_checked(length).unwrap_or_default();
        *input = rest;
        self.number = number;
        *state = if last { State::Next } else { State::InNumber };
        Ok((last || !bytes.is_empty()).then_some(Lexeme::Number { bytes, last }))
    }

    #[cfg_attr(not(feature = "fast"), inline(never))]
    #[cfg_attr(feature = "fast", inline(always))]
    fn take_word(&mut self, word: &[u8], input: &mut &[u8]) -> Result<bool, Wrong> {
        while let Some((byte, rest)) = input.split_first() {
            if word.get(usize::from(self.matched)) != Some(byte) {
                return Err(Wrong::Unexpected);
            }
            *input = rest;
            self.matched = self.matched.wrapping_add(1);
            if usize::from(self.matched) == word.len() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
