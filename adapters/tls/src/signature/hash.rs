//! The pieces of a message in, its hash out; by a table, so that one function serves all hashes.

use sha2::Digest;

/// Room for the longest hash.
pub(super) type Room = [u8; 64];

/// A member of SHA-2.
pub(super) struct Hash {
    digest: for<'room> fn(&[&[u8]], &'room mut Room) -> &'room [u8],
    /// The last arc of its object identifier, 2.16.840.1.101.3.4.2.x (RFC 8017, appendix B.1).
    #[cfg(feature = "rsa")]
    pub(super) arc: u8,
}

pub(super) static SHA256: Hash = Hash {
    digest: digest::<sha2::Sha256>,
    #[cfg(feature = "rsa")]
    arc: 1,
};
#[cfg(any(feature = "p384", feature = "rsa"))]
pub(super) static SHA384: Hash = Hash {
    digest: digest::<sha2::Sha384>,
    #[cfg(feature = "rsa")]
    arc: 2,
};
#[cfg(feature = "rsa")]
pub(super) static SHA512: Hash = Hash { digest: digest::<sha2::Sha512>, arc: 3 };

impl Hash {
    /// The hash of the pieces, joined, at the front of `room`.
    pub(super) fn digest<'room>(&self, pieces: &[&[u8]], room: &'room mut Room) -> &'room [u8] {
        (self.digest)(pieces, room)
    }
}

fn digest<'room, D: Digest>(pieces: &[&[u8]], room: &'room mut Room) -> &'room [u8] {
    let mut hasher = D::new();
    for piece in pieces {
        hasher.update(piece);
    }
    let digest = hasher.finalize();
    let (front, _) = room.split_at_mut(digest.len());
    front.copy_from_slice(&digest);
    front
}
