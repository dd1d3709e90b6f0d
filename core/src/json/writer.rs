//! Names and values in, their JSON text out, in pieces.
//!
//! # Limits
//!
//! It writes the commas and colons. You must see to the rest: that each name has a value, and each begin its
//! end.

use super::{
    number::{self, DOUBLE, SINGLE},
    scan::unescaped,
};

/// Where the bytes of a JSON text go.
pub trait Output {
    /// Takes the next bytes. Returns `false` if it wants no more, so that the writer may stop.
    fn write(&mut self, bytes: &[u8]) -> bool;
}

/// A value that can be written as JSON.
///
/// With the feature `serde`, `json::Serialized` makes one of any `Serialize`.
pub trait ToJson {
    /// Writes the value, the same each time.
    ///
    /// # Errors
    ///
    /// The value has no JSON form.
    fn to_json(&self, json: &mut Writer<'_>) -> Result<(), NoJson>;
}

/// A value has no JSON form: a map whose keys are not strings, for example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoJson;

impl core::fmt::Display for NoJson {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a value has no JSON form")
    }
}

impl core::error::Error for NoJson {}

/// Writes one JSON text ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)), or a part of one, without
/// whitespace. It writes the commas and colons. You must see to it that each name has a value, and each begin
/// its end.
///
/// ```
/// use taskgroup::json::{Output, Writer};
///
/// struct Kept(Vec<u8>);
/// impl Output for Kept {
///     fn write(&mut self, bytes: &[u8]) -> bool {
///         self.0.extend(bytes);
///         true
///     }
/// }
/// let mut kept = Kept(Vec::new());
/// let mut json = Writer::new(&mut kept);
/// json.begin_object().name("row").integer(41).name("note").string("\"Zürich\"\n").end_object();
/// assert_eq!(kept.0, r#"{"row":41,"note":"\"Zürich\"\n"}"#.as_bytes());
/// ```
pub struct Writer<'o> {
    out: &'o mut dyn Output,
    /// A comma belongs before the next name or value.
    comma: bool,
    /// The output wants no more.
    enough: bool,
}

impl core::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Writer").field("enough", &self.enough).finish_non_exhaustive()
    }
}

impl<'o> Writer<'o> {
    /// At the beginning of a text.
    pub fn new(out: &'o mut dyn Output) -> Self {
        Self { out, comma: false, enough: false }
    }

    /// Continues after a value that was written elsewhere: a comma belongs before the next one.
    pub const fn after_value(&mut self) -> &mut Self {
        self.comma = true;
        self
    }

    /// Whether the output wants no more: everything written from here on is dropped.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        self.enough
    }

    /// `{`
    pub fn begin_object(&mut self) -> &mut Self {
        self.value(b"{").open()
    }

    /// `}`
    pub fn end_object(&mut self) -> &mut Self {
        self.bytes(b"}").close()
    }

    /// `[`
    pub fn begin_array(&mut self) -> &mut Self {
        self.value(b"[").open()
    }

    /// `]`
    pub fn end_array(&mut self) -> &mut Self {
        self.bytes(b"]").close()
    }

    /// The name of a member; its value comes next.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.string(name).bytes(b":").open()
    }

    /// A name in pieces, like [`string_of`](Self::string_of).
    pub fn name_of(&mut self, each: impl FnOnce(&mut Self)) -> &mut Self {
        self.string_of(each).bytes(b":").open()
    }

    /// A string, with the escapes that RFC 8259 §7 demands.
    pub fn string(&mut self, text: &str) -> &mut Self {
        self.value(b"\"").characters(text).bytes(b"\"").close()
    }

    /// A string in pieces: `each` calls [`characters`](Self::characters) with them.
    pub fn string_of(&mut self, each: impl FnOnce(&mut Self)) -> &mut Self {
        self.value(b"\"");
        each(self);
        self.bytes(b"\"").close()
    }

    /// Characters inside a string.
    pub fn characters(&mut self, text: &str) -> &mut Self {
        let mut rest = text.as_bytes();
        while !self.enough {
            let (plain, special) = rest.split_at_checked(unescaped(rest)).unwrap_or_default();
            self.bytes(plain);
            let Some((&byte, after)) = special.split_first() else { break };
            self.escape(byte);
            rest = after;
        }
        self
    }

    /// An integer.
    pub fn integer(&mut self, value: i64) -> &mut Self {
        self.sign(value < 0).digits(value.unsigned_abs())
    }

    /// An integer that is not negative.
    pub fn unsigned(&mut self, value: u64) -> &mut Self {
        self.sign(false).digits(value)
    }

    /// The shortest text of this number. JSON has none for infinity and NaN: they are `null`.
    pub fn double(&mut self, value: f64) -> &mut Self {
        self.float(value.to_bits(), value.is_finite(), &DOUBLE)
    }

    /// As [`double`](Self::double).
    pub fn single(&mut self, value: f32) -> &mut Self {
        self.float(value.to_bits().into(), value.is_finite(), &SINGLE)
    }

    /// `true` or `false`
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.value(if value { b"true" } else { b"false" }).close()
    }

    /// `null`
    pub fn null(&mut self) -> &mut Self {
        self.value(b"null").close()
    }

    /// A value that is already JSON text, which is not checked.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.value(json.as_bytes()).close()
    }

    fn float(&mut self, bits: u64, is_finite: bool, format: &number::Format) -> &mut Self {
        if !is_finite {
            return self.null();
        }
        let mut text = heapless::String::new();
        number::shortest(bits, format, &mut text);
        self.raw(&text)
    }

    fn sign(&mut self, is_negative: bool) -> &mut Self {
        self.value(if is_negative { b"-" } else { b"" })
    }

    fn digits(&mut self, value: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut rest = value.to_be_bytes();
        let mut length = 0_usize;
        for place in digits.iter_mut().rev() {
            *place = b'0' | divide_by_10(&mut rest);
            length = length.wrapping_add(1);
            if rest == [0; 8] {
                break;
            }
        }
        self.bytes(digits.get(digits.len().wrapping_sub(length)..).unwrap_or_default()).close()
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x8 => b'b',
            0xC => b'f',
            _ => {
                let digit = |digit: u8| if digit < 10 { b'0' | digit } else { b'W'.wrapping_add(digit) };
                self.bytes(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 0xF)]);
                return;
            }
        };
        self.bytes(&[b'\\', short]);
    }

    /// The beginning of a value.
    fn value(&mut self, bytes: &[u8]) -> &mut Self {
        if self.comma {
            self.bytes(b",");
        }
        self.bytes(bytes)
    }

    /// The next name or value is the first one here.
    fn open(&mut self) -> &mut Self {
        self.comma = false;
        self
    }

    /// A value has ended.
    fn close(&mut self) -> &mut Self {
        self.comma = true;
        self
    }

    #[inline(never)] // one call through the table instead of one for each kind of value
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if !self.enough && !bytes.is_empty() {
            self.enough = !self.out.write(bytes);
        }
        self
    }
}

/// Replaces the number by the quotient, and returns the remainder. Byte by byte, because a division of 64
/// bits takes half a kilobyte on a Cortex-M0.
fn divide_by_10(number: &mut [u8; 8]) -> u8 {
    let mut rest = 0;
    for byte in number {
        let part = u16::from_be_bytes([rest, *byte]);
        let [_, quotient] = (part / 10).to_be_bytes();
        rest = byte.wrapping_sub(quotient.wrapping_mul(10));
        *byte = quotient;
    }
    rest
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]
mod tests;
