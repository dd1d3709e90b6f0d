//! A moment in, chains of certificates out, and for each whether a client accepts it then, and why not.
//!
//! ```
//! use taskgroup_adversary::{NOW, certificates};
//!
//! let refused = certificates::all(NOW).into_iter().filter(|case| case.refusal().is_some());
//! assert!(refused.count() > 30);
//! ```
//!
//! # Limits
//!
//! Keys and signatures on elliptic curves are new in each process; names, dates and serial numbers are not. A
//! certificate holds for a year before and after the moment, unless its dates are what it is about.
//!
//! Not in the table: an authority whose key usage lacks `keyCertSign`. webpki, and with it rustls, looks at
//! no key usage of certificates, since the CA flag says the same.

mod accepted;
mod found;
mod maker;
mod refused;

use std::fmt;

use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::key::Key;
use maker::Maker;

/// The moment that tests with a clock of their own ask at: 2026-06-01, 00:00 UTC, in Unix seconds.
pub const NOW: u64 = 1_780_272_000;

/// The name that clients ask for, unless the case is about names. All below `localhost` is this machine (RFC
/// 6761).
pub const SERVER_NAME: &str = "api.tasks.localhost";

/// A chain, and what a client has to make of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// In small letters, with hyphens.
    pub name: &'static str,
    /// What the server shows: the leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The private key of the leaf.
    pub key: Key,
    /// The one certificate that the client trusts.
    pub root: CertificateDer<'static>,
    /// Whom the client asks for: a name, or an address without brackets.
    pub server_name: &'static str,
    /// When it does, in Unix seconds.
    pub now: u64,
    /// What it has to find.
    pub expected: Expected,
}

/// What a client has to make of a chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// The server is authenticated.
    Accepted,
    /// It is not.
    Refused(Refusal),
}

/// Why a chain is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// No path from the leaf to the root.
    UnknownIssuer,
    /// A signature that the issuer's key does not give.
    Signature,
    /// Past its dates.
    Expired,
    /// Before its dates.
    NotYetValid,
    /// The leaf is not for the name.
    Name,
    /// An issuer without the CA flag.
    NotAnAuthority,
    /// An authority as a leaf.
    Authority,
    /// More authorities below one than it allows.
    PathLength,
    /// An extended key usage without servers.
    Usage,
    /// A name outside the constraints of an authority.
    NameConstraints,
    /// A chain that is too long.
    TooMany,
    /// A critical extension that nobody knows.
    CriticalExtension,
    /// A key that is too small.
    WeakKey,
    /// A signature with a broken hash.
    WeakSignature,
    /// X.509 before version 3.
    OldVersion,
    /// Not a certificate.
    Malformed,
}

impl Case {
    /// Why it is refused, if it is.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self.expected {
            Expected::Accepted => None,
            Expected::Refused(refusal) => Some(refusal),
        }
    }

    /// Whether a client without P-384 cannot judge it.
    #[must_use]
    pub fn needs_p384(&self) -> bool {
        self.mentions(&[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22])
    }

    /// Whether a client without RSA cannot judge it.
    #[must_use]
    pub fn needs_rsa(&self) -> bool {
        self.mentions(&[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01])
    }

    /// Whether a certificate has a key of the kind with this object identifier.
    fn mentions(&self, identifier: &[u8]) -> bool {
        let mut certificates = self.chain.iter().chain([&self.root]);
        certificates.any(|der| der.windows(identifier.len()).any(|window| window == identifier))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownIssuer => "issuer unknown",
            Self::Signature => "bad signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::Name => "wrong name",
            Self::NotAnAuthority => "issuer is no authority",
            Self::Authority => "authority as a leaf",
            Self::PathLength => "path too long",
            Self::Usage => "not for servers",
            Self::NameConstraints => "name outside the constraints",
            Self::TooMany => "too many certificates",
            Self::CriticalExtension => "unknown critical extension",
            Self::WeakKey => "weak key",
            Self::WeakSignature => "weak signature",
            Self::OldVersion => "old version",
            Self::Malformed => "malformed",
        })
    }
}

/// All cases, about the moment `now` in Unix seconds.
#[must_use]
pub fn all(now: u64) -> Vec<Case> {
    let mut maker = Maker::new(now);
    let mut cases = refused::cases(&mut maker);
    cases.extend(accepted::cases(&mut maker));
    cases
}

/// The case of this name.
#[must_use]
pub fn find(name: &str, now: u64) -> Option<Case> {
    all(now).into_iter().find(|case| case.name == name)
}

/// A certificate in PEM.
#[must_use]
pub fn pem(certificate: &CertificateDer<'_>) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", certificate.to_vec()))
}

#[cfg(test)]
mod tests;
