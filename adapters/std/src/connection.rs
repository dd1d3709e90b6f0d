//! Plaintext over an open socket, with deadlines: TCP alone, or with TLS.
//!
//! # Limits
//!
//! After a write that missed its deadline the connection is useless; a read may be tried again.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use rustls::ClientConnection;
use taskgroup::time::Instant;

use crate::Clock;

/// When to give up.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    pub(crate) until: Instant,
    pub(crate) clock: Clock,
}

impl Deadline {
    /// Whether the error is about the deadline. (`TimedOut` is TCP's own: the connection is dead, not just
    /// silent.)
    pub(crate) fn is_why(error: &io::Error) -> bool {
        error.kind() == ErrorKind::WouldBlock
    }

    fn left(self) -> io::Result<Duration> {
        self.clock.left(self.until).ok_or_else(|| io::Error::new(ErrorKind::WouldBlock, "no time left"))
    }
}

pub(crate) enum Connection {
    Plain(Socket),
    Tls(Box<ClientConnection>, Socket),
}

impl Connection {
    /// Completes the handshake: afterwards the server is authenticated as the one that `tls` was made for.
    pub(crate) fn secure(mut tls: ClientConnection, mut tcp: Socket, deadline: Deadline) -> io::Result<Self> {
        while tls.is_handshaking() {
            flush(&mut tls, &mut tcp, deadline)?;
            if tls.is_handshaking() && !receive(&mut tls, &mut tcp, deadline)? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        flush(&mut tls, &mut tcp, deadline)?;
        Ok(Self::Tls(tls.into(), tcp))
    }

    pub(crate) fn write_all(&mut self, mut bytes: &[u8], deadline: Deadline) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => Timed { tcp, deadline }.write_all(bytes),
            Self::Tls(tls, tcp) => {
                while !bytes.is_empty() {
                    let taken = tls.writer().write(bytes)?;
                    bytes = bytes.get(taken..).unwrap_or_default();
                    flush(tls, tcp, deadline)?;
                }
                Ok(())
            }
        }
    }

    /// 0 bytes mean the orderly end: a FIN, or `close_notify` with TLS.
    pub(crate) fn read(&mut self, buffer: &mut [u8], deadline: Deadline) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => Timed { tcp, deadline }.read(buffer),
            Self::Tls(tls, tcp) => loop {
                match tls.reader().read(buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                        return Err(io::Error::new(error.kind(), "TLS ended without close_notify"));
                    }
                    result => return result,
                }
                // The next read from `reader` reports the end of TCP.
                receive(tls, tcp, deadline)?;
            },
        }
    }

    /// Sends `close_notify`, if that does not block.
    pub(crate) fn close(self) {
        if let Self::Tls(mut tls, mut tcp) = self
            && tcp.stream.set_nonblocking(true).is_ok()
        {
            tls.send_close_notify();
            let _ = tls.write_tls(&mut tcp.stream);
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(tcp) => f.debug_tuple("Plain").field(&tcp.stream).finish(),
            Self::Tls(_, tcp) => f.debug_tuple("Tls").field(&tcp.stream).finish(),
        }
    }
}

/// Sends the records that TLS has ready.
fn flush(tls: &mut ClientConnection, tcp: &mut Socket, deadline: Deadline) -> io::Result<()> {
    while tls.wants_write() {
        if tls.write_tls(&mut Timed { tcp, deadline })? == 0 {
            return Err(ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}

/// Reads what has arrived. `false`: the end of the TCP connection.
fn receive(tls: &mut ClientConnection, tcp: &mut Socket, deadline: Deadline) -> io::Result<bool> {
    let taken = tls.read_tls(&mut Timed { tcp, deadline })?;
    if let Err(error) = tls.process_new_packets() {
        // The alert tells the server why; it need not arrive.
        let _ = flush(tls, tcp, deadline);
        return Err(io::Error::new(ErrorKind::InvalidData, error));
    }
    Ok(taken > 0)
}

/// How long a read waits at least: after its deadline, too, it takes what has arrived.
const GLANCE: Duration = Duration::from_millis(1);

/// From this long on a wait is set in whole seconds.
const LONG: Duration = Duration::from_secs(2);

/// A socket, and how long its reads wait.
pub(crate) struct Socket {
    stream: TcpStream,
    wait: Duration,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, wait: Duration::ZERO }
    }

    /// Lets the next read wait this long, or less if the last wait that was set is nearly as long: mostly
    /// each read has the deadline as far ahead as the one before, and setting it takes a call of the system.
    fn set_wait(&mut self, left: Duration) -> io::Result<()> {
        if self.wait <= left && left < self.wait + LONG && left >= LONG {
            return Ok(());
        }
        let wait = if left < LONG { left } else { Duration::from_secs(left.as_secs()) };
        self.stream.set_read_timeout(Some(wait))?;
        self.wait = wait;
        Ok(())
    }
}

/// A socket whose reads and writes have a deadline.
struct Timed<'s> {
    tcp: &'s mut Socket,
    deadline: Deadline,
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.deadline.left();
            self.tcp.set_wait(*left.as_ref().unwrap_or(&GLANCE))?;
            match self.tcp.stream.read(buffer) {
                Err(error) if is_early(&error) => _ = left?,
                result => return result,
            }
        }
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            self.tcp.stream.set_write_timeout(Some(self.deadline.left()?))?;
            match self.tcp.stream.write(bytes) {
                Err(error) if is_early(&error) => {}
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A signal, or the socket's timer: the clock knows whether the deadline has passed.
fn is_early(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::WouldBlock => true,
        // The error of the socket's timer on Windows.
        ErrorKind::TimedOut => cfg!(windows),
        _ => false,
    }
}
