//! From the bytes of an event stream to records: what a firmware author would glue together, and taskgroup.
//!
//! Each program takes reads, and calls `found` for each event: with the record, or with nothing if the event
//! is lost.
#![no_std]

extern crate alloc;

mod events;
pub mod eventsource;
pub mod heap;
pub mod in_place;
pub mod lines;
pub mod ours;
mod polled;
pub mod records;
pub mod sseer;
mod text;

pub use events::{Keep, pull, push};
