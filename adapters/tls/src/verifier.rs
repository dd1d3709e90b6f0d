//! The two messages by which a server authenticates itself in, whether it has done so out.
//!
//! The order of the two is kept here.

use embedded_tls::{
    CertificateEntryRef, CertificateRef, CertificateVerifyRef, TlsCipherSuite, TlsError, TlsVerifier,
};
use heapless::Vec;
use pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer};
use sha2::Digest;
use webpki::{RawPublicKeyEntity, anchor_from_trusted_cert};

use crate::{
    CertificateError, Error,
    certificate::{Certificates, Trust},
    signature,
};

/// A `SubjectPublicKeyInfo` (RFC 5280, section 4.1): P-256 takes 91 bytes, RSA with 4096 bits 550.
const KEY: usize = if cfg!(feature = "rsa") { 550 } else { 120 };

/// What is signed by a server (RFC 8446, section 4.4.3): this, and the hash of all messages so far.
const CONTEXT: &[u8; 98] =
    b"                                                                TLS 1.3, server CertificateVerify\0";
/// With the longest hash, SHA-384.
const SIGNED: usize = CONTEXT.len() + 48;

/// Authenticates the server of one handshake.
pub(crate) struct Verifier<'t> {
    trust: Trust<'t>,
    step: Step,
    key: Vec<u8, KEY>,
    signed: Vec<u8, SIGNED>,
    error: Option<Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// `Certificate` is awaited.
    Start,
    /// It holds; `CertificateVerify` is awaited.
    Certified,
    /// The server holds the certificate's key.
    Authenticated,
    /// Something was wrong.
    Failed,
}

impl<'t> Verifier<'t> {
    pub(crate) fn new(trust: Trust<'t>) -> Self {
        Self { trust, step: Step::Start, key: Vec::new(), signed: Vec::new(), error: None }
    }

    /// Both messages came, in order, and both hold. To be asked after each handshake.
    pub(crate) fn authenticated(&self) -> bool {
        self.step == Step::Authenticated
    }

    /// What was found wrong.
    pub(crate) fn error(&self) -> Option<Error> {
        self.error
    }

    fn certify(&mut self, message: &CertificateRef<'_>) -> Result<(), Error> {
        let mut certificates = Certificates::new();
        for entry in &message.entries {
            let CertificateEntryRef::X509(der) = *entry else {
                return Err(CertificateError::Malformed.into());
            };
            if certificates.push(CertificateDer::from(der)).is_err() {
                return Err(CertificateError::TooMany { sent: message.entries.len() }.into());
            }
        }
        self.trust.check(&certificates)?;
        let own = certificates.first().ok_or(CertificateError::Missing)?;
        self.keep_key(own)
    }

    /// The certificate is gone when the proof comes: keeps its key until then.
    fn keep_key(&mut self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let parts = anchor_from_trusted_cert(certificate).map_err(CertificateError::from)?;
        // Without the header of the outer SEQUENCE, which goes before it again.
        let key = parts.subject_public_key_info;
        let [high, low] = u16::try_from(key.len()).map_err(|_| CertificateError::Algorithm)?.to_be_bytes();
        let header: &[u8] = match key.len() {
            0..0x80 => &[0x30, low],
            0x80..0x100 => &[0x30, 0x81, low],
            _ => &[0x30, 0x82, high, low],
        };
        self.key.clear();
        let kept = self.key.extend_from_slice(header).and_then(|()| self.key.extend_from_slice(&key));
        kept.map_err(|_| CertificateError::Algorithm.into())
    }

    /// Does the signature over the handshake fit to the certificate's key?
    fn prove(&self, message: &CertificateVerifyRef<'_>) -> Result<(), Error> {
        let scheme = message.signature_scheme.as_u16();
        let algorithm = signature::by_scheme(scheme).ok_or(Error::SignatureScheme { scheme })?;
        let key = SubjectPublicKeyInfoDer::from(self.key.as_slice());
        let key = RawPublicKeyEntity::try_from(&key).map_err(CertificateError::from)?;
        key.verify_signature(algorithm, &self.signed, message.signature).map_err(|_| Error::Unproven)
    }

    /// Continues with the next step, or breaks the handshake off, without an alert.
    fn go_on(&mut self, result: Result<(), Error>, next: Step) -> Result<(), TlsError> {
        let Err(error) = result else {
            self.step = next;
            return Ok(());
        };
        self.step = Step::Failed;
        self.error = Some(error);
        Err(TlsError::InvalidCertificate)
    }
}

impl<S: TlsCipherSuite> TlsVerifier<S> for Verifier<'_> {
    /// The name that the server is told must be the one that it is checked for.
    fn set_hostname_verification(&mut self, name: &str) -> Result<(), TlsError> {
        match self.trust.name {
            ServerName::DnsName(checked) if checked.as_ref() == name => Ok(()),
            _ => Err(TlsError::InternalError),
        }
    }

    fn verify_certificate(
        &mut self,
        transcript: &S::Hash,
        message: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        if self.step != Step::Start {
            return self.go_on(Err(Error::OutOfTurn), Step::Failed);
        }
        let hash = transcript.clone().finalize();
        self.signed.clear();
        let kept = self.signed.extend_from_slice(CONTEXT).and_then(|()| self.signed.extend_from_slice(&hash));
        let result = kept.map_err(|_| Error::Unsupported).and_then(|()| self.certify(&message));
        self.go_on(result, Step::Certified)
    }

    fn verify_signature(&mut self, message: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        if self.step != Step::Certified {
            return self.go_on(Err(Error::OutOfTurn), Step::Failed);
        }
        let result = self.prove(&message);
        self.go_on(result, Step::Authenticated)
    }
}

#[cfg(test)]
mod tests;
