//! What a runner has found and keeps in, a number out that is the same for all that have found the same.

/// FNV-1a of Fowler, Noll and Vo, so that it does not matter in how many pieces a text comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept(u64);

impl Kept {
    pub(crate) const fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    /// A piece of a text.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3);
        }
    }

    /// The end of one, or that something is there which has none.
    pub(crate) fn end(&mut self) {
        // No text has this byte in it: it is not UTF-8.
        self.add(&[0xFF]);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.add(text.as_bytes());
        self.end();
    }

    /// As much of a text as every one keeps.
    pub(crate) fn beginning(&mut self, text: &str) {
        const ROOM: usize = 64;

        let end = (0..=text.len().min(ROOM)).rev().find(|at| text.is_char_boundary(*at));
        self.text(&text[..end.unwrap_or(0)]);
    }

    pub(crate) fn option(&mut self, text: Option<&str>) {
        self.text(text.unwrap_or("\0"));
    }

    /// By its name.
    pub(crate) fn word(&mut self, word: impl std::fmt::Debug) {
        self.text(&format!("{word:?}"));
    }
}
