//! A network of embassy-net in, plain connections out.

use core::{
    cell::{Cell, RefCell, RefMut},
    fmt,
    future::{Future, poll_fn},
    net::IpAddr,
    pin::pin,
    task::Poll,
};

use embassy_net::{
    IpAddress, Stack,
    dns::DnsQueryType,
    tcp::{Error, State, TcpSocket},
};
use embassy_time::{Duration, with_deadline};
use embedded_io_async::{ErrorType, Write};
use taskgroup::{
    __log,
    session::{Config, Failure},
    time::Instant,
};
use taskgroup_embedded_io::{Connector, Plaintext, Server, Transport};

/// How long the previous connection may take to tell its peer that it is over.
const FAREWELL: Duration = Duration::from_millis(100);

/// The kinds of address that a name is resolved to, in this order.
const QUERIES: &[DnsQueryType] = &[
    DnsQueryType::A,
    #[cfg(feature = "ipv6")]
    DnsQueryType::Aaaa,
];

/// Opens plain connections, one at a time, all over one socket.
pub struct Tcp<'d> {
    network: Stack<'d>,
    socket: RefCell<TcpSocket<'d>>,
    address: Option<IpAddress>,
    plaintext: Plaintext,
    /// The connection that the socket is opening: its deadline and its server.
    opening: Cell<Option<(Instant, Server)>>,
    /// The address of the last name that was resolved, until a connection uses it.
    resolved: Cell<Option<(Server, IpAddress)>>,
    /// When the socket was last reset.
    aborted: Cell<embassy_time::Instant>,
}

impl<'d> Tcp<'d> {
    /// Takes a socket of this network, with these buffers; the crate's documentation says how large they
    /// should be. Plaintext is refused except to this machine, see
    /// [`allow_plaintext`](Self::allow_plaintext).
    #[must_use]
    pub fn new(network: Stack<'d>, receive: &'d mut [u8], send: &'d mut [u8]) -> Self {
        let mut socket = TcpSocket::new(network, receive, send);
        // The request goes out in pieces that should not wait for each other.
        socket.set_nagle_enabled(false);
        Self {
            network,
            socket: RefCell::new(socket),
            address: None,
            plaintext: Plaintext::Loopback,
            opening: Cell::new(None),
            resolved: Cell::new(None),
            aborted: Cell::new(embassy_time::Instant::MIN),
        }
    }

    /// Allows plaintext to any server: the key is then sent in the clear if the config does not say TLS.
    #[must_use]
    pub fn allow_plaintext(mut self) -> Self {
        self.plaintext = Plaintext::Allowed;
        self
    }

    /// Connects to this address, whatever the config's host is, without DNS. The request still names the host
    /// of the config, which also decides whether plaintext is allowed: `localhost` can thus stand for the
    /// machine at the other end of an emulator or a tunnel.
    #[must_use]
    pub fn with_address(mut self, address: IpAddress) -> Self {
        self.address = Some(address);
        self
    }

    /// Resolves the server's address, whether or not plaintext may go there: use it as the
    /// [`Connector::resolve`] of a connector with TLS.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`]: there is no such name, or no name server answers.
    pub async fn look_up(&self, config: &Config<'_>) -> Result<(), Failure> {
        let address = match self.address {
            Some(address) => address,
            None => self.query(config.host()).await?,
        };
        self.resolved.set(Some((Server::of(config), address)));
        Ok(())
    }

    /// Opens a connection, whether or not plaintext may go there: use it in a connector with TLS. It resolves
    /// the server's address if that has not been done.
    ///
    /// If you drop it and call it again for the same server with the same `until`, it continues with the same
    /// connection; only a name that was being resolved is asked for again.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`]: no address, no answer, or this socket has a connection already.
    pub async fn open(&self, config: &Config<'_>, until: Instant) -> Result<Connection<'_, 'd>, Failure> {
        self.open_checked(config, until, |_| Ok(())).await
    }

    #[allow(clippy::await_holding_refcell_ref, reason = "the borrow is the lock: a second caller fails")]
    async fn open_checked(
        &self,
        config: &Config<'_>,
        until: Instant,
        check: impl FnOnce(IpAddr) -> Result<(), Failure>,
    ) -> Result<Connection<'_, 'd>, Failure> {
        let mut socket = self.socket.try_borrow_mut().map_err(|_| {
            __log!(error, "the socket has a connection already");
            Failure::Unreachable
        })?;
        let server = Server::of(config);
        let attempt = Some((until, server));
        if self.opening.get() == attempt {
            opened(&socket).await;
        } else {
            let address = loop {
                match self.resolved.take() {
                    Some((resolved, address)) if resolved == server => break address,
                    _ => self.look_up(config).await?,
                }
            };
            if self.address.is_none() {
                check(address.into())?;
            }
            // Aborting wakes the task that waits for the socket: a caller that gives up whenever it is woken
            // would wake itself for as long as the reset cannot be sent.
            if socket.state() != State::Closed {
                socket.abort();
                self.aborted.set(embassy_time::Instant::now());
            }
            // The peer of the previous connection gets the reset before the socket is used again.
            let farewell = self.aborted.get() + FAREWELL;
            if embassy_time::Instant::now() < farewell {
                let _ = with_deadline(farewell, socket.flush()).await;
            }
            self.opening.set(attempt);
            if let Err(error) = socket.connect((address, config.port())).await {
                __log!(warn, "{}: {}", config.host(), error);
            }
        }
        self.opening.set(None);
        match socket.state() {
            State::Established | State::CloseWait => Ok(Connection { socket, aborted: &self.aborted }),
            _ => Err(Failure::Unreachable),
        }
    }

    /// An address is taken as it is; of a name, the first address.
    async fn query(&self, host: &str) -> Result<IpAddress, Failure> {
        for kind in QUERIES {
            if let Ok(addresses) = self.network.dns_query(host, *kind).await
                && let Some(address) = addresses.first()
            {
                return Ok(*address);
            }
        }
        __log!(warn, "no address for {}", host);
        Err(Failure::Unreachable)
    }
}

impl<'d> Connector for Tcp<'d> {
    type Connection<'n>
        = Connection<'n, 'd>
    where
        Self: 'n;

    /// embassy-net's reads and writes change nothing before they complete.
    fn cancel_safe(&self) -> bool {
        true
    }

    async fn resolve(&self, config: &Config<'_>) -> Result<(), Failure> {
        self.plaintext.check(config, None)?;
        self.look_up(config).await
    }

    async fn connect<'n>(
        &'n self,
        config: &Config<'_>,
        until: Instant,
    ) -> Result<Self::Connection<'n>, Failure> {
        self.plaintext.check(config, None)?;
        self.open_checked(config, until, |address| self.plaintext.check(config, Some(address))).await
    }
}

/// Waits until the connection is open, or has failed.
async fn opened(socket: &TcpSocket<'_>) {
    // It is never ready when opening failed, but it is woken.
    let mut ready = pin!(socket.wait_write_ready());
    poll_fn(|context| {
        let _ = ready.as_mut().poll(context);
        match socket.state() {
            State::SynSent | State::SynReceived => Poll::Pending,
            _ => Poll::Ready(()),
        }
    })
    .await;
}

impl fmt::Debug for Tcp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tcp")
            .field("address", &self.address)
            .field("plaintext", &self.plaintext)
            .finish_non_exhaustive()
    }
}

/// An open connection of a [`Tcp`], which cannot open another until you drop this one. Dropping it resets it.
///
/// The reset is sent when the network stack runs the next time. If you drop the [`Tcp`] before that, nothing
/// is sent: [close](Transport::close) the connection first.
pub struct Connection<'n, 'd> {
    socket: RefMut<'n, TcpSocket<'d>>,
    aborted: &'n Cell<embassy_time::Instant>,
}

impl Drop for Connection<'_, '_> {
    fn drop(&mut self) {
        self.socket.abort();
        self.aborted.set(embassy_time::Instant::now());
    }
}

impl Transport for Connection<'_, '_> {
    async fn receive(&mut self, take: impl FnOnce(&[u8]) -> usize) -> Result<(), Error> {
        let mut take = Some(take);
        let lent = self.socket.read_with(|bytes| match take.take() {
            Some(take) => (take(bytes).min(bytes.len()), ()),
            None => (0, ()),
        });
        if lent.await.is_ok() {
            return Ok(());
        }
        // `read_with` reports an orderly end as a reset; `read` tells them apart.
        let is_end = self.socket.read(&mut [0]).await? == 0;
        match take.take() {
            Some(take) if is_end => {
                take(&[]);
                Ok(())
            }
            _ => Err(Error::ConnectionReset),
        }
    }

    /// Sends a FIN and waits until it is acknowledged.
    async fn close(&mut self) -> Result<(), Error> {
        self.socket.close();
        self.socket.flush().await
    }
}

impl ErrorType for Connection<'_, '_> {
    type Error = Error;
}

/// For a layer over the connection that has a buffer of its own, such as TLS.
impl embedded_io_async::Read for Connection<'_, '_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.socket.read(buffer).await
    }
}

impl Write for Connection<'_, '_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.socket.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), Error> {
        self.socket.flush().await
    }
}

impl fmt::Debug for Connection<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("state", &self.socket.state()).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
taskgroup::__format_as_debug! { [] Tcp<'_>; [] Connection<'_, '_>; }
