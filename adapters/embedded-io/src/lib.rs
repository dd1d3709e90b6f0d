//! The Task Group API over embedded-io-async: a request in, its events out, on any transport.
//!
//! | part | what it is |
//! |---|---|
//! | [`Stream`] | the loop: `next().await` gives the next event, and resumes after every failure |
//! | [`Following`] | the same loop over questions: `next().await` gives each answer once |
//! | [`Clock`] | what time it is, and how to wait: yours, or taskgroup-embassy's |
//! | [`Connector`] | opens connections: [`Nal`] over embedded-nal-async, or your own, for TLS |
//! | [`Transport`] | a connection: every `BufRead + Write` is one, and [`Buffered`] makes one of every `Read + Write` |
//!
//! ```
//! use taskgroup::{api, session::{Config, Event}};
//! use taskgroup_embedded_io::{Clock, Connector, Stream};
//!
//! async fn show(network: &impl Connector, clock: impl Clock) {
//!     let record = api::StreamEvent::<api::Brief>::default();
//!     let mut runs = Stream::new(Config::new("key"), api::runs("tgrp_5c1f0a"), record, network, clock);
//!     while let Some(event) = runs.next().await {
//!         if let Event::Record(_run) = event { /* … */ }
//!     }
//! }
//! ```
#![no_std]
#![forbid(unsafe_code)]

mod buffered;
mod connector;
mod deadline;
mod nal;
mod stream;

pub use taskgroup::time::Clock;

pub use self::{
    buffered::Buffered,
    connector::{Connector, Plaintext, Server, Transport},
    nal::Nal,
    stream::{Driver, Following, Step, Stream},
};
