//! Roots, a clock and buffers in, connections to authenticated servers out: the machine over a transport of
//! embedded-io-async.

use core::{
    cell::{RefCell, RefMut},
    fmt,
};

use embedded_io_async::{Read, Write};
use pki_types::ServerName;
use rand_core::CryptoRngCore;

use crate::{
    CipherSuite, Connection, Dates, Error, RECEIVE_MIN, Roots, SEND_MIN,
    buffers::fragment,
    certificate::Trust,
    connection::kind,
    machine::{Machine, Step, Terms, Ticket},
};

/// Opens connections, one at a time: it lends them the memory that it has.
///
/// It keeps one ticket of a server, in RAM, and resumes the session the next time: then the server proves by
/// the ticket that it is the one that was authenticated before, and no certificates are sent. A ticket is
/// used once, only for the name that it came from, and not after its lifetime, seven days, or the end of the
/// server's certificates. Where the time is not known there is none.
pub struct Client<'m, R> {
    roots: Roots<'m>,
    dates: Dates<'m>,
    suites: &'static [CipherSuite],
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
        let random = RefCell::new(random);
        Self { roots, dates, suites: CipherSuite::ALL, random, memory, ticket: RefCell::new(None) }
    }

    /// Offers these cipher suites, the preferred one first, and accepts no other. Without this call all that
    /// are built in are offered, `TLS_CHACHA20_POLY1305_SHA256` first.
    ///
    /// A server with none of them, or with an empty list, ends the handshake.
    #[must_use]
    pub fn with_suites(self, suites: &'static [CipherSuite]) -> Self {
        Self { suites, ..self }
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
        let now = self.dates.now()?;
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
        let terms = Terms { trust, suites: self.suites, fragment, ticket: ticket.as_ref() };
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
        Ok(Connection::new(machine, transport, (receive, send), &self.ticket, self.dates, fragment))
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

    /// Forgets the ticket: the next handshake is a full one.
    pub fn forget(&self) {
        if let Ok(mut ticket) = self.ticket.try_borrow_mut() {
            *ticket = None;
        }
    }
}

impl<R> fmt::Debug for Client<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
