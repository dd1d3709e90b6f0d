//! What can be wrong with a JSON text.

use core::fmt;

use super::tree::Name;

/// Why a text was refused, or why a record does not hold all that it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// A byte stands where the grammar has no place for it. The text is no JSON.
    Unexpected,
    /// A number breaks RFC 8259, section 6: a leading zero, or a digit missing.
    Number,
    /// A reverse solidus in a string stands before something that is no escape.
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
    /// or a number that its field cannot hold. It is the first of such members; all others are filled.
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
            Self::Mismatch(name) if name.is_empty() => "JSON text is not an object",
            Self::Mismatch(name) => return write!(f, "JSON member `{name}` has a value of another type"),
        })
    }
}

impl core::error::Error for Error {}

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
