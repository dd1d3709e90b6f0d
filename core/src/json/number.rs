//! The characters of a JSON number in, the nearest value of a type out; and a value in, its shortest
//! characters out.
//!
//! `str::parse` and `Display` would do the same, but leave a branch that can panic.
//!
//! # Limits
//!
//! Texts of up to [`SHORT`](super::SHORT) bytes. Exact for all of them: a number between two values of a
//! floating-point type becomes the nearer one; in the middle, the even one.

use core::num::NonZeroU16;

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
    let mut digits = Large::<LIMBS>::new();
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
fn decimal(text: &str, digits: &mut Large<LIMBS>) -> i32 {
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

const FIVE: NonZeroU16 = NonZeroU16::new(5).unwrap();
const TEN: NonZeroU16 = NonZeroU16::new(10).unwrap();

/// The longest text that [`shortest`] gives: a sign, 17 digits with a point, and an exponent of 3 digits.
pub(super) const LONGEST: usize = 32;

/// Enough for the least bit of the least double, times a power of ten that makes it an integer.
const EXACT: usize = 328;

/// The most digits that any double needs.
const DIGITS: usize = 17;

/// The fewest digits that are read as the finite number of these bits, correctly rounded.
#[inline(never)]
pub(super) fn shortest(bits: u64, format: &Format, text: &mut heapless::String<LONGEST>) {
    let sign = bits >> width(format) & 1 == 1;
    let (digits, point) = digits(bits, format);
    for count in 1..=DIGITS {
        let (rounded, carry) = round(&digits, count);
        text.clear();
        _ = text.push_str(if sign { "-" } else { "" });
        layout(rounded.get(..count).unwrap_or_default(), point.wrapping_add(carry.into()), text);
        if float(text, format) == Ok(bits) {
            break;
        }
    }
}

/// The first digits of a number and whether anything but 0 comes after them, from its bits; and how many of
/// the digits stand before the point.
fn digits(bits: u64, format: &Format) -> ([u8; DIGITS + 2], i32) {
    let fraction = bits & (1_u64 << format.fraction).wrapping_sub(1);
    let exponent = bits >> format.fraction & format.exponents;
    let hidden = u64::from(exponent > 0) << format.fraction;
    let above = i32::try_from(exponent.saturating_sub(1)).unwrap_or_default();
    let power = format.least.wrapping_add(above);

    // fraction * 2^power = number * 10^point
    let mut number = Large::<EXACT>::new();
    for byte in (fraction | hidden).to_be_bytes() {
        number.multiply_add(1 << 8, byte.into());
    }
    for _ in 0..power {
        number.multiply_add(2, 0);
    }
    for _ in power..0 {
        number.multiply_add(5, 0);
    }
    let mut point = power.min(0);

    // The digits come from the last one on; the place after them stands for all that have passed it.
    let mut digits = [0; DIGITS + 2];
    while !number.is_zero() {
        let mut moved = number.divide(TEN);
        let [places @ .., after] = &mut digits;
        for place in places {
            core::mem::swap(place, &mut moved);
        }
        *after |= moved;
        point = point.wrapping_add(1);
    }
    (digits, point)
}

/// The first `count` digits, rounded to the nearest, in the middle to the even one; and whether that made one
/// more.
fn round(digits: &[u8; DIGITS + 2], count: usize) -> ([u8; DIGITS + 2], bool) {
    let mut rounded = *digits;
    let (kept, rest) = rounded.split_at_mut_checked(count).unwrap_or_default();
    let is_odd = kept.last().is_some_and(|digit| digit % 2 == 1);
    let (next, after) =
        rest.split_first().map_or((0, false), |(next, after)| (*next, after.iter().any(|digit| *digit > 0)));
    if next < 5 || next == 5 && !after && !is_odd {
        return (rounded, false);
    }
    for digit in kept.iter_mut().rev() {
        if *digit < 9 {
            *digit = digit.wrapping_add(1);
            return (rounded, false);
        }
        *digit = 0;
    }
    if let Some(first) = kept.first_mut() {
        *first = 1;
    }
    (rounded, true)
}

/// The digits with a point after this many of them, or with an exponent when that is far away.
fn layout(digits: &[u8], point: i32, text: &mut heapless::String<LONGEST>) {
    let used = digits.iter().rposition(|digit| *digit > 0).map_or(1, |last| last.wrapping_add(1));
    let digits = digits.get(..used).unwrap_or_default();
    let length = i32::try_from(used).unwrap_or_default();
    match point {
        _ if digits == [0] => _ = text.push_str("0.0"),
        1..=16 => {
            (0..point.max(length)).zip(digits.iter().copied().chain(core::iter::repeat(0))).for_each(
                |(place, digit)| {
                    if place == point {
                        _ = text.push('.');
                    }
                    _ = text.push((b'0' | digit).into());
                },
            );
            _ = text.push_str(if length > point { "" } else { ".0" });
        }
        -4..=0 => {
            _ = text.push_str("0.");
            (point..0).for_each(|_| _ = text.push('0'));
            digits.iter().for_each(|digit| _ = text.push((b'0' | digit).into()));
        }
        _ => {
            let (first, rest) = digits.split_first().unwrap_or((&0, &[]));
            _ = text.push((b'0' | *first).into());
            if !rest.is_empty() {
                _ = text.push('.');
                rest.iter().for_each(|digit| _ = text.push((b'0' | digit).into()));
            }
            let exponent = point.wrapping_sub(1);
            _ = text.push_str(if exponent < 0 { "e-" } else { "e" });
            let exponent = exponent.unsigned_abs();
            let mut is_leading = true;
            for digit in [exponent / 100, exponent / 10 % 10, exponent % 10] {
                is_leading &= digit == 0;
                if !is_leading {
                    _ = text.push((b'0' | u8::try_from(digit).unwrap_or_default()).into());
                }
            }
        }
    }
}

/// A natural number in base 256, the least limb first.
struct Large<const N: usize> {
    limbs: heapless::Vec<u8, N>,
}

impl<const N: usize> Large<N> {
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
        self.divide(FIVE) == 0
    }

    /// Leaves the quotient, and gives the remainder.
    fn divide(&mut self, divisor: NonZeroU16) -> u8 {
        let mut rest = 0_u16;
        for limb in self.limbs.iter_mut().rev() {
            let part = rest << 8 | u16::from(*limb);
            *limb = low((part / divisor).into());
            rest = part % divisor;
        }
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
        low(rest.into())
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the rest is the carry")]
const fn low(value: u32) -> u8 {
    value as u8
}
