//! TLS 1.3 that authenticates the server: a transport in, a transport that only the server can read out.
//!
//! It is for firmware with a secret: a key that must reach one server and nobody else. It needs no heap and
//! no C, works over any transport of embedded-io-async, and uses memory that the caller gives.
//!
//! ```
//! use embedded_io_async::{Read, Write};
//! use taskgroup_tls::{Client, Dates, Error, RECEIVE, Random, Roots, SEND_MIN};
//!
//! async fn greet(tcp: impl Read + Write, root: &[u8], now: u64, random: impl Random) -> Result<(), Error> {
//!     let (mut receive, mut send) = ([0; RECEIVE], [0; SEND_MIN]);
//!     let (roots, clock) = ([root], || Some(now));
//!     let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&clock));
//!     let client = Client::new(roots, dates, random, &mut receive, &mut send);
//!     let mut server = client.connect(tcp, "example.org").await?;
//!     server.write_all(b"hello").await?;
//!     server.flush().await
//! }
//! ```
//!
//! # What is checked
//!
//! Before [`Client::connect`] returns, and so before the application can write anything:
//!
//! * **The certificates**, by rustls-webpki: a path of signatures to one of your [`Roots`]; for each
//!   authority the CA flag, the path length and the name constraints; for the server the extended key usage
//!   and the name, among all names and addresses of the subjectAltName (never the common name); the dates of
//!   all but the root.
//! * **That the server holds the key**: its signature over this very handshake.
//! * **That both came**, once, in order.
//! * **The end of the handshake**, which covers every byte of it.
//!
//! And always: that each record is authentic and in order; that the server answers only what was offered, and
//! sends each message in its place; that nothing comes in the clear that must be encrypted; that the server
//! itself ended the connection. [`CertificateError`] says what is wrong with a server's certificates. A
//! server that is refused is told why by an alert.
//!
//! # What is not
//!
//! * **No revocation.** Short-lived certificates help, or roots of your own.
//! * **No key usage** but the extended one, as in rustls.
//! * **TLS 1.3 only.** A server that has none of what is offered ends the handshake, and the error says so.
//! * **No client certificates**, and no early data.
//! * **ALPN** offers `http/1.1`; a server may leave it unanswered.
//! * **An authenticated server** can still send garbage, or never end. It already has the key.
//!
//! # What is offered
//!
//! The cipher suite `TLS_CHACHA20_POLY1305_SHA256`, which a processor without AES hardware computes several
//! times faster than AES-GCM, and, with the feature `aes128-gcm`, `TLS_AES_128_GCM_SHA256` after it;
//! [`Client::with_suites`] changes the order, or leaves one out. For the key exchange X25519, and, with the
//! feature `p256-exchange`, P-256, for which a server has to ask by a HelloRetryRequest. nginx, haproxy,
//! Caddy, OpenSSL, GnuTLS and rustls accept the first of each as they come. A server that keeps to FIPS 140
//! may have only the second of both.
//!
//! # Resumption
//!
//! A [`Client`] keeps a ticket of its server and resumes the session when it connects again: the server
//! proves by the ticket that it is the one that was authenticated before. That needs no certificates, and a
//! third to a half of the computing. See [`Client`] for when a ticket is used.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | | ChaCha20-Poly1305, X25519, and certificates with ECDSA on P-256 |
//! | `aes128-gcm` | `TLS_AES_128_GCM_SHA256` |
//! | `p256-exchange` | a key exchange on P-256 |
//! | `p384` | certificates with ECDSA on P-384, and SHA-384: most public authorities sign with it |
//! | `rsa` | certificates with RSA of 2048 to 4096 bits |
//! | `webpki-roots` | `Roots::mozilla()`, 57 KB of flash |
//! | `defmt` | `Format` for what has `Display` |
//!
//! The chain of a public server mixes kinds of keys: the large authorities need `p384` and `rsa`. P-256 is
//! enough for an authority of your own.
//!
//! # What it costs
//!
//! Measured on the instruction set of an ESP32-C3 (riscv32imc, opt-level s), over the same program without
//! TLS:
//!
//! | | P-256 | with AES-128-GCM and a key exchange on P-256 | with P-384 and RSA, too |
//! |---|---|---|---|
//! | flash | 88 KB | 112 KB | 129 KB |
//! | RAM besides the stack, with [`RECEIVE`] and 1 KB for sending | 19 KB | | |
//! | … with [`RECEIVE_4K`] and [`SEND_MIN`] | 6.4 KB | | |
//! | stack of a handshake | 5.6 to 7.1 KB | | 7.1 KB |
//! | a full handshake, million instructions | 21, and 6 for each intermediate | | 14 to 55 |
//! | a resumed one | 8 | | |
//! | instructions for each byte received | 75 | 280 with AES-128-GCM | |
//!
//! A handshake computes most of this **between two waits**: up to half a second. A Cortex-M0 takes two to
//! four times as many instructions, and an RP2040 up to two seconds. Whatever must run meanwhile, a radio for
//! example, belongs on an executor of a higher priority.
//!
//! # The buffers
//!
//! A record can only be checked as a whole, so the buffer for receiving must hold the longest that the server
//! sends: [`RECEIVE`], 16,640 bytes, unless you know your server: one that does as `max_fragment_length` asks
//! needs [`RECEIVE_4K`], 4,352 bytes. A longer record is [`Error::RecordTooLong`]. The buffer for sending
//! needs [`SEND_MIN`], 512 bytes; a longer request is sent in several records.
//!
//! # Time and randomness
//!
//! A device that does not know the date cannot tell a key that was stolen years ago from a good one. Ask for
//! the time (SNTP) before the first connection; until then the clock says `None`, and [`Client::connect`]
//! fails. [`Dates::Ignored`] is for devices that can never know the time. The random numbers must come from
//! the chip's own source of noise: anyone who can guess them can read everything.
#![no_std]
#![forbid(unsafe_code)]

mod buffers;
mod certificate;
mod client;
mod connection;
mod date;
mod dates;
mod error;
pub mod machine;
mod roots;
mod signature;
mod words;

pub use pki_types::TrustAnchor;
pub use rand_core::CryptoRngCore as Random;

pub use self::{
    buffers::{RECEIVE, RECEIVE_4K, RECEIVE_MIN, SEND_MIN},
    certificate::CERTIFICATES_MAX,
    client::Client,
    connection::Connection,
    date::Date,
    dates::Dates,
    error::{CertificateError, Error},
    machine::CipherSuite,
    roots::Roots,
};
