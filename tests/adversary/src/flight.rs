//! A fault in, what the server sends from `ServerHello` to `Finished` out, in order.
//!
//! # Limits
//!
//! Only what it is made of: the bytes need the connection's secrets, and come from
//! [`handshake`](crate::handshake).

use crate::fault::Fault;
use crate::hello::Hello;
use crate::record::{ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE, PROTECTED, record};

/// An alert's level and description (RFC 8446, section 6).
pub(crate) const CLOSE_NOTIFY: [u8; 2] = [1, 0];
pub(crate) const HANDSHAKE_FAILURE: [u8; 2] = [2, 40];

/// A handshake message.
#[derive(Clone, Copy)]
pub(crate) enum Message {
    ServerHello(Hello),
    EncryptedExtensions,
    CertificateRequest,
    Certificate(Chain),
    CertificateVerify(Proof),
    Finished,
}

/// What a `Certificate` shows.
#[derive(Clone, Copy)]
pub(crate) enum Chain {
    Good,
    Empty,
    /// The leaf so many times.
    Repeated(usize),
    Garbage,
}

/// What a `CertificateVerify` is made by.
#[derive(Clone, Copy)]
pub(crate) enum Proof {
    Good,
    Empty,
    OtherKey,
    OtherTranscript,
    AsClient,
    OtherScheme,
    Pkcs1,
}

/// A part of the flight.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) message: Message,
    /// What is done to its bytes before they are hashed and sent.
    pub(crate) change: fn(&mut Vec<u8>),
    /// Whether it is protected.
    pub(crate) sealed: bool,
    /// In how many records it goes.
    pub(crate) pieces: usize,
    /// Whether one bit of its record is changed on the way.
    pub(crate) tampered: bool,
}

#[derive(Clone)]
pub(crate) enum Step {
    Message(Sent),
    /// A protected record with this plaintext, its content type included.
    Sealed(Vec<u8>),
    /// Bytes as they are.
    Clear(Vec<u8>),
    /// The end of the connection.
    Cut,
}

/// The steps, in order.
pub(crate) struct Flight {
    pub(crate) steps: Vec<(Place, Step)>,
    /// Whether messages that are protected alike share a record.
    pub(crate) joined: bool,
}

/// What a step is found by.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Place {
    Hello,
    ChangeCipherSpec,
    Extensions,
    Certificate,
    Verify,
    Finished,
    Added,
}

use Place::{Certificate, ChangeCipherSpec, Extensions, Finished, Verify};

impl Flight {
    fn good() -> Self {
        let clear = |message| Step::Message(Sent { sealed: false, ..sent(message) });
        let steps = vec![
            (Place::Hello, clear(Message::ServerHello(Hello::Good))),
            (ChangeCipherSpec, change_cipher_spec()),
            (Extensions, message(Message::EncryptedExtensions)),
            (Certificate, message(Message::Certificate(Chain::Good))),
            (Verify, message(Message::CertificateVerify(Proof::Good))),
            (Finished, message(Message::Finished)),
        ];
        Self { steps, joined: false }
    }

    /// With this fault, if it is one of the handshake.
    #[rustfmt::skip]
    pub(crate) fn with(fault: Fault) -> Self {
        let mut flight = Self::good();
        let alert = |body: [u8; 2]| Step::Clear(record(ALERT, &body));
        let sealed = |kind: u8, content: &[u8]| Step::Sealed([content, &[kind]].concat());
        match fault {
            Fault::CutBeforeHello => flight.only(Step::Cut),
            Fault::CutAfterHello => flight.before(ChangeCipherSpec, Step::Cut),
            Fault::CutAfterCertificate => flight.before(Verify, Step::Cut),
            Fault::AlertInsteadOfHello => flight.only(alert(HANDSHAKE_FAILURE)),
            Fault::CloseInsteadOfHello => flight.only(alert(CLOSE_NOTIFY)),
            Fault::LargeRecordInsteadOfHello => flight.only(Step::Clear(record(HANDSHAKE, &[2; PROTECTED + 1]))),
            Fault::LargestRecordInsteadOfHello => flight.only(Step::Clear(record(HANDSHAKE, &[2; u16::MAX as usize]))),
            Fault::PlaintextServer => flight.only(Step::Clear(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec())),

            Fault::HelloOtherGroup => flight.hello(Hello::OtherGroup),
            Fault::HelloBadPoint => flight.hello(Hello::BadPoint),
            Fault::HelloNoKeyShare => flight.hello(Hello::NoKeyShare),
            Fault::HelloRetry => flight.hello(Hello::Retry),
            Fault::HelloGarbage => flight.hello(Hello::Garbage),
            Fault::HelloTooShort => flight.change(Place::Hello, |bytes| say_more(bytes)),
            Fault::HelloTooLong => flight.change(Place::Hello, |bytes| bytes.push(0)),
            Fault::HelloSplit => flight.edit(Place::Hello, |sent| sent.pieces = 2),

            Fault::NoChangeCipherSpec => flight.remove(ChangeCipherSpec),
            Fault::ChangeCipherSpecEarly => flight.move_before(ChangeCipherSpec, Place::Hello),
            Fault::ChangeCipherSpecTwice => flight.twice(ChangeCipherSpec),
            Fault::ChangeCipherSpecLate => flight.move_before(ChangeCipherSpec, Verify),

            Fault::CertificateRequest => flight.before(Certificate, message(Message::CertificateRequest)),

            Fault::CertificateEmpty => flight.chain(Chain::Empty),
            Fault::CertificateSeven => flight.chain(Chain::Repeated(7)),
            Fault::CertificateTwenty => flight.chain(Chain::Repeated(20)),
            Fault::CertificateGarbage => flight.chain(Chain::Garbage),
            Fault::CertificateEntryTooLong => flight.change(Certificate, |bytes| bytes[8] = 0xFF),
            Fault::CertificateListTooLong => flight.change(Certificate, |bytes| bytes[5] = 0xFF),
            Fault::CertificateListTooShort => flight.change(Certificate, |bytes| bytes[5..8].copy_from_slice(&[0, 0, 40])),
            Fault::CertificateSplit => flight.edit(Certificate, |sent| sent.pieces = 2),
            Fault::CertificateTampered => flight.edit(Certificate, |sent| sent.tampered = true),

            Fault::CertificateVerifyWrong => flight.change(Verify, |bytes| flip_last(bytes)),
            Fault::CertificateVerifyEmpty => flight.proof(Proof::Empty),
            Fault::CertificateVerifyOtherKey => flight.proof(Proof::OtherKey),
            Fault::CertificateVerifyOtherTranscript => flight.proof(Proof::OtherTranscript),
            Fault::CertificateVerifyAsClient => flight.proof(Proof::AsClient),
            Fault::CertificateVerifyOtherScheme => flight.proof(Proof::OtherScheme),
            Fault::CertificateVerifyPkcs1 => flight.proof(Proof::Pkcs1),

            Fault::FinishedWrong => flight.change(Finished, |bytes| flip_last(bytes)),
            Fault::FinishedShort => flight.change(Finished, |bytes| { bytes.pop(); bytes[3] -= 1; }),
            Fault::NoFinished => flight.replace(Finished, Step::Cut),

            Fault::FlightInOneRecord => flight.joined = true,

            Fault::AlertInsteadOfFinished => flight.end(Finished, sealed(ALERT, &HANDSHAKE_FAILURE)),
            Fault::CloseInsteadOfFinished => flight.end(Finished, sealed(ALERT, &CLOSE_NOTIFY)),
            _ => {}
        }
        flight
    }

    fn place(&self, place: Place) -> usize {
        let found = self.steps.iter().position(|(other, _)| *other == place);
        found.expect("each fault changes a good flight")
    }

    fn before(&mut self, place: Place, step: Step) {
        let place = self.place(place);
        self.steps.insert(place, (Place::Added, step));
    }

    fn replace(&mut self, place: Place, step: Step) {
        let place = self.place(place);
        self.steps[place].1 = step;
    }

    fn remove(&mut self, place: Place) {
        let place = self.place(place);
        self.steps.remove(place);
    }

    fn twice(&mut self, place: Place) {
        let place = self.place(place);
        let step = self.steps[place].1.clone();
        self.steps.insert(place, (Place::Added, step));
    }

    fn move_before(&mut self, moved: Place, place: Place) {
        let from = self.place(moved);
        let step = self.steps.remove(from);
        let place = self.place(place);
        self.steps.insert(place, step);
    }

    /// This step instead of the one there and all after it.
    fn end(&mut self, place: Place, step: Step) {
        let place = self.place(place);
        self.steps.truncate(place);
        self.steps.extend([(Place::Added, step), (Place::Added, Step::Cut)]);
    }

    fn only(&mut self, step: Step) {
        self.end(Place::Hello, step);
    }

    fn edit(&mut self, place: Place, edit: impl FnOnce(&mut Sent)) {
        let place = self.place(place);
        if let (_, Step::Message(sent)) = &mut self.steps[place] {
            edit(sent);
        }
    }

    fn change(&mut self, place: Place, change: fn(&mut Vec<u8>)) {
        self.edit(place, |sent| sent.change = change);
    }

    fn hello(&mut self, hello: Hello) {
        self.edit(Place::Hello, |sent| sent.message = Message::ServerHello(hello));
    }

    fn chain(&mut self, chain: Chain) {
        self.edit(Certificate, |sent| sent.message = Message::Certificate(chain));
    }

    fn proof(&mut self, proof: Proof) {
        self.edit(Verify, |sent| sent.message = Message::CertificateVerify(proof));
    }
}

fn sent(message: Message) -> Sent {
    Sent { message, change: |_| {}, sealed: true, pieces: 1, tampered: false }
}

fn message(message: Message) -> Step {
    Step::Message(sent(message))
}

fn change_cipher_spec() -> Step {
    Step::Clear(record(CHANGE_CIPHER_SPEC, &[1]))
}

/// The length says one byte more than there is.
fn say_more(message: &mut [u8]) {
    let length = u32::from_be_bytes([0, message[1], message[2], message[3]]) + 1;
    message[1..4].copy_from_slice(&length.to_be_bytes()[1..]);
}

fn flip_last(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}
