//! TLS 1.3 without I/O: bytes of a server in, bytes for it and one next step out.
//!
//! # Limits
//!
//! No early data, no client certificates. A ticket has at most 256 bytes. Between two pieces of application
//! data a server may send 32 messages, alerts and empty records.
//!
//! What computes with a secret is chacha20poly1305, aes-gcm, x25519-dalek, p256, hmac and sha2; the protocol
//! is this module's.

mod exchange;
mod hello;
mod messages;
mod protection;
mod protocol;
mod schedule;
mod ticket;
mod wire;

pub use self::protection::CipherSuite;
pub(crate) use self::{
    protection::{HEADER, TAG},
    protocol::{Machine, PLAINTEXT_MAX, Step, Terms},
    ticket::Ticket,
};
