//! The machine with rustls: each cipher suite and group, sessions that are resumed, new keys, and what is
//! given up.

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
    CipherSuite, HandshakeKind, NamedGroup, ServerConfig, ServerConnection,
    crypto::{CryptoProvider, ring},
    pki_types::PrivateKeyDer,
};
use taskgroup_tls::{
    CertificateError, Dates, Error, RECEIVE, RECEIVE_4K, Roots, SEND_MIN,
    machine::{Client, Connection},
};

const NAME: &str = "server.example";
/// 2026-06-01.
const NOW: u64 = 1_780_272_000;
const DAY: u64 = 24 * 60 * 60;

/// A server's settings and its certificate, which is its own root.
struct Identity {
    config: Arc<ServerConfig>,
    root: Vec<u8>,
}

/// A server of these names whose certificate ends at the end of 2026, with what the provider has.
fn identity(names: &[&str], provider: CryptoProvider) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut certificate =
        CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    (certificate.not_before, certificate.not_after) =
        (date_time_ymd(2026, 1, 1), date_time_ymd(2026, 12, 31));
    let certificate = certificate.self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    Identity { config: Arc::new(config), root: certificate.der().to_vec() }
}

/// One connection of a server.
#[derive(Clone)]
struct Peer {
    tls: Rc<RefCell<ServerConnection>>,
    heard: Rc<RefCell<Vec<u8>>>,
    /// How much more the network takes.
    takes: Rc<Cell<usize>>,
    taken: Rc<Cell<usize>>,
    wire: Rc<RefCell<Vec<u8>>>,
    /// How much more it brings.
    brings: Rc<Cell<usize>>,
}

impl Peer {
    fn new(config: &Arc<ServerConfig>) -> Self {
        let tls = ServerConnection::new(config.clone()).unwrap();
        Self {
            tls: Rc::new(RefCell::new(tls)),
            heard: Rc::default(),
            takes: Rc::new(Cell::new(usize::MAX)),
            taken: Rc::default(),
            wire: Rc::default(),
            brings: Rc::new(Cell::new(usize::MAX)),
        }
    }

    fn says(&self, words: &[u8]) {
        io::Write::write_all(&mut self.tls.borrow_mut().writer(), words).unwrap();
    }

    fn kind(&self) -> Option<HandshakeKind> {
        self.tls.borrow().handshake_kind()
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
fn with_client<R>(root: &[u8], now: &Cell<Option<u64>>, run: impl FnOnce(&Client<'_, OsRng>) -> R) -> R {
    let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
    let (roots, clock) = ([root], || now.get());
    let dates = Dates::CheckedBy(&clock);
    run(&Client::new(Roots::Certificates(&roots), dates, OsRng, &mut receive, &mut send))
}

/// Asks, and hears the answer, with which a ticket comes.
fn ask(connection: &mut Connection<'_, Peer>, peer: &Peer) {
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

/// Connects, asks and closes: was it resumed, by both ends' account?
fn visit(client: &Client<'_, OsRng>, identity: &Identity, name: &str) -> bool {
    let peer = Peer::new(&identity.config);
    let mut connection = block_on(client.connect(peer.clone(), name)).unwrap();
    let resumed = connection.is_resumed();
    assert_eq!(peer.kind() == Some(HandshakeKind::Resumed), resumed);
    ask(&mut connection, &peer);
    block_on(connection.close()).unwrap();
    assert!(peer.tls.borrow_mut().process_new_packets().unwrap().peer_has_closed());
    resumed
}

/// What is built in, with these suites and groups only.
fn provider(suites: &[CipherSuite], groups: &[NamedGroup]) -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(|suite| suites.contains(&suite.suite()));
    provider.kx_groups.retain(|group| groups.contains(&group.name()));
    provider
}

#[test]
fn each_suite_and_each_group_of_a_server_will_do_in_full_and_resumed() {
    let suites = [CipherSuite::TLS13_CHACHA20_POLY1305_SHA256, CipherSuite::TLS13_AES_128_GCM_SHA256];
    let groups = [NamedGroup::X25519, NamedGroup::secp256r1];
    for (suite, group) in suites.iter().flat_map(|suite| groups.map(|group| (*suite, group))) {
        let identity = identity(&[NAME], provider(&[suite], &[group]));
        with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
            let peer = Peer::new(&identity.config);
            let mut connection = block_on(client.connect(peer.clone(), NAME)).unwrap();
            ask(&mut connection, &peer);
            drop(connection);
            let tls = peer.tls.borrow();
            assert_eq!(tls.negotiated_cipher_suite().unwrap().suite(), suite);
            assert_eq!(tls.negotiated_key_exchange_group().unwrap().name(), group);
            // X25519 is offered first: for the other a server asks.
            let retried = group == NamedGroup::secp256r1;
            let expected =
                if retried { HandshakeKind::FullWithHelloRetryRequest } else { HandshakeKind::Full };
            assert_eq!(tls.handshake_kind(), Some(expected));
            for _ in 0..3 {
                assert!(visit(client, &identity, NAME), "{suite:?}, {group:?}");
            }
        });
    }
}

#[test]
fn a_server_with_other_suites_or_groups_ends_the_handshake() {
    for (suites, groups) in [
        (&[CipherSuite::TLS13_AES_256_GCM_SHA384][..], &[NamedGroup::X25519][..]),
        (&[CipherSuite::TLS13_AES_128_GCM_SHA256], &[NamedGroup::secp384r1]),
    ] {
        let identity = identity(&[NAME], provider(suites, groups));
        with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
            let found = block_on(client.connect(Peer::new(&identity.config), NAME)).map(drop);
            assert_eq!(found, Err(Error::Transport(ErrorKind::ConnectionReset)));
        });
    }
}

#[test]
fn a_ticket_is_used_once_for_its_name_in_its_time_and_while_the_certificate_lasts() {
    let identity = identity(&[NAME, "other.example"], ring::default_provider());
    let now = Cell::new(Some(NOW));
    with_client(&identity.root, &now, |client| {
        assert!(!visit(client, &identity, NAME));
        assert!(visit(client, &identity, NAME));
        assert!(!visit(client, &identity, "other.example"), "for another name");
        assert!(visit(client, &identity, "OTHER.example"), "names have no case");
        client.forget();
        assert!(!visit(client, &identity, "other.example"), "forgotten");

        // rustls gives tickets for a day.
        now.set(Some(NOW + DAY - 1));
        assert!(visit(client, &identity, "other.example"));
        now.set(Some(NOW + 2 * DAY));
        assert!(!visit(client, &identity, "other.example"), "too old");
        now.set(Some(NOW));
        assert!(!visit(client, &identity, "other.example"), "from the future");

        // An hour before the certificate ends, so that the ticket ends with it: 2026-12-31.
        let end = 1_798_675_200;
        now.set(Some(end - 3600));
        client.forget();
        assert!(!visit(client, &identity, NAME));
        assert!(visit(client, &identity, NAME));
        now.set(Some(end + 1));
        let found = block_on(client.connect(Peer::new(&identity.config), NAME)).map(drop);
        assert!(matches!(found, Err(Error::Certificate(CertificateError::Expired { .. }))), "{found:?}");
    });
}

#[test]
fn a_server_that_has_forgotten_its_tickets_shakes_hands_in_full() {
    let config = identity(&[NAME], ring::default_provider());
    let now = Cell::new(Some(NOW));
    with_client(&config.root, &now, |client| {
        assert!(!visit(client, &config, NAME));
        let mut other = ServerConfig::clone(&config.config);
        other.session_storage = rustls::server::ServerSessionMemoryCache::new(16);
        let forgetful = Identity { config: Arc::new(other), root: config.root.clone() };
        assert!(!visit(client, &forgetful, NAME));
        assert!(visit(client, &forgetful, NAME));
        assert!(!visit(client, &config, NAME), "the ticket of another server");
    });
}

#[test]
fn a_ticket_that_is_lost_with_its_connection_is_not_used_again() {
    let identity = identity(&[NAME], ring::default_provider());
    let now = Cell::new(Some(NOW));
    with_client(&identity.root, &now, |client| {
        assert!(!visit(client, &identity, NAME));
        let peer = Peer::new(&identity.config);
        peer.brings.set(0);
        give_up(client.connect(peer, NAME));
        assert!(!visit(client, &identity, NAME));
    });
}

#[test]
fn no_ticket_is_kept_where_dates_are_ignored() {
    let identity = identity(&[NAME], ring::default_provider());
    let (mut receive, mut send, roots) = (vec![0; RECEIVE], vec![0; SEND_MIN], [&identity.root[..]]);
    let client = Client::new(Roots::Certificates(&roots), Dates::Ignored, OsRng, &mut receive, &mut send);
    for _ in 0..2 {
        assert!(!visit(&client, &identity, NAME));
    }
}

#[test]
fn another_server_with_the_name_is_refused_after_a_ticket_of_the_right_one() {
    let (right, wrong) =
        (identity(&[NAME], ring::default_provider()), identity(&[NAME], ring::default_provider()));
    with_client(&right.root, &Cell::new(Some(NOW)), |client| {
        assert!(!visit(client, &right, NAME));
        let peer = Peer::new(&wrong.config);
        let found = block_on(client.connect(peer.clone(), NAME)).map(drop);
        assert!(matches!(found, Err(Error::Certificate(_))), "{found:?}");
        assert!(peer.heard.borrow().is_empty());
    });
}

/// Polls it once, and drops it.
fn give_up<R>(future: impl Future<Output = R>) {
    let mut future = pin!(future);
    let polled = block_on(poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())));
    assert!(!polled, "it was to wait");
}

#[test]
fn a_write_that_is_dropped_anywhere_continues() {
    let identity = identity(&[NAME], ring::default_provider());
    let request: Vec<u8> = (0..200_u32).flat_map(u32::to_be_bytes).collect();
    with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
        for step in [1, 7, 100, 511] {
            let peer = Peer::new(&identity.config);
            let mut connection = block_on(client.connect(peer.clone(), NAME)).unwrap();
            let (mut written, mut dropped) = (0, 0);
            while written < request.len() || *peer.heard.borrow() != request {
                peer.takes.set(step);
                let mut done = None;
                {
                    let mut future = pin!(async {
                        match request.get(written..).filter(|rest| !rest.is_empty()) {
                            Some(rest) => connection.write(rest).await,
                            None => connection.flush().await.map(|()| 0),
                        }
                    });
                    block_on(poll_fn(|context| {
                        if let Poll::Ready(result) = future.as_mut().poll(context) {
                            done = Some(result.unwrap());
                        }
                        Poll::Ready(())
                    }));
                }
                match done {
                    Some(length) => written += length,
                    None => dropped += 1,
                }
            }
            assert!(dropped > 0, "{step}");
            peer.takes.set(usize::MAX);
            block_on(connection.close()).unwrap();
            assert!(peer.tls.borrow_mut().process_new_packets().unwrap().peer_has_closed());
        }
    });
}

#[test]
fn a_read_that_is_dropped_anywhere_continues() {
    let identity = identity(&[NAME], ring::default_provider());
    let answer: Vec<u8> = (0..300_u32).flat_map(u32::to_be_bytes).collect();
    with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
        let peer = Peer::new(&identity.config);
        let mut connection = block_on(client.connect(peer.clone(), NAME)).unwrap();
        peer.says(&answer);
        peer.tls.borrow_mut().send_close_notify();
        let (mut heard, mut dropped) = (Vec::new(), 0);
        loop {
            let mut buffer = [0; 50];
            peer.brings.set(1);
            let came = {
                let mut read = pin!(connection.read(&mut buffer));
                block_on(poll_fn(|context| Poll::Ready(read.as_mut().poll(context))))
            };
            match came {
                Poll::Ready(Ok(0)) => break,
                Poll::Ready(length) => heard.extend_from_slice(&buffer[..length.unwrap()]),
                Poll::Pending => dropped += 1,
            }
        }
        assert!(dropped > answer.len(), "{dropped}");
        assert_eq!(heard, answer);
    });
}

#[test]
fn keys_change_when_the_server_says_so_and_ours_with_them() {
    let identity = identity(&[NAME], ring::default_provider());
    with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
        let peer = Peer::new(&identity.config);
        let mut connection = block_on(client.connect(peer.clone(), NAME)).unwrap();
        ask(&mut connection, &peer);
        for round in 0..40_u8 {
            peer.heard.borrow_mut().clear();
            peer.tls.borrow_mut().refresh_traffic_keys().unwrap();
            peer.says(&[round]);
            let mut byte = [0];
            // What is written and not yet sent goes out under the old keys.
            block_on(connection.write_all(&[round, 1])).unwrap();
            block_on(connection.read_exact(&mut byte)).unwrap();
            assert_eq!(byte, [round]);
            block_on(connection.write_all(&[round, 2])).unwrap();
            block_on(connection.flush()).unwrap();
            assert_eq!(*peer.heard.borrow(), [round, 1, round, 2]);
        }
    });
}

#[test]
fn messages_without_data_in_between_have_a_limit() {
    let identity = identity(&[NAME], ring::default_provider());
    with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
        let peer = Peer::new(&identity.config);
        let mut connection = block_on(client.connect(peer.clone(), NAME)).unwrap();
        let found = (0..40).find_map(|_| {
            peer.tls.borrow_mut().refresh_traffic_keys().unwrap();
            let mut byte = [0];
            let mut read = pin!(connection.read(&mut byte));
            let mut rounds = 0;
            let mut result = None;
            block_on(poll_fn(|context| {
                rounds += 1;
                if let Poll::Ready(found) = read.as_mut().poll(context) {
                    result = Some(found);
                }
                Poll::Ready(())
            }));
            result
        });
        // rustls has nothing more to bring where it is not refused.
        assert_eq!(found, Some(Err(Error::Unsupported)));
    });
}

#[test]
fn a_server_that_has_ended_the_connection_is_told_nothing_more() {
    let identity = identity(&[NAME], ring::default_provider());
    with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
        let peer = Peer::new(&identity.config);
        let mut connection = block_on(client.connect(peer.clone(), NAME)).unwrap();
        peer.tls.borrow_mut().send_close_notify();
        assert_eq!(block_on(connection.read(&mut [0; 10])), Ok(0));
        let before = peer.taken.get();
        assert_eq!(block_on(connection.write(b"more")), Err(Error::Transport(ErrorKind::BrokenPipe)));
        assert_eq!(block_on(connection.read(&mut [0; 10])), Ok(0));
        block_on(connection.close()).unwrap();
        assert_eq!(peer.taken.get(), before);
    });
}

#[test]
fn one_connection_at_a_time_has_the_memory() {
    let identity = identity(&[NAME], ring::default_provider());
    with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
        let first = block_on(client.connect(Peer::new(&identity.config), NAME)).unwrap();
        let second = block_on(client.connect(Peer::new(&identity.config), NAME)).map(drop);
        assert_eq!(second, Err(Error::Busy));
        drop(first);
        block_on(client.connect(Peer::new(&identity.config), NAME)).unwrap();
    });
}

#[test]
fn the_least_for_sending_takes_the_longest_name_and_large_requests() {
    let longest =
        [&"a23456789-".repeat(6)[..59], &"b".repeat(63), &"c".repeat(63), &"d".repeat(63)].join(".");
    assert_eq!(longest.len(), 251);
    let identity = identity(&[&longest], ring::default_provider());
    let request: Vec<u8> = (0..20_000_u32).flat_map(u32::to_be_bytes).collect();
    with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
        for _ in 0..2 {
            let peer = Peer::new(&identity.config);
            let mut connection = block_on(client.connect(peer.clone(), &longest)).unwrap();
            assert_eq!(peer.tls.borrow().server_name(), Some(&longest[..]));
            block_on(connection.write_all(&request)).unwrap();
            block_on(connection.flush()).unwrap();
            assert!(*peer.heard.borrow() == request);
        }
    });
}

/// RFC 6066, section 4.
#[test]
fn records_are_as_short_as_the_server_was_asked_to_make_them() {
    let identity = identity(&[NAME], ring::default_provider());
    let request = vec![7; 50_000];
    for (receive, longest) in [(RECEIVE, 16_384), (RECEIVE_4K, 4096), (2048 + 17, 2048), (1024 + 17, 1024)] {
        let (mut receive, mut send, roots) = (vec![0; receive], vec![0; 20_000], [&identity.root[..]]);
        let client = Client::new(Roots::Certificates(&roots), Dates::Ignored, OsRng, &mut receive, &mut send);
        let peer = Peer::new(&identity.config);
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
