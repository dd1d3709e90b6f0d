//! What a certificate is to say in, a signed one out.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose,
    SanType, SerialNumber, SigningKey as _, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::{Case, Expected, Refusal, SERVER_NAME};
use crate::key::Key;

/// One day, in seconds.
pub(super) const DAY: i64 = 24 * 60 * 60;

/// Issues certificates about one moment, each with the next serial number.
pub(super) struct Maker {
    now: u64,
    serial: u64,
}

/// A certificate that can sign others, whether it may or not.
pub(super) struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    issuer: Issuer<'static, Key>,
}

/// A leaf and its key.
pub(super) struct Leaf {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: Key,
}

impl Maker {
    pub(super) fn new(now: u64) -> Self {
        Self { now, serial: 1000 }
    }

    pub(super) fn root(&mut self, name: &str, key: Key) -> Authority {
        let params = self.authority_params(name);
        let certificate = params.self_signed(&key).expect("the parameters are valid").into();
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    /// An authority below another one.
    pub(super) fn intermediate(
        &mut self,
        issuer: &Authority,
        name: &str,
        key: Key,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Authority {
        let mut params = self.authority_params(name);
        change(&mut params);
        let certificate = issuer.sign(&params, &key);
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    /// A server's certificate for [`SERVER_NAME`].
    pub(super) fn leaf(
        &mut self,
        issuer: &Authority,
        key: Key,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Leaf {
        let mut params = self.leaf_params();
        change(&mut params);
        Leaf { certificate: issuer.sign(&params, &key), key }
    }

    /// A server's certificate that its own key has signed.
    pub(super) fn self_signed(&mut self, key: Key) -> Leaf {
        let certificate = self.leaf_params().self_signed(&key).expect("the parameters are valid").into();
        Leaf { certificate, key }
    }

    /// The leaf, with those above it as they are given.
    pub(super) fn case(
        &self,
        name: &'static str,
        expected: Expected,
        root: &Authority,
        leaf: &Leaf,
        above: &[&Authority],
    ) -> Case {
        let above = above.iter().map(|authority| authority.certificate.clone());
        Case {
            name,
            chain: [leaf.certificate.clone()].into_iter().chain(above).collect(),
            key: leaf.key.clone(),
            root: root.certificate.clone(),
            server_name: SERVER_NAME,
            now: self.now,
            expected,
        }
    }

    /// Dates in seconds from the moment that all is about.
    pub(super) fn dates(&self, params: &mut CertificateParams, from: i64, until: i64) {
        let moment = |offset| {
            let seconds = self.now.checked_add_signed(offset).expect("after 1970");
            date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
        };
        params.not_before = moment(from);
        params.not_after = moment(until);
    }

    fn authority_params(&mut self, name: &str) -> CertificateParams {
        let mut params = self.params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
    }

    fn leaf_params(&mut self) -> CertificateParams {
        let mut params = self.params("a server");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names = names(&[SERVER_NAME]);
        params
    }

    fn params(&mut self, name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(name);
        params.use_authority_key_identifier_extension = true;
        self.serial += 1;
        params.serial_number = Some(SerialNumber::from(self.serial));
        self.dates(&mut params, -365 * DAY, 365 * DAY);
        params
    }
}

impl Authority {
    fn sign(&self, params: &CertificateParams, key: &Key) -> CertificateDer<'static> {
        params.signed_by(key, &self.issuer).expect("the parameters are valid").into()
    }

    pub(super) fn key(&self) -> &Key {
        self.issuer.key()
    }
}

pub(super) fn refused(refusal: Refusal) -> Expected {
    Expected::Refused(refusal)
}

pub(super) fn common_name(name: &str) -> rcgen::DistinguishedName {
    let mut names = rcgen::DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

pub(super) fn names(names: &[&str]) -> Vec<SanType> {
    let name = |name: &&str| SanType::DnsName((*name).try_into().expect("ASCII"));
    names.iter().map(name).collect()
}

pub(super) fn address(address: &str) -> Vec<SanType> {
    vec![SanType::IpAddress(address.parse().expect("an address"))]
}

/// The certificate, signed again by this RSA key with SHA-1, which rcgen rightly does not offer.
pub(super) fn signed_with_sha1(certificate: &CertificateDer<'_>, key: &Key) -> CertificateDer<'static> {
    const SHA256_WITH_RSA: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
    const SHA1_LAST: u8 = 0x05;
    /// A sequence of 256 to 65,535 bytes.
    const HEADER: usize = 4;

    let mut der = certificate.to_vec();
    let named = |der: &[u8]| der.windows(SHA256_WITH_RSA.len()).position(|window| window == SHA256_WITH_RSA);
    let mut replaced = 0;
    while let Some(place) = named(&der) {
        der[place + SHA256_WITH_RSA.len() - 1] = SHA1_LAST;
        replaced += 1;
    }
    assert_eq!(replaced, 2, "once in what is signed, once beside the signature");
    let length = usize::from(u16::from_be_bytes([der[HEADER + 2], der[HEADER + 3]]));
    let signature = key.sign_with_sha1(&der[HEADER..2 * HEADER + length]);
    let start = der.len() - signature.len();
    der[start..].copy_from_slice(&signature);
    der.into()
}

/// The certificate without what version 3 of X.509 has brought, signed again by this key. rcgen makes no
/// other version.
pub(super) fn of_version1(certificate: &CertificateDer<'_>, key: &Key) -> CertificateDer<'static> {
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    const VERSION: u8 = 0xA0;
    const EXTENSIONS: u8 = 0xA3;

    let parts = elements(content(certificate));
    let old =
        elements(content(parts[0])).into_iter().filter(|part| ![VERSION, EXTENSIONS].contains(&part[0]));
    let signed = element(SEQUENCE, &old.collect::<Vec<_>>().concat());
    let signature = key.sign(&signed).expect("the key signs certificates");
    let signature = element(BIT_STRING, &[&[0][..], &signature].concat());
    element(SEQUENCE, &[&signed, parts[1], &signature].concat()).into()
}

/// An element of DER, of up to 65,535 bytes.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a certificate is short");
    let [high, low] = length.to_be_bytes();
    let header = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&header, content].concat()
}

/// How long the header of the first element is, and the element with it.
fn lengths(der: &[u8]) -> (usize, usize) {
    let (header, content) = match der[1] {
        0x82 => (4, usize::from(u16::from_be_bytes([der[2], der[3]]))),
        0x81 => (3, der[2].into()),
        length => (2, length.into()),
    };
    (header, header + content)
}

fn content(der: &[u8]) -> &[u8] {
    let (header, length) = lengths(der);
    &der[header..length]
}

/// The elements that follow one another.
fn elements(mut der: &[u8]) -> Vec<&[u8]> {
    let mut elements = Vec::new();
    while !der.is_empty() {
        let (element, rest) = der.split_at(lengths(der).1);
        elements.push(element);
        der = rest;
    }
    elements
}
