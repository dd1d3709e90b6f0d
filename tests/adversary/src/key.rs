//! A test key in, signatures of certificates and of handshakes out.
//!
//! # Limits
//!
//! ECDSA on P-256 with SHA-256, on P-384 with SHA-384; RSA with SHA-256 in PKCS#1 v1.5 and PSS, and with
//! SHA-1 in certificates. RSA keys are those of the folder `keys`.

use std::fmt;
use std::sync::Arc;

use rcgen::{KeyPair, PublicKeyData, SignatureAlgorithm, SigningKey};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use sha1::Sha1;
use tokio_rustls::rustls::{self, SignatureScheme, sign::Signer};

/// A private key that certificates are made for.
#[derive(Clone)]
pub struct Key(Arc<Kind>);

enum Kind {
    Ecdsa(Box<KeyPair>),
    Rsa { private: Box<RsaPrivateKey>, public: Vec<u8> },
}

impl Key {
    /// A new key on the curve P-256.
    #[must_use]
    pub fn p256() -> Self {
        Self::ecdsa(&rcgen::PKCS_ECDSA_P256_SHA256)
    }

    /// A new key on the curve P-384.
    #[must_use]
    pub fn p384() -> Self {
        Self::ecdsa(&rcgen::PKCS_ECDSA_P384_SHA384)
    }

    fn ecdsa(algorithm: &'static SignatureAlgorithm) -> Self {
        Self(Arc::new(Kind::Ecdsa(Box::new(KeyPair::generate_for(algorithm).expect("ring knows the curve")))))
    }

    /// An RSA key of PKCS#8 in PEM.
    pub(crate) fn rsa(pem: &str) -> Self {
        let private = RsaPrivateKey::from_pkcs8_pem(pem).expect("the keys of this crate are whole");
        let public = private.to_public_key().to_pkcs1_der().expect("a modulus and an exponent").into_vec();
        Self(Arc::new(Kind::Rsa { private: Box::new(private), public }))
    }

    /// The scheme that proves possession of this key in TLS 1.3 (RFC 8446, section 4.2.3).
    #[must_use]
    pub fn scheme(&self) -> SignatureScheme {
        match &*self.0 {
            Kind::Ecdsa(pair) if pair.algorithm() == &rcgen::PKCS_ECDSA_P384_SHA384 => {
                SignatureScheme::ECDSA_NISTP384_SHA384
            }
            Kind::Ecdsa(_) => SignatureScheme::ECDSA_NISTP256_SHA256,
            Kind::Rsa { .. } => SignatureScheme::RSA_PSS_SHA256,
        }
    }

    /// Signs by [`scheme`](Self::scheme).
    #[must_use]
    pub fn prove(&self, message: &[u8]) -> Vec<u8> {
        match &*self.0 {
            Kind::Ecdsa(pair) => pair.sign(message).expect("ring signs"),
            Kind::Rsa { private, .. } => {
                let hash = digest(&SHA256, message);
                private
                    .sign_with_rng(&mut OsRng, Pss::new::<Sha256>(), hash.as_ref())
                    .expect("1,024 bits have room for it")
            }
        }
    }

    /// Signs by RSA in PKCS#1 v1.5 with SHA-1; only an RSA key can.
    pub(crate) fn sign_with_sha1(&self, message: &[u8]) -> Vec<u8> {
        self.sign_pkcs1(Pkcs1v15Sign::new::<Sha1>(), digest(&SHA1_FOR_LEGACY_USE_ONLY, message).as_ref())
    }

    fn sign_pkcs1(&self, padding: Pkcs1v15Sign, hash: &[u8]) -> Vec<u8> {
        let Kind::Rsa { private, .. } = &*self.0 else { panic!("not an RSA key") };
        private.sign(padding, hash).expect("1,024 bits have room for it")
    }
}

/// Of certificates.
impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        match &*self.0 {
            Kind::Ecdsa(pair) => pair.sign(message),
            Kind::Rsa { .. } => {
                Ok(self.sign_pkcs1(Pkcs1v15Sign::new::<Sha256>(), digest(&SHA256, message).as_ref()))
            }
        }
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        match &*self.0 {
            Kind::Ecdsa(pair) => pair.der_bytes(),
            Kind::Rsa { public, .. } => public,
        }
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match &*self.0 {
            Kind::Ecdsa(pair) => pair.algorithm(),
            Kind::Rsa { .. } => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

/// Of handshakes, for rustls: it loads no RSA key of 1,024 bits itself.
impl rustls::sign::SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&self.scheme()).then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> rustls::SignatureAlgorithm {
        match &*self.0 {
            Kind::Ecdsa(_) => rustls::SignatureAlgorithm::ECDSA,
            Kind::Rsa { .. } => rustls::SignatureAlgorithm::RSA,
        }
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Ok(self.prove(message))
    }

    fn scheme(&self) -> SignatureScheme {
        Self::scheme(self)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.scheme()).finish()
    }
}
