//! Text of an id in, whole or known to be cut.
//!
//! # Limits
//!
//! 128 bytes. Of a longer id a prefix is kept, which tells events apart but is never sent.

use core::{fmt, ops::Deref};

use crate::http::Location;

/// An id of an event, or of the path of a request.
///
/// Its memory is that of an [`http::Location`](Location): the session keeps the one where the other is
/// not needed.
#[derive(Clone, PartialEq)]
pub(super) struct Id {
    pub(super) text: Location,
    cut: bool,
}

impl Id {
    pub(super) const fn new() -> Self {
        Self { text: Location::new(), cut: false }
    }

    /// Whether it is longer than what is kept of it.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn push_str(&mut self, piece: &str) {
        let room = if self.cut { 0 } else { self.text.capacity().saturating_sub(self.text.len()) };
        let fits = piece.get(..piece.floor_char_boundary(room)).unwrap_or_default();
        self.cut |= self.text.push_str(fits).is_err() || fits.len() < piece.len();
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.cut = false;
    }
}

impl Deref for Id {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        let mut id = Self::new();
        id.push_str(text);
        id
    }
}

impl fmt::Write for Id {
    /// Never fails: what has no room is known.
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.push_str(piece);
        Ok(())
    }
}

/// What a request names besides the first id of its path: one path with two
/// ids has no cursor.
#[derive(Clone, Debug)]
pub(super) enum SecondId {
    /// The event that a stream is to continue after; an empty one is none.
    LastEvent(Id),
    /// The second id of the path.
    Path(Id),
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)?;
        f.write_str(if self.cut { "…" } else { "" })
    }
}
