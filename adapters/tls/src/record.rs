//! Bytes of the network in, only those records out that TLS 1.3 allows there.
//!
//! It stands between the transport and embedded-tls. RFC 8446, section 5: in the clear come one
//! `ServerHello`, or an alert instead of it, and one change_cipher_spec that means nothing; everything after
//! that is encrypted.

use core::cell::Cell;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

use crate::Error;

pub(crate) const HEADER: usize = 5;
/// Of the handshake message that a record begins with.
const MESSAGE_HEADER: usize = 4;
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
/// RFC 8446, section 5.1.
pub(crate) const PLAINTEXT_MAX: u16 = 1 << 14;
/// RFC 8446, section 5.2.
pub(crate) const CIPHERTEXT_MAX: u16 = PLAINTEXT_MAX + 256;
/// The tag of AES-GCM, and the content type.
const CIPHERTEXT_MIN: u16 = 16 + 1;
const HANDSHAKE_MIN: u16 = MESSAGE_HEADER as u16;
const SERVER_HELLO: u8 = 2;

/// What a connection knows of its records that embedded-tls does not tell.
#[derive(Default)]
pub(crate) struct Progress {
    /// What was wrong with a record.
    refused: Cell<Option<Error>>,
    /// From here on, records are encrypted.
    encrypted: Cell<bool>,
    /// A record has been begun, and its end has not been read.
    inside: Cell<bool>,
    /// What is written goes nowhere.
    silent: Cell<bool>,
    /// Flushing does nothing.
    hasty: Cell<bool>,
}

impl Progress {
    /// For another connection.
    pub(crate) fn restart(&self) {
        self.refused.set(None);
        self.encrypted.set(false);
        self.inside.set(false);
        self.silent.set(false);
        self.hasty.set(false);
    }

    pub(crate) fn refused(&self) -> Option<Error> {
        self.refused.get()
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted.get()
    }

    /// A reader that has come so far must continue: one that has forgotten it cannot start again.
    pub(crate) fn is_inside(&self) -> bool {
        self.inside.get()
    }

    pub(crate) fn say_no_more(&self) {
        self.silent.set(true);
    }

    pub(crate) fn wait_no_more(&self) {
        self.hasty.set(true);
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
    /// With that of the message, where it is in the clear.
    header: [u8; HEADER + MESSAGE_HEADER],
    /// How long it is.
    size: usize,
    /// How much of it has come.
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
            header: [0; _],
            size: HEADER,
            received: 0,
            given: 0,
            left: 0,
        }
    }

    pub(crate) fn into_transport(self) -> T {
        self.transport
    }

    /// As much of a header is there as was asked for: may such a record come now?
    fn admit(&mut self) -> Result<(), Error> {
        let [content_type, major, _, high, low, message, of_message @ ..] = self.header;
        let length = u16::from_be_bytes([high, low]);
        if self.size > HEADER {
            return self.admit_hello(length, message, of_message);
        }
        let (lengths, next) = match (self.next, content_type) {
            (Next::Hello, HANDSHAKE) => (HANDSHAKE_MIN..=PLAINTEXT_MAX, Next::Hello),
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
        if content_type == HANDSHAKE {
            self.size = HEADER + MESSAGE_HEADER;
        } else {
            self.progress.encrypted.set(matches!(next, Next::Encrypted));
            self.next = next;
        }
        self.left = length;
        Ok(())
    }

    /// The one message that comes in the clear fills its record: nothing else does, and what follows has
    /// other keys (RFC 8446, section 5.1).
    fn admit_hello(&mut self, length: u16, message: u8, of_message: [u8; 3]) -> Result<(), Error> {
        let [zero, high, low] = of_message;
        let is_filled =
            zero == 0 && u16::from_be_bytes([high, low]).checked_add(HANDSHAKE_MIN) == Some(length);
        match message {
            SERVER_HELLO if is_filled => {
                self.next = Next::ChangeCipherSpec;
                self.left = length.saturating_sub(HANDSHAKE_MIN);
                Ok(())
            }
            SERVER_HELLO => Err(Error::Malformed),
            _ => Err(Error::OutOfTurn),
        }
    }

    /// The next header is another record's.
    fn end(&mut self) {
        (self.size, self.received, self.given) = (HEADER, 0, 0);
        self.progress.inside.set(false);
    }
}

impl<T: ErrorType> ErrorType for Records<'_, T> {
    type Error = ErrorKind;
}

impl<T: Read> Read for Records<'_, T> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        while self.received < self.size {
            let place = self.header.get_mut(self.received..self.size).unwrap_or_default();
            let read = self.transport.read(place).await.map_err(kind)?;
            if read == 0 {
                return Ok(0);
            }
            self.received = self.received.saturating_add(read);
            if self.received >= self.size
                && let Err(error) = self.admit()
            {
                self.progress.refused.set(Some(error));
                // Nothing can be read any more.
                (self.size, self.given, self.left) = (0, 0, 0);
                return Err(ErrorKind::InvalidData);
            }
        }
        if self.given < self.size {
            let header = self.header.get(self.given..self.size).unwrap_or_default();
            let length = header.len().min(out.len());
            for (to, from) in out.iter_mut().zip(header) {
                *to = *from;
            }
            self.progress.inside.set(true);
            self.given = self.given.saturating_add(length);
            if self.given >= self.size && self.left == 0 {
                self.end();
            }
            return Ok(length);
        }
        let length = out.len().min(self.left.into());
        let Some(place) = out.get_mut(..length).filter(|place| !place.is_empty()) else {
            return Err(ErrorKind::InvalidData);
        };
        let read = self.transport.read(place).await.map_err(kind)?;
        self.left = self.left.saturating_sub(u16::try_from(read).unwrap_or(u16::MAX));
        if self.left == 0 {
            self.end();
        }
        Ok(read)
    }
}

impl<T: Write> Write for Records<'_, T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        if self.progress.silent.get() {
            return Ok(bytes.len());
        }
        self.transport.write(bytes).await.map_err(kind)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        if self.progress.hasty.get() {
            return Ok(());
        }
        self.transport.flush().await.map_err(kind)
    }
}

fn kind(error: impl embedded_io_async::Error) -> ErrorKind {
    error.kind()
}

#[cfg(test)]
mod tests;
