//! Bytes of a JSON text in, tokens out, as they come.
//!
//! ```
//! use taskgroup::json::{Token, Tokenizer};
//!
//! let mut tokenizer = Tokenizer::new();
//! let mut text = String::new();
//! for mut input in [&br#"["sn\u00"#[..], br#"f6 in Z\u00fcr"#, br#"ich"]"#] {
//!     while let Some(token) = tokenizer.feed(&mut input)? {
//!         if let Token::String { piece, .. } = token { text += piece }
//!     }
//! }
//! assert_eq!(text, "snö in Zürich");
//! tokenizer.finish()?;
//! # Ok::<(), taskgroup::json::Error>(())
//! ```
//!
//! # Limits
//!
//! Nesting to [`DEPTH`] levels, one bit each; deeper is an error. Nothing else is kept of the text but
//! a character or an escape that the input's end cuts in two, so strings and numbers have any length.

use core::{mem, str};

use super::{error::Error, scan::unescaped};

/// How deep objects and arrays may be nested in one another.
pub const DEPTH: usize = 128;

/// After something that is not UTF-8, this many bytes of the string (as a power of two) are looked at
/// first. Without a bound, a string of nothing else would be searched for its end once a byte.
const WINDOW: u8 = 5;
const WINDOW_MAX: u8 = 16;

/// What [`Tokenizer::feed`] finds.
///
/// Names, strings and numbers come in pieces: one where the input has it whole and without escapes.
/// Pieces may be empty, and are never cut inside a character or an escape. Escapes are resolved and
/// surrogate pairs joined; a lone surrogate became U+FFFD, and so did each maximal part that is not
/// UTF-8, as in the [Encoding standard](https://encoding.spec.whatwg.org/#utf-8-decoder).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Token<'t> {
    /// `{`
    BeginObject,
    /// `}`
    EndObject,
    /// `[`
    BeginArray,
    /// `]`
    EndArray,
    /// A piece of the name of an object's member; its value comes next.
    Name {
        /// The piece.
        piece: &'t str,
        /// Whether the name ends with it.
        last: bool,
    },
    /// A piece of a string.
    String {
        /// The piece.
        piece: &'t str,
        /// Whether the string ends with it.
        last: bool,
    },
    /// A piece of a number, in the characters of the text.
    Number {
        /// The piece.
        piece: &'t str,
        /// Whether the number ends with it, which the byte after it tells: a text that is nothing but
        /// a number ends without.
        last: bool,
    },
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
}

/// The grammar of RFC 8259 in full, resumable at any byte.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    /// One bit a level: whether it is an array.
    arrays: [u8; DEPTH / 8],
    depth: u8,
    state: State,
    at: At,
    number: Number,
    matched: u8,
    /// The code unit of a `\u` as far as it has come.
    unit: u16,
    /// A high surrogate that waits for its other half; 0: none.
    high: u16,
    /// What did not lie in the input as it is: what an escape stands for, with a lone surrogate before
    /// it, or a character cut by the input's end.
    character: [u8; 6],
    /// How many bytes of an unfinished character are in there.
    begun: u8,
    /// How far to look ahead in this string; 0: as far as there is input.
    window: u8,
}

/// ```text
///   Value ─────────── string, number, literal, container's end ───────────► Next
///   FirstValue ('[')                                                         │ ','
///     ▲                                                                      ▼
///   Colon ◄── name ── FirstName ('{'), Name ◄── in an object ──┴── in an array ──► Value
/// ```
///
/// One byte without fields: most tokens are whole, and then it is all that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
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
    pub(super) const fn is_between_tokens(self) -> bool {
        matches!(
            self,
            Self::Value | Self::FirstValue | Self::FirstName | Self::Name | Self::Colon | Self::Next
        )
    }

    /// Whether the piece of a string that has just come is a name's.
    const fn is_name(self) -> bool {
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

/// Where in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Text,
    /// After a reverse solidus.
    Escape,
    /// After `\u` and so many digits.
    Digits(u8),
    /// After a high surrogate.
    High,
}

/// Where in a number: what stands last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
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

    const fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Power)
    }
}

/// A token whose bytes are not yet known to be UTF-8.
enum Lexeme<'i> {
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

/// A token that borrows only the input.
enum Found<'i> {
    Structure(Token<'static>),
    Number {
        piece: &'i str,
        last: bool,
    },
    Piece {
        piece: &'i str,
        last: bool,
    },
    /// So many bytes of `character`.
    Character(u8),
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// At the beginning of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            arrays: [0; DEPTH / 8],
            depth: 0,
            state: State::Value,
            at: At::Text,
            number: Number::Nothing,
            matched: 0,
            unit: 0,
            high: 0,
            character: [0; 6],
            begun: 0,
            window: 0,
        }
    }

    /// Takes the next token off the front of `input`. `None`: `input` is used up.
    ///
    /// # Errors
    ///
    /// The text is no JSON, or nested too deep. Nothing more comes out of this tokenizer then: it
    /// gives [`Error::Unexpected`] for whatever is fed.
    #[inline]
    pub fn feed<'t, 'i: 't>(&'t mut self, input: &mut &'i [u8]) -> Result<Option<Token<'t>>, Error> {
        let found = match self.find(input) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.state = State::Broken;
                return Err(error);
            }
        };
        let (piece, last) = match found {
            Found::Structure(token) => return Ok(Some(token)),
            Found::Number { piece, last } => return Ok(Some(Token::Number { piece, last })),
            Found::Piece { piece, last } => (piece, last),
            Found::Character(length) => {
                let bytes = self.character.get(..usize::from(length)).unwrap_or_default();
                (str::from_utf8(bytes).unwrap_or_default(), false)
            }
        };
        let is_name = self.state.is_name();
        Ok(Some(if is_name { Token::Name { piece, last } } else { Token::String { piece, last } }))
    }

    /// The input has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`]: what was fed is not one whole JSON text.
    pub fn finish(&mut self) -> Result<(), Error> {
        let ended = match self.state {
            State::Next => true,
            State::InNumber => self.number.may_end(),
            _ => false,
        };
        if ended && self.depth == 0 {
            self.state = State::Next;
            return Ok(());
        }
        self.state = State::Broken;
        Err(Error::Incomplete)
    }

    /// How many objects and arrays are open.
    pub(super) const fn depth(&self) -> u8 {
        self.depth
    }

    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// Whether the value that is in so many objects and arrays has ended.
    #[inline]
    pub(super) const fn is_past(&self, depth: u8) -> bool {
        self.depth == depth && matches!(self.state, State::Next)
    }

    /// Takes this name and the colon after it, if they are what comes next in the object, as they are.
    ///
    /// This and [`take_string`](Self::take_string) are short cuts: what they do not take, `feed` does.
    #[inline]
    pub(super) fn take_name(&mut self, name: &str, input: &mut &[u8]) -> bool {
        let rest = match self.state {
            State::FirstName => Some(*input),
            State::Next => input.strip_prefix(b","),
            _ => None,
        };
        let rest = rest
            .and_then(|rest| rest.strip_prefix(b"\"")?.strip_prefix(name.as_bytes())?.strip_prefix(b"\":"));
        if let Some(rest) = rest {
            *input = rest;
            self.state = State::Value;
        }
        rest.is_some()
    }

    /// Takes a string, if that is what comes next, whole and without escapes.
    #[inline]
    pub(super) fn take_string<'i>(&mut self, input: &mut &'i [u8]) -> Option<&'i str> {
        if !matches!(self.state, State::Value | State::FirstValue) {
            return None;
        }
        let rest = input.strip_prefix(b"\"")?;
        let (bytes, rest) = rest.split_at_checked(unescaped(rest))?;
        let rest = rest.strip_prefix(b"\"")?;
        let text = str::from_utf8(bytes).ok()?;
        *input = rest;
        self.state = State::Next;
        Some(text)
    }

    /// Passes over the rest of the value that is in so many objects and arrays, without asking whether
    /// its strings are UTF-8. True: it has ended.
    pub(super) fn skip(&mut self, depth: u8, input: &mut &[u8]) -> Result<bool, Error> {
        if self.is_past(depth) {
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

    /// Goes to the first byte of the next value, name or end of an object or array, and leaves it.
    /// Not for the middle of a token.
    pub(super) fn peek(&mut self, input: &mut &[u8]) -> Result<Option<u8>, Error> {
        let mut state = self.state;
        let found = self.seek(&mut state, input);
        self.state = if found.is_ok() { state } else { State::Broken };
        found
    }

    /// Whether the innermost that is open is an array.
    #[inline]
    pub(super) fn is_in_array(&self) -> bool {
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
    fn step<'i>(&mut self, skip: Option<u8>, input: &mut &'i [u8]) -> Result<Option<Lexeme<'i>>, Error> {
        let mut state = self.state;
        let mut rest = *input;
        let lexeme = loop {
            let found = if state.is_between_tokens() {
                match self.seek(&mut state, &mut rest)? {
                    None => break None,
                    Some(byte) => self.begin(byte, &mut state, &mut rest)?,
                }
            } else if matches!(state, State::InName | State::InString) {
                match self.at {
                    At::Text => self.take_run(&mut state, &mut rest)?,
                    _ => self.escape(&mut rest)?.map(Lexeme::Escape),
                }
            } else {
                self.state = state;
                let found = self.resume(&mut rest)?;
                state = self.state;
                found
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

    /// Amid a number or a word that was cut.
    #[inline(never)]
    fn resume<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Lexeme<'i>>, Error> {
        let mut state = self.state;
        let found = match state {
            State::InNumber => self.take_number(&mut state, input)?,
            State::InTrue | State::InFalse | State::InNull => self.take_word(&mut state, input)?,
            _ => return Err(Error::Unexpected),
        };
        self.state = state;
        Ok(found)
    }

    /// At the first byte of a token. `None`: it goes on.
    #[inline(always)]
    fn begin<'i>(
        &mut self,
        byte: u8,
        state: &mut State,
        input: &mut &'i [u8],
    ) -> Result<Option<Lexeme<'i>>, Error> {
        let is_value = matches!(*state, State::Value | State::FirstValue);
        if byte == b'"' && !matches!(*state, State::Next) {
            *input = input.get(1..).unwrap_or_default();
            *state = if is_value { State::InString } else { State::InName };
            self.window = 0;
            let run = self.take_run(state, input)?;
            // Who writes the string again must see that it has begun.
            return Ok(run.or(Some(Lexeme::Run { bytes: &[], last: false })));
        }
        let (lexeme, next) = match byte {
            b'{' if is_value => (Lexeme::BeginObject, State::FirstName),
            b'[' if is_value => (Lexeme::BeginArray, State::FirstValue),
            b'-' | b'0'..=b'9' if is_value => {
                self.number = Number::Nothing;
                return self.take_number(state, input);
            }
            b't' | b'f' | b'n' if is_value => {
                self.matched = 0;
                *state = match byte {
                    b't' => State::InTrue,
                    b'f' => State::InFalse,
                    _ => State::InNull,
                };
                return self.take_word(state, input);
            }
            b'}' if matches!(*state, State::FirstName | State::Next) && !self.is_in_array() => {
                (Lexeme::EndObject, State::Next)
            }
            b']' if matches!(*state, State::FirstValue | State::Next) && self.is_in_array() => {
                (Lexeme::EndArray, State::Next)
            }
            _ => return Err(Error::Unexpected),
        };
        match next {
            State::Next => self.depth = self.depth.wrapping_sub(1),
            _ => self.open(matches!(next, State::FirstValue))?,
        }
        *state = next;
        *input = input.get(1..).unwrap_or_default();
        Ok(Some(lexeme))
    }

    fn open(&mut self, is_array: bool) -> Result<(), Error> {
        let bits = self.arrays.get_mut(usize::from(self.depth >> 3)).ok_or(Error::Depth)?;
        let bit = 1 << (self.depth & 7);
        *bits = if is_array { *bits | bit } else { *bits & !bit };
        self.depth = self.depth.wrapping_add(1);
        Ok(())
    }

    /// What there is of a string up to its end, an escape, or the end of the input.
    #[inline]
    fn take_run<'i>(&mut self, state: &mut State, input: &mut &'i [u8]) -> Result<Option<Lexeme<'i>>, Error> {
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
        Ok((!bytes.is_empty()).then_some(Lexeme::Run { bytes, last: false }))
    }

    /// What an escape stands for, as so many bytes of `character`.
    #[inline(never)]
    fn escape(&mut self, input: &mut &[u8]) -> Result<Option<u8>, Error> {
        loop {
            let before = *input;
            let Some((&byte, rest)) = before.split_first() else { return Ok(None) };
            *input = rest;
            self.at = match (self.at, byte) {
                (At::High, b'\\') => At::Escape,
                (At::Escape, b'u') => At::Digits(0),
                (At::Digits(count @ 0..=2), _) => {
                    self.digit(byte)?;
                    At::Digits(count.wrapping_add(1))
                }
                (At::Digits(_), _) => {
                    self.digit(byte)?;
                    let length = self.tell_unit();
                    self.at = if self.high == 0 { At::Text } else { At::High };
                    if length > 0 {
                        return Ok(Some(length));
                    }
                    self.at
                }
                // Something else than its other half comes after a high surrogate.
                (at, _) if self.high != 0 => {
                    *input = before;
                    self.high = 0;
                    self.at = if at == At::High { At::Text } else { at };
                    return Ok(Some(self.put(0, char::REPLACEMENT_CHARACTER)));
                }
                _ => {
                    self.at = At::Text;
                    return Ok(Some(self.put(0, short_escape(byte).ok_or(Error::Escape)?)));
                }
            };
        }
    }

    fn digit(&mut self, byte: u8) -> Result<(), Error> {
        let digit = char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok());
        self.unit = self.unit << 4 | digit.ok_or(Error::Escape)?;
        Ok(())
    }

    /// What a code unit means after the one before it. A high surrogate is kept for the next.
    fn tell_unit(&mut self) -> u8 {
        let (high, unit) = (mem::take(&mut self.high), mem::take(&mut self.unit));
        let is_high = (0xD800..0xDC00).contains(&unit);
        let is_low = (0xDC00..0xE000).contains(&unit);
        if high != 0 && is_low {
            let bits = u32::from(high & 0x3FF) << 10 | u32::from(unit & 0x3FF);
            return self.put(0, char::from_u32(bits.wrapping_add(0x1_0000)).unwrap_or_default());
        }
        let length = if high == 0 { 0 } else { self.put(0, char::REPLACEMENT_CHARACTER) };
        if is_high {
            self.high = unit;
            return length;
        }
        self.put(length, char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Puts a character after the first `length` bytes of `character`, and gives the length with it.
    fn put(&mut self, length: u8, character: char) -> u8 {
        let code = u32::from(character);
        let count = character.len_utf8();
        let places = self.character.iter_mut().skip(length.into()).take(count).enumerate();
        for (index, place) in places {
            let later = count.wrapping_sub(index).wrapping_sub(1);
            let bits = (code >> later.wrapping_mul(6)) & 0x3F;
            let mark = match (index, count) {
                (0, 1) => code & 0x40,
                (0, 2) => 0xC0,
                (0, 3) => 0xE0,
                (0, _) => 0xF0,
                _ => 0x80,
            };
            *place = u8::try_from(mark | bits).unwrap_or_default();
        }
        length.wrapping_add(u8::try_from(count).unwrap_or_default())
    }

    #[inline]
    fn take_number<'i>(
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
    fn take_word<'i>(
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

    /// The next token, its bytes decoded.
    #[inline(always)]
    fn find<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Found<'i>>, Error> {
        while !input.is_empty() {
            if self.begun > 0 {
                return Ok(self.complete(input).map(Found::Character));
            }
            let before = *input;
            if self.window > 0 {
                *input = before.get(..1 << self.window).unwrap_or(before);
            }
            let scope = *input;
            let lexeme = self.step(None, input);
            let taken = scope.len().wrapping_sub(input.len());
            *input = before.get(taken..).unwrap_or_default();
            let literal = match lexeme? {
                None => continue,
                Some(Lexeme::Run { bytes, last }) => match str::from_utf8(bytes) {
                    Ok(piece) => {
                        if self.window > 0 && piece.len() == scope.len() {
                            self.window = WINDOW_MAX.min(self.window.wrapping_add(1));
                        }
                        return Ok(Some(Found::Piece { piece, last }));
                    }
                    Err(_) => {
                        // Where the run lies in what there was.
                        let run = bytes.as_ptr().addr().wrapping_sub(before.as_ptr().addr());
                        let begin = before.get(run..).unwrap_or_default();
                        let is_at_end = run.wrapping_add(bytes.len()) == scope.len();
                        return Ok(Some(self.replace(bytes, is_at_end, begin, input)));
                    }
                },
                Some(Lexeme::Escape(length)) => return Ok(Some(Found::Character(length))),
                Some(Lexeme::Number { bytes, last }) => {
                    let piece = str::from_utf8(bytes).unwrap_or_default();
                    return Ok(Some(Found::Number { piece, last }));
                }
                Some(Lexeme::BeginObject) => Token::BeginObject,
                Some(Lexeme::EndObject) => Token::EndObject,
                Some(Lexeme::BeginArray) => Token::BeginArray,
                Some(Lexeme::EndArray) => Token::EndArray,
                Some(Lexeme::Bool(value)) => Token::Bool(value),
                Some(Lexeme::Null) => Token::Null,
            };
            return Ok(Some(Found::Structure(literal)));
        }
        Ok(None)
    }

    /// Gives the first part of a run that is not all UTF-8, and goes back to what comes after it.
    #[cold]
    #[inline(never)]
    fn replace<'i>(
        &mut self,
        run: &'i [u8],
        may_go_on: bool,
        begin: &'i [u8],
        input: &mut &'i [u8],
    ) -> Found<'i> {
        self.state = if self.state.is_name() { State::InName } else { State::InString };
        self.at = At::Text;
        let chunk = run.utf8_chunks().next();
        let (valid, invalid) = chunk.map_or(("", &[][..]), |chunk| (chunk.valid(), chunk.invalid()));
        if !valid.is_empty() {
            *input = begin.get(valid.len()..).unwrap_or_default();
            return Found::Piece { piece: valid, last: false };
        }
        *input = begin.get(invalid.len()..).unwrap_or_default();
        let is_cut = str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
        if may_go_on && is_cut && invalid.len() == run.len() {
            for (place, &byte) in self.character.iter_mut().zip(invalid) {
                *place = byte;
                self.begun = self.begun.wrapping_add(1);
            }
            return Found::Piece { piece: "", last: false };
        }
        self.window = WINDOW;
        Found::Character(self.put(0, char::REPLACEMENT_CHARACTER))
    }

    /// Adds to the character that was cut: the length of what became of it, once that is known.
    #[cold]
    #[inline(never)]
    fn complete(&mut self, input: &mut &[u8]) -> Option<u8> {
        loop {
            let (&byte, rest) = input.split_first()?;
            let length = self.begun.wrapping_add(1);
            *self.character.get_mut(usize::from(self.begun))? = byte;
            self.begun = 0;
            match str::from_utf8(self.character.get(..usize::from(length))?) {
                Ok(_) => {
                    *input = rest;
                    return Some(length);
                }
                Err(error) if error.error_len().is_none() => {
                    *input = rest;
                    self.begun = length;
                }
                // It was cut for good, and this byte is the first of something else.
                Err(_) => {
                    self.window = WINDOW;
                    return Some(self.put(0, char::REPLACEMENT_CHARACTER));
                }
            }
        }
    }
}

const fn short_escape(byte: u8) -> Option<char> {
    Some(match byte {
        b'"' | b'\\' | b'/' => byte as char,
        b'b' => '\u{8}',
        b'f' => '\u{C}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}
