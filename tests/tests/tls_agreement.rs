//! A desktop must judge each chain as a device does: both are compared with the same table.
//!
//! `taskgroup-std` is asked here, as it is used, over a socket and at the time of the day; `taskgroup-tls` by
//! its own tests, at a fixed time.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::StreamOwned;
use taskgroup_adversary::{Case, Expected, Fault, Options, Refusal, Server, Upstream, certificates};
use taskgroup_std::Security;

const REQUEST: &[u8] = b"a request with a key in it";
const ANSWER: &[u8] = b"an answer";

/// Where a desktop judges otherwise, and why that is right.
fn otherwise(name: &str) -> Option<Expected> {
    match name {
        // A device looks at six certificates, for its memory's sake; rustls at as many as are worth it.
        "seven-certificates" => Some(Expected::Accepted),
        // Both refuse them. ring takes no RSA key below 2,048 bits, and says only that the signature does not
        // hold.
        "rsa-1024-leaf" | "rsa-1024-intermediate" | "rsa-1024-root" => {
            Some(Expected::Refused(Refusal::Signature))
        }
        _ => None,
    }
}

#[test]
fn the_desktop_finds_of_each_chain_what_a_device_finds() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for case in certificates::all(now) {
        for fault in [None, Some(Fault::Good)] {
            let upstream = Upstream::Answer(ANSWER.to_vec());
            let server = Server::start(Options { fault, ..Options::new(case.clone(), upstream) }).unwrap();
            let found = match ask(&server, &case) {
                Ok(answer) => {
                    assert_eq!(answer, ANSWER, "{}", case.name);
                    Expected::Accepted
                }
                Err(error) => {
                    Expected::Refused(refusal(&error).unwrap_or_else(|| panic!("{}: {error}", case.name)))
                }
            };
            assert_eq!(found, otherwise(case.name).unwrap_or(case.expected), "{}", case.name);
            let received = server.connection().unwrap().received;
            let allowed = if found == Expected::Accepted { REQUEST } else { b"" };
            assert_eq!(received, allowed, "{}", case.name);
        }
    }
}

fn ask(server: &Server, case: &Case) -> io::Result<Vec<u8>> {
    let security = Security::ca_pem(certificates::pem(&case.root).as_bytes()).unwrap();
    let session = security.session(case.server_name).unwrap();
    let tcp = TcpStream::connect(server.address())?;
    tcp.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(session, tcp);
    stream.write_all(REQUEST)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

fn refusal(error: &io::Error) -> Option<Refusal> {
    Refusal::of(error.get_ref()?.downcast_ref()?)
}
