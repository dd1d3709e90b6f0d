//! The handshake messages of a server in, in their rows, and the client's own out (RFC 8446, section 4).

use heapless::Vec;
use pki_types::CertificateDer;
use rand_core::CryptoRngCore;
use sha2::Digest;
use webpki::anchor_from_trusted_cert;

use super::{
    super::{
        exchange::Exchange,
        hello::{Answer, Offer, Offered},
        messages::{self, CONTEXT, HEADER as MESSAGE_HEADER},
        protection::{HANDSHAKE, HEADER, Protection},
        schedule::{self, HASH},
        ticket::{self, Ticket},
        wire::{Reader, Writer},
    },
    Machine, State, Step, Terms,
};
use crate::{CertificateError, Error, certificate::prove};

// Each has a frame of its own, so that what one needs is not there when another calls deeper.
impl Machine {
    /// Writes a `ClientHello`, with the share of this exchange.
    #[inline(never)]
    pub(super) fn greet(
        &mut self,
        terms: &Terms<'_>,
        exchange: Exchange,
        cookie: Option<&[u8]>,
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let group = exchange.group();
        let (header, message) = out.split_first_chunk_mut::<HEADER>().ok_or(Error::HelloTooLong)?;
        let age = terms.now().and_then(|now| terms.ticket?.age(now, self.name));
        let mut length = None;
        for ticket in [terms.ticket.zip(age), None] {
            let mut writer = Writer::new(message);
            let binders = exchange.share(|share| {
                let name = terms.dns_name();
                let fragment = terms.fragment;
                Offer {
                    random: &self.random,
                    suites: terms.suites,
                    name,
                    fragment,
                    group,
                    share,
                    cookie,
                    ticket,
                }
                .write(&mut writer)
            });
            // The secret of the stage before the key exchange.
            self.secret =
                schedule::extract(&[0; HASH], ticket.map_or(&[0; HASH], |(ticket, _)| ticket.secret()));
            self.is_ticket_offered = ticket.is_some();
            if binders > 0 {
                let Some(begun) = writer.written() else { continue };
                let hash = self.transcript.clone().chain_update(begun).finalize().into();
                let key = schedule::derive(&self.secret, b"res binder", &schedule::empty_hash());
                let binder = schedule::finished(&key, &hash);
                writer.u16(HASH as u16 + 1);
                writer.u8(HASH as u8);
                writer.bytes(&binder);
            }
            length = writer.length();
            // Without the ticket it may fit.
            if length.is_some() {
                break;
            }
        }
        let length = length.ok_or(Error::HelloTooLong)?;
        self.transcript.update(message.get(..length).unwrap_or_default());
        let [high, low] = u16::try_from(length).map_err(|_| Error::HelloTooLong)?.to_be_bytes();
        // The first one names a version that old servers know (section 5.1).
        let minor = if self.state == State::Start { 1 } else { 3 };
        *header = [HANDSHAKE, 3, minor, high, low];
        self.exchange = Some(exchange);
        self.state = State::ServerHello;
        length.checked_add(HEADER).ok_or(Error::HelloTooLong)
    }

    /// Takes the whole messages of those that are held.
    pub(super) fn messages(
        &mut self,
        memory: &mut [u8],
        out: &mut [u8],
        terms: Option<&Terms<'_>>,
        mut random: Option<&mut dyn CryptoRngCore>,
        moment: Option<u64>,
        keep: &mut dyn FnMut(Ticket),
    ) -> Result<Step, Error> {
        let mut step = Step::Receive;
        loop {
            let held = self.key..self.key.saturating_add(self.held);
            let whole = memory.get(held.clone()).unwrap_or_default();
            let mut rest = Reader(whole);
            let Some((kind, length)) = rest.u8().zip(rest.u24()) else { break };
            if length.saturating_add(MESSAGE_HEADER) > memory.len().saturating_sub(self.key) {
                return Err(Error::MessageTooLong);
            }
            let Some(body) = rest.take(length) else { break };
            let message = whole.get(..length.saturating_add(MESSAGE_HEADER)).unwrap_or_default();
            let is_last = rest.is_empty();
            self.stay_quiet(step)?;
            let key = memory.get(..self.key).unwrap_or_default();
            let after = match self.message(
                kind,
                message,
                body,
                key,
                is_last,
                out,
                terms,
                random.take(),
                moment,
                keep,
            )? {
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
            let from = held.start.saturating_add(message.len());
            let kept = match after {
                Some(place) if place.end <= from && from <= memory.len() => {
                    let length = place.len();
                    memory.copy_within(place, 0);
                    length
                }
                Some(_) => return Err(Error::Malformed),
                None if self.state == State::CertificateVerify => self.key,
                None => 0,
            };
            let (rest_length, to) = (held.end.saturating_sub(from), kept);
            if held.end <= memory.len() && to <= from {
                memory.copy_within(from..held.end, to);
            }
            (self.key, self.held) = (kept, rest_length);
            if step != Step::Receive {
                break;
            }
        }
        Ok(step)
    }

    /// A whole message, in its row.
    #[allow(clippy::too_many_arguments, reason = "all that a message can touch")]
    fn message(
        &mut self,
        kind: u8,
        message: &[u8],
        body: &[u8],
        key: &[u8],
        is_last: bool,
        out: &mut [u8],
        terms: Option<&Terms<'_>>,
        random: Option<&mut dyn CryptoRngCore>,
        moment: Option<u64>,
        keep: &mut dyn FnMut(Ticket),
    ) -> Result<Then, Error> {
        // Section 5.1: before the keys change a record ends.
        let changes_keys = matches!(kind, messages::SERVER_HELLO | messages::FINISHED | messages::KEY_UPDATE);
        if changes_keys && !is_last {
            return Err(Error::OutOfTurn);
        }
        let during = terms.ok_or(Error::OutOfTurn);
        match (self.state, kind) {
            (State::ServerHello, messages::SERVER_HELLO) => {
                self.server_hello(message, body, out, during?, random)
            }
            (State::EncryptedExtensions, messages::ENCRYPTED_EXTENSIONS) => {
                let terms = during?;
                messages::check_encrypted_extensions(body, terms.fragment, terms.dns_name().is_some())?;
                self.transcript.update(message);
                self.state = if self.is_resumed { State::Finished } else { State::Certificate };
                Ok(Then::Receive)
            }
            (State::Certificate, messages::CERTIFICATE_REQUEST) if !self.is_certificate_requested => {
                if !messages::is_certificate_request(body) {
                    return Err(Error::Malformed);
                }
                self.transcript.update(message);
                self.is_certificate_requested = true;
                Ok(Then::Receive)
            }
            (State::Certificate, messages::CERTIFICATE) => self.certificate(message, body, during?),
            (State::CertificateVerify, messages::CERTIFICATE_VERIFY) => {
                self.certificate_verify(key, message, body)?;
                Ok(Then::Receive)
            }
            (State::Finished, messages::FINISHED) => self.finished(message, body, out),
            (State::Open, messages::NEW_SESSION_TICKET) => {
                // Without a time none is kept: it would have ended.
                let now = moment.unwrap_or(u64::MAX);
                let ticket = Ticket::read(body, &self.secret, now, self.ends, self.name);
                if let Some(ticket) = ticket.ok_or(Error::Malformed)? {
                    keep(ticket);
                }
                Ok(Then::Receive)
            }
            (State::Open, messages::KEY_UPDATE) => {
                match body {
                    [0] => {}
                    [1] => self.is_update_owed = true,
                    _ => return Err(Error::Malformed),
                }
                self.read.as_mut().ok_or(Error::OutOfTurn)?.update();
                Ok(Then::Receive)
            }
            (State::Open, _) => Err(Error::Unsupported),
            _ => Err(Error::OutOfTurn),
        }
    }

    #[inline(never)]
    fn server_hello(
        &mut self,
        message: &[u8],
        body: &[u8],
        out: &mut [u8],
        terms: &Terms<'_>,
        random: Option<&mut dyn CryptoRngCore>,
    ) -> Result<Then, Error> {
        let exchange = self.exchange.take().ok_or(Error::ServerHello)?;
        let (ticket, retried) = (self.is_ticket_offered, self.retried);
        let offered = Offered { suites: terms.suites, group: exchange.group(), ticket, retried };
        match offered.read(body).ok_or(Error::ServerHello)? {
            Answer::Retry { suite, group, cookie } => {
                // The first message is replaced by its hash (section 4.4.1).
                let hash: [u8; HASH] = self.transcript.finalize_reset().into();
                self.transcript.update([messages::MESSAGE_HASH, 0, 0, HASH as u8]);
                self.transcript.update(hash);
                self.transcript.update(message);
                self.retried = Some(suite);
                // Without a group the share stays as it was (section 4.1.2).
                let exchange = match group {
                    Some(group) => Exchange::new(group, random.ok_or(Error::ServerHello)?),
                    None => exchange,
                };
                self.greet(terms, exchange, cookie, out).map(Then::Send)
            }
            Answer::Hello { suite, share, resumed, .. } => {
                self.transcript.update(message);
                if !resumed {
                    self.secret = schedule::extract(&[0; HASH], &[0; HASH]);
                }
                let shared = exchange.agree(share).ok_or(Error::ServerHello)?;
                self.secret = schedule::next_stage(&self.secret, &shared);
                let hash = self.transcript_hash();
                self.client = schedule::derive(&self.secret, b"c hs traffic", &hash);
                self.server = schedule::derive(&self.secret, b"s hs traffic", &hash);
                self.read = Some(Protection::new(suite, self.server));
                self.write = Some(Protection::new(suite, self.client));
                self.secret = schedule::next_stage(&self.secret, &[0; HASH]);
                self.suite = Some(suite);
                self.is_resumed = resumed;
                if resumed {
                    self.ends = terms.ticket.map_or(0, Ticket::ends);
                }
                self.state = State::EncryptedExtensions;
                Ok(Then::Receive)
            }
        }
    }

    #[inline(never)]
    fn certificate(&mut self, message: &[u8], body: &[u8], terms: &Terms<'_>) -> Result<Then, Error> {
        let certificates = messages::certificates(body)?;
        terms.trust.check(&certificates)?;
        let own = certificates.first().ok_or(CertificateError::Missing)?;
        let ends = certificates.iter().map(|der| ticket::not_after(der).unwrap_or_default()).min();
        self.ends = ends.unwrap_or_default();
        let key = public_key_within(own, message).ok_or(CertificateError::Malformed)?;
        self.transcript.update(message);
        self.state = State::CertificateVerify;
        Ok(Then::Keep(key))
    }

    #[inline(never)]
    fn certificate_verify(&mut self, key: &[u8], message: &[u8], body: &[u8]) -> Result<(), Error> {
        let (scheme, signature) = messages::proof(body).ok_or(Error::Malformed)?;
        let mut signed = Vec::<u8, { CONTEXT.len() + HASH }>::new();
        let hash = self.transcript_hash();
        signed
            .extend_from_slice(CONTEXT)
            .and_then(|()| signed.extend_from_slice(&hash))
            .map_err(|_| Error::Malformed)?;
        prove(scheme, key, &signed, signature)?;
        self.transcript.update(message);
        self.state = State::Finished;
        Ok(())
    }

    /// The end of the server's flight: checks it, and answers by ours.
    #[inline(never)]
    fn finished(&mut self, message: &[u8], body: &[u8], out: &mut [u8]) -> Result<Then, Error> {
        if body.len() != HASH {
            return Err(Error::Malformed);
        }
        if !schedule::is_finished(&self.server, &self.transcript_hash(), body) {
            return Err(Error::Finished);
        }
        self.transcript.update(message);
        let suite = self.suite.ok_or(Error::OutOfTurn)?;
        let hash = self.transcript_hash();
        let client = schedule::derive(&self.secret, b"c ap traffic", &hash);
        let server = schedule::derive(&self.secret, b"s ap traffic", &hash);

        let (_, place) = out.split_first_chunk_mut::<HEADER>().ok_or(Error::HelloTooLong)?;
        let mut writer = Writer::new(place);
        if self.is_certificate_requested {
            // None.
            let certificate = [messages::CERTIFICATE, 0, 0, 4, 0, 0, 0, 0];
            writer.bytes(&certificate);
            self.transcript.update(certificate);
        }
        let said = schedule::finished(&self.client, &self.transcript_hash());
        let head = [messages::FINISHED, 0, 0, HASH as u8];
        writer.bytes(&head);
        writer.bytes(&said);
        self.transcript.update(head);
        self.transcript.update(said);
        let length = writer.length().ok_or(Error::HelloTooLong)?;
        let mut write = self.write.take().ok_or(Error::OutOfTurn)?;
        let sealed = write.seal(HANDSHAKE, out, length).ok_or(Error::HelloTooLong)?;
        self.write = Some(Protection::new(suite, client));
        self.read = Some(Protection::new(suite, server));
        self.secret = schedule::derive(&self.secret, b"res master", &self.transcript_hash());
        (self.client, self.server) = ([0; HASH], [0; HASH]);
        self.quiet = 0;
        self.state = State::Open;
        Ok(Then::Open(sealed))
    }

    fn transcript_hash(&self) -> [u8; HASH] {
        self.transcript.clone().finalize().into()
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

/// What follows from a message.
enum Then {
    Receive,
    /// What is there in the buffer, until it is proved.
    Keep(core::ops::Range<usize>),
    Send(usize),
    Open(usize),
}
