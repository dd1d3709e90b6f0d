//! The machine alone, by calls, with rustls: an engine for AES, and tickets over a restart.

#[allow(dead_code, reason = "not every test needs all of it")]
mod peer;

use std::cell::{Cell, RefCell};

use ::ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use peer::{Identity, NAME, NOW};
use rand_core::OsRng;
use rustls::{CipherSuite as Theirs, HandshakeKind, ServerConnection, crypto::ring};
use taskgroup_tls::{
    CipherSuite, Error, RECEIVE, RECEIVE_MIN, Roots, SEND_MIN,
    machine::{Aes128Gcm, Binding, HEADER, Machine, OneTicket, Step, Terms, Ticket, Tickets},
};

const SUITES: &[CipherSuite] = &[CipherSuite::Aes128Gcm, CipherSuite::ChaCha20Poly1305];

/// Connects, asks, hears the answer and its end: what the server says of the handshake.
fn visit(
    mut machine: Machine<'_>,
    server: &mut ServerConnection,
    terms: &Terms<'_>,
    tickets: &dyn Tickets,
    now: Option<u64>,
) -> Result<HandshakeKind, Error> {
    let (mut receive, mut send) = (vec![0; RECEIVE], [0; SEND_MIN]);
    let ticket = tickets.take(terms.binding());
    let length = machine.start(terms, ticket.as_ref(), &mut OsRng, &mut receive, &mut send)?;
    give(server, &send[..length]);
    let (mut is_open, mut heard) = (false, Vec::new());
    loop {
        let mut place = machine.wants(&mut receive)?;
        if !place.is_empty() {
            let length = server.write_tls(&mut place).unwrap();
            assert!(length > 0, "the server has no more to say");
            machine.received(length)?;
            continue;
        }
        let step = if is_open {
            machine.advance(now, tickets, &mut receive)
        } else {
            assert_eq!(machine.seal(&mut send, 1), Err(Error::OutOfTurn), "nothing is sent before");
            machine.handshake(terms, &mut OsRng, &mut receive, &mut send)
        };
        match step? {
            Step::Receive => {}
            Step::Send(length) => give(server, &send[..length]),
            Step::Open(length) => {
                give(server, &send[..length]);
                is_open = true;
                send[HEADER..HEADER + 9].copy_from_slice(b"a request");
                let length = machine.seal(&mut send, 9)?;
                give(server, &send[..length]);
                std::io::Write::write_all(&mut server.writer(), b"an answer").unwrap();
                server.send_close_notify();
            }
            Step::Data(length) => heard.extend_from_slice(&receive[..length]),
            Step::Ended => break,
        }
    }
    assert_eq!(heard, b"an answer");
    let length = machine.alert(None, &mut send).unwrap();
    give(server, &send[..length]);
    assert_eq!(server.handshake_kind() == Some(HandshakeKind::Resumed), machine.is_resumed());
    Ok(server.handshake_kind().unwrap())
}

fn give(server: &mut ServerConnection, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        server.read_tls(&mut bytes).unwrap();
        server.process_new_packets().unwrap();
    }
}

/// In the place of a chip's engine: AES-128-GCM by ring, which counts its calls.
#[derive(Default)]
struct Engine {
    sealed: Cell<usize>,
    opened: Cell<usize>,
    fails: bool,
}

impl Engine {
    fn key(key: &[u8; 16]) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key).unwrap())
    }
}

impl Aes128Gcm for Engine {
    fn seal(&self, key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], content: &mut [u8]) -> Option<[u8; 16]> {
        assert_eq!(aad.len(), 5);
        self.sealed.update(|sealed| sealed + 1);
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = Self::key(key).seal_in_place_separate_tag(nonce, Aad::from(aad), content).ok()?;
        tag.as_ref().try_into().ok().filter(|_| !self.fails)
    }

    fn open(&self, key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], content: &mut [u8], tag: &[u8; 16]) -> bool {
        self.opened.update(|opened| opened + 1);
        let mut both = [content, &tag[..]].concat();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = Self::key(key).open_in_place(nonce, Aad::from(aad), &mut both);
        opened.map(|opened| content.copy_from_slice(opened)).is_ok()
    }
}

fn terms<'t>(roots: &'t [&'t [u8]], now: Option<u64>) -> Terms<'t> {
    Terms::new(Roots::Certificates(roots), NAME, now).unwrap()
}

#[test]
fn an_engine_computes_aes_in_the_place_of_what_is_built_in() {
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(|suite| suite.suite() == Theirs::TLS13_AES_128_GCM_SHA256);
    let identity = Identity::with(&[NAME], provider);
    let roots = [&*identity.root];
    let terms = terms(&roots, Some(NOW)).with_suites(SUITES);
    let (engine, tickets) = (Engine::default(), OneTicket::new());
    for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let mut server = ServerConnection::new(identity.config.clone()).unwrap();
        let (sealed, opened) = (engine.sealed.get(), engine.opened.get());
        let found = visit(Machine::with_aes(&engine), &mut server, &terms, &tickets, Some(NOW));
        assert_eq!(found, Ok(kind));
        // Finished, the request and close_notify; at least EncryptedExtensions, Finished and the answer.
        assert_eq!(engine.sealed.get(), sealed + 3);
        assert!(engine.opened.get() >= opened + 3);
    }
    let mut server = ServerConnection::new(identity.config.clone()).unwrap();
    let broken = Engine { fails: true, ..Engine::default() };
    let found = visit(Machine::with_aes(&broken), &mut server, &terms, &OneTicket::new(), Some(NOW));
    assert!(found.is_err(), "the engine has failed");
}

/// What a device keeps in flash, and what is left of it after a restart.
struct Flash(RefCell<[u8; Ticket::BYTES]>);

impl Flash {
    const ERASED: [u8; Ticket::BYTES] = [0xFF; _];
}

impl Tickets for Flash {
    fn take(&self, _: &Binding) -> Option<Ticket> {
        Ticket::from_bytes(&self.0.replace(Self::ERASED))
    }

    fn keep(&self, ticket: Ticket) {
        self.0.replace(*ticket.as_bytes());
    }

    fn forget(&self) {
        self.0.replace(Self::ERASED);
    }
}

#[test]
fn a_ticket_in_flash_resumes_a_session_after_a_restart_if_it_is_whole_and_for_the_same_terms() {
    let identity = Identity::with(&[NAME, "other.example"], ring::default_provider());
    let visit = |terms: &Terms<'_>, flash: &Flash, now| {
        let mut server = ServerConnection::new(identity.config.clone()).unwrap();
        visit(Machine::new(), &mut server, terms, flash, now)
    };
    let roots = [&*identity.root];
    let terms = terms(&roots, Some(NOW));
    let flash = Flash(RefCell::new(Flash::ERASED));
    assert_eq!(visit(&terms, &flash, Some(NOW)), Ok(HandshakeKind::Full));
    let kept = flash.0.into_inner();
    assert_eq!(Ticket::from_bytes(&kept).unwrap().binding(), terms.binding());

    let restarted = |kept| Flash(RefCell::new(kept));
    assert_eq!(visit(&terms, &restarted(kept), Some(NOW)), Ok(HandshakeKind::Resumed));

    for place in 0..Ticket::BYTES {
        let mut damaged = kept;
        damaged[place] ^= 1;
        assert!(Ticket::from_bytes(&damaged).is_none(), "byte {place}");
    }
    assert_eq!(visit(&terms, &restarted([0; _]), Some(NOW)), Ok(HandshakeKind::Full));

    let other = Identity::with(&["else.example"], ring::default_provider());
    let more = [&*identity.root, &*other.root];
    let different = [
        Terms::new(Roots::Certificates(&roots), "other.example", Some(NOW)).unwrap(),
        Terms::new(Roots::Certificates(&more), NAME, Some(NOW)).unwrap(),
    ];
    for terms in different {
        assert_ne!(terms.binding(), Ticket::from_bytes(&kept).unwrap().binding());
        assert_eq!(visit(&terms, &restarted(kept), Some(NOW)), Ok(HandshakeKind::Full));
    }
    let again = Terms::new(Roots::Certificates(&roots), "SERVER.example", Some(NOW)).unwrap();
    assert_eq!(again.binding(), terms.binding(), "names have no case");

    // Without a known time none is used, and none is kept.
    let timeless = Terms::new(Roots::Certificates(&roots), NAME, None).unwrap();
    let flash = restarted(kept);
    assert_eq!(visit(&timeless, &flash, None), Ok(HandshakeKind::Full));
    assert_eq!(*flash.0.borrow(), Flash::ERASED);
}

#[test]
fn a_machine_is_started_once_with_buffers_that_are_long_enough() {
    let roots: [&[u8]; 0] = [];
    let terms = terms(&roots, None);
    let (mut receive, mut send) = ([0; RECEIVE_MIN], [0; SEND_MIN]);
    let mut machine = Machine::new();
    let start = |machine: &mut Machine<'_>, receive: &mut [u8], send: &mut [u8]| {
        machine.start(&terms, None, &mut OsRng, receive, send)
    };
    let short = start(&mut machine, &mut receive[1..], &mut send);
    assert_eq!(short, Err(Error::BufferTooSmall { needs: RECEIVE_MIN }));
    let short = start(&mut machine, &mut receive, &mut send[1..]);
    assert_eq!(short, Err(Error::BufferTooSmall { needs: SEND_MIN }));
    assert!(start(&mut machine, &mut receive, &mut send).is_ok());
    assert_eq!(start(&mut machine, &mut receive, &mut send), Err(Error::OutOfTurn));
    assert!(matches!(Terms::new(Roots::Anchors(&[]), "not a name", None), Err(Error::ServerName)));
}
