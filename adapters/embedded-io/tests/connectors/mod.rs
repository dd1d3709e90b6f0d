//! Connectors that take their time to resolve a name or to close a connection.

use std::{
    cell::Cell,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use embedded_io_adapters::tokio_1::FromTokio;
use embedded_io_async::{ErrorType, Write};
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use taskgroup::{
    api::{self, TaskGroup},
    session::{Config, Failure, Outcome},
    time::Instant,
};
use taskgroup_embedded_io::{Connector, Nal, Stream, Transport};
use taskgroup_sandbox::{Faults, Instead};
use tokio::net::TcpStream;

use super::{
    answer,
    network::{Host, HostClock, config, ids, run, sandbox, truth},
    stream,
};

/// A resolver that takes its time.
struct Slow(Duration);

impl TcpConnect for Slow {
    type Error = io::Error;
    type Connection<'a> = FromTokio<TcpStream>;

    async fn connect(&self, remote: SocketAddr) -> io::Result<FromTokio<TcpStream>> {
        Host.connect(remote).await
    }
}

impl Dns for Slow {
    type Error = io::Error;

    async fn get_host_by_name(&self, host: &str, kind: AddrType) -> io::Result<IpAddr> {
        tokio::time::sleep(self.0).await;
        Host.get_host_by_name(host, kind).await
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[test]
fn a_name_that_takes_longer_than_a_connection_may_is_waited_for() {
    let sandbox = sandbox(3, Faults::default());
    run(async {
        let (url, mut buffer) = (sandbox.base_url().replace("127.0.0.1", "localhost"), [0; 700]);
        let network = Nal::new(Slow(Duration::from_secs(2)), &mut buffer);
        let config = config(&sandbox, &url).with_connect_timeout(Duration::from_secs(1));
        let mut stream = stream(config.with_attempts(Some(1)), &sandbox, &network);
        while stream.next().await.is_some() {}
        assert_eq!(stream.outcome(), Some(Outcome::Done));
    });
}

/// A connector whose connections never finish closing, and which counts how many begin to.
struct Reluctant {
    network: Nal<'static, Host>,
    closing: Cell<usize>,
}

struct Unclosed<'n> {
    connection: <Nal<'static, Host> as Connector>::Connection<'n>,
    closing: &'n Cell<usize>,
}

impl Connector for Reluctant {
    type Connection<'n> = Unclosed<'n>;

    fn cancel_safe(&self) -> bool {
        true
    }

    async fn connect<'n>(&'n self, config: &Config<'_>, until: Instant) -> Result<Unclosed<'n>, Failure> {
        let connection = self.network.connect(config, until).await?;
        Ok(Unclosed { connection, closing: &self.closing })
    }
}

impl ErrorType for Unclosed<'_> {
    type Error = io::Error;
}

impl Transport for Unclosed<'_> {
    async fn receive(&mut self, take: impl FnOnce(&[u8]) -> usize) -> io::Result<()> {
        self.connection.receive(take).await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.closing.set(self.closing.get() + 1);
        std::future::pending().await
    }
}

impl Write for Unclosed<'_> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.connection.write(bytes).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.connection.flush().await
    }
}

#[test]
fn each_connection_is_closed_in_order_and_one_that_takes_long_delays_nobody() {
    let sandbox = sandbox(10, Faults { instead: Some(Instead::status(503).times(2)), ..Faults::default() });
    run(async {
        let url = sandbox.base_url();
        let network = Nal::new(Host, vec![0; 700].leak()).cancel_safe();
        let network = Reluctant { network, closing: Cell::new(0) };
        let mut stream = stream(config(&sandbox, &url), &sandbox, &network);
        let read = async {
            let mut had = Vec::new();
            while let Some(event) = stream.next().await {
                had.extend(ids(&event));
            }
            had
        };
        let had = tokio::time::timeout(Duration::from_secs(30), read).await.unwrap();
        assert_eq!((stream.outcome(), had), (Some(Outcome::Done), truth(&sandbox)));
        assert_eq!(network.closing.get() as u64, sandbox.stats().connections);
    });
}

#[test]
fn a_connection_that_was_kept_is_closed_when_the_program_says_so_and_another_one_is_opened() {
    let sandbox = sandbox(1, Faults::default());
    run(async {
        let url = sandbox.base_url();
        let network = Nal::new(Host, vec![0; 700].leak()).cancel_safe();
        let network = Reluctant { network, closing: Cell::new(0) };
        let config = config(&sandbox, &url).with_keep_alive(true).with_attempts(Some(1));
        let group = || api::group(sandbox.group_id());
        let mut stream =
            Stream::new(config, group(), TaskGroup::<api::Brief>::default(), &network, HostClock::new());
        for closed in 1..4 {
            assert!(answer(&mut stream).await.is_some());
            stream.close().await;
            assert_eq!(network.closing.get(), closed);
            stream.close().await;
            assert_eq!(network.closing.get(), closed, "there is nothing to close");
            stream.ask(group());
        }
        assert_eq!(sandbox.stats().connections, 3);
    });
}
