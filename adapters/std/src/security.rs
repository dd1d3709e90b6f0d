//! Makes the TLS sessions that authenticate the server.

use std::{
    fmt, fs, io,
    path::Path,
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;

/// Which servers are trusted, and whether plaintext is allowed.
///
/// ```
/// use taskgroup_std::Security;
///
/// let error = Security::ca_pem(b"no certificate").unwrap_err();
/// assert_eq!(error.to_string(), "no certificate in PEM form");
/// ```
///
/// # Limits
///
/// TLS 1.2 and 1.3 with the algorithms of ring; HTTP/1.1 by ALPN; no client certificates.
///
/// By default the platform decides, through `rustls-platform-verifier`: on Windows, macOS, iOS and
/// Android the system's own verifier, with its revocations and a company's rules; elsewhere the
/// system's certificate files, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Roots compiled into
/// the program would become outdated with it, and would lack those of a company.
#[derive(Clone, Debug)]
pub struct Security {
    /// Unset: the platform's roots, which are loaded when TLS is needed; the reason if there are none.
    tls: Arc<OnceLock<Result<Arc<ClientConfig>, String>>>,
    plaintext: bool,
}

impl Security {
    /// Trusts the servers that the platform trusts. If the platform has no roots,
    /// [`session`](Self::session) reports it.
    #[must_use]
    pub fn platform() -> Self {
        Self { tls: Arc::default(), plaintext: false }
    }

    /// Trusts only the authorities in this file of PEM certificates.
    ///
    /// # Errors
    ///
    /// The file cannot be read, has no certificate, or has one that is invalid.
    pub fn ca_file(path: &Path) -> Result<Self, CaError> {
        Self::ca_pem(&fs::read(path).map_err(CaError::Read)?)
    }

    /// Trusts only the authorities in these PEM certificates.
    ///
    /// # Errors
    ///
    /// There is no certificate, or one that is invalid.
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
        Ok(Self { tls: Arc::new(Ok(finish(config)).into()), plaintext: false })
    }

    /// Allows plaintext to other machines: the key is then sent in the clear if the config does not say TLS.
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

    /// A TLS session that authenticates the server as `host`, a name or an address.
    ///
    /// # Errors
    ///
    /// The reason in words: the platform has no roots, or `host` is neither a name nor an address.
    pub fn session(&self, host: &str) -> Result<ClientConnection, String> {
        let config = self.tls.get_or_init(platform).clone()?;
        let name = ServerName::try_from(host.to_owned()).map_err(|error| format!("{host}: {error}"))?;
        ClientConnection::new(config, name).map_err(|error| error.to_string())
    }
}

/// A CA file that cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaError {
    /// It cannot be read.
    Read(io::Error),
    /// It has a certificate that is invalid or cut.
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

/// Whether the handshake failed because of the server's certificate.
pub(crate) fn is_about_certificate(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(error, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented))
}

/// Whether the answer to the handshake was not TLS at all.
pub(crate) fn is_no_tls(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(error, Some(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)))
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    // This provider by name: the process-wide default may be missing, or another one.
    let provider: Arc<CryptoProvider> = ring::default_provider().into();
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the algorithms of TLS 1.2 and 1.3")
}

fn platform() -> Result<Arc<ClientConfig>, String> {
    let config = builder().with_platform_verifier().map(|builder| builder.with_no_client_auth());
    config.map(finish).map_err(|error| format!("no root certificates of the system: {error}"))
}

fn finish(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.into()
}
