//! Real sockets for the tests: tokio's, as a stack of embedded-nal-async.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time,
};

use embedded_io_adapters::tokio_1::FromTokio;
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use taskgroup::time::{Clock, Instant};
use tokio::net::TcpStream;

/// The host's own TCP and resolver.
pub(crate) struct Host;

impl TcpConnect for Host {
    type Error = io::Error;
    type Connection<'a> = FromTokio<TcpStream>;

    async fn connect(&self, remote: SocketAddr) -> io::Result<FromTokio<TcpStream>> {
        TcpStream::connect(remote).await.map(FromTokio::new)
    }
}

impl Dns for Host {
    type Error = io::Error;

    async fn get_host_by_name(&self, host: &str, _: AddrType) -> io::Result<IpAddr> {
        let mut addresses = tokio::net::lookup_host((host, 0)).await?;
        // The sandbox listens on 127.0.0.1.
        addresses
            .find_map(|address| address.is_ipv4().then(|| address.ip()))
            .ok_or(io::ErrorKind::NotFound.into())
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Time since the clock was made.
pub(crate) struct HostClock(time::Instant);

impl HostClock {
    pub(crate) fn new() -> Self {
        Self(time::Instant::now())
    }
}

impl Clock for HostClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.elapsed().as_millis() as u64)
    }

    async fn wait_until(&self, until: Instant) {
        tokio::time::sleep(until.saturating_since(self.now())).await;
    }
}
