//! What can be wrong with a JSON text.

use core::{fmt, ops::Deref};

use super::{limits::SHORT, node::Node};

/// Why a text was refused, or why a record does not hold all that it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// A byte stands where the grammar has no place for it. The text is not JSON.
    Unexpected,
    /// A number breaks RFC 8259, section 6: a leading zero, or a digit missing.
    Number,
    /// A reverse solidus in a string stands before something that is not an escape.
    Escape,
    /// A control character stands in a string as it is: section 7 wants it escaped.
    Control,
    /// Objects and arrays are nested in one another more than 128 deep.
    Depth,
    /// Something other than whitespace comes after the text. It is another text, or none.
    Trailing,
    /// The input ended before the text did: it was cut, or was wrong before.
    Incomplete,
    /// The text is right, but the value of this member is not what the record asks for: another type,
    /// or a number that its field cannot hold; [`Name::why`] tells. It is the first of such members: its field
    /// and those of others like it are at their defaults, and all others are filled.
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

/// A member whose value did not fit its field: its name, as the pointer of the record has it, and why. The
/// name is empty for the text as a whole.
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

/// Why a value does not fit the field that it is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Misfit {
    /// It is the text as a whole, which is not an object.
    Root,
    /// It is of another type.
    Type,
    /// It is a number with a fraction. `2.0` and `2e1` have none.
    Integer,
    /// It is a number that the field cannot hold.
    Range,
    /// It is a number that is written with more than [`SHORT`] characters.
    Long,
    /// It is an object or array in more than [`RECORDS`](super::RECORDS) others.
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
    /// Only the beginning of the value was kept. Give its field more bytes.
    Cut,
    /// `scratch` is smaller than a string or a name that has escapes. As many bytes as the field has are enough.
    Scratch,
    /// The type asks serde for whatever comes, as untagged enums and flattened structs do, or for bytes. Neither
    /// can be read.
    Unsupported,
    /// The value is not of that type: a member is missing, for example, or a number is out of range.
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
    // Not `From`, which would make another crate's type a part of this one's interface.
    pub(super) fn new(error: serde_json_core::de::Error) -> Self {
        use serde_json_core::de::Error;
        match error {
            Error::EscapedStringIsTooLong => Self::Scratch,
            Error::AnyIsUnsupported | Error::BytesIsUnsupported => Self::Unsupported,
            // The text is right, as the tokenizer has read it.
            _ => Self::Mismatch,
        }
    }
}

/// What is wrong with a text, whatever it is filled into: one byte, for nearly every function here gives
/// it on.
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
