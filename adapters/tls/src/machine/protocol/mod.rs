//! Bytes of a server in, bytes for it and one next step out: the client's side of TLS 1.3 (RFC 8446), without
//! I/O.
//!
//! The caller lends two buffers. Into the one for receiving it reads what [`Machine::wants`] asks for, up to
//! the end of a record, then calls [`Machine::handshake`] or, once open, [`Machine::advance`]. Both work in
//! place: handshake messages are put together at the front of the buffer, as they come, over as many records
//! as they need; application data lie at the front, too. Into the one for sending the machine writes whole
//! records.
//!
//! # Order
//!
//! [`State`] is the row, and each message is accepted in its row only:
//!
//! | state | accepts | then |
//! |---|---|---|
//! | `ServerHello` | `ServerHello`; once, HelloRetryRequest | `EncryptedExtensions`; the same again |
//! | `EncryptedExtensions` | `EncryptedExtensions` | `Certificate`; `Finished` where a ticket was accepted |
//! | `Certificate` | `Certificate`; once before it, `CertificateRequest` | `CertificateVerify` |
//! | `CertificateVerify` | `CertificateVerify` | `Finished` |
//! | `Finished` | `Finished` | `Open` |
//! | `Open` | application data, `NewSessionTicket`, `KeyUpdate` | `Open` |
//!
//! Any other message ends the connection. So does a message that does not end its record where the keys
//! change after it.
//!
//! # Limits
//!
//! A handshake message must fit in the buffer for receiving. Between two pieces of application data there may
//! be [`QUIET_MAX`] messages, alerts and empty records.

mod alert;
mod handshake;
mod terms;

use rand_core::CryptoRngCore;
use zeroize::Zeroize;

use self::alert::{CLOSE_NOTIFY, USER_CANCELED};
pub use self::terms::Terms;
use super::{
    aes::{Aes128Gcm, BUILT_IN},
    exchange::{Exchange, GROUPS},
    messages,
    protection::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, HEADER, Protection, TAG},
    schedule::{HASH, Secret, Transcript},
    ticket::{Binding, Ticket, Tickets},
};
use crate::{CipherSuite, Error, buffers::fragment};

/// Messages, alerts and records without data in a row.
const QUIET_MAX: u8 = 32;
pub(crate) const PLAINTEXT_MAX: u16 = 1 << 14;
const CIPHERTEXT_MAX: u16 = PLAINTEXT_MAX + 256;

/// Which message may come: see the module's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    ServerHello,
    EncryptedExtensions,
    Certificate,
    CertificateVerify,
    Finished,
    Open,
    /// By the server's `close_notify`.
    Ended,
    Failed,
}

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Read more: ask [`Machine::wants`] where to.
    Receive,
    /// Send this many bytes from the front of the buffer for sending, then read more.
    Send(usize),
    /// Send this many bytes from the front of the buffer for sending: the handshake is complete then, and the
    /// server is authenticated.
    Open(usize),
    /// Take this many bytes of application data from the front of the buffer for receiving, at most 16,384,
    /// before anything else is read into it.
    Data(usize),
    /// The server has ended the connection by its `close_notify`: nothing more comes. Any other end, where
    /// the transport has no more bytes before this step, may be an attacker's.
    Ended,
}

/// Where a ticket lies until the server has answered.
fn wipe_ticket(receive: &mut [u8]) {
    if let Some(place) = receive.last_chunk_mut::<{ Ticket::BYTES }>() {
        place.zeroize();
    }
}

/// The client's side of one connection.
///
/// It is made by [`new`](Self::new), [`start`](Self::start)ed once, fed by
/// [`handshake`](Self::handshake) until [`Step::Open`] and by [`advance`](Self::advance) after that. See the
/// [module](super).
///
/// A machine has about 400 bytes. It is best left where it is: moving it copies them.
pub struct Machine<'e> {
    aes: Option<&'e dyn Aes128Gcm>,
    state: State,
    keys: Keys,
    /// By a HelloRetryRequest.
    retried: Option<CipherSuite>,
    transcript: Transcript,
    /// Of the stage (section 7.1); in the end the one for tickets.
    secret: Secret,
    is_ticket_offered: bool,
    is_resumed: bool,
    is_certificate_requested: bool,
    is_update_owed: bool,
    /// The code of `max_fragment_length`.
    fragment: Option<u8>,
    /// Messages and records since the last data.
    quiet: u8,
    /// When the first of the certificates ends.
    ends: u64,
    binding: Binding,
    /// Before what is held: the key of the server's certificate, while that is to be proved.
    key: usize,
    /// Of handshake messages, before the record that comes.
    held: usize,
    header: [u8; HEADER],
    /// Of the header and what follows it.
    received: usize,
}

/// What there is of keys.
enum Keys {
    /// Until a share of the server is there.
    Exchange { random: [u8; 32], exchange: Exchange },
    /// For records.
    Records { read: Protection, write: Protection },
}

/// What a message can need besides.
struct With<'w> {
    /// For what is sent.
    out: &'w mut [u8],
    during: During<'w>,
}

enum During<'w> {
    Handshake { terms: &'w Terms<'w>, random: &'w mut dyn CryptoRngCore },
    Open { now: Option<u64>, tickets: &'w dyn Tickets },
}

impl Default for Machine<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'e> Machine<'e> {
    /// A machine that has not started.
    #[must_use]
    pub fn new() -> Self {
        Self::with(BUILT_IN)
    }

    fn with(aes: Option<&'e dyn Aes128Gcm>) -> Self {
        Self {
            aes,
            state: State::Start,
            keys: Keys::Exchange { random: [0; 32], exchange: Exchange::NONE },
            retried: None,
            transcript: Transcript::new(),
            secret: [0; HASH],
            is_ticket_offered: false,
            is_resumed: false,
            is_certificate_requested: false,
            is_update_owed: false,
            fragment: None,
            quiet: 0,
            ends: 0,
            binding: [0; _],
            key: 0,
            held: 0,
            header: [0; HEADER],
            received: 0,
        }
    }

    /// A machine that has not started, with this engine for AES, in the place of what is built in.
    #[must_use]
    pub fn with_aes(engine: &'e dyn Aes128Gcm) -> Self {
        Self::with(Some(engine))
    }

    /// Writes the first message to the front of `send`: this many bytes are to be sent.
    ///
    /// `send` has [`SEND_MIN`](crate::SEND_MIN) bytes or more; `receive`
    /// [`RECEIVE_MIN`](crate::RECEIVE_MIN) or more, and the server is asked for records that fit in it, see
    /// [`RECEIVE`](crate::RECEIVE). The same two buffers come with each later call. What is in `receive` must
    /// be left as it is until there is data.
    ///
    /// A `ticket` is offered if it is bound to these terms and has not ended. `random` must be unpredictable.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`], [`Error::HelloTooLong`]; [`Error::OutOfTurn`] if it was started before.
    pub fn start(
        &mut self,
        terms: &Terms<'_>,
        ticket: Option<&Ticket>,
        random: &mut dyn CryptoRngCore,
        receive: &mut [u8],
        send: &mut [u8],
    ) -> Result<usize, Error> {
        for (buffer, needs) in [(&*receive, crate::RECEIVE_MIN), (&*send, crate::SEND_MIN)] {
            if buffer.len() < needs {
                return Err(Error::BufferTooSmall { needs });
            }
        }
        let (State::Start, Keys::Exchange { random: own, exchange }) = (self.state, &mut self.keys) else {
            return Err(Error::OutOfTurn);
        };
        random.fill_bytes(own);
        exchange.renew(GROUPS.first().copied().unwrap_or_default(), random);
        self.fragment = fragment(receive.len());
        self.binding = *terms.binding();
        self.is_ticket_offered = ticket.is_some_and(|ticket| {
            let kept = receive.last_chunk_mut().map(|place| *place = *ticket.as_bytes());
            kept.is_some()
        });
        let result = self.greet(terms, None, receive, send);
        let result = self.judge(result);
        if !self.holds_ticket() {
            wipe_ticket(receive);
        }
        result
    }

    /// Where the next bytes of the server go, of which there must be at least one; report them by
    /// [`received`](Self::received). It is never more than what is left of a record. Empty: a record is
    /// there, so call [`handshake`](Self::handshake) or [`advance`](Self::advance).
    ///
    /// # Errors
    ///
    /// [`Error::RecordTooLong`], [`Error::MessageTooLong`].
    pub fn wants<'m>(&'m mut self, receive: &'m mut [u8]) -> Result<&'m mut [u8], Error> {
        let (body, error) = (self.body(), self.too_long());
        let room = self.room(receive);
        match self.received.checked_sub(HEADER) {
            Some(received) => receive
                .get_mut(..room)
                .and_then(|receive| receive.get_mut(body.start.saturating_add(received)..body.end))
                .ok_or(error),
            None => Ok(self.header.get_mut(self.received..).unwrap_or_default()),
        }
    }

    /// This many bytes have come to the place that was [wanted](Self::wants).
    ///
    /// # Errors
    ///
    /// [`Error::Record`]: such a record may not come now.
    pub fn received(&mut self, length: usize) -> Result<(), Error> {
        let is_new = self.received < HEADER;
        self.received = self.received.saturating_add(length);
        if is_new && self.received >= HEADER {
            let result = self.admit();
            return self.judge(result);
        }
        Ok(())
    }

    /// How much of the buffer for receiving there is: at its end a ticket lies until the server has answered.
    fn room(&self, receive: &[u8]) -> usize {
        let ticket = if self.holds_ticket() { Ticket::BYTES } else { 0 };
        receive.len().saturating_sub(ticket)
    }

    fn holds_ticket(&self) -> bool {
        self.state == State::ServerHello && self.is_ticket_offered
    }

    /// The content type and the length of the record.
    fn parts(&self) -> (u8, u16) {
        let [content_type, _, _, high, low] = self.header;
        (content_type, u16::from_be_bytes([high, low]))
    }

    /// Where the record is, without its header.
    fn body(&self) -> core::ops::Range<usize> {
        let start = self.key.saturating_add(self.held);
        start..start.saturating_add(self.parts().1.into())
    }

    fn too_long(&self) -> Error {
        if self.held > 0 { Error::MessageTooLong } else { Error::RecordTooLong { length: self.parts().1 } }
    }

    /// A header is there: may such a record come now?
    fn admit(&self) -> Result<(), Error> {
        let (content_type, length) = self.parts();
        let is_encrypted = matches!(self.keys, Keys::Records { .. });
        let lengths = match content_type {
            HANDSHAKE if !is_encrypted => 1..=PLAINTEXT_MAX,
            ALERT if !is_encrypted => 2..=2,
            // Section 5: until `Finished`.
            CHANGE_CIPHER_SPEC if self.state != State::Open => 1..=1,
            APPLICATION_DATA if is_encrypted => TAG as u16 + 1..=CIPHERTEXT_MAX,
            _ => return Err(Error::Record { content_type, length }),
        };
        let is_version_good = self.header.get(1) == Some(&3);
        if !is_version_good || !lengths.contains(&length) {
            return Err(Error::Record { content_type, length });
        }
        Ok(())
    }

    /// Works on the record that is there, during the handshake: until [`Step::Open`]. Without a whole record
    /// it is [`Step::Receive`].
    ///
    /// The `terms` are those that it was started with. `random` is for a server that asks for another key
    /// exchange. A call can compute for tens of millions of instructions.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but those of a transport. Nothing comes after it but an [`alert`](Self::alert), which
    /// says to the server what was wrong.
    pub fn handshake(
        &mut self,
        terms: &Terms<'_>,
        random: &mut dyn CryptoRngCore,
        receive: &mut [u8],
        send: &mut [u8],
    ) -> Result<Step, Error> {
        self.step(receive, &mut With { out: send, during: During::Handshake { terms, random } })
    }

    /// Works on the record that is there, after the handshake: [`Step::Receive`], [`Step::Data`] or
    /// [`Step::Ended`].
    ///
    /// Tickets that come are kept in `tickets`, if the time is known: `now` is in seconds since 1970-01-01
    /// 00:00 UTC.
    ///
    /// # Errors
    ///
    /// As in [`handshake`](Self::handshake).
    pub fn advance(
        &mut self,
        now: Option<u64>,
        tickets: &dyn Tickets,
        receive: &mut [u8],
    ) -> Result<Step, Error> {
        self.step(receive, &mut With { out: &mut [], during: During::Open { now, tickets } })
    }

    #[inline(never)]
    fn step(&mut self, memory: &mut [u8], with: &mut With<'_>) -> Result<Step, Error> {
        match self.state {
            State::Ended => return Ok(Step::Ended),
            State::Failed => return Err(Error::OutOfTurn),
            _ => {}
        }
        let length = usize::from(self.parts().1);
        if self.received < HEADER.saturating_add(length) {
            return Ok(Step::Receive);
        }
        let held_ticket = self.holds_ticket();
        let result = self.record(memory, with);
        self.received = 0;
        let result = self.judge(result);
        // It has been used, or never will be.
        if held_ticket && !self.holds_ticket() {
            wipe_ticket(memory);
        }
        result
    }

    /// Nothing comes after an error.
    fn judge<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    #[inline(never)]
    fn record(&mut self, memory: &mut [u8], with: &mut With<'_>) -> Result<Step, Error> {
        let body = self.body();
        let (mut content_type, length) = self.parts();
        let record = memory.get_mut(body.clone()).ok_or_else(|| self.too_long())?;
        let mut content = record.len();
        if content_type == CHANGE_CIPHER_SPEC {
            // It has one value, and no meaning.
            return match record {
                [1] => self.stay_quiet(Step::Receive),
                _ => Err(Error::Record { content_type, length }),
            };
        }
        if content_type == APPLICATION_DATA {
            let Keys::Records { read, .. } = &mut self.keys else { return Err(Error::OutOfTurn) };
            (content_type, content) = read.open(self.aes, &self.header, record).ok_or(Error::Tampered)?;
            if content > PLAINTEXT_MAX.into() {
                return Err(Error::Record { content_type, length });
            }
        }
        let record = record.get(..content).unwrap_or_default();
        if self.held > 0 && content_type != HANDSHAKE {
            // Section 5.1: no other record comes between those of a message.
            return Err(Error::OutOfTurn);
        }
        match (content_type, record) {
            (APPLICATION_DATA, []) if self.state == State::Open => self.stay_quiet(Step::Receive),
            (APPLICATION_DATA, _) if self.state == State::Open => {
                self.quiet = 0;
                Ok(Step::Data(content))
            }
            (ALERT, [_, CLOSE_NOTIFY]) if self.state == State::Open => {
                self.state = State::Ended;
                Ok(Step::Ended)
            }
            (ALERT, [_, USER_CANCELED]) => self.stay_quiet(Step::Receive),
            (ALERT, [_, description]) => Err(Error::Alert { description: *description }),
            (HANDSHAKE, [_, ..]) => {
                self.held = self.held.saturating_add(content);
                self.messages(memory, with)
            }
            _ => Err(Error::Record { content_type, length }),
        }
    }

    fn stay_quiet(&mut self, step: Step) -> Result<Step, Error> {
        self.quiet = self.quiet.saturating_add(1);
        if self.quiet > QUIET_MAX { Err(Error::Unsupported) } else { Ok(step) }
    }

    /// The most application data in a record that is sent, in bytes: 16,384, or less where the server was
    /// asked for shorter ones (RFC 6066, section 4).
    #[must_use]
    pub fn content_max(&self) -> u16 {
        self.fragment.map_or(PLAINTEXT_MAX, |code| 256 << code)
    }

    /// Makes a record of application data in place: `length` bytes of them, at most
    /// [`content_max`](Self::content_max), lie in `send` after [`HEADER`] bytes of room, and after them there
    /// are [`TRAILER`](super::TRAILER) more. It says how many bytes from the front of `send` are to be sent.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`]; [`Error::OutOfTurn`] before the handshake is complete and after an error.
    pub fn seal(&mut self, send: &mut [u8], length: usize) -> Result<usize, Error> {
        let (State::Open | State::Ended, Keys::Records { write, .. }) = (self.state, &mut self.keys) else {
            return Err(Error::OutOfTurn);
        };
        let needs = length.saturating_add(HEADER + 1 + TAG);
        if send.len() < needs || length > self.fragment.map_or(PLAINTEXT_MAX, |code| 256 << code).into() {
            return Err(Error::BufferTooSmall { needs });
        }
        write.seal(self.aes, APPLICATION_DATA, send, length).ok_or(Error::OutOfTurn)
    }

    /// Was a ticket accepted?
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// The client's keys are to be new: the server wants it, or AES-GCM has sealed as many records by the old
    /// ones as is safe (RFC 8446, section 5.5). That is said to the server by [`update`](Self::update), after
    /// what was [sealed](Self::seal) before it.
    #[must_use]
    pub fn owes_update(&self) -> bool {
        let is_worn = || matches!(&self.keys, Keys::Records { write, .. } if write.is_worn());
        self.is_update_owed || is_worn()
    }

    /// Writes a `KeyUpdate` to the front of `send`, after which the client's keys are new. It says how many
    /// bytes are to be sent.
    ///
    /// # Errors
    ///
    /// As in [`seal`](Self::seal).
    pub fn update(&mut self, send: &mut [u8]) -> Result<usize, Error> {
        let (State::Open | State::Ended, Keys::Records { write, .. }) = (self.state, &mut self.keys) else {
            return Err(Error::OutOfTurn);
        };
        let message = [messages::KEY_UPDATE, 0, 0, 1, 0];
        let needs = HEADER + message.len() + 1 + TAG;
        let place = send.get_mut(HEADER..).and_then(|send| send.first_chunk_mut());
        *place.ok_or(Error::BufferTooSmall { needs })? = message;
        let sealed = write.seal(self.aes, HANDSHAKE, send, message.len());
        let sealed = sealed.ok_or(Error::BufferTooSmall { needs })?;
        write.update();
        self.is_update_owed = false;
        Ok(sealed)
    }
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// Shows no key.
impl core::fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Machine").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
