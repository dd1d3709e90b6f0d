//! A case, a fault and an upstream in, a TLS server on loopback out, and what it has got from each client.
//!
//! ```
//! use taskgroup_adversary::{Fault, NOW, Options, Server, Upstream, certificates};
//!
//! let case = certificates::find("good", NOW).unwrap();
//! let server = Server::start(Options {
//!     fault: Some(Fault::CertificateVerifyWrong),
//!     ..Options::new(case, Upstream::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()))
//! })?;
//! println!("a client must refuse {}", server.address());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Limits
//!
//! Listens on 127.0.0.1 only. When a fault ends a connection, the client has 5 s to say what it has to say.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, crypto::ring};

use crate::body::Body;
use crate::certificates::Case;
use crate::fault::Fault;
use crate::handshake::{self, Handshake, Session};
use crate::message::KEY_UPDATE;
use crate::record::{self, ALERT, APPLICATION_DATA, HANDSHAKE, Protection};

/// How long a client may take to close a connection that the server has closed.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long [`Server::connection`] waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server is like.
#[derive(Clone, Debug)]
pub struct Options {
    /// The certificates that it shows.
    pub case: Case,
    /// What it does wrong; `None`: nothing, by rustls instead of the TLS of this crate.
    pub fault: Option<Fault>,
    /// After how many bytes of the body, for a fault that [is in one](Fault::is_in_body).
    pub after: u64,
    /// On how many connections; `None`: on all.
    pub times: Option<u32>,
    /// Where what is decrypted goes, and the answer comes from.
    pub upstream: Upstream,
}

impl Options {
    /// Nothing wrong, by rustls.
    #[must_use]
    pub fn new(case: Case, upstream: Upstream) -> Self {
        Self { case, fault: None, after: 0, times: None, upstream }
    }
}

/// What stands behind the server.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// A server without TLS.
    Address(SocketAddr),
    /// These bytes, once the client has said something; then the orderly end.
    Answer(Vec<u8>),
}

/// How a connection went.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// Counted from 1.
    pub number: u32,
    /// What the client has sent, decrypted.
    pub received: Vec<u8>,
    /// How many bytes of the upstream were sent to it.
    pub sent: u64,
    /// The fault that has hit it.
    pub fault: Option<Fault>,
    /// Whether the client has completed the handshake.
    pub shaken: bool,
    /// The description of the alert that it has ended with; 0 is close_notify (RFC 8446, section 6).
    pub alert: Option<u8>,
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    ended: Mutex<mpsc::Receiver<Connection>>,
    /// Dropping it ends the connections.
    _runtime: Runtime,
}

impl Server {
    /// Listens when it returns, on a port that was free.
    ///
    /// # Errors
    ///
    /// There are no sockets or threads to be had.
    pub fn start(options: Options) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let (reports, ended) = mpsc::channel();
        let shared = Arc::new(Shared { library: library(&options), options, struck: AtomicU32::new(0) });
        runtime.spawn(async move {
            for number in 1.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (shared, reports) = (shared.clone(), reports.clone());
                tokio::spawn(async move {
                    let mut connection = Connection { number, ..Connection::default() };
                    // What went wrong is in the report; a client that gives up is what this is for.
                    let _ = shared.serve(stream, &mut connection).await;
                    let _ = reports.send(connection);
                });
            }
        });
        Ok(Self { address, ended: Mutex::new(ended), _runtime: runtime })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection that has ended, in the order of their ends; `None` when there is none within 10 s.
    pub fn connection(&self) -> Option<Connection> {
        self.ended.lock().ok()?.recv_timeout(PATIENCE).ok()
    }
}

struct Shared {
    options: Options,
    library: TlsAcceptor,
    /// How many connections the fault has hit.
    struck: AtomicU32,
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream, connection: &mut Connection) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let due = self.options.times.is_none_or(|times| self.struck.load(Ordering::SeqCst) < times);
        match self.options.fault {
            None => self.relay_by_library(stream, connection).await,
            Some(Fault::Tls12Only) if due => {
                self.strike(connection, Fault::Tls12Only);
                self.relay_by_library(stream, connection).await
            }
            fault => {
                let fault = fault.filter(|_| due).unwrap_or(Fault::Good);
                if fault != Fault::Good && !fault.is_in_body() {
                    self.strike(connection, fault);
                }
                match handshake::accept(&mut stream, &self.options.case, fault).await? {
                    Handshake::Done(session) => self.relay(stream, *session, fault, connection).await,
                    Handshake::Refused(alert) => {
                        connection.alert = alert;
                        Ok(())
                    }
                }
            }
        }
    }

    fn strike(&self, connection: &mut Connection, fault: Fault) {
        self.struck.fetch_add(1, Ordering::SeqCst);
        connection.fault = Some(fault);
    }

    async fn relay(
        &self,
        mut stream: TcpStream,
        mut session: Session,
        fault: Fault,
        connection: &mut Connection,
    ) -> io::Result<()> {
        connection.shaken = true;
        let (mut up_read, mut up_write) = tokio::io::split(self.upstream().await?);
        let (mut read, write) = stream.split();
        let (mut body, protection) = Body::new(write, &mut session, fault, self.options.after, &self.struck);
        let Connection { received, alert, .. } = &mut *connection;
        let result = {
            let mut listening =
                std::pin::pin!(receive(&mut read, protection, &mut up_write, received, alert));
            tokio::select! {
                result = &mut listening => result,
                result = body.send_all(&mut up_read) => {
                    let _ = timeout(LAST_WORDS, listening).await;
                    result
                }
            }
        };
        connection.sent = body.sent;
        if body.struck() {
            connection.fault = Some(fault);
        }
        result
    }

    async fn relay_by_library(&self, stream: TcpStream, connection: &mut Connection) -> io::Result<()> {
        let stream = self.library.accept(stream).await?;
        connection.shaken = true;
        let (mut read, mut write) = tokio::io::split(stream);
        let (mut up_read, mut up_write) = tokio::io::split(self.upstream().await?);
        let Connection { received, sent, .. } = connection;
        let listening = async {
            let mut buffer = vec![0; record::CONTENT];
            loop {
                let length = read.read(&mut buffer).await?;
                if length == 0 {
                    return up_write.shutdown().await;
                }
                received.extend_from_slice(&buffer[..length]);
                up_write.write_all(&buffer[..length]).await?;
            }
        };
        let mut listening = std::pin::pin!(listening);
        let talking = async {
            *sent = tokio::io::copy(&mut up_read, &mut write).await?;
            write.shutdown().await
        };
        tokio::select! {
            result = &mut listening => result,
            result = talking => {
                let _ = timeout(LAST_WORDS, listening).await;
                result
            }
        }
    }

    async fn upstream(&self) -> io::Result<Box<dyn Stream>> {
        match &self.options.upstream {
            Upstream::Address(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Upstream::Answer(answer) => {
                let (near, far) = tokio::io::duplex(record::CONTENT);
                tokio::spawn(say(far, answer.clone()));
                Ok(Box::new(near))
            }
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn say(mut to: DuplexStream, answer: Vec<u8>) -> io::Result<()> {
    to.read_u8().await?;
    to.write_all(&answer).await?;
    to.shutdown().await?;
    // What the client says further is taken, so that it can.
    tokio::io::copy(&mut to, &mut tokio::io::sink()).await.map(drop)
}

/// Hands on what the client says, until it says no more.
async fn receive(
    from: &mut (impl AsyncRead + Unpin),
    protection: &mut Protection,
    to: &mut (impl AsyncWrite + Unpin),
    received: &mut Vec<u8>,
    alert: &mut Option<u8>,
) -> io::Result<()> {
    while let Some((kind, body)) = record::read(from).await? {
        let (kind, content) = if kind == APPLICATION_DATA { protection.open(body)? } else { (kind, body) };
        match kind {
            APPLICATION_DATA => {
                received.extend_from_slice(&content);
                to.write_all(&content).await?;
            }
            HANDSHAKE if content.first() == Some(&KEY_UPDATE) => protection.update(),
            ALERT => {
                *alert = content.get(1).copied();
                break;
            }
            _ => return Err(io::Error::other(format!("a record of type {kind} from the client"))),
        }
    }
    to.shutdown().await
}

/// rustls, showing the certificates unread.
fn library(options: &Options) -> TlsAcceptor {
    #[derive(Debug)]
    struct Shown(Arc<CertifiedKey>);
    impl ResolvesServerCert for Shown {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(self.0.clone())
        }
    }
    let old: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];
    let versions = if options.fault == Some(Fault::Tls12Only) { old } else { rustls::ALL_VERSIONS };
    let shown = CertifiedKey::new(options.case.chain.clone(), Arc::new(options.case.key.clone()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("ring has the algorithms of TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shown(Arc::new(shown))));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
