//! TLS 1.3 that authenticates the server: a transport in, a transport that only the server can read out.
//!
//! ```
//! use embedded_io_async::{Read, Write};
//! use taskgroup_tls::{Client, Dates, Error, RECEIVE, Roots, SEND_MIN};
//!
//! async fn greet(tcp: impl Read + Write, root: &[u8], now: u64, random: impl taskgroup_tls::Random) -> Result<(), Error> {
//!     let (mut receive, mut send) = ([0; RECEIVE], [0; SEND_MIN]);
//!     let (roots, clock) = ([root], || Some(now));
//!     let client =
//!         Client::new(Roots::Certificates(&roots), Dates::CheckedBy(&clock), random, &mut receive, &mut send);
//!     let mut server = client.connect(tcp, "example.org").await?;
//!     server.write_all(b"hello").await?;
//!     server.flush().await
//! }
//! ```
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
