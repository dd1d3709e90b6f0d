//! What is used of the crate's interface, over an exchange that hides nothing: for a proof about its caller
//! only.
#![no_std]

pub const X25519_BASEPOINT_BYTES: [u8; 32] = [9; 32];

#[inline(never)]
pub fn x25519(mut k: [u8; 32], u: [u8; 32]) -> [u8; 32] {
    k.iter_mut().zip(u).for_each(|(k, u)| *k ^= u);
    k
}
