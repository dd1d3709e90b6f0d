//! An error in, words that a person understands out.

use embedded_io_async::ErrorKind;

use crate::{date::Date, words::words};

/// Why there is no connection, or why it ended. Nothing can be read or written after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The client's memory is lent to another connection. Drop that one first.
    Busy,
    /// A buffer is smaller than [`SEND_MIN`](crate::SEND_MIN) or
    /// [`RECEIVE_MIN`](crate::RECEIVE_MIN). Give a larger one.
    BufferTooSmall {
        /// The least that it must have, in bytes.
        needs: usize,
    },
    /// The name to authenticate the server by is neither a DNS name nor an IP address.
    ServerName,
    /// One of the roots is not a certificate in DER.
    Root {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// The clock does not know the time, without which no certificate can be checked. Set it, for
    /// example by SNTP, or choose [`Dates::Ignored`](crate::Dates::Ignored).
    TimeUnknown,
    /// The transport failed.
    Transport(ErrorKind),
    /// The connection ended, but the server has not said so: anybody may have cut it.
    Cut,
    /// The server's certificate is not accepted.
    Certificate(CertificateError),
    /// The server has not proved that it holds the key of its certificate.
    Unproven,
    /// The server signs with a scheme that was not offered, or that this build does not have: see
    /// the features.
    SignatureScheme {
        /// Its code point (RFC 8446, section 4.2.3).
        scheme: u16,
    },
    /// The server did not answer with TLS 1.3, or chose what was not offered: another cipher suite, group or
    /// extension.
    ServerHello,
    /// The end of the handshake does not match its beginning: somebody changed it on the way, or
    /// the server is broken.
    Finished,
    /// A record was changed, repeated or left out on the way.
    Tampered,
    /// A handshake message does not fit in the buffer for receiving, perhaps a long chain of certificates.
    /// Give a larger buffer.
    MessageTooLong,
    /// The server's name does not fit in the buffer for sending with the rest of the first message. Give a
    /// larger buffer.
    HelloTooLong,
    /// A record of a type or length that TLS 1.3 does not allow there.
    Record {
        /// The content type of its header (RFC 8446, section 5.1).
        content_type: u8,
        /// The length of its header, in bytes.
        length: u16,
    },
    /// A record is longer than the buffer for receiving.
    RecordTooLong {
        /// Its length, in bytes.
        length: u16,
    },
    /// A handshake message is malformed.
    Malformed,
    /// A handshake message came out of turn.
    OutOfTurn,
    /// The server sent what it was not offered or must not send after the handshake, or too many messages
    /// without data in between.
    Unsupported,
    /// The server broke off by an alert.
    Alert {
        /// Why (RFC 8446, section 6).
        description: u8,
    },
}

/// Why a certificate is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// The server sent none.
    Missing,
    /// The server sent more than [`CERTIFICATES_MAX`](crate::CERTIFICATES_MAX).
    TooMany {
        /// How many.
        sent: usize,
    },
    /// One is not as X.509 (RFC 5280) requires.
    Malformed,
    /// One is of X.509 version 1 or 2, which does not say what it is for. `openssl x509 -req` makes such ones
    /// unless `-extfile` names a file with extensions, `subjectAltName` at least.
    OldVersion,
    /// One has expired. A clock that is wrong gives this, too, and may hide that the issuer is unknown.
    Expired {
        /// Its last moment.
        on: Date,
    },
    /// One is not valid yet, or the clock is wrong.
    NotYetValid {
        /// Its first moment.
        before: Date,
    },
    /// There is no moment at which all of them are valid. Only where the dates are ignored.
    NeverValid,
    /// It is not for this server name.
    Name,
    /// No root has signed them.
    UnknownIssuer {
        /// How many the server sent.
        sent: usize,
    },
    /// One is not signed by the one that it names as its issuer.
    Signature,
    /// One is signed in a way, or has a key, that this build does not support: see the features.
    Algorithm,
    /// One is signed by a certificate that must not sign any.
    NotAnAuthority,
    /// An authority's certificate is used as a server's.
    Authority,
    /// There are more authorities in the chain than one of them allows.
    PathLength,
    /// It is not for servers (extended key usage).
    Purpose,
    /// An authority may not sign for this name (name constraints).
    NameConstraint,
    /// One has a critical extension that is not known here.
    CriticalExtension,
    /// There are too many ways from the server's to a root, or more than two authorities of one name.
    TooComplex,
}

words! { Error {
    Self::Busy => "the memory for TLS is taken by another connection";
    Self::BufferTooSmall { needs } => "a buffer for TLS is too small: {} bytes at least", needs;
    Self::ServerName => "the server's name is neither a DNS name nor an IP address";
    Self::Root { index } => "root number {} is not a certificate in DER", index;
    Self::TimeUnknown => "the time is not known, so no certificate can be checked";
    Self::Transport(kind) => "the connection broke: {}", kind_words(kind);
    Self::Cut => "the connection was cut: it ended without close_notify";
    Self::Certificate(why) => "{}", why;
    Self::Unproven => "the server does not hold the key of its certificate";
    Self::SignatureScheme { scheme } => "the server signs with scheme {}, which is not built in: see the features", scheme;
    Self::ServerHello => "the server did not answer with TLS 1.3, or chose what was not offered";
    Self::Finished => "the handshake was changed on the way";
    Self::Tampered => "a record was changed, repeated or left out on the way";
    Self::Record { content_type, length } =>
        "a record of type {} with {} bytes, which TLS 1.3 does not allow there", content_type, length;
    Self::RecordTooLong { length } => "a record of {} bytes is longer than the buffer for receiving", length;
    Self::MessageTooLong => "a handshake message does not fit in the buffer for receiving";
    Self::HelloTooLong => "the first message does not fit in the buffer for sending";
    Self::Malformed => "a handshake message is malformed";
    Self::OutOfTurn => "a handshake message came out of turn";
    Self::Unsupported => "the server sent a message that is not supported here";
    Self::Alert { description } => "the server broke off: {} (alert {})", alert_words(description), description;
} }

words! { CertificateError {
    Self::Missing => "the server sent no certificate";
    Self::TooMany { sent } => "the server sent {} certificates, more than are looked at", sent;
    Self::Malformed => "certificate malformed";
    Self::OldVersion => "certificate of X.509 version 1 or 2, not 3";
    Self::Expired { on } => "certificate expired on {}, or the clock is wrong", on;
    Self::NotYetValid { before } => "certificate not valid before {}, or the clock is wrong", before;
    Self::NeverValid => "there is no day on which all certificates are valid";
    Self::Name => "certificate is for another name";
    Self::UnknownIssuer { sent: 1 } => "issuer unknown: the server sent 1 certificate, not signed by your roots";
    Self::UnknownIssuer { sent } => "issuer unknown: the server sent {} certificates, none signed by your roots", sent;
    Self::Signature => "certificate not signed by the issuer that it names";
    Self::Algorithm => "certificate has a key or signature of a kind that is not built in";
    Self::NotAnAuthority => "certificate signed by one that is not an authority";
    Self::Authority => "certificate is an authority's, not a server's";
    Self::PathLength => "certificate signed by more authorities than one of them allows";
    Self::Purpose => "certificate is not for servers";
    Self::NameConstraint => "certificate signed by an authority that may not sign for this name";
    Self::CriticalExtension => "certificate has a critical extension that is not known";
    Self::TooComplex => "too many ways from the certificate to a root";
} }

/// In words that both kinds of formatting can print.
fn kind_words(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConnectionRefused => "refused",
        ErrorKind::ConnectionReset => "reset",
        ErrorKind::ConnectionAborted => "aborted",
        ErrorKind::NotConnected => "not connected",
        ErrorKind::BrokenPipe => "broken pipe",
        ErrorKind::TimedOut => "timed out",
        _ => "the transport failed",
    }
}

/// The alerts that answer a client (RFC 8446, section 6.2).
fn alert_words(description: u8) -> &'static str {
    match description {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => {
            "handshake_failure, it may have no cipher suite, group or certificate of a kind that is built in"
        }
        47 => "illegal_parameter",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version, it does not support TLS 1.3",
        71 => "insufficient_security",
        80 => "internal_error",
        109 => "missing_extension",
        112 => "unrecognized_name",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => "for a reason of its own",
    }
}

impl core::error::Error for Error {}
impl core::error::Error for CertificateError {}

impl From<CertificateError> for Error {
    fn from(why: CertificateError) -> Self {
        Self::Certificate(why)
    }
}

impl embedded_io_async::Error for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Transport(kind) => *kind,
            Self::Cut | Self::Alert { .. } => ErrorKind::ConnectionAborted,
            Self::Busy => ErrorKind::AddrInUse,
            Self::BufferTooSmall { .. }
            | Self::RecordTooLong { .. }
            | Self::MessageTooLong
            | Self::HelloTooLong => ErrorKind::OutOfMemory,
            Self::ServerName | Self::Root { .. } | Self::TimeUnknown => ErrorKind::InvalidInput,
            _ => ErrorKind::InvalidData,
        }
    }
}
