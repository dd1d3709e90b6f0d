//! TCP connections from the device in, the real sandbox's answers out: cut short, if that is wanted.
//!
//! The sandbox is asked over a real socket, and its whole answer is read before the first byte is passed on.
//! So what the device sees does not depend on how fast this machine is. With TLS the device's peer is rustls,
//! and the cuts are in the encrypted bytes.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpStream},
    sync::Arc,
    time,
};

use embassy_futures::join::join4;
use embassy_net::tcp::{Error, TcpSocket};
use embassy_time::{Duration, Timer, with_timeout};
use rustls::{ServerConfig, ServerConnection};
use taskgroup_sandbox::Sandbox;

use super::{Network, PORT, Random};

/// After how much silence a device counts as gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(1 << 30);

/// How a connection is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// FIN, as if that was all.
    Finish,
    /// RST.
    Reset,
    /// It stays open, but nothing more comes.
    Silence,
    /// The plug is pulled out for this long; then the connection continues, if it is still open, to the next
    /// cut.
    Unplug(Duration),
}

/// Cuts the first answers, each after this many bytes.
pub(crate) struct Server<'s> {
    sandbox: &'s Sandbox,
    tls: Option<Arc<ServerConfig>>,
    /// How long a connection may be silent before a request.
    idle: Duration,
    cuts: RefCell<VecDeque<(usize, Cut)>>,
    requests: RefCell<Vec<String>>,
    /// How many devices have said `close_notify`.
    farewells: Cell<usize>,
}

impl<'s> Server<'s> {
    pub(crate) fn new(sandbox: &'s Sandbox) -> Self {
        Self::cutting(sandbox, [])
    }

    pub(crate) fn cutting(sandbox: &'s Sandbox, cuts: impl IntoIterator<Item = (usize, Cut)>) -> Self {
        let cuts = RefCell::new(cuts.into_iter().collect());
        Self {
            sandbox,
            tls: None,
            idle: FOR_EVER,
            cuts,
            requests: RefCell::default(),
            farewells: Cell::new(0),
        }
    }

    pub(crate) fn with_tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Ends a connection that a device has left alone for this long.
    pub(crate) fn with_idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Cuts this many answers, anywhere in their first 5,000 bytes, as the seed says.
    pub(crate) fn cutting_at_random(sandbox: &'s Sandbox, count: usize, seed: u64) -> Self {
        let random = Random::new(seed);
        let cut = || match random.below(10) {
            0..4 => Cut::Finish,
            4..8 => Cut::Reset,
            8 => Cut::Silence,
            // From what TCP repairs by itself to what nobody waits for.
            _ => Cut::Unplug(Duration::from_secs(1 + random.below(200))),
        };
        Self::cutting(sandbox, (0..count).map(|_| (random.below(5_000) as usize, cut())))
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }

    /// How many devices have sent `close_notify`.
    pub(crate) fn farewells(&self) -> usize {
        self.farewells.get()
    }

    /// How many cuts are left.
    pub(crate) fn left(&self) -> usize {
        self.cuts.borrow().len()
    }

    pub(crate) async fn serve(&self, network: &Network<'_>) {
        // More than one: some are busy with a device that is gone, and do not know it yet.
        join4(self.listen(network), self.listen(network), self.listen(network), self.listen(network)).await;
    }

    async fn listen(&self, network: &Network<'_>) {
        let (mut receive, mut send) = (vec![0; 2048], vec![0; 8192]);
        let mut socket = TcpSocket::new(network.server, &mut receive, &mut send);
        socket.set_timeout(Some(PATIENCE));
        socket.set_keep_alive(Some(PATIENCE / 4));
        loop {
            if socket.accept(PORT).await.is_ok() {
                // An error is a device that is gone.
                let _ = self.answer(&mut socket, network).await;
            }
            socket.abort();
            let _ = with_timeout(PATIENCE, socket.flush()).await;
        }
    }

    async fn answer(&self, socket: &mut TcpSocket<'_>, network: &Network<'_>) -> Result<(), Error> {
        let mut tls = self.tls.clone().map(|config| ServerConnection::new(config).unwrap());
        let end = loop {
            let request = match with_timeout(self.idle, self.request(socket, &mut tls)).await {
                Ok(request) => request?,
                Err(_) => {
                    if let Some(tls) = &mut tls {
                        tls.send_close_notify();
                        write(socket, &encrypted(tls)).await?;
                    }
                    break Cut::Finish;
                }
            };
            let Some(request) = request else { return Ok(()) };
            let (mut answer, end) = self.ask(&request);
            let is_last = request.contains("\r\nconnection: close\r\n") || !is_delimited(&answer);
            self.requests.borrow_mut().push(request);
            if let Some(tls) = &mut tls {
                tls.set_buffer_limit(None);
                tls.writer().write_all(&answer).unwrap();
                if let (Cut::Finish, true) = (end, is_last) {
                    tls.send_close_notify();
                }
                answer = encrypted(tls);
            }
            let cut = loop {
                let Some((at, cut)) = self.cuts.borrow_mut().pop_front() else {
                    write(socket, &answer).await?;
                    break None;
                };
                write(socket, answer.drain(..at.min(answer.len())).as_slice()).await?;
                let Cut::Unplug(length) = cut else { break Some(cut) };
                network.wire.plug(false);
                Timer::after(length).await;
                network.wire.plug(true);
            };
            match cut {
                Some(cut) => break cut,
                None if is_last || !matches!(end, Cut::Finish) => break end,
                None => {}
            }
        };
        match end {
            Cut::Finish => socket.close(),
            Cut::Reset => return socket.flush().await,
            Cut::Silence | Cut::Unplug(_) => {}
        }
        // Until the device has received everything, or has gone.
        let mut bytes = [0; 64];
        loop {
            let length = socket.read(&mut bytes).await?;
            if length == 0 {
                return Ok(());
            }
            if let Some(tls) = &mut tls {
                self.decrypt(tls, &bytes[..length]);
            }
        }
    }

    /// Takes what came over TLS. Returns whether it is valid.
    fn decrypt(&self, tls: &mut ServerConnection, mut bytes: &[u8]) -> bool {
        tls.read_tls(&mut bytes).unwrap();
        let state = tls.process_new_packets();
        if state.as_ref().is_ok_and(|state| state.peer_has_closed()) {
            self.farewells.update(|count| count + 1);
        }
        state.is_ok()
    }

    /// What the device asks; `None` when it goes instead.
    async fn request(
        &self,
        socket: &mut TcpSocket<'_>,
        tls: &mut Option<ServerConnection>,
    ) -> Result<Option<String>, Error> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if socket.read(&mut byte).await? == 0 {
                return Ok(None);
            }
            match tls {
                None => request.extend(byte),
                Some(tls) => {
                    // An alert is a device that refuses.
                    let understood = self.decrypt(tls, &byte);
                    write(socket, &encrypted(tls)).await?;
                    if !understood {
                        return Ok(None);
                    }
                    // There may be nothing.
                    let _ = tls.reader().read_to_end(&mut request);
                }
            }
        }
        Ok(Some(String::from_utf8(request).unwrap()))
    }

    /// What the sandbox answers, and how it ends the connection. It is asked for one answer at a time, which
    /// the device need not know.
    fn ask(&self, request: &str) -> (Vec<u8>, Cut) {
        let close = "connection: close\r\n";
        let is_last = request.contains(close);
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.sandbox.port())).unwrap();
        socket.set_read_timeout(Some(time::Duration::from_secs(60))).unwrap();
        let (head, _) = request.split_at(request.len() - 2);
        let asked = if is_last { request.to_owned() } else { format!("{head}{close}\r\n") };
        socket.write_all(asked.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let end = match socket.read_to_end(&mut answer) {
            Ok(_) => Cut::Finish,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Cut::Reset,
            Err(error) => panic!("the sandbox does not answer: {error}"),
        };
        let place = answer.windows(close.len()).position(|bytes| bytes == close.as_bytes());
        if let (false, Some(place)) = (is_last, place) {
            answer.drain(place..place + close.len());
        }
        (answer, end)
    }
}

/// Whether the answer says where it ends.
fn is_delimited(answer: &[u8]) -> bool {
    let head = answer.split(|byte| *byte == b'\n').take_while(|line| line.len() > 1);
    head.into_iter()
        .any(|line| line.starts_with(b"content-length:") || line.starts_with(b"transfer-encoding:"))
}

/// What rustls has to send.
fn encrypted(tls: &mut ServerConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut bytes).unwrap();
    }
    bytes
}

async fn write(socket: &mut TcpSocket<'_>, mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        bytes = &bytes[socket.write(bytes).await?..];
    }
    Ok(())
}
