//! Tickets of rustls, with each cipher suite and group: when a session is resumed, and when it must not be.

mod peer;

use std::{cell::Cell, sync::Arc};

use embassy_futures::block_on;
use embedded_io_async::ErrorKind;
use peer::{Identity, NAME, NOW, Peer, ask, give_up, with_client};
use rand_core::OsRng;
use rustls::{
    CipherSuite, HandshakeKind, NamedGroup, ServerConfig,
    crypto::{CryptoProvider, ring},
};
#[cfg(feature = "aes128-gcm")]
use taskgroup_tls::CipherSuite as Ours;
use taskgroup_tls::{CertificateError, Client, Dates, Error, RECEIVE, Roots, SEND_MIN};

const DAY: u64 = 24 * 60 * 60;

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
    let suites = [
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
        #[cfg(feature = "aes128-gcm")]
        CipherSuite::TLS13_AES_128_GCM_SHA256,
    ];
    let groups = [
        NamedGroup::X25519,
        #[cfg(feature = "p256-exchange")]
        NamedGroup::secp256r1,
    ];
    for (suite, group) in suites.iter().flat_map(|suite| groups.map(|group| (*suite, group))) {
        let identity = Identity::with(&[NAME], provider(&[suite], &[group]));
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

/// The server takes the first of those that are offered.
#[cfg(feature = "aes128-gcm")]
#[test]
fn the_order_of_suites_is_the_clients_and_no_other_is_offered() {
    let (chacha20, aes) =
        (CipherSuite::TLS13_CHACHA20_POLY1305_SHA256, CipherSuite::TLS13_AES_128_GCM_SHA256);
    for (order, both, only_aes) in [
        (None, Some(chacha20), true),
        (Some(&[Ours::ChaCha20Poly1305, Ours::Aes128Gcm][..]), Some(chacha20), true),
        (Some(&[Ours::Aes128Gcm, Ours::ChaCha20Poly1305]), Some(aes), true),
        (Some(&[Ours::Aes128Gcm]), Some(aes), true),
        (Some(&[Ours::ChaCha20Poly1305]), Some(chacha20), false),
        (Some(&[]), None, false),
    ] {
        let chosen = |suites: &[CipherSuite]| {
            let identity = Identity::with(&[NAME], provider(suites, &[NamedGroup::X25519]));
            let (mut receive, mut send, roots) = (vec![0; RECEIVE], vec![0; SEND_MIN], [&identity.root[..]]);
            let client =
                Client::new(Roots::Certificates(&roots), Dates::Ignored, OsRng, &mut receive, &mut send);
            let client = match order {
                Some(order) => client.with_suites(order),
                None => client,
            };
            let peer = Peer::new(&identity.config);
            block_on(client.connect(peer.clone(), NAME)).ok()?;
            let tls = peer.tls.borrow();
            tls.negotiated_cipher_suite().map(|suite| suite.suite())
        };
        assert_eq!(chosen(&[chacha20, aes]), both, "{order:?}");
        assert_eq!(chosen(&[aes]), only_aes.then_some(aes), "{order:?}");
    }
}

#[test]
fn a_server_with_other_suites_or_groups_ends_the_handshake() {
    for (suites, groups) in [
        (&[CipherSuite::TLS13_AES_256_GCM_SHA384][..], &[NamedGroup::X25519][..]),
        (&[CipherSuite::TLS13_AES_128_GCM_SHA256], &[NamedGroup::secp384r1]),
    ] {
        let identity = Identity::with(&[NAME], provider(suites, groups));
        with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
            let found = block_on(client.connect(Peer::new(&identity.config), NAME)).map(drop);
            assert_eq!(found, Err(Error::Transport(ErrorKind::ConnectionReset)));
        });
    }
}

#[test]
fn a_ticket_is_used_once_for_its_name_in_its_time_and_while_the_certificate_lasts() {
    let identity = Identity::new(&[NAME, "other.example"]);
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
    let config = Identity::new(&[NAME]);
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
    let identity = Identity::new(&[NAME]);
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
    let identity = Identity::new(&[NAME]);
    let (mut receive, mut send, roots) = (vec![0; RECEIVE], vec![0; SEND_MIN], [&identity.root[..]]);
    let client = Client::new(Roots::Certificates(&roots), Dates::Ignored, OsRng, &mut receive, &mut send);
    for _ in 0..2 {
        assert!(!visit(&client, &identity, NAME));
    }
}

#[test]
fn another_server_with_the_name_is_refused_after_a_ticket_of_the_right_one() {
    let (right, wrong) = (Identity::new(&[NAME]), Identity::new(&[NAME]));
    with_client(&right.root, &Cell::new(Some(NOW)), |client| {
        assert!(!visit(client, &right, NAME));
        let peer = Peer::new(&wrong.config);
        let found = block_on(client.connect(peer.clone(), NAME)).map(drop);
        assert!(matches!(found, Err(Error::Certificate(_))), "{found:?}");
        assert!(peer.heard.borrow().is_empty());
    });
}
