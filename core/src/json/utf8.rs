//! Bytes of the input in, the same as text out.
//!
//! The fast form checks many bytes at once that they are UTF-8, and lends each text out of what is known to
//! be: most texts are shorter than the check of one by itself takes. The small form checks each text.
//!
//! # Limits
//!
//! Not for bytes of another input than the one before.

use core::str::{self, Utf8Error};

/// How much is checked at once. What is skipped soon after a text is checked in vain.
#[cfg(feature = "fast")]
const AHEAD: usize = 512;

/// The part of the input that is known to be UTF-8.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'i> {
    #[cfg(feature = "fast")]
    text: &'i str,
    /// How much of the input there was from its beginning on.
    #[cfg(feature = "fast")]
    left: usize,
    #[cfg(not(feature = "fast"))]
    input: core::marker::PhantomData<&'i [u8]>,
}

impl<'i> Known<'i> {
    /// The first `length` bytes of `from`, which goes to the end of the input.
    #[cfg(not(feature = "fast"))]
    #[inline]
    #[allow(clippy::unused_self, reason = "the other form has something to remember")]
    pub(super) fn text(&mut self, from: &'i [u8], length: usize) -> Result<&'i str, Utf8Error> {
        str::from_utf8(from.get(..length).unwrap_or_default())
    }

    /// The first `length` bytes of `from`, which goes to the end of the input.
    #[cfg(feature = "fast")]
    #[inline]
    pub(super) fn text(&mut self, from: &'i [u8], length: usize) -> Result<&'i str, Utf8Error> {
        let start = self.left.wrapping_sub(from.len());
        match self.text.get(start..start.wrapping_add(length)) {
            Some(text) => Ok(text),
            None => self.other_text(from, length),
        }
    }

    #[cfg(feature = "fast")]
    #[inline(never)]
    fn other_text(&mut self, from: &'i [u8], length: usize) -> Result<&'i str, Utf8Error> {
        let start = self.left.wrapping_sub(from.len());
        if start.saturating_add(length) > self.text.len() {
            let mut end = from.len().min(AHEAD.max(length));
            // A character that is whole in the input is not cut here.
            while end > length && from.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
                end = end.wrapping_sub(1);
            }
            let ahead = from.get(..end).unwrap_or_default();
            self.left = from.len();
            self.text = match simdutf8::basic::from_utf8(ahead) {
                Ok(text) => text,
                Err(_) => ahead.utf8_chunks().next().map_or("", |chunk| chunk.valid()),
            };
            if let Some(text) = self.text.get(..length) {
                return Ok(text);
            }
        }
        str::from_utf8(from.get(..length).unwrap_or_default())
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_an_input_is_judged_as_it_is_by_itself() {
        let valid = "plain, Zürich, 価格, 🚀, ".repeat(40);
        for wrong in [None, Some(3), Some(511), Some(512), Some(600)] {
            let mut input = valid.clone().into_bytes();
            if let Some(wrong) = wrong {
                input[wrong] = 0xFF;
            }
            for step in [1, 7, 100, 512, 1_000] {
                for length in [0, 1, 2, 5, 30, 511, 512, 513, 700] {
                    let mut known = Known::default();
                    let mut start = 0;
                    while start + length <= input.len() {
                        let alone = str::from_utf8(&input[start..start + length]);
                        assert_eq!(known.text(&input[start..], length), alone, "{start} and {length}");
                        start += step;
                    }
                }
            }
        }
    }
}
