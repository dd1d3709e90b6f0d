//! A fault in, what the server sends from `ServerHello` to `Finished` out, in order.
//!
//! # Limits
//!
//! Only what it is made of: the bytes need the connection's secrets, and come from [`handshake`](crate::handshake).

use crate::fault::Fault;
use crate::hello::Hello;
use crate::record::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, PROTECTED, TAG, record};

/// An alert's level and description (RFC 8446, section 6).
pub(crate) const CLOSE_NOTIFY: [u8; 2] = [1, 0];
pub(crate) const HANDSHAKE_FAILURE: [u8; 2] = [2, 40];

/// A content type that nobody has given a meaning to; 24 was the heartbeat.
pub(crate) const UNKNOWN_TYPE: u8 = 99;

/// A handshake message.
#[derive(Clone, Copy)]
pub(crate) enum Message {
    ServerHello(Hello),
    EncryptedExtensions,
    CertificateRequest,
    Certificate(Chain),
    CertificateVerify(Proof),
    Finished,
    NewSessionTicket,
    KeyUpdate,
    /// Of a type that has no meaning.
    Unknown,
}

/// What a `Certificate` shows.
#[derive(Clone, Copy)]
pub(crate) enum Chain {
    Good,
    Empty,
    /// The leaf so many times.
    Repeated(usize),
    Garbage,
    /// One of the server's own, which nobody has signed.
    Own,
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
            Fault::DataInsteadOfHello => flight.only(Step::Clear(record(APPLICATION_DATA, &[b'x'; 100]))),
            Fault::UnknownTypeBeforeHello => flight.before(Place::Hello, Step::Clear(record(UNKNOWN_TYPE, &[0; 20]))),
            Fault::EmptyRecordBeforeHello => flight.before(Place::Hello, Step::Clear(record(HANDSHAKE, &[]))),
            Fault::LargeRecordInsteadOfHello => flight.only(Step::Clear(record(HANDSHAKE, &[2; PROTECTED + 1]))),
            Fault::LargestRecordInsteadOfHello => flight.only(Step::Clear(record(HANDSHAKE, &[2; u16::MAX as usize]))),
            Fault::PlaintextServer => flight.only(Step::Clear(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec())),

            Fault::HelloTls12 => flight.hello(Hello::Tls12),
            Fault::HelloOtherGroup => flight.hello(Hello::OtherGroup),
            Fault::HelloBadPoint => flight.hello(Hello::BadPoint),
            Fault::HelloNoKeyShare => flight.hello(Hello::NoKeyShare),
            Fault::HelloOtherSuite => flight.hello(Hello::OtherSuite),
            Fault::HelloRetry => flight.hello(Hello::Retry),
            Fault::HelloGarbage => flight.hello(Hello::Garbage),
            Fault::HelloTooShort => flight.change(Place::Hello, |bytes| say_more(bytes)),
            Fault::HelloTooLong => flight.change(Place::Hello, |bytes| bytes.push(0)),
            Fault::HelloSplit => flight.edit(Place::Hello, |sent| sent.pieces = 2),
            Fault::NoHello => { flight.remove(Place::Hello); flight.clear_all(); }
            Fault::HelloTwice => flight.twice(Place::Hello),
            Fault::HelloAgain => flight.before(Certificate, message(Message::ServerHello(Hello::Good))),

            Fault::NoChangeCipherSpec => flight.remove(ChangeCipherSpec),
            Fault::ChangeCipherSpecEarly => flight.move_before(ChangeCipherSpec, Place::Hello),
            Fault::ChangeCipherSpecTwice => flight.twice(ChangeCipherSpec),
            Fault::ChangeCipherSpecLong => flight.replace(ChangeCipherSpec, Step::Clear(record(CHANGE_CIPHER_SPEC, &[1, 1]))),
            Fault::ChangeCipherSpecLate => flight.move_before(ChangeCipherSpec, Verify),

            Fault::NoEncryptedExtensions => flight.remove(Extensions),
            Fault::EncryptedExtensionsTwice => flight.twice(Extensions),
            Fault::EncryptedExtensionsTooShort => flight.change(Extensions, |bytes| say_more(bytes)),
            Fault::EncryptedExtensionsTooLong => flight.change(Extensions, |bytes| bytes.push(0)),
            Fault::CertificateRequest => flight.before(Certificate, message(Message::CertificateRequest)),

            Fault::NoCertificate => flight.remove(Certificate),
            Fault::NoCertificateVerify => flight.remove(Verify),
            Fault::NoAuthentication => { flight.remove(Certificate); flight.remove(Verify); }
            Fault::CertificateTwice => flight.twice(Certificate),
            Fault::CertificateThenAnother => {
                flight.before(Verify, message(Message::Certificate(Chain::Own)));
                flight.proof(Proof::OtherKey);
            }
            Fault::CertificateAfterVerify => {
                flight.before(Certificate, message(Message::Certificate(Chain::Own)));
                flight.proof(Proof::OtherKey);
                flight.move_before(Certificate, Finished);
            }
            Fault::CertificateVerifyFirst => flight.move_before(Verify, Certificate),
            Fault::CertificateEmpty => flight.chain(Chain::Empty),
            Fault::CertificateSeven => flight.chain(Chain::Repeated(7)),
            Fault::CertificateTwenty => flight.chain(Chain::Repeated(20)),
            Fault::CertificateGarbage => flight.chain(Chain::Garbage),
            Fault::CertificateEntryTooLong => flight.change(Certificate, |bytes| bytes[8] = 0xFF),
            Fault::CertificateListTooLong => flight.change(Certificate, |bytes| bytes[5] = 0xFF),
            Fault::CertificateListTooShort => flight.change(Certificate, |bytes| bytes[5..8].copy_from_slice(&[0, 0, 40])),
            Fault::CertificateTooShort => flight.change(Certificate, |bytes| say_more(bytes)),
            Fault::CertificateTooLong => flight.change(Certificate, |bytes| bytes.push(0)),
            Fault::CertificateSplit => flight.edit(Certificate, |sent| sent.pieces = 2),
            Fault::CertificateTampered => flight.edit(Certificate, |sent| sent.tampered = true),

            Fault::CertificateVerifyTwice => flight.twice(Verify),
            Fault::CertificateVerifyWrong => flight.change(Verify, |bytes| flip_last(bytes)),
            Fault::CertificateVerifyEmpty => flight.proof(Proof::Empty),
            Fault::CertificateVerifyOtherKey => flight.proof(Proof::OtherKey),
            Fault::CertificateVerifyOtherTranscript => flight.proof(Proof::OtherTranscript),
            Fault::CertificateVerifyAsClient => flight.proof(Proof::AsClient),
            Fault::CertificateVerifyOtherScheme => flight.proof(Proof::OtherScheme),
            Fault::CertificateVerifyPkcs1 => flight.proof(Proof::Pkcs1),
            Fault::CertificateVerifyTooShort => flight.change(Verify, |bytes| say_more(bytes)),
            Fault::CertificateVerifyTooLong => flight.change(Verify, |bytes| bytes.push(0)),

            Fault::FinishedFirst => flight.move_before(Finished, Extensions),
            Fault::FinishedFirstJoined => { flight.move_before(Finished, Extensions); flight.joined = true; }
            Fault::FinishedBeforeVerify => flight.move_before(Finished, Verify),
            Fault::FinishedWrong => flight.change(Finished, |bytes| flip_last(bytes)),
            Fault::FinishedShort => flight.change(Finished, |bytes| { bytes.pop(); bytes[3] -= 1; }),
            Fault::FinishedTwiceJoined => { flight.twice(Finished); flight.joined = true; }
            Fault::NoFinished => flight.replace(Finished, Step::Cut),

            Fault::FlightInTheClear => flight.clear_all(),
            Fault::FlightInTheHello => { flight.clear_all(); flight.remove(ChangeCipherSpec); flight.joined = true; flight.steps.push((Place::Added, Step::Cut)); }
            Fault::EncryptedExtensionsInTheClear => flight.clear(Extensions),
            Fault::CertificateInTheClear => flight.clear(Certificate),
            Fault::CertificateVerifyInTheClear => flight.clear(Verify),
            Fault::FinishedInTheClear => flight.clear(Finished),
            Fault::FlightInOneRecord => flight.joined = true,

            Fault::AlertAfterHello => flight.end(Extensions, alert(HANDSHAKE_FAILURE)),
            Fault::CloseAfterHello => flight.end(Extensions, alert(CLOSE_NOTIFY)),
            Fault::AlertAfterCertificate => flight.end(Verify, alert(HANDSHAKE_FAILURE)),
            Fault::AlertInsteadOfFinished => flight.end(Finished, sealed(ALERT, &HANDSHAKE_FAILURE)),
            Fault::CloseInsteadOfFinished => flight.end(Finished, sealed(ALERT, &CLOSE_NOTIFY)),
            Fault::DataBeforeFinished => flight.before(Finished, sealed(APPLICATION_DATA, b"data")),
            Fault::TicketBeforeFinished => flight.before(Finished, message(Message::NewSessionTicket)),
            Fault::KeyUpdateBeforeFinished => flight.before(Finished, message(Message::KeyUpdate)),
            Fault::UnknownMessageBeforeFinished => flight.before(Finished, message(Message::Unknown)),
            Fault::UnknownTypeAfterHello => flight.before(Extensions, Step::Clear(record(UNKNOWN_TYPE, &[0; 20]))),
            Fault::UnknownTypeBeforeFinished => flight.before(Finished, sealed(UNKNOWN_TYPE, &[0; 20])),
            Fault::EmptyHandshakeBeforeFinished => flight.before(Finished, sealed(HANDSHAKE, &[])),
            Fault::ZerosBeforeFinished => flight.before(Finished, Step::Sealed(vec![0; 20])),
            Fault::ShortRecordBeforeFinished => flight.before(Finished, Step::Clear(record(APPLICATION_DATA, &[0; TAG - 1]))),
            Fault::NothingBeforeFinished => flight.before(Finished, Step::Sealed(Vec::new())),
            Fault::LargeRecordBeforeFinished => flight.before(Finished, Step::Clear(record(APPLICATION_DATA, &[0; PROTECTED + 1]))),
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

    fn clear(&mut self, place: Place) {
        self.edit(place, |sent| sent.sealed = false);
    }

    fn clear_all(&mut self) {
        for place in [Extensions, Certificate, Verify, Finished] {
            self.clear(place);
        }
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
