//! The body of a server's encrypted handshake message in, what it says out (RFC 8446, sections 4.3 and 4.4).

use pki_types::CertificateDer;

use super::{
    hello::{ALPN, MAX_FRAGMENT_LENGTH, PROTOCOL, SERVER_NAME, SUPPORTED_GROUPS},
    wire::{Reader, extensions},
};
use crate::{CertificateError, Error, certificate::Certificates};

/// Handshake types (section 4).
pub(super) const SERVER_HELLO: u8 = 2;
pub(super) const NEW_SESSION_TICKET: u8 = 4;
pub(super) const ENCRYPTED_EXTENSIONS: u8 = 8;
pub(super) const CERTIFICATE: u8 = 11;
pub(super) const CERTIFICATE_REQUEST: u8 = 13;
pub(super) const CERTIFICATE_VERIFY: u8 = 15;
pub(super) const FINISHED: u8 = 20;
pub(super) const KEY_UPDATE: u8 = 24;
pub(super) const MESSAGE_HASH: u8 = 254;

/// Type and length before the body.
pub(super) const HEADER: usize = 4;

/// What is signed by a server (section 4.4.3): this, and the hash of all messages so far.
pub(super) const CONTEXT: &[u8; 98] =
    b"                                                                TLS 1.3, server CertificateVerify\0";

/// Does `EncryptedExtensions` answer only what was offered, as it was offered?
pub(super) fn check_encrypted_extensions(
    body: &[u8],
    fragment: Option<u8>,
    named: bool,
) -> Result<(), Error> {
    let mut rest = Reader(body);
    let block = rest.vector16().ok_or(Error::Malformed)?;
    rest.end().ok_or(Error::Malformed)?;
    let mut offered = true;
    extensions(block, |kind, mut content| {
        match kind {
            SERVER_NAME => offered &= named && content.is_empty(),
            MAX_FRAGMENT_LENGTH => offered &= fragment == Some(content.u8()?) && content.is_empty(),
            ALPN => {
                let mut list = content.vector16()?;
                offered &= list.vector8()?.0 == PROTOCOL && list.is_empty() && content.is_empty();
            }
            // What the server prefers, for other connections.
            SUPPORTED_GROUPS => {}
            _ => offered = false,
        }
        Some(())
    })
    .ok_or(Error::Malformed)?;
    if offered { Ok(()) } else { Err(Error::Unsupported) }
}

/// The certificates of a `Certificate`.
pub(super) fn certificates(body: &[u8]) -> Result<Certificates<'_>, Error> {
    let mut rest = Reader(body);
    let context = rest.vector8().ok_or(Error::Malformed)?;
    let mut list = rest.vector24().ok_or(Error::Malformed)?;
    rest.end().ok_or(Error::Malformed)?;
    if !context.is_empty() {
        return Err(Error::Malformed);
    }
    let (mut certificates, mut sent) = (Certificates::new(), 0_usize);
    while !list.is_empty() {
        let certificate = list.vector24().ok_or(Error::Malformed)?;
        let extensions = list.vector16().ok_or(Error::Malformed)?;
        // None is offered that could come here.
        if !extensions.is_empty() {
            return Err(Error::Unsupported);
        }
        sent = sent.saturating_add(1);
        // Those that are too many are counted all the same.
        let _ = certificates.push(CertificateDer::from(certificate.0));
    }
    if sent > certificates.len() {
        return Err(CertificateError::TooMany { sent }.into());
    }
    Ok(certificates)
}

/// The scheme and the signature of a `CertificateVerify`.
pub(super) fn proof(body: &[u8]) -> Option<(u16, &[u8])> {
    let mut rest = Reader(body);
    let (scheme, signature) = (rest.u16()?, rest.vector16()?);
    rest.end()?;
    Some((scheme, signature.0))
}

/// Is it a `CertificateRequest` as it may come in a handshake?
pub(super) fn is_certificate_request(body: &[u8]) -> bool {
    let read = || {
        let mut rest = Reader(body);
        let (context, block) = (rest.vector8()?, rest.vector16()?);
        rest.end()?;
        context.is_empty().then_some(())?;
        extensions(block, |_, _| Some(()))
    };
    read().is_some()
}
