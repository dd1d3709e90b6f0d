//! A public key, a digest and the numbers of a signature in, whether the signature holds out (SEC 1 §4.1.4):
//! ECDSA on curves y² = x³ - 3x + b, by one source for P-256 and P-384.
//!
//! For verification only. Everything here may be known to everybody, so how long it takes depends on it:
//! never multiply by a secret with this.
//!
//! Points are Jacobian (x/z², y/z³), and the two products of a verification share their doublings (Shamir's
//! trick, over signed digits in width-w non-adjacent form). At the end x is compared without an inversion.
//!
//! Sources: SEC 1 for ECDSA; Hankerson, Menezes and Vanstone, "Guide to Elliptic Curve Cryptography",
//! algorithms 3.35 and 3.51; the Explicit-Formulas Database, dbl-2001-b, for doubling.

mod curves;
mod field;
mod order;

pub(crate) use self::curves::P256;
#[cfg(feature = "p384")]
pub(crate) use self::curves::P384;
use self::{
    field::{add, is_zero, mul, square, sub},
    order::{invert, mul_order},
};

/// A number of N words of 32 bits, the lowest first.
type Number<const N: usize> = [u32; N];

/// x, y and z in Jacobian coordinates; z is 0 for the point at infinity.
type Point<const N: usize> = [Number<N>; 3];

/// A curve over a field of N words. What is of the field is in Montgomery form, a multiple of R = 2^(32 N).
pub(crate) trait Curve<const N: usize> {
    /// The prime of the field.
    const P: Number<N>;
    /// 1 in Montgomery form, which is R modulo the prime.
    const ONE: Number<N>;
    /// R² modulo the prime.
    const R_SQUARED: Number<N>;
    /// The b of the equation.
    const B: Number<N>;
    /// The order of the base point, a prime.
    const ORDER: Number<N>;
    /// -1 divided by the order, modulo 2^32.
    const ORDER_INVERSE: u32;
    /// R² modulo the order.
    const ORDER_R_SQUARED: Number<N>;
    /// x and y of the base point times 1, 3, 5 … 31.
    const TABLE: &'static [[Number<N>; 2]; 16];
    /// What Montgomery's reduction adds to a column: see [`field::reduce`].
    fn terms(cut: &[u32; 36], column: usize) -> i64;
}

/// Room for the digits of a number of 384 bits, and one for the carry.
const DIGITS: usize = 385;
/// Of the base point's multiples: digits are odd and below 2^(6 - 1).
const BASE_WIDTH: u32 = 6;
/// Of the key's: digits are ±1, ±3, ±5 and ±7.
const KEY_WIDTH: u32 = 4;

/// Does the signature (r, s) of this digest hold for the key, an uncompressed point?
///
/// Numbers are in bytes, the highest first; `r` and `s` without leading zeros.
#[inline(never)]
pub(crate) fn verify<C: Curve<N>, const N: usize>(key: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> bool {
    let Some([x, y]) = point::<C, N>(key) else { return false };
    let (Some(r), Some(s)) = (scalar::<C, N>(r), scalar::<C, N>(s)) else { return false };
    // Of a hash that is longer than the order the left part counts.
    let bytes = N.saturating_mul(4);
    let mut hash = number::<N>(digest.get(..bytes).unwrap_or(digest));
    if !is_less(&hash, &C::ORDER) {
        hash = less(&hash, &C::ORDER, u32::MAX).0;
    }
    let w = mul_order::<C, N>(&invert::<C, N>(&s), &C::ORDER_R_SQUARED);
    let (mut base_digits, mut key_digits) = ([0; DIGITS], [0; DIGITS]);
    non_adjacent(mul_order::<C, N>(&hash, &w), BASE_WIDTH, &mut base_digits);
    non_adjacent(mul_order::<C, N>(&r, &w), KEY_WIDTH, &mut key_digits);

    let sum = sum_of_products::<C, N>(&base_digits, [x, y, C::ONE], &key_digits);
    has_x::<C, N>(&sum, &r)
}

/// The base point by its digits, and the key's point by its own.
fn sum_of_products<C: Curve<N>, const N: usize>(
    base_digits: &[i8; DIGITS],
    key: Point<N>,
    key_digits: &[i8; DIGITS],
) -> Point<N> {
    let twice = double::<C, N>(&key);
    let (mut multiples, mut last) = ([key; 4], key);
    // In place: `map` would hold all of them twice.
    for multiple in multiples.iter_mut().skip(1) {
        last = sum::<C, N>(&twice, &last[0], &last[1], Some(&last[2]));
        *multiple = last;
    }
    let mut all = [C::ONE, C::ONE, [0; N]];
    for (base, key) in base_digits.iter().zip(key_digits).rev() {
        if !is_zero::<C, N>(&all[2]) {
            all = double::<C, N>(&all);
        }
        if let Some([x, y, z]) = multiples.get(place(*key)).filter(|_| *key != 0) {
            all = sum::<C, N>(&all, x, &signed::<C, N>(y, *key), Some(z));
        }
        if let Some([x, y]) = C::TABLE.get(place(*base)).filter(|_| *base != 0) {
            all = sum::<C, N>(&all, x, &signed::<C, N>(y, *base), None);
        }
    }
    all
}

/// Where the multiple for an odd digit is.
fn place(digit: i8) -> usize {
    usize::from(digit.unsigned_abs()) / 2
}

/// y, or -y where the digit is negative.
fn signed<C: Curve<N>, const N: usize>(y: &Number<N>, digit: i8) -> Number<N> {
    if digit < 0 { sub::<C, N>(&[0; N], y) } else { *y }
}

/// Is the point's x, modulo the order, this number?
fn has_x<C: Curve<N>, const N: usize>([x, _, z]: &Point<N>, r: &Number<N>) -> bool {
    if is_zero::<C, N>(z) {
        return false;
    }
    // x is below the prime, which is more than the order: it is r, or r and the order.
    let zz = square::<C, N>(z);
    let is = |r: &Number<N>| {
        let form = mul::<C, N>(r, &C::R_SQUARED);
        is_zero::<C, N>(&sub::<C, N>(&mul::<C, N>(&form, &zz), x))
    };
    let (other, over) = plus(r, &C::ORDER, u32::MAX);
    is(r) || over == 0 && is_less(&other, &C::P) && is(&other)
}

/// Is this an uncompressed point that is on the curve?
#[cfg(feature = "p256-exchange")]
pub(crate) fn is_point<C: Curve<N>, const N: usize>(key: &[u8]) -> bool {
    point::<C, N>(key).is_some()
}

/// x and y of an uncompressed point (SEC 1 §2.3.4) that is on the curve, in Montgomery form.
#[inline(never)]
fn point<C: Curve<N>, const N: usize>(key: &[u8]) -> Option<[Number<N>; 2]> {
    let (&4, coordinates) = key.split_first()? else { return None };
    let bytes = N.saturating_mul(4);
    let (x, y) = coordinates.split_at_checked(bytes).filter(|(_, y)| y.len() == bytes)?;
    let (x, y) = (number::<N>(x), number::<N>(y));
    if !is_less(&x, &C::P) || !is_less(&y, &C::P) {
        return None;
    }
    let (x, y) = (mul::<C, N>(&x, &C::R_SQUARED), mul::<C, N>(&y, &C::R_SQUARED));
    let right = right_side::<C, N>(&x);
    is_zero::<C, N>(&sub::<C, N>(&square::<C, N>(&y), &right)).then_some([x, y])
}

/// The y of the point with this x whose y is odd or even, in bytes, the highest first. `None`: there is none.
///
/// For points that everybody may know, such as the share of a key exchange.
#[cfg(feature = "p256-exchange")]
pub(crate) fn y(x: &[u8; 32], is_odd: bool) -> Option<[u8; 32]> {
    type C = P256;
    let x = Some(number(x)).filter(|x| is_less(x, &C::P))?;
    let right = right_side::<C, 8>(&mul::<C, 8>(&x, &C::R_SQUARED));
    // The prime is 3 modulo 4, so a root is the power by (p + 1) / 4.
    let (mut exponent, _) = plus(&C::P, &[1, 0, 0, 0, 0, 0, 0, 0], u32::MAX);
    halve(&mut exponent, 0);
    halve(&mut exponent, 0);
    let mut root = C::ONE;
    for word in exponent.iter().rev() {
        for bit in (0..u32::BITS).rev() {
            root = square::<C, 8>(&root);
            if word >> bit & 1 == 1 {
                root = mul::<C, 8>(&root, &right);
            }
        }
    }
    if !is_zero::<C, 8>(&sub::<C, 8>(&square::<C, 8>(&root), &right)) {
        return None;
    }
    let mut y = mul::<C, 8>(&root, &[1, 0, 0, 0, 0, 0, 0, 0]);
    if !is_less(&y, &C::P) {
        y = less(&y, &C::P, u32::MAX).0;
    }
    if is_odd != self::is_odd(&y) {
        y = less(&C::P, &y, u32::MAX).0;
    }
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().rev().zip(y) {
        *bytes = word.to_be_bytes();
    }
    Some(bytes)
}

/// x³ - 3x + b.
fn right_side<C: Curve<N>, const N: usize>(x: &Number<N>) -> Number<N> {
    let three = add::<C, N>(&add::<C, N>(&C::ONE, &C::ONE), &C::ONE);
    add::<C, N>(&mul::<C, N>(x, &sub::<C, N>(&square::<C, N>(x), &three)), &C::B)
}

/// A number from 1 up to the order, without it.
fn scalar<C: Curve<N>, const N: usize>(bytes: &[u8]) -> Option<Number<N>> {
    let scalar = number::<N>(bytes);
    let fits = bytes.len() <= N.saturating_mul(4) && scalar != [0; N] && is_less(&scalar, &C::ORDER);
    fits.then_some(scalar)
}

#[inline(never)]
fn double<C: Curve<N>, const N: usize>([x, y, z]: &Point<N>) -> Point<N> {
    let delta = square::<C, N>(z);
    let gamma = square::<C, N>(y);
    let beta = mul::<C, N>(x, &gamma);
    let product = mul::<C, N>(&sub::<C, N>(x, &delta), &add::<C, N>(x, &delta));
    let alpha = add::<C, N>(&add::<C, N>(&product, &product), &product);
    let twice = add::<C, N>(&beta, &beta);
    let four_times = add::<C, N>(&twice, &twice);
    let x3 = sub::<C, N>(&square::<C, N>(&alpha), &add::<C, N>(&four_times, &four_times));
    let z3 = sub::<C, N>(&sub::<C, N>(&square::<C, N>(&add::<C, N>(y, z)), &gamma), &delta);
    let twice_gamma = add::<C, N>(&gamma, &gamma);
    let squared = square::<C, N>(&twice_gamma);
    let y3 =
        sub::<C, N>(&mul::<C, N>(&alpha, &sub::<C, N>(&four_times, &x3)), &add::<C, N>(&squared, &squared));
    [x3, y3, z3]
}

/// The sum of two points, of which the second is not at infinity. Its z is `None` where it is 1.
#[inline(never)]
fn sum<C: Curve<N>, const N: usize>(
    point @ [x1, y1, z1]: &Point<N>,
    x2: &Number<N>,
    y2: &Number<N>,
    z2: Option<&Number<N>>,
) -> Point<N> {
    if is_zero::<C, N>(z1) {
        return [*x2, *y2, *z2.unwrap_or(&C::ONE)];
    }
    let zz1 = square::<C, N>(z1);
    let u2 = mul::<C, N>(x2, &zz1);
    let s2 = mul::<C, N>(y2, &mul::<C, N>(z1, &zz1));
    let (u1, s1, z) = match z2 {
        None => (*x1, *y1, *z1),
        Some(z2) => {
            let zz2 = square::<C, N>(z2);
            (mul::<C, N>(x1, &zz2), mul::<C, N>(y1, &mul::<C, N>(z2, &zz2)), mul::<C, N>(z1, z2))
        }
    };
    let h = sub::<C, N>(&u2, &u1);
    let r = sub::<C, N>(&s2, &s1);
    if is_zero::<C, N>(&h) {
        // The same point, or its opposite.
        return if is_zero::<C, N>(&r) { double::<C, N>(point) } else { [C::ONE, C::ONE, [0; N]] };
    }
    let hh = square::<C, N>(&h);
    let hhh = mul::<C, N>(&h, &hh);
    let v = mul::<C, N>(&u1, &hh);
    let x3 = sub::<C, N>(&sub::<C, N>(&square::<C, N>(&r), &hhh), &add::<C, N>(&v, &v));
    let y3 = sub::<C, N>(&mul::<C, N>(&r, &sub::<C, N>(&v, &x3)), &mul::<C, N>(&s1, &hhh));
    [x3, y3, mul::<C, N>(&z, &h)]
}

/// The number in non-adjacent form: odd signed digits below 2^(width - 1), and at least `width` - 1 zeros
/// between two.
fn non_adjacent<const N: usize>(mut number: Number<N>, width: u32, digits: &mut [i8; DIGITS]) {
    for digit in digits.iter_mut() {
        let mut top = 0;
        if is_odd(&number) {
            // The lowest bits as a number with sign.
            let unused = 32_u32.saturating_sub(width);
            let low = (number.first().copied().unwrap_or_default() << unused).cast_signed() >> unused;
            *digit = low as i8;
            let mut carry = -i64::from(low);
            for word in &mut number {
                carry += i64::from(*word);
                *word = carry as u32;
                carry >>= 32;
            }
            top = carry as u32;
        }
        halve(&mut number, top);
    }
}

fn is_odd<const N: usize>(number: &Number<N>) -> bool {
    number.first().is_some_and(|word| word & 1 == 1)
}

/// Halves a number that has one more bit on top.
fn halve<const N: usize>(number: &mut Number<N>, top: u32) {
    let mut carry = top << 31;
    for word in number.iter_mut().rev() {
        (*word, carry) = (*word >> 1 | carry, *word << 31);
    }
}

/// The number that has these bytes, the highest first; beyond N words the highest are lost.
fn number<const N: usize>(bytes: &[u8]) -> Number<N> {
    let mut number = [0; N];
    let (first, words) = bytes.as_rchunks();
    for (word, bytes) in number.iter_mut().zip(words.iter().rev()) {
        *word = u32::from_be_bytes(*bytes);
    }
    if let Some(word) = number.get_mut(words.len()) {
        *word = first.iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
    }
    number
}

fn is_less<const N: usize>(one: &Number<N>, other: &Number<N>) -> bool {
    less(one, other, u32::MAX).1 < 0
}

/// The difference and its borrow, 0 or -1; what is subtracted has only the bits of the mask.
#[inline(always)]
fn less<const N: usize>(one: &Number<N>, other: &Number<N>, mask: u32) -> (Number<N>, i64) {
    let (mut out, mut carry) = ([0; N], 0_i64);
    for ((out, one), other) in out.iter_mut().zip(one).zip(other) {
        carry += i64::from(*one) - i64::from(*other & mask);
        *out = carry as u32;
        carry >>= 32;
    }
    (out, carry)
}

/// The sum and its carry; what is added has only the bits of the mask.
#[inline(always)]
fn plus<const N: usize>(one: &Number<N>, other: &Number<N>, mask: u32) -> (Number<N>, i64) {
    let (mut out, mut carry) = ([0; N], 0_i64);
    for ((out, one), other) in out.iter_mut().zip(one).zip(other) {
        carry += i64::from(*one) + i64::from(*other & mask);
        *out = carry as u32;
        carry >>= 32;
    }
    (out, carry)
}

#[cfg(test)]
mod tests;
