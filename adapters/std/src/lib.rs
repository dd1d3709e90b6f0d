//! The Task Group API over blocking std sockets and rustls: a request in, its events out.
//!
//! ```no_run
//! use taskgroup::{api, session::{Config, Event}};
//! use taskgroup_std::{Security, Stream};
//!
//! let request = api::runs("tgrp_5c1f0a").include_output(true);
//! let record = api::StreamEvent::<api::Brief>::default();
//! let mut stream = Stream::new(Config::new("key"), request, record, &Security::platform());
//! while let Some(event) = stream.next() {
//!     if let Event::Record(run) = event { println!("{run:?}") }
//! }
//! println!("{:?}", stream.outcome());
//! ```
//!
//! [`Following`] asks questions and returns each answer once. [`Stream`] drives a
//! [`Session`](taskgroup::session::Session) over a [`Connector`] and a [`Clock`]. You can use these in a loop
//! of your own: `examples/raw.rs` is one.
//!
//! # Limits
//!
//! It blocks, and has one connection per stream. The heap holds one buffer of 64 KiB and what the record
//! keeps there: [`Verbatim`] and [`Whole`] grow with the largest event.
#![forbid(unsafe_code)]

mod clock;
mod connection;
mod connector;
mod head;
mod security;
mod stream;
mod verbatim;
pub mod whole;

pub use self::{
    clock::Clock,
    connector::Connector,
    security::{CaError, Security},
    stream::{Driver, Following, Step, Stream},
    verbatim::Verbatim,
    whole::Whole,
};
