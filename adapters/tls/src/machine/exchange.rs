//! The server's share of a key exchange in, the shared secret out (RFC 8446, section 4.2.8).

use heapless::Vec;
use rand_core::CryptoRngCore;
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
                // Without a branch for each byte.
                (shared.iter().fold(0, |all, byte| all | byte) != 0).then_some(shared)
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

/// Over the parts of the crate p256, so that compressed points, which TLS 1.3 has not, are not linked.
#[cfg(feature = "p256-exchange")]
mod p256 {
    use p256::{
        AffinePoint, EncodedPoint, FieldBytes, ProjectivePoint, Scalar,
        elliptic_curve::{
            Field, PrimeField,
            point::AffineCoordinates,
            sec1::{FromEncodedPoint, ToEncodedPoint},
        },
    };

    use super::Share;

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
        Share::from_slice(point.to_encoded_point(false).as_bytes()).ok()
    }

    pub(super) fn agree(secret: &[u8; 32], theirs: &[u8]) -> Option<[u8; 32]> {
        let theirs: &[u8; 65] = theirs.try_into().ok()?;
        let (&[UNCOMPRESSED], coordinates) = theirs.split_first_chunk()? else { return None };
        let (x, y) = coordinates.split_first_chunk::<32>()?;
        let y: &[u8; 32] = y.try_into().ok()?;
        let (x, y): (FieldBytes, FieldBytes) = ((*x).into(), (*y).into());
        let theirs = EncodedPoint::from_affine_coordinates(&x, &y, false);
        // It is on the curve, and not at infinity, which has no coordinates.
        let theirs: AffinePoint = Option::from(AffinePoint::from_encoded_point(&theirs))?;
        Some(multiply(&theirs.into(), secret)?.x().into())
    }
}
