//! The characters of a JSON number in, the nearest value of a type out.
//!
//! `str::parse` would do the same, but leave a branch that can panic.
//!
//! # Limits
//!
//! Texts of up to [`SHORT`](super::SHORT) bytes. Exact for all of them: a number between two values of a
//! floating-point type becomes the nearer one; in the middle, the even one.

use super::error::Misfit;

/// Enough for 40 digits, the bits of a double, and 3 bits for each factor of the least power that is tried.
const LIMBS: usize = 176;

/// Numbers beyond this power of ten, either way, are infinite or 0 whatever their digits are.
const POWER_MAX: i32 = 400;

/// An integer's sign and magnitude, however it is written: 2.23e2 is 223.
pub(super) fn integer(text: &str) -> Result<(bool, u64), Misfit> {
    let mut places = places(text);
    let mut magnitude = 0;
    for byte in text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')) {
        match byte {
            b'0'..=b'9' if places > 0 => {
                magnitude = append(magnitude, byte & 0xF)?;
                places = places.wrapping_sub(1);
            }
            b'1'..=b'9' => return Err(Misfit::Integer),
            _ => {}
        }
    }
    while places > 0 && magnitude > 0 {
        magnitude = append(magnitude, 0)?;
        places = places.wrapping_sub(1);
    }
    Ok((text.starts_with('-'), magnitude))
}

/// The number with one more digit.
fn append(value: u64, digit: u8) -> Result<u64, Misfit> {
    // Ten times the value, which a small processor would call a function for.
    let tenfold = (value <= u64::MAX / 10).then(|| (value << 3).wrapping_add(value << 1));
    tenfold.and_then(|tenfold| tenfold.checked_add(digit.into())).ok_or(Misfit::Range)
}

/// A binary floating-point format of IEEE 754.
pub(super) struct Format {
    /// Bits of the fraction, without the leading one.
    fraction: u32,
    /// The exponent of the least bit of the least value.
    least: i32,
    /// All ones: what infinity has.
    exponents: u64,
}

pub(super) const SINGLE: Format = Format { fraction: 23, least: -149, exponents: 0xFF };
pub(super) const DOUBLE: Format = Format { fraction: 52, least: -1074, exponents: 0x7FF };

/// The bits of the nearest number in `format`, unless that is infinite.
#[inline(never)]
pub(super) fn float(text: &str, format: &Format) -> Result<u64, Misfit> {
    let mut digits = Large::new();
    let power = decimal(text, &mut digits);
    let sign = u64::from(text.starts_with('-')) << 63 >> (63_u32.wrapping_sub(width(format)));
    if digits.is_zero() || power < -POWER_MAX {
        return Ok(sign);
    }
    if power > POWER_MAX {
        return Err(Misfit::Range);
    }

    // digits * 10^power = significand * 2^exponent, and something below it when that is not exact.
    let mut exponent = power;
    for _ in 0..size_of::<u64>() {
        digits.multiply_add(1 << 8, 0);
        exponent = exponent.wrapping_sub(8);
    }
    for _ in 0..power {
        digits.multiply_add(5, 0);
    }
    // All of the multiplications come first: what a division cuts off must not grow again.
    for _ in power..0 {
        digits.multiply_add(8, 0);
        exponent = exponent.wrapping_sub(3);
    }
    let mut is_exact = true;
    for _ in power..0 {
        is_exact &= digits.divide_by_5();
    }
    let mut significand = 0_u64;
    for &limb in digits.limbs.iter().rev() {
        if significand >> 56 == 0 {
            significand = significand << 8 | u64::from(limb);
        } else {
            is_exact &= limb == 0;
            exponent = exponent.wrapping_add(8);
        }
    }

    // As many bits as the format has and one that rounds, which stands for half of the least value, or more.
    while significand >> format.fraction >= 4 || exponent < format.least.wrapping_sub(1) {
        is_exact &= significand & 1 == 0;
        significand >>= 1;
        exponent = exponent.wrapping_add(1);
    }
    let rounds_up = significand & 1 == 1 && (!is_exact || significand & 2 == 2);
    let rounded = (significand >> 1).wrapping_add(u64::from(rounds_up));
    let above = exponent.wrapping_add(1).wrapping_sub(format.least).unsigned_abs();
    let hidden = 1_u64 << format.fraction;
    // A fraction that rounds up to the next power of two carries into the exponent by itself.
    let bits =
        if rounded < hidden { rounded } else { (u64::from(above) << format.fraction).wrapping_add(rounded) };
    if bits >> format.fraction < format.exponents { Ok(sign | bits) } else { Err(Misfit::Range) }
}

const fn width(format: &Format) -> u32 {
    format.exponents.count_ones().wrapping_add(format.fraction)
}

/// The digits as an integer, and the power of ten to multiply them with.
fn decimal(text: &str, digits: &mut Large) -> i32 {
    let mut power = places(text);
    for byte in text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')) {
        if byte.is_ascii_digit() {
            digits.multiply_add(10, (byte & 0xF).into());
            power = power.wrapping_sub(1);
        }
    }
    power
}

/// How many of the digits stand before the point once the exponent has moved it; negative where there are
/// zeros to add after it.
#[inline(never)]
fn places(text: &str) -> i32 {
    let (mut places, mut exponent) = (0_i32, 0_i32);
    let (mut is_fraction, mut is_exponent, mut is_below) = (false, false, false);
    for byte in text.bytes() {
        match byte {
            b'.' => is_fraction = true,
            b'e' | b'E' => is_exponent = true,
            b'-' => is_below = is_exponent,
            b'0'..=b'9' if is_exponent => {
                // How far it is beyond need not be known.
                let next = exponent.wrapping_mul(10).wrapping_add((byte & 0xF).into());
                exponent = next.min(2 * POWER_MAX);
            }
            b'0'..=b'9' => places = places.wrapping_add((!is_fraction).into()),
            _ => {}
        }
    }
    places.wrapping_add(if is_below { exponent.wrapping_neg() } else { exponent })
}

/// A natural number in base 256, the least limb first.
struct Large {
    limbs: heapless::Vec<u8, LIMBS>,
}

impl Large {
    const fn new() -> Self {
        Self { limbs: heapless::Vec::new() }
    }

    fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    #[inline(never)]
    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = summand;
        for limb in &mut self.limbs {
            carry = carry.wrapping_add(u32::from(*limb).wrapping_mul(factor));
            *limb = low(carry);
            carry >>= 8;
        }
        if carry > 0 {
            _ = self.limbs.push(low(carry));
        }
    }

    /// Whether nothing is left over.
    fn divide_by_5(&mut self) -> bool {
        let mut rest = 0_u16;
        for limb in self.limbs.iter_mut().rev() {
            let part = rest << 8 | u16::from(*limb);
            *limb = low((part / 5).into());
            rest = part % 5;
        }
        rest == 0
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the rest is the carry")]
const fn low(value: u32) -> u8 {
    value as u8
}
