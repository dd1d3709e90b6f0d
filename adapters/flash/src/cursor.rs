//! Keeps the cursor of one group in flash.

use core::{fmt, ops::Range};

use embedded_storage_async::nor_flash::NorFlash;
use heapless::String;

use crate::{
    entry::{self, Entry, MAX_ID},
    log::{Error, HEAD, Log, WORD},
};

#[cfg(test)]
pub(crate) mod tests;

/// The size of the largest entry, in whole words.
const LARGEST: usize = (HEAD + entry::LARGEST).next_multiple_of(WORD);

/// The cursor of one group, kept in flash.
pub struct Cursor<'g, S> {
    log: Log<S, LARGEST>,
    group: &'g str,
    id: Option<String<MAX_ID>>,
}

impl<'g, S: NorFlash> Cursor<'g, S> {
    /// Reads the cursor of this group from these bytes of the flash, which nothing else may use.
    ///
    /// Flash that is erased, was used for something else, or is damaged holds no cursor. Anything that would
    /// be in the way of the next one is erased.
    ///
    /// # Errors
    ///
    /// Any of [`Error`].
    pub async fn load(flash: S, range: Range<u32>, group: &'g str) -> Result<Self, Error<S::Error>> {
        if group.len() > MAX_ID {
            return Err(Error::TooLong);
        }
        let mut id = None;
        let log = Log::load(flash, range, &mut |content| take(content, group, &mut id)).await?;
        Ok(Self { log, group, id })
    }

    /// The id that was stored last for this group: continue its stream after it.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Stores this id. An id that is stored already is not written again.
    ///
    /// Whenever the power fails, [`load`](Self::load) afterwards finds the previous id or this one. What was
    /// written is read back. After an error it is not known which of them is stored, and [`id`](Self::id) is
    /// `None`.
    ///
    /// # Errors
    ///
    /// [`Error::Flash`], [`Error::TooLong`], [`Error::Worn`].
    pub async fn store(&mut self, id: &str) -> Result<(), Error<S::Error>> {
        if self.id() == Some(id) {
            return Ok(());
        }
        let content = Entry { group: self.group, id };
        let length = content.length().ok_or(Error::TooLong)?;
        self.id = None;
        let (group, mut found) = (self.group, None);
        let content = [&[length][..], group.as_bytes(), id.as_bytes()];
        self.log.store(content, &mut |content| take(content, group, &mut found)).await?;
        self.id = found;
        Ok(())
    }
}

/// Whether this is the content of an entry. Takes its id if it is of this group.
fn take(content: &[u8], group: &str, id: &mut Option<String<MAX_ID>>) -> bool {
    let Some(entry) = Entry::read(content) else { return false };
    *id = if entry.group == group { String::try_from(entry.id).ok() } else { None };
    true
}

impl<S> fmt::Debug for Cursor<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").field("group", &self.group).field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<S> defmt::Format for Cursor<'_, S> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Debug2Format(self));
    }
}
