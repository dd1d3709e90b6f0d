//! An authenticated server's records in, application data out, and the other way.

use core::fmt;

use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read, Write};
use embedded_tls::{TlsConnection, TlsError};

use crate::{
    Error,
    lease::Lease,
    record::{Progress, Records},
    suite::{ChaCha20Poly1305Sha256, Suite},
};

/// A connection to a server that is who it should be. Dropping it drops the transport.
///
/// It ends, with 0 bytes, when the server has said so by an encrypted `close_notify`. Any other end is an
/// error: an attacker may have caused it. After an error every call gives the same one.
///
/// # Cancel safety
///
/// A read may be dropped while it waits, and nothing is lost, unless part of a record has come: then the next
/// read gives [`Error::Interrupted`]. So does the next write after one that was dropped while it waited.
pub struct Connection<'c, T: Read + Write + 'c, S: Suite = ChaCha20Poly1305Sha256> {
    tls: TlsConnection<'c, Records<'c, T>, S::Tls>,
    progress: &'c Progress,
    state: State,
    /// A read has begun, and may have been dropped.
    reading: bool,
    /// A write has begun, and may have been dropped.
    writing: bool,
    /// Last: it outlives what uses the memory.
    lease: Lease<'c>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// By the server's `close_notify`.
    Ended,
    Broken(Error),
}

impl<'c, T: Read + Write, S: Suite> Connection<'c, T, S> {
    pub(crate) fn new(
        tls: TlsConnection<'c, Records<'c, T>, S::Tls>,
        progress: &'c Progress,
        lease: Lease<'c>,
    ) -> Self {
        Self { tls, progress, state: State::Open, reading: false, writing: false, lease }
    }

    /// Says `close_notify`, unless the server has said so before, and gives the transport back, which it does
    /// not flush: it waits only while the transport takes nothing.
    ///
    /// # Errors
    ///
    /// The transport fails, or there was an error before, or a write was dropped while it waited. The
    /// transport is dropped.
    pub async fn close(self) -> Result<T, Error> {
        match self.state {
            State::Broken(error) => return Err(error),
            // It was sealed with the nonce that the next record would have.
            _ if self.writing => return Err(Error::Interrupted),
            // Before the keys it could only be said in the clear.
            State::Ended => self.progress.say_no_more(),
            State::Open => {}
        }
        self.progress.wait_no_more();
        let Self { tls, lease, .. } = self;
        let closed = tls.close().await;
        drop(lease);
        match closed {
            Ok(records) => Ok(records.into_transport()),
            Err((_, TlsError::Io(kind))) => Err(Error::Transport(kind)),
            Err(_) => Err(Error::Cut),
        }
    }

    /// Waits until there is something to be read. `false`: the end.
    async fn fill(&mut self) -> Result<bool, Error> {
        match self.state {
            State::Open if self.reading && self.progress.is_inside() => self.fail(Error::Interrupted)?,
            State::Open => {}
            State::Ended => return Ok(false),
            State::Broken(error) => return Err(error),
        }
        self.reading = true;
        let filled = self.tls.fill_buf().await.map(<[u8]>::len);
        self.reading = false;
        match filled {
            Ok(_) => Ok(true),
            Err(TlsError::ConnectionClosed) => {
                self.state = State::Ended;
                Ok(false)
            }
            Err(error) => self.fail(self.progress.refused().unwrap_or_else(|| broken(error))),
        }
    }

    fn begin_write(&mut self) -> Result<(), Error> {
        match self.state {
            State::Broken(error) => Err(error),
            State::Ended => Err(Error::Transport(ErrorKind::BrokenPipe)),
            State::Open if self.writing => self.fail(Error::Interrupted),
            State::Open => {
                self.writing = true;
                Ok(())
            }
        }
    }

    fn end_write<W>(&mut self, result: Result<W, TlsError>) -> Result<W, Error> {
        self.writing = false;
        result.or_else(|error| self.fail(broken(error)))
    }

    fn fail<W>(&mut self, error: Error) -> Result<W, Error> {
        self.state = State::Broken(error);
        Err(error)
    }
}

impl<T: Read + Write, S: Suite> ErrorType for Connection<'_, T, S> {
    type Error = Error;
}

impl<T: Read + Write, S: Suite> BufRead for Connection<'_, T, S> {
    async fn fill_buf(&mut self) -> Result<&[u8], Error> {
        if !self.fill().await? {
            return Ok(&[]);
        }
        // What is there is given at once.
        self.tls.fill_buf().await.map_err(broken)
    }

    fn consume(&mut self, length: usize) {
        self.tls.consume(length);
    }
}

impl<T: Read + Write, S: Suite> Read for Connection<'_, T, S> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        if out.is_empty() || !self.fill().await? {
            return Ok(0);
        }
        self.tls.read(out).await.map_err(broken)
    }
}

/// What is written is sent at the latest by [`flush`](Write::flush). When the server has ended the connection
/// nothing more is written: [`ErrorKind::BrokenPipe`].
impl<T: Read + Write, S: Suite> Write for Connection<'_, T, S> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.begin_write()?;
        let written = self.tls.write(bytes).await;
        self.end_write(written)
    }

    async fn flush(&mut self) -> Result<(), Error> {
        self.begin_write()?;
        let flushed = self.tls.flush().await;
        self.end_write(flushed)
    }
}

impl<T: Read + Write, S: Suite> fmt::Debug for Connection<'_, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("state", &self.state).finish_non_exhaustive()
    }
}

/// What embedded-tls has found wrong in an open connection.
fn broken(error: TlsError) -> Error {
    match error {
        TlsError::Io(kind) => Error::Transport(kind),
        TlsError::IoError => Error::Cut,
        TlsError::CryptoError => Error::Tampered,
        TlsError::InternalError => Error::Alert { description: None },
        TlsError::Unimplemented => Error::Unsupported,
        _ => Error::Malformed,
    }
}
