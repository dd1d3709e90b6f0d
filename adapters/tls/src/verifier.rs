//! The two messages by which a server authenticates itself in, whether it has done so out.
//!
//! The order of the two is kept here.

use embedded_tls::{
    CertificateEntryRef, CertificateRef, CertificateVerifyRef, TlsCipherSuite, TlsError, TlsVerifier,
};
use heapless::Vec;
use pki_types::{CertificateDer, ServerName};
use sha2::Digest;

use crate::{
    CertificateError, Error,
    certificate::{Certificates, Key, Trust, prove, public_key},
};

/// What is signed by a server (RFC 8446, section 4.4.3): this, and the hash of all messages so far.
pub(crate) const CONTEXT: &[u8; 98] =
    b"                                                                TLS 1.3, server CertificateVerify\0";
/// With the longest hash, SHA-384.
const SIGNED: usize = CONTEXT.len() + 48;

/// Authenticates the server of one handshake.
pub(crate) struct Verifier<'t> {
    trust: Trust<'t>,
    step: Step,
    key: Key,
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
        Self { trust, step: Step::Start, key: Key::new(), signed: Vec::new(), error: None }
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
        // The certificate is gone when the proof comes.
        self.key = public_key(own)?;
        Ok(())
    }

    /// Does the signature over the handshake fit to the certificate's key?
    fn prove(&self, message: &CertificateVerifyRef<'_>) -> Result<(), Error> {
        prove(message.signature_scheme.as_u16(), &self.key, &self.signed, message.signature)
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
