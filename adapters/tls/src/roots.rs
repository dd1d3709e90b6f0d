//! Which authorities are trusted.

use core::fmt;

use pki_types::TrustAnchor;

/// The authorities whose signature makes a certificate good. They may all lie in flash.
///
/// Roots that are built in age with the firmware: an authority that is trusted today may not be in ten years,
/// and its certificate expires. Keep a way to update.
///
/// A server's self-signed certificate can be its own root if it is not marked as an authority. With
/// `CA:TRUE`, which `openssl req -x509` sets by default, it is refused with
/// [`CertificateError::Authority`](crate::CertificateError): make it with `-addext
/// basicConstraints=critical,CA:FALSE`.
#[derive(Clone, Copy)]
pub enum Roots<'r> {
    /// Whole certificates in DER: `&[include_bytes!("root.der")]`, a few or many. They are
    /// searched at each handshake, and take no RAM.
    Certificates(&'r [&'r [u8]]),
    /// Only what is needed of each: its name, key and name constraints.
    Anchors(&'r [TrustAnchor<'r>]),
}

#[cfg(feature = "webpki-roots")]
impl Roots<'static> {
    /// The authorities that Mozilla's browser trusts, as they were when the crate webpki-roots was
    /// made. Most have a key of P-384 or RSA: those need the features `p384` and `rsa`.
    #[must_use]
    pub const fn mozilla() -> Self {
        Self::Anchors(webpki_roots::TLS_SERVER_ROOTS)
    }
}

/// Shows how many there are.
impl fmt::Debug for Roots<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificates(certificates) => write!(f, "Certificates({})", certificates.len()),
            Self::Anchors(anchors) => write!(f, "Anchors({})", anchors.len()),
        }
    }
}
