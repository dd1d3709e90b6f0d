//! An open connection to rustls: what is written, however it is given up, and how it ends.

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
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig, ServerConnection,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use taskgroup_tls::{
    CertificateError, Client, Connection, Dates, Error, RECEIVE, RECEIVE_4K, Roots, SEND_MIN,
};

const NAME: &str = "server.example";
/// The longest name there is.
const LONGEST: &str = concat!(
    "a23456789-123456789-123456789-123456789-123456789-123456789-123.",
    "b23456789-123456789-123456789-123456789-123456789-123456789-123.",
    "c23456789-123456789-123456789-123456789-123456789-123456789-123.",
    "d23456789-123456789-123456789-123456789-123456789-123456789-1",
);

/// What both ends see of the server, and how the network is.
#[derive(Clone)]
struct Peer {
    tls: Rc<RefCell<ServerConnection>>,
    heard: Rc<RefCell<Vec<u8>>>,
    /// How much more the network takes.
    takes: Rc<Cell<usize>>,
    /// Whether it fails.
    fails: Rc<Cell<bool>>,
    /// How much it has taken.
    taken: Rc<Cell<usize>>,
    wire: Rc<RefCell<Vec<u8>>>,
}

impl Peer {
    /// A server of this name, and its certificate, which is its own root.
    fn new(name: &str) -> (Self, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
        let root = certificate.der().to_vec();
        (Self::with(vec![certificate.der().clone()], &key), root)
    }

    /// A server that shows these certificates, of which the first has this key.
    fn with(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let tls = ServerConnection::new(Arc::new(config)).unwrap();
        Self {
            tls: Rc::new(RefCell::new(tls)),
            heard: Rc::default(),
            takes: Rc::new(Cell::new(usize::MAX)),
            fails: Rc::default(),
            taken: Rc::default(),
            wire: Rc::default(),
        }
    }
}

impl ErrorType for Peer {
    type Error = ErrorKind;
}

impl Read for Peer {
    async fn read(&mut self, mut out: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(self.tls.borrow_mut().write_tls(&mut out).unwrap())
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

/// Connects by the name, with so much room for sending.
fn with_connection<R>(
    peer: &Peer,
    root: &[u8],
    name: &str,
    send: usize,
    then: impl FnOnce(Result<Connection<'_, Peer>, Error>) -> R,
) -> R {
    let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; send]);
    let roots = [root];
    let client = Client::new(Roots::Certificates(&roots), Dates::Ignored, OsRng, &mut receive, &mut send);
    then(block_on(client.connect(peer.clone(), name)))
}

/// Polls it once, and gives it up.
fn give_up<R>(future: impl Future<Output = R>) {
    let mut future = pin!(future);
    let polled = block_on(poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())));
    assert!(!polled, "it was to wait");
}

#[test]
fn what_was_written_in_part_is_never_followed_by_a_record_under_the_same_nonce() {
    for takes in [0, 1, 40] {
        let (peer, root) = Peer::new(NAME);
        with_connection(&peer, &root, NAME, SEND_MIN, |connection| {
            let mut connection = connection.unwrap();
            block_on(connection.write_all(b"a request of forty bytes, or a few more")).unwrap();
            peer.takes.set(takes);
            give_up(connection.flush());
            peer.takes.set(usize::MAX);
            let before = peer.taken.get();
            assert_eq!(block_on(connection.close()).err(), Some(Error::Interrupted));
            assert_eq!(peer.taken.get(), before, "nothing is written behind it");
        });
    }
}

#[test]
fn what_could_not_be_written_is_not_followed_by_a_record_under_the_same_nonce() {
    let (peer, root) = Peer::new(NAME);
    with_connection(&peer, &root, NAME, SEND_MIN, |connection| {
        let mut connection = connection.unwrap();
        block_on(connection.write_all(b"a request")).unwrap();
        peer.fails.set(true);
        let error = Error::Transport(ErrorKind::TimedOut);
        assert_eq!(block_on(connection.flush()), Err(error));
        peer.fails.set(false);
        let before = peer.taken.get();
        assert_eq!(block_on(connection.close()).err(), Some(error));
        assert_eq!(peer.taken.get(), before, "nothing is written behind it");
    });
}

#[test]
fn the_least_for_sending_is_enough_for_the_longest_name() {
    assert_eq!(LONGEST.len(), 253);
    let (peer, root) = Peer::new(LONGEST);
    with_connection(&peer, &root, LONGEST, SEND_MIN, |connection| {
        connection.unwrap();
        assert_eq!(peer.tls.borrow().server_name(), Some(LONGEST));
    });
}

#[test]
fn a_name_may_end_with_one_dot_which_the_server_is_not_told() {
    for (name, connected) in [("server.example.", Ok(())), ("server.example..", Err(Error::ServerName))] {
        let (peer, root) = Peer::new(NAME);
        with_connection(&peer, &root, name, SEND_MIN, |connection| {
            assert_eq!(connection.map(drop), connected, "{name}");
            let told = peer.tls.borrow().server_name().map(str::to_owned);
            assert_eq!(told.as_deref(), connected.ok().map(|()| NAME));
        });
    }
}

#[test]
fn a_large_buffer_for_sending_makes_no_record_larger_than_there_may_be() {
    let request: Vec<u8> = (0..50_000_u32).flat_map(u32::to_be_bytes).collect();
    for send in [SEND_MIN, 16_384, 16_600, 70_000] {
        let (peer, root) = Peer::new(NAME);
        with_connection(&peer, &root, NAME, send, |connection| {
            let mut connection = connection.unwrap();
            block_on(connection.write_all(&request)).unwrap();
            block_on(connection.flush()).unwrap();
            assert!(*peer.heard.borrow() == request, "{send}: {} bytes", peer.heard.borrow().len());
        });
    }
}

#[test]
fn a_server_that_has_ended_the_connection_is_told_nothing_more() {
    let (peer, root) = Peer::new(NAME);
    with_connection(&peer, &root, NAME, SEND_MIN, |connection| {
        let mut connection = connection.unwrap();
        peer.tls.borrow_mut().send_close_notify();
        assert_eq!(block_on(connection.read(&mut [0; 10])), Ok(0));
        let before = peer.taken.get();
        assert_eq!(block_on(connection.write(b"more")), Err(Error::Transport(ErrorKind::BrokenPipe)));
        assert_eq!(block_on(connection.read(&mut [0; 10])), Ok(0));
        block_on(connection.close()).unwrap();
        assert_eq!(peer.taken.get(), before, "nothing is written in the clear");
    });
}

#[test]
fn closing_tells_the_server_and_gives_the_transport_back() {
    let (peer, root) = Peer::new(NAME);
    with_connection(&peer, &root, NAME, SEND_MIN, |connection| {
        let mut connection = connection.unwrap();
        block_on(connection.write_all(b"the last")).unwrap();
        block_on(connection.close()).unwrap();
        assert_eq!(*peer.heard.borrow(), b"the last");
        let mut tls = peer.tls.borrow_mut();
        assert!(tls.process_new_packets().unwrap().peer_has_closed());
    });
}

#[test]
fn a_server_that_is_refused_is_told_nothing_in_the_clear() {
    let ((peer, _), (_, other)) = (Peer::new(NAME), Peer::new(NAME));
    with_connection(&peer, &other, NAME, SEND_MIN, |connection| {
        assert!(matches!(connection, Err(Error::Certificate(_))), "{connection:?}");
        let mut tls = peer.tls.borrow_mut();
        assert!(tls.process_new_packets().is_ok() && tls.is_handshaking());
    });
}

/// Of all the ways to a root that there could be only a few are tried, each of which costs a signature.
#[test]
fn authorities_that_are_called_as_the_root_is_are_not_tried_in_every_order() {
    let authority = || {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap()
    };
    let (root, key) = (authority(), KeyPair::generate().unwrap());
    for (count, why) in [
        (1, CertificateError::Signature),
        (2, CertificateError::Signature),
        (3, CertificateError::TooComplex),
    ] {
        let authorities: Vec<_> = (0..count).map(|_| authority()).collect();
        let own =
            CertificateParams::new([NAME.to_owned()]).unwrap().signed_by(&key, &authorities[0]).unwrap();
        let others = authorities.iter().map(|authority| authority.der().clone());
        let chain = [own.der().clone()].into_iter().chain(others).collect();
        let peer = Peer::with(chain, &key);
        with_connection(&peer, root.der(), NAME, SEND_MIN, |connection| {
            assert_eq!(connection.map(drop), Err(Error::Certificate(why)), "{count}");
        });
    }
}

/// RFC 6066, section 4.
#[test]
fn records_are_as_short_as_the_server_was_asked_to_make_them() {
    let request = vec![7; 50_000];
    for (receive, longest) in [(RECEIVE, 16_384), (RECEIVE_4K, 4096), (2048 + 17, 2048), (1024 + 17, 1024)] {
        let (peer, root) = Peer::new(NAME);
        let (mut receive, mut send, roots) = (vec![0; receive], vec![0; 20_000], [&root[..]]);
        let client = Client::new(Roots::Certificates(&roots), Dates::Ignored, OsRng, &mut receive, &mut send);
        let mut connection = block_on(client.connect(peer.clone(), NAME)).unwrap();
        block_on(connection.write_all(&request)).unwrap();
        block_on(connection.flush()).unwrap();
        assert!(*peer.heard.borrow() == request);
        let (wire, mut lengths) = (peer.wire.borrow(), Vec::new());
        let mut rest = &wire[..];
        while let [_, _, _, high, low, ..] = *rest {
            lengths.push(usize::from(u16::from_be_bytes([high, low])));
            rest = &rest[5 + lengths.last().unwrap()..];
        }
        assert_eq!(lengths.into_iter().max(), Some(longest + 17));
    }
}
