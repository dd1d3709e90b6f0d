//! A server in, a connection to it out: what a network must offer to carry a stream.
//!
//! A connector that speaks TLS goes where one that does not went: it opens the transport of another,
//! authenticates the server as [`Config::host`], and only then returns.

use core::{future::Future, net::IpAddr};

use embedded_io_async::{BufRead, Error, Write};
use taskgroup::{
    __log,
    session::{Config, Failure},
    time::Instant,
};

/// Opens connections, one at a time.
pub trait Connector {
    /// What is opened. Dropping it closes it.
    type Connection<'n>: Transport
    where
        Self: 'n;

    /// Whether waiting for a read or write of a connection may be given up without losing a byte.
    ///
    /// Say `false` where reads or writes keep something in their futures, as those of most TLS do:
    /// then a `next` that is dropped in such a wait closes the connection, and the stream goes on
    /// after its last event by another one.
    fn cancel_safe(&self) -> bool;

    /// Opens a connection to the server of `config`, by its [`host`](Config::host),
    /// [`port`](Config::port) and [`tls`](Config::tls). `until` is when it will be given up.
    ///
    /// It may be dropped before that, and called again with the same `until`: go on where it stood,
    /// if you can, for a program that looks up often would never get a connection otherwise. Another
    /// `until` is another try.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`] when another try may do better; [`Failure::Refused`] when the key
    /// must not go there: plaintext, see [`Plaintext`], or a server that is not who it should be.
    fn connect<'n>(
        &'n self,
        config: &Config<'_>,
        until: Instant,
    ) -> impl Future<Output = Result<Self::Connection<'n>, Failure>>;
}

/// A connection that lends what it receives.
///
/// Every [`BufRead`]` + `[`Write`] is one; [`Buffered`](crate::Buffered) makes one of any `Read + Write`.
pub trait Transport: Write {
    /// Waits until something is there, then calls `take` once, with bytes or, at the end of the
    /// connection, with none; takes as many off the front as `take` returns. The rest is there the
    /// next time, without waiting.
    ///
    /// # Errors
    ///
    /// The connection broke; `take` was not called.
    fn receive(&mut self, take: impl FnOnce(&[u8]) -> usize)
    -> impl Future<Output = Result<(), Self::Error>>;
}

impl<T: BufRead + Write> Transport for T {
    async fn receive(&mut self, take: impl FnOnce(&[u8]) -> usize) -> Result<(), Self::Error> {
        let bytes = self.fill_buf().await?;
        let taken = take(bytes).min(bytes.len());
        self.consume(taken);
        Ok(())
    }
}

/// Where the key may go in the clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Plaintext {
    /// To this very machine only.
    #[default]
    Loopback,
    /// Anywhere. Whoever is on the way can read the key.
    Allowed,
}

impl Plaintext {
    /// For a connector without TLS: may this server be asked? An address is checked once it is
    /// known, since a name may resolve to anything.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when it wants TLS, or is not on this machine and plaintext is not allowed.
    pub fn check(self, config: &Config<'_>, address: Option<IpAddr>) -> Result<(), Failure> {
        let is_loopback =
            config.is_loopback() && address.is_none_or(|address| address.to_canonical().is_loopback());
        let (what, why) = if config.tls() {
            ("TLS", "it is not spoken here")
        } else if self == Self::Loopback && !is_loopback {
            ("plaintext", "only loopback is asked without TLS, unless plaintext is allowed")
        } else {
            return Ok(());
        };
        __log!(error, "{} to {}: {}", what, config.host(), why);
        Err(Failure::Refused)
    }
}

/// For the log, in words that both kinds of log can print.
pub(crate) fn kind(error: &impl Error) -> &'static str {
    use embedded_io_async::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => "connection refused",
        Kind::ConnectionReset => "connection reset",
        Kind::ConnectionAborted => "connection aborted",
        Kind::NotConnected => "not connected",
        Kind::BrokenPipe => "broken pipe",
        Kind::TimedOut => "timed out",
        Kind::AddrNotAvailable => "address not available",
        Kind::OutOfMemory => "out of memory",
        _ => "the transport failed",
    }
}
