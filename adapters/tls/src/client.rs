//! Roots, a clock and buffers in, connections to authenticated servers out: the machine over a transport of
//! embedded-io-async.

use core::{
    cell::{RefCell, RefMut},
    fmt,
};

use embedded_io_async::{Read, Write};
use rand_core::CryptoRngCore;

use crate::{
    CipherSuite, Connection, Dates, Error, Roots,
    machine::{Aes128Gcm, OneTicket, Step, Terms, Tickets},
};

/// Opens connections, one at a time: it lends them the memory that it has.
///
/// It keeps one ticket of a server, in RAM, and resumes the session the next time: then the server proves by
/// the ticket that it is the one that was authenticated before, and no certificates are sent. A ticket is
/// used once, only for the name that it came from, and not after its lifetime, seven days, or the end of the
/// server's certificates. Where the time is not known there is none.
pub struct Client<'m, R, K = OneTicket> {
    roots: Roots<'m>,
    dates: Dates<'m>,
    suites: &'m [CipherSuite],
    random: RefCell<R>,
    memory: RefCell<Memory<'m>>,
    aes: Option<&'m dyn Aes128Gcm>,
    tickets: K,
}

struct Memory<'m> {
    receive: &'m mut [u8],
    send: &'m mut [u8],
}

impl<'m, R: CryptoRngCore> Client<'m, R> {
    /// A client that trusts these `roots`.
    ///
    /// `random` must be unpredictable: anyone who can guess it can read everything. `receive` holds one
    /// record of the server, [`RECEIVE`](crate::RECEIVE) bytes; `send` one of the client, at least
    /// [`SEND_MIN`](crate::SEND_MIN).
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
        let (suites, tickets) = (CipherSuite::ALL, OneTicket::new());
        Self { roots, dates, suites, random, memory, aes: None, tickets }
    }
}

impl<'m, R: CryptoRngCore, K: Tickets> Client<'m, R, K> {
    /// Keeps tickets in this store, in the place of [`OneTicket`]: in flash, for example, so that a session
    /// is resumed after a restart. What that means for the secret is said at
    /// [`Ticket`](crate::machine::Ticket).
    #[must_use]
    pub fn with_tickets<K2: Tickets>(self, tickets: K2) -> Client<'m, R, K2> {
        let Self { roots, dates, suites, random, memory, aes, .. } = self;
        Client { roots, dates, suites, random, memory, aes, tickets }
    }

    /// Computes AES by this engine, in the place of what is built in. What is offered is chosen by
    /// [`with_suites`](Self::with_suites).
    #[must_use]
    pub fn with_aes(self, engine: &'m dyn Aes128Gcm) -> Self {
        Self { aes: Some(engine), ..self }
    }

    /// Offers these cipher suites, the preferred one first, and accepts no other. Without this call all that
    /// are built in are offered, `TLS_CHACHA20_POLY1305_SHA256` first.
    ///
    /// A server with none of them, or with an empty list, ends the handshake.
    #[must_use]
    pub fn with_suites(self, suites: &'m [CipherSuite]) -> Self {
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
        transport: T,
        name: &str,
    ) -> Result<Connection<'c, T>, Error> {
        let terms = Terms::new(self.roots, name, self.dates.now()?)?.with_suites(self.suites);
        let memory = self.memory.try_borrow_mut().map_err(|_| Error::Busy)?;
        let (receive, send) =
            RefMut::map_split(memory, |Memory { receive, send }| (&mut **receive, &mut **send));
        let mut place = None;
        let buffers = (receive, send);
        let connection =
            Connection::insert(&mut place, self.aes, transport, buffers, &self.tickets, self.dates);
        let mut step = connection.start(&terms, &mut *self.random()?)?;
        loop {
            let done = matches!(step, Step::Open(_));
            if let Step::Send(length) | Step::Open(length) = step {
                connection.tell(length).await?;
            }
            if done {
                break;
            }
            match connection.hear(&terms, &self.random).await {
                Ok(next) => step = next,
                Err(error) => return connection.fail(error).await,
            }
        }
        place.ok_or(Error::OutOfTurn)
    }

    fn random(&self) -> Result<RefMut<'_, R>, Error> {
        self.random.try_borrow_mut().map_err(|_| Error::Busy)
    }

    /// Forgets the tickets: the next handshake is a full one.
    pub fn forget(&self) {
        self.tickets.forget();
    }
}

impl<R, K> fmt::Debug for Client<'_, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
