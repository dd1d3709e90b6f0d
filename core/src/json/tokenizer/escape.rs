//! Escapes in strings in, their characters out (RFC 8259 §7).
//!
//! # Limits
//!
//! A high surrogate is kept until the next characters show whether it is alone.

use core::mem;

use super::Tokenizer;
use crate::json::error::Wrong;

/// Where in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Text,
    /// After `matched` bytes of a character that the end of the input has cut.
    Cut,
    /// After a reverse solidus.
    Escape,
    /// After `\u` and `matched` digits.
    Digits,
    /// After a high surrogate.
    High,
}

impl Tokenizer {
    /// The number of bytes in `character` that an escape stands for. 0: the input is used up.
    #[inline(never)]
    pub(super) fn escape(&mut self, input: &mut &[u8]) -> Result<u8, Wrong> {
        while let Some((&byte, rest)) = input.split_first() {
            match self.at {
                At::High if byte == b'\\' => self.at = At::Escape,
                At::Escape if byte == b'u' => {
                    self.at = At::Digits;
                    self.matched = 0;
                }
                At::Digits => {
                    let digit = char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok());
                    self.unit = self.unit << 4 | digit.ok_or(Wrong::Escape)?;
                    self.matched = self.matched.wrapping_add(1);
                    if self.matched == 4 {
                        let length = self.tell_unit();
                        self.at = if self.high == 0 { At::Text } else { At::High };
                        if length > 0 {
                            *input = rest;
                            return Ok(length);
                        }
                    }
                }
                // Something else than its other half comes after a high surrogate.
                at if self.high != 0 => {
                    self.high = 0;
                    self.at = if at == At::High { At::Text } else { at };
                    return Ok(self.put(0, char::REPLACEMENT_CHARACTER));
                }
                _ => {
                    self.at = At::Text;
                    let &byte =
                        short_escape(byte).and_then(|text| text.as_bytes().first()).ok_or(Wrong::Escape)?;
                    *input = rest;
                    return Ok(self.put(0, byte.into()));
                }
            }
            *input = rest;
        }
        Ok(0)
    }

    /// Decodes a code unit after the one before it. A high surrogate is kept for the next.
    fn tell_unit(&mut self) -> u8 {
        let (high, unit) = (mem::take(&mut self.high), mem::take(&mut self.unit));
        let pair = pair(high, unit);
        let is_alone = high != 0 && pair.is_none();
        let length = if is_alone { self.put(0, char::REPLACEMENT_CHARACTER) } else { 0 };
        if (0xD800..0xDC00).contains(&unit) {
            self.high = unit;
            return length;
        }
        let character = pair.or(char::from_u32(unit.into()));
        self.put(length, character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Puts a character after the first `length` bytes of `character`, and returns the new length.
    #[inline(never)]
    pub(super) fn put(&mut self, length: u8, character: char) -> u8 {
        let mut bytes = [0; 4];
        let text = character.encode_utf8(&mut bytes);
        let mut length = length;
        for byte in text.bytes() {
            if let Some(place) = self.character.get_mut(usize::from(length)) {
                *place = byte;
            }
            length = length.wrapping_add(1);
        }
        length
    }
}

/// The character of two surrogates, if they are a pair.
pub(super) fn pair(high: u16, low: u16) -> Option<char> {
    let are_halves = (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low);
    let bits = u32::from(high & 0x3FF) << 10 | u32::from(low & 0x3FF);
    if are_halves { char::from_u32(bits.wrapping_add(0x1_0000)) } else { None }
}

/// Makes two texts of equal length from one list: the bytes that may follow a reverse solidus, and what they
/// stand for.
macro_rules! escapes {
    ($($short:literal => $character:literal),*) => {
        const SHORT: &str = concat!($($short),*);
        const CHARACTERS: &str = concat!($($character),*);
    };
}

escapes! {
    "\"" => "\"", "\\" => "\\", "/" => "/", "b" => "\u{8}", "f" => "\u{C}", "n" => "\n", "r" => "\r", "t" => "\t"
}

/// The byte that a reverse solidus and this byte stand for.
pub(super) fn short_escape(byte: u8) -> Option<&'static str> {
    counterpart(byte, SHORT, CHARACTERS)
}

/// The byte that stands for this one after a reverse solidus.
pub(in crate::json) fn short_form(byte: u8) -> Option<&'static str> {
    counterpart(byte, CHARACTERS, SHORT)
}

#[cfg_attr(feature = "fast", inline)]
#[cfg_attr(not(feature = "fast"), inline(never))]
fn counterpart(byte: u8, from: &str, to: &'static str) -> Option<&'static str> {
    let place = from.bytes().position(|short| short == byte)?;
    to.get(place..=place)
}
