//! An open connection to rustls: what is written, however it is given up, new keys, and how it ends.

mod peer;

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use embassy_futures::block_on;
use embedded_io_async::{ErrorKind, Read, Write};
use peer::{Identity, NAME, NOW, Peer, ask, config, give_up, with_client};
use rand_core::OsRng;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use taskgroup_tls::{
    CertificateError, Client, Connection, Dates, Error, RECEIVE, RECEIVE_4K, Roots, SEND_MIN,
};

/// The longest name there is.
const LONGEST: &str = concat!(
    "a23456789-123456789-123456789-123456789-123456789-123456789-123.",
    "b23456789-123456789-123456789-123456789-123456789-123456789-123.",
    "c23456789-123456789-123456789-123456789-123456789-123456789-123.",
    "d23456789-123456789-123456789-123456789-123456789-123456789-1",
);

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

/// A server of this name, and its root.
fn serve(name: &str) -> (Peer, Vec<u8>) {
    let identity = Identity::new(&[name]);
    (Peer::new(&identity.config), identity.root)
}

#[test]
fn what_was_written_in_part_is_written_to_its_end_before_the_close() {
    for takes in [0, 1, 40] {
        let (peer, root) = serve(NAME);
        with_connection(&peer, &root, NAME, SEND_MIN, |connection| {
            let mut connection = connection.unwrap();
            block_on(connection.write_all(b"a request of forty bytes, or a few more")).unwrap();
            peer.takes.set(takes);
            give_up(connection.flush());
            peer.takes.set(usize::MAX);
            block_on(connection.close()).unwrap();
            assert_eq!(*peer.heard.borrow(), b"a request of forty bytes, or a few more");
            assert!(peer.tls.borrow_mut().process_new_packets().unwrap().peer_has_closed());
        });
    }
}

#[test]
fn what_could_not_be_written_is_not_followed_by_a_record_under_the_same_nonce() {
    let (peer, root) = serve(NAME);
    with_connection(&peer, &root, NAME, SEND_MIN, |connection| {
        let mut connection = connection.unwrap();
        block_on(connection.write_all(b"a request")).unwrap();
        peer.fails.set(true);
        let error = Error::Transport(ErrorKind::TimedOut);
        assert_eq!(block_on(connection.flush()), Err(error));
        peer.fails.set(false);
        let before = peer.taken.get();
        assert_eq!(block_on(connection.close()).err(), Some(error));
        assert_eq!(peer.taken.get(), before, "nothing is written after it");
    });
}

#[test]
fn the_least_for_sending_is_enough_for_the_longest_name() {
    assert_eq!(LONGEST.len(), 253);
    let (peer, root) = serve(LONGEST);
    with_connection(&peer, &root, LONGEST, SEND_MIN, |connection| {
        connection.unwrap();
        assert_eq!(peer.tls.borrow().server_name(), Some(LONGEST));
    });
}

#[test]
fn a_name_may_end_with_one_dot_which_the_server_is_not_told() {
    for (name, connected) in [("server.example.", Ok(())), ("server.example..", Err(Error::ServerName))] {
        let (peer, root) = serve(NAME);
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
        let (peer, root) = serve(NAME);
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
    let (peer, root) = serve(NAME);
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
    let (peer, root) = serve(NAME);
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
    let ((peer, _), (_, other)) = (serve(NAME), serve(NAME));
    with_connection(&peer, &other, NAME, SEND_MIN, |connection| {
        assert!(matches!(connection, Err(Error::Certificate(_))), "{connection:?}");
        assert!(peer.tls.borrow().is_handshaking());
        // The ClientHello, and an alert that looks like any other record.
        let content_types: Vec<_> =
            peer.records().into_iter().map(|(content_type, _)| content_type).collect();
        assert_eq!(content_types, [22, 23]);
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
        let peer = Peer::new(&Arc::new(config(chain, &key, ring::default_provider())));
        with_connection(&peer, root.der(), NAME, SEND_MIN, |connection| {
            assert_eq!(connection.map(drop), Err(Error::Certificate(why)), "{count}");
        });
    }
}

#[test]
fn a_write_that_is_dropped_anywhere_continues() {
    let identity = Identity::new(&[NAME]);
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
    let identity = Identity::new(&[NAME]);
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
    let identity = Identity::new(&[NAME]);
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
    let identity = Identity::new(&[NAME]);
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
fn one_connection_at_a_time_has_the_memory() {
    let identity = Identity::new(&[NAME]);
    with_client(&identity.root, &Cell::new(Some(NOW)), |client| {
        let first = block_on(client.connect(Peer::new(&identity.config), NAME)).unwrap();
        let second = block_on(client.connect(Peer::new(&identity.config), NAME)).map(drop);
        assert_eq!(second, Err(Error::Busy));
        drop(first);
        block_on(client.connect(Peer::new(&identity.config), NAME)).unwrap();
    });
}

/// RFC 6066, section 4.
#[test]
fn records_are_as_short_as_the_server_was_asked_to_make_them() {
    let identity = Identity::new(&[NAME]);
    let request = vec![7; 50_000];
    for (receive, longest) in [(RECEIVE, 16_384), (RECEIVE_4K, 4096), (2048 + 17, 2048), (1024 + 17, 1024)] {
        let (mut receive, mut send, roots) = (vec![0; receive], vec![0; 20_000], [&identity.root[..]]);
        let client = Client::new(Roots::Certificates(&roots), Dates::Ignored, OsRng, &mut receive, &mut send);
        let peer = Peer::new(&identity.config);
        let mut connection = block_on(client.connect(peer.clone(), NAME)).unwrap();
        block_on(connection.write_all(&request)).unwrap();
        block_on(connection.flush()).unwrap();
        assert!(*peer.heard.borrow() == request);
        assert_eq!(peer.records().into_iter().map(|(_, length)| length).max(), Some(longest + 17));
    }
}
