//! Writes an HTTP/1.1 request through a buffer of any size, and parses its answer: the head, then the body
//! without its framing, lent out of the input.
//!
//! ```
//! use taskgroup::http::{Part, Response};
//!
//! let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
//! let (mut response, mut input) = (Response::new(), &answer[..]);
//! while let Some(part) = response.feed(&mut input)? {
//!     match part {
//!         Part::Head(head) => assert_eq!(head.status, 200),
//!         Part::Body(bytes) => assert_eq!(bytes, b"hello"),
//!         Part::End => assert!(response.closed().is_ok()),
//! # }}   Ok::<(), taskgroup::http::Error>(())
//! ```
//!
//! # Limits
//!
//! A head with all interim (1xx) answers before it: 256 KiB, and at most 16 of those. A chunk-size line: 4
//! KiB. Trailers: 64 KiB. Beyond any of these there is an [`Error`]. A single header may be as long as all
//! that: only what [`Head`] names is read, and no line is stored.
//!
//! A `Location` has up to 128 bytes. In all other headers that matter, an element with a meaning has up to 24
//! bytes; a longer one counts as an unknown word, except that a media type of any length may end in `+json`.
//! A body may have 2^64 - 1 bytes, and so may each chunk. Dates range from 1970 to 2099.

mod date;
mod error;
mod head;
mod request;
mod response;
mod words;

pub use error::Error;
pub(crate) use head::Location;
pub use head::{Framing, Head};
pub use request::{Method, Writer, is_field_value, is_host};
pub(crate) use response::Parser;
pub use response::{Part, Response};
