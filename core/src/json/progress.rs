//! How far a text has been parsed, and where in its record that is: everything that is kept between two
//! pieces.
//!
//! # Limits
//!
//! A byte for each level of records and lists, and one [short](SHORT) text.

use super::{
    error::Misfit,
    limits::{RECORDS, SHORT},
    node::Node,
    tokenizer::Tokenizer,
};

/// The place at one level: before the value, between two members or elements, or in one of them (the index of
/// its node, plus `IN`).
pub(super) type Step = u8;
pub(super) const START: Step = 0;
pub(super) const BETWEEN: Step = 1;
pub(super) const IN: Step = 2;
/// In a member or element that nobody wants.
pub(super) const IN_NONE: Step = u8::MAX;

/// The state of a [`Filler`](super::Filler).
#[derive(Clone, Debug)]
pub(super) struct Progress {
    pub(super) tokens: Tokenizer,
    pub(super) steps: [Step; RECORDS],
    pub(super) short: Short,
    /// Whether a [`Watch`](super::Watch) sees the tokens of the next value. It must see all of them, so the
    /// short cuts past several tokens must not be used for a value that is watched.
    pub(super) is_watched: bool,
    pub(super) rest: Rest,
    /// The first member that did not fit, and why.
    pub(super) mismatch: Option<&'static Node>,
    pub(super) why: Misfit,
}

impl Progress {
    /// At the beginning of a text.
    pub(super) const fn new() -> Self {
        Self {
            tokens: Tokenizer::new(),
            steps: [START; RECORDS],
            short: Short::new(),
            is_watched: false,
            rest: Rest::Taken,
            mismatch: None,
            why: Misfit::Root,
        }
    }
}

/// What to do with the rest of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It goes where the beginning of the value went.
    Taken,
    /// It is only counted, for a raw value.
    Counted,
    /// It is skipped, because the value does not fit. The object or array around it then clears or rejects
    /// it.
    Unfit,
}

/// The part of a name, number or word that has arrived.
#[derive(Clone, Debug)]
pub(super) struct Short {
    text: heapless::String<SHORT, u8>,
    is_too_long: bool,
    /// Begins another one.
    pub(super) is_whole: bool,
}

impl Short {
    pub(super) const fn new() -> Self {
        Self { text: heapless::String::new(), is_too_long: false, is_whole: true }
    }

    #[inline(never)]
    pub(super) fn push(&mut self, piece: &str, last: bool) {
        if self.is_whole {
            self.text.clear();
            self.is_too_long = false;
        }
        self.is_too_long |= self.text.push_str(piece).is_err();
        self.is_whole = last;
    }

    /// The text so far, if it is not too long.
    pub(super) fn text(&self) -> Option<&str> {
        (!self.is_too_long).then_some(self.text.as_str())
    }
}
