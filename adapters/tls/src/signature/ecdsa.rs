//! A point on a curve, a message and a DER signature in, whether the signature holds out (SEC 1 §4.1.4).
//!
//! A hash that is longer than the curve's order is cut to its length, as SEC 1 says.
//!
//! # Limits
//!
//! Keys are uncompressed points; RFC 5480 §2.2 leaves compressed ones to those who want them. Signatures are
//! in DER, not in BER.

use pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

#[cfg(feature = "p384")]
use super::hash::SHA384;
use super::hash::{Hash, SHA256};

type Verify = fn(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<()>;

/// ECDSA on a curve with a hash.
#[derive(Debug)]
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

// The crates of the curves stand on different versions of the traits that they share.
macro_rules! verify {
    ($verify:ident, $curve:ident) => {
        fn $verify(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<()> {
            use $curve::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier};

            /// What an uncompressed point begins with (SEC 1 §2.3.3).
            const UNCOMPRESSED: u8 = 4;
            if key.first() != Some(&UNCOMPRESSED) {
                return None;
            }
            let key = VerifyingKey::from_sec1_bytes(key).ok()?;
            let signature = Signature::from_der(signature).ok()?;
            key.verify_prehash(digest, &signature).ok()
        }
    };
}

verify!(verify_p256, p256);
#[cfg(feature = "p384")]
verify!(verify_p384, p384);
