//! TLS servers that a client must refuse, and some that it must not.
//!
//! [`certificates`] is a table of chains, each with what a client has to make of it. [`Server`] shows one of them, by a
//! TLS library that keeps to the rules or by TLS 1.3 of its own that breaks them at one place, and hands on what it
//! decrypts: to a server without TLS behind it, so that a [`Fault`] can hit in the middle of a body.
//!
//! ```
//! use taskgroup_adversary::{Expected, NOW, Refusal, certificates};
//!
//! let case = certificates::find("expired-leaf", NOW).unwrap();
//! assert_eq!(case.expected, Expected::Refused(Refusal::Expired));
//! ```

mod body;
pub mod certificates;
mod fault;
mod flight;
mod handshake;
mod hello;
mod key;
mod message;
mod record;
mod schedule;
mod server;

pub use certificates::{Case, Expected, NOW, Refusal};
pub use fault::{Effect, Fault};
pub use key::Key;
pub use server::{Connection, Options, Server, Upstream};
