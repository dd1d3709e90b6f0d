//! Escapes in strings in, the characters that they stand for out (RFC 8259, section 7).
//!
//! # Limits
//!
//! A high surrogate is kept until what comes after it tells whether it is alone.

use core::mem;

use super::Tokenizer;
use crate::json::error::Error;

/// Where in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Text,
    /// After a reverse solidus.
    Escape,
    /// After `\u` and so many digits.
    Digits(u8),
    /// After a high surrogate.
    High,
}

impl Tokenizer {
    /// What an escape stands for, as so many bytes of `character`.
    #[inline(never)]
    pub(super) fn escape(&mut self, input: &mut &[u8]) -> Result<Option<u8>, Error> {
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
                    let &byte =
                        short_escape(byte).and_then(|text| text.as_bytes().first()).ok_or(Error::Escape)?;
                    return Ok(Some(self.put(0, byte.into())));
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
        if let Some(character) = pair(high, unit) {
            return self.put(0, character);
        }
        let length = if high == 0 { 0 } else { self.put(0, char::REPLACEMENT_CHARACTER) };
        if is_high {
            self.high = unit;
            return length;
        }
        self.put(length, char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Puts a character after the first `length` bytes of `character`, and gives the length with it.
    pub(super) fn put(&mut self, length: u8, character: char) -> u8 {
        let code = u32::from(character);
        let [last, third, second] = [0, 6, 12].map(|shift| 0x80 | (code >> shift) & 0x3F);
        let (count, bytes) = match code {
            0..0x80 => (1, [code, 0, 0, 0]),
            0x80..0x800 => (2, [0xC0 | code >> 6, last, 0, 0]),
            0x800..0x1_0000 => (3, [0xE0 | code >> 12, third, last, 0]),
            _ => (4, [0xF0 | code >> 18, second, third, last]),
        };
        for (place, byte) in self.character.iter_mut().skip(length.into()).zip(bytes) {
            *place = u8::try_from(byte).unwrap_or_default();
        }
        length.wrapping_add(count)
    }
}

/// What two halves stand for, if they are.
pub(super) fn pair(high: u16, low: u16) -> Option<char> {
    let are_halves = (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low);
    let bits = u32::from(high & 0x3FF) << 10 | u32::from(low & 0x3FF);
    if are_halves { char::from_u32(bits.wrapping_add(0x1_0000)) } else { None }
}

pub(super) const fn short_escape(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'"' => "\"",
        b'\\' => "\\",
        b'/' => "/",
        b'b' => "\u{8}",
        b'f' => "\u{C}",
        b'n' => "\n",
        b'r' => "\r",
        b't' => "\t",
        _ => return None,
    })
}
