//! The handshake messages of a server in, in their rows, and the client's own out (RFC 8446, section 4).

use heapless::Vec;
use pki_types::CertificateDer;
use webpki::anchor_from_trusted_cert;

use super::{
    super::{
        exchange::Share,
        hello::{Answer, Offer, Offered, Suites},
        messages::{self, CONTEXT, HEADER as MESSAGE_HEADER},
        protection::{CipherSuite, HANDSHAKE, HEADER, Protection},
        schedule::{self, HASH, Secret, Transcript},
        ticket::{Parts, Ticket, Tickets},
        wire::{Reader, Writer},
    },
    During, Keys, Machine, State, Step, Terms, With,
};
use crate::{CertificateError, Error, certificate::prove};

// Each has a frame of its own, so that what one needs is not there when another calls deeper.
impl Machine<'_> {
    /// Writes a `ClientHello`, with the share of this exchange and the ticket at the end of the buffer for
    /// receiving.
    #[inline(never)]
    pub(super) fn greet(
        &mut self,
        terms: &Terms<'_>,
        cookie: Option<&[u8]>,
        receive: &[u8],
        out: &mut [u8],
    ) -> Result<usize, Error> {
        // First, for it takes the most of the stack.
        let Keys::Exchange { exchange, .. } = &self.keys else { return Err(Error::OutOfTurn) };
        let share = exchange.share();
        let (header, message) = out.split_first_chunk_mut::<HEADER>().ok_or(Error::HelloTooLong)?;
        let ticket = receive.last_chunk().filter(|_| self.is_ticket_offered).and_then(Parts::of);
        let ticket = terms.now().zip(ticket).and_then(|(now, ticket)| {
            let age = ticket.age(now, &self.binding)?;
            Some((ticket, age))
        });
        let mut length = self.write_hello(terms, &share, cookie, ticket.as_ref(), message);
        if length.is_none() && ticket.is_some() {
            // Without the ticket it may fit.
            length = self.write_hello(terms, &share, cookie, None, message);
        }
        let length = length.ok_or(Error::HelloTooLong)?;
        self.transcript.update(message.get(..length).unwrap_or_default());
        let [high, low] = u16::try_from(length).map_err(|_| Error::HelloTooLong)?.to_be_bytes();
        // The first one names a version that old servers know (section 5.1).
        let minor = if self.state == State::Start { 1 } else { 3 };
        *header = [HANDSHAKE, 3, minor, high, low];
        self.state = State::ServerHello;
        length.checked_add(HEADER).ok_or(Error::HelloTooLong)
    }

    /// `None`: it does not fit.
    #[inline(never)]
    fn write_hello(
        &mut self,
        terms: &Terms<'_>,
        share: &Share,
        cookie: Option<&[u8]>,
        ticket: Option<&(Parts<'_>, u32)>,
        message: &mut [u8],
    ) -> Option<usize> {
        let Keys::Exchange { random, exchange } = &self.keys else { return None };
        let (name, suites, fragment) = (terms.dns_name(), self.suites(terms), self.fragment);
        let (group, offered) = (exchange.group(), ticket.map(|(ticket, age)| (ticket, *age)));
        let mut writer = Writer::new(message);
        let binders = Offer { random, suites, name, fragment, group, share, cookie, ticket: offered }
            .write(&mut writer);
        // The secret of the stage before the key exchange.
        let secret = ticket.map_or(&[0; HASH], |(ticket, _)| ticket.secret());
        self.secret = schedule::extract(&[0; HASH], secret);
        self.is_ticket_offered = ticket.is_some();
        self.ends = ticket.map_or(0, |(ticket, _)| ticket.ends());
        if binders > 0 {
            let hash = self.transcript.hash_with(writer.written()?);
            let key = schedule::derive(&self.secret, b"res binder", &schedule::empty_hash());
            let binder = schedule::finished(&key, &hash);
            writer.u16(HASH as u16 + 1);
            writer.u8(HASH as u8);
            writer.bytes(&binder);
        }
        writer.length()
    }

    fn suites<'t>(&self, terms: &Terms<'t>) -> Suites<'t> {
        Suites { chosen: terms.suites, has_aes: self.aes.is_some() }
    }

    /// Takes the whole messages of those that are held.
    pub(super) fn messages(&mut self, memory: &mut [u8], with: &mut With<'_>) -> Result<Step, Error> {
        let mut step = Step::Receive;
        loop {
            let held = self.key..self.key.saturating_add(self.held);
            let whole = memory.get(held.clone()).unwrap_or_default();
            let mut rest = Reader(whole);
            let Some((kind, length)) = rest.u8().zip(rest.u24()) else { break };
            if length.saturating_add(MESSAGE_HEADER) > self.room(memory).saturating_sub(self.key) {
                return Err(Error::MessageTooLong);
            }
            let Some(body) = rest.take(length) else { break };
            let message = whole.get(..length.saturating_add(MESSAGE_HEADER)).unwrap_or_default();
            let _ = self.stay_quiet(step)?;
            let message = Message { kind, whole: message, body, is_last: rest.is_empty() };
            let after = match self.message(&message, memory, with)? {
                Then::Receive => None,
                Then::Keep(place) => Some(place),
                Then::Send(length) => {
                    step = Step::Send(length);
                    None
                }
                Then::Open(length) => {
                    step = Step::Open(length);
                    None
                }
            };
            // What was held after it moves to the front, after a key that is kept until it is proved.
            let from = held.start.saturating_add(message.whole.len());
            let kept = match after {
                Some(place) if place.end <= from && from <= memory.len() => {
                    let length = place.len();
                    move_down(memory, place, 0);
                    length
                }
                Some(_) => return Err(Error::Malformed),
                None if self.state == State::CertificateVerify => self.key,
                None => 0,
            };
            let (rest_length, to) = (held.end.saturating_sub(from), kept);
            move_down(memory, from..held.end, to);
            (self.key, self.held) = (kept, rest_length);
            if step != Step::Receive {
                break;
            }
        }
        Ok(step)
    }

    /// A whole message, in its row.
    fn message(
        &mut self,
        message: &Message<'_>,
        memory: &[u8],
        With { out, during }: &mut With<'_>,
    ) -> Result<Then, Error> {
        let Message { kind, whole, body, is_last } = *message;
        // Section 5.1: before the keys change a record ends.
        let changes_keys = matches!(kind, messages::SERVER_HELLO | messages::FINISHED | messages::KEY_UPDATE);
        if changes_keys && !is_last {
            return Err(Error::OutOfTurn);
        }
        match (self.state, kind, &mut *during) {
            (State::ServerHello, messages::SERVER_HELLO, During::Handshake { terms, .. }) => {
                match self.server_hello(message, terms)? {
                    None => Ok(Then::Receive),
                    retry => self.retry(retry, memory, out, during),
                }
            }
            (State::EncryptedExtensions, messages::ENCRYPTED_EXTENSIONS, During::Handshake { terms, .. }) => {
                messages::check_encrypted_extensions(body, self.fragment, terms.dns_name().is_some())?;
                self.transcript.update(whole);
                self.state = if self.is_resumed { State::Finished } else { State::Certificate };
                Ok(Then::Receive)
            }
            (State::Certificate, messages::CERTIFICATE_REQUEST, _) if !self.is_certificate_requested => {
                if !messages::is_certificate_request(body) {
                    return Err(Error::Malformed);
                }
                self.transcript.update(whole);
                self.is_certificate_requested = true;
                Ok(Then::Receive)
            }
            (State::Certificate, messages::CERTIFICATE, During::Handshake { terms, .. }) => {
                self.certificate(message, terms)
            }
            (State::CertificateVerify, messages::CERTIFICATE_VERIFY, _) => {
                let key = memory.get(..self.key).unwrap_or_default();
                self.certificate_verify(key, message)?;
                Ok(Then::Receive)
            }
            (State::Finished, messages::FINISHED, _) => self.finished(message, out),
            (State::Open, messages::NEW_SESSION_TICKET, During::Open { now, tickets }) => {
                self.ticket(body, *now, *tickets)?;
                Ok(Then::Receive)
            }
            (State::Open, messages::KEY_UPDATE, _) => {
                match body {
                    [0] => {}
                    [1] => self.is_update_owed = true,
                    _ => return Err(Error::Malformed),
                }
                let Keys::Records { read, .. } = &mut self.keys else { return Err(Error::OutOfTurn) };
                read.update();
                Ok(Then::Receive)
            }
            (State::Open, ..) => Err(Error::Unsupported),
            _ => Err(Error::OutOfTurn),
        }
    }

    /// A ticket of an authenticated server.
    #[inline(never)]
    fn ticket(&self, body: &[u8], now: Option<u64>, tickets: &dyn Tickets) -> Result<(), Error> {
        // Without a time none is kept: it would have ended.
        let now = now.unwrap_or(u64::MAX);
        let ticket = Ticket::read(body, &self.secret, now, self.ends, &self.binding);
        if let Some(ticket) = ticket.ok_or(Error::Malformed)? {
            tickets.keep(ticket);
        }
        Ok(())
    }

    /// A HelloRetryRequest comes out.
    fn server_hello<'m>(
        &mut self,
        message: &Message<'m>,
        terms: &Terms<'_>,
    ) -> Result<Option<Retry<'m>>, Error> {
        let Keys::Exchange { exchange, .. } = &mut self.keys else { return Err(Error::OutOfTurn) };
        let group = exchange.group();
        let (suites, ticket, retried) = (self.suites(terms), self.is_ticket_offered, self.retried);
        let offered = Offered { suites, group, ticket, retried };
        match offered.read(message.body).ok_or(Error::ServerHello)? {
            Answer::Retry { suite, group, cookie } => {
                // The first message is replaced by its hash (section 4.4.1).
                let hash = self.transcript.hash();
                self.transcript = Transcript::new();
                self.transcript.update(&[messages::MESSAGE_HASH, 0, 0, HASH as u8]);
                self.transcript.update(&hash);
                self.transcript.update(message.whole);
                self.retried = Some(suite);
                Ok(Some(Retry { group, cookie }))
            }
            Answer::Hello { suite, share, resumed, .. } => {
                let Keys::Exchange { exchange, .. } = &mut self.keys else { return Err(Error::OutOfTurn) };
                let shared = exchange.agree(share).ok_or(Error::ServerHello)?;
                self.transcript.update(message.whole);
                self.is_resumed = resumed;
                if !resumed {
                    self.secret = schedule::extract(&[0; HASH], &[0; HASH]);
                    self.ends = 0;
                }
                self.protect(suite, &shared);
                self.state = State::EncryptedExtensions;
                Ok(None)
            }
        }
    }

    /// Derives the keys of the handshake.
    #[inline(never)]
    fn protect(&mut self, suite: CipherSuite, shared: &Secret) {
        self.secret = schedule::next_stage(&self.secret, shared);
        let hash = self.transcript.hash();
        let read = schedule::derive(&self.secret, b"s hs traffic", &hash);
        let write = schedule::derive(&self.secret, b"c hs traffic", &hash);
        self.keys =
            Keys::Records { read: Protection::new(suite, &read), write: Protection::new(suite, &write) };
        self.secret = schedule::next_stage(&self.secret, &[0; HASH]);
    }

    /// Greets again as the server asks, where it does.
    #[inline(never)]
    fn retry(
        &mut self,
        retry: Option<Retry<'_>>,
        memory: &[u8],
        out: &mut [u8],
        during: &mut During<'_>,
    ) -> Result<Then, Error> {
        let (Some(Retry { group, cookie }), During::Handshake { terms, random }) = (retry, during) else {
            return Err(Error::OutOfTurn);
        };
        // Without a group the share stays as it was (section 4.1.2).
        if let (Some(group), Keys::Exchange { exchange, .. }) = (group, &mut self.keys) {
            exchange.renew(group, *random);
        }
        self.greet(terms, cookie, memory, out).map(Then::Send)
    }

    #[inline(never)]
    fn certificate(&mut self, message: &Message<'_>, terms: &Terms<'_>) -> Result<Then, Error> {
        let certificates = messages::certificates(message.body)?;
        self.ends = terms.trust.check(&certificates)?;
        let own = certificates.first().ok_or(CertificateError::Missing)?;
        let key = public_key_within(own, message.whole).ok_or(CertificateError::Malformed)?;
        self.transcript.update(message.whole);
        self.state = State::CertificateVerify;
        Ok(Then::Keep(key))
    }

    #[inline(never)]
    fn certificate_verify(&mut self, key: &[u8], message: &Message<'_>) -> Result<(), Error> {
        let (scheme, signature) = messages::proof(message.body).ok_or(Error::Malformed)?;
        let mut signed = Vec::<u8, { CONTEXT.len() + HASH }>::new();
        let hash = self.transcript.hash();
        signed
            .extend_from_slice(CONTEXT)
            .and_then(|()| signed.extend_from_slice(&hash))
            .map_err(|_| Error::Malformed)?;
        prove(scheme, key, &signed, signature)?;
        self.transcript.update(message.whole);
        self.state = State::Finished;
        Ok(())
    }

    /// The end of the server's flight: checks it, and answers by ours.
    #[inline(never)]
    fn finished(&mut self, message: &Message<'_>, out: &mut [u8]) -> Result<Then, Error> {
        let transcript = self.transcript.hash();
        let aes = self.aes;
        let Keys::Records { read, write } = &mut self.keys else { return Err(Error::OutOfTurn) };
        if message.body.len() != HASH {
            return Err(Error::Malformed);
        }
        if !schedule::is_finished(read.secret(), &transcript, message.body) {
            return Err(Error::Finished);
        }
        self.transcript.update(message.whole);
        let hash = self.transcript.hash();

        let (_, place) = out.split_first_chunk_mut::<HEADER>().ok_or(Error::HelloTooLong)?;
        let mut writer = Writer::new(place);
        if self.is_certificate_requested {
            // None.
            writer.bytes(&[messages::CERTIFICATE, 0, 0, 4, 0, 0, 0, 0]);
        }
        let without = self.transcript.hash_with(writer.written().unwrap_or_default());
        let said = schedule::finished(write.secret(), &without);
        writer.bytes(&[messages::FINISHED, 0, 0, HASH as u8]);
        writer.bytes(&said);
        self.transcript.update(writer.written().ok_or(Error::HelloTooLong)?);
        let length = writer.length().ok_or(Error::HelloTooLong)?;
        let sealed = write.seal(aes, HANDSHAKE, out, length).ok_or(Error::HelloTooLong)?;
        write.renew(&schedule::derive(&self.secret, b"c ap traffic", &hash));
        read.renew(&schedule::derive(&self.secret, b"s ap traffic", &hash));
        self.secret = schedule::derive(&self.secret, b"res master", &self.transcript.hash());
        self.quiet = 0;
        self.state = State::Open;
        Ok(Then::Open(sealed))
    }
}

/// Copies bytes to a place before them. What is not in the memory is left out.
#[inline(never)]
fn move_down(memory: &mut [u8], from: core::ops::Range<usize>, to: usize) {
    for (from, to) in from.zip(to..) {
        let Some(byte) = memory.get(from).copied() else { break };
        let Some(place) = memory.get_mut(to) else { break };
        *place = byte;
    }
}

/// Where the `SubjectPublicKeyInfo` of a certificate is in the message that the certificate is in.
fn public_key_within(certificate: &CertificateDer<'_>, message: &[u8]) -> Option<core::ops::Range<usize>> {
    let parts = anchor_from_trusted_cert(certificate).ok()?;
    // Its content, without the header of the SEQUENCE.
    let content = parts.subject_public_key_info;
    let header = match content.len() {
        0..0x80 => 2,
        0x80..0x100 => 3,
        _ => 4,
    };
    let start = content.as_ptr().addr().checked_sub(message.as_ptr().addr())?.checked_sub(header)?;
    let place = start..start.checked_add(header)?.checked_add(content.len())?;
    // An element of that length, from its tag on.
    const SEQUENCE: u8 = 0x30;
    (message.get(place.clone())?.first() == Some(&SEQUENCE)).then_some(place)
}

/// A message, whole and its body.
struct Message<'m> {
    kind: u8,
    whole: &'m [u8],
    body: &'m [u8],
    /// Nothing follows it in its record.
    is_last: bool,
}

/// What a HelloRetryRequest asks for.
struct Retry<'m> {
    group: Option<u16>,
    cookie: Option<&'m [u8]>,
}

/// What follows from a message.
enum Then {
    Receive,
    /// What is there in the buffer, until it is proved.
    Keep(core::ops::Range<usize>),
    Send(usize),
    Open(usize),
}
