//! A server's certificates in, whether they authenticate it by its name out: webpki's path
//! building, over roots in flash, by a clock or by none.
//!
//! # Limits
//!
//! [`CERTIFICATES_MAX`] certificates, the server's own included, and two of one name among the others. No
//! revocation. The dates of a root are not looked at, and of key usages only the extended one.

mod verdicts;

use core::time::Duration;

use heapless::Vec;
use pki_types::{CertificateDer, Der, ServerName, SubjectPublicKeyInfoDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, RawPublicKeyEntity, anchor_from_trusted_cert};

use self::verdicts::Verdicts;
use crate::{CertificateError, Error, Roots, date::Date, signature};

/// The most certificates of a server that are checked: its own, and five up to a root.
pub const CERTIFICATES_MAX: usize = 6;

/// What a server sent, its own certificate first.
pub(crate) type Certificates<'s> = Vec<CertificateDer<'s>, CERTIFICATES_MAX>;

/// Does the server's signature over the handshake match the key of its certificate?
pub(crate) fn prove(scheme: u16, key: &[u8], signed: &[u8], proof: &[u8]) -> Result<(), Error> {
    let algorithm = signature::by_scheme(scheme).ok_or(Error::SignatureScheme { scheme })?;
    let key = SubjectPublicKeyInfoDer::from(key);
    let key = RawPublicKeyEntity::try_from(&key).map_err(CertificateError::from)?;
    key.verify_signature(algorithm, signed, proof).map_err(|_| Error::Unproven)
}

/// Which roots to trust, for which name, and when.
#[derive(Clone, Debug)]
pub(crate) struct Trust<'t> {
    pub(crate) roots: Roots<'t>,
    pub(crate) name: ServerName<'t>,
    /// `None`: at any moment at which they are all valid.
    pub(crate) now: Option<UnixTime>,
}

// Each has a frame of its own: what webpki takes of the stack is gone when a signature is verified.
impl Trust<'_> {
    /// Does a root vouch for the first of these certificates, and is that for the name?
    ///
    /// Until when they all last comes out, in seconds since 1970; 0 where the time is not known.
    pub(crate) fn check(&self, certificates: &Certificates<'_>) -> Result<u64, Error> {
        let (own, others) = certificates.split_first().ok_or(CertificateError::Missing)?;
        is_certificate(own)?;
        if is_maze(others) {
            return Err(CertificateError::TooComplex.into());
        }
        let verdicts = Verdicts::new();
        let ends = match self.roots {
            Roots::Anchors(anchors) => self.find_path(certificates, anchors, &verdicts),
            Roots::Certificates(roots) => self.find_root(certificates, roots, &verdicts),
        }
        .map_err(|error| match error {
            Error::Certificate(CertificateError::UnknownIssuer { .. }) => {
                CertificateError::UnknownIssuer { sent: certificates.len() }.into()
            }
            error => error,
        })?;
        self.check_name(own)?;
        Ok(ends)
    }

    #[inline(never)]
    fn check_name(&self, own: &CertificateDer<'_>) -> Result<(), Error> {
        let server = EndEntityCert::try_from(own).map_err(CertificateError::from)?;
        server.verify_is_valid_for_subject_name(&self.name).map_err(CertificateError::from)?;
        Ok(())
    }

    /// Tries the roots that one of the certificates names as its issuer.
    fn find_root(
        &self,
        certificates: &Certificates<'_>,
        roots: &[&[u8]],
        verdicts: &Verdicts,
    ) -> Result<u64, Error> {
        let mut failed = None;
        for (index, root) in roots.iter().enumerate() {
            let root = CertificateDer::from(*root);
            let anchor = anchor_from_trusted_cert(&root).map_err(|_| Error::Root { index })?;
            if certificates.iter().any(|certificate| is_issuer(&anchor, certificate)) {
                match self.find_path(certificates, &[anchor], verdicts) {
                    Ok(ends) => return Ok(ends),
                    Err(error) => failed = Some(error),
                }
            }
        }
        // With no root at all it is found what else is wrong.
        failed.map_or_else(|| self.find_path(certificates, &[], verdicts), Err)
    }

    /// Looks for a path until every signature that is asked for has been verified.
    #[inline(never)]
    fn find_path(
        &self,
        certificates: &Certificates<'_>,
        anchors: &[TrustAnchor<'_>],
        verdicts: &Verdicts,
    ) -> Result<u64, Error> {
        loop {
            let found = self.look(certificates, anchors, verdicts);
            if verdicts.are_too_many() {
                return Err(CertificateError::TooComplex.into());
            }
            // Each round but the last verifies a signature, and there are only so many verdicts.
            if verdicts.settle(certificates, anchors) {
                return Ok(found?);
            }
        }
    }

    /// Looks for a path, as far as the verdicts are known.
    fn look(
        &self,
        certificates: &Certificates<'_>,
        anchors: &[TrustAnchor<'_>],
        verdicts: &Verdicts,
    ) -> Result<u64, CertificateError> {
        let verify = |time| look_at(certificates, anchors, verdicts, time);
        let Some(now) = self.now else { return at_some_moment(verify).map(|()| 0) };
        verify(now)?;
        Ok(until(now, verify))
    }
}

/// Goes back from the end of time to the last moment at which a path holds that holds now.
fn until(now: UnixTime, verify: impl Fn(UnixTime) -> Result<(), webpki::Error>) -> u64 {
    let mut moment = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
    // Each round but the last finds a certificate that ends earlier.
    for _ in 0..=CERTIFICATES_MAX {
        match verify(moment) {
            Err(webpki::Error::CertExpired { not_after, .. }) if not_after < moment => moment = not_after,
            Ok(()) => return moment.as_secs(),
            _ => break,
        }
    }
    now.as_secs()
}

#[inline(never)]
fn look_at(
    certificates: &Certificates<'_>,
    anchors: &[TrustAnchor<'_>],
    verdicts: &Verdicts,
    time: UnixTime,
) -> Result<(), webpki::Error> {
    let Some((own, others)) = certificates.split_first() else { return Err(webpki::Error::BadDer) };
    let server = EndEntityCert::try_from(own)?;
    let algorithms = verdicts.algorithms();
    let algorithms = algorithms.each_ref().map(|algorithm| algorithm as _);
    let usage = KeyUsage::server_auth();
    server.verify_for_usage(&algorithms, anchors, others, time, usage, None, None).map(|_| ())
}

#[inline(never)]
fn is_certificate(der: &CertificateDer<'_>) -> Result<(), CertificateError> {
    EndEntityCert::try_from(der)?;
    Ok(())
}

#[inline(never)]
fn is_issuer(anchor: &TrustAnchor<'_>, certificate: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(certificate)
        .is_ok_and(|certificate| certificate.issuer() == anchor.subject.as_ref())
}

/// Are there more than two authorities of one name? webpki tries them in every order: somebody on the way who
/// sends five with the name of the root could have a hundred signatures computed.
fn is_maze(authorities: &[CertificateDer<'_>]) -> bool {
    authorities.iter().any(|one| {
        let is_namesake =
            |other: &&CertificateDer<'_>| subject(one).is_some_and(|name| subject(other) == Some(name));
        authorities.iter().filter(is_namesake).count() > 2
    })
}

/// Whose certificate it is.
fn subject<'c>(certificate: &'c CertificateDer<'_>) -> Option<Der<'c>> {
    Some(anchor_from_trusted_cert(certificate).ok()?.subject)
}

/// Goes to the first moment at which all certificates of a path have begun to be valid: none of them may
/// have ended then.
fn at_some_moment(verify: impl Fn(UnixTime) -> Result<(), webpki::Error>) -> Result<(), CertificateError> {
    let mut moment = UnixTime::since_unix_epoch(Duration::ZERO);
    // Each round but the last finds a certificate that begins later.
    for _ in 0..=2 * CERTIFICATES_MAX {
        match verify(moment) {
            Err(webpki::Error::CertNotValidYet { not_before, .. }) if not_before > moment => {
                moment = not_before;
            }
            Err(webpki::Error::CertExpired { .. }) => return Err(CertificateError::NeverValid),
            result => return result.map_err(CertificateError::from),
        }
    }
    Err(CertificateError::NeverValid)
}

impl From<webpki::Error> for CertificateError {
    fn from(error: webpki::Error) -> Self {
        use webpki::Error as E;
        let date = |time: UnixTime| Date { unix_seconds: time.as_secs() };
        match error {
            E::CertExpired { not_after, .. } => Self::Expired { on: date(not_after) },
            E::CertNotValidYet { not_before, .. } => Self::NotYetValid { before: date(not_before) },
            E::CertNotValidForName(_) => Self::Name,
            E::UnsupportedCertVersion => Self::OldVersion,
            // How many there were is known to the caller.
            E::UnknownIssuer => Self::UnknownIssuer { sent: 0 },
            E::InvalidSignatureForPublicKey | E::SignatureAlgorithmMismatch => Self::Signature,
            E::UnsupportedSignatureAlgorithmContext(_)
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => Self::Algorithm,
            E::EndEntityUsedAsCa => Self::NotAnAuthority,
            E::CaUsedAsEndEntity => Self::Authority,
            E::PathLenConstraintViolated => Self::PathLength,
            E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => Self::Purpose,
            E::NameConstraintViolation => Self::NameConstraint,
            E::UnsupportedCriticalExtension => Self::CriticalExtension,
            E::MaximumPathDepthExceeded
            | E::MaximumPathBuildCallsExceeded
            | E::MaximumSignatureChecksExceeded
            | E::MaximumNameConstraintComparisonsExceeded => Self::TooComplex,
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests;
