//! A public key, a message and a signature in, whether the signature holds out: for each algorithm
//! that certificates and servers may use, in the form in which webpki asks for it.
//!
//! | feature | in certificates | by the server, in CertificateVerify |
//! |---|---|---|
//! | none | ECDSA on P-256 with SHA-256 | `ecdsa_secp256r1_sha256` |
//! | `p384` | ECDSA on P-384 with SHA-256, SHA-384; on P-256 with SHA-384 | `ecdsa_secp384r1_sha384` |
//! | `rsa` | RSA PKCS#1 v1.5 and PSS with SHA-256, SHA-384, SHA-512 | `rsa_pss_rsae_sha256`, `_sha384`, `_sha512` |
//!
//! Sources: RFC 5480 and SEC 1 for ECDSA and its keys, RFC 8017 for RSA, RFC 4055 for how certificates name
//! RSA, RFC 8446 §4.2.3 for what a server may sign with.
//!
//! # Limits
//!
//! With all features on, it accepts what rustls accepts over ring, but for Ed25519 and for RSA keys shorter
//! than 2048 or longer than 4096 bits. Left out by both: SHA-1, P-521, compressed points, ECDSA with SHA-512,
//! keys that are bound to PSS (`id-RSASSA-PSS`), a salt that is not as long as the hash.

mod ecdsa;
mod hash;
#[cfg(feature = "rsa")]
mod rsa;
pub(crate) mod weierstrass;

use pki_types::SignatureVerificationAlgorithm;

/// `Debug` by a name: webpki's trait asks for it, so whatever it shows is linked into every firmware.
macro_rules! named {
    ($type:ty) => {
        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(stringify!($type))
            }
        }
    };
}
pub(crate) use named;

/// How many [`ALGORITHMS`] there are.
pub(crate) const COUNT: usize = 1 + 3 * cfg!(feature = "p384") as usize + 9 * cfg!(feature = "rsa") as usize;

/// What a certificate may be signed with.
pub(crate) static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; COUNT] = [
    &ecdsa::P256_SHA256,
    #[cfg(feature = "p384")]
    &ecdsa::P256_SHA384,
    #[cfg(feature = "p384")]
    &ecdsa::P384_SHA256,
    #[cfg(feature = "p384")]
    &ecdsa::P384_SHA384,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA256,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA384,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA512,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA256_WITHOUT_PARAMETERS,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA384_WITHOUT_PARAMETERS,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA512_WITHOUT_PARAMETERS,
    #[cfg(feature = "rsa")]
    &rsa::PSS_SHA256,
    #[cfg(feature = "rsa")]
    &rsa::PSS_SHA384,
    #[cfg(feature = "rsa")]
    &rsa::PSS_SHA512,
];

/// What a server's own signature is verified with, by the code point of its SignatureScheme.
///
/// Narrower than what certificates may be signed with, as RFC 8446 §4.2.3 wants it: each curve has its one
/// hash, and PKCS#1 v1.5 is for certificates only.
pub(crate) fn by_scheme(scheme: u16) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    Some(match scheme {
        0x0403 => &ecdsa::P256_SHA256,
        #[cfg(feature = "p384")]
        0x0503 => &ecdsa::P384_SHA384,
        #[cfg(feature = "rsa")]
        0x0804 => &rsa::PSS_SHA256,
        #[cfg(feature = "rsa")]
        0x0805 => &rsa::PSS_SHA384,
        #[cfg(feature = "rsa")]
        0x0806 => &rsa::PSS_SHA512,
        _ => return None,
    })
}

/// The code points that [`by_scheme`] has, in the order in which they are offered.
pub(crate) const SCHEMES: &[u16] = &[
    0x0403,
    #[cfg(feature = "p384")]
    0x0503,
    #[cfg(feature = "rsa")]
    0x0804,
    #[cfg(feature = "rsa")]
    0x0805,
    #[cfg(feature = "rsa")]
    0x0806,
    // Of certificates only.
    #[cfg(feature = "rsa")]
    0x0401,
    #[cfg(feature = "rsa")]
    0x0501,
    #[cfg(feature = "rsa")]
    0x0601,
];

#[cfg(test)]
mod tests;
