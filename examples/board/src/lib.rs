//! What every board does: it shows the runs of a task group in the log, and its state with a lamp. It needs a
//! network, random bytes and some flash.
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
