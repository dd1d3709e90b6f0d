//! An RSA public key, a message and a signature in, whether the signature holds out (RFC 8017).
//!
//! PKCS#1 v1.5 (§8.2.2) compares all of the encoded message with what it has to be, and so reads nothing out
//! of a padding that somebody may have forged. In PSS (§8.1.2) the salt is as long as the hash, and the mask
//! is made by the same hash, as RFC 8446 §4.2.3 and the identifiers in certificates have it.
//!
//! # Limits
//!
//! Those of a [`PublicKey`]: 2048 to 4096 bits.

mod key;
mod modular;

use core::iter;

use pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use self::key::PublicKey;
use super::{
    hash::{Hash, SHA256, SHA384, SHA512},
    named,
};

/// The identifier of PKCS#1 v1.5 with a hash, 1.2.840.113549.1.1.x, and nothing after it.
macro_rules! without_parameters {
    ($arc:literal) => {
        AlgorithmIdentifier::from_slice(&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, $arc])
    };
}

/// A padding with a hash.
pub(super) struct Rsa {
    signature: AlgorithmIdentifier,
    padding: Padding,
    hash: &'static Hash,
}

enum Padding {
    Pkcs1,
    Pss,
}
use Padding::{Pkcs1, Pss};

pub(super) static PKCS1_SHA256: Rsa =
    Rsa { signature: alg_id::RSA_PKCS1_SHA256, padding: Pkcs1, hash: &SHA256 };
pub(super) static PKCS1_SHA384: Rsa =
    Rsa { signature: alg_id::RSA_PKCS1_SHA384, padding: Pkcs1, hash: &SHA384 };
pub(super) static PKCS1_SHA512: Rsa =
    Rsa { signature: alg_id::RSA_PKCS1_SHA512, padding: Pkcs1, hash: &SHA512 };
pub(super) static PSS_SHA256: Rsa = Rsa { signature: alg_id::RSA_PSS_SHA256, padding: Pss, hash: &SHA256 };
pub(super) static PSS_SHA384: Rsa = Rsa { signature: alg_id::RSA_PSS_SHA384, padding: Pss, hash: &SHA384 };
pub(super) static PSS_SHA512: Rsa = Rsa { signature: alg_id::RSA_PSS_SHA512, padding: Pss, hash: &SHA512 };

// The parameters have to be NULL, and leaving them out has to be accepted (RFC 4055 §5).
pub(super) static PKCS1_SHA256_WITHOUT_PARAMETERS: Rsa =
    Rsa { signature: without_parameters!(11), padding: Pkcs1, hash: &SHA256 };
pub(super) static PKCS1_SHA384_WITHOUT_PARAMETERS: Rsa =
    Rsa { signature: without_parameters!(12), padding: Pkcs1, hash: &SHA384 };
pub(super) static PKCS1_SHA512_WITHOUT_PARAMETERS: Rsa =
    Rsa { signature: without_parameters!(13), padding: Pkcs1, hash: &SHA512 };

named!(Rsa);

impl SignatureVerificationAlgorithm for Rsa {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.verify(key, message, signature).ok_or(InvalidSignature)
    }
}

impl Rsa {
    fn verify(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
        let key = PublicKey::from_der(key)?;
        let mut encoded = [0; _];
        let encoded = key.apply(signature, &mut encoded)?;
        let mut room = [0; _];
        let digest = self.hash.digest(&[message], &mut room);
        match self.padding {
            Pkcs1 => verify_pkcs1(self.hash, digest, encoded),
            Pss => verify_pss(self.hash, digest, encoded, key.bits()),
        }
    }
}

/// EMSA-PKCS1-v1_5-ENCODE (RFC 8017 §9.2), compared with `encoded` as it goes.
fn verify_pkcs1(hash: &Hash, digest: &[u8], encoded: &[u8]) -> Option<()> {
    let length = u8::try_from(digest.len()).ok()?;
    // DigestInfo: SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, NULL }, OCTET STRING }.
    #[rustfmt::skip]
    let algorithm = [
        0x30, length + 17, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, hash.arc, 5, 0, 4, length,
    ];
    let digest_info = algorithm.iter().chain(digest);
    let padding = encoded.len().checked_sub(3 + digest_info.clone().count())?;
    let expected = [0, 1].iter().chain(iter::repeat_n(&0xFF, padding)).chain(&[0]).chain(digest_info);
    encoded.iter().eq(expected).then_some(())
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2), with a modulus of this many bits. Takes the mask off within `encoded`.
fn verify_pss(hash: &Hash, digest: &[u8], encoded: &mut [u8], modulus_bits: usize) -> Option<()> {
    // The encoded message is a bit shorter than the modulus, which can be a whole byte less.
    let bits = modulus_bits.checked_sub(1)?;
    let leading = encoded.len().checked_sub(bits.div_ceil(8))?;
    let (leading, encoded) = encoded.split_at_mut_checked(leading)?;
    let unused_bits = !(0xFF >> (encoded.len() * 8 - bits));

    let hashed = encoded.len().checked_sub(digest.len() + 1)?;
    let (data, rest) = encoded.split_at_mut_checked(hashed)?;
    let (hashed, trailer) = rest.split_at_checked(digest.len())?;
    let first = *data.first()?;
    if leading.iter().any(|&byte| byte != 0) || trailer != [0xBC] || first & unused_bits != 0 {
        return None;
    }

    let mut room = [0; _];
    // MGF1 (appendix B.2.1).
    for (counter, masked) in (0_u32..).zip(data.chunks_mut(digest.len().max(1))) {
        let mask = hash.digest(&[hashed, &counter.to_be_bytes()], &mut room);
        masked.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    }
    *data.first_mut()? &= !unused_bits;

    let padding = data.len().checked_sub(digest.len())?;
    let (padding, salt) = data.split_at_checked(padding)?;
    let (one, zeros) = padding.split_last()?;
    let padded = *one == 1 && zeros.iter().all(|&byte| byte == 0);
    (padded && hash.digest(&[&[0; 8], digest, salt], &mut room) == hashed).then_some(())
}

#[cfg(test)]
mod tests;
