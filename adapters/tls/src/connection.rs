//! An authenticated server's records in, application data out, and the other way: the machine over a
//! transport of embedded-io-async.

use core::{
    cell::{RefCell, RefMut},
    fmt,
    ops::Range,
};

use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read, Write};
use rand_core::CryptoRngCore;

use crate::{
    Dates, Error,
    machine::{Aes128Gcm, HEADER, Machine, Step, TRAILER, Terms, Tickets},
};

/// A connection to a server that is who it should be. Dropping it drops the transport.
///
/// It ends, with 0 bytes, when the server has said so by an encrypted `close_notify`. Any other end is an
/// error: an attacker may have caused it. After an error every call gives the same one.
///
/// # Cancel safety
///
/// A read, a write or a flush may be dropped while it waits: nothing is lost, and the next one continues.
pub struct Connection<'c, T> {
    machine: Machine<'c>,
    transport: T,
    receive: RefMut<'c, [u8]>,
    send: RefMut<'c, [u8]>,
    tickets: &'c dyn Tickets,
    dates: Dates<'c>,
    /// Application data at the front of the buffer for receiving.
    data: Range<usize>,
    /// Application data in the buffer for sending, after room for a header.
    plain: usize,
    /// A record, or the rest of it, that is to be sent.
    sealed: Range<usize>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// By the server's `close_notify`.
    Ended,
    Broken(Error),
}

impl<'c, T: Read + Write> Connection<'c, T> {
    /// One that has not started, in its place: the caller has no frame with a second one.
    #[inline(never)]
    pub(crate) fn insert<'p>(
        place: &'p mut Option<Self>,
        aes: Option<&'c dyn Aes128Gcm>,
        transport: T,
        (receive, send): (RefMut<'c, [u8]>, RefMut<'c, [u8]>),
        tickets: &'c dyn Tickets,
        dates: Dates<'c>,
    ) -> &'p mut Self {
        place.insert(Self {
            machine: aes.map_or_else(Machine::new, Machine::with_aes),
            transport,
            receive,
            send,
            tickets,
            dates,
            data: 0..0,
            plain: 0,
            sealed: 0..0,
            state: State::Open,
        })
    }

    /// Writes the first message.
    #[inline(never)]
    pub(crate) fn start(&mut self, terms: &Terms<'_>, random: &mut dyn CryptoRngCore) -> Result<Step, Error> {
        // It is used once, whatever comes of it.
        let ticket = self.tickets.take(terms.binding());
        let length = self.machine.start(terms, ticket.as_ref(), random, &mut self.receive, &mut self.send)?;
        Ok(Step::Send(length))
    }

    /// Sends what the machine has written.
    pub(crate) async fn tell(&mut self, length: usize) -> Result<(), Error> {
        self.sealed = 0..length;
        self.drain().await?;
        self.transport.flush().await.map_err(kind)
    }

    /// Reads until a record is there, and works on it.
    pub(crate) async fn hear(
        &mut self,
        terms: &Terms<'_>,
        random: &RefCell<impl CryptoRngCore>,
    ) -> Result<Step, Error> {
        loop {
            let place = self.machine.wants(&mut self.receive)?;
            if place.is_empty() {
                break;
            }
            let length = self.transport.read(place).await.map_err(kind)?;
            if length == 0 {
                return Err(Error::Cut);
            }
            self.machine.received(length)?;
        }
        let mut random = random.try_borrow_mut().map_err(|_| Error::Busy)?;
        self.machine.handshake(terms, &mut *random, &mut self.receive, &mut self.send)
    }

    /// Was the session resumed, by a ticket of an earlier connection?
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.machine.is_resumed()
    }

    /// Says `close_notify`, unless the server has said so before, and gives the transport back, which it does
    /// not flush: it waits only while the transport takes nothing.
    ///
    /// # Errors
    ///
    /// The transport fails, or there was an error before. The transport is dropped.
    pub async fn close(mut self) -> Result<T, Error> {
        match self.state {
            State::Broken(error) => return Err(error),
            State::Ended => {}
            State::Open => {
                self.send().await?;
                self.sealed = 0..self.machine.alert(None, &mut self.send).ok_or(Error::OutOfTurn)?;
                self.drain().await?;
            }
        }
        Ok(self.transport)
    }

    /// Waits until there is something to be read. `false`: the end.
    async fn fill(&mut self) -> Result<bool, Error> {
        loop {
            if self.machine.owes_update() && self.state == State::Open {
                self.flush().await?;
            }
            match self.state {
                State::Open if !self.data.is_empty() => return Ok(true),
                State::Open => {}
                State::Ended => return Ok(false),
                State::Broken(error) => return Err(error),
            }
            let place = match self.machine.wants(&mut self.receive) {
                Ok(place) => place,
                Err(error) => return self.fail(error).await,
            };
            if !place.is_empty() {
                let length = match self.transport.read(place).await {
                    Ok(0) => Err(Error::Cut),
                    Ok(length) => self.machine.received(length),
                    Err(error) => Err(kind(error)),
                };
                match length {
                    Ok(()) => continue,
                    Err(error) => return self.fail(error).await,
                }
            }
            match self.advance() {
                Ok(Step::Data(length)) => self.data = 0..length,
                Ok(Step::Ended) => self.state = State::Ended,
                Ok(_) => {}
                Err(error) => return self.fail(error).await,
            }
        }
    }

    fn advance(&mut self) -> Result<Step, Error> {
        // Without a time no ticket is kept.
        let now = self.dates.now().unwrap_or_default();
        self.machine.advance(now, self.tickets, &mut self.receive)
    }

    /// Tells the server of an error, if it can be told.
    pub(crate) async fn fail<W>(&mut self, error: Error) -> Result<W, Error> {
        self.state = State::Broken(error);
        if self.sealed.is_empty()
            && let Some(length) = self.machine.alert(Some(error), &mut self.send)
        {
            self.plain = 0;
            let record = self.send.get(..length).unwrap_or_default();
            // What becomes of it does not matter any more.
            let _ = self.transport.write_all(record).await;
            let _ = self.transport.flush().await;
        }
        Err(error)
    }

    fn judge<W>(&mut self, result: Result<W, Error>) -> Result<W, Error> {
        if let Err(error) = result {
            self.state = State::Broken(error);
        }
        result
    }

    /// Sends what is written.
    async fn send(&mut self) -> Result<(), Error> {
        self.drain().await?;
        if self.plain > 0 {
            let length = self.machine.seal(&mut self.send, self.plain);
            self.sealed = 0..self.judge(length)?;
            self.plain = 0;
            self.drain().await?;
        }
        // After what was written, which is under the old keys.
        if self.machine.owes_update() {
            let length = self.machine.update(&mut self.send);
            self.sealed = 0..self.judge(length)?;
            self.drain().await?;
        }
        Ok(())
    }

    /// Sends the record that is there.
    async fn drain(&mut self) -> Result<(), Error> {
        while !self.sealed.is_empty() {
            let record = self.send.get(self.sealed.clone()).unwrap_or_default();
            let written = match self.transport.write(record).await {
                Ok(0) => Err(Error::Transport(ErrorKind::WriteZero)),
                written => written.map_err(kind),
            };
            let written = self.judge(written)?;
            self.sealed.start = self.sealed.start.saturating_add(written);
        }
        Ok(())
    }

    fn check_open(&self) -> Result<(), Error> {
        match self.state {
            State::Open => Ok(()),
            State::Ended => Err(Error::Transport(ErrorKind::BrokenPipe)),
            State::Broken(error) => Err(error),
        }
    }
}

impl<T: Read + Write> ErrorType for Connection<'_, T> {
    type Error = Error;
}

impl<T: Read + Write> BufRead for Connection<'_, T> {
    async fn fill_buf(&mut self) -> Result<&[u8], Error> {
        if !self.fill().await? {
            return Ok(&[]);
        }
        Ok(self.receive.get(self.data.clone()).unwrap_or_default())
    }

    fn consume(&mut self, length: usize) {
        self.data.start = self.data.start.saturating_add(length).min(self.data.end);
    }
}

impl<T: Read + Write> Read for Connection<'_, T> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        if out.is_empty() {
            return Ok(0);
        }
        let there = self.fill_buf().await?;
        let length = there.len().min(out.len());
        for (to, from) in out.iter_mut().zip(there) {
            *to = *from;
        }
        self.consume(length);
        Ok(length)
    }
}

/// What is written leaves at the latest with [`flush`](Write::flush). When the server has ended the
/// connection nothing more is written: [`ErrorKind::BrokenPipe`].
impl<T: Read + Write> Write for Connection<'_, T> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.check_open()?;
        self.drain().await?;
        let room = self.send.len().saturating_sub(HEADER + TRAILER).min(self.machine.content_max().into());
        if self.plain >= room {
            self.send().await?;
        }
        let length = bytes.len().min(room.saturating_sub(self.plain));
        let place = self.send.get_mut(HEADER.saturating_add(self.plain)..).unwrap_or_default();
        for (to, from) in place.iter_mut().zip(bytes.iter().take(length)) {
            *to = *from;
        }
        self.plain = self.plain.saturating_add(length);
        Ok(length)
    }

    async fn flush(&mut self) -> Result<(), Error> {
        self.check_open()?;
        self.send().await?;
        let flushed = self.transport.flush().await.map_err(kind);
        self.judge(flushed)
    }
}

impl<T> fmt::Debug for Connection<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("state", &self.state).finish_non_exhaustive()
    }
}

pub(crate) fn kind(error: impl embedded_io_async::Error) -> Error {
    Error::Transport(error.kind())
}
