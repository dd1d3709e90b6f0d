//! Bytes of a JSON string in, how many of them stand for themselves out.

/// How many bytes at the front of `bytes` are neither a quotation mark, nor a reverse solidus, nor a
/// control character: what RFC 8259, section 7, calls unescaped, whether or not it is UTF-8.
#[cfg_attr(target_pointer_width = "64", inline)]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn unescaped(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let tail = words(&mut rest)
        .unwrap_or_else(|| rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len()));
    bytes.len().wrapping_sub(rest.len()).wrapping_add(tail)
}

pub(super) const fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Drops what can be dropped many bytes at a time: blocks that the compiler compares with vector
/// instructions where there are any, then words. `Some`: how far from there it found a special byte.
#[cfg(target_pointer_width = "64")]
#[inline]
fn words(bytes: &mut &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    /// The high bit of each special byte, exact up to the first one: there a subtraction borrows, and
    /// otherwise only a byte that has the high bit itself comes out with it.
    const fn specials(bytes: [u8; 8]) -> u64 {
        let word = u64::from_le_bytes(bytes);
        let quotation_marks = word ^ ONES.wrapping_mul(b'"' as u64);
        let solidi = word ^ ONES.wrapping_mul(b'\\' as u64);
        let controls = word.wrapping_sub(ONES.wrapping_mul(b' ' as u64));
        (controls | quotation_marks.wrapping_sub(ONES) | solidi.wrapping_sub(ONES)) & !word & HIGHS
    }

    // Most strings end within the first few words: there a block would be looked at in vain.
    for _ in 0..4 {
        let (word, rest) = bytes.split_first_chunk()?;
        let specials = specials(*word);
        if specials != 0 {
            return Some(specials.trailing_zeros() as usize / 8);
        }
        *bytes = rest;
    }
    while let Some((block, rest)) = bytes.split_first_chunk::<32>() {
        // The least of differences that are 0 for a special byte alone: a minimum is one instruction,
        // where a choice between comparisons is many.
        let least = block.iter().fold(u8::MAX, |least, &byte| {
            least.min(byte.saturating_sub(b' ' - 1)).min(byte ^ b'"').min(byte ^ b'\\')
        });
        if least == 0 {
            break;
        }
        *bytes = rest;
    }
    while let Some((word, rest)) = bytes.split_first_chunk() {
        let specials = specials(*word);
        if specials != 0 {
            return Some(specials.trailing_zeros() as usize / 8);
        }
        *bytes = rest;
    }
    None
}

/// A small processor has no vectors, and words it could only load where they are aligned: four steps
/// unrolled by hand spare it most of the loop's own work.
#[cfg(not(target_pointer_width = "64"))]
#[inline]
fn words(bytes: &mut &[u8]) -> Option<usize> {
    #[allow(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        reason = "it is compiled"
    )]
    static SPECIAL: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < table.len() {
            table[byte] = is_special(byte as u8);
            byte += 1;
        }
        table
    };
    let is_special = |byte: u8| SPECIAL.get(usize::from(byte)).copied().unwrap_or(true);
    while let Some((&[a, b, c, d, e, f, g, h], rest)) = bytes.split_first_chunk() {
        macro_rules! at { ($byte:ident, $n:expr) => { if is_special($byte) { return Some($n); } } }
        at!(a, 0);
        at!(b, 1);
        at!(c, 2);
        at!(d, 3);
        at!(e, 4);
        at!(f, 5);
        at!(g, 6);
        at!(h, 7);
        *bytes = rest;
    }
    None
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_alike_at_every_place() {
        for byte in 0..=u8::MAX {
            for length in [1, 7, 8, 9, 31, 33, 64, 100] {
                for place in 0..length {
                    let mut bytes = std::vec![b'\x80'; length];
                    bytes[place] = byte;
                    let expected = if is_special(byte) { place } else { length };
                    assert_eq!(unescaped(&bytes), expected, "{byte} at {place} of {length}");
                }
            }
        }
    }
}
