//! Each fault of the adversary's server: a device takes all that RFC 8446 allows, and says what is wrong with
//! the rest, in the words that a person gets to read.

mod device;

use device::{Asked, By, REQUEST, SUITES, ask_in_time, ask_with};
use taskgroup_adversary::{Case, Connection, Effect, Fault, NOW, Options, Server, Upstream, certificates};
use taskgroup_tls::{CipherSuite, Error, RECEIVE, RECEIVE_4K};

/// Words that the error begins with.
fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::Tls12Only => "the server broke off: protocol_version",
        Fault::AlertInsteadOfHello | Fault::AlertInsteadOfFinished => {
            "the server broke off: handshake_failure"
        }
        Fault::CloseInsteadOfHello | Fault::CloseInsteadOfFinished => "the server broke off: close_notify",
        Fault::Alert => "the server broke off: internal_error",
        Fault::CutBeforeHello
        | Fault::CutAfterHello
        | Fault::CutAfterCertificate
        | Fault::NoFinished
        | Fault::Cut => "the connection was cut",
        Fault::LargeRecordInsteadOfHello
        | Fault::LargestRecordInsteadOfHello
        | Fault::PlaintextServer
        | Fault::LargeRecord
        | Fault::LargestRecord
        | Fault::ShortRecord
        | Fault::EmptyRecord => "a record of type",
        Fault::HelloOtherGroup | Fault::HelloNoKeyShare | Fault::HelloRetry | Fault::HelloGarbage => {
            "the server did not answer with TLS 1.3"
        }
        // Of X25519 every share is one; it gives other keys.
        Fault::HelloBadPoint => "a record was changed",
        Fault::HelloTooShort
        | Fault::HelloTooLong
        | Fault::CertificateTampered
        | Fault::TamperedBody
        | Fault::TamperedTag
        | Fault::TamperedHeader
        | Fault::Replayed
        | Fault::LeftOut => "",
        Fault::CertificateEmpty => "the server sent no certificate",
        Fault::CertificateSeven => "the server sent 7 certificates, more than are looked at",
        Fault::CertificateTwenty => "the server sent 20 certificates, more than are looked at",
        Fault::CertificateVerifyPkcs1 => "the server signs with scheme 1025",
        Fault::CertificateVerifyOtherScheme if cfg!(not(feature = "p384")) => {
            "the server signs with scheme 1283"
        }
        Fault::CertificateVerifyWrong
        | Fault::CertificateVerifyEmpty
        | Fault::CertificateVerifyOtherKey
        | Fault::CertificateVerifyOtherTranscript
        | Fault::CertificateVerifyAsClient
        | Fault::CertificateVerifyOtherScheme => "the server does not hold the key",
        Fault::FinishedWrong => "the handshake was changed on the way",
        _ => "a handshake message is malformed",
    }
}

#[test]
fn each_fault_has_the_effect_that_rfc_8446_gives_it() {
    let case = certificates::find("good", NOW).unwrap();
    for fault in Fault::ALL.iter().copied() {
        let afters: &[usize] = if fault.is_in_body() { &[0, 1, 20_000] } else { &[20_000] };
        for (after, (suites, by)) in afters.iter().flat_map(|after| {
            SUITES
                .iter()
                .flat_map(|suites| [(suites, By::Lending), (suites, By::Read(1000))])
                .map(|way| (*after, way))
        }) {
            let ((body, result), connection) =
                serve(&case, fault, after, |server| ask_with(server, &case, suites, RECEIVE, by));
            let what = format!("{fault} after {after} by {by:?}, {suites:?}: {result:?}");
            let expected: &[u8] = if fault.effect() == Effect::Refused { b"" } else { REQUEST };
            assert_eq!(connection.received, expected, "{what}");
            match fault.effect() {
                Effect::Allowed => {
                    assert_eq!(result, Ok(()), "{what}");
                    assert!(body == answer(), "{what}: {} bytes", body.len());
                    continue;
                }
                Effect::Ended => assert_eq!(result, Ok(()), "{what}"),
                Effect::Refused => assert!(body.is_empty(), "{what}"),
                Effect::Broken => {}
            }
            if let Err(error) = result {
                let said = error.to_string();
                assert!(said.starts_with(words(fault)), "{what}: {said}");
            } else {
                assert_eq!(fault.effect(), Effect::Ended, "{what}");
            }
            if fault.is_in_body() {
                // The first of two that are the same is good.
                let exact = body.len() == after || fault == Fault::Replayed && body.len() > after;
                assert!(exact && answer().starts_with(&body), "{what}: {} bytes", body.len());
            }
        }
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
            let ((body, result), connection) =
                serve(&case, fault, 0, |server| ask_in_time(server, &case, By::Lending));
            let is_refused = matches!(result, Err(Error::Unproven | Error::SignatureScheme { .. }));
            assert!(is_refused, "{fault} with {name}: {result:?}");
            assert_eq!((connection.received, body), (vec![], vec![]), "{fault} with {name}");
        }
    }
}

#[test]
fn a_server_that_is_refused_is_told_why() {
    for (case, fault, alert) in [
        ("good", Fault::CertificateVerifyWrong, 51),
        ("good", Fault::FinishedWrong, 51),
        ("good", Fault::CertificateEmpty, 50),
        ("good", Fault::HelloOtherGroup, 47),
        ("expired-leaf", Fault::Good, 45),
        ("unknown-ca", Fault::Good, 48),
    ] {
        let case = certificates::find(case, NOW).unwrap();
        let ((_, result), connection) =
            serve(&case, fault, 0, |server| ask_in_time(server, &case, By::Lending));
        assert!(result.is_err());
        assert_eq!(connection.alert, Some(alert), "{fault}, {}", case.name);
    }
}

/// A chain that is longer than a record comes over several.
#[test]
fn short_records_bring_long_chains() {
    for name in ["good", "rsa-4096", "two-intermediates"] {
        let Some(case) =
            certificates::find(name, NOW).filter(|case| !case.needs_rsa() || cfg!(feature = "rsa"))
        else {
            continue;
        };
        for receive in [RECEIVE_4K, 4096 + 17, 2048 + 600, 2048 + 17, 1024 + 17, RECEIVE - 1] {
            for fault in [Fault::Good, Fault::PaddedRecords, Fault::RecordsOfEachSize] {
                let ((body, result), _) = serve(&case, fault, 0, |server| {
                    ask_with(server, &case, &[CipherSuite::ChaCha20Poly1305], receive, By::Read(1000))
                });
                // The message's header, its context and the length of the list.
                let message = 8 + case.chain.iter().map(|der| der.len() + 5).sum::<usize>();
                if message > receive {
                    assert_eq!(result, Err(Error::MessageTooLong), "{name}, {receive}");
                    continue;
                }
                if result == Err(Error::MessageTooLong) {
                    // A record more does not fit after what is held.
                    assert!(message + 17 > receive, "{name}, {fault}, {receive} bytes");
                    continue;
                }
                assert_eq!(result, Ok(()), "{name}, {fault}, {receive} bytes");
                assert!(body == answer(), "{name}, {fault}, {receive} bytes: {} came", body.len());
            }
        }
    }
}

/// rustls does not do as `max_fragment_length` asks.
#[test]
fn a_record_that_is_longer_than_the_buffer_is_an_error_where_it_comes() {
    let case = certificates::find("good", NOW).unwrap();
    for receive in [RECEIVE_4K, 1024 + 17] {
        let server = Server::start(Options::new(case.clone(), Upstream::Answer(answer()))).unwrap();
        let (body, result) =
            ask_with(&server, &case, &[CipherSuite::ChaCha20Poly1305], receive, By::Read(1000));
        assert!(
            matches!(result, Err(Error::RecordTooLong { length }) if usize::from(length) > receive),
            "{result:?}"
        );
        assert!(answer().starts_with(&body));
    }
}

/// Starts a server with this fault, which comes after a number of bytes of its answer, and asks it.
fn serve(case: &Case, fault: Fault, after: usize, ask: impl FnOnce(&Server) -> Asked) -> (Asked, Connection) {
    let options = Options::new(case.clone(), Upstream::Answer(answer()));
    let after = u64::try_from(after).unwrap();
    let server = Server::start(Options { fault: Some(fault), after, ..options }).unwrap();
    (ask(&server), server.connection().unwrap())
}

/// No part of it is like another.
fn answer() -> Vec<u8> {
    (0..15_000_u32).flat_map(u32::to_be_bytes).skip(1).collect()
}
