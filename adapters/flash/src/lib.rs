#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod cursor;
mod entry;

pub use self::{
    cursor::{Cursor, Error},
    entry::MAX_ID,
};
