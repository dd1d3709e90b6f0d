//! Nothing in, a certificate authority and a TLS server for loopback out.
//!
//! # Limits
//!
//! Keys are P-256 and new each time, whatever the seed. Certificates are valid for `localhost`, `127.0.0.1`
//! and `::1`, from 2025 to 2045.

use std::error::Error;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::{ServerSessionMemoryCache, StoresServerSessions};

use crate::shared::Shared;

/// Sessions that may be resumed at a time.
const SESSIONS: usize = 1024;

/// What HTTPS needs.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// The authority's certificate: a client that trusts it trusts the sandbox.
    pub(crate) ca_pem: String,
}

pub(crate) fn new(shared: &Arc<Shared>) -> Result<Tls, Box<dyn Error + Send + Sync>> {
    let mut authority = named("taskgroup-sandbox authority", Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let mut server = named("taskgroup-sandbox", names)?;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?;

    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage =
        Arc::new(Sessions { known: ServerSessionMemoryCache::new(SESSIONS), shared: shared.clone() });
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem: authority.pem() })
}

/// The sessions that tickets resume, unless a fault has them forgotten.
#[derive(Debug)]
struct Sessions {
    known: Arc<ServerSessionMemoryCache>,
    shared: Arc<Shared>,
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.known.put(key, value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.known.get(key).filter(|_| !self.shared.faults().forget_tickets)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.known.take(key).filter(|_| !self.shared.faults().forget_tickets)
    }

    fn can_cache(&self) -> bool {
        self.known.can_cache()
    }
}

fn named(name: &str, alternatives: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(alternatives)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2045, 1, 1);
    Ok(params)
}
