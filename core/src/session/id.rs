//! Text of an id in, whole or known to be cut.
//!
//! # Limits
//!
//! 128 bytes. Of a longer id it keeps a prefix, which tells events apart but is never sent.

use core::{fmt, ops::Deref};

use crate::http::Location;

/// An id of an event, or of the path of a request.
///
/// Its memory is that of an [`http::Location`](Location): the session keeps one where it does not need the
/// other.
#[derive(Clone, PartialEq)]
pub(super) struct Id {
    pub(super) text: Location,
    cut: bool,
}

impl Id {
    pub(super) const fn new() -> Self {
        Self { text: Location::new(), cut: false }
    }

    /// Whether the id is longer than the part that is kept.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn push_str(&mut self, piece: &str) {
        let room = if self.cut { 0 } else { self.text.capacity().saturating_sub(self.text.len()) };
        let fits = piece.get(..piece.floor_char_boundary(room)).unwrap_or_default();
        self.cut |= self.text.push_str(fits).is_err() || fits.len() < piece.len();
    }

    /// Copies the bytes that there are: to copy or swap all of its memory takes several times as long.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.text.clear();
        self.cut = other.cut | self.text.push_str(&other.text).is_err();
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
    /// Never fails: an id without room is marked as cut.
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.push_str(piece);
        Ok(())
    }
}

/// What a request names besides the first id of its path: a path with two ids has no cursor.
#[derive(Clone, Debug)]
pub(super) enum SecondId {
    /// The event after which a stream continues; an empty id means none.
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
