#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod head;
mod request;
mod stream;

pub use self::stream::Stream;
