//! The head of an answer as reqwless has read it in, the bytes that a session reads out.
//!
//! What says how long the body is stays out: reqwless takes the body out of its framing, and does not
//! tell whether it was whole. To the session the body is one that only the end of the connection ends,
//! which proves nothing, and is asked about again.

use embedded_io_async::Read;
use reqwless::{headers::TransferEncoding, response::Response};

/// Fields that tell of the connection and the framing, which are reqwless's.
const FRAMING: [&str; 4] = ["connection", "content-length", "keep-alive", "transfer-encoding"];

/// Gives `each` the head, piece by piece.
pub(crate) fn retell<C: Read>(response: &Response<'_, '_, C>, mut each: impl FnMut(&[u8])) {
    let digit = |place| b'0' + u8::try_from(response.status.0 / place % 10).unwrap_or_default();
    each(b"HTTP/1.1 ");
    each(&[digit(100), digit(10), digit(1)]);
    each(b" \r\n");
    for (name, value) in response.headers() {
        // An empty name is a place without a field.
        if name.is_empty() || FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing)) {
            continue;
        }
        each(name.as_bytes());
        each(b": ");
        each(value);
        each(b"\r\n");
    }
    each(b"\r\n");
}

/// Whether reqwless takes the body for what it is: it reads one with a length and chunks by the length,
/// and one in any other coding as it comes.
pub(crate) fn is_framing_understood<C: Read>(response: &Response<'_, '_, C>) -> bool {
    matches!(
        (response.content_length, response.transfer_encoding.as_slice()),
        (_, []) | (None, [TransferEncoding::Chunked])
    )
}
