//! TLS 1.3 that authenticates the server: a transport in, a transport that only the server can read out.
//!
//! For firmware that has something to keep: a key that must reach one server and nobody else. No heap, no C,
//! any transport of embedded-io-async, memory that the caller gives.
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
//! Before [`Client::connect`] returns, and thus before anything that the application says is written:
//!
//! * **The certificates**, by rustls-webpki: a path of signatures to one of your [`Roots`]; for each authority the
//!   CA flag, the path length and the name constraints; for the server the extended key usage and the name,
//!   among all names and addresses of the subjectAltName (never the common name); the dates of all but the root.
//! * **That the server holds the key**: its signature over this very handshake.
//! * **That both were there**, once, in order.
//! * **The end of the handshake**, which covers every byte of it.
//!
//! And always: each record's authenticity and order; that nothing comes in the clear that must not; that the end of the
//! connection is the server's own word. A server's certificates that do not hold are told apart by [`CertificateError`].
//!
//! # What is not
//!
//! * **No revocation.** Short-lived certificates are the remedy; or roots of your own.
//! * **No key usage** but the extended one, as in rustls.
//! * **TLS 1.3 only**, with `TLS_AES_128_GCM_SHA256` and a key exchange on P-256: a server without ends
//!   the handshake, and you are told why. No resumption: each connection shakes hands in full.
//! * **Handshake messages split over records** are refused. Servers split what is longer than a record, 16 KB: a
//!   certificate chain of that size; some split at less.
//! * **change_cipher_spec**, which means nothing, may come once, behind `ServerHello`; RFC 8446 allows more.
//! * **A new key** (`KeyUpdate`) ends the connection with an error, and so does a ticket that is split.
//! * **ALPN** `http/1.1` is offered; what the server answers is not looked at.
//! * **No alerts** but `close_notify`, by [`Connection::close`]: a server that is refused finds the connection ended.
//! * **A server that is authenticated** can still send garbage, never end, or bring the firmware to a restart. It is
//!   trusted with the key already.
//!
//! The protocol is spoken by embedded-tls, without its own verifiers (its features `rustpki` and `webpki`).
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | | ECDSA on P-256 |
//! | `p384` | ECDSA on P-384, and SHA-384: most public authorities sign with it |
//! | `rsa` | RSA of 2048 to 4096 bits |
//! | `webpki-roots` | `Roots::mozilla()`, 57 KB of flash |
//! | `defmt` | `Format` for what has `Display` |
//!
//! A public server's chain mixes them: `p384` and `rsa` are what the great authorities need, P-256 is enough for
//! one of your own.
//!
//! # What it costs
//!
//! Measured on the instruction set of an ESP32-C3 (riscv32imc, opt-level s), over the same program without TLS:
//!
//! | | P-256 | with P-384 | with RSA, too |
//! |---|---|---|---|
//! | flash | 120 KB | 151 KB | 158 KB |
//! | RAM besides the stack | 22 KB | | |
//! | stack of a handshake | 9 to 10 KB | 15 KB | 10 KB |
//! | a handshake, million instructions | 41, and 14 for each intermediate | 115 to 146 | 20 to 37 |
//! | instructions for each byte received | 283 | | |
//!
//! A Cortex-M0 takes three to four times as many instructions. A handshake computes for up to 146 million of them
//! **between two waits**: about a second. What must go on meanwhile, a radio for one, belongs on an executor of a
//! higher priority.
//!
//! # The buffers
//!
//! A record can only be checked whole, so the buffer for receiving must hold the longest that the server makes:
//! [`RECEIVE`], 16,640 bytes, unless you know your server; a longer one is [`Error::RecordTooLong`]. The buffer for
//! sending needs [`SEND_MIN`], 512 bytes; a request that is longer goes out in several records.
//!
//! # Time and randomness
//!
//! A device that does not know the date cannot tell a certificate that was stolen years ago from a good one.
//! Ask for the time (SNTP) before the first connection; until then the clock says `None`, and there is none.
//! [`Dates::Ignored`] is for devices that can never know. The random numbers must come from the chip's own
//! source of noise: whoever can guess them reads everything.
#![no_std]

mod certificate;
mod client;
mod connection;
mod date;
mod error;
mod lease;
mod record;
mod roots;
mod signature;
mod verifier;
mod words;

pub use embedded_tls::CryptoRngCore as Random;
pub use pki_types::TrustAnchor;

pub use self::{
    certificate::CERTIFICATES_MAX,
    client::{Client, Dates, RECEIVE, RECEIVE_MIN, SEND_MIN},
    connection::Connection,
    date::Date,
    error::{CertificateError, Error},
    roots::Roots,
};
