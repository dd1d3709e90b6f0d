//! TLS 1.3 without I/O: bytes of a server in, bytes for it and one next step out.
//!
//! It is what [`Client`](crate::Client) and [`Connection`](crate::Connection) stand on, for firmware with
//! another kind of transport than embedded-io-async: one that blocks, an interrupt handler, a test. A
//! [`Machine`] reads nothing and writes nothing. You lend it two buffers with each call, and it says by a
//! [`Step`] what comes next:
//!
//! 1. [`Machine::start`] writes the first message into the buffer for sending.
//! 2. [`Machine::wants`] says where in the buffer for receiving the next bytes go, and
//!    [`Machine::received`] is told how many came. When it wants none, a record is there.
//! 3. [`Machine::handshake`] works on the record: it wants more, or has something to be sent. With
//!    [`Step::Open`] the server is authenticated, not before.
//! 4. From then on [`Machine::advance`] works on records, and [`Machine::seal`] makes them.
//! 5. [`Machine::alert`] ends the connection, after an error or without one.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! use taskgroup_tls::{
//!     RECEIVE, Random, Roots, SEND_MIN,
//!     machine::{HEADER, Machine, OneTicket, Step, Terms, Tickets},
//! };
//!
//! # use std::{io, sync::Arc};
//! # use rustls::{ServerConfig, ServerConnection, pki_types::PrivateKeyDer};
//! /// Asks a server, and shows what it answers.
//! fn ask(
//!     mut socket: impl Read + Write,
//!     root: &[u8],
//!     name: &str,
//!     now: u64,
//!     random: &mut dyn Random,
//!     tickets: &dyn Tickets,
//! ) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
//!     let (mut receive, mut send) = (vec![0; RECEIVE], [0; SEND_MIN]);
//!     let roots = [root];
//!     let terms = Terms::new(Roots::Certificates(&roots), name, Some(now))?;
//!     let mut machine = Machine::new();
//!     let ticket = tickets.take(terms.binding());
//!     let length = machine.start(&terms, ticket.as_ref(), random, &mut receive, &mut send)?;
//!     socket.write_all(&send[..length])?;
//!     let (mut is_open, mut answer) = (false, Vec::new());
//!     loop {
//!         let place = machine.wants(&mut receive)?;
//!         if !place.is_empty() {
//!             let length = socket.read(place)?;
//!             if length == 0 {
//!                 // Cut: only `Step::Ended` is the server's own end.
//!                 return Err("the connection was cut".into());
//!             }
//!             machine.received(length)?;
//!             continue;
//!         }
//!         let step = if is_open {
//!             machine.advance(Some(now), tickets, &mut receive)
//!         } else {
//!             machine.handshake(&terms, random, &mut receive, &mut send)
//!         };
//!         match step {
//!             Ok(Step::Receive) => {}
//!             Ok(Step::Send(length)) => socket.write_all(&send[..length])?,
//!             Ok(Step::Open(length)) => {
//!                 socket.write_all(&send[..length])?;
//!                 is_open = true;
//!                 let request = b"a request";
//!                 send[HEADER..][..request.len()].copy_from_slice(request);
//!                 let length = machine.seal(&mut send, request.len())?;
//!                 socket.write_all(&send[..length])?;
//!             }
//!             Ok(Step::Data(length)) => answer.extend_from_slice(&receive[..length]),
//!             Ok(Step::Ended) => return Ok(answer),
//!             Err(error) => {
//!                 if let Some(length) = machine.alert(Some(error), &mut send) {
//!                     socket.write_all(&send[..length])?;
//!                 }
//!                 return Err(error.into());
//!             }
//!         }
//!         if machine.owes_update() {
//!             let length = machine.update(&mut send)?;
//!             socket.write_all(&send[..length])?;
//!         }
//!     }
//! }
//!
//! # /// A server in memory, in the place of a socket.
//! # struct Server(ServerConnection);
//! # impl Read for Server {
//! #     fn read(&mut self, mut bytes: &mut [u8]) -> io::Result<usize> {
//! #         self.0.write_tls(&mut bytes)
//! #     }
//! # }
//! # impl Write for Server {
//! #     fn write(&mut self, mut bytes: &[u8]) -> io::Result<usize> {
//! #         let length = self.0.read_tls(&mut bytes)?;
//! #         self.0.process_new_packets().map_err(io::Error::other)?;
//! #         let mut request = [0; 9];
//! #         if self.0.reader().read(&mut request).is_ok_and(|length| length == 9) {
//! #             assert_eq!(&request, b"a request");
//! #             self.0.writer().write_all(b"an answer")?;
//! #             self.0.send_close_notify();
//! #         }
//! #         Ok(length)
//! #     }
//! #     fn flush(&mut self) -> io::Result<()> {
//! #         Ok(())
//! #     }
//! # }
//! # let key = rcgen::KeyPair::generate()?;
//! # let root = rcgen::CertificateParams::new(vec!["server.example".to_owned()])?.self_signed(&key)?;
//! # let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
//! #     .with_safe_default_protocol_versions()?
//! #     .with_no_client_auth()
//! #     .with_single_cert(vec![root.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))?;
//! # let config = Arc::new(config);
//! # let (random, root, now) = (&mut rand_core::OsRng, root.der(), 1_780_272_000);
//! # let socket = || Server(ServerConnection::new(config.clone()).unwrap());
//! let tickets = OneTicket::new();
//! for _ in 0..2 {
//!     // The second time the session is resumed.
//!     let answer = ask(socket(), root, "server.example", now, random, &tickets)?;
//!     assert_eq!(answer, b"an answer");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//!
//! No early data, no client certificates. A ticket has at most 256 bytes. A handshake message has to fit in
//! the buffer for receiving. Between two pieces of application data a server may send 32 messages, alerts and
//! empty records.
//!
//! What computes with a secret is chacha20poly1305, aes-gcm or an [engine](Aes128Gcm), x25519-dalek, p256,
//! hmac and sha2; the protocol is this module's.
//!
//! # No panic
//!
//! This module, the checking of signatures and what is used of sha2, hmac, heapless, subtle and zeroize link
//! without a branch that can panic, on a Cortex-M0 and an ESP32-C3. These have such branches of their own,
//! for what their authors hold to be impossible: rustls-webpki, rustls-pki-types where it reads a name,
//! chacha20poly1305 with its cipher, aes-gcm, x25519-dalek, and p256.

mod aes;
mod exchange;
mod hello;
mod messages;
mod protection;
mod protocol;
mod schedule;
mod ticket;
mod wire;

pub(crate) use self::protection::TAG;
pub use self::{
    aes::Aes128Gcm,
    protection::{CipherSuite, HEADER},
    protocol::{Machine, Step, Terms},
    ticket::{Binding, NoTickets, OneTicket, Ticket, Tickets},
};

/// How many bytes follow the content in a record that is sent: see [`Machine::seal`].
pub const TRAILER: usize = 1 + TAG;
