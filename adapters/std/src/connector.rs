//! A host in, a connection that may carry the key out: TCP, and TLS with rustls.

use std::{
    fmt::Display,
    io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::Duration,
};

use taskgroup::{
    session::{Config, Failure},
    time::Instant,
};

use crate::{
    Clock,
    connection::{Connection, Deadline, Socket},
    security::{Security, is_about_certificate, is_no_tls},
};

/// Opens one connection at a time to the server of a [`Config`].
///
/// ```
/// use std::time::Duration;
/// use taskgroup::session::{Config, Failure};
/// use taskgroup_std::{Clock, Connector, Security};
///
/// let (clock, config) = (Clock::new(), Config::new("key").with_server("api.parallel.ai", 80, false));
/// let mut tcp = Connector::new(&config, &Security::platform(), clock);
/// assert_eq!(tcp.open(clock.now() + Duration::from_secs(10)), Err(Failure::Refused));
/// assert!(tcp.reason().unwrap().starts_with("plaintext to api.parallel.ai"));
/// ```
///
/// # Limits
///
/// The system's resolver cannot be stopped: after the deadline nobody uses its answer, but a thread waits
/// until it comes. If the name has several addresses, each gets its share of the time that is left.
#[derive(Debug)]
pub struct Connector {
    host: String,
    port: u16,
    tls: bool,
    loopback: bool,
    security: Security,
    clock: Clock,
    connection: Option<Connection>,
    reason: Option<String>,
}

impl Connector {
    /// A connector without a connection. Deadlines are in this clock's time.
    #[must_use]
    pub fn new(config: &Config<'_>, security: &Security, clock: Clock) -> Self {
        Self {
            host: config.host().to_owned(),
            port: config.port(),
            tls: config.tls(),
            loopback: config.is_loopback(),
            security: security.clone(),
            clock,
            connection: None,
            reason: None,
        }
    }

    /// Opens a connection. With TLS it returns only after the server is authenticated.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] for plaintext to another machine and for a certificate that is not valid,
    /// [`Failure::Unreachable`] for everything else, including the deadline.
    pub fn open(&mut self, until: Instant) -> Result<(), Failure> {
        self.connection = None;
        self.reason = None;
        match self.connect(until) {
            Ok(connection) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err((failure, reason)) => {
                self.reason = Some(reason);
                Err(failure)
            }
        }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`Failure::Broken`], also at the deadline: nobody knows how much has been sent.
    pub fn write_all(&mut self, bytes: &[u8], until: Instant) -> Result<(), Failure> {
        let deadline = self.deadline(until);
        self.with_connection(|connection| connection.write_all(bytes, deadline))
    }

    /// Reads some bytes and returns their number: 0 at the orderly end of the connection, `None` at the
    /// deadline.
    ///
    /// # Errors
    ///
    /// [`Failure::Broken`], also if TLS ends without `close_notify`.
    pub fn read(&mut self, buffer: &mut [u8], until: Instant) -> Result<Option<usize>, Failure> {
        let deadline = self.deadline(until);
        let read = self.with_connection(|connection| match connection.read(buffer, deadline) {
            Err(error) if Deadline::is_why(&error) => Ok(None),
            result => result.map(Some),
        });
        if read == Ok(Some(0)) {
            self.reason = Some("the server ended it".to_owned());
        }
        read
    }

    /// Closes the connection, if there is one.
    pub fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close();
        }
    }

    /// How the connection failed or ended, in the words of the system or of rustls; `None` while it is open.
    /// It never contains anything that was sent or received.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn deadline(&self, until: Instant) -> Deadline {
        Deadline { until, clock: self.clock }
    }

    fn with_connection<T>(
        &mut self,
        act: impl FnOnce(&mut Connection) -> io::Result<T>,
    ) -> Result<T, Failure> {
        let connection = self.connection.as_mut().ok_or(Failure::Broken)?;
        act(connection).map_err(|error| {
            self.reason = Some(error.to_string());
            Failure::Broken
        })
    }

    fn connect(&self, until: Instant) -> Result<Connection, (Failure, String)> {
        let unreachable = |error: &dyn Display| (Failure::Unreachable, error.to_string());
        let plain_at_home = !self.tls && !self.security.plaintext_allowed();
        if plain_at_home && !self.loopback {
            return Err((Failure::Refused, self.plaintext_refused()));
        }
        let tls = if self.tls {
            let session = self.security.session(&self.host).map_err(|reason| (Failure::Refused, reason))?;
            Some(session)
        } else {
            None
        };
        let addresses =
            self.resolve(until).map_err(|error| unreachable(&format!("{}: {error}", self.host)))?;
        if plain_at_home && !addresses.iter().all(|address| address.ip().to_canonical().is_loopback()) {
            return Err((Failure::Refused, self.plaintext_refused()));
        }
        let tcp = self.try_all(&addresses, until).map_err(|error| unreachable(&error))?;
        let tcp = Socket::new(tcp);
        let Some(tls) = tls else { return Ok(Connection::Plain(tcp)) };
        match Connection::secure(tls, tcp, self.deadline(until)) {
            Ok(connection) => Ok(connection),
            Err(error) if is_about_certificate(&error) => {
                Err((Failure::Refused, format!("TLS with {}: {error}", self.host)))
            }
            Err(error) if is_no_tls(&error) => {
                let reason = "the server there does not speak TLS: http may be meant, or another port";
                Err(unreachable(&format!("TLS with {}: {reason} ({error})", self.host)))
            }
            Err(error) => Err(unreachable(&format!("TLS with {}: {error}", self.host))),
        }
    }

    fn plaintext_refused(&self) -> String {
        format!("plaintext to {}: it is refused except to this machine, unless you allow it", self.host)
    }

    fn resolve(&self, until: Instant) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        let (answer, answered) = mpsc::channel();
        let name = (self.host.clone(), self.port);
        thread::Builder::new().name("resolver".into()).spawn(move || {
            // Nobody receives this after the deadline.
            let _ = answer.send(name.to_socket_addrs().map(Vec::from_iter));
        })?;
        let left = self.clock.left(until).unwrap_or_default();
        let addresses =
            answered.recv_timeout(left).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if addresses.is_empty() { Err(io::Error::other("the name has no address")) } else { Ok(addresses) }
    }

    /// Connects to the first address that answers.
    fn try_all(&self, addresses: &[SocketAddr], until: Instant) -> Result<TcpStream, String> {
        let mut failed = Vec::new();
        for (tried, address) in addresses.iter().enumerate() {
            let Some(left) = self.clock.left(until) else {
                failed.push("no time left".to_owned());
                break;
            };
            // An address that never answers costs its share of the time, not all of it.
            let untried = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            let share = (left / untried).max(Duration::from_millis(1));
            let connected = TcpStream::connect_timeout(address, share);
            match connected.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp)) {
                Ok(tcp) => return Ok(tcp),
                Err(error) => failed.push(format!("{address}: {error}")),
            }
        }
        Err(failed.join("; "))
    }
}
