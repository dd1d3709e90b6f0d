//! A reader and a buffer in, a reader that lends its buffer out.

use core::{
    fmt,
    ops::{DerefMut, Range},
};

use embedded_io_async::{BufRead, ErrorType, Read, Write};

/// Makes a [`BufRead`] of a reader, with a buffer of yours.
///
/// Any size works, from 1 byte on; filling the buffer costs one read. 512 bytes to 1.5 KB (one packet) is
/// a good size. It is as cancel-safe as the transport: bytes that were read stay in the buffer.
pub struct Buffered<T, B> {
    transport: T,
    buffer: B,
    /// The part of the buffer that has not been consumed.
    unread: Range<usize>,
}

impl<T, B: DerefMut<Target = [u8]>> Buffered<T, B> {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(transport: T, buffer: B) -> Self {
        Self { transport, buffer, unread: 0..0 }
    }
}

impl<T: ErrorType, B> ErrorType for Buffered<T, B> {
    type Error = T::Error;
}

impl<T: Read, B: DerefMut<Target = [u8]>> Read for Buffered<T, B> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        let bytes = self.fill_buf().await?;
        let length = bytes.len().min(out.len());
        for (to, from) in out.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.consume(length);
        Ok(length)
    }
}

impl<T: Read, B: DerefMut<Target = [u8]>> BufRead for Buffered<T, B> {
    async fn fill_buf(&mut self) -> Result<&[u8], Self::Error> {
        if self.unread.is_empty() {
            let length = self.transport.read(&mut self.buffer).await?;
            self.unread = 0..length;
        }
        Ok(self.buffer.get(self.unread.clone()).unwrap_or_default())
    }

    fn consume(&mut self, length: usize) {
        self.unread.start = self.unread.start.saturating_add(length).min(self.unread.end);
    }
}

impl<T: Write, B> Write for Buffered<T, B> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.transport.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        self.transport.flush().await
    }
}

/// Shows how much is unread, but not the bytes.
impl<T, B> fmt::Debug for Buffered<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffered").field("unread", &self.unread).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
taskgroup::__format_as_debug! { [T, B] Buffered<T, B>; }
