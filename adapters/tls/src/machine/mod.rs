//! TLS 1.3 without I/O: bytes of a server in, bytes for it and one next step out.
//!
//! # Limits
//!
//! No early data, no client certificates. A ticket has at most 256 bytes. Between two pieces of application
//! data a server may send 32 messages, alerts and empty records.
//!
//! What computes with a secret is chacha20poly1305, aes-gcm, x25519-dalek, p256, hmac and sha2; the protocol
//! is this module's.

mod aes;
mod exchange;
mod hello;
mod messages;
mod protection;
mod protocol;
mod schedule;
mod ticket;
mod wire;

pub(crate) use self::protection::TAG;
pub use self::{
    aes::Aes128Gcm,
    protection::{CipherSuite, HEADER},
    protocol::{Machine, Step, Terms},
    ticket::{Binding, NoTickets, OneTicket, Ticket, Tickets},
};

/// How many bytes follow the content in a record that is sent: see [`Machine::seal`].
pub const TRAILER: usize = 1 + TAG;
