//! A TCP/IP stack of embedded-nal-async in, plain connections out.

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
///
/// ```
/// use embedded_nal_async::{Dns, TcpConnect};
/// use taskgroup_embedded_io::Nal;
///
/// fn network<S: TcpConnect + Dns>(stack: S, buffer: &mut [u8; 1024]) -> Nal<'_, S> {
///     Nal::new(stack, buffer) // loopback only, unless .allow_plaintext()
/// }
/// ```
///
/// # Limits
///
/// No TLS: it refuses a server that wants TLS. One connection at a time, since there is one buffer: while it
/// is open, another is unreachable. If you drop `connect`, it starts again the next time. Only the first
/// address of a name is tried.
///
/// embedded-nal-async can only drop a connection, not close it, and what the server notices depends on the
/// stack. tokio's sends a FIN. embassy-net's `TcpClient` sends nothing; the server gets a reset once it sends
/// something itself. Use taskgroup-embassy's `Tcp` there, which notifies the server at once.
pub struct Nal<'b, S> {
    stack: S,
    buffer: RefCell<&'b mut [u8]>,
    plaintext: Plaintext,
    cancel_safe: bool,
    /// The address of the last name that was resolved, until a connection uses it.
    resolved: Cell<Option<(Server, IpAddr)>>,
}

impl<'b, S: TcpConnect + Dns> Nal<'b, S> {
    /// Reads through this buffer, see [`Buffered`]. Plaintext is refused except to this machine, see
    /// [`allow_plaintext`](Self::allow_plaintext).
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

    /// Allows plaintext to any server: the key is then sent in the clear if the config does not say TLS.
    #[must_use]
    pub fn allow_plaintext(mut self) -> Self {
        self.plaintext = Plaintext::Allowed;
        self
    }

    /// Declares that you can drop the stack's reads and writes without losing a byte, which
    /// embedded-io-async asks its implementations to document. It holds for embassy-net and tokio.
    #[must_use]
    pub fn cancel_safe(mut self) -> Self {
        self.cancel_safe = true;
        self
    }

    /// Resolves the server's address, whether or not plaintext may go there: use it as the
    /// [`Connector::resolve`] of a connector with TLS.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`]: the name cannot be resolved.
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

    /// Opens a connection, whether or not plaintext may go there: use it in a connector with TLS. It resolves
    /// the server's address if that has not been done.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`]: no address, no answer, or the buffer has a connection already. And the error
    /// of `check`, which gets the address.
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
