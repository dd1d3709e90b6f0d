//! A connection and a fault in, a session of TLS 1.3 out, or how the client has refused it.
//!
//! # Limits
//!
//! TLS_AES_128_GCM_SHA256 and TLS_CHACHA20_POLY1305_SHA256, with P-256 or X25519. The client's `Finished` is
//! checked; a certificate that it should show, after a `CertificateRequest`, is not.

use std::io;

use rcgen::SigningKey;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::rustls::SignatureScheme;

use crate::certificates::Case;
use crate::fault::Fault;
use crate::flight::{Chain, Flight, Message, Proof, Sent, Step};
use crate::hello::Agreement;
use crate::key::Key;
use crate::message::{self, FINISHED};
use crate::record::{self, ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Protection, record};
use crate::schedule::{Schedule, Secrets, Transcript};

/// After a handshake that the client has completed.
pub(crate) struct Session {
    pub(crate) read: Protection,
    pub(crate) write: Protection,
    /// The most bytes of content that a record may have.
    pub(crate) content: usize,
}

/// How a handshake went.
pub(crate) enum Handshake {
    Done(Box<Session>),
    /// The client has broken it off, by an alert of this description or by closing the connection.
    Refused(Option<u8>),
}

/// Answers a client up to its `Finished`.
pub(crate) async fn accept(stream: &mut TcpStream, case: &Case, fault: Fault) -> io::Result<Handshake> {
    let Some((HANDSHAKE, client_hello)) = record::read(stream).await? else {
        return Err(io::Error::other("the client begins with no ClientHello"));
    };
    let agreement = Agreement::new(client_hello.get(message::HEADER..).unwrap_or_default())?;
    let mut server = Server::new(case, agreement);
    server.transcript.add(&client_hello);
    let whole = server.send_flight(Flight::with(fault));
    crate::body::write(stream, &server.out, fault).await?;
    if !whole {
        stream.shutdown().await?;
    }
    server.read_answer(stream, fault).await
}

/// The server's side until the client's `Finished`.
struct Server<'c> {
    case: &'c Case,
    agreement: Agreement,
    schedule: Schedule,
    transcript: Transcript,
    /// From `ServerHello` on.
    handshake: Option<(Secrets, Protection)>,
    /// From the server's `Finished` on.
    application: Option<Secrets>,
    /// For proofs by another key.
    own_key: Key,
    /// Messages for the next record, and whether it is protected.
    joined: (bool, Vec<u8>),
    /// Bytes for the wire.
    out: Vec<u8>,
}

impl<'c> Server<'c> {
    fn new(case: &'c Case, agreement: Agreement) -> Self {
        Self {
            case,
            schedule: Schedule::new(&agreement.shared),
            agreement,
            transcript: Transcript::new(),
            handshake: None,
            application: None,
            own_key: Key::p256(),
            joined: (false, Vec::new()),
            out: Vec::new(),
        }
    }

    /// Whether it is whole, and not cut.
    fn send_flight(&mut self, flight: Flight) -> bool {
        for (_, step) in &flight.steps {
            match step {
                Step::Message(sent) => {
                    if !flight.joined || self.joined.0 != sent.sealed {
                        self.flush();
                    }
                    self.send(sent);
                    continue;
                }
                Step::Sealed(inner) => {
                    self.flush();
                    let record = self.protection().seal_inner(inner.clone());
                    self.out.extend(record);
                }
                Step::Clear(bytes) => {
                    self.flush();
                    self.out.extend(bytes);
                }
                Step::Cut => {
                    self.flush();
                    return false;
                }
            }
        }
        self.flush();
        true
    }

    fn send(&mut self, sent: &Sent) {
        let mut bytes = self.message(sent.message);
        (sent.change)(&mut bytes);
        self.transcript.add(&bytes);
        match sent.message {
            Message::ServerHello(_) => {
                self.protection();
            }
            Message::Finished if self.application.is_none() => {
                self.application = Some(self.schedule.application(&self.transcript));
            }
            _ => {}
        }
        self.joined.0 = sent.sealed;
        let piece = bytes.len().div_ceil(sent.pieces);
        for (number, piece) in bytes.chunks(piece).enumerate() {
            if number > 0 {
                self.flush();
            }
            self.joined.1.extend(piece);
        }
        if sent.tampered {
            self.flush();
            let middle = self.out.len() - bytes.len() / 2;
            self.out[middle] ^= 1;
        }
    }

    /// Puts the messages that are waiting into a record, or as many as they need.
    fn flush(&mut self) {
        let (sealed, messages) = (self.joined.0, std::mem::take(&mut self.joined.1));
        for content in messages.chunks(self.agreement.content()) {
            let record =
                if sealed { self.protection().seal(HANDSHAKE, content) } else { record(HANDSHAKE, content) };
            self.out.extend(record);
        }
    }

    /// The keys begin with the first `ServerHello`, or where one is missing with what needs them.
    fn protection(&mut self) -> &mut Protection {
        let (_, write) = self.handshake.get_or_insert_with(|| {
            let secrets = self.schedule.handshake(&self.transcript);
            let write = Protection::new(self.agreement.suite, secrets.server.clone());
            (secrets, write)
        });
        write
    }

    fn message(&mut self, message: Message) -> Vec<u8> {
        match message {
            Message::ServerHello(hello) => {
                message::message(message::SERVER_HELLO, &self.agreement.server_hello(hello))
            }
            Message::EncryptedExtensions => message::encrypted_extensions(self.agreement.fragment),
            Message::CertificateRequest => message::certificate_request(),
            Message::Certificate(chain) => self.chain(chain),
            Message::CertificateVerify(proof) => self.proof(proof),
            Message::Finished => {
                self.protection();
                let (secrets, _) = self.handshake.as_ref().expect("there is protection");
                message::message(FINISHED, &secrets.server.finished(&self.transcript))
            }
        }
    }

    fn chain(&self, chain: Chain) -> Vec<u8> {
        let good = self.case.chain.iter().map(|certificate| &**certificate);
        match chain {
            Chain::Good => message::certificate(good),
            Chain::Empty => message::certificate(std::iter::empty()),
            Chain::Repeated(times) => message::certificate(good.cycle().take(times)),
            Chain::Garbage => message::certificate_of_garbage(),
        }
    }

    fn proof(&self, proof: Proof) -> Vec<u8> {
        let over = |side: &str, transcript: &Transcript| {
            let context = format!("TLS 1.3, {side} CertificateVerify");
            [&[b' '; 64], context.as_bytes(), &[0], &transcript.hash()].concat()
        };
        let (key, right) = (&self.case.key, over("server", &self.transcript));
        let (scheme, signature) = match proof {
            Proof::Good => (key.scheme(), key.prove(&right)),
            Proof::Empty => (key.scheme(), Vec::new()),
            Proof::OtherKey => (self.own_key.scheme(), self.own_key.prove(&right)),
            Proof::OtherTranscript => (key.scheme(), key.prove(&over("server", &Transcript::new()))),
            Proof::AsClient => (key.scheme(), key.prove(&over("client", &self.transcript))),
            Proof::OtherScheme => (other_than(key.scheme()), key.prove(&right)),
            Proof::Pkcs1 => {
                let signature = SigningKey::sign(key, &right).expect("it signs certificates");
                (SignatureScheme::RSA_PKCS1_SHA256, signature)
            }
        };
        message::certificate_verify(scheme, &signature)
    }

    /// Reads up to the client's `Finished`.
    async fn read_answer(mut self, stream: &mut TcpStream, fault: Fault) -> io::Result<Handshake> {
        let suite = self.agreement.suite;
        let client = self.handshake.as_ref().map(|(secrets, _)| secrets.client.clone());
        let mut read = client.map(|secret| Protection::new(suite, secret));
        loop {
            let Some((kind, body)) = record::read(stream).await? else { return Ok(Handshake::Refused(None)) };
            let (kind, content) = match &mut read {
                Some(read) if kind == APPLICATION_DATA => read.open(body)?,
                _ => (kind, body),
            };
            match kind {
                CHANGE_CIPHER_SPEC => {}
                ALERT => return Ok(Handshake::Refused(content.get(1).copied())),
                HANDSHAKE if read.is_some() => {
                    let mut rest = &content[..];
                    while let Some((message, after)) = first_message(rest) {
                        if message[0] == FINISHED {
                            return self.finish(message, fault);
                        }
                        self.transcript.add(message);
                        rest = after;
                    }
                }
                _ => return Err(io::Error::other(format!("a record of type {kind} before Finished"))),
            }
        }
    }

    fn finish(self, finished: &[u8], fault: Fault) -> io::Result<Handshake> {
        let (Some((secrets, _)), Some(application)) = (self.handshake, self.application) else {
            return Err(io::Error::other("the client's Finished comes before the server's"));
        };
        // Who deceives a client does not mind what it has made of it.
        let expected = secrets.client.finished(&self.transcript);
        if fault.effect() != crate::Effect::Refused && finished[message::HEADER..] != expected {
            return Err(io::Error::other("the client's Finished is wrong"));
        }
        Ok(Handshake::Done(Box::new(Session {
            read: Protection::new(self.agreement.suite, application.client),
            write: Protection::new(self.agreement.suite, application.server),
            content: self.agreement.content(),
        })))
    }
}

/// The first handshake message, header included, and what follows.
fn first_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u32::from_be_bytes([0, *bytes.get(1)?, *bytes.get(2)?, *bytes.get(3)?]);
    bytes.split_at_checked(message::HEADER + usize::try_from(length).ok()?)
}

fn other_than(scheme: SignatureScheme) -> SignatureScheme {
    match scheme {
        SignatureScheme::ECDSA_NISTP256_SHA256 => SignatureScheme::ECDSA_NISTP384_SHA384,
        _ => SignatureScheme::ECDSA_NISTP256_SHA256,
    }
}
