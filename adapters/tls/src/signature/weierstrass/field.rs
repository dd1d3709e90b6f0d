//! Numbers of a curve's field in, their sums and products out, in Montgomery form.
//!
//! Both primes are -1 modulo 2^32 and sums of few powers of 2^32. So Montgomery's reduction needs no
//! multiplication: what it adds to a column are at most four of the words that it has cut off before.
//!
//! # Limits
//!
//! Results are below R, the power of 2^32 above the prime, and not always below the prime.

use super::{Curve, Number, less, plus};

/// Words of a product of the longest numbers.
const PRODUCT: usize = 24;

#[inline(never)]
pub(super) fn add<C: Curve<N>, const N: usize>(one: &Number<N>, other: &Number<N>) -> Number<N> {
    let (mut out, mut over) = plus(one, other, u32::MAX);
    // Twice at most.
    while over != 0 {
        let (next, borrow) = less(&out, &C::P, u32::MAX);
        (out, over) = (next, over + borrow);
    }
    out
}

#[inline(never)]
pub(super) fn sub<C: Curve<N>, const N: usize>(one: &Number<N>, other: &Number<N>) -> Number<N> {
    let (mut out, mut under) = less(one, other, u32::MAX);
    // Twice at most.
    while under != 0 {
        let (next, carry) = plus(&out, &C::P, u32::MAX);
        (out, under) = (next, under + carry);
    }
    out
}

/// The product, divided by R.
#[inline(never)]
pub(super) fn mul<C: Curve<N>, const N: usize>(one: &Number<N>, other: &Number<N>) -> Number<N> {
    let mut product = [0; PRODUCT];
    for (place, factor) in one.iter().enumerate() {
        let Some((row, [end, ..])) =
            product.get_mut(place..).and_then(|product| product.split_first_chunk_mut::<N>())
        else {
            break;
        };
        let mut carry = 0_u32;
        // In one piece: the words stay in registers.
        macro_rules! columns {
            ($($column:literal)*) => {$(
                if let (Some(word), Some(other)) = (row.get_mut($column), other.get($column)) {
                    let sum = wide(*factor, *other) + u64::from(*word) + u64::from(carry);
                    *word = sum as u32;
                    carry = (sum >> 32) as u32;
                }
            )*};
        }
        columns!(0 1 2 3 4 5 6 7 8 9 10 11);
        *end = carry;
    }
    reduce::<C, N>(&product)
}

pub(super) fn square<C: Curve<N>, const N: usize>(number: &Number<N>) -> Number<N> {
    mul::<C, N>(number, number)
}

/// Twice the prime is more than R.
pub(super) fn is_zero<C: Curve<N>, const N: usize>(number: &Number<N>) -> bool {
    *number == [0; N] || *number == C::P
}

/// Montgomery's reduction, column by column: adds the multiple of the prime that makes the lower N words 0,
/// and cuts them off.
///
/// The multiple's words are the columns themselves, since the prime ends with -1. They are kept from place N
/// of `cut` on, with zeros around them, and [`Curve::terms`] gives the other powers of which the prime is
/// made.
#[inline(always)]
#[allow(unused_assignments, reason = "no column reads the last words")]
fn reduce<C: Curve<N>, const N: usize>(product: &[u32; PRODUCT]) -> Number<N> {
    let (mut cut, mut out, mut carry) = ([0_u32; 36], [0; N], 0_i64);
    macro_rules! columns {
        ($($column:literal)*) => {$(
            if $column < 2 * N {
                let sum = carry + i64::from(product[$column]) + C::terms(&cut, N + $column);
                carry = sum >> 32;
                if $column < N { cut[N + $column] = sum as u32 } else { out[$column - N] = sum as u32 }
            }
        )*};
    }
    columns!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23);
    // It is below R and the prime.
    let (mask, mut carry) = ((carry as u32).wrapping_neg(), 0_i64);
    macro_rules! words {
        ($($word:literal)*) => {$(
            if $word < N {
                carry += i64::from(out[$word]) - i64::from(C::P[$word] & mask);
                out[$word] = carry as u32;
                carry >>= 32;
            }
        )*};
    }
    words!(0 1 2 3 4 5 6 7 8 9 10);
    // The last one's carry goes nowhere.
    if 11 < N {
        out[11] = (carry + i64::from(out[11]) - i64::from(C::P[11] & mask)) as u32;
    }
    out
}

/// The whole product of two words.
#[inline(always)]
pub(super) fn wide(one: u32, other: u32) -> u64 {
    // ARMv6-M multiplies to 32 bits; with a compare-and-swap comes a multiplication to 64.
    if cfg!(all(target_arch = "arm", not(target_has_atomic = "32"))) {
        by_halves(one, other)
    } else {
        u64::from(one) * u64::from(other)
    }
}

#[inline(always)]
pub(super) fn by_halves(one: u32, other: u32) -> u64 {
    let (low, high) = (one & 0xFFFF, one >> 16);
    let (other_low, other_high) = (other & 0xFFFF, other >> 16);
    let ends = u64::from(high * other_high) << 32 | u64::from(low * other_low);
    // In two steps, since the sum of the products in the middle has 33 bits.
    ends + (u64::from(high * other_low) << 16) + (u64::from(low * other_high) << 16)
}
