//! Bytes of the network in, only such records out as TLS 1.3 allows there.
//!
//! It stands between the transport and embedded-tls, which believes what is in the clear for longer
//! than it should. RFC 8446, section 5: in the clear come one `ServerHello`, or an alert instead of
//! it, and one change_cipher_spec that means nothing; everything after that is encrypted.

use core::cell::Cell;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

use crate::Error;

const HEADER: usize = 5;
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
/// RFC 8446, section 5.1.
const PLAINTEXT_MAX: u16 = 1 << 14;
/// RFC 8446, section 5.2.
pub(crate) const CIPHERTEXT_MAX: u16 = PLAINTEXT_MAX + 256;
/// The tag of AES-GCM, and the content type.
const CIPHERTEXT_MIN: u16 = 16 + 1;
/// The header of a handshake message.
const HANDSHAKE_MIN: u16 = 4;

/// What a connection knows of its records from outside of embedded-tls.
#[derive(Default)]
pub(crate) struct Progress {
    /// What was wrong with a record.
    refused: Cell<Option<Error>>,
    /// What comes is no longer in the clear.
    encrypted: Cell<bool>,
    /// A record has been begun, and its end has not been read.
    inside: Cell<bool>,
}

impl Progress {
    /// For another connection.
    pub(crate) fn restart(&self) {
        self.refused.set(None);
        self.encrypted.set(false);
        self.inside.set(false);
    }

    pub(crate) fn refused(&self) -> Option<Error> {
        self.refused.get()
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted.get()
    }

    /// Whoever has read so far must read on: a reader who has forgotten it cannot begin anew.
    pub(crate) fn is_inside(&self) -> bool {
        self.inside.get()
    }
}

/// A transport that gives out whole headers, and content only of records that are allowed.
///
/// A read that is dropped loses nothing that was not given out: what has come of a header is kept.
pub(crate) struct Records<'p, T> {
    transport: T,
    progress: &'p Progress,
    /// The longest record that the reader has room for.
    room: u16,
    next: Next,
    header: [u8; HEADER],
    /// How much of the header has come.
    received: usize,
    /// How much of it has been given out.
    given: usize,
    /// How much of the content has not.
    left: u16,
}

/// What may come next.
#[derive(Clone, Copy)]
enum Next {
    Hello,
    ChangeCipherSpec,
    Encrypted,
}

impl<'p, T> Records<'p, T> {
    /// `room` is the reader's, in bytes.
    pub(crate) fn new(transport: T, progress: &'p Progress, room: usize) -> Self {
        progress.restart();
        Self {
            transport,
            progress,
            room: u16::try_from(room).unwrap_or(u16::MAX),
            next: Next::Hello,
            header: [0; HEADER],
            received: 0,
            given: 0,
            left: 0,
        }
    }

    pub(crate) fn into_transport(self) -> T {
        self.transport
    }

    /// A header is whole: may such a record come now?
    fn admit(&mut self) -> Result<(), Error> {
        let [content_type, major, _, high, low] = self.header;
        let length = u16::from_be_bytes([high, low]);
        let (lengths, next) = match (self.next, content_type) {
            (Next::Hello, HANDSHAKE) => (HANDSHAKE_MIN..=PLAINTEXT_MAX, Next::ChangeCipherSpec),
            (Next::Hello, ALERT) => (2..=2, Next::Hello),
            (Next::ChangeCipherSpec, CHANGE_CIPHER_SPEC) => (1..=1, Next::Encrypted),
            (Next::ChangeCipherSpec | Next::Encrypted, APPLICATION_DATA) => {
                (CIPHERTEXT_MIN..=CIPHERTEXT_MAX, Next::Encrypted)
            }
            _ => return Err(Error::Record { content_type, length }),
        };
        if major != 3 || !lengths.contains(&length) {
            return Err(Error::Record { content_type, length });
        }
        if length > self.room {
            return Err(Error::RecordTooLong { length });
        }
        self.progress.encrypted.set(matches!(next, Next::Encrypted));
        self.next = next;
        self.left = length;
        Ok(())
    }
}

impl<T: ErrorType> ErrorType for Records<'_, T> {
    type Error = ErrorKind;
}

impl<T: Read> Read for Records<'_, T> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        while self.received < HEADER {
            let place = self.header.get_mut(self.received..).unwrap_or_default();
            let read = self.transport.read(place).await.map_err(kind)?;
            if read == 0 {
                return Ok(0);
            }
            self.received = self.received.saturating_add(read);
            if self.received >= HEADER
                && let Err(error) = self.admit()
            {
                self.progress.refused.set(Some(error));
                // Nothing can be read any more.
                (self.given, self.left) = (HEADER, 0);
                return Err(ErrorKind::InvalidData);
            }
        }
        if self.given < HEADER {
            let header = self.header.get(self.given..).unwrap_or_default();
            let length = header.len().min(out.len());
            for (to, from) in out.iter_mut().zip(header) {
                *to = *from;
            }
            self.given = self.given.saturating_add(length);
            self.progress.inside.set(true);
            return Ok(length);
        }
        let length = out.len().min(self.left.into());
        let Some(place) = out.get_mut(..length).filter(|place| !place.is_empty()) else {
            return Err(ErrorKind::InvalidData);
        };
        let read = self.transport.read(place).await.map_err(kind)?;
        self.left = self.left.saturating_sub(u16::try_from(read).unwrap_or(u16::MAX));
        if self.left == 0 {
            (self.received, self.given) = (0, 0);
            self.progress.inside.set(false);
        }
        Ok(read)
    }
}

impl<T: Write> Write for Records<'_, T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.transport.write(bytes).await.map_err(kind)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.transport.flush().await.map_err(kind)
    }
}

fn kind(error: impl embedded_io_async::Error) -> ErrorKind {
    error.kind()
}

#[cfg(test)]
mod tests;
