//! The server's share of a key exchange in, the shared secret out (RFC 8446, section 4.2.8).

use heapless::Vec;
use rand_core::CryptoRngCore;
use subtle::ConstantTimeEq;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::Zeroize;

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

/// What the server is sent: 32 bytes, or a point of P-256.
pub(super) type Share = Vec<u8, { if cfg!(feature = "p256-exchange") { 65 } else { 32 } }>;

/// The client's secret, for one exchange.
pub(super) struct Exchange {
    group: u16,
    secret: [u8; 32],
}

impl Exchange {
    /// None yet.
    pub(super) const NONE: Self = Self { group: 0, secret: [0; 32] };

    /// A new one for a group of [`GROUPS`].
    pub(super) fn renew(&mut self, group: u16, random: &mut dyn CryptoRngCore) {
        self.group = group;
        random.fill_bytes(&mut self.secret);
        #[cfg(feature = "p256-exchange")]
        if group == SECP256R1 {
            // One in 2^32 is no scalar.
            while p256::scalar(&self.secret).is_none() {
                random.fill_bytes(&mut self.secret);
            }
        }
    }

    pub(super) fn group(&self) -> u16 {
        self.group
    }

    #[inline(never)]
    pub(super) fn share(&self) -> Share {
        #[cfg(feature = "p256-exchange")]
        if self.group == SECP256R1 {
            return p256::share(&self.secret).unwrap_or_default();
        }
        // By the same ladder as `agree`: the crate's way over a table takes as long, and has code of its own.
        Share::from_slice(&x25519(self.secret, X25519_BASEPOINT_BYTES)).unwrap_or_default()
    }

    /// `None`: the share is not one of the group, or one that gives the same secret whatever ours is (section
    /// 7.4.2). It is done once.
    #[inline(never)]
    pub(super) fn agree(&mut self, theirs: &[u8]) -> Option<[u8; 32]> {
        let shared = match self.group {
            #[cfg(feature = "p256-exchange")]
            SECP256R1 => p256::agree(&self.secret, theirs),
            _ => {
                let shared = x25519(self.secret, theirs.try_into().ok()?);
                (!bool::from(shared.ct_eq(&[0; 32]))).then_some(shared)
            }
        };
        self.secret.zeroize();
        shared
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// Over the parts of the crate p256 that compute: its reading and writing of points is longer than all of them,
/// for TLS 1.3 has only uncompressed ones.
#[cfg(feature = "p256-exchange")]
mod p256 {
    use p256::{
        AffinePoint, ProjectivePoint, Scalar,
        elliptic_curve::{
            Field, PrimeField,
            point::{AffineCoordinates, DecompressPoint},
        },
    };

    use super::Share;
    use crate::signature::weierstrass;

    const UNCOMPRESSED: u8 = 4;

    /// From 1 up to the order, without it.
    pub(super) fn scalar(secret: &[u8; 32]) -> Option<Scalar> {
        Option::from(Scalar::from_repr((*secret).into()))
            .filter(|scalar: &Scalar| !bool::from(scalar.is_zero()))
    }

    #[inline(never)]
    fn multiply(point: &ProjectivePoint, secret: &[u8; 32]) -> Option<AffinePoint> {
        Some((*point * scalar(secret)?).to_affine())
    }

    pub(super) fn share(secret: &[u8; 32]) -> Option<Share> {
        let point = multiply(&ProjectivePoint::GENERATOR, secret)?;
        // The crate gives y by a type only that can be compressed too, and says so in long words.
        let x: [u8; 32] = point.x().into();
        let y = weierstrass::y(&x, point.y_is_odd().into())?;
        let mut share = Share::new();
        share.push(UNCOMPRESSED).ok()?;
        share.extend_from_slice(&x).ok()?;
        share.extend_from_slice(&y).ok()?;
        Some(share)
    }

    pub(super) fn agree(secret: &[u8; 32], theirs: &[u8]) -> Option<[u8; 32]> {
        // It is on the curve, and not at infinity, which has no coordinates.
        if !weierstrass::is_point::<weierstrass::P256, 8>(theirs) {
            return None;
        }
        let [_, coordinates @ ..] = theirs else { return None };
        let (x, (_, y)) = (coordinates.first_chunk::<32>()?, coordinates.split_last_chunk::<32>()?);
        let is_odd = y.last()? & 1;
        // The y that it has: there are two for an x.
        let theirs: AffinePoint = Option::from(AffinePoint::decompress(&(*x).into(), is_odd.into()))?;
        Some(multiply(&theirs.into(), secret)?.x().into())
    }
}
