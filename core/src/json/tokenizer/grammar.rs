//! Bytes in, lexemes out: the grammar of RFC 8259, without a look at whether strings are UTF-8.
//!
//! # Limits
//!
//! Those of the tokenizer.

use super::{Tokenizer, escape::At};
use crate::json::{error::Error, scan::unescaped};

/// ```text
///   Value ─────────── string, number, literal, container's end ───────────► Next
///   FirstValue ('[')                                                         │ ','
///     ▲                                                                      ▼
///   Colon ◄── name ── FirstName ('{'), Name ◄── in an object ──┴── in an array ──► Value
/// ```
///
/// One byte without fields: most tokens are whole, and then it is all that changes.
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
    /// After a value: a comma or the end of what it is in; outside of everything, nothing more.
    Next,
    /// In a name; where, says `at`.
    InName,
    /// In a string; where, says `at`.
    InString,
    /// In a number; where, says `number`.
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

    /// Whether the piece of a string that has just come is a name's.
    pub(super) const fn is_name(self) -> bool {
        matches!(self, Self::Colon | Self::Value | Self::InName)
    }

    const fn word(self) -> &'static [u8] {
        match self {
            Self::InTrue => b"true",
            Self::InFalse => b"false",
            _ => b"null",
        }
    }
}

/// Where in a number: what stands last.
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

/// A token whose bytes are not yet known to be UTF-8.
pub(super) enum Lexeme<'i> {
    BeginObject,
    EndObject,
    BeginArray,
    EndArray,
    /// Bytes of a string as they stand in the input.
    Run {
        bytes: &'i [u8],
        last: bool,
    },
    /// The character that an escape stands for: so many bytes of `character`.
    Escape(u8),
    Number {
        bytes: &'i [u8],
        last: bool,
    },
    Bool(bool),
    Null,
}

impl Tokenizer {
    /// How many objects and arrays are open.
    pub(in crate::json) const fn depth(&self) -> u8 {
        self.depth
    }

    pub(in crate::json) const fn state(&self) -> State {
        self.state
    }

    /// Whether the value that is in so many objects and arrays has ended.
    #[inline]
    pub(in crate::json) const fn is_past(&self, depth: u8) -> bool {
        self.depth == depth && matches!(self.state, State::Next)
    }

    /// Passes over the rest of the value that is in so many objects and arrays, without asking whether
    /// its strings are UTF-8. True: it has ended.
    pub(in crate::json) fn skip(&mut self, depth: u8, input: &mut &[u8]) -> Result<bool, Error> {
        if self.is_past(depth) {
            return Ok(true);
        }
        // What was cut belongs to what is passed over.
        self.begun = 0;
        if cfg!(target_pointer_width = "64") && self.hop(depth, input) {
            return Ok(true);
        }
        match self.step(Some(depth), input) {
            Ok(end) => Ok(end.is_some()),
            Err(error) => {
                self.state = State::Broken;
                Err(error)
            }
        }
    }

    /// Whether it stands in a string or a name, between two characters of it.
    pub(in crate::json) const fn is_in_string(&self) -> bool {
        matches!(self.state, State::InString | State::InName) && self.begun == 0
    }

    /// Passes over a string or a name, or the rest of one, as far as there is input: how many bytes it
    /// stands for, each that is not UTF-8 counted as it is, and whether it has ended.
    pub(in crate::json) fn measure(&mut self, input: &mut &[u8]) -> Result<(usize, bool), Error> {
        let mut length = 0_usize;
        loop {
            let (more, last) = match self.step(None, input) {
                Ok(Some(Lexeme::Run { bytes, last })) => (bytes.len(), last),
                Ok(Some(Lexeme::Escape(more))) => (more.into(), false),
                Ok(_) => return Ok((length, false)),
                Err(error) => {
                    self.state = State::Broken;
                    return Err(error);
                }
            };
            length = length.saturating_add(more);
            if last {
                return Ok((length, true));
            }
        }
    }

    /// Goes to the first byte of the next value, name or end of an object or array, and leaves it.
    /// Not for the middle of a token.
    pub(in crate::json) fn peek(&mut self, input: &mut &[u8]) -> Result<Option<u8>, Error> {
        let mut state = self.state;
        let found = self.seek(&mut state, input);
        self.state = if found.is_ok() { state } else { State::Broken };
        found
    }

    /// Whether the innermost that is open is an array.
    #[inline]
    pub(in crate::json) fn is_in_array(&self) -> bool {
        let level = self.depth.wrapping_sub(1);
        self.arrays.get(usize::from(level >> 3)).is_some_and(|bits| bits & (1 << (level & 7)) != 0)
    }

    #[inline(always)]
    fn seek(&self, state: &mut State, input: &mut &[u8]) -> Result<Option<u8>, Error> {
        while let Some((&byte, rest)) = input.split_first() {
            match (byte, *state) {
                (b':', State::Colon) => *state = State::Value,
                (b',', State::Next) if self.depth > 0 => {
                    *state = if self.is_in_array() { State::Value } else { State::Name };
                }
                (b' ' | b'\t' | b'\n' | b'\r', _) => {}
                (_, State::Next) if self.depth == 0 => return Err(Error::Trailing),
                (_, State::Colon) => return Err(Error::Unexpected),
                _ => return Ok(Some(byte)),
            }
            *input = rest;
        }
        Ok(None)
    }

    /// The next lexeme; when skipping, the last of the value that is in so many objects and arrays.
    ///
    /// The state is in a local variable, or each of its changes would wait for memory; and a token that
    /// is whole goes from one state between tokens to the next without a look at the others. Where
    /// there is room for it, there is a copy for each way of calling it.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn step<'i>(
        &mut self,
        skip: Option<u8>,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Error> {
        let mut state = self.state;
        let mut rest = *input;
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
                    _ => self.escape(&mut rest)?.map(Lexeme::Escape),
                },
                (None, State::InNumber) => self.take_number(&mut state, &mut rest)?,
                (None, State::InTrue | State::InFalse | State::InNull) => {
                    self.take_word(&mut state, &mut rest)?
                }
                (None, _) => return Err(Error::Unexpected),
            };
            let is_wanted = skip.is_none_or(|depth| matches!(state, State::Next) && self.depth == depth);
            match found {
                Some(found) if is_wanted => break Some(found),
                _ if rest.is_empty() => break None,
                _ => {}
            }
        };
        self.state = state;
        *input = rest;
        Ok(lexeme)
    }

    /// At the first byte of a token. `None`: it is no structure, but what the new state says.
    #[inline(always)]
    fn begin<'i>(
        &mut self,
        byte: u8,
        state: &mut State,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Error> {
        let is_value = matches!(*state, State::Value | State::FirstValue);
        let (lexeme, next) = match byte {
            b'"' if !matches!(*state, State::Next) => {
                self.at = At::Text;
                self.window = 0;
                (None, if is_value { State::InString } else { State::InName })
            }
            b'{' if is_value => (Some(Lexeme::BeginObject), State::FirstName),
            b'[' if is_value => (Some(Lexeme::BeginArray), State::FirstValue),
            b'}' if matches!(*state, State::FirstName | State::Next) && !self.is_in_array() => {
                (Some(Lexeme::EndObject), State::Next)
            }
            b']' if matches!(*state, State::FirstValue | State::Next) && self.is_in_array() => {
                (Some(Lexeme::EndArray), State::Next)
            }
            b'-' | b'0'..=b'9' if is_value => {
                self.number = Number::Nothing;
                *state = State::InNumber;
                return Ok(None);
            }
            b't' | b'f' | b'n' if is_value => {
                self.matched = 0;
                *state = match byte {
                    b't' => State::InTrue,
                    b'f' => State::InFalse,
                    _ => State::InNull,
                };
                return Ok(None);
            }
            _ => return Err(Error::Unexpected),
        };
        match next {
            State::Next => self.depth = self.depth.wrapping_sub(1),
            State::FirstValue | State::FirstName => self.open(matches!(next, State::FirstValue))?,
            _ => {}
        }
        *state = next;
        *input = input.get(1..).unwrap_or_default();
        Ok(lexeme)
    }

    pub(super) fn open(&mut self, is_array: bool) -> Result<(), Error> {
        let bits = self.arrays.get_mut(usize::from(self.depth >> 3)).ok_or(Error::Depth)?;
        let bit = 1 << (self.depth & 7);
        *bits = if is_array { *bits | bit } else { *bits & !bit };
        self.depth = self.depth.wrapping_add(1);
        Ok(())
    }

    /// What there is of a string up to its end, an escape, or the end of the input; of the first run even
    /// when that is nothing, since who writes the string again must see that it has begun.
    #[inline]
    fn take_run<'i>(
        &mut self,
        is_first: bool,
        state: &mut State,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Error> {
        let (bytes, tail) = input.split_at_checked(unescaped(input)).unwrap_or_default();
        *input = tail;
        match tail.split_first() {
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
                return Ok(Some(Lexeme::Run { bytes, last: true }));
            }
            Some((b'\\', rest)) => {
                *input = rest;
                self.at = At::Escape;
            }
            None => {}
            Some(_) => return Err(Error::Control),
        }
        Ok((is_first || !bytes.is_empty()).then_some(Lexeme::Run { bytes, last: false }))
    }

    #[inline]
    pub(super) fn take_number<'i>(
        &mut self,
        state: &mut State,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Error> {
        let mut number = self.number;
        let mut length = 0_usize;
        let mut last = false;
        for &byte in *input {
            match number.after(byte) {
                Some(next) => number = next,
                None if number.may_end() && !byte.is_ascii_digit() => {
                    last = true;
                    break;
                }
                None => return Err(Error::Number),
            }
            length = length.wrapping_add(1);
        }
        let (bytes, rest) = input.split_at_checked(length).unwrap_or_default();
        *input = rest;
        self.number = number;
        *state = if last { State::Next } else { State::InNumber };
        Ok((last || !bytes.is_empty()).then_some(Lexeme::Number { bytes, last }))
    }

    #[inline]
    pub(super) fn take_word<'i>(
        &mut self,
        state: &mut State,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Error> {
        let word = *state;
        let missing = word.word().get(usize::from(self.matched)..).unwrap_or_default();
        if let Some(rest) = input.strip_prefix(missing) {
            *input = rest;
            *state = State::Next;
            return Ok(Some(match word {
                State::InTrue => Lexeme::Bool(true),
                State::InFalse => Lexeme::Bool(false),
                _ => Lexeme::Null,
            }));
        }
        if !missing.starts_with(input) {
            return Err(Error::Unexpected);
        }
        self.matched = self.matched.wrapping_add(u8::try_from(input.len()).unwrap_or_default());
        *input = &[];
        Ok(None)
    }
}
