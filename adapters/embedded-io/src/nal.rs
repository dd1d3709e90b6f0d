//! A TCP/IP stack of embedded-nal-async in, plain connections out.
//!
//! ```
//! use embedded_nal_async::{Dns, TcpConnect};
//! use taskgroup_embedded_io::Nal;
//!
//! fn network<S: TcpConnect + Dns>(stack: S, buffer: &mut [u8; 1024]) -> Nal<'_, S> {
//!     Nal::new(stack, buffer) // loopback only, unless .allow_plaintext()
//! }
//! ```
//!
//! # Limits
//!
//! No TLS: a server that wants it is refused. One connection at a time, since there is one buffer;
//! while one is open, another is unreachable. One that is given up while it opens starts over. The
//! first address that a name resolves to is the one that is tried.
//!
//! embedded-nal-async cannot close a connection, only drop it, and what the server hears of that is up to the stack.
//! Of tokio's it hears a FIN. Of embassy-net's `TcpClient` it hears nothing until it sends something itself, which is
//! answered by a reset: take taskgroup-embassy's `Tcp` there, which tells it at once.

use core::{
    cell::{Cell, RefCell, RefMut},
    fmt,
    net::{IpAddr, SocketAddr},
};

use embedded_nal_async::{AddrType, Dns, TcpConnect};
use taskgroup::{
    __log,
    session::{Config, Failure},
    time::Instant,
};

use crate::{Buffered, Connector, Plaintext, Server, connector::kind};

/// Connects over any stack that implements [`TcpConnect`] and [`Dns`].
pub struct Nal<'b, S> {
    stack: S,
    buffer: RefCell<&'b mut [u8]>,
    plaintext: Plaintext,
    cancel_safe: bool,
    /// What the last name that was asked for resolved to, until it is connected to.
    resolved: Cell<Option<(Server, IpAddr)>>,
}

impl<'b, S: TcpConnect + Dns> Nal<'b, S> {
    /// Reads through this buffer, see [`Buffered`]. Nothing goes to other machines than this one,
    /// see [`allow_plaintext`](Self::allow_plaintext).
    #[must_use]
    pub fn new(stack: S, buffer: &'b mut [u8]) -> Self {
        Self {
            stack,
            buffer: RefCell::new(buffer),
            plaintext: Plaintext::Loopback,
            cancel_safe: false,
            resolved: Cell::new(None),
        }
    }

    /// Sends the key in the clear to any server that is asked without TLS.
    #[must_use]
    pub fn allow_plaintext(mut self) -> Self {
        self.plaintext = Plaintext::Allowed;
        self
    }

    /// Relies on it that the stack's reads and writes may be dropped while they wait without losing a
    /// byte, which embedded-io-async asks its implementations to document. Those of embassy-net and
    /// of tokio may.
    #[must_use]
    pub fn cancel_safe(mut self) -> Self {
        self.cancel_safe = true;
        self
    }

    /// Finds out where the server is, whatever may go to it: the [`Connector::resolve`] of a connector with TLS.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`].
    pub async fn look_up(&self, config: &Config<'_>) -> Result<(), Failure> {
        let address = match config.host().parse() {
            Ok(address) => address,
            Err(_) => self.stack.get_host_by_name(config.host(), AddrType::Either).await.map_err(|_| {
                __log!(warn, "no address for {}", config.host());
                Failure::Unreachable
            })?,
        };
        self.resolved.set(Some((Server::of(config), address)));
        Ok(())
    }

    /// Opens a connection, whatever may go over it: what a connector with TLS starts from. It looks the server up
    /// where that has not been done.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`], and what `check` says of the address that the name resolves to.
    pub async fn open(
        &self,
        config: &Config<'_>,
        check: impl FnOnce(IpAddr) -> Result<(), Failure>,
    ) -> Result<Buffered<S::Connection<'_>, RefMut<'_, [u8]>>, Failure> {
        let address = loop {
            match self.resolved.take() {
                Some((server, address)) if server == Server::of(config) => break address,
                _ => self.look_up(config).await?,
            }
        };
        check(address)?;
        let remote = SocketAddr::new(address, config.port());
        let connection = self.stack.connect(remote).await.map_err(|error| {
            __log!(warn, "{}: {}", config.host(), kind(&error));
            Failure::Unreachable
        })?;
        let buffer = self.buffer.try_borrow_mut().map_err(|_| {
            __log!(error, "the buffer of this connector has a connection already");
            Failure::Unreachable
        })?;
        Ok(Buffered::new(connection, RefMut::map(buffer, |buffer| &mut **buffer)))
    }
}

impl<S: TcpConnect + Dns> Connector for Nal<'_, S> {
    type Connection<'n>
        = Buffered<S::Connection<'n>, RefMut<'n, [u8]>>
    where
        Self: 'n;

    fn cancel_safe(&self) -> bool {
        self.cancel_safe
    }

    async fn resolve(&self, config: &Config<'_>) -> Result<(), Failure> {
        self.plaintext.check(config, None)?;
        self.look_up(config).await
    }

    async fn connect<'n>(
        &'n self,
        config: &Config<'_>,
        _until: Instant,
    ) -> Result<Self::Connection<'n>, Failure> {
        self.plaintext.check(config, None)?;
        self.open(config, |address| self.plaintext.check(config, Some(address))).await
    }
}

impl<S> fmt::Debug for Nal<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nal").field("plaintext", &self.plaintext).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
taskgroup::__format_as_debug! { [S] Nal<'_, S>; }
