//! A key, a nonce and a record in, the record encrypted or decrypted out: where `TLS_AES_128_GCM_SHA256`
//! comes from.

/// AES-128-GCM (NIST SP 800-38D) with a nonce of 96 bits and a tag of 128, for example by a chip's AES
/// engine.
///
/// It is for [`Machine::with_aes`](super::Machine::with_aes) and
/// [`Client::with_aes`](crate::Client::with_aes). Firmware that needs none leaves it out: with the feature
/// `aes128-gcm` the crate aes-gcm does it, and without there is ChaCha20-Poly1305.
///
/// The methods are called one at a time and may wait for the hardware, which nothing else may use meanwhile.
/// Each call names its key: the two directions of a connection take turns, and a
/// [`CipherSuite::Aes128Gcm`](crate::CipherSuite) of another connection may come in between.
pub trait Aes128Gcm {
    /// Encrypts `content` in place, at most 16,385 bytes, and authenticates it with `aad`, 5 bytes. The tag
    /// comes out. `None`: the engine has failed, which ends the connection.
    ///
    /// The nonces of one key are all different.
    fn seal(&self, key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], content: &mut [u8]) -> Option<[u8; 16]>;

    /// Decrypts `content` in place, at most 16,624 bytes, if `tag` is its own and that of `aad`, 5 bytes.
    ///
    /// `false`: it is not, or the engine has failed; that ends the connection, and nobody reads `content`.
    /// The time to compare the tags must not depend on where they differ.
    fn open(&self, key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], content: &mut [u8], tag: &[u8; 16]) -> bool;
}

/// What is built in.
pub(super) const BUILT_IN: Option<&'static dyn Aes128Gcm> = {
    #[cfg(feature = "aes128-gcm")]
    {
        Some(&software::Software)
    }
    #[cfg(not(feature = "aes128-gcm"))]
    {
        None
    }
};

#[cfg(feature = "aes128-gcm")]
mod software {
    use aes_gcm::{AeadInPlace, KeyInit};

    /// By the crate aes-gcm, without hardware and in constant time.
    pub(super) struct Software;

    #[inline(never)]
    fn cipher(key: &[u8; 16]) -> aes_gcm::Aes128Gcm {
        aes_gcm::Aes128Gcm::new(key.into())
    }

    impl super::Aes128Gcm for Software {
        #[inline(never)]
        fn seal(&self, key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], content: &mut [u8]) -> Option<[u8; 16]> {
            Some(cipher(key).encrypt_in_place_detached(nonce.into(), aad, content).ok()?.into())
        }

        #[inline(never)]
        fn open(
            &self,
            key: &[u8; 16],
            nonce: &[u8; 12],
            aad: &[u8],
            content: &mut [u8],
            tag: &[u8; 16],
        ) -> bool {
            cipher(key).decrypt_in_place_detached(nonce.into(), aad, content, tag.into()).is_ok()
        }
    }
}
