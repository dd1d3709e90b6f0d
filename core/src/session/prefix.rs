//! A text in pieces in, whether it is an expected one out.
//!
//! # Limits
//!
//! 254 bytes: a longer text is never found.

/// How much of the expected text has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefix(u8);

impl Prefix {
    pub(super) const EMPTY: Self = Self(0);

    /// Something else has come.
    const OTHER: Self = Self(u8::MAX);

    /// Takes the next piece.
    #[inline(never)] // one copy instead of one for each text
    pub(super) fn push(&mut self, piece: &[u8], text: &str) {
        let length = usize::from(self.0).saturating_add(piece.len());
        let is_same = text.as_bytes().get(usize::from(self.0)..length) == Some(piece);
        *self =
            u8::try_from(length).ok().filter(|_| is_same && *self != Self::OTHER).map_or(Self::OTHER, Self);
    }

    /// Whether all of the text has come, and nothing else.
    pub(super) fn is_whole(self, text: &str) -> bool {
        self != Self::OTHER && self != Self::EMPTY && usize::from(self.0) == text.len()
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::Prefix;

    #[test]
    fn a_text_is_found_whatever_pieces_it_comes_in() {
        let text = "[DONE]";
        for cut in 0..=text.len() {
            let mut prefix = Prefix::EMPTY;
            prefix.push(text.as_bytes().get(..cut).unwrap_or_default(), text);
            assert_eq!(prefix.is_whole(text), cut == text.len());
            prefix.push(text.as_bytes().get(cut..).unwrap_or_default(), text);
            assert!(prefix.is_whole(text));
            prefix.push(b"", text);
            assert!(prefix.is_whole(text));
            prefix.push(b" ", text);
            assert!(!prefix.is_whole(text));
            prefix.push(text.as_bytes(), text);
            assert!(!prefix.is_whole(text), "nothing makes up for what came first");
        }
    }

    #[test]
    fn a_text_that_is_empty_or_too_long_is_never_found() {
        for length in [0, 254, 255, 256, 511, 512] {
            let text = String::from_iter(core::iter::repeat_n('x', length));
            let mut prefix = Prefix::EMPTY;
            text.bytes().for_each(|byte| prefix.push(&[byte], &text));
            assert_eq!(prefix.is_whole(&text), length == 254, "{length}");
            prefix = Prefix::EMPTY;
            prefix.push(b"y", &text);
            assert!(!prefix.is_whole(&text), "{length}");
        }
    }
}
