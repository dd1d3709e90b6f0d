//! Bytes of a JSON text in, tokens out, as they arrive.
//!
//! # Limits
//!
//! Nesting to [`DEPTH`] levels, one bit each; deeper is an error. Strings and numbers have any length: of the
//! text it stores only a character or an escape that the end of the input cuts in two.

mod escape;
mod grammar;
mod shortcut;
mod skip;

use core::str::{self, Utf8Error};

use self::{
    escape::At,
    grammar::{Lexeme, Number},
};
pub(super) use self::{escape::short_form, grammar::State};
use super::{
    error::{Error, Wrong},
    limits::DEPTH,
};

/// What [`Tokenizer::feed`] finds. RFC 8259 has no other tokens.
///
/// Names, strings and numbers come in pieces; in one piece if the input has it whole and without escapes.
/// Pieces may be empty, and are never cut inside a character or an escape. Escapes are resolved and surrogate
/// pairs joined. A lone surrogate becomes U+FFFD, and so does each maximal part that is not UTF-8, as in the
/// [Encoding standard](https://encoding.spec.whatwg.org/#utf-8-decoder).
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
        /// Whether the number ends with it. Only the byte after it shows that, so a text that is just a
        /// number ends without.
        last: bool,
    },
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
}

/// The grammar of RFC 8259 in full, resumable at any byte.
///
/// ```
/// use taskgroup::json::{Token, Tokenizer};
///
/// let mut tokenizer = Tokenizer::new();
/// let mut text = String::new();
/// for mut input in [&br#"["sn\u00"#[..], br#"f6 in Z\u00fcr"#, br#"ich"]"#] {
///     while let Some(token) = tokenizer.feed(&mut input)? {
///         if let Token::String { piece, .. } = token { text += piece }
///     }
/// }
/// assert_eq!(text, "snö in Zürich");
/// tokenizer.finish()?;
/// # Ok::<(), taskgroup::json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tokenizer {
    /// One bit a level: whether it is an array.
    arrays: [u8; DEPTH / 8],
    depth: u8,
    /// The byte that ends the innermost open object or array; 0: none is open.
    end: u8,
    state: State,
    at: At,
    number: Number,
    /// The number of bytes of a word, digits of an escape, or bytes of a character that was cut.
    matched: u8,
    /// The code unit of a `\u` so far.
    unit: u16,
    /// A high surrogate that waits for its other half; 0: none.
    high: u16,
    /// Text that is not in the input as such: the character of an escape, with a lone surrogate before it, or
    /// a character that the end of the input has cut.
    character: [u8; 6],
    /// This many bytes of the string stand for themselves, as was found before one that is not UTF-8. Without
    /// it, a string of such bytes only would be searched for its end once per byte.
    plain: u16,
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
            end: 0,
            state: State::Value,
            at: At::Text,
            number: Number::Nothing,
            matched: 0,
            unit: 0,
            high: 0,
            character: [0; 6],
            plain: 0,
        }
    }

    /// Takes the next token off the front of `input`. `None`: `input` is used up.
    ///
    /// # Errors
    ///
    /// The text is not JSON, or is nested too deep. Every later call returns [`Error::Unexpected`].
    #[inline]
    pub fn feed<'t, 'i: 't>(&'t mut self, input: &mut &'i [u8]) -> Result<Option<Token<'t>>, Error> {
        Ok(self.token(input)?)
    }

    #[cfg_attr(feature = "fast", inline)]
    #[cfg_attr(not(feature = "fast"), inline(always))]
    pub(super) fn token<'t, 'i: 't>(&'t mut self, input: &mut &'i [u8]) -> Result<Option<Token<'t>>, Wrong> {
        let lexeme = match self.at {
            At::Cut => self.complete(input).map(Lexeme::Character),
            _ => self.step(input)?,
        };
        let is_name = self.state.is_name();
        let (piece, last) = match lexeme {
            None => return Ok(None),
            Some(Lexeme::Structure(token)) => return Ok(Some(token)),
            Some(Lexeme::Number { bytes, last }) => {
                return Ok(Some(Token::Number { piece: str::from_utf8(bytes).unwrap_or_default(), last }));
            }
            Some(Lexeme::Character(length)) => (self.character(length), false),
            Some(Lexeme::Run { from, length, last }) => {
                let run = from.get(..length).unwrap_or_default();
                match str::from_utf8(run) {
                    Ok(piece) => (piece, last),
                    Err(error) => (self.replace(run, error, from, input), false),
                }
            }
        };
        Ok(Some(if is_name { Token::Name { piece, last } } else { Token::String { piece, last } }))
    }

    /// Ends the text.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`]: the input was not one whole JSON text.
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

    #[cfg_attr(not(feature = "fast"), inline(never))]
    fn character(&self, length: u8) -> &str {
        let bytes = self.character.get(..usize::from(length)).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }

    /// Returns the first part of a run that is not all UTF-8, and goes back to the rest.
    #[cold]
    #[inline(never)]
    fn replace<'t, 'i: 't>(
        &'t mut self,
        run: &'i [u8],
        error: Utf8Error,
        from: &'i [u8],
        input: &mut &'i [u8],
    ) -> &'t str {
        self.state = if self.state.is_name() { State::InName } else { State::InString };
        self.at = At::Text;
        let is_cut = error.error_len().is_none() && run.len() == from.len();
        let length = match error.valid_up_to() {
            0 => error.error_len().unwrap_or(run.len()),
            valid => valid,
        };
        let (taken, rest) = run.split_at_checked(length).unwrap_or_default();
        *input = from.get(length..).unwrap_or_default();
        self.plain = u16::try_from(rest.len()).unwrap_or(u16::MAX);
        if error.valid_up_to() > 0 {
            return str::from_utf8(taken).unwrap_or_default();
        }
        if is_cut {
            self.at = At::Cut;
            self.matched = 0;
            for (place, &byte) in self.character.iter_mut().zip(taken) {
                *place = byte;
                self.matched = self.matched.wrapping_add(1);
            }
            return "";
        }
        let length = self.put(0, char::REPLACEMENT_CHARACTER);
        self.character(length)
    }

    /// Adds to the character that was cut. Returns the length of its text, once that is known.
    #[cold]
    #[inline(never)]
    fn complete(&mut self, input: &mut &[u8]) -> Option<u8> {
        // Each turn takes a byte, or returns.
        loop {
            let (&byte, rest) = input.split_first()?;
            let length = self.matched.wrapping_add(1);
            *self.character.get_mut(usize::from(self.matched))? = byte;
            self.at = At::Text;
            match str::from_utf8(self.character.get(..usize::from(length))?) {
                Ok(_) => {
                    *input = rest;
                    return Some(length);
                }
                Err(error) if error.error_len().is_none() => {
                    *input = rest;
                    self.at = At::Cut;
                    self.matched = length;
                }
                // It was cut for good, and this byte is the first of something else.
                Err(_) => return Some(self.put(0, char::REPLACEMENT_CHARACTER)),
            }
        }
    }
}
