//! A server that has the keys of the connection says who it is, rightly or in any other way: only the one
//! that has the certificate's key is ever taken for it.

use std::{boxed::Box, thread_local, vec, vec::Vec};

use taskgroup_adversary::{Case, NOW, certificates};

use super::*;
use crate::certificate::CERTIFICATES_MAX;

const ECDSA_P256: u16 = 0x0403;

#[derive(Clone, Debug)]
enum Message {
    Certificate(Vec<Vec<u8>>),
    /// The right signature over all messages so far, changed like this.
    CertificateVerify {
        scheme: u16,
        change: Change,
    },
}

/// What is done to bytes.
#[derive(Clone, Debug)]
enum Change {
    Nothing,
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Anything(Vec<u8>),
}

impl Change {
    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Nothing => {}
            Self::Flip(place, bit) => {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            Self::Cut(length) => bytes.truncate(length.index(bytes.len())),
            Self::Anything(other) => bytes.clone_from(other),
        }
        bytes
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => Just(Change::Nothing),
        3 => (any::<prop::sample::Index>(), 0_u8..8).prop_map(|(place, bit)| Change::Flip(place, bit)),
        1 => any::<prop::sample::Index>().prop_map(Change::Cut),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Change::Anything),
    ]
}

/// The codes of ECDSA on P-256 and P-384, RSA-PSS, RSA PKCS #1, Ed25519, and ECDSA with SHA-1.
fn scheme() -> impl Strategy<Value = u16> {
    prop_oneof![
        6 => Just(ECDSA_P256),
        1 => prop::sample::select(&[0x0503, 0x0804, 0x0401, 0x0807, 0x0203][..]),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let chain = SERVER.with(|server| server.chain.clone());
    let certificate =
        (prop::sample::select(chain.clone()), change()).prop_map(|(der, change)| change.apply(&der));
    prop_oneof![
        3 => Just(Message::Certificate(chain)),
        2 => prop::collection::vec(certificate, 0..9).prop_map(Message::Certificate),
        4 => (scheme(), change()).prop_map(|(scheme, change)| Message::CertificateVerify { scheme, change }),
    ]
}

/// A server with one intermediate authority, and who trusts it.
struct Server {
    case: Case,
    chain: Vec<Vec<u8>>,
    terms: Terms<'static>,
}

thread_local! {
    static SERVER: Server = {
        let case = certificates::find("one-intermediate", NOW).unwrap();
        let chain = case.chain.iter().map(|der| der.to_vec()).collect();
        let root: &'static [u8] = Box::leak(case.root.to_vec().into_boxed_slice());
        let roots = Roots::Certificates(Box::leak(Box::new([root])));
        let terms = Terms::new(roots, case.server_name, Some(NOW)).unwrap();
        Server { case, chain, terms }
    };
}

fn with_length(width: usize, content: &[u8]) -> Vec<u8> {
    [&content.len().to_be_bytes()[size_of::<usize>() - width..], content].concat()
}

impl Server {
    /// Says these messages until one is refused: was it ever taken to be authenticated?
    fn say(&self, messages: &[Message]) -> bool {
        let mut table = Table::with(State::Certificate, self.terms.clone());
        let mut transcript = table.machine.transcript.clone();
        messages.iter().any(|message| {
            let (kind, body) = match message {
                Message::Certificate(chain) => {
                    let entries: Vec<_> =
                        chain.iter().flat_map(|der| [with_length(3, der), vec![0, 0]].concat()).collect();
                    (messages::CERTIFICATE, [vec![0], with_length(3, &entries)].concat())
                }
                Message::CertificateVerify { scheme, change } => {
                    let signed = [&messages::CONTEXT[..], &transcript.hash()].concat();
                    let signature = change.apply(&self.case.key.prove(&signed));
                    let body = [&scheme.to_be_bytes()[..], &with_length(2, &signature)].concat();
                    (messages::CERTIFICATE_VERIFY, body)
                }
            };
            let message = [vec![kind], with_length(3, &body)].concat();
            transcript.update(&message);
            let result = table.bring(HANDSHAKE, &message);
            assert_eq!(result.is_err(), table.machine.state == State::Failed, "{result:?}");
            table.machine.state == State::Finished
        })
    }

    /// Are the first two those of the server itself? Nothing else may be taken for them.
    fn is_good(&self, messages: &[Message]) -> bool {
        let [Message::Certificate(chain), Message::CertificateVerify { scheme, change }, ..] = messages
        else {
            return false;
        };
        // What the chain has besides the server's certificate may be whatever leads to the root.
        chain.first() == self.chain.first()
            && chain.len() <= CERTIFICATES_MAX
            && chain[1..].contains(&self.chain[1])
            && matches!(change, Change::Nothing)
            && *scheme == ECDSA_P256
    }
}

#[test]
fn both_messages_in_order_authenticate_a_server_and_nothing_less() {
    SERVER.with(|server| {
        let certificate = || Message::Certificate(server.chain.clone());
        let proof = || Message::CertificateVerify { scheme: ECDSA_P256, change: Change::Nothing };
        assert!(server.say(&[certificate(), proof()]));
        for messages in [
            vec![],
            vec![certificate()],
            vec![proof()],
            vec![proof(), certificate()],
            vec![certificate(), certificate(), proof()],
            vec![proof(), certificate(), proof()],
        ] {
            assert!(!server.say(&messages), "{messages:?}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn only_the_server_itself_is_ever_authenticated(messages in prop::collection::vec(any_message(), 0..4)) {
        SERVER.with(|server| {
            let is_authenticated = server.say(&messages);
            let is_good = server.is_good(&messages);
            prop_assert!(!is_authenticated || is_good);
            // Of authorities with one name only two are tried, so the right one may come too late.
            let is_short = matches!(&messages[..], [Message::Certificate(chain), ..] if chain.len() <= 3);
            prop_assert!(is_authenticated || !is_good || !is_short);
            Ok(())
        })?;
    }
}
