//! What every board does: it asks a question when its button is pressed, shows the answer in the log, and how
//! it is going with a lamp. It needs a network, random bytes, a button and some flash.
//!
//! ```text
//! settings (build.rs), button ─► questions ─► log
//!                        time ─┘    ▲│ └────► lamp
//!       taskgroup-embassy, TLS ─────┘└──────► state in the flash
//! ```
#![no_std]

pub mod button;
pub mod lamp;
pub mod network;
pub mod questions;
pub mod time;
