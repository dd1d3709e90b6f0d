//! How an HTTP answer can be invalid.

use core::fmt;

/// Why the rest of an answer cannot be read. Close the connection: nobody knows where another answer would
/// begin.
///
/// Unless a variant says otherwise, the server or something on the way to it broke the protocol, and asking
/// again later may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The answer does not begin with `HTTP/1.x` and three digits ([RFC 9112 §4]). The server does not speak
    /// HTTP/1: check the port, and whether it wants TLS.
    ///
    /// [RFC 9112 §4]: https://www.rfc-editor.org/rfc/rfc9112#section-4
    StatusLine,
    /// A header or trailer line has no name, no colon, or a character in its name that must not be there,
    /// such as whitespace before the colon ([RFC 9112 §5]).
    ///
    /// [RFC 9112 §5]: https://www.rfc-editor.org/rfc/rfc9112#section-5
    Field,
    /// A CR without an LF after it, or an LF without a CR between chunks, where only both together
    /// end a line ([RFC 9112 §2.2]).
    ///
    /// [RFC 9112 §2.2]: https://www.rfc-editor.org/rfc/rfc9112#section-2.2
    LineEnd,
    /// `Content-Length` is not a number, is beyond 2^64 - 1, or differs from another one
    /// ([RFC 9112 §6.3]).
    ///
    /// [RFC 9112 §6.3]: https://www.rfc-editor.org/rfc/rfc9112#section-6.3
    ContentLength,
    /// `Transfer-Encoding` is anything but `chunked` once ([RFC 9112 §6.1]): the bytes would have to be
    /// decompressed. No request asks for that, so asking again does not help.
    ///
    /// [RFC 9112 §6.1]: https://www.rfc-editor.org/rfc/rfc9112#section-6.1
    TransferEncoding,
    /// A chunk's size is not a hexadecimal number, is beyond 2^64 - 1, or is not the size of the chunk
    /// ([RFC 9112 §7.1]).
    ///
    /// [RFC 9112 §7.1]: https://www.rfc-editor.org/rfc/rfc9112#section-7.1
    Chunk,
    /// The head, with the interim answers before it, is larger than 256 KiB.
    HeadTooLong,
    /// More than 16 interim (1xx) answers, and still no final one.
    TooManyInterim,
    /// The line with a chunk's size and extensions is longer than 4 KiB.
    ChunkLineTooLong,
    /// The trailers after the last chunk are larger than 64 KiB.
    TrailersTooLong,
    /// A redirect's `Location` is longer than the 128 bytes reserved for it. The server did nothing wrong:
    /// configure the address that it redirects to.
    Capacity,
    /// The connection ended before the answer did ([RFC 9112 §8]). The body so far is only a part.
    ///
    /// [RFC 9112 §8]: https://www.rfc-editor.org/rfc/rfc9112#section-8
    Truncated,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StatusLine => "the answer is not HTTP/1",
            Self::Field => "malformed header line",
            Self::LineEnd => "malformed line end",
            Self::ContentLength => "invalid content length",
            Self::TransferEncoding => "transfer encoding other than chunked",
            Self::Chunk => "malformed chunk",
            Self::HeadTooLong => "head larger than 256 KiB",
            Self::TooManyInterim => "more than 16 interim answers",
            Self::ChunkLineTooLong => "chunk-size line longer than 4 KiB",
            Self::TrailersTooLong => "trailers larger than 64 KiB",
            Self::Capacity => "redirect to a location longer than 128 bytes",
            Self::Truncated => "the connection ended before the answer",
        })
    }
}

impl core::error::Error for Error {}
