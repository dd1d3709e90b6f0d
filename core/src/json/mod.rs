//! Bytes of a JSON text in, tokens or your own struct of fixed size out.
//!
//! [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) in full, for texts of any length, in pieces of any
//! size.
//!
//! ```
//! use taskgroup::{json::{self, Content}, record, text::Text};
//!
//! record! {
//!     /// What a badge shows.
//!     pub struct Badge { pub id: Text<40> = "/run/run_id", pub answer: Content<8> = "/output/content" }
//! }
//! let mut badge = Badge::default();
//! json::fill(&mut badge, br#"{"run": {"run_id": "trun_1"}, "output": {"content": "Forty-two"}}"#)?;
//! assert_eq!((&*badge.id, badge.answer.as_str(), badge.answer.lost()), ("trun_1", "Forty-tw", 1));
//! # Ok::<(), json::Error>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | see each token | [`Tokenizer`] |
//! | get the members that you want in a struct | [`record!`](crate::record!), and [`fill`] or [`Filler`] |
//! | choose how much to keep of each | [`Text`](crate::text::Text), [`Raw`], [`Content`], [`List`], numbers, `bool`, [`enumeration!`](crate::enumeration!), `Option`, [`Skip`], [`Pieces`] |
//! | keep a value in another way, or elsewhere | your own [`Field`] |
//! | write JSON | [`Writer`] |
//!
//! # Limits
//!
//! Nesting to [`DEPTH`] levels, of records to [`RECORDS`]; names, numbers and words of an enumeration that a
//! record reads have up to [`SHORT`] bytes each. Strings, and members that no record names, have no limit.

mod error;
mod field;
mod fill;
mod limits;
mod macros;
mod node;
mod number;
mod progress;
mod scan;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "serde")]
mod serializer;
mod tokenizer;
mod tree;
mod utf8;
mod value;
mod writer;

#[doc(hidden)]
pub use self::macros::__private;
#[cfg(feature = "serde")]
pub(crate) use self::serialize::JsonText;
pub(crate) use self::value::initials;
#[cfg(feature = "serde")]
pub use self::{error::ParseError, serializer::Serialized};
pub use self::{
    error::{Error, Misfit, Name},
    field::{Content, List, Piece, Pieces, Raw, Skip},
    fill::{Filler, fill},
    limits::{DEPTH, RECORDS, SHORT},
    node::Node,
    tokenizer::{Token, Tokenizer},
    tree::{count, tree},
    value::{Field, Json, Kind, Record, Row, Stop, Watch},
    writer::{NoJson, Output, ToJson, Writer},
};
