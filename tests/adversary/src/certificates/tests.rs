use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};

use super::*;

#[test]
fn each_case_has_a_name_of_its_own() {
    let cases = all(NOW);
    let names: HashSet<_> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len());
}

#[test]
fn the_large_leaf_is_large_and_fits_one_record() {
    let leaf = find("large-leaf", NOW).unwrap().chain.remove(0);
    assert!((14_000..16_000).contains(&leaf.len()), "{} bytes", leaf.len());
}

#[test]
fn webpki_finds_of_each_chain_what_the_table_says() {
    for case in all(NOW) {
        let expected = match case.name {
            // A limit of a client that has little memory; webpki alone continues to a seventh.
            "seven-certificates" => None,
            // The key of the leaf is looked at when it is used.
            "rsa-1024-leaf" => None,
            // A key that it does not take gives no signature.
            "rsa-1024-intermediate" | "rsa-1024-root" => Some(Refusal::Signature),
            _ => case.refusal(),
        };
        let found = judge(&case).err().map(|error| Refusal::of(&error).expect("it is about the chain"));
        assert_eq!(found, expected, "{}", case.name);
    }
}

#[test]
fn the_table_holds_at_any_moment() {
    let case = find("expired-intermediate", 2 * NOW).unwrap();
    assert_eq!(Refusal::of(&judge(&case).unwrap_err()), Some(Refusal::Expired));
    assert_eq!(judge(&find("two-intermediates", 2 * NOW).unwrap()), Ok(()));
}

fn judge(case: &Case) -> Result<(), rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(case.root.clone())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
    let name = ServerName::try_from(case.server_name).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(case.now));
    verifier.verify_server_cert(&case.chain[0], &case.chain[1..], &name, &[], now).map(drop)
}
