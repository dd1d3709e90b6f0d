//! How a JSON text can be invalid, or not fit a record.

use core::{fmt, ops::Deref};

use super::{limits::SHORT, node::Node};

/// Why a text was refused, or why some fields of a record could not be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// A byte that the grammar does not allow there. The text is not JSON.
    Unexpected,
    /// An invalid number (RFC 8259 §6): a leading zero, or a missing digit.
    Number,
    /// A reverse solidus in a string that does not begin an escape.
    Escape,
    /// An unescaped control character in a string (RFC 8259 §7).
    Control,
    /// Objects and arrays are nested more than 128 levels deep.
    Depth,
    /// Something other than whitespace comes after the text.
    Trailing,
    /// The input ended before the text did.
    Incomplete,
    /// The JSON is valid, but the value of this member does not fit its field: it has another type, or is a
    /// number out of range; [`Name::why`] says which. It is the first such member. The fields of such members
    /// are at their defaults, and all others are filled.
    Mismatch(Name),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unexpected => "unexpected byte in JSON",
            Self::Number => "malformed number in JSON",
            Self::Escape => "malformed escape in a JSON string",
            Self::Control => "control character in a JSON string",
            Self::Depth => "JSON nested more than 128 deep",
            Self::Trailing => "something after the end of the JSON text",
            Self::Incomplete => "JSON text ends too early",
            Self::Mismatch(Name { why: Misfit::Root, .. }) => "JSON text is not an object",
            Self::Mismatch(name) => return write!(f, "JSON member `{name}` {}", name.why),
        })
    }
}

impl core::error::Error for Error {}

/// A member whose value did not fit its field: its name, as in the pointer of the record, and why. The name
/// is empty for the text as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    pub(super) node: &'static Node,
    pub(super) why: Misfit,
}

impl Name {
    /// Why the value did not fit.
    #[must_use]
    pub const fn why(self) -> Misfit {
        self.why
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.node.name()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, which {}", &**self, self.why)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Name {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}: {}", self, self.why);
    }
}

/// Why a value does not fit its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Misfit {
    /// The whole text is not an object.
    Root,
    /// The value has another type.
    Type,
    /// The value has a fraction. `2.0` and `2e1` have none.
    Integer,
    /// The value is out of the field's range.
    Range,
    /// The value is a number of more than [`SHORT`] characters.
    Long,
    /// The value is an object or array inside more than [`RECORDS`](super::RECORDS) others.
    Depth,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Root => "is not an object",
            Self::Type => "has a value of another type",
            Self::Integer => "is not an integer",
            Self::Range => "is out of range",
            Self::Long => return write!(f, "is a number of more than {SHORT} characters"),
            Self::Depth => "is nested too deep",
        })
    }
}

/// Why a value cannot be read into a type of yours, see [`Raw::parse`](super::Raw::parse).
#[cfg(feature = "serde")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ParseError {
    /// Only the beginning of the value was kept: make the field larger.
    Cut,
    /// `scratch` is smaller than a string or a name with escapes. As many bytes as the field has are always
    /// enough.
    Scratch,
    /// The type asks serde for a value of any type, as untagged enums and flattened structs do, or for bytes.
    /// Neither is supported.
    Unsupported,
    /// The value does not fit the type: a member is missing, for example, or a number is out of range.
    Mismatch,
}

#[cfg(feature = "serde")]
impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "only the beginning of the value was kept: its field needs more bytes",
            Self::Scratch => "the scratch memory is too small for a string with escapes",
            Self::Unsupported => "the type is untagged or flattened, or asks for bytes: that cannot be read",
            Self::Mismatch => "the value does not match the type that it is read into",
        })
    }
}

#[cfg(feature = "serde")]
impl core::error::Error for ParseError {}

#[cfg(feature = "serde")]
impl ParseError {
    // Not `From`, which would put another crate's type into this one's interface.
    pub(super) fn new(error: serde_json_core::de::Error) -> Self {
        use serde_json_core::de::Error;
        match error {
            Error::EscapedStringIsTooLong => Self::Scratch,
            Error::AnyIsUnsupported | Error::BytesIsUnsupported => Self::Unsupported,
            // The tokenizer has accepted the text.
            _ => Self::Mismatch,
        }
    }
}

/// Why a text is invalid, whatever the record: one byte, because nearly every function here returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Unexpected,
    Number,
    Escape,
    Control,
    Depth,
    Trailing,
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Unexpected => Self::Unexpected,
            Wrong::Number => Self::Number,
            Wrong::Escape => Self::Escape,
            Wrong::Control => Self::Control,
            Wrong::Depth => Self::Depth,
            Wrong::Trailing => Self::Trailing,
        }
    }
}
