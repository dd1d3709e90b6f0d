//! Each fault of the adversary's server: what a device makes of it, in the words that a person gets to read.

mod device;

use device::{Ask, Asked, By, REQUEST, SUITES, ask_in_time, ask_with};
use taskgroup_adversary::{Case, Connection, Effect, Fault, NOW, Options, Server, Upstream, certificates};
use taskgroup_tls::{ChaCha20Poly1305Sha256, Dates, Error, RECEIVE, RECEIVE_4K, Roots};

/// What a device makes of a fault.
#[derive(Clone, Copy, Debug)]
enum Found {
    /// Nothing is wrong: all bytes arrive.
    Nothing,
    /// TLS ends in order.
    End,
    /// An error that begins with these words.
    Error(&'static str),
}

use Found::{End, Nothing};

const BROKEN_OFF: Found = Found::Error("the server broke the handshake off");
const CUT: Found = Found::Error("the connection was cut");
const HELLO: Found = Found::Error("the server did not answer with TLS 1.3");
const MALFORMED: Found = Found::Error("a handshake message is malformed, or split");
const RECORD: Found = Found::Error("a record of type");
const TAMPERED: Found = Found::Error("a record was changed, repeated or left out");
const UNPROVEN: Found = Found::Error("the server does not hold the key");
const UNSUPPORTED: Found = Found::Error("the server sent a message that is not supported");

fn found(fault: Fault) -> Found {
    match fault {
        Fault::Good
        | Fault::NoChangeCipherSpec
        | Fault::CertificateRequest
        | Fault::FlightInOneRecord
        | Fault::EmptyData
        | Fault::Ticket
        | Fault::Tickets
        | Fault::WritesOfOneByte
        | Fault::RecordsOfOneByte
        | Fault::RecordsOfEachSize
        | Fault::PaddedRecords => Nothing,

        // Allowed, and not understood.
        Fault::HelloSplit | Fault::CertificateSplit | Fault::TicketSplit => MALFORMED,
        Fault::ChangeCipherSpecEarly | Fault::ChangeCipherSpecTwice | Fault::ChangeCipherSpecLate => RECORD,
        Fault::KeyUpdate => UNSUPPORTED,

        Fault::Tls12Only => {
            Found::Error("the server broke off: protocol_version, it does not support TLS 1.3")
        }
        Fault::AlertInsteadOfHello => Found::Error("the server broke off: handshake_failure"),
        Fault::CloseInsteadOfHello => Found::Error("the server broke off"),
        Fault::CutBeforeHello | Fault::CutAfterHello | Fault::CutAfterCertificate | Fault::NoFinished => CUT,
        Fault::LargeRecordInsteadOfHello | Fault::LargestRecordInsteadOfHello | Fault::PlaintextServer => {
            RECORD
        }
        Fault::HelloOtherGroup
        | Fault::HelloBadPoint
        | Fault::HelloNoKeyShare
        | Fault::HelloRetry
        | Fault::HelloGarbage => HELLO,
        Fault::CertificateTampered => TAMPERED,
        Fault::CertificateEmpty => Found::Error("the server sent no certificate"),
        Fault::CertificateSeven => Found::Error("the server sent 7 certificates, more than are looked at"),
        Fault::CertificateTwenty
        | Fault::CertificateGarbage
        | Fault::HelloTooLong
        | Fault::HelloTooShort
        | Fault::CertificateEntryTooLong
        | Fault::CertificateListTooLong
        | Fault::CertificateListTooShort
        | Fault::FinishedShort => MALFORMED,
        Fault::AlertInsteadOfFinished | Fault::CloseInsteadOfFinished => BROKEN_OFF,
        Fault::CertificateVerifyWrong
        | Fault::CertificateVerifyEmpty
        | Fault::CertificateVerifyOtherKey
        | Fault::CertificateVerifyOtherTranscript
        | Fault::CertificateVerifyAsClient => UNPROVEN,
        Fault::CertificateVerifyOtherScheme if cfg!(feature = "p384") => UNPROVEN,
        Fault::CertificateVerifyOtherScheme => Found::Error("the server signs with scheme 1283"),
        Fault::CertificateVerifyPkcs1 => Found::Error("the server signs with scheme 1025"),
        Fault::FinishedWrong => Found::Error("the handshake was changed on the way"),

        Fault::Cut => CUT,
        Fault::LargeRecord | Fault::LargestRecord | Fault::ShortRecord | Fault::EmptyRecord => RECORD,
        Fault::TamperedBody
        | Fault::TamperedTag
        | Fault::TamperedHeader
        | Fault::Replayed
        | Fault::LeftOut => TAMPERED,
        Fault::Alert => Found::Error("the server broke off by an alert"),
        Fault::Close | Fault::CloseThenData => End,
    }
}

#[test]
fn nobody_who_is_not_authenticated_gets_the_request() {
    let case = certificates::find("good", NOW).unwrap();
    let handshake = Fault::ALL.iter().copied().filter(|fault| !fault.is_in_body());
    for fault in handshake.filter(|fault| matches!(found(*fault), Found::Error(_))) {
        let (body, result, connection) = ask(&case, fault, 0, By::Lending, ask_in_time);
        assert_error(fault, result);
        assert_eq!((connection.received, body), (vec![], vec![]), "{fault}");
    }
}

#[test]
fn the_proof_is_looked_at_for_each_kind_of_key() {
    for name in ["good", "p384", "rsa-2048"] {
        let case = certificates::find(name, NOW).unwrap();
        if case.needs_p384() && cfg!(not(feature = "p384")) || case.needs_rsa() && cfg!(not(feature = "rsa"))
        {
            continue;
        }
        for fault in [
            Fault::CertificateVerifyWrong,
            Fault::CertificateVerifyEmpty,
            Fault::CertificateVerifyOtherKey,
            Fault::CertificateVerifyOtherTranscript,
            Fault::CertificateVerifyAsClient,
            Fault::CertificateVerifyOtherScheme,
            Fault::CertificateVerifyPkcs1,
        ] {
            let (body, result, connection) = ask(&case, fault, 0, By::Lending, ask_in_time);
            let expected = [Some(Error::Unproven), Some(Error::Unauthenticated)];
            let scheme = matches!(result, Err(Error::SignatureScheme { .. }));
            assert!(scheme || expected.contains(&result.err()), "{fault} with {name}: {result:?}");
            assert_eq!((connection.received, body), (vec![], vec![]), "{fault} with {name}");
        }
    }
}

#[test]
fn a_body_that_is_broken_off_is_given_up_to_there_and_has_no_end() {
    let case = certificates::find("good", NOW).unwrap();
    let whole = answer();
    let body_faults = Fault::ALL.iter().copied().filter(|fault| fault.is_in_body());
    for fault in body_faults.filter(|fault| matches!(found(*fault), Found::Error(_) | End)) {
        let ways = [(0, By::Lending), (1, By::Read(7)), (20_000, By::Lending), (20_000, By::Read(4096))];
        for ((suite, ask_by_suite), (after, by)) in
            SUITES.into_iter().flat_map(|suite| ways.map(|way| (suite, way)))
        {
            let (body, result, connection) = ask(&case, fault, after, by, ask_by_suite);
            let what = format!("{fault} after {after} by {by:?}, {suite}");
            match found(fault) {
                End => assert_eq!(result, Ok(()), "{what}"),
                _ => assert_error(fault, result),
            }
            assert_eq!(connection.received, REQUEST, "{what}");
            assert!(whole.starts_with(&body), "{what}");
            // The first of two that are the same is good.
            let exact = fault != Fault::Replayed;
            assert!(body.len() == after || !exact && body.len() > after, "{what}: {} bytes", body.len());
        }
    }
}

#[test]
fn what_is_no_fault_lets_all_bytes_through() {
    let case = certificates::find("good", NOW).unwrap();
    for fault in Fault::ALL.iter().copied().filter(|fault| matches!(found(*fault), Nothing)) {
        for ((suite, ask_by_suite), by) in
            SUITES.into_iter().flat_map(|suite| [By::Lending, By::Read(1000)].map(|by| (suite, by)))
        {
            let (body, result, connection) = ask(&case, fault, 20_000, by, ask_by_suite);
            assert_eq!(result, Ok(()), "{fault} by {by:?}, {suite}");
            assert_eq!(connection.received, REQUEST, "{fault} by {by:?}, {suite}");
            assert!(body == answer(), "{fault} by {by:?}, {suite}: {} bytes", body.len());
        }
    }
}

/// What TLS 1.3 allows and a device does not speak.
#[test]
fn a_device_is_stricter_than_rfc_8446_where_it_is_written_down() {
    let agrees = |fault: &&Fault| {
        matches!(
            (fault.effect(), found(**fault)),
            (Effect::Allowed, Nothing)
                | (Effect::Ended, End)
                | (Effect::Refused | Effect::Broken, Found::Error(_))
        )
    };
    let different: Vec<_> =
        Fault::ALL.iter().filter(|fault| !agrees(fault)).map(|fault| fault.name()).collect();
    assert_eq!(
        different,
        [
            "hello-split",
            "change-cipher-spec-early",
            "change-cipher-spec-twice",
            "change-cipher-spec-late",
            "certificate-split",
            "ticket-split",
            "key-update",
        ]
    );
}

fn assert_error(fault: Fault, result: Result<(), Error>) {
    let words = result.expect_err(fault.name()).to_string();
    assert!(matches!(found(fault), Found::Error(start) if words.starts_with(start)), "{fault}: {words}");
}

fn ask(
    case: &Case,
    fault: Fault,
    after: usize,
    by: By,
    ask: Ask,
) -> (Vec<u8>, Result<(), Error>, Connection) {
    let options = Options::new(case.clone(), Upstream::Answer(answer()));
    let after = u64::try_from(after).unwrap();
    let server = Server::start(Options { fault: Some(fault), after, ..options }).unwrap();
    let (body, result) = ask(&server, case, by);
    (body, result, server.connection().unwrap())
}

/// No part of it is like another.
fn answer() -> Vec<u8> {
    (0..15_000_u32).flat_map(u32::to_be_bytes).skip(1).collect()
}

/// `max_fragment_length`, by which a short buffer is enough.
#[test]
fn a_server_that_does_as_it_is_asked_makes_no_record_longer_than_the_buffer() {
    let case = certificates::find("good", NOW).unwrap();
    for receive in [RECEIVE_4K, 4096 + 17, 2048 + 17, 1024 + 17, RECEIVE - 1] {
        for fault in [Fault::Good, Fault::PaddedRecords, Fault::RecordsOfEachSize] {
            let options = Options::new(case.clone(), Upstream::Answer(answer()));
            let server = Server::start(Options { fault: Some(fault), ..options }).unwrap();
            let (body, result) = ask_with_room(&server, &case, receive);
            assert_eq!(result, Ok(()), "{fault}, {receive} bytes");
            assert!(body == answer(), "{fault}, {receive} bytes: {} came", body.len());
        }
    }
}

/// rustls is one.
#[test]
fn a_server_that_does_not_is_found_out_by_its_first_record_that_is_too_long() {
    let case = certificates::find("good", NOW).unwrap();
    for receive in [RECEIVE_4K, 1024 + 17] {
        let server = Server::start(Options::new(case.clone(), Upstream::Answer(answer()))).unwrap();
        let (body, result) = ask_with_room(&server, &case, receive);
        assert!(
            matches!(result, Err(Error::RecordTooLong { length }) if usize::from(length) > receive),
            "{result:?}"
        );
        assert!(answer().starts_with(&body));
    }
}

fn ask_with_room(server: &Server, case: &Case, receive: usize) -> Asked {
    let roots = [&*case.root];
    let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&|| Some(case.now)));
    ask_with::<ChaCha20Poly1305Sha256>(server, case, roots, dates, By::Read(1000), receive)
}
