//! The words and numbers of a head in, what each means out.

use crate::text::decimal;

/// The bytes of `06 Nov 1994 08:49:37 GMT`: no word with a meaning is longer.
pub(super) const WORD: usize = 24;

/// Makes an enum and the table of the words for its variants, which [`place`] searches. A `match` instead
/// would compare letter by letter, with code for each word.
macro_rules! words {
    ($(#[$attribute:meta])* enum $name:ident { $($variant:ident = $($word:literal)|+,)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(super) enum $name {
            $($variant,)+
        }

        impl $name {
            const WORDS: &[u8] = concat!($($($word, " "),+),+).as_bytes();
            const MEANINGS: &[Self] = &[$($({ _ = $word; Self::$variant }),+),+];

            /// The meaning of `word`, if it has any.
            pub(super) fn named(word: &[u8]) -> Option<Self> {
                Self::MEANINGS.get(place(Self::WORDS, word)).copied()
            }
        }
    };
}

words! {
    /// The fields that have a meaning here.
    enum Field {
        Connection = "connection",
        ContentEncoding = "content-encoding",
        ContentLength = "content-length",
        ContentType = "content-type",
        Date = "date",
        Location = "location",
        RetryAfter = "retry-after",
        RetryAfterMs = "retry-after-ms",
        TransferEncoding = "transfer-encoding",
        ShouldRetry = "x-should-retry",
    }
}

words! {
    /// The elements of values that have a meaning, besides numbers and dates.
    enum Element {
        Empty = "",
        Chunked = "chunked",
        Close = "close",
        EventStream = "text/event-stream",
        False = "false",
        Identity = "identity",
        Json = "application/json" | "+json",
        True = "true",
    }
}

/// The place of `word` among `words`, which spaces separate; their number if it is none of them.
#[inline(never)] // one copy instead of one for each list of words
pub(super) fn place(words: &[u8], word: &[u8]) -> usize {
    words.split(|byte| *byte == b' ').take_while(|one| *one != word).count()
}

/// Optional whitespace ([RFC 9110 §5.6.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.3)).
pub(super) const fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A decimal number. A fraction, which some servers send, is rounded up.
pub(super) fn rounded_up(text: &[u8]) -> Option<u32> {
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (whole, fraction) = text.split_at_checked(point)?;
    let number = decimal(whole)?;
    let (_, digits) = fraction.split_first().unwrap_or((&0, &[]));
    let is_more = digits.iter().any(|digit| *digit != b'0');
    digits.iter().all(u8::is_ascii_digit).then_some(number.saturating_add(is_more.into()))
}

/// The number in ASCII digits, if it is below 2^64. Byte by byte, because on a Cortex-M0 a multiplication of
/// 64 bits is a library function, and checking it is another.
pub(super) fn length(digits: &[u8]) -> Option<u64> {
    let mut length = [0; 8];
    for digit in digits {
        let mut carry = char::from(*digit).to_digit(10)?;
        for byte in &mut length {
            carry = u32::from(*byte).wrapping_mul(10).wrapping_add(carry);
            [*byte, ..] = carry.to_le_bytes();
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    (!digits.is_empty()).then_some(u64::from_le_bytes(length))
}
