extern crate std;

use std::{vec, vec::Vec};

use proptest::prelude::*;

use super::{field::by_halves, *};

/// The remainder of a product: bit by bit.
fn product<const N: usize>(one: &[u32], other: &[u32], modulus: &Number<N>) -> Number<N> {
    let (one, mut out) = (remainder(one, modulus), [0; N]);
    for bit in (0..other.len() * 32).rev() {
        out = doubled(&out, modulus);
        if other[bit / 32] >> (bit % 32) & 1 == 1 {
            out = summed(&out, &one, modulus);
        }
    }
    out
}

/// A number of any length modulo another.
fn remainder<const N: usize>(number: &[u32], modulus: &Number<N>) -> Number<N> {
    let mut one = [0; N];
    one[0] = 1;
    let mut out = [0; N];
    for bit in (0..number.len() * 32).rev() {
        out = doubled(&out, modulus);
        if number[bit / 32] >> (bit % 32) & 1 == 1 {
            out = summed(&out, &one, modulus);
        }
    }
    out
}

fn doubled<const N: usize>(number: &Number<N>, modulus: &Number<N>) -> Number<N> {
    summed(number, number, modulus)
}

/// The sum of two numbers below the modulus.
fn summed<const N: usize>(one: &Number<N>, other: &Number<N>, modulus: &Number<N>) -> Number<N> {
    let (sum, over) = plus(one, other, u32::MAX);
    let (reduced, borrow) = less(&sum, modulus, u32::MAX);
    if over != 0 || borrow == 0 { reduced } else { sum }
}

/// R.
fn r<const N: usize>() -> Vec<u32> {
    [vec![0; N], vec![1]].concat()
}

/// Out of Montgomery form, and below the prime.
fn plain<C: Curve<N>, const N: usize>(number: &Number<N>) -> Number<N> {
    let mut one = [0; N];
    one[0] = 1;
    remainder(&mul::<C, N>(number, &one), &C::P)
}

fn check_constants<C: Curve<N>, const N: usize>(prime: &str, order: &str, b: &str, base: [&str; 2]) {
    let parsed = |hex: &str| {
        let digits: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        number::<N>(&digits)
    };
    assert_eq!(C::P, parsed(prime));
    assert_eq!(C::ORDER, parsed(order));
    assert_eq!(C::ONE, remainder(&r::<N>(), &C::P));
    assert_eq!(C::R_SQUARED, product(&r::<N>(), &r::<N>(), &C::P));
    assert_eq!(C::ORDER_R_SQUARED, product(&r::<N>(), &r::<N>(), &C::ORDER));
    assert_eq!(C::ORDER_INVERSE.wrapping_mul(C::ORDER[0]), u32::MAX);
    assert_eq!(C::B, product(&parsed(b), &r::<N>(), &C::P));
    let [x, y] = base.map(|hex| product(&parsed(hex), &r::<N>(), &C::P));
    let base = [x, y, C::ONE];
    let (twice, mut multiple) = (double::<C, N>(&base), base);
    for [x, y] in C::TABLE {
        // x z² and y z³, where z is the multiple's.
        let zz = square::<C, N>(&multiple[2]);
        let same = |one: &Number<N>, other: &Number<N>| is_zero::<C, N>(&sub::<C, N>(one, other));
        assert!(same(&mul::<C, N>(x, &zz), &multiple[0]));
        assert!(same(&mul::<C, N>(y, &mul::<C, N>(&zz, &multiple[2])), &multiple[1]));
        multiple = sum::<C, N>(&twice, &multiple[0], &multiple[1], Some(&multiple[2]));
    }
    // The order times the base point is the point at infinity, so that all of the table is on the curve.
    let (mut digits, zeros) = ([0; DIGITS], [0; DIGITS]);
    non_adjacent(C::ORDER, BASE_WIDTH, &mut digits);
    assert!(is_zero::<C, N>(&sum_of_products::<C, N>(&digits, base, &zeros)[2]));
}

#[test]
fn the_constants_of_p256_are_those_of_sec_2() {
    check_constants::<P256, 8>(
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        [
            "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        ],
    );
}

#[cfg(feature = "p384")]
#[test]
fn the_constants_of_p384_are_those_of_sec_2() {
    check_constants::<P384, 12>(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
        [
            "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
            "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        ],
    );
}

/// A word, often at an edge, where carries are.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), Just(1), Just(u32::MAX), Just(u32::MAX - 1), Just(1 << 31), any::<u32>()]
}

fn check_arithmetic<C: Curve<N>, const N: usize>(
    one: Number<N>,
    other: Number<N>,
) -> Result<(), TestCaseError> {
    let (a, b) = (remainder(&one, &C::P), remainder(&other, &C::P));
    // Whatever is below R, not only what is below the prime.
    prop_assert_eq!(remainder(&add::<C, N>(&one, &other), &C::P), summed(&a, &b, &C::P));
    prop_assert_eq!(summed(&remainder(&sub::<C, N>(&one, &other), &C::P), &b, &C::P), a);
    let multiplied = mul::<C, N>(&one, &other);
    prop_assert_eq!(product(&multiplied, &r::<N>(), &C::P), product(&one, &other, &C::P));
    let scalar = remainder(&one, &C::ORDER);
    let multiplied = mul_order::<C, N>(&scalar, &remainder(&other, &C::ORDER));
    prop_assert!(is_less(&multiplied, &C::ORDER));
    prop_assert_eq!(product(&multiplied, &r::<N>(), &C::ORDER), product(&one, &other, &C::ORDER));
    if scalar != [0; N] {
        let mut unit = [0; N];
        unit[0] = 1;
        let inverse = invert::<C, N>(&scalar);
        prop_assert_eq!(product(&inverse, &scalar, &C::ORDER), unit);
    }
    for width in [BASE_WIDTH, KEY_WIDTH] {
        let mut digits = [0; DIGITS];
        non_adjacent(scalar, width, &mut digits);
        let most = 1_u8 << (width - 1);
        prop_assert!(digits.iter().all(|digit| *digit == 0 || digit & 1 != 0 && digit.unsigned_abs() < most));
        let mut back = [0; N];
        for digit in digits.iter().rev() {
            back = doubled(&back, &C::ORDER);
            let size = remainder(&[digit.unsigned_abs().into()], &C::ORDER);
            back = if *digit < 0 {
                summed(&back, &less(&C::ORDER, &size, u32::MAX).0, &C::ORDER)
            } else {
                summed(&back, &size, &C::ORDER)
            };
        }
        prop_assert_eq!(back, scalar);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn arithmetic_agrees_with_that_of_a_school_on_p256(one in prop::array::uniform8(word()), other in prop::array::uniform8(word())) {
        check_arithmetic::<P256, 8>(one, other)?;
    }

    #[cfg(feature = "p384")]
    #[test]
    fn arithmetic_agrees_with_that_of_a_school_on_p384(one in prop::array::uniform12(word()), other in prop::array::uniform12(word())) {
        check_arithmetic::<P384, 12>(one, other)?;
    }

    #[test]
    fn a_product_by_halves_is_the_product(one in word(), other in word()) {
        prop_assert_eq!(by_halves(one, other), u64::from(one) * u64::from(other));
    }
}

/// Both points are the same, or opposite: what the formula for a sum does not cover.
#[test]
fn a_point_is_added_to_itself_and_to_its_opposite() {
    let [x, y] = P256::TABLE[0];
    let base = [x, y, P256::ONE];
    let twice = double::<P256, 8>(&base);
    assert_eq!(sum::<P256, 8>(&base, &x, &y, None), twice);
    let nothing = sum::<P256, 8>(&base, &x, &sub::<P256, 8>(&[0; 8], &y), None);
    assert!(is_zero::<P256, 8>(&nothing[2]));
    assert_eq!(sum::<P256, 8>(&nothing, &x, &y, None), base);
    let plain_x = plain::<P256, 8>(&x);
    assert!(has_x::<P256, 8>(&base, &plain_x) && !has_x::<P256, 8>(&twice, &plain_x));
}
