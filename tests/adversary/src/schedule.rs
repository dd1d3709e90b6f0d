//! A shared secret and a transcript in, the secrets of a connection out (RFC 8446, section 7.1, with
//! SHA-256).

use ring::digest::{self, SHA256};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::hmac;

/// All handshake messages so far, in order, as they were sent.
#[derive(Clone)]
pub(crate) struct Transcript(digest::Context);

impl Transcript {
    pub(crate) fn new() -> Self {
        Self(digest::Context::new(&SHA256))
    }

    pub(crate) fn add(&mut self, message: &[u8]) {
        self.0.update(message);
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        self.0.clone().finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}

/// What protects one direction of a connection for a time.
#[derive(Clone)]
pub(crate) struct Secret(Prk);

impl Secret {
    fn new(bytes: [u8; 32]) -> Self {
        Self(Prk::new_less_safe(HKDF_SHA256, &bytes))
    }

    /// HKDF-Expand-Label.
    pub(crate) fn expand<const N: usize>(&self, label: &str, context: &[u8]) -> [u8; N] {
        let length = u16::try_from(N).expect("a few bytes").to_be_bytes();
        let label = ["tls13 ", label].concat();
        let sized = |bytes: &[u8]| u8::try_from(bytes.len()).expect("a few bytes");
        let info = [&length[..], &[sized(label.as_bytes())], label.as_bytes(), &[sized(context)], context];
        let mut out = [0; N];
        self.0.expand(&info, Length(N)).and_then(|okm| okm.fill(&mut out)).expect("a few bytes");
        out
    }

    fn derive(&self, label: &str, hash: &[u8; 32]) -> Self {
        Self::new(self.expand(label, hash))
    }

    /// The one that comes after a `KeyUpdate` (section 7.2).
    pub(crate) fn next(&self) -> Self {
        Self::new(self.expand("traffic upd", &[]))
    }

    /// What a `Finished` after these messages says (section 4.4.4).
    pub(crate) fn finished(&self, transcript: &Transcript) -> Vec<u8> {
        let key: [u8; 32] = self.expand("finished", &[]);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        hmac::sign(&key, &transcript.hash()).as_ref().to_vec()
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// The secrets of both directions.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) client: Secret,
    pub(crate) server: Secret,
}

/// The handshake secret, from which the others follow.
pub(crate) struct Schedule(Secret);

impl Schedule {
    pub(crate) fn new(shared: &[u8]) -> Self {
        let early = extract(&[0; 32], &[0; 32]);
        Self(extract(&derived(&early), shared))
    }

    /// For the rest of the handshake; the transcript ends with `ServerHello`.
    pub(crate) fn handshake(&self, transcript: &Transcript) -> Secrets {
        Self::secrets(&self.0, "hs", transcript)
    }

    /// For the application; the transcript ends with the server's `Finished`.
    pub(crate) fn application(&self, transcript: &Transcript) -> Secrets {
        Self::secrets(&extract(&derived(&self.0), &[0; 32]), "ap", transcript)
    }

    fn secrets(from: &Secret, stage: &str, transcript: &Transcript) -> Secrets {
        let hash = transcript.hash();
        let of = |side: &str| from.derive(&format!("{side} {stage} traffic"), &hash);
        Secrets { client: of("c"), server: of("s") }
    }
}

fn extract(salt: &[u8; 32], input: &[u8]) -> Secret {
    Secret(Salt::new(HKDF_SHA256, salt).extract(input))
}

fn derived(secret: &Secret) -> [u8; 32] {
    secret.expand("derived", &Transcript::new().hash())
}
