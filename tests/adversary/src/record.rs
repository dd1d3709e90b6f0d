//! Content in, records out, and back: the record protocol of TLS 1.3 (RFC 8446, section 5).
//!
//! # Limits
//!
//! What is made may break every rule, since that is what it is for; what is read must keep to them.

use std::io;

use ring::aead::{AES_128_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::schedule::Secret;

/// Content types.
pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(crate) const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;

/// The most bytes of content that a record may have.
pub(crate) const CONTENT: usize = 1 << 14;
/// The most bytes that a protected record may have after its header.
pub(crate) const PROTECTED: usize = CONTENT + 256;
pub(crate) const HEADER: usize = 5;
pub(crate) const TAG: usize = 16;

/// A record, header first, as it is on the wire.
pub(crate) fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len()).expect("what a header can say").to_be_bytes();
    [&[kind, 3, 3, high, low], body].concat()
}

/// Reads one record as it is: its content type and what follows its header; `None` at the end of the
/// connection.
pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut header = [0; HEADER];
    match from.read_exact(&mut header).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    };
    let [kind, _, _, high, low] = header;
    let mut body = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    from.read_exact(&mut body).await?;
    Ok(Some((kind, body)))
}

/// A cipher suite (appendix B.4).
#[derive(Clone, Copy)]
pub(crate) enum Suite {
    Aes128GcmSha256 = 0x1301,
    ChaCha20Poly1305Sha256 = 0x1303,
}

impl Suite {
    pub(crate) fn by_code(code: u16) -> Option<Self> {
        [Self::Aes128GcmSha256, Self::ChaCha20Poly1305Sha256].into_iter().find(|suite| *suite as u16 == code)
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Aes128GcmSha256 => &AES_128_GCM,
            Self::ChaCha20Poly1305Sha256 => &CHACHA20_POLY1305,
        }
    }
}

/// What protects the records of one direction.
pub(crate) struct Protection {
    suite: Suite,
    secret: Secret,
    key: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
}

impl Protection {
    pub(crate) fn new(suite: Suite, secret: Secret) -> Self {
        let (short, long): ([u8; 16], [u8; 32]) = (secret.expand("key", &[]), secret.expand("key", &[]));
        let key: &[u8] = match suite {
            Suite::Aes128GcmSha256 => &short,
            Suite::ChaCha20Poly1305Sha256 => &long,
        };
        let key = LessSafeKey::new(UnboundKey::new(suite.algorithm(), key).expect("as long as it has to be"));
        Self { suite, key, iv: secret.expand("iv", &[]), sequence: 0, secret }
    }

    /// The next record, header first.
    pub(crate) fn seal(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        self.seal_inner([content, &[kind]].concat())
    }

    /// The next record with this plaintext, which holds its content type and padding itself.
    pub(crate) fn seal_inner(&mut self, mut inner: Vec<u8>) -> Vec<u8> {
        let header = header(inner.len() + TAG);
        let nonce = self.nonce();
        self.key.seal_in_place_append_tag(nonce, Aad::from(header), &mut inner).expect("less than 64 KiB");
        [&header[..], &inner].concat()
    }

    /// What the next record holds: its true content type, and the content without padding.
    pub(crate) fn open(&mut self, mut body: Vec<u8>) -> io::Result<(u8, Vec<u8>)> {
        let (header, nonce) = (header(body.len()), self.nonce());
        let inner = self
            .key
            .open_in_place(nonce, Aad::from(header), &mut body)
            .map_err(|_| io::Error::other("a record that the client has not protected"))?;
        let end = inner.iter().rposition(|byte| *byte != 0);
        let end = end.ok_or_else(|| io::Error::other("a record without content type"))?;
        Ok((inner[end], inner[..end].to_vec()))
    }

    /// Continues with the next secret.
    pub(crate) fn update(&mut self) {
        *self = Self::new(self.suite, self.secret.next());
    }

    fn nonce(&mut self) -> Nonce {
        let mut nonce = self.iv;
        for (byte, sequence) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= sequence;
        }
        self.sequence += 1;
        Nonce::assume_unique_for_key(nonce)
    }
}

fn header(length: usize) -> [u8; HEADER] {
    let [high, low] = u16::try_from(length).expect("what a header can say").to_be_bytes();
    [APPLICATION_DATA, 3, 3, high, low]
}
