extern crate std;

mod authentication;

use core::cell::Cell;
use std::{vec, vec::Vec};

use proptest::prelude::*;
use rand_core::OsRng;

use super::{
    super::{
        exchange,
        hello::{self, Answer, Offered, Suites},
    },
    *,
};
use crate::Roots;

const STATES: [State; 6] = [
    State::ServerHello,
    State::EncryptedExtensions,
    State::Certificate,
    State::CertificateVerify,
    State::Finished,
    State::Open,
];
const SECRET: Secret = [7; HASH];

/// A machine that is in this state, and what seals for it.
struct Table {
    machine: Machine<'static>,
    terms: Terms<'static>,
    server: Protection,
    memory: Vec<u8>,
    out: [u8; 512],
    tickets: Kept,
}

/// Counts tickets.
#[derive(Default)]
struct Kept(Cell<usize>);

impl Tickets for Kept {
    fn take(&self, _: &Binding) -> Option<Ticket> {
        None
    }

    fn keep(&self, _: Ticket) {
        self.0.update(|kept| kept + 1);
    }

    fn forget(&self) {}
}

fn terms() -> Terms<'static> {
    Terms::new(Roots::Anchors(&[]), "server.example", None).unwrap()
}

impl Table {
    fn new(state: State) -> Self {
        Self::with(state, terms())
    }

    fn with(state: State, terms: Terms<'static>) -> Self {
        let (mut out, mut memory) = ([0; 512], vec![0; 8000]);
        let mut machine = Machine::new();
        machine.start(&terms, None, &mut OsRng, &mut memory, &mut out).unwrap();
        machine.state = state;
        let server = Protection::new(CipherSuite::ChaCha20Poly1305, &SECRET);
        if state != State::ServerHello {
            let [read, write] = [(); 2].map(|()| Protection::new(CipherSuite::ChaCha20Poly1305, &SECRET));
            machine.keys = Keys::Records { read, write };
        }
        Self { machine, terms, server, memory, out, tickets: Kept::default() }
    }

    /// Brings a record with this content, protected where it has to be.
    fn bring(&mut self, content_type: u8, content: &[u8]) -> Result<Step, Error> {
        let mut record = vec![0; HEADER + content.len() + 1 + TAG];
        record[HEADER..HEADER + content.len()].copy_from_slice(content);
        if matches!(self.machine.keys, Keys::Records { .. }) {
            self.server.seal(None, content_type, &mut record, content.len()).unwrap();
        } else {
            record.truncate(HEADER + content.len());
            let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
            record[..HEADER].copy_from_slice(&[content_type, 3, 3, high, low]);
        }
        self.bring_bytes(&record, usize::MAX)
    }

    /// Brings bytes as they are, in pieces.
    fn bring_bytes(&mut self, mut bytes: &[u8], piece: usize) -> Result<Step, Error> {
        let mut step = Step::Receive;
        loop {
            let place = self.machine.wants(&mut self.memory)?;
            if place.is_empty() {
                let Self { machine, terms, memory, out, tickets, .. } = self;
                step = if machine.state == State::Open {
                    machine.advance(Some(0), tickets, memory)
                } else {
                    machine.handshake(terms, &mut OsRng, memory, out)
                }?;
                continue;
            }
            if bytes.is_empty() {
                return Ok(step);
            }
            let length = place.len().min(bytes.len()).min(piece);
            place[..length].copy_from_slice(&bytes[..length]);
            bytes = &bytes[length..];
            self.machine.received(length)?;
        }
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0, 0, u8::try_from(body.len()).unwrap()], body].concat()
}

/// What is wrong with a message's content, or nothing, says that it was taken.
fn is_taken(result: &Result<Step, Error>) -> bool {
    !matches!(result, Err(Error::OutOfTurn | Error::Unsupported))
}

#[test]
fn each_message_is_taken_in_its_row_only() {
    for (state, kind) in STATES.iter().flat_map(|state| (0..=u8::MAX).map(|kind| (*state, kind))) {
        let result = Table::new(state).bring(HANDSHAKE, &message(kind, &[0xFF; 3]));
        let expected = matches!(
            (state, kind),
            (State::ServerHello, messages::SERVER_HELLO)
                | (State::EncryptedExtensions, messages::ENCRYPTED_EXTENSIONS)
                | (State::Certificate, messages::CERTIFICATE | messages::CERTIFICATE_REQUEST)
                | (State::CertificateVerify, messages::CERTIFICATE_VERIFY)
                | (State::Finished, messages::FINISHED)
                | (State::Open, messages::NEW_SESSION_TICKET | messages::KEY_UPDATE)
        );
        assert_eq!(is_taken(&result), expected, "{kind} in {state:?}: {result:?}");
        assert!(result.is_err(), "{kind} in {state:?}: none of these is well-formed");
    }
}

#[test]
fn application_data_come_when_it_is_open_and_not_before() {
    for state in STATES {
        let result = Table::new(state).bring(APPLICATION_DATA, b"some data, enough of them for a record");
        let expected = state == State::Open;
        assert_eq!(result.is_ok(), expected, "{state:?}: {result:?}");
    }
    let mut table = Table::new(State::Open);
    assert_eq!(table.bring(APPLICATION_DATA, b"data"), Ok(Step::Data(4)));
    assert_eq!(table.memory[..4], *b"data");
}

#[test]
fn a_message_over_several_records_is_put_together_and_nothing_comes_in_between() {
    let ticket = message(messages::NEW_SESSION_TICKET, &[0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 9, 0, 0]);
    for cut in 1..ticket.len() {
        for (content_type, content) in [(APPLICATION_DATA, &b"data"[..]), (ALERT, &[1, 0]), (HANDSHAKE, &[])]
        {
            let mut table = Table::new(State::Open);
            assert_eq!(table.bring(HANDSHAKE, &ticket[..cut]), Ok(Step::Receive));
            assert!(table.bring(content_type, content).is_err());
        }
        let mut table = Table::new(State::Open);
        assert_eq!(table.bring(HANDSHAKE, &ticket[..cut]), Ok(Step::Receive));
        assert_eq!(table.bring(HANDSHAKE, &ticket[cut..]), Ok(Step::Receive));
        assert_eq!(table.bring(APPLICATION_DATA, b"data"), Ok(Step::Data(4)));
        assert_eq!(table.memory[..4], *b"data");
    }
}

#[test]
fn keys_change_at_the_end_of_a_record_only() {
    let update = message(messages::KEY_UPDATE, &[0]);
    let mut table = Table::new(State::Open);
    assert_eq!(table.bring(HANDSHAKE, &[&update[..], &update].concat()), Err(Error::OutOfTurn));
    let mut table = Table::new(State::Open);
    assert_eq!(table.bring(HANDSHAKE, &[&update[..], &[4]].concat()), Err(Error::OutOfTurn));
    let mut table = Table::new(State::Open);
    assert_eq!(table.bring(HANDSHAKE, &update), Ok(Step::Receive));
    table.server.update();
    assert_eq!(table.bring(APPLICATION_DATA, b"data"), Ok(Step::Data(4)));
}

#[test]
fn thirty_two_messages_alerts_and_empty_records_are_the_limit() {
    let update = message(messages::KEY_UPDATE, &[0]);
    let ticket = message(messages::NEW_SESSION_TICKET, &[0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 9, 0, 0]);
    for (content_type, content) in [
        (HANDSHAKE, &update[..]),
        (HANDSHAKE, &ticket),
        (APPLICATION_DATA, &[]),
        (ALERT, &[1, USER_CANCELED]),
    ] {
        let mut table = Table::new(State::Open);
        for round in 0..2 {
            for number in 0..QUIET_MAX {
                assert_eq!(table.bring(content_type, content), Ok(Step::Receive), "{round}, {number}");
                if content == update {
                    table.server.update();
                }
            }
            if round == 0 {
                assert_eq!(table.bring(APPLICATION_DATA, b"data"), Ok(Step::Data(4)));
            }
        }
        assert_eq!(table.bring(content_type, content), Err(Error::Unsupported));
        assert_eq!(
            table.bring(APPLICATION_DATA, b"data"),
            Err(Error::OutOfTurn),
            "nothing comes after an error"
        );
    }
}

#[test]
fn change_cipher_spec_may_come_until_finished() {
    for state in STATES {
        let result = Table::new(state).bring_bytes(&[CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1], 1);
        assert_eq!(result.is_ok(), state != State::Open, "{state:?}: {result:?}");
        for wrong in [[CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 2], [CHANGE_CIPHER_SPEC, 3, 3, 0, 2, 1]] {
            assert!(Table::new(state).bring_bytes(&wrong, 1).is_err());
        }
        // Protected it is none.
        if state != State::ServerHello {
            assert!(Table::new(state).bring(CHANGE_CIPHER_SPEC, &[1]).is_err());
        }
    }
}

/// Somebody who has the name that is four letters must not be taken for the server with the address that is
/// the same four bytes.
#[test]
fn a_ticket_of_a_name_is_none_of_the_address_with_the_same_bytes() {
    for (name, address) in
        [("t.co", "116.46.99.111"), ("abcd.example.com", "6162:6364:2e65:7861:6d70:6c65:2e63:6f6d")]
    {
        let [name, address] =
            [name, address].map(|name| Terms::new(Roots::Anchors(&[]), name, None).unwrap());
        assert_ne!(name.binding(), address.binding());
    }
}

#[test]
fn a_ticket_is_bound_to_all_of_the_name_constraints() {
    let binding = |first: u8| {
        let constraints = [&[first][..], &[7; 40]].concat();
        let anchors = [pki_types::TrustAnchor {
            subject: (&[1][..]).into(),
            subject_public_key_info: (&[2][..]).into(),
            name_constraints: Some(constraints.as_slice().into()),
        }];
        *Terms::new(Roots::Anchors(&anchors), "server.example", None).unwrap().binding()
    };
    assert_eq!(binding(1), binding(1));
    assert_ne!(binding(1), binding(2));
}

#[test]
fn a_ticket_is_wiped_when_the_server_has_answered_whatever_that_was() {
    let terms = Terms::new(Roots::Anchors(&[]), "server.example", Some(1000)).unwrap();
    let body = [0, 0, 0, 99, 0, 0, 0, 0, 1, 0, 0, 1, 9, 0, 0];
    let ticket = Ticket::read(&body, &SECRET, 1000, 2000, terms.binding()).flatten().unwrap();
    for answer in [message(messages::FINISHED, &[1]), message(messages::SERVER_HELLO, &[1])] {
        let mut table = Table::new(State::ServerHello);
        table.machine = Machine::new();
        table.machine.start(&terms, Some(&ticket), &mut OsRng, &mut table.memory, &mut table.out).unwrap();
        assert_eq!(table.memory.last_chunk(), Some(ticket.as_bytes()));
        assert!(table.bring(HANDSHAKE, &answer).is_err());
        assert_eq!(table.memory.last_chunk(), Some(&[0; Ticket::BYTES]));
    }
}

#[test]
fn a_message_has_at_most_sixty_four_extensions() {
    for (count, expected) in [(64, Ok(Step::Receive)), (65, Err(Error::Malformed))] {
        let block: Vec<_> = (0..count).flat_map(|kind| [0x7F, kind, 0, 0]).collect();
        let length = u16::try_from(block.len()).unwrap();
        let body = [&[0][..], &length.to_be_bytes(), &block].concat();
        let head = [&[messages::CERTIFICATE_REQUEST, 0][..], &(length + 3).to_be_bytes()].concat();
        let mut table = Table::new(State::Certificate);
        assert_eq!(table.bring(HANDSHAKE, &[head, body].concat()), expected, "{count}");
    }
}

#[cfg(feature = "aes128-gcm")]
#[test]
fn keys_of_aes_gcm_are_new_before_they_have_sealed_too_much() {
    for (suite, is_worn) in [(CipherSuite::Aes128Gcm, true), (CipherSuite::ChaCha20Poly1305, false)] {
        let mut table = Table::new(State::Open);
        let [read, mut write, mut server] = [(); 3].map(|()| Protection::new(suite, &SECRET));
        for end in [&mut write, &mut server] {
            end.set_sequence((1 << 24) - 1);
        }
        table.machine.keys = Keys::Records { read, write };
        let mut open = |record: &[u8]| {
            let mut record = record.to_vec();
            let (header, body) = record.split_first_chunk_mut().unwrap();
            let (content_type, length) = server.open(BUILT_IN, header, body).unwrap();
            if content_type == HANDSHAKE {
                assert_eq!(body[..length], message(messages::KEY_UPDATE, &[0]));
                server.update();
            }
            content_type
        };
        assert!(!table.machine.owes_update());
        let length = table.machine.seal(&mut table.out, 9).unwrap();
        assert_eq!(open(&table.out[..length]), APPLICATION_DATA);
        assert_eq!(table.machine.owes_update(), is_worn, "{suite:?}");
        if is_worn {
            let length = table.machine.update(&mut table.out).unwrap();
            assert_eq!(open(&table.out[..length]), HANDSHAKE);
        }
        assert!(!table.machine.owes_update());
        let length = table.machine.seal(&mut table.out, 9).unwrap();
        assert_eq!(open(&table.out[..length]), APPLICATION_DATA);
    }
}

/// Longer than any may be, in the clear and protected (section 5.2).
#[test]
fn a_record_that_is_too_long_is_answered_by_record_overflow() {
    for (state, header) in
        [(State::ServerHello, [HANDSHAKE, 3, 3, 0x40, 1]), (State::Open, [APPLICATION_DATA, 3, 3, 0x41, 1])]
    {
        let mut table = Table::new(state);
        let error = table.bring_bytes(&header, 5).unwrap_err();
        assert!(matches!(error, Error::Record { .. }), "{error:?}");
        assert_eq!(alert::description(error), Some(22));
    }
    assert_eq!(alert::description(Error::Record { content_type: 99, length: 1 }), Some(10));
}

#[test]
fn a_close_notify_is_an_end_when_it_is_open() {
    for state in STATES {
        let result = Table::new(state).bring(ALERT, &[1, CLOSE_NOTIFY]);
        let expected =
            if state == State::Open { Ok(Step::Ended) } else { Err(Error::Alert { description: 0 }) };
        assert_eq!(result, expected);
        let result = Table::new(state).bring(ALERT, &[2, 80]);
        assert_eq!(result, Err(Error::Alert { description: 80 }));
    }
}

#[test]
fn a_server_hello_answers_what_was_offered() {
    let offered = Offered {
        suites: Suites { chosen: CipherSuite::ALL, has_aes: true },
        group: exchange::X25519,
        ticket: false,
        retried: None,
    };
    let extension = |kind: u16, content: &[u8]| {
        [&kind.to_be_bytes()[..], &u16::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
    };
    let hello = |suite: u16, session: &[u8], compression: u8, extensions: &[Vec<u8>]| {
        let block = extensions.concat();
        [
            &[3, 3][..],
            &[9; 32],
            &[session.len() as u8],
            session,
            &suite.to_be_bytes(),
            &[compression],
            &u16::try_from(block.len()).unwrap().to_be_bytes(),
            &block,
        ]
        .concat()
    };
    let version = extension(43, &[3, 4]);
    let share = extension(51, &[&[0, 0x1D, 0, 32][..], &[5; 32]].concat());
    let good = hello(0x1303, &[], 0, &[version.clone(), share.clone()]);
    assert!(matches!(offered.read(&good), Some(Answer::Hello { group: 0x1D, resumed: false, .. })));
    let psk = extension(41, &[0, 0]);
    for (what, wrong) in [
        ("a suite", hello(0x1302, &[], 0, &[version.clone(), share.clone()])),
        ("a session id", hello(0x1303, &[1; 32], 0, &[version.clone(), share.clone()])),
        ("compression", hello(0x1303, &[], 1, &[version.clone(), share.clone()])),
        ("no version", hello(0x1303, &[], 0, core::slice::from_ref(&share))),
        ("another version", hello(0x1303, &[], 0, &[extension(43, &[3, 3]), share.clone()])),
        ("no share", hello(0x1303, &[], 0, core::slice::from_ref(&version))),
        ("another group", hello(0x1303, &[], 0, &[version.clone(), extension(51, &[0, 0x17, 0, 1, 4])])),
        ("a share twice", hello(0x1303, &[], 0, &[version.clone(), share.clone(), share.clone()])),
        ("a ticket", hello(0x1303, &[], 0, &[version.clone(), share.clone(), psk.clone()])),
        ("an extension", hello(0x1303, &[], 0, &[version.clone(), share.clone(), extension(16, &[])])),
        ("something after it", [&good[..], &[0]].concat()),
    ] {
        assert_eq!(offered.read(&wrong), None, "{what} that was not offered");
    }
    let resuming = Offered { ticket: true, ..offered };
    let resumed = hello(0x1303, &[], 0, &[version.clone(), share.clone(), psk]);
    assert!(matches!(resuming.read(&resumed), Some(Answer::Hello { resumed: true, .. })));
    let other = hello(0x1303, &[], 0, &[version, share, extension(41, &[0, 1])]);
    assert_eq!(resuming.read(&other), None, "the second of one ticket");
    for length in 0..good.len() {
        assert_eq!(offered.read(&good[..length]), None, "{length}");
    }
}

#[test]
fn a_cookie_is_sent_back_with_the_same_share() {
    let mut table = Table::new(State::ServerHello);
    let first = table.out;
    let share = |hello: &[u8]| {
        let place = hello.windows(6).position(|window| window == [0, 51, 0, 38, 0, 36]).unwrap();
        hello[place..place + 42].to_vec()
    };
    let cookie = [0, 44, 0, 6, 0, 4, 1, 2, 3, 4];
    let retry = |cookie: &[u8]| {
        let block = [&[0, 43, 0, 2, 3, 4][..], cookie].concat();
        let front = [&[3, 3][..], &hello::RETRY, &[0, 0x13, 0x03, 0, 0, u8::try_from(block.len()).unwrap()]];
        message(messages::SERVER_HELLO, &[front.concat(), block].concat())
    };
    let step = table.bring(HANDSHAKE, &retry(&cookie));
    assert!(matches!(step, Ok(Step::Send(_))), "{step:?}");
    assert_eq!(share(&table.out), share(&first));
    assert!(table.out.windows(cookie.len()).any(|window| window == cookie));
    // There is one only.
    assert_eq!(table.bring(HANDSHAKE, &retry(&cookie)), Err(Error::ServerHello));
    let empty = [0, 44, 0, 2, 0, 0];
    assert_eq!(Table::new(State::ServerHello).bring(HANDSHAKE, &retry(&empty)), Err(Error::ServerHello));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever an authenticated server sends, protected as it has to be.
    #[test]
    fn any_records_in_any_state_are_no_panic_and_no_data_before_it_is_open(
        state in prop::sample::select(&STATES[..]),
        records in prop::collection::vec(
            (
                prop_oneof![4 => Just(HANDSHAKE), 2 => Just(APPLICATION_DATA), 1 => Just(ALERT), 1 => any::<u8>()],
                prop_oneof![
                    3 => prop::collection::vec(any::<u8>(), 0..60),
                    2 => (prop::sample::select(&[2_u8, 4, 8, 11, 13, 15, 20, 24][..]), prop::collection::vec(any::<u8>(), 0..60))
                        .prop_map(|(kind, body)| message(kind, &body)),
                ],
            ),
            0..6,
        ),
    ) {
        let mut table = Table::new(state);
        for (content_type, content) in records {
            let result = table.bring(content_type, &content);
            if let Ok(Step::Data(_)) = result {
                prop_assert_eq!(state, State::Open);
            }
            prop_assert!(!matches!(result, Ok(Step::Open(_))), "nobody has said Finished");
            if result.is_err() {
                prop_assert_eq!(table.machine.state, State::Failed);
                break;
            }
        }
    }

    #[test]
    fn any_bytes_in_any_state_are_no_panic_and_nothing(
        state in prop::sample::select(&STATES[..]),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        header in prop::option::of(prop::sample::select(&[20_u8, 21, 22, 23][..])),
        piece in 1_usize..50,
    ) {
        let mut table = Table::new(state);
        let front = header.map_or(Vec::new(), |content_type| vec![content_type, 3, 3, 0, 40]);
        let result = table.bring_bytes(&[front, bytes].concat(), piece);
        prop_assert!(matches!(result, Ok(Step::Receive) | Err(_)));
    }
}
