//! A number and an exponent in, the power modulo an odd number out, by Montgomery's multiplication.
//!
//! One function serves moduli of all lengths, and what it needs is on the stack. It is for numbers that
//! everybody may know: how long it takes depends on them.
//!
//! Sources: P. L. Montgomery, "Modular Multiplication Without Trial Division" (1985); Koç, Acar and Kaliski,
//! "Analyzing and Comparing Montgomery Multiplication Algorithms" (1996), of which this is FIOS, both
//! multiplications in one loop.
//!
//! # Limits
//!
//! Numbers of up to 4096 bits.

const WORDS: usize = 4096 / 32;

/// Words of 32 bits, the lowest first.
pub(super) type Number = [u32; WORDS];

/// The number that has these bytes, the highest first; 512 bytes at most, or the highest are lost.
pub(super) fn number(bytes: &[u8]) -> Number {
    let mut number = [0; _];
    for (word, bytes) in number.iter_mut().zip(bytes.rchunks(4)) {
        *word = bytes.iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
    }
    number
}

/// An odd number above 1.
///
/// With R for the least power of 2^32 that is greater, a product comes out divided by R. So a number goes in
/// multiplied by R, which is its Montgomery form, and then products are in that form as well.
pub(super) struct Modulus {
    number: Number,
    length: usize,
    /// -1 divided by the number, modulo 2^32.
    inverse: u32,
}

impl Modulus {
    pub(super) fn new(number: Number) -> Self {
        let length = number.iter().rposition(|&word| word != 0).map_or(0, |highest| highest + 1);
        let [lowest, ..] = number;
        // Newton's method: an odd number is its own inverse modulo 8, and each step doubles the bits that are
        // right.
        let inverse = (0..4).fold(lowest, |inverse, _| {
            inverse.wrapping_mul(2_u32.wrapping_sub(lowest.wrapping_mul(inverse)))
        });
        Self { number, length, inverse: inverse.wrapping_neg() }
    }

    /// Is the modulus greater than the number?
    pub(super) fn exceeds(&self, number: &Number) -> bool {
        number.iter().rev().lt(self.number.iter().rev())
    }

    /// The base to the power of the exponent, which is not 0. The base has to be less than the modulus.
    #[inline(never)]
    pub(super) fn power(&self, base: &Number, exponent: u64) -> Number {
        let form = self.multiply(base, &self.square_of_r());
        let mut power = form;
        for bit in (0..exponent.checked_ilog2().unwrap_or_default()).rev() {
            power = self.multiply(&power, &power);
            if exponent >> bit & 1 == 1 {
                power = self.multiply(&power, &form);
            }
        }
        self.multiply(&power, &number(&[1]))
    }

    /// R squared modulo this, which is the Montgomery form of R.
    fn square_of_r(&self) -> Number {
        let highest_word = self.length.saturating_sub(1);
        let highest_bit = self.number.get(highest_word).map_or(0, |word| word.checked_ilog2().unwrap_or(0));
        // The power of 2 that has the modulus' highest bit is less than it. Doubled until it is R it is the
        // form of 1, and `length` times more that of 2^length, of which R is the 32nd power.
        let mut square = [0; _];
        if let Some(word) = square.get_mut(highest_word) {
            *word = 1 << highest_bit;
        }
        for _ in 0..32 - highest_bit as usize + self.length {
            self.double(&mut square);
        }
        for _ in 0..5 {
            square = self.multiply(&square, &square);
        }
        square
    }

    /// The product of two numbers, divided by R. One of them has to be less than the modulus, the other than
    /// R.
    #[inline(never)]
    fn multiply(&self, one: &Number, other: &Number) -> Number {
        let mut sum = [0; _];
        let mut overflow = false;
        for &factor in other.iter().take(self.length) {
            // The multiple of the modulus that makes the lowest word 0, so that it can be dropped.
            let multiple = one[0].wrapping_mul(factor).wrapping_add(sum[0]).wrapping_mul(self.inverse);
            let (mut carry, mut other_carry, mut dropped) = (0, 0, 0);
            let mut below = &mut dropped;
            for ((word, one), modulus) in sum.iter_mut().zip(one).zip(self.words()) {
                let added;
                (added, carry) = one.carrying_mul_add(factor, *word, carry);
                (*below, other_carry) = modulus.carrying_mul_add(multiple, added, other_carry);
                below = word;
            }
            (*below, overflow) = carry.carrying_add(other_carry, overflow);
        }
        self.reduce(&mut sum, overflow);
        sum
    }

    /// Doubles a number that is less than the modulus.
    fn double(&self, number: &mut Number) {
        let mut carry = 0;
        for word in number.iter_mut().take(self.length) {
            (*word, carry) = (*word << 1 | carry, *word >> 31);
        }
        self.reduce(number, carry != 0);
    }

    /// Takes the modulus off a number, if it is not less; the number has a bit above its words or not.
    fn reduce(&self, number: &mut Number, overflow: bool) {
        if overflow || !self.exceeds(number) {
            let mut borrow = false;
            for (word, modulus) in number.iter_mut().zip(self.words()) {
                (*word, borrow) = word.borrowing_sub(*modulus, borrow);
            }
        }
    }

    fn words(&self) -> &[u32] {
        self.number.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
