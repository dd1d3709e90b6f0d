extern crate std;

use std::{thread_local, vec, vec::Vec};

use embedded_tls::{Aes128GcmSha256, SignatureScheme};
use proptest::prelude::*;
use sha2::Sha256;
use taskgroup_adversary::{Case, NOW, certificates};

use super::*;
use crate::{Roots, certificate::CERTIFICATES_MAX};

/// A message of a server's handshake.
#[derive(Clone, Debug)]
enum Message {
    Certificate(Vec<Vec<u8>>),
    CertificateVerify { scheme: SignatureScheme, signature: Vec<u8> },
}

/// What a good server says, and to whom.
struct Server {
    case: Case,
    transcript: Sha256,
    messages: [Message; 2],
}

fn server(case: &str) -> Server {
    let case = certificates::find(case, NOW).unwrap();
    let transcript = Sha256::new_with_prefix(b"ClientHello ... Certificate");
    let signed = [CONTEXT.as_slice(), &transcript.clone().finalize()].concat();
    let signature = case.key.prove(&signed);
    let chain = case.chain.iter().map(|certificate| certificate.to_vec()).collect();
    let proof = Message::CertificateVerify { scheme: SignatureScheme::EcdsaSecp256r1Sha256, signature };
    Server { case, transcript, messages: [Message::Certificate(chain), proof] }
}

thread_local! {
    static SERVER: Server = server("one-intermediate");
}

/// Says it all, whatever the verifier makes of it: is the server authenticated?
fn say(server: &Server, messages: &[Message]) -> (bool, Option<Error>) {
    let name = ServerName::try_from(server.case.server_name).unwrap();
    let now = Some(pki_types::UnixTime::since_unix_epoch(core::time::Duration::from_secs(NOW)));
    let roots = [&server.case.root[..]];
    let mut verifier = Verifier::new(Trust { roots: Roots::Certificates(&roots), name: &name, now });
    for message in messages {
        let went = match message {
            Message::Certificate(chain) => {
                let mut message = CertificateRef::with_context(&[]);
                for der in chain {
                    message.add(CertificateEntryRef::X509(der)).unwrap();
                }
                TlsVerifier::<Aes128GcmSha256>::verify_certificate(&mut verifier, &server.transcript, message)
            }
            Message::CertificateVerify { scheme, signature } => {
                let message = CertificateVerifyRef { signature_scheme: *scheme, signature };
                TlsVerifier::<Aes128GcmSha256>::verify_signature(&mut verifier, message)
            }
        };
        assert_eq!(went.is_err(), verifier.step == Step::Failed);
        assert_eq!(went.is_err(), verifier.error().is_some());
    }
    (verifier.authenticated(), verifier.error())
}

/// A byte string with some changes, or anything.
fn changed(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let flip = |(mut bytes, place, bit): (Vec<u8>, prop::sample::Index, u8)| {
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        bytes
    };
    let cut = |(mut bytes, length): (Vec<u8>, prop::sample::Index)| {
        bytes.truncate(length.index(bytes.len()));
        bytes
    };
    prop_oneof![
        6 => Just(bytes.clone()),
        3 => (Just(bytes.clone()), any::<prop::sample::Index>(), 0_u8..8).prop_map(flip),
        1 => (Just(bytes), any::<prop::sample::Index>()).prop_map(cut),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

fn scheme() -> impl Strategy<Value = SignatureScheme> {
    prop_oneof![
        6 => Just(SignatureScheme::EcdsaSecp256r1Sha256),
        1 => Just(SignatureScheme::EcdsaSecp384r1Sha384),
        1 => Just(SignatureScheme::RsaPssRsaeSha256),
        1 => Just(SignatureScheme::RsaPkcs1Sha256),
        1 => Just(SignatureScheme::Ed25519),
        1 => Just(SignatureScheme::EcdsaSha1),
    ]
}

/// What a server says, or something like it.
fn message([good, proof]: [Message; 2]) -> impl Strategy<Value = Message> {
    let Message::Certificate(chain) = good else { unreachable!("a chain comes first") };
    let Message::CertificateVerify { signature, .. } = proof else { unreachable!("a proof comes second") };
    let certificates = proptest::sample::select(chain.clone()).prop_flat_map(changed);
    prop_oneof![
        3 => Just(Message::Certificate(chain)),
        2 => proptest::collection::vec(certificates, 0..9).prop_map(Message::Certificate),
        4 => (scheme(), changed(signature))
            .prop_map(|(scheme, signature)| Message::CertificateVerify { scheme, signature }),
    ]
}

/// Whether these are the messages of the server itself: nothing else may be taken for them.
fn is_good(server: &Server, messages: &[Message]) -> bool {
    let [Message::Certificate(chain), Message::CertificateVerify { scheme, signature }] = messages else {
        return false;
    };
    let [Message::Certificate(own), Message::CertificateVerify { signature: proof, .. }] = &server.messages
    else {
        return false;
    };
    // What the chain has besides the server's certificate may be whatever leads to the root.
    chain.first() == own.first()
        && chain.len() <= CERTIFICATES_MAX
        && chain.get(1..).is_some_and(|others| others.contains(&own[1]))
        && signature == proof
        && *scheme == SignatureScheme::EcdsaSecp256r1Sha256
}

#[test]
fn both_messages_in_order_authenticate_a_server_and_nothing_less() {
    SERVER.with(|server| {
        let [certificate, proof] = server.messages.clone();
        assert_eq!(say(server, &server.messages), (true, None));
        for messages in [
            vec![],
            vec![certificate.clone()],
            vec![proof.clone()],
            vec![proof.clone(), certificate.clone()],
            vec![certificate.clone(), certificate.clone(), proof.clone()],
            vec![certificate.clone(), proof.clone(), proof.clone()],
            vec![certificate.clone(), proof.clone(), certificate.clone(), proof.clone()],
        ] {
            assert!(!say(server, &messages).0, "{messages:?}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn only_the_server_itself_is_ever_authenticated(
        messages in proptest::collection::vec(message(SERVER.with(|server| server.messages.clone())), 0..4),
    ) {
        SERVER.with(|server| {
            let (authenticated, _) = say(server, &messages);
            let is_good = is_good(server, &messages);
            prop_assert!(!authenticated || is_good);
            // Of authorities with one name only two are tried, so the right one may come too late.
            let is_short = matches!(&messages[..], [Message::Certificate(chain), ..] if chain.len() <= 3);
            prop_assert!(authenticated || !is_good || !is_short);
            Ok(())
        })?;
    }
}
