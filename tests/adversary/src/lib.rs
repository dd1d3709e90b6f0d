//! TLS servers that a client must refuse, and some that it must not.
//!
//! [`certificates`] is a table of chains, each with the verdict that a client must reach. [`Server`] shows
//! one of them. It speaks TLS with a library that obeys the rules, or with a TLS 1.3 of its own that breaks
//! them in one place. It passes what it decrypts to a server without TLS, so that a [`Fault`] can hit in the
//! middle of a body.
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
