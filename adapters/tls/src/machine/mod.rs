//! TLS 1.3 of this crate's own, as an alternative to embedded-tls: [`Client`] and [`Connection`] are used
//! like those of the crate's root, check the same, and give the same errors. Besides, it
//!
//! * resumes sessions: a connection after the first needs no certificates, and 8 million instructions on an
//!   ESP32-C3 instead of 14 to 55;
//! * offers two cipher suites, `TLS_CHACHA20_POLY1305_SHA256` first and, with the feature `aes128-gcm`,
//!   `TLS_AES_128_GCM_SHA256`; and two groups, X25519 first and, with the feature `p256-exchange`, P-256;
//! * takes handshake messages over several records, as long as each fits in the buffer for receiving, and so
//!   works with long chains and short records;
//! * takes `KeyUpdate` and answers it, and change_cipher_spec wherever RFC 8446 allows it;
//! * tells the server by an alert why it is refused;
//! * continues after any read or write that was dropped;
//! * checks the server's answer to ALPN, and that nothing is answered that was not offered.
//!
//! # Limits
//!
//! No early data, no client certificates. A ticket has at most 256 bytes. Between two pieces of application
//! data a server may send 32 messages, alerts and empty records.
//!
//! What computes with a secret is chacha20poly1305, aes-gcm, x25519-dalek, p256, hmac and sha2; the protocol
//! is this module's.

mod client;
mod exchange;
mod hello;
mod messages;
mod protection;
mod protocol;
mod schedule;
mod ticket;
mod wire;

pub use self::client::{Client, Connection};
