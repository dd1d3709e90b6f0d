//! Streams through a TLS server that misbehaves in the middle of a body: each event once and in order, for
//! the desktop and for a device.

use std::{
    sync::LazyLock,
    time::{self, Duration, SystemTime, UNIX_EPOCH},
};

use embedded_io_adapters::tokio_1::FromTokio;
use rand_core::OsRng;
use taskgroup::{
    api::{self, Brief, StreamEvent},
    session::{Config, Event, Failure, Outcome},
    time::{Clock, Instant},
};
use taskgroup_adversary::{Case, Fault, Options, Server, Upstream, certificates};
use taskgroup_embedded_io::Connector;
use taskgroup_sandbox::{RunsQuery, Sandbox};
use taskgroup_std::Security;
use taskgroup_tls::{Client, Connection, Dates, RECEIVE, Roots, SEND_MIN};
use tokio::net::TcpStream;

const RUNS: usize = 30;
/// How many connections the fault hits.
const TIMES: u32 = 3;
/// More than the head of an answer and an event: each connection brings the stream on.
const AFTER: u64 = 6_000;

/// Good now, for the desktop asks no other clock; and for an address, since not every host has a name for
/// itself.
static CASE: LazyLock<Case> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    certificates::find("ipv4-address", now).unwrap()
});

/// The runs that came, and how the stream ended.
type Read = (Vec<String>, Option<Outcome>);

#[test]
fn the_desktop_loses_nothing_and_repeats_nothing_whatever_tls_does() {
    for fault in faults() {
        assert_all_once(fault, |sandbox, server, case| {
            let security = Security::ca_pem(certificates::pem(&case.root).as_bytes()).unwrap();
            let (request, record) = (request(sandbox), StreamEvent::default());
            let mut stream =
                taskgroup_std::Stream::new(config(sandbox, server, case), request, record, &security);
            let mut runs = Vec::new();
            while let Some(event) = stream.next() {
                runs.extend(run(&event));
            }
            (runs, stream.outcome())
        });
    }
}

#[test]
fn a_device_loses_nothing_and_repeats_nothing_whatever_tls_does() {
    for fault in faults() {
        assert_all_once(fault, |sandbox, server, case| {
            let (mut receive, mut send) = ([0; RECEIVE], [0; SEND_MIN]);
            let (roots, clock) = ([&*case.root], || Some(case.now));
            let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&clock));
            let network = Host(Client::new(roots, dates, OsRng, &mut receive, &mut send));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (config, record) = (config(sandbox, server, case), StreamEvent::default());
                let clock = HostClock(time::Instant::now());
                let request = request(sandbox);
                let mut stream = taskgroup_embedded_io::Stream::new(config, request, record, &network, clock);
                let mut runs = Vec::new();
                while let Some(event) = stream.next().await {
                    runs.extend(run(&event));
                }
                (runs, stream.outcome())
            })
        });
    }
}

fn faults() -> impl Iterator<Item = Fault> {
    Fault::ALL.iter().copied().filter(|fault| fault.is_in_body())
}

#[track_caller]
fn assert_all_once(fault: Fault, read: impl FnOnce(&Sandbox, &Server, &Case) -> Read) {
    let sandbox = taskgroup_sandbox::Options { runs: RUNS, output_bytes: Some(3_000), ..Default::default() };
    let sandbox = Sandbox::start(sandbox).unwrap();
    let upstream = Upstream::Address(([127, 0, 0, 1], sandbox.port()).into());
    let options = Options::new(CASE.clone(), upstream);
    let server =
        Server::start(Options { fault: Some(fault), after: AFTER, times: Some(TIMES), ..options }).unwrap();
    let (runs, outcome) = read(&sandbox, &server, &CASE);
    assert_eq!(outcome, Some(Outcome::Done), "{fault}");
    assert!(runs == truth(&sandbox), "{fault}: {} of {RUNS} runs: {runs:?}", runs.len());

    // Each was hit, until there were enough.
    let connections = sandbox.stats().connections;
    let hit: Vec<_> = (0..connections).map(|_| server.connection().unwrap().fault).collect();
    assert!(hit.iter().take(TIMES as usize).all(|hit| *hit == Some(fault)), "{fault}: {hit:?}");
}

fn truth(sandbox: &Sandbox) -> Vec<String> {
    let query = RunsQuery { include_output: true, ..RunsQuery::default() };
    sandbox.runs(sandbox.group_id(), query).map(|event| event.run_id).collect()
}

fn config<'c>(sandbox: &'c Sandbox, server: &Server, case: &Case) -> Config<'c> {
    Config::new(sandbox.key())
        .with_server(case.server_name, server.address().port(), true)
        .with_backoff(Duration::from_millis(1), Duration::from_millis(4))
}

fn request(sandbox: &Sandbox) -> api::Runs<'static> {
    api::runs(sandbox.group_id()).include_output(true)
}

fn run(event: &Event<'_, StreamEvent<Brief>>) -> Option<String> {
    let Event::Record(event) = event else { return None };
    event.run.as_ref().map(|run| run.run_id.to_string())
}

/// The host's TCP, and a device's TLS over it.
struct Host<'c>(Client<'c, OsRng>);

impl Connector for Host<'_> {
    type Connection<'n>
        = Connection<'n, FromTokio<TcpStream>>
    where
        Self: 'n;

    fn cancel_safe(&self) -> bool {
        true
    }

    async fn connect<'n>(
        &'n self,
        config: &Config<'_>,
        _until: Instant,
    ) -> Result<Self::Connection<'n>, Failure> {
        let tcp = TcpStream::connect((config.host(), config.port())).await;
        let tcp = tcp.map_err(|_| Failure::Unreachable)?;
        self.0.connect(FromTokio::new(tcp), config.host()).await.map_err(|_| Failure::Refused)
    }
}

/// Time since it was made.
struct HostClock(time::Instant);

impl Clock for HostClock {
    fn now(&self) -> Instant {
        Instant::from_millis(u64::try_from(self.0.elapsed().as_millis()).unwrap())
    }

    async fn wait_until(&self, until: Instant) {
        tokio::time::sleep(until.saturating_since(self.now())).await;
    }
}
