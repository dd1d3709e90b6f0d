extern crate std;

use std::{vec, vec::Vec};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

use super::*;

/// 2026-06-01, and the end of that year.
const NOW: u64 = 1_780_272_000;
const END: u64 = 1_798_675_200;

fn params(name: &str, is_authority: bool, last_year: i32) -> CertificateParams {
    let names = if is_authority { vec![] } else { vec!["server.example".into()] };
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(last_year, 12, 31));
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

/// A search with verdicts finds what webpki finds by itself, in any order of authorities of one name that
/// have several keys, of which one has signed, or none.
#[test]
fn signatures_that_are_verified_later_are_judged_as_if_they_were_verified_at_once() {
    let [root_key, right, wrong, third, own] = [(); 5].map(|()| KeyPair::generate().unwrap());
    let root = params("root", true, 2040).self_signed(&root_key).unwrap();
    let issuer = |name, key| Issuer::new(params(name, true, 2040), key);
    let by_root = issuer("root", &root_key);
    let authorities =
        [&right, &wrong].map(|key| params("authority", true, 2026).signed_by(key, &by_root).unwrap());
    let leaf = |key| params("leaf", false, 2030).signed_by(&own, &issuer("authority", key)).unwrap();
    // The root's name, and another key.
    let forged = params("authority", true, 2030).signed_by(&right, &issuer("root", &third)).unwrap();
    let (by_right, by_third) = (leaf(&right), leaf(&third));
    let name = ServerName::try_from("server.example").unwrap();
    let mut found = Vec::new();
    for own in [&by_right, &by_third] {
        for others in [
            &[][..],
            &[&authorities[0]],
            &[&authorities[1]],
            &[&authorities[0], &authorities[1]],
            &[&authorities[1], &authorities[0]],
            &[&forged],
            &[&forged, &authorities[0]],
            &[&authorities[1], &forged],
        ] {
            let certificates: Certificates<'_> =
                [&own].into_iter().chain(others).map(|certificate| certificate.der().clone()).collect();
            let roots: [&[u8]; 1] = [root.der()];
            let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
            let trust = Trust { roots: Roots::Certificates(&roots), name: name.clone(), now: Some(now) };

            let anchors = [anchor_from_trusted_cert(root.der()).unwrap()];
            let (first, rest) = certificates.split_first().unwrap();
            let server = EndEntityCert::try_from(first).unwrap();
            let at_once = server.verify_for_usage(
                &signature::ALGORITHMS,
                &anchors,
                rest,
                now,
                KeyUsage::server_auth(),
                None,
                None,
            );
            let later = trust.check(&certificates);
            match at_once.map(|_| ()).map_err(CertificateError::from) {
                // The authorities end first.
                Ok(()) => assert_eq!(later, Ok(END)),
                Err(CertificateError::UnknownIssuer { .. }) => {
                    let sent = certificates.len();
                    assert_eq!(later, Err(CertificateError::UnknownIssuer { sent }.into()));
                }
                Err(error) => assert_eq!(later, Err(error.into())),
            }
            found.push(later.is_ok());
            let timeless = Trust { now: None, ..trust };
            assert_eq!(timeless.check(&certificates).is_ok(), later.is_ok());
        }
    }
    let expected = [false, true, false, true, true, false, true, false];
    assert_eq!(found, [expected, [false; 8]].concat());
}

/// Whatever is done between the search and the verifying, by a mistake or none, nothing is accepted before.
#[test]
fn a_signature_that_has_not_been_verified_does_not_hold() {
    let [root_key, own] = [(); 2].map(|()| KeyPair::generate().unwrap());
    let root = params("root", true, 2040).self_signed(&root_key).unwrap();
    let issuer = Issuer::new(params("root", true, 2040), &root_key);
    let leaf = params("leaf", false, 2030).signed_by(&own, &issuer).unwrap();
    let certificates: Certificates<'_> = [leaf.der().clone()].into_iter().collect();
    let anchors = [anchor_from_trusted_cert(root.der()).unwrap()];
    let (verdicts, now) = (Verdicts::new(), UnixTime::since_unix_epoch(Duration::from_secs(NOW)));
    let look = || look_at(&certificates, &anchors, &verdicts, now);
    assert!(look().is_err() && look().is_err());
    assert!(!verdicts.settle(&certificates, &anchors));
    assert_eq!(look(), Ok(()));
    assert!(verdicts.settle(&certificates, &anchors));
}
