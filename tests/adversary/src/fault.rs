//! What a server may do wrong, and some things that only look so: the names, and what a client has to make of each.
//!
//! ```
//! use taskgroup_adversary::{Effect, Fault};
//!
//! let fault: Fault = "no-certificate-verify".parse().unwrap();
//! assert_eq!((fault, fault.effect()), (Fault::NoCertificateVerify, Effect::Refused));
//! ```

use std::fmt;
use std::str::FromStr;

/// What a client has to make of a fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// TLS 1.3 allows it: the connection goes on, and all bytes arrive.
    Allowed,
    /// The handshake fails, before the client has sent anything to protect.
    Refused,
    /// After the handshake: the bytes before it arrive, then comes an error, and no end.
    Broken,
    /// After the handshake: TLS ends in order, whatever the body's own framing says.
    Ended,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Broken => "broken off",
            Self::Ended => "ended in order",
        })
    }
}

macro_rules! faults {
    ($( #[doc = $what:literal] $fault:ident = $name:literal, $effect:ident; )*) => {
        /// One thing that a server does otherwise than others.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Fault {
            $( #[doc = $what] $fault, )*
        }

        impl Fault {
            /// All of them: first those of the handshake, then those at a byte of the body, then those of all records.
            pub const ALL: &[Self] = &[$( Self::$fault, )*];

            /// In small letters, with hyphens.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$fault => $name, )* }
            }

            /// What a client has to make of it.
            #[must_use]
            pub fn effect(self) -> Effect {
                match self { $( Self::$fault => Effect::$effect, )* }
            }

            /// What the server does.
            #[must_use]
            pub fn what(self) -> &'static str {
                match self { $( Self::$fault => $what.trim_ascii(), )* }
            }
        }
    };
}

faults! {
    /// Nothing wrong, by the TLS 1.3 of this crate.
    Good = "good", Allowed;

    /// Speaks TLS 1.2 and nothing newer.
    Tls12Only = "tls12-only", Refused;
    /// Closes the connection when it has read the first message.
    CutBeforeHello = "cut-before-hello", Refused;
    /// Closes it after its own first message.
    CutAfterHello = "cut-after-hello", Refused;
    /// Closes it after its certificates.
    CutAfterCertificate = "cut-after-certificate", Refused;
    /// A fatal alert instead of `ServerHello`.
    AlertInsteadOfHello = "alert-instead-of-hello", Refused;
    /// close_notify instead of `ServerHello`.
    CloseInsteadOfHello = "close-instead-of-hello", Refused;
    /// Application data in the clear instead of `ServerHello`.
    DataInsteadOfHello = "data-instead-of-hello", Refused;
    /// A record of an unknown content type before `ServerHello`.
    UnknownTypeBeforeHello = "unknown-type-before-hello", Refused;
    /// A handshake record without content before `ServerHello`.
    EmptyRecordBeforeHello = "empty-record-before-hello", Refused;
    /// A record of 16,641 bytes in the clear instead of `ServerHello`.
    LargeRecordInsteadOfHello = "large-record-instead-of-hello", Refused;
    /// A record whose header says 65,535 bytes instead of `ServerHello`.
    LargestRecordInsteadOfHello = "largest-record-instead-of-hello", Refused;
    /// HTTP, as a server without TLS.
    PlaintextServer = "plaintext-server", Refused;

    /// `ServerHello` without `supported_versions`, which means TLS 1.2.
    HelloTls12 = "hello-tls12", Refused;
    /// `ServerHello` with a key share for another group.
    HelloOtherGroup = "hello-other-group", Refused;
    /// `ServerHello` with a key share that is no point of the curve.
    HelloBadPoint = "hello-bad-point", Refused;
    /// `ServerHello` without a key share.
    HelloNoKeyShare = "hello-no-key-share", Refused;
    /// `ServerHello` with a cipher suite that was not offered.
    HelloOtherSuite = "hello-other-suite", Refused;
    /// HelloRetryRequest for a group that was not offered.
    HelloRetry = "hello-retry", Refused;
    /// `ServerHello` of bytes that mean nothing.
    HelloGarbage = "hello-garbage", Refused;
    /// `ServerHello` with a byte less than its length says.
    HelloTooShort = "hello-too-short", Refused;
    /// `ServerHello` with a byte more than its length says.
    HelloTooLong = "hello-too-long", Refused;
    /// `ServerHello` over two records.
    HelloSplit = "hello-split", Allowed;
    /// No `ServerHello`, and all else in the clear.
    NoHello = "no-hello", Refused;
    /// `ServerHello` twice in the clear.
    HelloTwice = "hello-twice", Refused;
    /// `ServerHello` again, protected.
    HelloAgain = "hello-again", Refused;

    /// No ChangeCipherSpec: nobody needs it.
    NoChangeCipherSpec = "no-change-cipher-spec", Allowed;
    /// ChangeCipherSpec before `ServerHello`.
    ChangeCipherSpecEarly = "change-cipher-spec-early", Allowed;
    /// ChangeCipherSpec twice.
    ChangeCipherSpecTwice = "change-cipher-spec-twice", Allowed;
    /// ChangeCipherSpec of two bytes.
    ChangeCipherSpecLong = "change-cipher-spec-long", Refused;
    /// ChangeCipherSpec between the certificates and `CertificateVerify`.
    ChangeCipherSpecLate = "change-cipher-spec-late", Allowed;

    /// No `EncryptedExtensions`.
    NoEncryptedExtensions = "no-encrypted-extensions", Refused;
    /// `EncryptedExtensions` twice.
    EncryptedExtensionsTwice = "encrypted-extensions-twice", Refused;
    /// `EncryptedExtensions` with a byte less than its length says.
    EncryptedExtensionsTooShort = "encrypted-extensions-too-short", Refused;
    /// `EncryptedExtensions` with a byte more than its length says.
    EncryptedExtensionsTooLong = "encrypted-extensions-too-long", Refused;
    /// `CertificateRequest`: the client has no certificate, and says so.
    CertificateRequest = "certificate-request", Allowed;

    /// No `Certificate`.
    NoCertificate = "no-certificate", Refused;
    /// No `CertificateVerify`.
    NoCertificateVerify = "no-certificate-verify", Refused;
    /// Neither `Certificate` nor `CertificateVerify`.
    NoAuthentication = "no-authentication", Refused;
    /// `Certificate` twice.
    CertificateTwice = "certificate-twice", Refused;
    /// The right `Certificate`, then one of the server's own, whose key it has.
    CertificateThenAnother = "certificate-then-another", Refused;
    /// One of the server's own, all in order, then the right `Certificate` before `Finished`.
    CertificateAfterVerify = "certificate-after-verify", Refused;
    /// `CertificateVerify` before `Certificate`.
    CertificateVerifyFirst = "certificate-verify-first", Refused;
    /// `Certificate` without any.
    CertificateEmpty = "certificate-empty", Refused;
    /// `Certificate` with seven of them.
    CertificateSeven = "certificate-seven", Refused;
    /// `Certificate` with twenty of them.
    CertificateTwenty = "certificate-twenty", Refused;
    /// `Certificate` of bytes that mean nothing.
    CertificateGarbage = "certificate-garbage", Refused;
    /// `Certificate` with an entry that is longer than the list.
    CertificateEntryTooLong = "certificate-entry-too-long", Refused;
    /// `Certificate` with a list that is longer than the message.
    CertificateListTooLong = "certificate-list-too-long", Refused;
    /// `Certificate` with a list that ends within its entry.
    CertificateListTooShort = "certificate-list-too-short", Refused;
    /// `Certificate` with a byte less than its length says.
    CertificateTooShort = "certificate-too-short", Refused;
    /// `Certificate` with a byte more than its length says.
    CertificateTooLong = "certificate-too-long", Refused;
    /// `Certificate` over two records.
    CertificateSplit = "certificate-split", Allowed;
    /// `Certificate` with one bit changed on the way.
    CertificateTampered = "certificate-tampered", Refused;

    /// `CertificateVerify` twice.
    CertificateVerifyTwice = "certificate-verify-twice", Refused;
    /// `CertificateVerify` with one bit changed before it was protected.
    CertificateVerifyWrong = "certificate-verify-wrong", Refused;
    /// `CertificateVerify` without a signature.
    CertificateVerifyEmpty = "certificate-verify-empty", Refused;
    /// `CertificateVerify` by another key.
    CertificateVerifyOtherKey = "certificate-verify-other-key", Refused;
    /// `CertificateVerify` over another transcript.
    CertificateVerifyOtherTranscript = "certificate-verify-other-transcript", Refused;
    /// `CertificateVerify` as a client signs it.
    CertificateVerifyAsClient = "certificate-verify-as-client", Refused;
    /// `CertificateVerify` that names another scheme than it is of.
    CertificateVerifyOtherScheme = "certificate-verify-other-scheme", Refused;
    /// `CertificateVerify` by RSA in PKCS#1 v1.5, where the key is RSA; else named so.
    CertificateVerifyPkcs1 = "certificate-verify-pkcs1", Refused;
    /// `CertificateVerify` with a byte less than its length says.
    CertificateVerifyTooShort = "certificate-verify-too-short", Refused;
    /// `CertificateVerify` with a byte more than its length says.
    CertificateVerifyTooLong = "certificate-verify-too-long", Refused;

    /// `Finished` before everything else that is protected.
    FinishedFirst = "finished-first", Refused;
    /// `Finished` first, all in one record.
    FinishedFirstJoined = "finished-first-joined", Refused;
    /// `Finished` before `CertificateVerify`.
    FinishedBeforeVerify = "finished-before-verify", Refused;
    /// `Finished` with one bit changed before it was protected.
    FinishedWrong = "finished-wrong", Refused;
    /// `Finished` with a byte less than a hash.
    FinishedShort = "finished-short", Refused;
    /// `Finished` twice, in one record.
    FinishedTwiceJoined = "finished-twice-joined", Refused;
    /// Closes the connection instead of `Finished`.
    NoFinished = "no-finished", Refused;

    /// All that is to be protected in the clear, a record for each message.
    FlightInTheClear = "flight-in-the-clear", Refused;
    /// All in the clear, in the record of `ServerHello`.
    FlightInTheHello = "flight-in-the-hello", Refused;
    /// `EncryptedExtensions` in the clear.
    EncryptedExtensionsInTheClear = "encrypted-extensions-in-the-clear", Refused;
    /// `Certificate` in the clear.
    CertificateInTheClear = "certificate-in-the-clear", Refused;
    /// `CertificateVerify` in the clear.
    CertificateVerifyInTheClear = "certificate-verify-in-the-clear", Refused;
    /// `Finished` in the clear.
    FinishedInTheClear = "finished-in-the-clear", Refused;
    /// All that is protected in one record.
    FlightInOneRecord = "flight-in-one-record", Allowed;

    /// A fatal alert in the clear after `ServerHello`.
    AlertAfterHello = "alert-after-hello", Refused;
    /// close_notify in the clear after `ServerHello`.
    CloseAfterHello = "close-after-hello", Refused;
    /// A fatal alert in the clear after `Certificate`.
    AlertAfterCertificate = "alert-after-certificate", Refused;
    /// A fatal alert, protected, instead of `Finished`.
    AlertInsteadOfFinished = "alert-instead-of-finished", Refused;
    /// close_notify, protected, instead of `Finished`.
    CloseInsteadOfFinished = "close-instead-of-finished", Refused;
    /// Application data, protected, before `Finished`.
    DataBeforeFinished = "data-before-finished", Refused;
    /// `NewSessionTicket` before `Finished`.
    TicketBeforeFinished = "ticket-before-finished", Refused;
    /// `KeyUpdate` before `Finished`.
    KeyUpdateBeforeFinished = "key-update-before-finished", Refused;
    /// A handshake message of an unknown type before `Finished`.
    UnknownMessageBeforeFinished = "unknown-message-before-finished", Refused;
    /// A record of an unknown content type in the clear after `ServerHello`.
    UnknownTypeAfterHello = "unknown-type-after-hello", Refused;
    /// A record of an unknown content type, protected, before `Finished`.
    UnknownTypeBeforeFinished = "unknown-type-before-finished", Refused;
    /// A handshake record without content, protected, before `Finished`.
    EmptyHandshakeBeforeFinished = "empty-handshake-before-finished", Refused;
    /// A protected record of zeros, which have no content type, before `Finished`.
    ZerosBeforeFinished = "zeros-before-finished", Refused;
    /// A record that is shorter than its tag before `Finished`.
    ShortRecordBeforeFinished = "short-record-before-finished", Refused;
    /// A protected record of nothing at all before `Finished`.
    NothingBeforeFinished = "nothing-before-finished", Refused;
    /// A record of 16,641 bytes, said to be protected, before `Finished`.
    LargeRecordBeforeFinished = "large-record-before-finished", Refused;

    /// Closes the connection, without close_notify.
    Cut = "cut", Broken;
    /// close_notify in the clear, and the connection is closed.
    CloseInTheClear = "close-in-the-clear", Broken;
    /// A fatal alert in the clear.
    AlertInTheClear = "alert-in-the-clear", Broken;
    /// A handshake message in the clear.
    HandshakeInTheClear = "handshake-in-the-clear", Broken;
    /// Application data in the clear.
    DataInTheClear = "data-in-the-clear", Broken;
    /// ChangeCipherSpec after the handshake.
    ChangeCipherSpecInBody = "change-cipher-spec-in-body", Broken;
    /// A record of an unknown content type in the clear.
    UnknownTypeInTheClear = "unknown-type-in-the-clear", Broken;
    /// One bit of the next record's content is changed on the way.
    TamperedBody = "tampered-body", Broken;
    /// One bit of the next record's tag is changed on the way.
    TamperedTag = "tampered-tag", Broken;
    /// The next record's header says one byte less.
    TamperedHeader = "tampered-header", Broken;
    /// The next record comes twice.
    Replayed = "replayed", Broken;
    /// The next record is left out.
    LeftOut = "left-out", Broken;
    /// A record of 16,641 bytes, said to be protected.
    LargeRecord = "large-record", Broken;
    /// A record of 65,535 bytes, said to be protected.
    LargestRecord = "largest-record", Broken;
    /// A protected record with 16,385 bytes of content.
    LargeContent = "large-content", Broken;
    /// A record that is shorter than its tag.
    ShortRecord = "short-record", Broken;
    /// A record of no bytes.
    EmptyRecord = "empty-record", Broken;
    /// A protected record of nothing at all, without a content type.
    Nothing = "nothing", Broken;
    /// A protected record of zeros, which have no content type.
    Zeros = "zeros", Broken;
    /// A protected handshake record without content.
    EmptyHandshake = "empty-handshake", Broken;
    /// A protected alert without content.
    EmptyAlert = "empty-alert", Broken;
    /// A protected record of an unknown content type.
    UnknownType = "unknown-type", Broken;
    /// A handshake message of an unknown type, protected.
    UnknownMessage = "unknown-message", Broken;
    /// `Finished` again, protected.
    FinishedAgain = "finished-again", Broken;
    /// `Certificate` again, protected.
    CertificateAgain = "certificate-again", Broken;
    /// `ServerHello` again, protected.
    HelloInBody = "hello-in-body", Broken;
    /// A fatal alert, protected.
    Alert = "alert", Broken;
    /// `CertificateRequest` after the handshake, which the client has not agreed to.
    CertificateRequestInBody = "certificate-request-in-body", Broken;
    /// close_notify, protected, and the connection is closed.
    Close = "close", Ended;
    /// close_notify, protected, and then more data.
    CloseThenData = "close-then-data", Ended;
    /// Twenty records of application data without any.
    EmptyData = "empty-data", Allowed;
    /// `NewSessionTicket`.
    Ticket = "ticket", Allowed;
    /// `NewSessionTicket` ten times, in one record.
    Tickets = "tickets", Allowed;
    /// `NewSessionTicket` over two records.
    TicketSplit = "ticket-split", Allowed;
    /// `KeyUpdate`, and all that follows by the next key.
    KeyUpdate = "key-update", Allowed;

    /// Writes each byte alone.
    WritesOfOneByte = "writes-of-one-byte", Allowed;
    /// Records with one byte each.
    RecordsOfOneByte = "records-of-one-byte", Allowed;
    /// Records with 1, 2, 3 … bytes.
    RecordsOfEachSize = "records-of-each-size", Allowed;
    /// Records that are padded to the largest size.
    PaddedRecords = "padded-records", Allowed;
}

impl Fault {
    /// Whether it happens at a byte of the body.
    #[must_use]
    pub fn is_in_body(self) -> bool {
        let place = |fault| Self::ALL.iter().position(|other| *other == fault);
        (place(Self::Cut)..=place(Self::KeyUpdate)).contains(&place(self))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.iter().copied();
        all.find(|fault| fault.name() == name).ok_or_else(|| format!("no fault is named {name}"))
    }
}
