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
//! [`Tls`] authenticates the server before it returns a connection; taskgroup-tls says what is checked and
//! what that costs. It needs the feature `tls`, which is on by default. [`Tcp`] alone does not speak TLS and
//! refuses a server that wants it. Both refuse plaintext to any other machine, unless you
//! [allow](Tcp::allow_plaintext) it. [`another_tls`] shows how another TLS goes in.
//!
//! # How large the buffers should be
//!
//! The buffers of [`Tcp`] are the socket's. **Receive**: events are parsed in place, so any size from 1 byte
//! on works. The size is the TCP window, which limits the speed: at most that many bytes arrive in each round
//! trip. 4 KiB is good for a device that shows events, 1.5 KB (one packet) the least that makes sense, 16 KiB
//! good for bulk. **Send**: the request has about 250 bytes, and is written in pieces; 512 bytes take it in
//! one go, with TLS 1 KiB. The buffers for TLS records are described by taskgroup-tls.
//!
//! # Name servers
//!
//! smoltcp, on which embassy-net is built, keeps **one** name server, however many DHCP announces, unless it
//! is built with an environment variable. Set it where you build the firmware, in `.cargo/config.toml`:
//!
//! ```toml
//! [env]
//! SMOLTCP_DNS_MAX_SERVER_COUNT = "3"
//! ```
//!
//! The servers are asked one after the other. A dead one costs 10 to 15 s in each query, because
//! embassy-net's resolver begins with the first server each time and does not say which one has answered.
//! This time does not count against
//! [`Config::with_connect_timeout`](taskgroup::session::Config::with_connect_timeout): resolving a name may
//! take 60 s more. Addresses are not kept for the next connection, since nobody knows how long they stay
//! valid.
//!
//! `StackResources` needs two sockets for DHCP and DNS, and one for each [`Tcp`].
//!
//! # The end of a connection
//!
//! A stream that has ended, or that you have [closed](taskgroup_embedded_io::Stream::close), has told the
//! server. If you drop a stream earlier, it resets its connection. For that the [`Tcp`] must live until the
//! network stack has run again: otherwise nothing is sent, and the server considers the connection open until
//! it sends something.
//!
//! # Handshakes block the executor
//!
//! A handshake computes for up to a second or two without yielding; taskgroup-tls says how long.
//! embassy-net's runner must not wait longer for it than the peer does, and a radio's runner not at all: give
//! the radio an executor of a higher priority.
//!
//! # Limits
//!
//! One connection at a time for each [`Tcp`]. If you drop a handshake it starts again, and if you keep
//! dropping it before it is complete it never ends: keep the future, as the stream's documentation
//! shows. The network stack is borrowed while an event is parsed, so a record's callback must not use it.
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
