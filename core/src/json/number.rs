//! The characters of a JSON number in, the nearest value of a type out.
//!
//! `str::parse` would do the same and leave a panicking branch in the program.
//!
//! # Limits
//!
//! Texts of up to [`SHORT`](super::SHORT) bytes. Exact for all of them: what lies between two values of
//! a floating-point type becomes the nearer one, and in the middle the even one.

/// Enough for 40 digits times the largest power of 5 that is tried: 5^400 has 929 bits.
const LIMBS: usize = 40;

/// An integer's sign and magnitude; `None` when it is written with a fraction or an exponent, or is
/// beyond 64 bits.
pub(super) fn integer(text: &str) -> Option<(bool, u64)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let magnitude = digits.bytes().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then_some(byte & 0xF)?;
        value.checked_mul(10)?.checked_add(digit.into())
    })?;
    Some((digits.len() < text.len(), magnitude))
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

/// The bits of the nearest number in `format`; `None` when that is infinite.
#[inline(never)]
pub(super) fn float(text: &str, format: &Format) -> Option<u64> {
    let (is_negative, digits, power) = decimal(text);
    let sign = u64::from(is_negative) << 63 >> (63_u32.wrapping_sub(width(format)));
    if digits.is_zero() || power < -400 {
        return Some(sign);
    }
    if power > 400 {
        return None;
    }

    // digits * 10^power = numerator / denominator * 2^power
    let (mut numerator, mut denominator) = (digits, Large::from(1));
    let factor = if power < 0 { &mut denominator } else { &mut numerator };
    factor.multiply_with_power_of_5(power.unsigned_abs());

    // Shift until the quotient has as many bits as the format and one that rounds, or one more.
    let wanted = format.fraction.wrapping_add(2).cast_signed();
    let shift = wanted.wrapping_sub(numerator.bits()).wrapping_add(denominator.bits());
    // The last bit of the quotient stands for 2^(power - shift): half of the least value, or more.
    let shift = shift.min(power.wrapping_sub(format.least).wrapping_add(1));
    if shift > 0 {
        numerator.shift(shift.unsigned_abs())
    } else {
        denominator.shift(shift.unsigned_abs())
    }
    let (mut quotient, mut is_exact) = numerator.divide(denominator);
    let mut exponent = power.wrapping_sub(shift);
    if quotient >> wanted != 0 {
        is_exact &= quotient & 1 == 0;
        quotient >>= 1;
        exponent = exponent.wrapping_add(1);
    }

    let rounds_up = quotient & 1 == 1 && (!is_exact || quotient & 2 == 2);
    let rounded = (quotient >> 1).wrapping_add(u64::from(rounds_up));
    let above = exponent.wrapping_add(1).wrapping_sub(format.least).unsigned_abs();
    let hidden = 1_u64 << format.fraction;
    // A fraction that rounds up to the next power of two carries into the exponent by itself.
    let bits =
        if rounded < hidden { rounded } else { (u64::from(above) << format.fraction).wrapping_add(rounded) };
    (bits >> format.fraction < format.exponents).then_some(sign | bits)
}

const fn width(format: &Format) -> u32 {
    format.exponents.count_ones().wrapping_add(format.fraction)
}

/// Sign, digits as an integer, and the power of ten to multiply them with.
fn decimal(text: &str) -> (bool, Large, i32) {
    let (mut digits, mut point, mut exponent) = (Large::from(0), 0_i32, 0_i32);
    let (mut is_fraction, mut is_exponent, mut is_below) = (false, false, false);
    for byte in text.bytes() {
        match byte {
            b'.' => is_fraction = true,
            b'e' | b'E' => is_exponent = true,
            b'-' if is_exponent => is_below = true,
            b'0'..=b'9' if is_exponent => {
                exponent = exponent.saturating_mul(10).saturating_add(i32::from(byte & 0xF));
            }
            b'0'..=b'9' => {
                digits.multiply_add(10, u32::from(byte & 0xF));
                point = point.wrapping_sub(i32::from(is_fraction));
            }
            _ => {}
        }
    }
    let exponent = if is_below { 0_i32.saturating_sub(exponent) } else { exponent };
    (text.starts_with('-'), digits, exponent.saturating_add(point))
}

/// A natural number of up to 1,280 bits, the least limb first.
struct Large {
    limbs: [u32; LIMBS],
    /// Those after so many are 0.
    count: usize,
}

impl From<u32> for Large {
    fn from(value: u32) -> Self {
        let mut limbs = [0; LIMBS];
        if let Some(first) = limbs.first_mut() {
            *first = value;
        }
        Self { limbs, count: 1 }
    }
}

impl Large {
    fn limbs(&self) -> &[u32] {
        self.limbs.get(..self.count).unwrap_or_default()
    }

    fn limbs_mut(&mut self) -> &mut [u32] {
        self.limbs.get_mut(..self.count).unwrap_or_default()
    }

    fn is_zero(&self) -> bool {
        self.limbs().iter().all(|limb| *limb == 0)
    }

    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in self.limbs_mut() {
            carry = carry.wrapping_add(u64::from(*limb).wrapping_mul(factor.into()));
            *limb = low(carry);
            carry >>= 32;
        }
        if carry > 0
            && let Some(limb) = self.limbs.get_mut(self.count)
        {
            *limb = low(carry);
            self.count = self.count.wrapping_add(1);
        }
    }

    fn multiply_with_power_of_5(&mut self, mut power: u32) {
        /// The largest that fits a limb.
        const STEP: u32 = 13;
        while power > 0 {
            let step = power.min(STEP);
            self.multiply_add(5_u32.wrapping_pow(step), 0);
            power = power.wrapping_sub(step);
        }
    }

    fn shift(&mut self, mut count: u32) {
        while count > 0 {
            let step = count.min(31);
            self.multiply_add(1 << step, 0);
            count = count.wrapping_sub(step);
        }
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for limb in self.limbs_mut().iter_mut().rev() {
            (*limb, carry) = (*limb >> 1 | carry, *limb << 31);
        }
    }

    fn bits(&self) -> i32 {
        let mut limbs = self.limbs().iter().rev().skip_while(|limb| **limb == 0);
        let Some(first) = limbs.next() else { return 0 };
        let rest = u32::try_from(limbs.count()).unwrap_or_default();
        rest.wrapping_add(1).wrapping_mul(32).wrapping_sub(first.leading_zeros()).cast_signed()
    }

    fn is_less<'l>(&'l self, other: &'l Self) -> bool {
        let count = self.count.max(other.count);
        let limbs = |large: &'l Self| large.limbs.iter().take(count).rev();
        limbs(self).lt(limbs(other))
    }

    /// For one that is not greater.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        for (limb, &other) in self.limbs_mut().iter_mut().zip(&other.limbs) {
            let (difference, first) = limb.overflowing_sub(other);
            let (difference, second) = difference.overflowing_sub(borrow.into());
            *limb = difference;
            borrow = first || second;
        }
    }

    /// A quotient of up to 63 bits, and whether nothing is left over.
    fn divide(mut self, mut divisor: Self) -> (u64, bool) {
        let lead = self.bits().wrapping_sub(divisor.bits()).max(0).unsigned_abs();
        divisor.shift(lead);
        let mut quotient = 0_u64;
        for _ in 0..=lead {
            quotient <<= 1;
            if !self.is_less(&divisor) {
                self.subtract(&divisor);
                quotient |= 1;
            }
            divisor.halve();
        }
        (quotient, self.is_zero())
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the other half is the carry")]
const fn low(value: u64) -> u32 {
    value as u32
}
