//! rustls at the other end of a network that takes and brings as much as a test says.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    io,
    pin::pin,
    rc::Rc,
    sync::Arc,
    task::Poll,
};

use embassy_futures::block_on;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use rand_core::OsRng;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::{
    HandshakeKind, ServerConfig, ServerConnection,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer},
};
use taskgroup_tls::{Client, Connection, Dates, RECEIVE, Roots, SEND_MIN};

pub(crate) const NAME: &str = "server.example";
/// 2026-06-01.
pub(crate) const NOW: u64 = 1_780_272_000;

/// A server's settings and its certificate, which is its own root.
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) root: Vec<u8>,
}

impl Identity {
    /// A server of these names, with what rustls has.
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::with(names, ring::default_provider())
    }

    /// The same with what the provider has. Its certificate ends at the end of 2026.
    pub(crate) fn with(names: &[&str], provider: CryptoProvider) -> Self {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut certificate = CertificateParams::new(names).unwrap();
        (certificate.not_before, certificate.not_after) =
            (date_time_ymd(2026, 1, 1), date_time_ymd(2026, 12, 31));
        let certificate = certificate.self_signed(&key).unwrap();
        let config = config(vec![certificate.der().clone()], &key, provider);
        Self { config: Arc::new(config), root: certificate.der().to_vec() }
    }
}

/// A server that shows these certificates, of which the first has this key.
pub(crate) fn config(
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
    provider: CryptoProvider,
) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap()
}

/// One connection of a server.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) tls: Rc<RefCell<ServerConnection>>,
    pub(crate) heard: Rc<RefCell<Vec<u8>>>,
    /// How much more the network takes.
    pub(crate) takes: Rc<Cell<usize>>,
    /// How much it has taken.
    pub(crate) taken: Rc<Cell<usize>>,
    /// Whether it fails.
    pub(crate) fails: Rc<Cell<bool>>,
    pub(crate) wire: Rc<RefCell<Vec<u8>>>,
    /// How much more it brings.
    pub(crate) brings: Rc<Cell<usize>>,
}

impl Peer {
    pub(crate) fn new(config: &Arc<ServerConfig>) -> Self {
        let tls = ServerConnection::new(config.clone()).unwrap();
        Self {
            tls: Rc::new(RefCell::new(tls)),
            heard: Rc::default(),
            takes: Rc::new(Cell::new(usize::MAX)),
            taken: Rc::default(),
            fails: Rc::default(),
            wire: Rc::default(),
            brings: Rc::new(Cell::new(usize::MAX)),
        }
    }

    pub(crate) fn says(&self, words: &[u8]) {
        io::Write::write_all(&mut self.tls.borrow_mut().writer(), words).unwrap();
    }

    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn kind(&self) -> Option<HandshakeKind> {
        self.tls.borrow().handshake_kind()
    }
}

impl Peer {
    /// Content type and length of each record that the client has sent.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn records(&self) -> Vec<(u8, usize)> {
        let (wire, mut records) = (self.wire.borrow(), Vec::new());
        let mut rest = &wire[..];
        while let [content_type, _, _, high, low, ..] = *rest {
            let length = usize::from(u16::from_be_bytes([high, low]));
            records.push((content_type, length));
            rest = &rest[5 + length..];
        }
        records
    }
}

impl ErrorType for Peer {
    type Error = ErrorKind;
}

impl Read for Peer {
    /// Waits without end when there is nothing more.
    #[allow(clippy::await_holding_refcell_ref, reason = "nothing else can have it then")]
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        let length = out.len().min(self.brings.get());
        let mut out = &mut out[..length];
        match self.tls.borrow_mut().write_tls(&mut out) {
            Ok(length) if length > 0 => {
                self.brings.set(self.brings.get() - length);
                Ok(length)
            }
            _ => poll_fn(|_| Poll::Pending).await,
        }
    }
}

impl Write for Peer {
    /// Waits without end when the network takes no more.
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        if self.fails.get() {
            return Err(ErrorKind::TimedOut);
        }
        let length = bytes.len().min(self.takes.get());
        if length == 0 {
            return poll_fn(|_| Poll::Pending).await;
        }
        self.takes.set(self.takes.get() - length);
        self.taken.set(self.taken.get() + length);
        self.wire.borrow_mut().extend_from_slice(&bytes[..length]);
        let (mut bytes, mut tls) = (&bytes[..length], self.tls.borrow_mut());
        while !bytes.is_empty() {
            tls.read_tls(&mut bytes).unwrap();
            tls.process_new_packets().map_err(|_| ErrorKind::ConnectionReset)?;
        }
        match io::Read::read_to_end(&mut tls.reader(), &mut self.heard.borrow_mut()) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(ErrorKind::Other),
            _ => Ok(length),
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// Runs with a client that trusts this root, at the time that the cell has.
pub(crate) fn with_client<R>(
    root: &[u8],
    now: &Cell<Option<u64>>,
    run: impl FnOnce(&Client<'_, OsRng>) -> R,
) -> R {
    let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
    let (roots, clock) = ([root], || now.get());
    let dates = Dates::CheckedBy(&clock);
    run(&Client::new(Roots::Certificates(&roots), dates, OsRng, &mut receive, &mut send))
}

/// Asks, and hears the answer, with which a ticket comes.
pub(crate) fn ask(connection: &mut Connection<'_, Peer>, peer: &Peer) {
    block_on(async {
        connection.write_all(b"a request").await.unwrap();
        connection.flush().await.unwrap();
        assert_eq!(*peer.heard.borrow(), b"a request");
        peer.says(b"an answer");
        let mut answer = [0; 9];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"an answer");
    });
}

/// Polls it once, and drops it.
pub(crate) fn give_up<R>(future: impl Future<Output = R>) {
    let mut future = pin!(future);
    let polled = block_on(poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())));
    assert!(!polled, "it was to wait");
}
