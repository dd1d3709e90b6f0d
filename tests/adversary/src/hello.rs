//! A `ClientHello` in, a `ServerHello` and the shared secret out (RFC 8446, section 4.1).
//!
//! # Limits
//!
//! Reads what the answer needs and no more: the session id to echo, the cipher suites, the key shares for
//! P-256 and X25519, and max_fragment_length.

use std::io;

use ring::agreement::{
    Algorithm, ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral,
};
use ring::rand::SystemRandom;

use crate::record::{CONTENT, Suite};

/// Named groups (section 4.2.7).
const SECP256R1: u16 = 0x0017;
const SECP384R1: u16 = 0x0018;
const X25519_GROUP: u16 = 0x001D;
/// Extensions (section 4.2).
pub(crate) const MAX_FRAGMENT_LENGTH: u16 = 1;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;
/// The random of a HelloRetryRequest (section 4.1.3): SHA-256 of its name.
const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2,
    0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// What a `ServerHello` says.
#[derive(Clone, Copy)]
pub(crate) enum Hello {
    Good,
    /// A share of a group that the client has sent none for.
    OtherGroup,
    /// A share that is no point of the curve.
    BadPoint,
    NoKeyShare,
    /// HelloRetryRequest, for a group that is not offered.
    Retry,
    Garbage,
}

/// What both sides have agreed on.
pub(crate) struct Agreement {
    pub(crate) shared: Vec<u8>,
    /// The first that the client offers of those that are known here.
    pub(crate) suite: Suite,
    /// What the client asks for by max_fragment_length (RFC 6066, section 4).
    pub(crate) fragment: Option<u8>,
    session: Vec<u8>,
    group: u16,
    share: Vec<u8>,
}

impl Agreement {
    /// From a `ClientHello` without its header of four bytes.
    pub(crate) fn new(client_hello: &[u8]) -> io::Result<Self> {
        let Offer { session, suite, shares, fragment } = read(client_hello)
            .ok_or_else(|| io::Error::other("no ClientHello with a suite that is known"))?;
        let known = |group: u16| match group {
            SECP256R1 => Some(&ECDH_P256),
            X25519_GROUP => Some(&X25519),
            _ => None,
        };
        let mut shares = shares.into_iter();
        let found = shares.find_map(|(group, share)| Some((group, known(group)?, share)));
        let (group, algorithm, theirs) =
            found.ok_or_else(|| io::Error::other("no key share for P-256 or X25519"))?;
        let (share, shared) = agree(algorithm, theirs).ok_or_else(|| io::Error::other("no key"))?;
        Ok(Self { shared, suite, fragment, session: session.to_vec(), group, share })
    }

    /// The most bytes of content that a record may have.
    pub(crate) fn content(&self) -> usize {
        self.fragment.map_or(CONTENT, |code| 256 << code)
    }

    /// The body of the `ServerHello`.
    pub(crate) fn server_hello(&self, hello: Hello) -> Vec<u8> {
        if let Hello::Garbage = hello {
            return vec![0xA5; 90];
        }
        let versions = extension(SUPPORTED_VERSIONS, &[3, 4]);
        let share = |group: u16, share: &[u8]| {
            extension(KEY_SHARE, &[&group.to_be_bytes()[..], &sized16(share)].concat())
        };
        let good = share(self.group, &self.share);
        let (random, extensions) = match hello {
            Hello::NoKeyShare => ([7; 32], versions),
            Hello::Retry => {
                let group = extension(KEY_SHARE, &SECP384R1.to_be_bytes());
                (RETRY, [versions, group].concat())
            }
            Hello::OtherGroup => {
                let other = if self.group == SECP256R1 { X25519_GROUP } else { SECP256R1 };
                ([7; 32], [versions, share(other, &[9; 32])].concat())
            }
            Hello::BadPoint => {
                let mut point = self.share.clone();
                point[1..].fill(1);
                ([7; 32], [versions, share(self.group, &point)].concat())
            }
            Hello::Good | Hello::Garbage => ([7; 32], [versions, good].concat()),
        };
        let session = [&[u8::try_from(self.session.len()).expect("32 at most")], &self.session[..]].concat();
        [&[3, 3][..], &random, &session, &(self.suite as u16).to_be_bytes(), &[0], &sized16(&extensions)]
            .concat()
    }
}

/// Our share, and what comes of it with theirs.
fn agree(algorithm: &'static Algorithm, theirs: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let ours = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new()).ok()?;
    let share = ours.compute_public_key().ok()?.as_ref().to_vec();
    let theirs = UnparsedPublicKey::new(algorithm, theirs);
    let shared = agree_ephemeral(ours, &theirs, <[u8]>::to_vec).ok()?;
    Some((share, shared))
}

pub(crate) fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &sized16(body)].concat()
}

fn sized16(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("less than 64 KiB").to_be_bytes();
    [&length[..], body].concat()
}

/// What a client offers.
struct Offer<'h> {
    session: &'h [u8],
    suite: Suite,
    shares: Vec<(u16, &'h [u8])>,
    fragment: Option<u8>,
}

fn read(mut hello: &[u8]) -> Option<Offer<'_>> {
    const VERSION_AND_RANDOM: usize = 34;
    hello = hello.get(VERSION_AND_RANDOM..)?;
    let session = take8(&mut hello)?;
    let suites = take16(&mut hello)?;
    let suite = suites.as_chunks().0.iter().find_map(|code| Suite::by_code(u16::from_be_bytes(*code)))?;
    let _compressions = take8(&mut hello)?;
    let mut extensions = take16(&mut hello)?;
    let (mut shares, mut fragment) = (Vec::new(), None);
    while !extensions.is_empty() {
        let kind = number16(&mut extensions)?;
        let mut body = take16(&mut extensions)?;
        match (kind, body) {
            (KEY_SHARE, _) => {
                let mut entries = take16(&mut body)?;
                while !entries.is_empty() {
                    shares.push((number16(&mut entries)?, take16(&mut entries)?));
                }
            }
            (MAX_FRAGMENT_LENGTH, [code @ 1..=4]) => fragment = Some(*code),
            _ => {}
        }
    }
    Some(Offer { session, suite, shares, fragment })
}

fn number16(input: &mut &[u8]) -> Option<u16> {
    let (number, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(u16::from_be_bytes(*number))
}

fn take16<'h>(input: &mut &'h [u8]) -> Option<&'h [u8]> {
    let length = number16(input)?;
    take(input, length.into())
}

fn take8<'h>(input: &mut &'h [u8]) -> Option<&'h [u8]> {
    let (length, rest) = input.split_first()?;
    *input = rest;
    take(input, (*length).into())
}

fn take<'h>(input: &mut &'h [u8], length: usize) -> Option<&'h [u8]> {
    let (taken, rest) = input.split_at_checked(length)?;
    *input = rest;
    Some(taken)
}
