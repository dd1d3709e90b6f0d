//! The Task Group API on embassy: a request in, its events out, over a socket of embassy-net.
//!
//! ```
//! # #[cfg(feature = "tls")] {
//! use embassy_net::Stack;
//! use taskgroup::{api, session::{Config, Event}};
//! use taskgroup_embassy::{Clock, Stream, Tcp, Tls};
//! use taskgroup_tls::{Client, Dates, RECEIVE, Random, Roots};
//!
//! async fn show(network: Stack<'_>, root: &[u8], random: impl Random, unix_time: impl Fn() -> Option<u64>) {
//!     let (mut receive, mut send, mut record, mut request) = ([0; 4096], [0; 1024], [0; RECEIVE], [0; 512]);
//!     let (roots, dates) = ([root], Dates::CheckedBy(&unix_time));
//!     let client = Client::new(Roots::Certificates(&roots), dates, random, &mut record, &mut request);
//!     let network = Tls::new(Tcp::new(network, &mut receive, &mut send), client);
//!     let event = api::StreamEvent::<api::Brief>::default();
//!     let mut runs = Stream::new(Config::new("key"), api::runs("tgrp_5c1f0a"), event, &network, Clock);
//!     while let Some(event) = runs.next().await {
//!         if let Event::Record(_run) = event { /* … */ }
//!     }
//! }
//! # }
//! ```
//!
//! [`Tls`] authenticates the server before it gives a connection out; taskgroup-tls says what is checked and what
//! that costs. It is the feature `tls`, on by default. [`Tcp`] alone speaks none: a server that wants it is
//! refused, and so is, by either, plaintext to any other machine, unless it is
//! [allowed](Tcp::allow_plaintext). [`another_tls`] shows how a TLS of your own goes in.
//!
//! # How large the buffers should be
//!
//! Those of [`Tcp`] are the socket's. **Receive**: events are parsed where they lie, so any size from 1 byte on
//! works; it is the TCP window, and thus bounds the speed: at most so many bytes in each round trip.
//! 4 KiB is good for a device that shows events, 1.5 KB (one packet) the least that makes sense, 16 KiB
//! for bulk. **Send**: the request has about 250 bytes, and is written in pieces; 512 bytes take it in
//! one go, with TLS 1 KiB. Those for the records of TLS are taskgroup-tls's.
//!
//! # Name servers
//!
//! smoltcp, which embassy-net is made of, keeps **one** name server, however many DHCP tells, unless it is built with an
//! environment variable. Set it where the firmware is built, in `.cargo/config.toml`:
//!
//! ```toml
//! [env]
//! SMOLTCP_DNS_MAX_SERVER_COUNT = "3"
//! ```
//!
//! The servers are asked one after the other. One that is dead costs 10 to 15 s, and does so in each query, for
//! embassy-net's resolver begins with the first server each time and does not say which one has answered. This time is not
//! counted in [`Config::with_connect_timeout`](taskgroup::session::Config::with_connect_timeout): a name has 60 s more.
//! Addresses are not kept for the next connection either, since nobody knows for how long they are good.
//!
//! `StackResources` needs two sockets for DHCP and DNS, and one for each [`Tcp`].
//!
//! # The end of a connection
//!
//! A stream that has ended, and one that is [closed](taskgroup_embedded_io::Stream::close), has told the server so. One
//! that is dropped before resets its connection, for which the [`Tcp`] must live until the network stack has
//! run again: otherwise nothing is sent, and the server takes the connection to be open until it sends something.
//!
//! # A handshake computes
//!
//! A handshake computes for a second or more between two waits. embassy-net's runner must not wait for it longer than
//! the peer does, and a radio's runner not at all: give that an executor of a higher priority.
//!
//! # Limits
//!
//! One connection at a time for each [`Tcp`]. A handshake that is dropped begins anew, and one whose steps are dropped
//! more often than a record takes to arrive never ends: keep the future, as the stream's documentation shows. While an event is parsed the network stack is borrowed,
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

/// [`taskgroup_embedded_io::Following`], on embassy's clock.
pub type Following<'c, 'n, R, N, const M: usize = 1024> =
    taskgroup_embedded_io::Following<'c, 'n, R, N, Clock, M>;
