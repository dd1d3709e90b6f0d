//! Numbers modulo the order of a curve's base point in, products and inverses out.

use super::{Curve, Number, field::wide, halve, is_less, is_odd, less, plus};

/// The product, divided by R: Montgomery's multiplication, word by word.
pub(super) fn mul_order<C: Curve<N>, const N: usize>(one: &Number<N>, other: &Number<N>) -> Number<N> {
    let (mut sum, mut top) = ([0_u32; N], 0_u32);
    let lowest = other.first().copied().unwrap_or_default();
    for factor in one {
        let low = sum.first().copied().unwrap_or_default();
        // The multiple of the order that makes the lowest word 0, so that it can be dropped.
        let multiple = low.wrapping_add(factor.wrapping_mul(lowest)).wrapping_mul(C::ORDER_INVERSE);
        let (mut carry, mut other_carry, mut dropped) = (0_u64, 0_u64, 0_u32);
        let mut below = &mut dropped;
        for ((word, other), order) in sum.iter_mut().zip(other).zip(&C::ORDER) {
            carry += wide(*factor, *other) + u64::from(*word);
            other_carry += wide(multiple, *order) + u64::from(carry as u32);
            *below = other_carry as u32;
            below = word;
            carry >>= 32;
            other_carry >>= 32;
        }
        let end = u64::from(top) + carry + other_carry;
        *below = end as u32;
        top = (end >> 32) as u32;
    }
    let (reduced, borrow) = less(&sum, &C::ORDER, u32::MAX);
    if top != 0 || borrow == 0 { reduced } else { sum }
}

/// The inverse modulo the order, of a number between 0 and it: the binary extended Euclidean algorithm.
pub(super) fn invert<C: Curve<N>, const N: usize>(number: &Number<N>) -> Number<N> {
    let mut one = [0; N];
    if let Some(lowest) = one.first_mut() {
        *lowest = 1;
    }
    // u = number x and v = number y, modulo the order.
    let (mut u, mut v, mut x, mut y) = (*number, C::ORDER, one, [0; N]);
    // Each round but every other one takes a bit off u or v.
    for _ in 0..N.saturating_mul(130) {
        if u == one || v == one {
            break;
        }
        if !is_odd(&u) {
            halve(&mut u, 0);
            x = half::<C, N>(&x);
        } else if !is_odd(&v) {
            halve(&mut v, 0);
            y = half::<C, N>(&y);
        } else if is_less(&u, &v) {
            (v, y) = (less(&v, &u, u32::MAX).0, minus::<C, N>(&y, &x));
        } else {
            (u, x) = (less(&u, &v, u32::MAX).0, minus::<C, N>(&x, &y));
        }
    }
    if u == one { x } else { y }
}

/// Half of a number, modulo the order.
fn half<C: Curve<N>, const N: usize>(number: &Number<N>) -> Number<N> {
    let mask = u32::from(is_odd(number)).wrapping_neg();
    let (mut sum, top) = plus(number, &C::ORDER, mask);
    halve(&mut sum, top as u32);
    sum
}

fn minus<C: Curve<N>, const N: usize>(one: &Number<N>, other: &Number<N>) -> Number<N> {
    let (out, borrow) = less(one, other, u32::MAX);
    plus(&out, &C::ORDER, borrow as u32).0
}
