//! The format of a cursor and its group in the flash.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | number, little-endian: one more than that of the previous entry |
//! | 1 | length of the group's id |
//! | … | the group's id, then the cursor: UTF-8 |
//!
//! sequential-storage adds the length and the checksum of an entry.

use core::str;

/// The longest id of a group or of an event that can be stored, in bytes.
pub const MAX_ID: usize = 128;

const HEAD: usize = 5;
/// The largest word of a flash, and of sequential-storage: reads are rounded up to it.
pub(crate) const WORD: usize = 32;

/// The size of the largest entry, in whole words.
pub(crate) const LARGEST: usize = (HEAD + 2 * MAX_ID).next_multiple_of(WORD);

/// Aligned, because some flash is read by DMA.
#[repr(align(4))]
pub(crate) struct Buffer(pub(crate) [u8; LARGEST]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'e> {
    pub(crate) number: u32,
    pub(crate) group: &'e str,
    pub(crate) id: &'e str,
}

impl<'e> Entry<'e> {
    /// `None` for anything that [`write`](Self::write) did not write.
    pub(crate) fn read(bytes: &'e [u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk()?;
        let (group_length, ids) = rest.split_first()?;
        let (group, id) = ids.split_at_checked(usize::from(*group_length))?;
        Some(Self {
            number: u32::from_le_bytes(*number),
            group: str::from_utf8(group).ok()?,
            id: str::from_utf8(id).ok()?,
        })
    }

    /// The bytes to store; `None` if an id is longer than [`MAX_ID`].
    pub(crate) fn write<'b>(&self, buffer: &'b mut Buffer) -> Option<&'b [u8]> {
        if self.group.len() > MAX_ID || self.id.len() > MAX_ID {
            return None;
        }
        let group_length = u8::try_from(self.group.len()).ok()?;
        let parts: [&[u8]; 4] =
            [&self.number.to_le_bytes(), &[group_length], self.group.as_bytes(), self.id.as_bytes()];
        let mut length = 0;
        for part in parts {
            let end = length + part.len();
            buffer.0.get_mut(length..end)?.copy_from_slice(part);
            length = end;
        }
        buffer.0.get(..length)
    }
}
