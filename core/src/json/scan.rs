//! Bytes of a JSON text in, the meaning of each out; of a string, the number of unescaped ones.

#[cfg(feature = "fast")]
use wide::u8x16;

/// What a byte can be as the first of a token; from [`CONTROL`](Self::CONTROL) on, it is not allowed
/// unescaped in a string. A number and not an enum, so that one comparison decides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    pub(super) const OTHER: Self = Self(0);
    /// The first byte of a number.
    pub(super) const NUMBER: Self = Self(1);
    /// The first byte of `true`, `false` or `null`.
    pub(super) const WORD: Self = Self(2);
    pub(super) const BEGIN: Self = Self(3);
    pub(super) const END: Self = Self(4);
    pub(super) const COMMA: Self = Self(5);
    pub(super) const COLON: Self = Self(6);
    pub(super) const SPACE: Self = Self(7);
    pub(super) const CONTROL: Self = Self(8);
    /// Whitespace other than a space.
    pub(super) const BLANK: Self = Self(9);
    pub(super) const QUOTATION_MARK: Self = Self(10);
    pub(super) const REVERSE_SOLIDUS: Self = Self(11);

    pub(super) const fn new(byte: u8) -> Self {
        match byte {
            b'\t' | b'\n' | b'\r' => Self::BLANK,
            0..b' ' => Self::CONTROL,
            b' ' => Self::SPACE,
            b'"' => Self::QUOTATION_MARK,
            b'\\' => Self::REVERSE_SOLIDUS,
            b'{' | b'[' => Self::BEGIN,
            b'}' | b']' => Self::END,
            b':' => Self::COLON,
            b',' => Self::COMMA,
            b'-' | b'0'..=b'9' => Self::NUMBER,
            b't' | b'f' | b'n' => Self::WORD,
            _ => Self::OTHER,
        }
    }

    #[inline(always)]
    pub(super) fn of(byte: u8) -> Self {
        #[allow(
            clippy::indexing_slicing,
            clippy::arithmetic_side_effects,
            clippy::cast_possible_truncation,
            reason = "it is compiled"
        )]
        static CLASSES: [Class; 256] = {
            let mut table = [Class::OTHER; 256];
            let mut byte = 0;
            while byte < table.len() {
                table[byte] = Class::new(byte as u8);
                byte += 1;
            }
            table
        };
        CLASSES.get(usize::from(byte)).copied().unwrap_or(Self::CONTROL)
    }

    /// Whether a string ends there, or has an escape or an error.
    #[inline(always)]
    pub(super) const fn is_special(self) -> bool {
        self.0 >= Self::CONTROL.0
    }
}

/// The number of bytes at the front of `bytes` that are neither a quotation mark, nor a reverse solidus, nor
/// a control character: RFC 8259 §7 calls them unescaped. They need not be UTF-8.
#[cfg_attr(feature = "fast", inline)]
#[cfg_attr(not(feature = "fast"), inline(never))]
pub(super) fn unescaped(bytes: &[u8]) -> usize {
    bytes.len().wrapping_sub(after_unescaped(bytes).len())
}

/// Whether a search for special bytes compares sixteen of them at once. Where the target has no vectors, the
/// table is faster than what would stand for them.
const HAS_VECTORS: bool = cfg!(all(
    feature = "fast",
    any(
        target_feature = "sse2",
        target_feature = "simd128",
        all(target_arch = "aarch64", target_feature = "neon")
    )
));

/// The rest after those bytes.
#[inline(always)]
pub(super) fn after_unescaped(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    #[cfg(feature = "fast")]
    if HAS_VECTORS {
        while let Some((block, after)) = rest.split_first_chunk() {
            let specials = specials(*block);
            if specials != 0 {
                return rest.get(specials.trailing_zeros() as usize..).unwrap_or_default();
            }
            rest = after;
        }
    }
    // A small processor has no vectors, and loads words only if they are aligned: eight steps unrolled by
    // hand save most of the loop's own work.
    if !HAS_VECTORS {
        macro_rules! stop_at {
            ($($byte:ident $place:literal),*) => {$(
                if Class::of($byte).is_special() {
                    return rest.get($place..).unwrap_or_default();
                }
            )*};
        }
        while let Some((&[a, b, c, d, e, f, g, h], after)) = rest.split_first_chunk() {
            stop_at!(a 0, b 1, c 2, d 3, e 4, f 5, g 6, h 7);
            rest = after;
        }
    }
    while let Some((&byte, after)) = rest.split_first() {
        if Class::of(byte).is_special() {
            break;
        }
        rest = after;
    }
    rest
}

/// One bit for each special byte, the lowest for the first.
#[cfg(feature = "fast")]
#[inline(always)]
fn specials(block: [u8; 16]) -> u32 {
    let block = u8x16::new(block);
    let controls = block.min(u8x16::splat(b' ' - 1)).simd_eq(block);
    let quotation_marks = block.simd_eq(u8x16::splat(b'"'));
    let solidi = block.simd_eq(u8x16::splat(b'\\'));
    (controls | quotation_marks | solidi).to_bitmask()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_alike_at_every_place() {
        for byte in 0..=u8::MAX {
            for length in [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100] {
                for place in 0..length {
                    let mut bytes = std::vec![b'\x80'; length];
                    bytes[place] = byte;
                    let expected = if Class::of(byte).is_special() { place } else { length };
                    assert_eq!(unescaped(&bytes), expected, "{byte} at {place} of {length}");
                }
            }
        }
    }
}
