//! What is used of the crate's interface, over certificates that are only looked at: for a proof about its
//! caller only. Every answer depends on the bytes, so that its caller must handle all of them.
#![no_std]

use core::time::Duration;

use pki_types::{
    CertificateDer, Der, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, TrustAnchor,
    UnixTime,
};

pub struct UnsupportedSignatureAlgorithmContext;
pub struct UnsupportedSignatureAlgorithmForPublicKeyContext;
pub struct RequiredEkuNotFoundContext;
pub struct InvalidNameContext;

pub enum Error {
    BadDer,
    CaUsedAsEndEntity,
    CertExpired { time: UnixTime, not_after: UnixTime },
    CertNotValidForName(InvalidNameContext),
    CertNotValidYet { time: UnixTime, not_before: UnixTime },
    EmptyEkuExtension,
    EndEntityUsedAsCa,
    InvalidSignatureForPublicKey,
    MaximumNameConstraintComparisonsExceeded,
    MaximumPathBuildCallsExceeded,
    MaximumPathDepthExceeded,
    MaximumSignatureChecksExceeded,
    NameConstraintViolation,
    PathLenConstraintViolated,
    RequiredEkuNotFoundContext(RequiredEkuNotFoundContext),
    SignatureAlgorithmMismatch,
    UnknownIssuer,
    UnsupportedCertVersion,
    UnsupportedCriticalExtension,
    UnsupportedSignatureAlgorithmContext(UnsupportedSignatureAlgorithmContext),
    UnsupportedSignatureAlgorithmForPublicKeyContext(UnsupportedSignatureAlgorithmForPublicKeyContext),
}

/// By the first byte.
fn error(bytes: &[u8], time: UnixTime) -> Error {
    let seconds = bytes.get(1).map_or(0, |byte| u64::from(*byte));
    let moment = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    match bytes.first() {
        Some(0) => Error::CaUsedAsEndEntity,
        Some(1) => Error::CertExpired { time, not_after: moment },
        Some(2) => Error::CertNotValidForName(InvalidNameContext),
        Some(3) => Error::CertNotValidYet { time, not_before: moment },
        Some(4) => Error::EmptyEkuExtension,
        Some(5) => Error::EndEntityUsedAsCa,
        Some(6) => Error::InvalidSignatureForPublicKey,
        Some(7) => Error::MaximumNameConstraintComparisonsExceeded,
        Some(8) => Error::MaximumPathBuildCallsExceeded,
        Some(9) => Error::MaximumPathDepthExceeded,
        Some(10) => Error::MaximumSignatureChecksExceeded,
        Some(11) => Error::NameConstraintViolation,
        Some(12) => Error::PathLenConstraintViolated,
        Some(13) => Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext),
        Some(14) => Error::SignatureAlgorithmMismatch,
        Some(15) => Error::UnknownIssuer,
        Some(16) => Error::UnsupportedCertVersion,
        Some(17) => Error::UnsupportedCriticalExtension,
        Some(18) => Error::UnsupportedSignatureAlgorithmContext(UnsupportedSignatureAlgorithmContext),
        Some(19) => Error::UnsupportedSignatureAlgorithmForPublicKeyContext(
            UnsupportedSignatureAlgorithmForPublicKeyContext,
        ),
        _ => Error::BadDer,
    }
}

const NEVER: UnixTime = UnixTime::since_unix_epoch(Duration::ZERO);

pub struct KeyUsage;

impl KeyUsage {
    pub fn server_auth() -> Self {
        Self
    }
}

pub struct EndEntityCert<'a>(&'a [u8]);

impl<'a> TryFrom<&'a CertificateDer<'a>> for EndEntityCert<'a> {
    type Error = Error;

    fn try_from(der: &'a CertificateDer<'a>) -> Result<Self, Error> {
        if der.len() < 2 { Err(error(der, NEVER)) } else { Ok(Self(der)) }
    }
}

impl EndEntityCert<'_> {
    pub fn issuer(&self) -> &[u8] {
        self.0
    }

    #[expect(clippy::too_many_arguments, reason = "as the crate has it")]
    pub fn verify_for_usage(
        &self,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
        anchors: &[TrustAnchor<'_>],
        others: &[CertificateDer<'_>],
        time: UnixTime,
        _: KeyUsage,
        _: Option<()>,
        _: Option<()>,
    ) -> Result<(), Error> {
        let keys = anchors.iter().map(|anchor| &*anchor.subject_public_key_info);
        for key in keys.chain(others.iter().map(|other| &**other)) {
            let algorithm = algorithms.iter().find(|algorithm| {
                algorithm.signature_alg_id().as_ref().last() == key.first()
                    || algorithm.public_key_alg_id().as_ref().last() == key.first()
            });
            if algorithm.is_some_and(|algorithm| algorithm.verify_signature(key, self.0, key).is_ok()) {
                return Ok(());
            }
        }
        Err(error(self.0, time))
    }

    pub fn verify_is_valid_for_subject_name(&self, name: &ServerName<'_>) -> Result<(), Error> {
        match name {
            ServerName::DnsName(name) if name.as_ref().as_bytes() == self.0 => Ok(()),
            _ => Err(error(self.0, NEVER)),
        }
    }
}

pub struct RawPublicKeyEntity<'a>(&'a [u8]);

impl<'a> TryFrom<&'a SubjectPublicKeyInfoDer<'a>> for RawPublicKeyEntity<'a> {
    type Error = Error;

    fn try_from(key: &'a SubjectPublicKeyInfoDer<'a>) -> Result<Self, Error> {
        if key.is_empty() { Err(Error::BadDer) } else { Ok(Self(key)) }
    }
}

impl RawPublicKeyEntity<'_> {
    pub fn verify_signature(
        &self,
        algorithm: &dyn SignatureVerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        algorithm.verify_signature(self.0, message, signature).map_err(|_| Error::BadDer)
    }
}

pub fn anchor_from_trusted_cert<'a>(certificate: &'a CertificateDer<'a>) -> Result<TrustAnchor<'a>, Error> {
    let (subject, key) = certificate.split_at_checked(100).ok_or(Error::BadDer)?;
    Ok(TrustAnchor {
        subject: Der::from_slice(subject),
        subject_public_key_info: Der::from_slice(key),
        name_constraints: (subject.first() == Some(&0)).then_some(Der::from_slice(subject)),
    })
}
