//! What every board does, by the settings of its build: it asks a question when its button is pressed and
//! shows the answer, or it shows the runs of a group. Both are lines of the log; how it is going, a lamp
//! says. It needs a network, random bytes, a button and some flash.
//!
//! ```text
//! settings (build.rs), button ─► questions or runs ─► log, lamp
//!                                      ▲     └────► state in the flash
//! taskgroup-embassy, TLS, time ─► server
//! ```
#![no_std]

pub mod button;
pub mod lamp;
pub mod network;
#[cfg_attr(program = "questions", path = "questions.rs")]
#[cfg_attr(program = "runs", path = "runs.rs")]
mod program;
mod server;
pub mod time;

pub use self::server::{SOCKETS, run};
