//! A handshake with rustls, as it was, and with any change that somebody on the way could make: it is never
//! taken for the server's, and never a panic.

use std::{cell::RefCell, io, rc::Rc, sync::Arc};

use embassy_futures::block_on;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use proptest::prelude::*;
use rand_core::{CryptoRng, RngCore};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, crypto::ring, pki_types::PrivateKeyDer};
use taskgroup_tls::{Client, Dates, Error, RECEIVE, Roots, SEND_MIN};

const NAME: &str = "server.example";
const SAID: &[u8] = b"what the server says to the one who may hear it";
/// 2026-06-01.
const NOW: u64 = 1_780_272_000;

/// The same each time, so that what a server has answered once fits again.
struct Same(u64);

impl RngCore for Same {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        out.fill_with(|| (self.next_u64() >> 56) as u8);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Same {}

/// A root, and a server that it vouches for.
struct Identity {
    root: Vec<u8>,
    config: Arc<ServerConfig>,
}

fn identity() -> Identity {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([NAME.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    Identity { root: authority.der().to_vec(), config: Arc::new(config) }
}

/// rustls at the other end; what it has sent is kept.
struct Real {
    tls: ServerConnection,
    unread: Vec<u8>,
    sent: Rc<RefCell<Vec<u8>>>,
}

impl ErrorType for Real {
    type Error = ErrorKind;
}

impl Read for Real {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        let length = self.unread.len().min(out.len());
        out[..length].copy_from_slice(&self.unread[..length]);
        self.sent.borrow_mut().extend(self.unread.drain(..length));
        Ok(length)
    }
}

impl Write for Real {
    async fn write(&mut self, mut bytes: &[u8]) -> Result<usize, ErrorKind> {
        let length = bytes.len();
        while !bytes.is_empty() {
            self.tls.read_tls(&mut bytes).unwrap();
            self.tls.process_new_packets().map_err(|_| ErrorKind::ConnectionReset)?;
        }
        if !self.tls.is_handshaking() {
            io::Write::write_all(&mut self.tls.writer(), SAID).unwrap();
            self.tls.send_close_notify();
        }
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.unread).unwrap();
        }
        Ok(length)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// The network, as an attacker has it: whatever is written, these bytes come.
struct Replay<'b>(&'b [u8]);

impl ErrorType for Replay<'_> {
    type Error = ErrorKind;
}

impl Read for Replay<'_> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(io::Read::read(&mut self.0, out).unwrap())
    }
}

impl Write for Replay<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// What the server is taken to have said: all of it, up to the end that it announced.
fn hear(root: &[u8], network: impl Read<Error = ErrorKind> + Write) -> (Vec<u8>, Result<(), Error>) {
    let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
    let (roots, clock) = ([root], || Some(NOW));
    let client =
        Client::new(Roots::Certificates(&roots), Dates::CheckedBy(&clock), Same(1), &mut receive, &mut send);
    let mut heard = Vec::new();
    let result = block_on(async {
        let mut server = client.connect(network, NAME).await?;
        loop {
            let mut buffer = [0; 7];
            match server.read(&mut buffer).await? {
                0 => return Ok(()),
                length => heard.extend_from_slice(&buffer[..length]),
            }
        }
    });
    (heard, result)
}

/// A server's root, and all that it has sent to a client whose random numbers are [`Same`].
fn record() -> (Vec<u8>, Vec<u8>) {
    let Identity { root, config } = identity();
    let sent = Rc::new(RefCell::default());
    let tls = ServerConnection::new(config).unwrap();
    let heard = hear(&root, Real { tls, unread: Vec::new(), sent: sent.clone() });
    assert_eq!(heard, (SAID.to_vec(), Ok(())));
    (root, sent.take())
}

#[test]
fn what_a_server_has_said_is_heard_to_its_end_and_can_be_heard_again() {
    let (root, sent) = record();
    assert_eq!(hear(&root, Replay(&sent)), (SAID.to_vec(), Ok(())));
}

#[test]
fn cut_anywhere_it_is_never_whole() {
    let (root, sent) = record();
    for length in 0..sent.len() {
        let (heard, result) = hear(&root, Replay(&sent[..length]));
        assert_eq!(result, Err(Error::Cut), "cut after {length} bytes");
        assert!(SAID.starts_with(&heard));
    }
}

#[test]
fn with_any_bit_changed_it_is_refused() {
    let (root, sent) = record();
    for place in 0..sent.len() {
        let mut changed = sent.clone();
        changed[place] ^= 1 << (place % 8);
        let (heard, result) = hear(&root, Replay(&changed));
        if result.is_ok() {
            // The version of the first record, and the record that is there for old routers.
            assert!(place == 2 || is_compatibility_record(&sent, place), "byte {place} may be anything");
        }
        assert!(SAID.starts_with(&heard), "byte {place}");
    }
}

/// In the change_cipher_spec.
fn is_compatibility_record(sent: &[u8], place: usize) -> bool {
    let hello = 5 + usize::from(u16::from_be_bytes([sent[3], sent[4]]));
    sent[hello] == 20 && (hello..hello + 6).contains(&place)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Pieces of it left out, doubled, swapped or made up.
    #[test]
    fn rearranged_anyhow_nothing_false_is_heard(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..4, any::<[u8; 6]>()), 1..5),
        by_records in any::<bool>(),
    ) {
        let (root, sent) = RECORDING.with(Clone::clone);
        let mut units: Vec<Vec<u8>> = if by_records {
            records(&sent)
        } else {
            sent.chunks(16).map(<[u8]>::to_vec).collect()
        };
        for (from, to, edit, bytes) in edits {
            let (from, to) = (from.index(units.len()), to.index(units.len()));
            match edit {
                0 => { units.remove(from); }
                1 => units.insert(to, units[from].clone()),
                2 => units.swap(from, to),
                _ => units.insert(to, bytes.to_vec()),
            }
            if units.is_empty() {
                break;
            }
        }
        let changed = units.concat();
        let (heard, result) = hear(&root, Replay(&changed));
        prop_assert!(SAID.starts_with(&heard));
        prop_assert!(result.is_err() || heard == SAID);
    }

    #[test]
    fn any_bytes_at_all_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), hello in any::<bool>()) {
        let (root, sent) = RECORDING.with(Clone::clone);
        let length = if hello { records(&sent)[0].len() } else { 0 };
        let network = [&sent[..length], &bytes].concat();
        let (heard, result) = hear(&root, Replay(&network));
        prop_assert!(heard.is_empty() && result.is_err());
    }
}

thread_local! {
    static RECORDING: (Vec<u8>, Vec<u8>) = record();
}

fn records(mut sent: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let [_, _, _, high, low, ..] = *sent {
        let (record, rest) = sent.split_at(5 + usize::from(u16::from_be_bytes([high, low])));
        records.push(record.to_vec());
        sent = rest;
    }
    records
}
