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
//! And always: that each record is authentic and in order; that nothing comes in the clear that must be
//! encrypted; that the server itself ended the connection. [`CertificateError`] says what is wrong with a
//! server's certificates.
//!
//! # What is not
//!
//! * **No revocation.** Short-lived certificates help, or roots of your own.
//! * **No key usage** but the extended one, as in rustls.
//! * **TLS 1.3 only**, with one [cipher suite](Suite) and a key exchange on P-256. A server that has neither
//!   ends the handshake, and the error says so. There is no resumption: every connection needs a full
//!   handshake.
//! * **Handshake messages split over records** are refused. Servers split what is longer than a record, 16
//!   KB: a certificate chain of that size. Some split earlier.
//! * **change_cipher_spec**, which has no meaning, may come once, after `ServerHello`; RFC 8446 allows more.
//! * **A new key** (`KeyUpdate`) ends the connection with an error, and so does a ticket that is split.
//! * **ALPN** offers `http/1.1`; the server's answer is not checked.
//! * **No alerts** are sent except `close_notify`, by [`Connection::close`]: a server that is refused sees
//!   the connection end.
//! * **An authenticated server** can still send garbage, or never end. It already has the key.
//!
//! embedded-tls implements the protocol; its own verifiers (features `rustpki` and `webpki`) are not used.
//!
//! # The cipher suite
//!
//! A [`Client`] offers `TLS_CHACHA20_POLY1305_SHA256`: without AES hardware that is by far the fastest, and
//! nginx, haproxy, Caddy, OpenSSL and rustls accept it as they come. A server that keeps to FIPS 140 may not.
//! It answers with an alert, [`Error::Alert`] with `handshake_failure`. For such a server use
//! `client.with_suite::<`[`Aes128GcmSha256`]`>()`. Only the suite that you use is linked.
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
//! | `machine` | [`machine`]: TLS 1.3 of this crate's own, with resumption, as an alternative to the above |
//! | `aes128-gcm`, `p256-exchange` | `TLS_AES_128_GCM_SHA256` and a key exchange on P-256 for it, beside ChaCha20 and X25519 |
//!
//! The chain of a public server mixes them: the large authorities need `p384` and `rsa`. P-256 is enough for
//! an authority of your own.
//!
//! # What it costs
//!
//! Measured on the instruction set of an ESP32-C3 (riscv32imc, opt-level s), over the same program without
//! TLS:
//!
//! | | P-256 | with P-384 | with RSA, too |
//! |---|---|---|---|
//! | flash | 110 KB | 123 KB | 130 KB |
//! | RAM besides the stack, with [`RECEIVE`] | 22 KB | | |
//! | … with [`RECEIVE_4K`] | 10 KB | | |
//! | stack of a handshake | 8 to 10 KB | 11 KB | 10 KB |
//! | a handshake, million instructions | 27, and 7 for each intermediate | 52 to 61 | 20 to 36 |
//! | instructions for each byte received | 76; 283 with AES-128-GCM, and 5 KB more flash | | |
//!
//! A Cortex-M0 takes two to four times as many instructions. A handshake computes for up to 61 million of
//! them **between two waits**: up to half a second. Whatever must run meanwhile, a radio for example, belongs
//! on an executor of a higher priority.
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
