//! A point on a curve, a message and a DER signature in, whether the signature holds out (SEC 1 §4.1.4).
//!
//! A hash that is longer than the curve's order is cut to its length, as SEC 1 says.
//!
//! # Limits
//!
//! Keys are uncompressed points; RFC 5480 §2.2 makes compressed ones optional. Signatures are in DER, not in
//! BER.

use pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

#[cfg(feature = "p384")]
use super::hash::SHA384;
use super::{
    hash::{Hash, SHA256},
    named, weierstrass,
};

type Verify = fn(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<()>;

/// ECDSA on a curve with a hash.
pub(super) struct Ecdsa {
    curve: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    hash: &'static Hash,
    verify: Verify,
}

pub(super) static P256_SHA256: Ecdsa =
    Ecdsa { curve: alg_id::ECDSA_P256, signature: alg_id::ECDSA_SHA256, hash: &SHA256, verify: verify_p256 };
#[cfg(feature = "p384")]
pub(super) static P256_SHA384: Ecdsa =
    Ecdsa { curve: alg_id::ECDSA_P256, signature: alg_id::ECDSA_SHA384, hash: &SHA384, verify: verify_p256 };
#[cfg(feature = "p384")]
pub(super) static P384_SHA256: Ecdsa =
    Ecdsa { curve: alg_id::ECDSA_P384, signature: alg_id::ECDSA_SHA256, hash: &SHA256, verify: verify_p384 };
#[cfg(feature = "p384")]
pub(super) static P384_SHA384: Ecdsa =
    Ecdsa { curve: alg_id::ECDSA_P384, signature: alg_id::ECDSA_SHA384, hash: &SHA384, verify: verify_p384 };

named!(Ecdsa);

impl SignatureVerificationAlgorithm for Ecdsa {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.curve
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let mut room = [0; _];
        let digest = self.hash.digest(&[message], &mut room);
        (self.verify)(key, digest, signature).ok_or(InvalidSignature)
    }
}

fn verify_p256(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<()> {
    let (r, s) = numbers(signature)?;
    weierstrass::verify::<weierstrass::P256, 8>(key, digest, r, s).then_some(())
}

#[cfg(feature = "p384")]
fn verify_p384(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<()> {
    let (r, s) = numbers(signature)?;
    weierstrass::verify::<weierstrass::P384, 12>(key, digest, r, s).then_some(())
}

/// r and s of a signature in DER (RFC 3279 §2.2.3), without leading zeros.
fn numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const SEQUENCE: u8 = 0x30;
    let [SEQUENCE, length, rest @ ..] = der else { return None };
    // Two numbers of 49 bytes fit in a length of one byte.
    if usize::from(*length) != rest.len() || *length >= 0x80 {
        return None;
    }
    let (r, rest) = integer(rest)?;
    let (s, rest) = integer(rest)?;
    rest.is_empty().then_some((r, s))
}

/// The first number, which is above 0 and as short as it can be, and what follows it.
fn integer(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const INTEGER: u8 = 2;
    let [INTEGER, length, rest @ ..] = der else { return None };
    let (number, rest) = rest.split_at_checked(usize::from(*length))?;
    let number = match number {
        // What would be negative has a zero before it.
        [0, number @ ..] if number.first().is_some_and(|first| *first >= 0x80) => number,
        [1..0x80, ..] => number,
        _ => return None,
    };
    Some((number, rest))
}
