//! Keeps the cursor of one group in flash.

use core::{fmt, ops::Range};

use embedded_storage_async::nor_flash::NorFlash;
use heapless::String;
use sequential_storage::{
    cache::{Cache, Uncached},
    queue::{QueueConfig, QueueStorage},
};

use crate::entry::{Buffer, Entry, LARGEST, MAX_ID, WORD};

#[cfg(test)]
mod tests;

/// The cursor of one group, kept in flash.
pub struct Cursor<'g, S> {
    flash: S,
    range: Range<u32>,
    /// The start of the page that has the newest entry.
    page: u32,
    group: &'g str,
    /// Of the newest entry. Nothing else orders entries on different pages, so a page that is half erased and
    /// shows old entries again does no harm.
    number: u32,
    id: Option<String<MAX_ID>>,
}

/// Each page is a queue of its own: a loss of power can leave a queue of several pages between two of them.
type Page<'s, S> = QueueStorage<&'s mut S, Cache<Uncached, Uncached, Uncached>>;

/// Why a cursor could not be kept or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The flash failed, with the driver's own error.
    Flash(E),
    /// The range is not one of at least two whole pages of the flash, or the pages are too small.
    Range,
    /// The flash is read or written in words of more than 32 bytes, for example in whole pages. You cannot
    /// use any range of it.
    WordSize,
    /// The id of the group or of the event is longer than [`MAX_ID`].
    TooLong,
    /// The flash does not keep what is written to it.
    Worn,
}

/// A byte of NOR flash that has been erased.
const ERASED: u8 = 0xFF;

type Storage<E> = sequential_storage::Error<E>;

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
        check(&flash, &range)?;
        let mut cursor = Self { flash, page: range.start, range, group, number: 0, id: None };
        let mut newest = None;
        for page in cursor.range.clone().step_by(S::ERASE_SIZE) {
            if cursor.read(page).await? {
                newest = Some(page);
            }
        }
        match newest {
            Some(page) => cursor.page = page,
            None => cursor.clear().await?,
        }
        Ok(cursor)
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
        let mut buffer = Buffer([0; LARGEST]);
        let entry = Entry { number: self.number.wrapping_add(1), group: self.group, id };
        let bytes = entry.write(&mut buffer).ok_or(Error::TooLong)?;
        (self.number, self.id) = (entry.number, None);
        if self.append(bytes).await? {
            return Ok(());
        }
        self.page += S::ERASE_SIZE as u32;
        if self.page >= self.range.end {
            self.page = self.range.start;
        }
        self.clear().await?;
        if self.append(bytes).await? { Ok(()) } else { Err(Error::Worn) }
    }

    /// Writes an entry to the page. Returns whether it had room and can be found again.
    async fn append(&mut self, bytes: &[u8]) -> Result<bool, Error<S::Error>> {
        let pushed = self.queue(self.page)?.push(bytes, false).await;
        Ok(understood(pushed)?.is_some() && self.read(self.page).await?)
    }

    /// Looks for the newest entry in a page. Returns whether there is one not older than the newest so far.
    async fn read(&mut self, page: u32) -> Result<bool, Error<S::Error>> {
        let (group, mut number, mut id, mut found) = (self.group, self.number, None, false);
        let mut queue = self.queue(page)?;
        let mut buffer = Buffer([0; LARGEST]);
        if let Some(mut entries) = understood(queue.iter().await)? {
            while let Some(bytes) = understood(entries.next(&mut buffer.0).await)?.flatten() {
                if let Some(entry) = Entry::read(&bytes).filter(|entry| entry.number >= number) {
                    number = entry.number;
                    id = if entry.group == group { String::try_from(entry.id).ok() } else { None };
                    found = true;
                }
            }
        }
        if found {
            (self.number, self.id) = (number, id);
        }
        Ok(found)
    }

    /// Erases the page, unless it is erased already. To a queue, a half erased page may look erased.
    async fn clear(&mut self) -> Result<(), Error<S::Error>> {
        let (start, end) = (self.page, self.page + S::ERASE_SIZE as u32);
        let mut buffer = Buffer([0; LARGEST]);
        for at in (start..end).step_by(LARGEST) {
            let piece = &mut buffer.0[..LARGEST.min((end - at) as usize)];
            self.flash.read(at, piece).await.map_err(Error::Flash)?;
            if piece.iter().any(|byte| *byte != ERASED) {
                return self.flash.erase(start, end).await.map_err(Error::Flash);
            }
        }
        Ok(())
    }

    fn queue(&mut self, page: u32) -> Result<Page<'_, S>, Error<S::Error>> {
        let config = QueueConfig::try_new(page..page + S::ERASE_SIZE as u32).map_err(|_| Error::Range)?;
        Ok(QueueStorage::new(&mut self.flash, config, Cache::new_uncached()))
    }
}

/// `None` if there is no room, or if the flash holds something that was not written here.
fn understood<T, E>(result: Result<T, Storage<E>>) -> Result<Option<T>, Error<E>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Storage::Storage { value, .. }) => Err(Error::Flash(value)),
        Err(_) => Ok(None),
    }
}

/// Whether these are at least two whole pages with room for any entry, in words that are small enough.
fn check<S: NorFlash>(flash: &S, range: &Range<u32>) -> Result<(), Error<S::Error>> {
    let word = S::WRITE_SIZE.max(S::READ_SIZE);
    if word > WORD {
        return Err(Error::WordSize);
    }
    let smallest = Page::<S>::item_overhead_size() as usize + LARGEST + 2 * word;
    let is_whole = |end: u32| (end as usize).is_multiple_of(S::ERASE_SIZE);
    let pages = range.end.saturating_sub(range.start) as usize / S::ERASE_SIZE;
    let is_inside = range.end as usize <= flash.capacity();
    if S::ERASE_SIZE >= smallest && is_whole(range.start) && is_whole(range.end) && pages >= 2 && is_inside {
        Ok(())
    } else {
        Err(Error::Range)
    }
}

impl<E: fmt::Debug> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flash(error) => write!(f, "the flash failed: {error:?}"),
            Self::Range => f.write_str("the range is not one of two or more whole pages of the flash"),
            Self::WordSize => write!(f, "the flash is read or written in words of more than {WORD} bytes"),
            Self::TooLong => write!(f, "an id is longer than {MAX_ID} bytes"),
            Self::Worn => f.write_str("the flash does not keep what is written to it"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Error<E> {}

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
