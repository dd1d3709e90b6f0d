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

mod escape;
mod grammar;
mod shortcut;

use core::str::{self, Utf8Error};

pub(super) use self::grammar::State;
use self::{
    escape::At,
    grammar::{Lexeme, Number},
};
use super::error::{Error, Wrong};

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
    /// What ends the innermost that is open; 0: none is.
    end: u8,
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
            end: 0,
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
        Ok(self.token(input)?)
    }

    #[inline]
    pub(super) fn token<'t, 'i: 't>(&'t mut self, input: &mut &'i [u8]) -> Result<Option<Token<'t>>, Wrong> {
        let Some(found) = self.find(input)? else { return Ok(None) };
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

    /// The next token, its bytes decoded.
    #[inline(always)]
    fn find<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Found<'i>>, Wrong> {
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
            match lexeme? {
                None => {}
                Some(Lexeme::Structure(token)) => return Ok(Some(Found::Structure(token))),
                Some(Lexeme::Run { bytes, last }) => match str::from_utf8(bytes) {
                    Ok(piece) => {
                        if self.window > 0 && piece.len() == scope.len() {
                            self.window = WINDOW_MAX.min(self.window.wrapping_add(1));
                        }
                        return Ok(Some(Found::Piece { piece, last }));
                    }
                    Err(error) => {
                        // Where the run lies in what there was.
                        let run = bytes.as_ptr().addr().wrapping_sub(before.as_ptr().addr());
                        let begin = before.get(run..).unwrap_or_default();
                        let is_at_end = run.wrapping_add(bytes.len()) == scope.len();
                        return Ok(Some(self.replace(bytes, error, is_at_end, begin, input)));
                    }
                },
                Some(Lexeme::Escape(length)) => return Ok(Some(Found::Character(length))),
                Some(Lexeme::Number { bytes, last }) => {
                    let piece = str::from_utf8(bytes).unwrap_or_default();
                    return Ok(Some(Found::Number { piece, last }));
                }
            }
        }
        Ok(None)
    }

    /// Gives the first part of a run that is not all UTF-8, and goes back to what comes after it.
    #[cold]
    #[inline(never)]
    fn replace<'i>(
        &mut self,
        run: &'i [u8],
        error: Utf8Error,
        is_at_end: bool,
        begin: &'i [u8],
        input: &mut &'i [u8],
    ) -> Found<'i> {
        self.state = if self.state.is_name() { State::InName } else { State::InString };
        self.at = At::Text;
        let (length, found) = match (error.valid_up_to(), error.error_len()) {
            (0, None) if is_at_end => {
                for (place, &byte) in self.character.iter_mut().zip(run) {
                    *place = byte;
                    self.begun = self.begun.wrapping_add(1);
                }
                (run.len(), Found::Piece { piece: "", last: false })
            }
            (0, length) => {
                self.window = WINDOW;
                let character = self.put(0, char::REPLACEMENT_CHARACTER);
                (length.unwrap_or(run.len()), Found::Character(character))
            }
            (length, _) => {
                let piece = run.get(..length).and_then(|valid| str::from_utf8(valid).ok());
                (length, Found::Piece { piece: piece.unwrap_or_default(), last: false })
            }
        };
        *input = begin.get(length..).unwrap_or_default();
        found
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
