//! A body in numbered parts in, its length and its bytes out, through a buffer of any size.
//!
//! # Limits
//!
//! 4 GiB. A body is written at least twice: once to count and check it, and then to send it. For each buffer
//! that is filled, one part may be written again, so the work is linear in the body, plus one part for each
//! buffer.

use core::fmt;

use super::outcome::Misuse;
use crate::json::{Output, Writer};

/// The body of a POST, in parts: from [`api::body`](crate::api::body), or JSON text of your own.
///
/// The parts are written in order, from 0 on. One part may be written several times, and must be the same
/// each time. A body that changes is [`Misuse::Changed`], and is never sent with a wrong length.
pub trait Body: Sync {
    /// Writes one part. Returns `false` if it is the last one.
    fn part(&self, index: usize, out: &mut Draft<'_>) -> bool;

    /// The names of beta features that it [may use](Draft::uses), at most 8.
    fn features(&self) -> &'static [&'static str] {
        &[]
    }
}

/// The features that a body uses, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Features(u8);

impl Features {
    /// Those that are used, of those that there are.
    pub(super) fn of<'n>(self, names: &'n [&'n str]) -> impl Iterator<Item = &'n str> {
        names
            .iter()
            .zip(0..)
            .filter(move |(_, bit)| self.0.checked_shr(*bit).is_some_and(|bits| bits & 1 == 1))
            .map(|(name, _)| *name)
    }
}

/// Takes a part: its [JSON text](Self::json), and what is wrong with it.
#[derive(Debug)]
pub struct Draft<'w> {
    json: Writer<'w>,
    notes: &'w mut Notes,
}

/// What is known about a body besides its bytes.
#[derive(Debug, Default)]
struct Notes {
    is_check: bool,
    features: Features,
    fault: Option<&'static str>,
    /// The characters that count for each run besides its own.
    shared: usize,
}

impl<'w> Draft<'w> {
    /// The text of the part, from its beginning.
    pub fn json(&mut self) -> &mut Writer<'w> {
        &mut self.json
    }

    /// Whether the body is written in order to check it: the time to look for what is wrong with it.
    #[must_use]
    pub const fn is_check(&self) -> bool {
        self.notes.is_check
    }

    /// Reports why the body cannot be sent: [`Misuse::Body`]. The first reason counts.
    pub const fn refuse(&mut self, why: &'static str) {
        if self.notes.fault.is_none() {
            self.notes.fault = Some(why);
        }
    }

    /// Reports that the body uses one of its [features](Body::features), by its number there.
    pub fn uses(&mut self, feature: u32) {
        self.notes.features.0 |= 1_u8.checked_shl(feature).unwrap_or_default();
    }

    /// The number of characters that count for each run besides its own. 0 until it is set.
    pub(crate) const fn shared_characters(&mut self) -> &mut usize {
        &mut self.notes.shared
    }
}

impl Body for [u8] {
    fn part(&self, _: usize, out: &mut Draft<'_>) -> bool {
        out.json.bytes(self);
        false
    }
}

/// What a request borrows for its body.
#[derive(Clone, Copy)]
pub(super) enum Source<'c> {
    Bytes(&'c [u8]),
    Parts(&'c dyn Body),
}

/// A body to be sent: anything that is a [`Body`], or JSON text as it is.
#[derive(Clone, Copy)]
pub struct BodyRef<'c>(pub(super) Source<'c>);

impl BodyRef<'_> {
    /// No bytes.
    pub(crate) const EMPTY: Self = Self(Source::Bytes(&[]));
}

impl<'c> From<&'c [u8]> for BodyRef<'c> {
    fn from(bytes: &'c [u8]) -> Self {
        Self(Source::Bytes(bytes))
    }
}

impl<'c, const N: usize> From<&'c [u8; N]> for BodyRef<'c> {
    fn from(bytes: &'c [u8; N]) -> Self {
        Self(Source::Bytes(bytes))
    }
}

impl<'c> From<&'c str> for BodyRef<'c> {
    fn from(text: &'c str) -> Self {
        Self(Source::Bytes(text.as_bytes()))
    }
}

impl<'c, B: Body> From<&'c B> for BodyRef<'c> {
    fn from(body: &'c B) -> Self {
        Self(Source::Parts(body))
    }
}

impl Body for BodyRef<'_> {
    fn part(&self, index: usize, out: &mut Draft<'_>) -> bool {
        match self.0 {
            Source::Bytes(bytes) => bytes.part(index, out),
            Source::Parts(body) => body.part(index, out),
        }
    }

    fn features(&self) -> &'static [&'static str] {
        match self.0 {
            Source::Bytes(_) => &[],
            Source::Parts(body) => body.features(),
        }
    }
}

/// Shows whether there is one, but not its content, which may be large.
impl fmt::Debug for BodyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self.0, Source::Bytes([])) { "none" } else { "…" })
    }
}

/// How much of a body has been sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// How many bytes are to come.
    left: u32,
    /// The next part, and how many bytes of it have been sent.
    part: usize,
    offset: u32,
    pub(super) features: Features,
}

impl Progress {
    /// Counts a body and checks it.
    pub(super) fn measure(body: &dyn Body) -> Result<Self, Misuse> {
        let mut notes = Notes { is_check: true, ..Notes::default() };
        let (mut length, mut part) = (Length(0), 0_usize);
        loop {
            let is_last = !body.part(part, &mut Draft { json: Writer::new(&mut length), notes: &mut notes });
            match notes.fault {
                Some(why) => return Err(Misuse::Body(why)),
                None if length.0 == u32::MAX => return Err(Misuse::Changed),
                None if is_last => break,
                None => part = part.wrapping_add(1),
            }
        }
        Ok(Self { left: length.0, part: 0, offset: 0, features: notes.features })
    }

    /// How many bytes are to come: before the first of them, the length of the body.
    pub(super) const fn left(&self) -> u32 {
        self.left
    }

    /// Writes the next bytes of the body to the front of `out`, and returns their number.
    ///
    /// It must be the body that was counted. If that turns out to be false, it writes nothing, and never the
    /// last byte.
    pub(super) fn fill(&mut self, body: &dyn Body, out: &mut [u8]) -> Result<usize, Misuse> {
        let mut notes = Notes::default();
        let mut piece =
            Piece { out, written: 0, skip: 0, due: self.left, is_full: false, is_too_long: false };
        let Self { mut part, mut offset, .. } = *self;
        loop {
            let before = piece.written;
            piece.skip = offset;
            let is_last = !body.part(part, &mut Draft { json: Writer::new(&mut piece), notes: &mut notes });
            if piece.is_too_long || notes.fault.is_some() {
                return Err(Misuse::Changed);
            }
            if piece.is_full {
                let of_part = u32::try_from(piece.written.wrapping_sub(before)).unwrap_or(u32::MAX);
                offset = offset.saturating_add(of_part);
                break;
            }
            // Less of this part than has been sent already, or less of the body than was counted.
            if piece.skip > 0 || is_last && piece.due > 0 {
                return Err(Misuse::Changed);
            }
            if is_last {
                break;
            }
            part = part.wrapping_add(1);
            offset = 0;
        }
        (self.left, self.part, self.offset) = (piece.due, part, offset);
        Ok(piece.written)
    }
}

/// Counts, up to `u32::MAX`.
struct Length(u32);

impl Output for Length {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.0 = self.0.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.0 < u32::MAX
    }
}

/// A buffer for the bytes after those that have been sent.
struct Piece<'o> {
    out: &'o mut [u8],
    written: usize,
    /// How many bytes of the part have been sent already.
    skip: u32,
    /// How many bytes of the body are to come.
    due: u32,
    is_full: bool,
    /// There are more bytes than were counted.
    is_too_long: bool,
}

impl Output for Piece<'_> {
    fn write(&mut self, bytes: &[u8]) -> bool {
        let skipped = self.skip.min(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.skip = self.skip.wrapping_sub(skipped);
        let bytes = bytes.get(skipped as usize..).unwrap_or_default();
        let room = self.out.get_mut(self.written..).unwrap_or_default();
        let fits = bytes.len().min(room.len());
        for (place, &byte) in room.iter_mut().zip(bytes) {
            *place = byte;
        }
        self.written = self.written.wrapping_add(fits);
        match u32::try_from(fits).ok().and_then(|fits| self.due.checked_sub(fits)) {
            Some(due) => self.due = due,
            None => self.is_too_long = true,
        }
        self.is_full = fits < bytes.len();
        // What has no room is too much when nothing is due any more.
        self.is_too_long |= self.is_full && self.due == 0;
        !self.is_full && !self.is_too_long
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]
mod tests;
