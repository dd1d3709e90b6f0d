//! What rustls makes of the faults: a client that keeps to the rules shows that the server does what its
//! table says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use taskgroup_adversary::{Case, Effect, Expected, Fault, NOW, Options, Server, Upstream, certificates};

const REQUEST: &[u8] = b"a request with a key in it";
const AFTER: u64 = 20_000;

fn answer() -> Vec<u8> {
    (0..15_000_u32).flat_map(|number| number.to_be_bytes()).skip(1).collect()
}

#[derive(Debug)]
struct At(u64);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0)))
    }
}

/// What came, and how it ended.
fn ask(server: &Server, case: &Case) -> (Vec<u8>, Result<(), String>) {
    let mut roots = RootCertStore::empty();
    roots.add(case.root.clone()).unwrap();
    let config =
        ClientConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(At(case.now)))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    let name = ServerName::try_from(case.server_name).unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let tcp = TcpStream::connect(server.address()).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut stream = StreamOwned::new(session, tcp);
    let mut body = Vec::new();
    let result = stream.write_all(REQUEST).and_then(|()| stream.read_to_end(&mut body));
    (body, result.map(drop).map_err(|error| error.to_string()))
}

fn serve(case: &Case, fault: Option<Fault>) -> Server {
    let options = Options::new(case.clone(), Upstream::Answer(answer()));
    Server::start(Options { fault, after: AFTER, ..options }).unwrap()
}

/// What rustls sees otherwise than the table, which is for clients that have little memory and trust nothing.
fn of_rustls(fault: Fault) -> Effect {
    match fault {
        // It has a limit in bytes, not in certificates.
        Fault::CertificateSeven | Fault::CertificateTwenty => Effect::Allowed,
        // It knows none before ServerHello.
        Fault::ChangeCipherSpecEarly => Effect::Refused,
        // It speaks TLS 1.2, too.
        Fault::Tls12Only => Effect::Allowed,
        fault => fault.effect(),
    }
}

#[test]
fn each_fault_has_the_effect_that_its_table_says() {
    let case = certificates::find("good", NOW).unwrap();
    let (whole, before) = (answer(), &answer()[..usize::try_from(AFTER).unwrap()]);
    for fault in Fault::ALL.iter().copied() {
        let server = serve(&case, Some(fault));
        let (body, result) = ask(&server, &case);
        let connection = server.connection().unwrap();
        assert_eq!(connection.fault, (fault != Fault::Good).then_some(fault));
        let effect = of_rustls(fault);
        let right = match effect {
            Effect::Allowed => result.is_ok() && body == whole && connection.received == REQUEST,
            Effect::Refused => result.is_err() && connection.received.is_empty(),
            // It gives an error before the data that came with it.
            Effect::Broken => result.is_err() && whole.starts_with(&body) && connection.received == REQUEST,
            Effect::Ended => result.is_ok() && body == before,
        };
        assert!(right, "{fault}: not {effect}: {} bytes, {result:?}, {connection:?}", body.len());
    }
}

#[test]
fn each_accepted_chain_is_shown_by_both_servers() {
    let accepted = certificates::all(NOW).into_iter().filter(|case| case.expected == Expected::Accepted);
    for case in accepted {
        for fault in [None, Some(Fault::Good)] {
            let server = serve(&case, fault);
            let (body, result) = ask(&server, &case);
            assert_eq!(result, Ok(()), "{} by {fault:?}", case.name);
            assert!(body == answer(), "{} by {fault:?}", case.name);
        }
    }
}

#[test]
fn a_fault_hits_so_many_connections_and_no_more() {
    let case = certificates::find("good", NOW).unwrap();
    for fault in [Fault::CertificateEmpty, Fault::Cut] {
        let options = Options::new(case.clone(), Upstream::Answer(answer()));
        let server = Server::start(Options { fault: Some(fault), times: Some(2), ..options }).unwrap();
        let results = [(); 3].map(|()| ask(&server, &case).1.is_ok());
        assert_eq!(results, [false, false, true], "{fault}");
    }
}

#[test]
fn what_the_client_says_goes_to_the_upstream_and_back_comes_what_that_says() {
    let case = certificates::find("good", NOW).unwrap();
    for fault in [None, Some(Fault::Good)] {
        let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = upstream.local_addr().unwrap();
        let echo = thread::spawn(move || {
            let (mut stream, _) = upstream.accept().unwrap();
            let mut said = vec![0; REQUEST.len()];
            stream.read_exact(&mut said).unwrap();
            stream.write_all(&said.repeat(3)).unwrap();
        });
        let options = Options::new(case.clone(), Upstream::Address(address));
        let server = Server::start(Options { fault, ..options }).unwrap();
        assert_eq!(ask(&server, &case), (REQUEST.repeat(3), Ok(())), "{fault:?}");
        echo.join().unwrap();
    }
}
