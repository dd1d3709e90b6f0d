//! What a server may do wrong, and some things that only look so: the names, and what a client has to make of
//! each.
//!
//! ```
//! use taskgroup_adversary::{Effect, Fault};
//!
//! let fault: Fault = "certificate-verify-wrong".parse().unwrap();
//! assert_eq!((fault, fault.effect()), (Fault::CertificateVerifyWrong, Effect::Refused));
//! ```

use std::fmt;
use std::str::FromStr;

/// What a client has to make of a fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// TLS 1.3 allows it: the connection continues, and all bytes arrive.
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
            /// All of them: first those of the handshake, then those at a byte of the body, then those of all
            /// records.
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
    /// A record of 16,641 bytes in the clear instead of `ServerHello`.
    LargeRecordInsteadOfHello = "large-record-instead-of-hello", Refused;
    /// A record whose header says 65,535 bytes instead of `ServerHello`.
    LargestRecordInsteadOfHello = "largest-record-instead-of-hello", Refused;
    /// HTTP, as a server without TLS.
    PlaintextServer = "plaintext-server", Refused;

    /// `ServerHello` with a key share for another group.
    HelloOtherGroup = "hello-other-group", Refused;
    /// `ServerHello` with a key share that is no point of the curve.
    HelloBadPoint = "hello-bad-point", Refused;
    /// `ServerHello` without a key share.
    HelloNoKeyShare = "hello-no-key-share", Refused;
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

    /// No ChangeCipherSpec: nobody needs it.
    NoChangeCipherSpec = "no-change-cipher-spec", Allowed;
    /// ChangeCipherSpec before `ServerHello`.
    ChangeCipherSpecEarly = "change-cipher-spec-early", Allowed;
    /// ChangeCipherSpec twice.
    ChangeCipherSpecTwice = "change-cipher-spec-twice", Allowed;
    /// ChangeCipherSpec between the certificates and `CertificateVerify`.
    ChangeCipherSpecLate = "change-cipher-spec-late", Allowed;

    /// `CertificateRequest`: the client has no certificate, and says so.
    CertificateRequest = "certificate-request", Allowed;

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
    /// `Certificate` over two records.
    CertificateSplit = "certificate-split", Allowed;
    /// `Certificate` with one bit changed on the way.
    CertificateTampered = "certificate-tampered", Refused;

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

    /// `Finished` with one bit changed before it was protected.
    FinishedWrong = "finished-wrong", Refused;
    /// `Finished` with a byte less than a hash.
    FinishedShort = "finished-short", Refused;
    /// Closes the connection instead of `Finished`.
    NoFinished = "no-finished", Refused;

    /// All that is protected in one record.
    FlightInOneRecord = "flight-in-one-record", Allowed;

    /// A fatal alert, protected, instead of `Finished`.
    AlertInsteadOfFinished = "alert-instead-of-finished", Refused;
    /// close_notify, protected, instead of `Finished`.
    CloseInsteadOfFinished = "close-instead-of-finished", Refused;

    /// Closes the connection, without close_notify.
    Cut = "cut", Broken;
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
    /// A record that is shorter than its tag.
    ShortRecord = "short-record", Broken;
    /// A record of no bytes.
    EmptyRecord = "empty-record", Broken;
    /// A fatal alert, protected.
    Alert = "alert", Broken;
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
