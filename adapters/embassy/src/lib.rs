//! The Task Group API on embassy: a request in, its events out, over a socket of embassy-net.
//!
//! ```
//! use embassy_net::Stack;
//! use taskgroup::{api, session::{Config, Event}};
//! use taskgroup_embassy::{Clock, Stream, Tcp};
//!
//! async fn show(network: Stack<'_>) {
//!     let (mut receive, mut send) = ([0; 4096], [0; 512]);
//!     let tcp = Tcp::new(network, &mut receive, &mut send);
//!     let record = api::StreamEvent::<api::Brief>::default();
//!     let mut runs = Stream::new(Config::new("key"), api::runs("tgrp_5c1f0a"), record, &tcp, Clock);
//!     while let Some(event) = runs.next().await {
//!         if let Event::Record(_run) = event { /* … */ }
//!     }
//! }
//! ```
//!
//! [`Tcp`] speaks no TLS: a server that wants it is refused, and so is plaintext to any other
//! machine, unless it is [allowed](Tcp::allow_plaintext). TLS is a [`Connector`] that takes its
//! place: it starts from [`Tcp::open`], and authenticates the server before it gives the connection out.
//! [`another_tls`] shows how one of your own goes in.
//!
//! # How large the buffers should be
//!
//! They are the socket's. **Receive**: events are parsed where they lie, so any size from 1 byte on
//! works; it is the TCP window, and thus bounds the speed: at most so many bytes in each round trip.
//! 4 KiB is good for a device that shows events, 1.5 KB (one packet) the least that makes sense, 16 KiB
//! for bulk. **Send**: the request has about 250 bytes, and is written in pieces; 512 bytes take it in
//! one go.
//!
//! # Limits
//!
//! One connection at a time for each [`Tcp`]. While an event is parsed the network stack is borrowed,
//! so a record's callback must not use it.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(doc)]
pub mod another_tls;
mod clock;
mod tcp;
#[cfg(feature = "tls")]
mod tls;

pub use taskgroup_embedded_io::{Connector, Step};

#[cfg(feature = "tls")]
pub use self::tls::{Connection as TlsConnection, Tls};
pub use self::{
    clock::Clock,
    tcp::{Connection, Tcp},
};

/// [`taskgroup_embedded_io::Stream`], on embassy's clock.
pub type Stream<'c, 'n, R, N> = taskgroup_embedded_io::Stream<'c, 'n, R, N, Clock>;
