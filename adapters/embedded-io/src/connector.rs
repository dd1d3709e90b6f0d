//! A server in, a connection to it out: what a network must offer to carry a stream.
//!
//! A connector that speaks TLS wraps another: it opens the other's transport, authenticates the server as
//! [`Config::host`], and only then returns.

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
///
/// A connector that speaks TLS can wrap another: it opens the other's transport, authenticates the server as
/// [`Config::host`], and only then returns. The key is sent right after.
pub trait Connector {
    /// An open connection. Dropping it closes it. Whether the server is notified depends on the stack, unless
    /// you [close](Transport::close) it first.
    type Connection<'n>: Transport
    where
        Self: 'n;

    /// Whether the future of a connection's read or write may be dropped without losing a byte.
    ///
    /// Return `false` if such a future keeps data of its own, as with most TLS libraries. If you then drop
    /// `next` during a read or write, the connection is closed and the stream resumes after its last event
    /// over another one.
    fn cancel_safe(&self) -> bool;

    /// Resolves the server's address and keeps it for the [`connect`](Self::connect) that follows. By default
    /// it does nothing.
    ///
    /// It may take 60 s longer than `connect`, whose own time begins afterwards: a resolver asks the name
    /// servers one after the other, and embassy-net's waits up to 15 s for a dead one. If its future is
    /// dropped before it completes, it is called again. A connector that wraps another calls the other's.
    ///
    /// # Errors
    ///
    /// As for `connect`, which is then not called.
    fn resolve(&self, config: &Config<'_>) -> impl Future<Output = Result<(), Failure>> {
        let _ = config;
        ready(Ok(()))
    }

    /// Opens a connection to the server of `config`: its [`host`](Config::host), [`port`](Config::port) and
    /// [`tls`](Config::tls). `until` is the deadline, at which the future is dropped.
    ///
    /// The future may be dropped before that, and `connect` called again with the same `until`. Continue
    /// where it was, if you can: otherwise a program that often does something else in between never gets a
    /// connection. Another `until` is another try.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`] if another try may succeed; [`Failure::Refused`] if the key must not go
    /// there: plaintext, see [`Plaintext`], or a server that is not authenticated.
    fn connect<'n>(
        &'n self,
        config: &Config<'_>,
        until: Instant,
    ) -> impl Future<Output = Result<Self::Connection<'n>, Failure>>;
}

/// A connection that lends the bytes it receives.
///
/// Every [`BufRead`]` + `[`Write`] is one; [`Buffered`](crate::Buffered) makes one of any `Read + Write`.
pub trait Transport: Write {
    /// Waits until bytes have arrived, then calls `take` once with them; at the end of the connection with
    /// none. Consumes as many as `take` returns. The rest is lent again the next time, without waiting.
    ///
    /// # Errors
    ///
    /// The connection broke, and `take` was not called.
    fn receive(&mut self, take: impl FnOnce(&[u8]) -> usize)
    -> impl Future<Output = Result<(), Self::Error>>;

    /// Tells the server that the connection is over, and waits until that has been sent. Nothing is read or
    /// written afterwards. The stream allows 100 ms for it, then drops the connection. It may be called
    /// again.
    ///
    /// By default, and for every `BufRead + Write`, it does nothing, since those traits have no such call.
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

/// Tells servers apart, so that a connector never uses a connection or an address for another server: a hash
/// of [`host`](Config::host), [`port`](Config::port) and [`tls`](Config::tls).
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
    /// Anywhere. Anyone on the network path can read the key.
    Allowed,
}

impl Plaintext {
    /// For a connector without TLS: checks whether it may connect to this server. Call it again once you know
    /// the address, since a name may resolve to anything.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] if the config wants TLS, or if plaintext is not allowed and the server is not on
    /// this machine.
    pub fn check(self, config: &Config<'_>, address: Option<IpAddr>) -> Result<(), Failure> {
        let is_loopback =
            config.is_loopback() && address.is_none_or(|address| address.to_canonical().is_loopback());
        let (what, why) = if config.tls() {
            ("TLS", "this connector does not speak it")
        } else if self == Self::Loopback && !is_loopback {
            ("plaintext", "it is refused except to this machine, unless you allow it")
        } else {
            return Ok(());
        };
        __log!(error, "{} to {}: {}", what, config.host(), why);
        Err(Failure::Refused)
    }
}

/// For the log: words that both `log` and `defmt` can print.
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
