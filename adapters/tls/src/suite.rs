//! A type in, a cipher suite of TLS 1.3 out (RFC 8446, appendix B.4).
//!
//! # Limits
//!
//! embedded-tls offers one suite for each connection. So it is chosen when the program is compiled, and only
//! what is chosen is linked.

use chacha20poly1305::{ChaCha20Poly1305, aead::generic_array::typenum};
use embedded_tls::TlsCipherSuite;

/// The cipher suite that a [`Client`](crate::Client) offers: [`ChaCha20Poly1305Sha256`] or
/// [`Aes128GcmSha256`].
pub trait Suite: sealed::Suite + core::fmt::Debug {}

/// `TLS_CHACHA20_POLY1305_SHA256`, which a processor without AES hardware computes several times faster than
/// AES-GCM. Nearly every server has it; one that keeps to FIPS 140 does not.
#[derive(Debug)]
pub enum ChaCha20Poly1305Sha256 {}

/// `TLS_AES_128_GCM_SHA256`, which every server of TLS 1.3 has (RFC 8446, section 9.1).
#[derive(Debug)]
pub enum Aes128GcmSha256 {}

impl Suite for ChaCha20Poly1305Sha256 {}
impl Suite for Aes128GcmSha256 {}

pub(crate) mod sealed {
    pub trait Suite {
        /// What embedded-tls computes with.
        type Tls: embedded_tls::TlsCipherSuite + 'static;
    }
}

impl sealed::Suite for Aes128GcmSha256 {
    type Tls = embedded_tls::Aes128GcmSha256;
}

impl sealed::Suite for ChaCha20Poly1305Sha256 {
    type Tls = Self;
}

impl TlsCipherSuite for ChaCha20Poly1305Sha256 {
    const CODE_POINT: u16 = 0x1303;
    type Cipher = ChaCha20Poly1305;
    type KeyLen = typenum::U32;
    type IvLen = typenum::U12;
    type Hash = sha2::Sha256;
    /// The hash, and 22 bytes for the longest label and what is around it.
    type LabelBufferSize = typenum::U54;
}
