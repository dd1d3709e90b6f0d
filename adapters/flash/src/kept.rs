//! Keeps a few bytes of your own in flash.

use core::{fmt, ops::Range};

use embedded_storage_async::nor_flash::NorFlash;
use heapless::Vec;

use crate::log::{Error, HEAD, Log, WORD};

#[cfg(test)]
mod tests;

/// The most bytes that can be kept.
pub const MAX_BYTES: usize = 400;

/// The size of the largest entry, in whole words.
const LARGEST: usize = (HEAD + MAX_BYTES).next_multiple_of(WORD);

/// Bytes that are stored as a whole, such as the state of a group that you follow, kept in flash.
pub struct Kept<S> {
    log: Log<S, LARGEST>,
    bytes: Option<Vec<u8, MAX_BYTES>>,
}

impl<S: NorFlash> Kept<S> {
    /// Reads what is stored in these bytes of the flash, which nothing else may use.
    ///
    /// Flash that is erased, was used for something else, or is damaged holds nothing, or bytes that mean
    /// nothing to you. Anything that would be in the way of the next bytes is erased.
    ///
    /// # Errors
    ///
    /// Any of [`Error`].
    pub async fn load(flash: S, range: Range<u32>) -> Result<Self, Error<S::Error>> {
        let mut bytes = None;
        let log = Log::load(flash, range, &mut |content| take(content, &mut bytes)).await?;
        Ok(Self { log, bytes })
    }

    /// What was stored last.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// Stores these bytes. Bytes that are stored already are not written again.
    ///
    /// Whenever the power fails, [`load`](Self::load) afterwards finds the previous bytes or these. What was
    /// written is read back. After an error it is not known which of them are stored, and
    /// [`bytes`](Self::bytes) is `None`.
    ///
    /// # Errors
    ///
    /// [`Error::Flash`], [`Error::TooLong`], [`Error::Worn`].
    pub async fn store(&mut self, bytes: &[u8]) -> Result<(), Error<S::Error>> {
        if self.bytes() == Some(bytes) {
            return Ok(());
        }
        if bytes.len() > MAX_BYTES {
            return Err(Error::TooLong);
        }
        self.bytes = None;
        let mut found = None;
        self.log.store([bytes, &[], &[]], &mut |content| take(content, &mut found)).await?;
        self.bytes = found;
        Ok(())
    }
}

fn take(content: &[u8], bytes: &mut Option<Vec<u8, MAX_BYTES>>) -> bool {
    let taken = Vec::from_slice(content).ok();
    let is_one = taken.is_some();
    if is_one {
        *bytes = taken;
    }
    is_one
}

impl<S> fmt::Debug for Kept<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("bytes", &self.bytes.as_ref().map(|bytes| bytes.len()))
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<S> defmt::Format for Kept<S> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Debug2Format(self));
    }
}
