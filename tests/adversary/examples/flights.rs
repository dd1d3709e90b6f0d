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
use taskgroup_tls::{CipherSuite, Client, Dates, RECEIVE, Roots, SEND_MIN};

use same::Same;

const CHACHA20: &[CipherSuite] = &[CipherSuite::ChaCha20Poly1305];
const AES: &[CipherSuite] = &[CipherSuite::Aes128Gcm];

struct Recording {
    what: &'static str,
    case: &'static str,
    /// How much the server says, in bytes.
    said: usize,
    suites: &'static [CipherSuite],
    /// After a connection in full.
    is_resumed: bool,
}

impl Recording {
    const fn new(what: &'static str, case: &'static str) -> Self {
        Self { what, case, said: 1, suites: CHACHA20, is_resumed: false }
    }
}

const RECORDINGS: &[Recording] = &[
    Recording { said: 64 * 1024, ..Recording::new("P-256", "good") },
    Recording::new("P-256, one intermediate", "one-intermediate"),
    Recording::new("P-256, intermediate and root P-384", "p256-over-p384"),
    Recording::new("P-384 throughout", "p384-over-p384"),
    Recording::new("RSA-2048, root RSA-2048", "rsa-2048"),
    Recording::new("RSA-4096, root RSA-4096", "rsa-4096"),
    Recording { said: 64 * 1024, suites: AES, ..Recording::new("P-256, AES-128-GCM", "good") },
    Recording { is_resumed: true, ..Recording::new("resumed", "good") },
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
    for (place, recording) in RECORDINGS.iter().enumerate() {
        let Flight { root, name, first, sent } = record(recording)?;
        fs::write(folder.join(format!("{place}.first")), first)?;
        fs::write(folder.join(format!("{place}.root")), root)?;
        fs::write(folder.join(format!("{place}.sent")), sent)?;
        let Recording { what, said, .. } = recording;
        let suite = if recording.suites == AES { "Aes128Gcm" } else { "ChaCha20Poly1305" };
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

fn record(recording: &Recording) -> Result<Flight, Box<dyn Error>> {
    let case = certificates::find(recording.case, NOW).ok_or("no such case")?;
    let (name, root) = (case.server_name, case.root.to_vec());
    let server = Server::start(Options::new(case, Upstream::Answer(vec![b'a'; recording.said])))?;
    let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
    let (roots, clock) = ([&root[..]], || Some(NOW));
    let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&clock));
    let client =
        Client::new(roots, dates, Same::new(), &mut receive, &mut send).with_suites(recording.suites);
    let (mut first, mut sent) = (Vec::new(), Vec::new());
    let connections = if recording.is_resumed { 2 } else { 1 };
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
