//! What is compared: one way to do the work of a group on some frames.

use crate::kept::Kept;

/// Whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Ours,
    Theirs,
    /// Nobody's: the least that any of them must do.
    Bound,
}

type Run<'f> = Box<dyn FnMut(Option<&mut Kept>) -> usize + 'f>;

pub(crate) struct Runner<'f> {
    pub(crate) whose: Whose,
    pub(crate) name: &'static str,
    /// In how many bytes at a time it is given the input. `None`: in one piece.
    pub(crate) read: Option<usize>,
    /// How many events it finds. It also adds what it keeps of them, if asked: that costs time.
    pub(crate) run: Run<'f>,
}

impl<'f> Runner<'f> {
    pub(crate) fn ours(name: &'static str, run: impl FnMut(Option<&mut Kept>) -> usize + 'f) -> Self {
        Self { whose: Whose::Ours, name, read: None, run: Box::new(run) }
    }

    pub(crate) fn theirs(name: &'static str, run: impl FnMut(Option<&mut Kept>) -> usize + 'f) -> Self {
        Self { whose: Whose::Theirs, name, read: None, run: Box::new(run) }
    }

    pub(crate) fn bound(name: &'static str, run: impl FnMut(Option<&mut Kept>) -> usize + 'f) -> Self {
        Self { whose: Whose::Bound, name, read: None, run: Box::new(run) }
    }

    pub(crate) fn in_reads_of(self, read: usize) -> Self {
        Self { read: Some(read), ..self }
    }
}
