//! A network of embassy-net in, connections to authenticated servers out.

use core::{
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::pin,
    task::{Context, Poll},
};

use embassy_net::tcp;
use embedded_io_async::{BufRead, Error as _, ErrorKind, ErrorType, Write};
use taskgroup::{
    __log,
    session::{Config, Failure},
    time::Instant,
};
use taskgroup_embedded_io::{Connector, Transport};
use taskgroup_tls::{
    Client, Error, Random,
    machine::{OneTicket, Tickets},
};

use crate::{Tcp, tcp::Connection as Plain};

/// Opens connections over TLS, and plain ones where the config says so and [`Tcp`] allows it.
///
/// The key is written only when the server is authenticated as [`Config::host`]. What does not hold is
/// said in the log, and stops the stream: [`Failure::Refused`]. Start another then, later: it may have been
/// no attack, but the portal of somebody's Wi-Fi. As long as the time is not known there is only another try.
///
/// After the first connection the TLS session is resumed, as the client says.
pub struct Tls<'d, R, K = OneTicket> {
    tcp: Tcp<'d>,
    client: Client<'d, R, K>,
}

impl<'d, R: Random, K: Tickets> Tls<'d, R, K> {
    /// Uses this client's TLS over this socket.
    #[must_use]
    pub fn new(tcp: Tcp<'d>, client: Client<'d, R, K>) -> Self {
        Self { tcp, client }
    }
}

impl<'d, R: Random, K: Tickets> Connector for Tls<'d, R, K> {
    type Connection<'n>
        = Connection<'n, 'd>
    where
        Self: 'n;

    fn cancel_safe(&self) -> bool {
        true
    }

    async fn resolve(&self, config: &Config<'_>) -> Result<(), Failure> {
        if config.tls() { self.tcp.look_up(config).await } else { self.tcp.resolve(config).await }
    }

    /// If you drop it during the handshake, the next call starts again.
    async fn connect<'n>(
        &'n self,
        config: &Config<'_>,
        until: Instant,
    ) -> Result<Self::Connection<'n>, Failure> {
        if !config.tls() {
            return self.tcp.connect(config, until).await.map(|plain| Connection(Kind::Plain(plain)));
        }
        let tcp = self.tcp.open(config, until).await?;
        let authenticated = self.client.connect(tcp, config.host()).await;
        authenticated.map(|tls| Connection(Kind::Tls(tls))).map_err(|error| {
            __log!(error, "TLS with {}: {}", config.host(), error);
            failure(error)
        })
    }
}

/// Whether another try could succeed.
fn failure(error: Error) -> Failure {
    match error {
        Error::ServerName
        | Error::Root { .. }
        | Error::BufferTooSmall { .. }
        | Error::Certificate(_)
        | Error::SignatureScheme { .. }
        | Error::Unproven => Failure::Refused,
        _ => Failure::Unreachable,
    }
}

impl<R, K> fmt::Debug for Tls<'_, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

/// An open connection of a [`Tls`], which cannot open another until you drop this one. Dropping it resets it,
/// as with [`Tcp`].
#[derive(Debug)]
pub struct Connection<'n, 'd>(Kind<'n, 'd>);

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "the large one is what it is for")]
enum Kind<'n, 'd> {
    Plain(Plain<'n, 'd>),
    Tls(taskgroup_tls::Connection<'n, Plain<'n, 'd>>),
    /// It was reset where it could not say `close_notify`.
    Closed,
}

/// The error of a read or write after the end.
const CLOSED: Error = Error::Transport(ErrorKind::NotConnected);

impl ErrorType for Connection<'_, '_> {
    type Error = Error;
}

impl Transport for Connection<'_, '_> {
    async fn receive(&mut self, take: impl FnOnce(&[u8]) -> usize) -> Result<(), Error> {
        match &mut self.0 {
            Kind::Plain(plain) => plain.receive(take).await.map_err(broken),
            Kind::Tls(tls) => {
                let bytes = tls.fill_buf().await.map_err(logged)?;
                let taken = take(bytes).min(bytes.len());
                tls.consume(taken);
                Ok(())
            }
            Kind::Closed => Err(CLOSED),
        }
    }

    /// Sends `close_notify`, if there is room for it, and a FIN.
    async fn close(&mut self) -> Result<(), Error> {
        poll_fn(|context| {
            self.say_close_notify(context);
            Poll::Ready(())
        })
        .await;
        match &mut self.0 {
            Kind::Plain(plain) => plain.close().await.map_err(broken),
            _ => Ok(()),
        }
    }
}

impl Connection<'_, '_> {
    /// Ends TLS, and leaves the plain connection: on the stack, for in a future of the stream's the
    /// connection would have its place several times over.
    #[inline(never)]
    fn say_close_notify(&mut self, context: &mut Context<'_>) {
        if matches!(self.0, Kind::Tls(_))
            && let Kind::Tls(tls) = mem::replace(&mut self.0, Kind::Closed)
            && let Poll::Ready(Ok(plain)) = pin!(tls.close()).poll(context)
        {
            self.0 = Kind::Plain(plain);
        }
    }
}

impl Write for Connection<'_, '_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        match &mut self.0 {
            Kind::Plain(plain) => plain.write(bytes).await.map_err(broken),
            Kind::Tls(tls) => tls.write(bytes).await.map_err(logged),
            Kind::Closed => Err(CLOSED),
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        match &mut self.0 {
            Kind::Plain(plain) => plain.flush().await.map_err(broken),
            Kind::Tls(tls) => tls.flush().await.map_err(logged),
            Kind::Closed => Err(CLOSED),
        }
    }
}

/// Logs the error in full: the stream sees only its kind.
fn logged(error: Error) -> Error {
    __log!(warn, "TLS: {}", error);
    error
}

fn broken(error: tcp::Error) -> Error {
    Error::Transport(error.kind())
}

#[cfg(feature = "defmt")]
taskgroup::__format_as_debug! { [R, K] Tls<'_, R, K>; [] Connection<'_, '_>; }
