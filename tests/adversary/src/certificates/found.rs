//! rustls's error in, the refusal that it stands for out.

use tokio_rustls::rustls::{CertificateError, Error, OtherError};

use super::Refusal;

impl Refusal {
    /// What rustls has found of a chain; `None` when its error is not about the chain.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        let Error::InvalidCertificate(error) = error else { return None };
        match error {
            CertificateError::UnknownIssuer => Some(Self::UnknownIssuer),
            CertificateError::BadSignature => Some(Self::Signature),
            CertificateError::ExpiredContext { .. } => Some(Self::Expired),
            CertificateError::NotValidYetContext { .. } => Some(Self::NotYetValid),
            CertificateError::NotValidForNameContext { .. } => Some(Self::Name),
            CertificateError::InvalidPurposeContext { .. } => Some(Self::Usage),
            CertificateError::UnsupportedSignatureAlgorithmContext { .. } => Some(Self::WeakSignature),
            CertificateError::BadEncoding => Some(Self::Malformed),
            CertificateError::Other(OtherError(error)) => match error.downcast_ref()? {
                webpki::Error::EndEntityUsedAsCa => Some(Self::NotAnAuthority),
                webpki::Error::CaUsedAsEndEntity => Some(Self::Authority),
                webpki::Error::PathLenConstraintViolated => Some(Self::PathLength),
                webpki::Error::NameConstraintViolation => Some(Self::NameConstraints),
                webpki::Error::UnsupportedCertVersion => Some(Self::OldVersion),
                webpki::Error::UnsupportedCriticalExtension => Some(Self::CriticalExtension),
                _ => None,
            },
            _ => None,
        }
    }
}
