//! How long the buffers are that a client is given, and the records that a server is asked for.

use crate::machine::TAG;

/// Bytes for receiving that are enough for every server: the longest record, 16,640.
///
/// With less, from 1,041 bytes on, the server is asked for shorter records by `max_fragment_length` (RFC
/// 6066, section 4): with [`RECEIVE_4K`] for at most 4,096 bytes of content. Servers that use OpenSSL (nginx,
/// haproxy) do as asked; Go (Caddy) and rustls do not, and then a longer record is
/// [`Error::RecordTooLong`](crate::Error::RecordTooLong).
pub const RECEIVE: usize = (1 << 14) + 256;
/// Bytes for receiving that are enough for a server that does as `max_fragment_length` asks: a record with
/// 4,096 bytes of content, 4,352 in all.
///
/// A handshake message may come over several records, but all of it must fit, too: a chain of certificates
/// with RSA keys can be longer, and then the error is
/// [`Error::MessageTooLong`](crate::Error::MessageTooLong).
pub const RECEIVE_4K: usize = 4096 + 256;
/// The least for receiving, in bytes. It is enough for a server of your own if you know that its records are
/// short, and its certificates.
pub const RECEIVE_MIN: usize = 1024;
/// The least for sending, in bytes: a `ClientHello` with the longest name. Each record that is sent has at
/// most 22 bytes less than the buffer, and at most 16,384.
pub const SEND_MIN: usize = 512;

/// The code of `max_fragment_length` (RFC 6066, section 4) for the most content that fits in a buffer for
/// receiving, with its content type and tag; `None` where all of it fits, or where hardly a certificate
/// would.
pub(crate) fn fragment(receive: usize) -> Option<u8> {
    match receive.saturating_sub(1 + TAG) {
        1024..2048 => Some(2),
        2048..4096 => Some(3),
        4096.. if receive < RECEIVE => Some(4),
        _ => None,
    }
}
