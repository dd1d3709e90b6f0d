//! The server's share of a key exchange in, the shared secret out (RFC 8446, section 4.2.8).

use rand_core::CryptoRngCore;
use x25519_dalek::{EphemeralSecret, PublicKey};

/// Named groups (section 4.2.7).
pub(super) const X25519: u16 = 0x001D;
#[cfg(feature = "p256-exchange")]
pub(super) const SECP256R1: u16 = 0x0017;

/// In the order in which they are offered. A share is sent for the first; the server asks for the other's.
pub(super) const GROUPS: &[u16] = &[
    X25519,
    #[cfg(feature = "p256-exchange")]
    SECP256R1,
];

/// The client's secret, for one exchange.
pub(super) enum Exchange {
    X25519(EphemeralSecret),
    #[cfg(feature = "p256-exchange")]
    P256(p256::ecdh::EphemeralSecret),
}

impl Exchange {
    /// A new one for a group of [`GROUPS`].
    #[inline(never)]
    pub(super) fn new(group: u16, random: &mut dyn CryptoRngCore) -> Self {
        match group {
            #[cfg(feature = "p256-exchange")]
            SECP256R1 => {
                let mut random = random;
                Self::P256(p256::ecdh::EphemeralSecret::random(&mut random))
            }
            _ => Self::X25519(EphemeralSecret::random_from_rng(random)),
        }
    }

    pub(super) fn group(&self) -> u16 {
        match self {
            Self::X25519(_) => X25519,
            #[cfg(feature = "p256-exchange")]
            Self::P256(_) => SECP256R1,
        }
    }

    /// Shows the share that the server is sent.
    pub(super) fn share<T>(&self, show: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::X25519(secret) => show(PublicKey::from(secret).as_bytes()),
            #[cfg(feature = "p256-exchange")]
            Self::P256(secret) => show(p256::EncodedPoint::from(secret.public_key()).as_bytes()),
        }
    }

    /// `None`: the share is not one of the group, or one that gives the same secret whatever ours is (section
    /// 7.4.2).
    #[inline(never)]
    pub(super) fn agree(self, theirs: &[u8]) -> Option<[u8; 32]> {
        match self {
            Self::X25519(secret) => {
                let theirs: [u8; 32] = theirs.try_into().ok()?;
                let shared = secret.diffie_hellman(&PublicKey::from(theirs));
                shared.was_contributory().then(|| shared.to_bytes())
            }
            #[cfg(feature = "p256-exchange")]
            Self::P256(secret) => {
                const UNCOMPRESSED: u8 = 4;
                let theirs = Some(theirs).filter(|theirs| theirs.first() == Some(&UNCOMPRESSED))?;
                let theirs = p256::PublicKey::from_sec1_bytes(theirs).ok()?;
                Some((*secret.diffie_hellman(&theirs).raw_secret_bytes()).into())
            }
        }
    }
}
