//! What a handshake message is to say in, its bytes out (RFC 8446, section 4).

use tokio_rustls::rustls::SignatureScheme;

use crate::hello::{MAX_FRAGMENT_LENGTH, extension};

/// Handshake types.
pub(crate) const SERVER_HELLO: u8 = 2;
const NEW_SESSION_TICKET: u8 = 4;
const ENCRYPTED_EXTENSIONS: u8 = 8;
const CERTIFICATE: u8 = 11;
const CERTIFICATE_REQUEST: u8 = 13;
const CERTIFICATE_VERIFY: u8 = 15;
pub(crate) const FINISHED: u8 = 20;
pub(crate) const KEY_UPDATE: u8 = 24;

/// Type and length before the body.
pub(crate) const HEADER: usize = 4;

pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &sized24(body)[..]].concat()
}

/// That heeds what the client has asked for by max_fragment_length.
pub(crate) fn encrypted_extensions(fragment: Option<u8>) -> Vec<u8> {
    let extensions = fragment.map(|code| extension(MAX_FRAGMENT_LENGTH, &[code])).unwrap_or_default();
    message(ENCRYPTED_EXTENSIONS, &sized16(&extensions))
}

pub(crate) fn certificate_request() -> Vec<u8> {
    const SIGNATURE_ALGORITHMS: [u8; 2] = [0, 13];
    const ECDSA_SECP256R1_SHA256: [u8; 2] = [4, 3];
    let algorithms = sized16(&ECDSA_SECP256R1_SHA256);
    let extension = [&SIGNATURE_ALGORITHMS[..], &sized16(&algorithms)].concat();
    message(CERTIFICATE_REQUEST, &[&[0], &sized16(&extension)[..]].concat())
}

pub(crate) fn certificate<'c>(chain: impl Iterator<Item = &'c [u8]>) -> Vec<u8> {
    const NO_EXTENSIONS: [u8; 2] = [0, 0];
    let entries: Vec<_> = chain.map(|der| [&sized24(der)[..], &NO_EXTENSIONS].concat()).collect();
    message(CERTIFICATE, &[&[0], &sized24(&entries.concat())[..]].concat())
}

/// A `Certificate` whose list has no entries that can be read.
pub(crate) fn certificate_of_garbage() -> Vec<u8> {
    message(CERTIFICATE, &[&[0], &sized24(&[0xA5; 300])[..]].concat())
}

pub(crate) fn certificate_verify(scheme: SignatureScheme, signature: &[u8]) -> Vec<u8> {
    let scheme = u16::from(scheme).to_be_bytes();
    message(CERTIFICATE_VERIFY, &[&scheme[..], &sized16(signature)].concat())
}

pub(crate) fn new_session_ticket() -> Vec<u8> {
    const LIFETIME: [u8; 4] = [0, 0, 28, 32];
    const AGE_ADD: [u8; 4] = [1, 2, 3, 4];
    let nonce = [1, 0];
    let ticket = sized16(&[0x5A; 64]);
    let extensions = [0, 0];
    message(NEW_SESSION_TICKET, &[&LIFETIME[..], &AGE_ADD, &nonce, &ticket, &extensions].concat())
}

/// That asks for no answer.
pub(crate) fn key_update() -> Vec<u8> {
    message(KEY_UPDATE, &[0])
}

fn sized24(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("less than 16 MiB").to_be_bytes();
    [&length[1..], body].concat()
}

fn sized16(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("less than 64 KiB").to_be_bytes();
    [&length[..], body].concat()
}
