#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod cursor;
mod entry;
mod kept;
mod log;

pub use self::{
    cursor::Cursor,
    entry::MAX_ID,
    kept::{Kept, MAX_BYTES},
    log::Error,
};
