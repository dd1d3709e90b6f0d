//! A head as reqwless has parsed it in, the bytes that a session parses out.
//!
//! The fields about the length of the body are left out: reqwless takes the body out of its framing, and does
//! not say whether it was whole. For the session only the end of the connection ends this body. That proves
//! nothing, so the session asks again.

use embedded_io_async::Read;
use reqwless::{headers::TransferEncoding, response::Response};

/// Fields about the connection and the framing, which reqwless handles.
const FRAMING: [&str; 4] = ["connection", "content-length", "keep-alive", "transfer-encoding"];

/// Passes the head to `each`, piece by piece.
pub(crate) fn retell<C: Read>(response: &Response<'_, '_, C>, mut each: impl FnMut(&[u8])) {
    let digit = |place| b'0' + u8::try_from(response.status.0 / place % 10).unwrap_or_default();
    each(b"HTTP/1.1 ");
    each(&[digit(100), digit(10), digit(1)]);
    each(b" \r\n");
    for (name, value) in response.headers() {
        // An empty name marks an unused slot.
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

/// Whether reqwless reads the body as it is framed. If there is a length and chunks it uses the length, and
/// with any other coding it reads the bytes as they come.
pub(crate) fn is_framing_understood<C: Read>(response: &Response<'_, '_, C>) -> bool {
    matches!(
        (response.content_length, response.transfer_encoding.as_slice()),
        (_, []) | (None, [TransferEncoding::Chunked])
    )
}
