//! Roots, a clock and buffers in, connections to authenticated servers out: the machine over a transport of
//! embedded-io-async.

use core::{
    cell::{RefCell, RefMut},
    fmt,
    ops::Range,
    time::Duration,
};

use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read, Write};
use pki_types::{ServerName, UnixTime};
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};

use super::{
    protection::{HEADER, TAG},
    protocol::{Machine, PLAINTEXT_MAX, Step, Terms},
    ticket::Ticket,
};
use crate::{Dates, Error, RECEIVE, RECEIVE_MIN, Roots, SEND_MIN, certificate::Trust};

/// Opens connections, one at a time: it lends them the memory that it has.
///
/// It keeps one ticket of a server, in RAM, and resumes the session the next time: then the server proves by
/// the ticket that it is the one that was authenticated before, and no certificates are sent. A ticket is
/// used once, only for the name that it came from, and not after its lifetime, seven days, or the end of the
/// server's certificates. Where the time is not known there is none.
pub struct Client<'m, R> {
    roots: Roots<'m>,
    dates: Dates<'m>,
    random: RefCell<R>,
    memory: RefCell<Memory<'m>>,
    ticket: RefCell<Option<Ticket>>,
}

struct Memory<'m> {
    receive: &'m mut [u8],
    send: &'m mut [u8],
}

impl<'m, R: CryptoRngCore> Client<'m, R> {
    /// A client that trusts these `roots`.
    ///
    /// `random` must be unpredictable: anyone who can guess it can read everything. `receive` holds one
    /// record of the server, [`RECEIVE`] bytes; `send` one of the client, at least [`SEND_MIN`].
    #[must_use]
    pub fn new(
        roots: Roots<'m>,
        dates: Dates<'m>,
        random: R,
        receive: &'m mut [u8],
        send: &'m mut [u8],
    ) -> Self {
        let memory = RefCell::new(Memory { receive, send });
        Self { roots, dates, random: RefCell::new(random), memory, ticket: RefCell::new(None) }
    }

    /// Performs the handshake with the server at the other end of `transport`, and authenticates it by
    /// `name`: a DNS name or an IP address. A DNS name is sent to the server, too.
    ///
    /// Nothing of the application's data is written before it returns. It waits for the server as long as the
    /// transport does: set a deadline. If it is dropped while it waits, the transport is dropped, and the
    /// next call starts again.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; the transport is dropped, after an alert that says to the server what was wrong.
    #[allow(clippy::await_holding_refcell_ref, reason = "the borrow is the lock: a second caller fails")]
    pub async fn connect<'c, T: Read + Write + 'c>(
        &'c self,
        mut transport: T,
        name: &str,
    ) -> Result<Connection<'c, T>, Error> {
        let now = self.now()?;
        let name = ServerName::try_from(name).map_err(|_| Error::ServerName)?;
        let memory = self.memory.try_borrow_mut().map_err(|_| Error::Busy)?;
        let (mut receive, mut send) =
            RefMut::map_split(memory, |Memory { receive, send }| (&mut **receive, &mut **send));
        for (buffer, needs) in [(&*receive, RECEIVE_MIN), (&*send, SEND_MIN)] {
            if buffer.len() < needs {
                return Err(Error::BufferTooSmall { needs });
            }
        }
        // It is used once, whatever comes of it.
        let ticket = self.ticket.try_borrow_mut().ok().and_then(|mut ticket| ticket.take());
        let trust = Trust { roots: self.roots, name: &name, now };
        let fragment = fragment(receive.len());
        let terms = Terms { trust, fragment, ticket: ticket.as_ref() };
        let (machine, length) = {
            let mut random = self.random.try_borrow_mut().map_err(|_| Error::Busy)?;
            Machine::start(&terms, &mut *random, &mut send)?
        };
        transport.write_all(send.get(..length).unwrap_or_default()).await.map_err(kind)?;
        transport.flush().await.map_err(kind)?;
        let mut machine = machine;
        loop {
            match self.step(&mut machine, &mut transport, &mut receive, &mut send, &terms).await {
                Ok(Step::Receive) => {}
                Ok(Step::Send(length)) => {
                    transport.write_all(send.get(..length).unwrap_or_default()).await.map_err(kind)?;
                    transport.flush().await.map_err(kind)?;
                }
                Ok(Step::Open(length)) => {
                    transport.write_all(send.get(..length).unwrap_or_default()).await.map_err(kind)?;
                    transport.flush().await.map_err(kind)?;
                    break;
                }
                Ok(Step::Data(_) | Step::Ended) => return Err(Error::OutOfTurn),
                Err(error) => {
                    if let Some(length) = machine.alert(Some(error), &mut send) {
                        // What became of it does not matter any more.
                        let _ = transport.write_all(send.get(..length).unwrap_or_default()).await;
                        let _ = transport.flush().await;
                    }
                    return Err(error);
                }
            }
        }
        drop(ticket);
        Ok(Connection {
            machine,
            transport,
            receive,
            send,
            tickets: &self.ticket,
            dates: self.dates,
            // It holds for what the client sends, too (RFC 6066, section 4).
            content_max: fragment.map_or(PLAINTEXT_MAX, |code| 256 << code),
            data: 0..0,
            plain: 0,
            sealed: 0..0,
            state: State::Open,
        })
    }

    /// Reads until a record is there, and works on it.
    async fn step<T: Read>(
        &self,
        machine: &mut Machine,
        transport: &mut T,
        receive: &mut [u8],
        send: &mut [u8],
        terms: &Terms<'_>,
    ) -> Result<Step, Error> {
        loop {
            let place = machine.wants(receive)?;
            if place.is_empty() {
                break;
            }
            let length = transport.read(place).await.map_err(kind)?;
            if length == 0 {
                return Err(Error::Cut);
            }
            machine.received(length)?;
        }
        let mut random = self.random.try_borrow_mut().map_err(|_| Error::Busy)?;
        machine.advance(receive, send, Some(terms), Some(&mut *random), None, &mut |_| {})
    }

    fn now(&self) -> Result<Option<UnixTime>, Error> {
        time(self.dates).map_err(|()| Error::TimeUnknown)
    }

    /// Forgets the ticket: the next handshake is a full one.
    pub fn forget(&self) {
        if let Ok(mut ticket) = self.ticket.try_borrow_mut() {
            *ticket = None;
        }
    }
}

/// `Err`: the clock does not know it.
fn time(dates: Dates<'_>) -> Result<Option<UnixTime>, ()> {
    match dates {
        Dates::CheckedBy(clock) => {
            clock().map(|seconds| Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))).ok_or(())
        }
        Dates::Ignored => Ok(None),
    }
}

/// The code of `max_fragment_length` (RFC 6066, section 4) for the most content that fits in a buffer for
/// receiving, with its content type and tag; `None` where all of it fits, or where hardly a certificate
/// would.
fn fragment(receive: usize) -> Option<u8> {
    match receive.saturating_sub(1 + TAG) {
        1024..2048 => Some(2),
        2048..4096 => Some(3),
        4096.. if receive < RECEIVE => Some(4),
        _ => None,
    }
}

/// What a ticket is bound to.
pub(super) fn hash_of(name: &ServerName<'_>) -> u128 {
    let mut hash = Sha256::new();
    match name {
        ServerName::DnsName(name) => {
            name.as_ref().bytes().for_each(|byte| hash.update([byte.to_ascii_lowercase()]))
        }
        ServerName::IpAddress(pki_types::IpAddr::V4(address)) => hash.update(address.as_ref()),
        ServerName::IpAddress(pki_types::IpAddr::V6(address)) => hash.update(address.as_ref()),
        _ => {}
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().map_or(0, |front| u128::from_be_bytes(*front))
}

impl<R> fmt::Debug for Client<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// A connection to a server that is who it should be. Dropping it drops the transport.
///
/// It ends, with 0 bytes, when the server has said so by `close_notify`, encrypted; any other end is an
/// error: it may be an attacker's. After an error every call gives the same one.
///
/// # Cancel safety
///
/// A read, a write or a flush may be dropped while it waits: nothing is lost, and the next one continues.
pub struct Connection<'c, T> {
    machine: Machine,
    transport: T,
    receive: RefMut<'c, [u8]>,
    send: RefMut<'c, [u8]>,
    tickets: &'c RefCell<Option<Ticket>>,
    dates: Dates<'c>,
    /// The most bytes of content in a record that is sent.
    content_max: u16,
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

impl<T: Read + Write> Connection<'_, T> {
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
                self.sealed = 0..self.machine.alert(None, &mut self.send).ok_or(Error::Interrupted)?;
                self.drain().await?;
            }
        }
        Ok(self.transport)
    }

    /// Waits until there is something to be read. `false`: the end.
    async fn fill(&mut self) -> Result<bool, Error> {
        loop {
            if self.machine.owes_update() && self.state == State::Open {
                // What is written comes before it, under the old keys.
                self.send().await?;
                let length = self.machine.update(&mut self.send);
                self.sealed = 0..self.judge(length)?;
                self.drain().await?;
                let flushed = self.transport.flush().await.map_err(kind);
                self.judge(flushed)?;
            }
            match self.state {
                State::Open if !self.data.is_empty() => return Ok(true),
                State::Open => {}
                State::Ended => return Ok(false),
                State::Broken(error) => return Err(error),
            }
            let place = self.machine.wants(&mut self.receive);
            let place = match place {
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
        let moment = time(self.dates).unwrap_or_default().map(|now| now.as_secs());
        let tickets = self.tickets;
        let mut keep = |ticket| {
            if let Ok(mut kept) = tickets.try_borrow_mut() {
                *kept = Some(ticket);
            }
        };
        // Nothing is written after the handshake but by `update`.
        self.machine.advance(&mut self.receive, &mut [], None, None, moment, &mut keep)
    }

    /// Tells the server of an error, if it can be told.
    async fn fail<W>(&mut self, error: Error) -> Result<W, Error> {
        self.state = State::Broken(error);
        if self.sealed.is_empty()
            && let Some(length) = self.machine.alert(Some(error), &mut self.send)
        {
            self.plain = 0;
            let record = self.send.get(..length).unwrap_or_default();
            let _ = self.transport.write_all(record).await;
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
        let room = self.send.len().saturating_sub(HEADER + 1 + TAG).min(self.content_max.into());
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

fn kind(error: impl embedded_io_async::Error) -> Error {
    Error::Transport(error.kind())
}
