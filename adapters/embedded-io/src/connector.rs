//! A server in, a connection to it out: what a network must offer to carry a stream.
//!
//! A connector that speaks TLS goes where one that does not went: it opens the transport of another,
//! authenticates the server as [`Config::host`], and only then returns.

use core::{
    future::{Future, ready},
    net::IpAddr,
};

use embedded_io_async::{BufRead, Error, Write};
use taskgroup::{
    __log,
    session::{Config, Failure},
    time::Instant,
};

/// Opens connections, one at a time.
pub trait Connector {
    /// What is opened. Dropping it closes it; whether the server hears of that is up to the stack, unless it
    /// was [closed](Transport::close) before.
    type Connection<'n>: Transport
    where
        Self: 'n;

    /// Whether waiting for a read or write of a connection may be given up without losing a byte.
    ///
    /// Say `false` where reads or writes keep something in their futures, as those of most TLS do:
    /// then a `next` that is dropped in such a wait closes the connection, and the stream goes on
    /// after its last event by another one.
    fn cancel_safe(&self) -> bool;

    /// Finds out where the server is, before each [`connect`](Self::connect), and keeps that for it. By default
    /// there is nothing to find out.
    ///
    /// It may take 60 s longer than `connect`, whose own time begins after it: a resolver asks the name servers
    /// one after the other, and embassy-net's waits for one that is dead up to 15 s. Dropped before it is done, it
    /// is called again. A connector that wraps another calls the other's.
    ///
    /// # Errors
    ///
    /// As for `connect`, which is not called then.
    fn resolve(&self, config: &Config<'_>) -> impl Future<Output = Result<(), Failure>> {
        let _ = config;
        ready(Ok(()))
    }

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

    /// Tells the server that the connection is over, and waits until it has been told. Nothing is read or
    /// written afterwards. The stream gives it 100 ms, then drops the connection. It may be called again.
    ///
    /// By default, and for every `BufRead + Write`, it does nothing: those traits cannot say it.
    ///
    /// # Errors
    ///
    /// The connection broke.
    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> {
        ready(Ok(()))
    }
}

impl<T: BufRead + Write> Transport for T {
    async fn receive(&mut self, take: impl FnOnce(&[u8]) -> usize) -> Result<(), Self::Error> {
        let bytes = self.fill_buf().await?;
        let taken = take(bytes).min(bytes.len());
        self.consume(taken);
        Ok(())
    }
}

/// Tells servers apart, so that a connector gives no connection or address out for another server than it was
/// made for: a hash of [`host`](Config::host), [`port`](Config::port) and [`tls`](Config::tls).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Server(u64);

impl Server {
    /// The server of this config.
    #[must_use]
    pub fn of(config: &Config<'_>) -> Self {
        // FNV-1a.
        let [high, low] = config.port().to_be_bytes();
        let bytes = config.host().bytes().chain([high, low, config.tls().into()]);
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
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
