//! A folder in, handshakes of real servers in it out, for programs without a network: all that each server
//! has sent to a client whose random numbers are always the same.

#[path = "../../budgets/secured/src/same.rs"]
mod same;

use std::{
    cell::RefCell,
    error::Error,
    fs, io,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    rc::Rc,
};

use embassy_futures::block_on;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use taskgroup_adversary::{NOW, Options, Server, Upstream, certificates};
use taskgroup_tls::{
    Aes128GcmSha256, ChaCha20Poly1305Sha256, Client, Dates, RECEIVE, Roots, SEND_MIN, Suite, machine,
};

use same::Same;

type Record = fn(&str, usize) -> Result<Flight, Box<dyn Error>>;

const CHACHA20: (&str, Record) = ("ChaCha20", record::<ChaCha20Poly1305Sha256>);
const AES: (&str, Record) = ("Aes", record::<Aes128GcmSha256>);
const MACHINE: (&str, Record) = ("Machine", |case, said| record_by_machine(case, said, 1));
/// After a connection in full.
const RESUMED: (&str, Record) = ("Machine", |case, said| record_by_machine(case, said, 2));

/// What it is called, the case, how much the server says, in bytes, and the cipher suite.
const FLIGHTS: [(&str, &str, usize, (&str, Record)); 14] = [
    ("P-256", "good", 64 * 1024, CHACHA20),
    ("P-256, AES-128-GCM", "good", 64 * 1024, AES),
    ("P-256, one intermediate", "one-intermediate", 1, CHACHA20),
    ("P-256, intermediate and root P-384", "p256-over-p384", 1, CHACHA20),
    ("P-384 throughout", "p384-over-p384", 1, CHACHA20),
    ("RSA-2048, root RSA-2048", "rsa-2048", 1, CHACHA20),
    ("RSA-4096, root RSA-4096", "rsa-4096", 1, CHACHA20),
    ("machine: P-256", "good", 64 * 1024, MACHINE),
    ("machine: P-256, one intermediate", "one-intermediate", 1, MACHINE),
    ("machine: P-256, intermediate and root P-384", "p256-over-p384", 1, MACHINE),
    ("machine: P-384 throughout", "p384-over-p384", 1, MACHINE),
    ("machine: RSA-2048, root RSA-2048", "rsa-2048", 1, MACHINE),
    ("machine: RSA-4096, root RSA-4096", "rsa-4096", 1, MACHINE),
    ("machine: resumed", "good", 1, RESUMED),
];

/// A socket, and what came by it.
struct Recorded {
    tcp: TcpStream,
    came: Rc<RefCell<Vec<u8>>>,
}

impl ErrorType for Recorded {
    type Error = ErrorKind;
}

impl Read for Recorded {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        let length = self.tcp.read(out).map_err(kind)?;
        self.came.borrow_mut().extend_from_slice(&out[..length]);
        Ok(length)
    }
}

impl Write for Recorded {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.tcp.write(bytes).map_err(kind)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.tcp.flush().map_err(kind)
    }
}

fn kind(error: io::Error) -> ErrorKind {
    error.kind().into()
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(&folder)?;
    let mut source = format!("const NOW: u64 = {NOW};\nstatic FLIGHTS: &[Flight] = &[\n");
    for (place, (what, case, said, (suite, record))) in FLIGHTS.into_iter().enumerate() {
        let Flight { root, name, first, sent } = record(case, said)?;
        fs::write(folder.join(format!("{place}.first")), first)?;
        fs::write(folder.join(format!("{place}.root")), root)?;
        fs::write(folder.join(format!("{place}.sent")), sent)?;
        source += &format!(
            "Flight {{ what: {what:?}, name: {name:?}, root: include_bytes!(\"{place}.root\"), \
             first: include_bytes!(\"{place}.first\"), \
             sent: include_bytes!(\"{place}.sent\"), said: {said}, suite: Suite::{suite} }},\n"
        );
    }
    fs::write(folder.join("flights.rs"), source + "];\n")?;
    Ok(())
}

/// What a server has sent, and what a client must know to believe it.
struct Flight {
    root: Vec<u8>,
    name: &'static str,
    /// In a connection before, where there was one.
    first: Vec<u8>,
    sent: Vec<u8>,
}

fn record<S: Suite>(case: &str, said: usize) -> Result<Flight, Box<dyn Error>> {
    let case = certificates::find(case, NOW).ok_or("no such case")?;
    let (name, root) = (case.server_name, case.root.to_vec());
    let server = Server::start(Options::new(case, Upstream::Answer(vec![b'a'; said])))?;
    let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
    let (roots, clock) = ([&root[..]], || Some(NOW));
    let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&clock));
    let client = Client::new(roots, dates, Same::new(), &mut receive, &mut send).with_suite::<S>();
    let came = Rc::new(RefCell::default());
    let tcp = TcpStream::connect(server.address())?;
    block_on(async {
        let mut tls = client.connect(Recorded { tcp, came: came.clone() }, name).await?;
        tls.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
        tls.flush().await?;
        while tls.read(&mut [0; 4096]).await? > 0 {}
        Ok::<_, taskgroup_tls::Error>(())
    })?;
    Ok(Flight { root, name, first: Vec::new(), sent: came.take() })
}

/// The last of this many connections.
fn record_by_machine(case: &str, said: usize, connections: usize) -> Result<Flight, Box<dyn Error>> {
    let case = certificates::find(case, NOW).ok_or("no such case")?;
    let (name, root) = (case.server_name, case.root.to_vec());
    let server = Server::start(Options::new(case, Upstream::Answer(vec![b'a'; said])))?;
    let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
    let (roots, clock) = ([&root[..]], || Some(NOW));
    let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&clock));
    let client = machine::Client::new(roots, dates, Same::new(), &mut receive, &mut send);
    let (mut first, mut sent) = (Vec::new(), Vec::new());
    for number in 1..=connections {
        let came = Rc::new(RefCell::default());
        let tcp = TcpStream::connect(server.address())?;
        block_on(async {
            let mut tls = client.connect(Recorded { tcp, came: came.clone() }, name).await?;
            assert_eq!(tls.is_resumed(), number > 1);
            tls.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
            tls.flush().await?;
            while tls.read(&mut [0; 4096]).await? > 0 {}
            Ok::<_, taskgroup_tls::Error>(())
        })?;
        first = std::mem::replace(&mut sent, came.take());
    }
    Ok(Flight { root, name, first, sent })
}
