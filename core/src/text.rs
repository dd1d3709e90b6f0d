//! Text in fixed memory that knows how much it lost, and UTF-8 that comes in pieces.
//!
//! ```
//! use taskgroup::text::Text;
//!
//! let mut name = Text::<8>::new();
//! name.push_str("Zürich");
//! name.push_str(" HB");
//! assert_eq!(name.as_str(), "Zürich ");
//! assert_eq!(name.lost(), 2);
//! ```
//!
//! # Limits
//!
//! `N` bytes are kept: a prefix that ends on a character boundary. Once something has been lost, everything
//! after it is lost, too, so the text is always a true prefix. The count of lost bytes stops at `u32::MAX`.

use core::{fmt, mem, ops::Deref, str};

/// From this many bytes on a text can be a secret.
const SECRET: usize = 8;

/// From this many bytes on, the end of a cut text can be the beginning of a secret.
const BEGINNING: usize = 4;

/// Whether `text` is long enough to be removed from messages: 8 bytes or more. A shorter one, such as `k` or
/// `report`, is in texts for other reasons, and replacing it would garble them.
#[must_use]
pub const fn is_secret(text: &str) -> bool {
    text.len() >= SECRET
}

/// The first `N` bytes of a text, cut on a character boundary, and the number of bytes after them.
///
/// Two are equal if they have the same prefix and lost the same number of bytes.
///
/// ```
/// use taskgroup::text::Text;
///
/// let mut name = Text::<8>::new();
/// name.push_str("Zürich");
/// name.push_str(" HB");
/// assert_eq!(name.as_str(), "Zürich ");
/// assert_eq!(name.lost(), 2);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text<const N: usize> {
    kept: heapless::String<N>,
    lost: u32,
}

impl<const N: usize> Text<N> {
    /// An empty text that has lost nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { kept: heapless::String::new(), lost: 0 }
    }

    /// The text that was kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.kept.as_str()
    }

    /// The number of bytes of UTF-8 after those that were kept. 0: this is the whole text.
    #[must_use]
    pub const fn lost(&self) -> usize {
        self.lost as usize
    }

    /// Appends `piece`, as much of it as has room.
    pub fn push_str(&mut self, piece: &str) {
        self.open().push_str(piece);
    }

    /// A writer that appends to it.
    pub(crate) fn open(&mut self) -> Open<'_> {
        Open { kept: self.kept.as_mut_view(), lost: &mut self.lost }
    }

    /// Clears the text and the count.
    pub fn clear(&mut self) {
        self.kept.clear();
        self.lost = 0;
    }
}

/// A text of any capacity, to append to: one function for all of them saves flash.
pub(crate) struct Open<'t> {
    kept: &'t mut heapless::string::StringView,
    lost: &'t mut u32,
}

impl Open<'_> {
    /// How many more bytes have room.
    pub(crate) fn room(&self) -> usize {
        if *self.lost == 0 { self.kept.capacity().saturating_sub(self.kept.len()) } else { 0 }
    }

    /// Appends `piece`, as much of it as has room.
    pub(crate) fn push_str(&mut self, piece: &str) {
        let fits = piece.get(..piece.floor_char_boundary(self.room())).unwrap_or_default();
        let count = if self.kept.push_str(fits).is_ok() { fits.len() } else { 0 };
        self.lose(piece.len().saturating_sub(count));
    }

    /// Counts bytes as lost, without seeing them.
    pub(crate) fn lose(&mut self, count: usize) {
        *self.lost = self.lost.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }
}

impl<const N: usize> Text<N> {
    /// Replaces each `secret` by `***`, and at the end of the text, where it may have been cut, also what may
    /// be the beginning of one. A text that is too short [is not a secret](is_secret).
    pub fn redact(&mut self, secret: &str) {
        if !is_secret(secret) {
            return;
        }
        let Self { kept, lost } = mem::take(self);
        redact(kept.as_str(), secret, &mut self.open());
        self.lost = self.lost.saturating_add(lost);
    }
}

/// Appends `text`, with each `secret` replaced as by [`Text::redact`].
#[inline(never)] // one copy instead of one for each capacity
fn redact(mut text: &str, secret: &str, to: &mut Open<'_>) {
    while let Some(first) = text.chars().next() {
        let cut = text.len() >= BEGINNING && secret.starts_with(text);
        let (piece, taken) = match text.strip_prefix(secret) {
            Some(_) => ("***", secret.len()),
            None if cut => ("***", text.len()),
            None => (text.get(..first.len_utf8()).unwrap_or_default(), first.len_utf8()),
        };
        to.push_str(piece);
        text = text.get(taken..).unwrap_or_default();
    }
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> From<&str> for Text<N> {
    fn from(text: &str) -> Self {
        let mut new = Self::new();
        new.push_str(text);
        new
    }
}

impl<const N: usize> PartialEq<str> for Text<N> {
    /// Whether this is all of `other`.
    fn eq(&self, other: &str) -> bool {
        self.lost == 0 && self.as_str() == other
    }
}

impl<const N: usize> PartialEq<&str> for Text<N> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    /// Never fails: the part without room is counted.
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.push_str(piece);
        Ok(())
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)?;
        if self.lost > 0 { write!(f, "+{}", self.lost) } else { Ok(()) }
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Text<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        if self.lost > 0 {
            defmt::write!(f, "{=str}+{=u32}", self.as_str(), self.lost);
        } else {
            defmt::write!(f, "{=str}", self.as_str());
        }
    }
}

#[cfg(feature = "serde")]
impl<const N: usize> serde::Serialize for Text<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Decodes UTF-8 that comes in pieces. Each maximal invalid part becomes one U+FFFD, as the
/// [Encoding standard](https://encoding.spec.whatwg.org/#utf-8-decoder) demands.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    /// The beginning of a character whose rest has not come yet.
    begun: heapless::Vec<u8, 4, u8>,
}

impl Decoder {
    /// Between two characters.
    #[must_use]
    pub const fn new() -> Self {
        Self { begun: heapless::Vec::new() }
    }

    /// Passes the text of `bytes` to `each` in pieces of whole characters; a character whose rest has not
    /// come yet is kept for the next call.
    pub fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(&str)) {
        while !self.begun.is_empty() {
            let Some((&byte, rest)) = bytes.split_first() else { return };
            _ = self.begun.push(byte);
            match str::from_utf8(&self.begun) {
                Err(error) if error.error_len().is_none() => {
                    bytes = rest;
                    continue;
                }
                // The character was cut short, and this byte is the first of something else.
                Err(_) => each(self.finish()),
                Ok(character) => {
                    each(character);
                    bytes = rest;
                    self.begun.clear();
                }
            }
        }
        // Each turn takes a piece and what is not UTF-8 after it, or returns.
        loop {
            let error = match str::from_utf8(bytes) {
                Ok(text) => return each(text),
                Err(error) => error,
            };
            let (valid, rest) = bytes.split_at_checked(error.valid_up_to()).unwrap_or_default();
            each(str::from_utf8(valid).unwrap_or_default());
            let Some(broken) = error.error_len() else {
                _ = self.begun.extend_from_slice(rest);
                return;
            };
            each("\u{FFFD}");
            bytes = rest.get(broken..).unwrap_or_default();
        }
    }

    /// Ends the text, and returns the replacement of a character that was cut short, if there was one.
    #[must_use]
    pub fn finish(&mut self) -> &'static str {
        if self.begun.is_empty() {
            return "";
        }
        self.begun.clear();
        "\u{FFFD}"
    }
}

/// The number in ASCII digits, or `u32::MAX` if it is larger. `None`: there is anything else, or nothing.
///
/// `str::parse` would leave a branch that can panic, and a copy in each place.
#[inline(never)]
pub(crate) fn decimal(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.is_ascii_digit().then_some(byte & 0xF)?;
        let has_room = number <= u32::MAX / 10;
        let tenfold = if has_room { number.wrapping_mul(10) } else { u32::MAX };
        Some(tenfold.saturating_add(digit.into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_cut_before_a_character_that_does_not_fit_whole() {
        let mut text = Text::<4>::from("ab€");
        assert_eq!((text.as_str(), text.lost()), ("ab", 3));
        text.push_str("c");
        assert_eq!((text.as_str(), text.lost()), ("ab", 4), "a true prefix: nothing after a loss");
    }

    #[test]
    fn a_secret_is_taken_out_wherever_it_stands_even_cut() {
        let mut text = Text::<20>::from("é s3cret-8: s3cret-8");
        text.redact("s3cret-8");
        assert_eq!((text.as_str(), text.lost()), ("é ***: ***", 1), "seven of its eight letters are left");
        let mut text = Text::<14>::from("é s3cret-8: s3cret-8");
        text.redact("s3cret-8");
        assert_eq!((text.as_str(), text.lost()), ("é ***: s", 7));
    }

    #[test]
    fn what_is_too_short_for_a_secret_stays() {
        let mut text = Text::<20>::from("no report reported");
        text.redact("report");
        text.redact("reporte");
        assert_eq!(text.as_str(), "no report reported");
        text.redact("reported");
        assert_eq!(text.as_str(), "no report ***");
    }

    #[test]
    fn a_number_is_digits_alone_and_the_greatest_stands_for_all_beyond() {
        let cases = [
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1 ", None),
            ("1.0", None),
            ("0", Some(0)),
            ("0012", Some(12)),
            ("4294967294", Some(u32::MAX - 1)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", Some(u32::MAX)),
            ("4294967300", Some(u32::MAX)),
            ("99999999999999999999", Some(u32::MAX)),
        ];
        for (digits, number) in cases {
            assert_eq!(decimal(digits.as_bytes()), number, "{digits:?}");
        }
    }

    #[test]
    fn a_text_without_room_counts_everything() {
        assert_eq!(Text::<0>::from("abc").lost(), 3);
    }
}
