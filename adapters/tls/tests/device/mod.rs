//! A server of the adversary and a case in, what a device has got from it out: this TLS, over a socket of the
//! host.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use embassy_futures::block_on;
use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read, Write};
use rand_core::OsRng;
use taskgroup_adversary::{Case, Server};
use taskgroup_tls::{CipherSuite, Client, Connection, Dates, Error, RECEIVE, Roots, SEND_MIN};

/// What must reach nobody but the right server.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: api.tasks.localhost\r\nx-api-key: a key\r\n\r\n";

/// What has come, and how it has ended.
pub(crate) type Asked = (Vec<u8>, Result<(), Error>);

/// How the body is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    /// `Read`, into a buffer of this many bytes.
    Read(usize),
    /// `BufRead`.
    Lending,
}

/// Each cipher suite alone.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) const SUITES: &[&[CipherSuite]] = &[
    &[CipherSuite::ChaCha20Poly1305],
    #[cfg(feature = "aes128-gcm")]
    &[CipherSuite::Aes128Gcm],
];

/// Connects, asks, and reads to the end.
pub(crate) fn ask(server: &Server, case: &Case, roots: Roots<'_>, dates: Dates<'_>, by: By) -> Asked {
    let (mut receive, mut send) = (vec![0; RECEIVE], [0; SEND_MIN]);
    ask_by(&Client::new(roots, dates, OsRng, &mut receive, &mut send), server, case, by)
}

/// At the time that the case is about, with its root as a certificate.
pub(crate) fn ask_in_time(server: &Server, case: &Case, by: By) -> Asked {
    let roots = [&*case.root];
    ask(server, case, Roots::Certificates(&roots), Dates::CheckedBy(&|| Some(case.now)), by)
}

/// The same with these cipher suites, and this many bytes for receiving.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn ask_with(
    server: &Server,
    case: &Case,
    suites: &'static [CipherSuite],
    receive: usize,
    by: By,
) -> Asked {
    let (mut receive, mut send, roots) = (vec![0; receive], [0; SEND_MIN], [&*case.root]);
    let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&|| Some(case.now)));
    let client = Client::new(roots, dates, OsRng, &mut receive, &mut send).with_suites(suites);
    ask_by(&client, server, case, by)
}

fn ask_by(client: &Client<'_, OsRng>, server: &Server, case: &Case, by: By) -> Asked {
    let (tcp, mut body) = (Tcp::connect(server), Vec::new());
    let result = block_on(async {
        let mut connection = client.connect(tcp, case.server_name).await?;
        talk(&mut connection, by, &mut body).await
    });
    (body, result)
}

/// Asks, and reads to the end.
async fn talk(connection: &mut Connection<'_, Tcp>, by: By, body: &mut Vec<u8>) -> Result<(), Error> {
    connection.write_all(REQUEST).await?;
    connection.flush().await?;
    loop {
        let length = match by {
            By::Read(size) => {
                let mut buffer = vec![0; size];
                let length = connection.read(&mut buffer).await?;
                body.extend_from_slice(&buffer[..length]);
                length
            }
            By::Lending => {
                let lent = connection.fill_buf().await?;
                let length = lent.len();
                body.extend_from_slice(lent);
                connection.consume(length);
                length
            }
        };
        if length == 0 {
            return Ok(());
        }
    }
}

/// A socket that blocks, as nothing else has to run meanwhile.
struct Tcp(TcpStream);

impl Tcp {
    fn connect(server: &Server) -> Self {
        let tcp = TcpStream::connect(server.address()).unwrap();
        tcp.set_nodelay(true).unwrap();
        // A read that waits without end fails.
        tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(tcp)
    }
}

impl ErrorType for Tcp {
    type Error = ErrorKind;
}

impl Read for Tcp {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        self.0.read(out).map_err(kind)
    }
}

impl Write for Tcp {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.write(bytes).map_err(kind)
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        self.0.flush().map_err(kind)
    }
}

fn kind(error: std::io::Error) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::ConnectionReset => ErrorKind::ConnectionReset,
        std::io::ErrorKind::WouldBlock => ErrorKind::TimedOut,
        _ => ErrorKind::Other,
    }
}
