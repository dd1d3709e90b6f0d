//! Whom to trust in, TLS sessions that authenticate the server out.
//!
//! ```
//! use taskgroup_std::Security;
//!
//! let error = Security::ca_pem(b"no certificate").unwrap_err();
//! assert_eq!(error.to_string(), "no certificate in PEM form");
//! ```
//!
//! # Limits
//!
//! TLS 1.2 and 1.3 with the algorithms of ring; HTTP/1.1 by ALPN; no client certificates.
//!
//! By default the platform decides, through `rustls-platform-verifier`: on Windows, macOS, iOS and
//! Android the system's own verifier, with its revocations and a company's own rules; elsewhere the
//! system's certificate files, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Roots
//! compiled into the program would age with it, and know nothing of a company's own.

use std::{fmt, fs, io, path::Path, sync::Arc};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;

/// Which servers are trusted, and whether plaintext will do.
#[derive(Clone, Debug)]
pub struct Security {
    /// Without roots, why; told when TLS is asked for.
    tls: Result<Arc<ClientConfig>, Arc<str>>,
    plaintext: bool,
}

impl Security {
    /// Trusts whom the platform trusts. That it trusts nobody is told by [`session`](Self::session).
    #[must_use]
    pub fn platform() -> Self {
        let config = builder().with_platform_verifier().map(|builder| builder.with_no_client_auth());
        let tls =
            config.map(finish).map_err(|error| format!("no root certificates of the system: {error}").into());
        Self { tls, plaintext: false }
    }

    /// Trusts the authorities of this file of PEM certificates, and nobody else.
    ///
    /// # Errors
    ///
    /// The file cannot be read, holds no certificate, or holds one that is none.
    pub fn ca_file(path: &Path) -> Result<Self, CaError> {
        Self::ca_pem(&fs::read(path).map_err(CaError::Read)?)
    }

    /// Trusts the authorities of these PEM certificates, and nobody else.
    ///
    /// # Errors
    ///
    /// There is no certificate, or one that is none.
    pub fn ca_pem(pem: &[u8]) -> Result<Self, CaError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| CaError::Invalid(error.to_string()))?;
            roots.add(certificate).map_err(|error| CaError::Invalid(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(CaError::Empty);
        }
        let config = builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self { tls: Ok(finish(config)), plaintext: false })
    }

    /// Lets a config without TLS send the key in the clear to other machines than this one.
    #[must_use]
    pub fn allow_plaintext(mut self, allow: bool) -> Self {
        self.plaintext = allow;
        self
    }

    /// Whether plaintext to other machines is allowed.
    #[must_use]
    pub fn plaintext_allowed(&self) -> bool {
        self.plaintext
    }

    /// A TLS session that will authenticate the server as `host`, a name or an address.
    ///
    /// # Errors
    ///
    /// Why there can be none: the platform has no roots, or `host` is neither.
    pub fn session(&self, host: &str) -> Result<ClientConnection, String> {
        let config = self.tls.as_ref().map_err(|reason| reason.to_string())?;
        let name = ServerName::try_from(host.to_owned()).map_err(|error| format!("{host}: {error}"))?;
        ClientConnection::new(config.clone(), name).map_err(|error| error.to_string())
    }
}

/// A CA file that cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaError {
    /// It cannot be read.
    Read(io::Error),
    /// It has a certificate that is not one, or is cut.
    Invalid(String),
    /// It has no certificate in PEM form (RFC 7468, section 5).
    Empty,
}

impl fmt::Display for CaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Invalid(reason) => write!(f, "invalid certificate: {reason}"),
            Self::Empty => f.write_str("no certificate in PEM form"),
        }
    }
}

impl std::error::Error for CaError {}

/// Whether the server's certificate is what made the handshake fail.
pub(crate) fn is_about_certificate(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(error, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented))
}

/// Whether the answer to the handshake was no TLS at all.
pub(crate) fn is_no_tls(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(error, Some(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)))
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    // The provider by name: a process-wide default could be missing, or another one.
    let provider: Arc<CryptoProvider> = ring::default_provider().into();
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the algorithms of TLS 1.2 and 1.3")
}

fn finish(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.into()
}
