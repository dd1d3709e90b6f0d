#![doc = include_str!("../README.md")]
//! # Where to look
//!
//! The [`handbook`] explains the loop, your own record, sizes, errors, other APIs, porting, proxies and
//! tests.
//!
//! | you have | use | you get |
//! |---|---|---|
//! | questions, a socket and an API key | [`follow`] | each answer once |
//! | a socket and an API key | [`session`], with the requests and records of [`api`] | events, resumed after every failure |
//! | a socket and the key of another API | [`session`], with an [`Endpoint`](session::Endpoint) of yours | the same |
//! | an HTTP connection of your own | [`http`] | heads, and bodies without their framing |
//! | a `text/event-stream` body | [`sse`] | fields as they arrive, or whole events |
//! | JSON in pieces | [`json`] | tokens, or your own struct of fixed size |
//!
//! Each row builds on those below it and on [`text`] and [`time`], never the other way round.
#![no_std]
#![forbid(unsafe_code)]
#![warn(
    clippy::alloc_instead_of_core,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::string_slice,
    clippy::unwrap_used
)]

#[cfg(test)]
extern crate std;

#[cfg(feature = "defmt")]
mod format;
mod log;

pub mod api;
pub mod follow;
#[cfg(any(doc, doctest))]
#[doc = include_str!("handbook.md")]
pub mod handbook {}
pub mod http;
pub mod json;
pub mod session;
pub mod sse;
pub mod text;
pub mod time;
