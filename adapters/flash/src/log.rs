//! Keeps the newest of the entries that are written to flash, even if the power fails.
//!
//! | bytes of an entry | what |
//! |---|---|
//! | 4 | number, little-endian: one more than that of the previous entry |
//! | … | its content |
//!
//! sequential-storage adds the length and the checksum of an entry.

use core::{fmt, ops::Range};

use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::{
    cache::{Cache, Uncached},
    queue::{QueueConfig, QueueStorage},
};

/// The size of the number before the content.
pub(crate) const HEAD: usize = 4;

/// The largest word of a flash, and of sequential-storage: reads are rounded up to it.
pub(crate) const WORD: usize = 32;

/// A byte of NOR flash that has been erased.
const ERASED: u8 = 0xFF;

/// Where entries of at most `L` bytes, in whole words, are kept.
pub(crate) struct Log<S, const L: usize> {
    flash: S,
    range: Range<u32>,
    /// The start of the page that has the newest entry.
    page: u32,
    /// Of the newest entry. Nothing else orders entries on different pages, so a page that is half erased and
    /// shows old entries again does no harm.
    number: u32,
}

/// Aligned, because some flash is read by DMA.
#[repr(align(4))]
struct Buffer<const L: usize>([u8; L]);

/// Each page is a queue of its own: a loss of power can leave a queue of several pages between two of them.
type Page<'s, S> = QueueStorage<&'s mut S, Cache<Uncached, Uncached, Uncached>>;

/// Why a cursor or your bytes could not be kept or read.
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
    /// The id of the group or of the event is longer than [`MAX_ID`](crate::MAX_ID), or there are more than
    /// [`MAX_BYTES`](crate::MAX_BYTES).
    TooLong,
    /// The flash does not keep what is written to it.
    Worn,
}

type Storage<E> = sequential_storage::Error<E>;

impl<S: NorFlash, const L: usize> Log<S, L> {
    /// Shows `take` the content of each entry that is newer than the previous ones; it says whether it is
    /// one. Anything that would be in the way of the next entry is erased.
    pub(crate) async fn load(
        flash: S,
        range: Range<u32>,
        take: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<Self, Error<S::Error>> {
        check::<S, L>(&flash, &range)?;
        let mut log = Self { flash, page: range.start, range, number: 0 };
        let mut newest = None;
        for page in log.range.clone().step_by(S::ERASE_SIZE) {
            if log.read(page, take).await? {
                newest = Some(page);
            }
        }
        match newest {
            Some(page) => log.page = page,
            None => log.clear().await?,
        }
        Ok(log)
    }

    /// Writes this content, and shows `take` what it finds of it.
    pub(crate) async fn store(
        &mut self,
        content: [&[u8]; 3],
        take: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Error<S::Error>> {
        let mut buffer = Buffer([0; L]);
        self.number = self.number.wrapping_add(1);
        let number = self.number.to_le_bytes();
        let mut length = 0;
        for part in [&number[..]].into_iter().chain(content) {
            let end = length + part.len();
            buffer.0.get_mut(length..end).ok_or(Error::TooLong)?.copy_from_slice(part);
            length = end;
        }
        let bytes = &buffer.0[..length];
        if self.append(bytes, take).await? {
            return Ok(());
        }
        self.page += S::ERASE_SIZE as u32;
        if self.page >= self.range.end {
            self.page = self.range.start;
        }
        self.clear().await?;
        if self.append(bytes, take).await? { Ok(()) } else { Err(Error::Worn) }
    }

    /// Writes an entry to the page. Returns whether it had room and can be found again.
    async fn append(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<bool, Error<S::Error>> {
        let pushed = self.queue(self.page)?.push(bytes, false).await;
        Ok(understood(pushed)?.is_some() && self.read(self.page, take).await?)
    }

    /// Looks for the newest entry in a page. Returns whether there is one not older than the newest so far.
    async fn read(
        &mut self,
        page: u32,
        take: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<bool, Error<S::Error>> {
        let (mut newest, mut found) = (self.number, false);
        let mut queue = self.queue(page)?;
        let mut buffer = Buffer([0; L]);
        if let Some(mut entries) = understood(queue.iter().await)? {
            while let Some(bytes) = understood(entries.next(&mut buffer.0).await)?.flatten() {
                let Some((number, content)) = bytes.split_first_chunk() else { continue };
                let number = u32::from_le_bytes(*number);
                if number >= newest && take(content) {
                    (newest, found) = (number, true);
                }
            }
        }
        self.number = newest;
        Ok(found)
    }

    /// Erases the page, unless it is erased already. To a queue, a half erased page may look erased.
    async fn clear(&mut self) -> Result<(), Error<S::Error>> {
        let (start, end) = (self.page, self.page + S::ERASE_SIZE as u32);
        let mut buffer = Buffer([0; L]);
        for at in (start..end).step_by(L) {
            let piece = &mut buffer.0[..L.min((end - at) as usize)];
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
fn check<S: NorFlash, const L: usize>(flash: &S, range: &Range<u32>) -> Result<(), Error<S::Error>> {
    let word = S::WRITE_SIZE.max(S::READ_SIZE);
    if word > WORD {
        return Err(Error::WordSize);
    }
    let smallest = Page::<S>::item_overhead_size() as usize + L + 2 * word;
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
            Self::TooLong => {
                let (id, bytes) = (crate::MAX_ID, crate::MAX_BYTES);
                write!(f, "an id is longer than {id} bytes, or there are more than {bytes} bytes to keep")
            }
            Self::Worn => f.write_str("the flash does not keep what is written to it"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Error<E> {}
