//! What is used of the crate's interface, over a cipher that hides nothing: for a proof about its caller
//! only.
#![no_std]

pub struct Bytes<const N: usize>([u8; N]);

impl<const N: usize> From<[u8; N]> for Bytes<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes)
    }
}

impl<const N: usize> From<Bytes<N>> for [u8; N] {
    fn from(bytes: Bytes<N>) -> Self {
        bytes.0
    }
}

pub struct Error;

pub trait KeyInit {
    fn new(key: &Bytes<32>) -> Self;
}

pub trait AeadInPlace {
    fn encrypt_in_place_detached(
        &self,
        nonce: &Bytes<12>,
        aad: &[u8],
        content: &mut [u8],
    ) -> Result<Bytes<16>, Error>;

    fn decrypt_in_place_detached(
        &self,
        nonce: &Bytes<12>,
        aad: &[u8],
        content: &mut [u8],
        tag: &Bytes<16>,
    ) -> Result<(), Error>;
}

pub struct ChaCha20Poly1305([u8; 32]);

impl KeyInit for ChaCha20Poly1305 {
    fn new(key: &Bytes<32>) -> Self {
        Self(key.0)
    }
}

impl AeadInPlace for ChaCha20Poly1305 {
    fn encrypt_in_place_detached(
        &self,
        nonce: &Bytes<12>,
        aad: &[u8],
        content: &mut [u8],
    ) -> Result<Bytes<16>, Error> {
        content.iter_mut().zip(self.0.iter().cycle()).for_each(|(to, from)| *to ^= *from);
        let mut tag = [0_u8; 16];
        let all = nonce.0.iter().chain(aad).chain(&*content);
        all.for_each(|byte| tag.iter_mut().for_each(|tag| *tag = tag.rotate_left(1) ^ *byte));
        if content.len() > 1 << 20 { Err(Error) } else { Ok(Bytes(tag)) }
    }

    fn decrypt_in_place_detached(
        &self,
        nonce: &Bytes<12>,
        aad: &[u8],
        content: &mut [u8],
        tag: &Bytes<16>,
    ) -> Result<(), Error> {
        let found = self.encrypt_in_place_detached(nonce, aad, content)?;
        if found.0 == tag.0 { Ok(()) } else { Err(Error) }
    }
}
