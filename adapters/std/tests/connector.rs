//! The connector over real sockets: the result of each way of ending, and of each certificate.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::Duration,
};

use taskgroup::session::{Config, Failure};
use taskgroup_sandbox::{After, Cut, Faults, Options, Sandbox};
use taskgroup_std::{Clock, Connector, Security};

const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(20);

/// A server for one connection, and a connector to it.
fn server<T: Send + 'static>(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> (JoinHandle<T>, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (thread::spawn(move || serve(listener.accept().unwrap().0)), port)
}

fn connector(host: &str, port: u16, tls: bool, security: &Security) -> (Connector, Clock) {
    let clock = Clock::new();
    (Connector::new(&Config::new("key").with_server(host, port, tls), security, clock), clock)
}

fn connected(port: u16) -> (Connector, Clock) {
    let (mut tcp, clock) = connector("127.0.0.1", port, false, &Security::platform());
    assert_eq!(tcp.open(clock.now() + LATE), Ok(()));
    (tcp, clock)
}

/// All that comes, and how it ends.
fn read_to_end(tcp: &mut Connector, clock: Clock) -> (Vec<u8>, Result<(), Failure>) {
    let (mut all, mut buffer) = (Vec::new(), [0; 1000]);
    loop {
        match tcp.read(&mut buffer, clock.now() + LATE) {
            Ok(Some(0)) => return (all, Ok(())),
            Ok(Some(read)) => all.extend_from_slice(&buffer[..read]),
            Ok(None) => panic!("the server is silent"),
            Err(why) => return (all, Err(why)),
        }
    }
}

#[test]
fn what_is_written_arrives_and_a_fin_is_the_orderly_end() {
    let (server, port) = server(|mut tcp| {
        let mut request = [0; 5];
        tcp.read_exact(&mut request).unwrap();
        tcp.write_all(b"world").unwrap();
        request
    });
    let (mut tcp, clock) = connected(port);
    assert_eq!(tcp.write_all(b"hello", clock.now() + LATE), Ok(()));
    assert_eq!(read_to_end(&mut tcp, clock), (b"world".to_vec(), Ok(())));
    assert_eq!(&server.join().unwrap(), b"hello");
}

#[test]
fn a_silent_server_is_waited_for_until_the_deadline_and_may_then_continue() {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (server, port) = server(move |mut tcp| {
        held.recv().unwrap();
        tcp.write_all(b"late").unwrap();
    });
    let (mut tcp, clock) = connected(port);
    let until = clock.now() + SOON;
    assert_eq!(tcp.read(&mut [0; 8], until), Ok(None));
    assert!(clock.now() >= until);
    assert_eq!(tcp.reason(), None, "silence is no failure");
    hold.send(()).unwrap();
    assert_eq!(read_to_end(&mut tcp, clock), (b"late".to_vec(), Ok(())));
    server.join().unwrap();
}

#[test]
fn a_reset_is_a_broken_connection() {
    let (server, port) = server(|mut tcp| {
        // Closing a socket with unread bytes resets the connection.
        let _ = tcp.read(&mut [0; 1]).unwrap();
    });
    let (mut tcp, clock) = connected(port);
    tcp.write_all(&[7; 4000], clock.now() + LATE).unwrap();
    server.join().unwrap();
    assert_eq!(read_to_end(&mut tcp, clock), (Vec::new(), Err(Failure::Broken)));
    assert!(tcp.reason().unwrap().contains("reset"), "{:?}", tcp.reason());
}

#[test]
fn a_write_that_nobody_takes_breaks_at_its_deadline() {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (server, port) = server(move |tcp| {
        let _ = held.recv();
        drop(tcp);
    });
    let (mut tcp, clock) = connected(port);
    let much = vec![0; 64 << 20];
    assert_eq!(tcp.write_all(&much, clock.now() + SOON), Err(Failure::Broken));
    drop(hold);
    server.join().unwrap();
}

#[test]
fn a_port_where_nobody_listens_is_unreachable_and_the_reason_names_the_address() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mut tcp, clock) = connector("127.0.0.1", port, false, &Security::platform());
    assert_eq!(tcp.open(clock.now() + LATE), Err(Failure::Unreachable));
    assert!(tcp.reason().unwrap().contains(&format!("127.0.0.1:{port}")));
    assert_eq!(tcp.read(&mut [0; 8], clock.now() + SOON), Err(Failure::Broken), "there is no connection");
}

#[test]
fn each_address_of_a_name_is_tried() {
    let (server, port) = server(|tcp| tcp.shutdown(Shutdown::Both).unwrap());
    let (mut tcp, clock) = connector("localhost", port, false, &Security::platform());
    assert_eq!(tcp.open(clock.now() + LATE), Ok(()), "{:?}", tcp.reason());
    server.join().unwrap();
}

#[test]
fn plaintext_leaves_the_machine_only_when_that_is_allowed_by_name() {
    // TEST-NET-1 (RFC 5737): nobody is there.
    let (mut tcp, clock) = connector("192.0.2.1", 80, false, &Security::platform());
    assert_eq!(tcp.open(clock.now() + LATE), Err(Failure::Refused));
    let allowed = Security::platform().allow_plaintext(true);
    let (mut tcp, clock) = connector("192.0.2.1", 80, false, &allowed);
    assert_eq!(tcp.open(clock.now() + SOON), Err(Failure::Unreachable));
}

fn tls_sandbox(faults: Faults) -> (Sandbox, Security) {
    let sandbox = Sandbox::start(Options { tls: true, runs: 3, faults, ..Options::default() }).unwrap();
    let security = Security::ca_pem(sandbox.ca_pem().unwrap().as_bytes()).unwrap();
    (sandbox, security)
}

/// Asks for something that is not there: an answer with a body and an end.
fn ask(sandbox: &Sandbox, security: &Security) -> (Vec<u8>, Result<(), Failure>) {
    let (mut tcp, clock) = connector("localhost", sandbox.port(), true, security);
    assert_eq!(tcp.open(clock.now() + LATE), Ok(()), "{:?}", tcp.reason());
    let request = b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    tcp.write_all(request, clock.now() + LATE).unwrap();
    read_to_end(&mut tcp, clock)
}

#[test]
fn a_server_of_the_given_authority_is_talked_to_and_its_close_notify_is_the_orderly_end() {
    let (sandbox, security) = tls_sandbox(Faults::default());
    let (answer, end) = ask(&sandbox, &security);
    assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(end, Ok(()));
}

#[test]
fn tls_that_ends_without_close_notify_is_a_broken_connection() {
    let cut = Some(Cut::after(After::Bytes(40)));
    let (sandbox, security) = tls_sandbox(Faults { cut, ..Faults::default() });
    let (answer, end) = ask(&sandbox, &security);
    assert_eq!((answer.len(), end), (40, Err(Failure::Broken)));
}

#[test]
fn a_server_of_another_authority_is_refused_before_anything_is_written() {
    let (sandbox, _) = tls_sandbox(Faults::default());
    let (_, other) = tls_sandbox(Faults::default());
    for security in [other, Security::platform()] {
        let (mut tcp, clock) = connector("localhost", sandbox.port(), true, &security);
        assert_eq!(tcp.open(clock.now() + LATE), Err(Failure::Refused), "{:?}", tcp.reason());
        assert!(tcp.reason().is_some());
        assert_eq!(tcp.write_all(b"key", clock.now() + LATE), Err(Failure::Broken));
    }
    assert_eq!(sandbox.stats().requests, 0);
}

#[test]
fn a_server_that_answers_tls_with_something_else_is_unreachable() {
    let (server, port) = server(|mut tcp| {
        let _ = tcp.read(&mut [0; 4096]);
        let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let (mut tcp, clock) = connector("localhost", port, true, &tls_sandbox(Faults::default()).1);
    assert_eq!(tcp.open(clock.now() + LATE), Err(Failure::Unreachable));
    assert!(tcp.reason().unwrap().contains("TLS with localhost"));
    server.join().unwrap();
}

#[test]
fn a_ca_file_that_cannot_be_used_says_why() {
    use taskgroup_std::CaError;
    assert!(matches!(Security::ca_file("/no/such/file".as_ref()), Err(CaError::Read(_))));
    assert!(matches!(Security::ca_pem(b""), Err(CaError::Empty)));
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(Security::ca_pem(broken), Err(CaError::Invalid(_))));
}
