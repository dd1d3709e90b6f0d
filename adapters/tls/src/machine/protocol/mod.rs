//! Bytes of a server in, bytes for it and one next step out: the client's side of TLS 1.3 (RFC 8446), without
//! I/O.
//!
//! The caller lends two buffers. Into the one for receiving it reads what [`Machine::wants`] asks for, up to
//! the end of a record, then calls [`Machine::advance`], which works in place: handshake messages are put
//! together at the front of the buffer, as they come, over as many records as they need; application data lie
//! at the front, too. Into the one for sending the machine writes whole records.
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

mod handshake;

use pki_types::ServerName;
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};

use super::{
    exchange::{Exchange, GROUPS},
    messages,
    protection::{
        ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, CipherSuite, HANDSHAKE, HEADER, Protection, TAG,
    },
    schedule::{HASH, Secret},
    ticket::{Ticket, hash_of},
};
use crate::{CertificateError, Error, certificate::Trust};

/// Messages, alerts and records without data in a row.
const QUIET_MAX: u8 = 32;
pub(crate) const PLAINTEXT_MAX: u16 = 1 << 14;
const CIPHERTEXT_MAX: u16 = PLAINTEXT_MAX + 256;
/// An alert's level and description (section 6).
const CLOSE_NOTIFY: u8 = 0;
const USER_CANCELED: u8 = 90;

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
pub(crate) enum Step {
    /// Read on.
    Receive,
    /// Send this many bytes of the buffer for sending.
    Send(usize),
    /// Send them: the handshake is complete then.
    Open(usize),
    /// Take this many bytes of application data from the front of the buffer for receiving.
    Data(usize),
    /// The server has ended the connection.
    Ended,
}

/// What a connection is held to.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'t> {
    pub(crate) trust: Trust<'t>,
    /// What is offered, and nothing else is accepted: the preferred one first.
    pub(crate) suites: &'t [CipherSuite],
    /// The code of `max_fragment_length`.
    pub(crate) fragment: Option<u8>,
    /// Of an earlier connection.
    pub(crate) ticket: Option<&'t Ticket>,
}

impl Terms<'_> {
    fn now(&self) -> Option<u64> {
        self.trust.now.map(|now| now.as_secs())
    }

    fn dns_name(&self) -> Option<&str> {
        match self.trust.name {
            ServerName::DnsName(name) => Some(name.as_ref()),
            _ => None,
        }
    }
}

/// One connection.
pub(crate) struct Machine {
    state: State,
    random: [u8; 32],
    exchange: Option<Exchange>,
    /// By a HelloRetryRequest.
    retried: Option<CipherSuite>,
    suite: Option<CipherSuite>,
    transcript: Sha256,
    /// Of the stage (section 7.1); in the end the one for tickets.
    secret: Secret,
    /// Of the handshake, for `Finished`.
    client: Secret,
    server: Secret,
    read: Option<Protection>,
    write: Option<Protection>,
    is_ticket_offered: bool,
    is_resumed: bool,
    is_certificate_requested: bool,
    is_update_owed: bool,
    /// Messages and records since the last data.
    quiet: u8,
    /// When the first of the certificates ends.
    ends: u64,
    /// Of the name that the server is authenticated by.
    name: u128,
    /// Before what is held: the key of the server's certificate, while that is to be proved.
    key: usize,
    /// Of handshake messages, before the record that comes.
    held: usize,
    header: [u8; HEADER],
    /// Of the header and what follows it.
    received: usize,
}

impl Machine {
    /// Writes the first record into `out`: this many bytes are to be sent.
    pub(crate) fn start(
        terms: &Terms<'_>,
        random: &mut dyn CryptoRngCore,
        out: &mut [u8],
    ) -> Result<(Self, usize), Error> {
        let mut machine = Self {
            state: State::Start,
            random: [0; 32],
            exchange: None,
            retried: None,
            suite: None,
            transcript: Sha256::new(),
            secret: [0; HASH],
            client: [0; HASH],
            server: [0; HASH],
            read: None,
            write: None,
            is_ticket_offered: false,
            is_resumed: false,
            is_certificate_requested: false,
            is_update_owed: false,
            quiet: 0,
            ends: 0,
            name: hash_of(terms.trust.name),
            key: 0,
            held: 0,
            header: [0; HEADER],
            received: 0,
        };
        random.fill_bytes(&mut machine.random);
        let exchange = Exchange::new(GROUPS.first().copied().unwrap_or_default(), random);
        let length = machine.greet(terms, exchange, None, out)?;
        Ok((machine, length))
    }

    /// Where the next bytes go, of which there must be at least one; report them by
    /// [`received`](Self::received). Empty: a record is there, so advance.
    pub(crate) fn wants<'m>(&'m mut self, memory: &'m mut [u8]) -> Result<&'m mut [u8], Error> {
        let (body, error) = (self.body(), self.too_long());
        match self.received.checked_sub(HEADER) {
            Some(received) => memory.get_mut(body.start.saturating_add(received)..body.end).ok_or(error),
            None => Ok(self.header.get_mut(self.received..).unwrap_or_default()),
        }
    }

    pub(crate) fn received(&mut self, length: usize) -> Result<(), Error> {
        let is_new = self.received < HEADER;
        self.received = self.received.saturating_add(length);
        if is_new && self.received >= HEADER {
            let result = self.admit();
            return self.judge(result);
        }
        Ok(())
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
        let is_encrypted = self.read.is_some();
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

    /// Works on the record that is there, if it is there.
    ///
    /// `terms` are for the handshake, `random` for a HelloRetryRequest; `keep` gets a ticket, which came at
    /// `moment`, in seconds since 1970.
    pub(crate) fn advance(
        &mut self,
        memory: &mut [u8],
        out: &mut [u8],
        terms: Option<&Terms<'_>>,
        random: Option<&mut dyn CryptoRngCore>,
        moment: Option<u64>,
        keep: &mut dyn FnMut(Ticket),
    ) -> Result<Step, Error> {
        match self.state {
            State::Ended => return Ok(Step::Ended),
            State::Failed => return Err(Error::OutOfTurn),
            _ => {}
        }
        let length = usize::from(self.parts().1);
        if self.received < HEADER.saturating_add(length) {
            return Ok(Step::Receive);
        }
        let result = self.record(memory, out, terms, random, moment, keep);
        self.received = 0;
        self.judge(result)
    }

    /// Nothing comes after an error.
    fn judge<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    #[inline(never)]
    fn record(
        &mut self,
        memory: &mut [u8],
        out: &mut [u8],
        terms: Option<&Terms<'_>>,
        random: Option<&mut dyn CryptoRngCore>,
        moment: Option<u64>,
        keep: &mut dyn FnMut(Ticket),
    ) -> Result<Step, Error> {
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
            let read = self.read.as_mut().ok_or(Error::OutOfTurn)?;
            (content_type, content) = read.open(&self.header, record).ok_or(Error::Tampered)?;
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
            (ALERT, [_, description]) => Err(Error::Alert { description: Some(*description) }),
            (HANDSHAKE, [_, ..]) => {
                self.held = self.held.saturating_add(content);
                self.messages(memory, out, terms, random, moment, keep)
            }
            _ => Err(Error::Record { content_type, length }),
        }
    }

    fn stay_quiet(&mut self, step: Step) -> Result<Step, Error> {
        self.quiet = self.quiet.saturating_add(1);
        if self.quiet > QUIET_MAX { Err(Error::Unsupported) } else { Ok(step) }
    }

    /// Makes a record of application data in place, after room for a header.
    pub(crate) fn seal(&mut self, out: &mut [u8], length: usize) -> Result<usize, Error> {
        self.write
            .as_mut()
            .and_then(|write| write.seal(APPLICATION_DATA, out, length))
            .ok_or(Error::Interrupted)
    }

    /// Was a ticket accepted?
    pub(crate) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// The server wants new keys, too: an answer is to be sent by [`update`](Self::update).
    pub(crate) fn owes_update(&self) -> bool {
        self.is_update_owed
    }

    /// Writes a `KeyUpdate`, after which the keys change.
    pub(crate) fn update(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let place = out.get_mut(HEADER..).and_then(|out| out.first_chunk_mut());
        *place.ok_or(Error::Interrupted)? = [messages::KEY_UPDATE, 0, 0, 1, 0];
        let write = self.write.as_mut().ok_or(Error::Interrupted)?;
        let sealed = write.seal(HANDSHAKE, out, 5).ok_or(Error::Interrupted)?;
        write.update();
        self.is_update_owed = false;
        Ok(sealed)
    }

    /// Writes the alert that tells the server of an error, or `close_notify`: under the keys of the moment,
    /// or in the clear while there are none.
    pub(crate) fn alert(&mut self, error: Option<Error>, out: &mut [u8]) -> Option<usize> {
        let content = match error {
            None => [1, CLOSE_NOTIFY],
            Some(error) => [2, description(error)?],
        };
        *out.get_mut(HEADER..)?.first_chunk_mut()? = content;
        match &mut self.write {
            Some(write) => write.seal(ALERT, out, content.len()),
            None => {
                *out.first_chunk_mut()? = [ALERT, 3, 3, 0, 2];
                HEADER.checked_add(content.len())
            }
        }
    }
}

/// What the server is told (section 6.2). `None`: nothing, for it has said so itself, or cannot hear it.
fn description(error: Error) -> Option<u8> {
    Some(match error {
        Error::Transport(_) | Error::Cut | Error::Alert { .. } | Error::Interrupted => {
            return None;
        }
        Error::OutOfTurn | Error::Record { .. } | Error::Unsupported => 10,
        Error::Tampered => 20,
        Error::RecordTooLong { .. } | Error::MessageTooLong => 22,
        Error::Certificate(CertificateError::UnknownIssuer { .. }) => 48,
        Error::Certificate(CertificateError::Expired { .. } | CertificateError::NotYetValid { .. }) => 45,
        Error::Certificate(CertificateError::Algorithm) => 43,
        Error::Certificate(CertificateError::Missing | CertificateError::Malformed) => 50,
        Error::Certificate(_) => 42,
        Error::Malformed => 50,
        Error::Unproven | Error::Finished => 51,
        Error::ServerHello | Error::SignatureScheme { .. } => 47,
        _ => 80,
    })
}

#[cfg(test)]
mod tests;
