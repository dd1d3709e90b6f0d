//! The format of a cursor and its group in the flash.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | length of the group's id |
//! | … | the group's id, then the cursor: UTF-8 |

use core::str;

/// The longest id of a group or of an event that can be stored, in bytes.
pub const MAX_ID: usize = 128;

/// The size of the largest content.
pub(crate) const LARGEST: usize = 1 + 2 * MAX_ID;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'e> {
    pub(crate) group: &'e str,
    pub(crate) id: &'e str,
}

impl<'e> Entry<'e> {
    /// `None` for anything else.
    pub(crate) fn read(bytes: &'e [u8]) -> Option<Self> {
        let (group_length, ids) = bytes.split_first()?;
        let (group, id) = ids.split_at_checked(usize::from(*group_length))?;
        Some(Self { group: str::from_utf8(group).ok()?, id: str::from_utf8(id).ok()? })
    }

    /// The length of the group's id; `None` if an id is longer than [`MAX_ID`].
    pub(crate) fn length(&self) -> Option<u8> {
        let has_room = self.group.len() <= MAX_ID && self.id.len() <= MAX_ID;
        u8::try_from(self.group.len()).ok().filter(|_| has_room)
    }
}
