//! Real sockets for the tests, tokio's as a stack of embedded-nal-async, and the sandbox that they lead to.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    time::{self, Duration},
};

use embedded_io_adapters::tokio_1::FromTokio;
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use taskgroup::{
    record,
    session::{Config, Event},
    text::Text,
    time::{Clock, Instant},
};
use taskgroup_sandbox::{Faults, Options, RunsQuery, Sandbox, Version};
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

const QUERY: RunsQuery =
    RunsQuery { version: Version::V1Beta, status: None, include_input: false, include_output: true };

record! {
    /// What tells one event from another.
    #[derive(Debug)]
    pub(crate) struct Ids {
        pub(crate) event_id: Text<64> = "/event_id",
        pub(crate) run_id: Text<64> = "/run/run_id",
    }
}

pub(crate) fn ids(event: &Event<'_, Ids>) -> Option<(String, String)> {
    let Event::Record(ids) = event else { return None };
    Some((ids.event_id.to_string(), ids.run_id.to_string()))
}

pub(crate) fn sandbox(runs: usize, faults: Faults) -> Sandbox {
    Sandbox::start(Options { runs, faults, output_bytes: Some(3_000), ..Options::default() }).unwrap()
}

/// The ids that a stream of all runs should bring.
pub(crate) fn truth(sandbox: &Sandbox) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let parse = |json: String| serde_json::from_str::<serde_json::Value>(&json).unwrap();
    let events = sandbox.runs(sandbox.group_id(), QUERY).map(|event| parse(event.json));
    events.map(|event| (text(&event["event_id"]), text(&event["run"]["run_id"]))).collect()
}

/// Impatient, as befits a test.
pub(crate) fn config<'c>(sandbox: &'c Sandbox, url: &'c str) -> Config<'c> {
    let config = Config::new(sandbox.key()).with_base_url(url).unwrap();
    config.with_backoff(Duration::from_millis(1), Duration::from_millis(2)).with_attempts(None)
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
