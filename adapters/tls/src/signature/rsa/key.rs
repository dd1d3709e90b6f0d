//! A public key in DER and a signature in, the encoded message out that the signer put into it
//! (RFC 8017 §5.2.2 and appendix A.1.1).
//!
//! # Limits
//!
//! A modulus of 2048 to 4096 bits, any number between them, and an odd exponent from 3 to 2^33 - 1; nearly
//! all keys have 65537. So the work is bounded: at most 64 multiplications, where 65537 takes 17. Nothing
//! here is secret, so it need not take the same time for all keys.

use super::modular::{Modulus, number};

/// Room for a message that is encoded for the longest modulus.
pub(super) type Room = [u8; 512];

/// RSAPublicKey, checked as far as it can be.
pub(super) struct PublicKey<'k> {
    modulus: &'k [u8],
    exponent: u64,
}

impl<'k> PublicKey<'k> {
    /// Reads `SEQUENCE { modulus INTEGER, publicExponent INTEGER }`, in DER to the letter.
    pub(super) fn from_der(der: &'k [u8]) -> Option<Self> {
        let mut rest = der;
        let mut integers = take(&mut rest, SEQUENCE)?;
        let modulus = take_positive(&mut integers)?;
        let exponent = take_positive(&mut integers)?;
        if !(rest.is_empty() && integers.is_empty()) {
            return None;
        }
        let exponent = exponent
            .iter()
            .try_fold(0_u64, |value, &byte| Some(value.checked_mul(256)? | u64::from(byte)))?;
        let key = Self { modulus, exponent };
        let odd = exponent % 2 == 1 && modulus.last()? % 2 == 1;
        (odd && (3..1 << 33).contains(&exponent) && (2048..=4096).contains(&key.bits())).then_some(key)
    }

    /// The length of the modulus in bits.
    pub(super) fn bits(&self) -> usize {
        let unused = self.modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        self.modulus.len() * 8 - unused
    }

    /// RSAVP1: the signature to the power of the exponent, at the front of `room`, as long as the modulus.
    ///
    /// `None` when the signature is not of that length, or not less than the modulus.
    pub(super) fn apply<'room>(&self, signature: &[u8], room: &'room mut Room) -> Option<&'room mut [u8]> {
        let modulus = Modulus::new(number(self.modulus));
        let base = number(signature);
        if signature.len() != self.modulus.len() || !modulus.exceeds(&base) {
            return None;
        }
        let power = modulus.power(&base, self.exponent);
        let message = room.get_mut(..self.modulus.len())?;
        for (byte, value) in message.iter_mut().rev().zip(power.iter().flat_map(|word| word.to_le_bytes())) {
            *byte = value;
        }
        Some(message)
    }
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// Takes a value with this tag off the front; its length in the shortest form (X.690 §10.1).
fn take<'d>(der: &mut &'d [u8], tag: u8) -> Option<&'d [u8]> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [length @ 0..=0x7F, rest @ ..] => (u16::from(*length), rest),
        [0x81, length @ 0x80..=0xFF, rest @ ..] => (u16::from(*length), rest),
        [0x82, high @ 1..=0xFF, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length.into())?;
    *der = rest;
    Some(value)
}

/// Takes an INTEGER above 0 off the front, as bytes of which the first is not 0.
fn take_positive<'d>(der: &mut &'d [u8]) -> Option<&'d [u8]> {
    match take(der, INTEGER)? {
        // A 0 goes before what would else be negative, and before nothing else (X.690 §8.3.2).
        [0, magnitude @ ..] if magnitude.first()? & 0x80 != 0 => Some(magnitude),
        magnitude if (1..0x80).contains(magnitude.first()?) => Some(magnitude),
        _ => None,
    }
}
