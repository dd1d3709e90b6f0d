//! What every board does: a network, random bytes and some flash in, the runs of a task group out by the log, and how
//! it is going by a lamp.
//!
//! ```text
//! settings (build.rs) ─► runs ─► log
//!                  time ─┘▲│ └──► lamp
//! taskgroup-embassy, TLS ─┘└────► cursor in the flash
//! ```
#![no_std]

pub mod lamp;
pub mod network;
pub mod runs;
pub mod time;
