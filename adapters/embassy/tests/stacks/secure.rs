//! The same over TLS: a stream from a server that is authenticated, and the key kept from any other.

use std::sync::Arc;

use embassy_time::{Duration, Instant};
use rand_core::OsRng;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::Value;
use taskgroup::session::{Action, Config, Outcome};
use taskgroup_embassy::{Clock, Connector as _, Step, Stream, Tls};
use taskgroup_sandbox::{Faults, Sandbox};
use taskgroup_tls::{Client, Dates, RECEIVE, Roots, SEND_MIN};

use crate::{
    Whole, had,
    network::{self, NOBODY, Names, PORT, Random, Server, Weather},
    patience::Patience,
    request, sandbox, tcp, truth,
};

pub(crate) const HOST: &str = "api.example";
/// 2026-06-01.
pub(crate) const NOW: u64 = 1_780_272_000;

/// An authority of the test's own, and a server with its certificate.
pub(crate) struct Identity {
    pub(crate) root: Vec<u8>,
    pub(crate) server: Arc<ServerConfig>,
}

pub(crate) fn identity(host: &str) -> Identity {
    let named = |names: &[&str]| {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params
    };
    let mut authority = named(&[]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = named(&[host]).signed_by(&key, &authority).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    Identity { root: authority.der().to_vec(), server: Arc::new(server) }
}

/// How a stream is read.
#[derive(Clone, Copy)]
struct Setting<'s> {
    trusted: &'s Identity,
    /// What the clock of the device says, and when it begins to say it.
    now: u64,
    known: Duration,
    tls: bool,
    weather: Weather,
    /// Except during the handshake, which would start again.
    patience: &'s Patience,
    /// The first name server never answers.
    dead: bool,
}

impl<'s> Setting<'s> {
    fn new(trusted: &'s Identity) -> Self {
        let weather = Weather::default();
        Self {
            trusted,
            now: NOW,
            known: Duration::from_ticks(0),
            tls: true,
            weather,
            patience: &Patience::Endless,
            dead: false,
        }
    }

    fn names(&self) -> Names {
        Names::behind(NOBODY.into_iter().filter(|_| self.dead))
    }
}

/// The result of reading a stream to its end.
struct Report {
    events: Vec<Value>,
    outcome: Option<Outcome>,
    /// How many steps were dropped.
    dropped: u32,
    /// How many connections the device has asked for.
    connections: usize,
    /// How long it took.
    took: Duration,
}

fn read(sandbox: &Sandbox, server: &Server<'_>, setting: Setting<'_>) -> Report {
    network::run(setting.weather, &setting.names(), server, async |network| {
        let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
        let start = Instant::now();
        let (roots, clock) =
            ([&setting.trusted.root[..]], || (start.elapsed() >= setting.known).then_some(setting.now));
        let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&clock));
        let client = Client::new(roots, dates, OsRng, &mut receive, &mut send);
        let connector = Tls::new(tcp(network.device), client);
        let config = Config::new(sandbox.key()).with_server(HOST, PORT, setting.tls).with_attempts(None);
        let mut stream = Stream::new(config, request(sandbox), Whole::default(), &connector, Clock);
        let (mut events, mut dropped) = (Vec::new(), 0);
        let mut patience = setting.patience;
        loop {
            match patience.wait(stream.step()).await {
                Some(Step::Event) => events.extend(had(&stream.event().unwrap())),
                Some(Step::Action(Action::Stop(_))) => break,
                Some(Step::Action(Action::Connect { .. })) => patience = &Patience::Endless,
                Some(Step::Action(_)) => patience = setting.patience,
                None => dropped += 1,
            }
        }
        let connections = network.wire.asked().len();
        Report { events, outcome: stream.outcome(), dropped, connections, took: start.elapsed() }
    })
}

#[track_caller]
fn assert_whole(report: &Report, sandbox: &Sandbox, what: &str) {
    assert_eq!((report.outcome, &report.events), (Some(Outcome::Done), &truth(sandbox)), "{what}");
}

#[test]
fn a_stream_over_tls_needs_only_one_connection() {
    let (sandbox, identity) = (sandbox(100, Faults::default()), identity(HOST));
    let server = Server::new(&sandbox).with_tls(identity.server.clone());
    let report = read(&sandbox, &server, Setting::new(&identity));
    assert_whole(&report, &sandbox, "quiet");
    assert_eq!(report.connections, 1);
}

#[test]
fn a_dead_name_server_costs_a_stream_over_tls_only_time() {
    let (sandbox, identity) = (sandbox(3, Faults::default()), identity(HOST));
    let server = Server::new(&sandbox).with_tls(identity.server.clone());
    let report = read(&sandbox, &server, Setting { dead: true, ..Setting::new(&identity) });
    assert_whole(&report, &sandbox, "a dead name server");
    assert_eq!(report.connections, 1);
}

#[test]
fn a_server_is_told_by_close_notify_that_a_connection_is_over() {
    let (sandbox, identity) = (sandbox(3, Faults::default()), identity(HOST));
    let server = Server::new(&sandbox).with_tls(identity.server.clone());
    let report = read(&sandbox, &server, Setting::new(&identity));
    assert_whole(&report, &sandbox, "quiet");
    assert_eq!(server.farewells(), report.connections);
}

#[test]
fn connections_over_tls_that_are_cut_anyhow_and_anywhere_lose_nothing_and_repeat_nothing() {
    let (sandbox, identity) = (sandbox(60, Faults::default()), identity(HOST));
    for seed in 0..3 {
        let weather = Weather { seed, lost: 5, doubled: 3, late: 20 };
        let server = Server::cutting_at_random(&sandbox, 20, seed).with_tls(identity.server.clone());
        let report = read(&sandbox, &server, Setting { weather, ..Setting::new(&identity) });
        assert_whole(&report, &sandbox, &format!("seed {seed}"));
        assert_eq!(server.left(), 0, "seed {seed}");
    }
}

#[test]
fn a_step_that_is_dropped_now_and_then_loses_nothing_over_tls() {
    let (sandbox, identity) = (sandbox(60, Faults::default()), identity(HOST));
    for seed in 0..3 {
        for patience in [&Patience::Random(Random::new(seed)), &Patience::None] {
            let weather = Weather { seed, ..Weather::default() };
            let server = Server::cutting_at_random(&sandbox, 5, seed).with_tls(identity.server.clone());
            let report = read(&sandbox, &server, Setting { weather, patience, ..Setting::new(&identity) });
            assert_whole(&report, &sandbox, &format!("seed {seed}"));
            assert!(report.dropped > 10, "dropped only {} times", report.dropped);
            assert!(report.connections + server.left() <= 6, "only cuts have cost connections");
        }
    }
}

#[test]
fn a_server_that_is_not_authenticated_never_sees_the_request() {
    let (sandbox, trusted) = (sandbox(3, Faults::default()), identity(HOST));
    let other_name = Identity { root: Vec::new(), server: identity("other.example").server };
    for stranger in [identity(HOST), other_name] {
        let server = Server::new(&sandbox).with_tls(stranger.server);
        let report = read(&sandbox, &server, Setting::new(&trusted));
        assert_eq!((report.outcome, report.events.len()), (Some(Outcome::Refused), 0));
        assert_eq!(server.requests(), Vec::<String>::new());
    }
}

#[test]
fn a_certificate_that_has_expired_is_refused() {
    let (sandbox, identity) = (sandbox(3, Faults::default()), identity(HOST));
    let server = Server::new(&sandbox).with_tls(identity.server.clone());
    let report = read(&sandbox, &server, Setting { now: NOW + 366 * 86_400, ..Setting::new(&identity) });
    assert_eq!((report.outcome, server.requests().len()), (Some(Outcome::Refused), 0));
}

#[test]
fn without_the_time_there_is_no_connection_and_with_it_there_is() {
    let (sandbox, identity) = (sandbox(3, Faults::default()), identity(HOST));
    let server = Server::new(&sandbox).with_tls(identity.server.clone());
    let known = Duration::from_secs(100);
    let report = read(&sandbox, &server, Setting { known, ..Setting::new(&identity) });
    assert_whole(&report, &sandbox, "in time");
    assert!(report.connections > 1 && server.requests().len() == 2);
    assert!(report.took >= known, "{}", report.took);
}

#[test]
fn a_connector_with_tls_never_sends_the_key_in_the_clear() {
    let (sandbox, identity) = (sandbox(3, Faults::default()), identity(HOST));
    let server = Server::new(&sandbox);
    let report = read(&sandbox, &server, Setting { tls: false, ..Setting::new(&identity) });
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Refused), 0));
}

#[test]
fn a_stream_over_tls_waits_in_hardly_more_memory_than_the_handshake_takes() {
    let (sandbox, identity) = (sandbox(1, Faults::default()), identity(HOST));
    network::run(Weather::default(), &Names::default(), &Server::new(&sandbox), async |network| {
        let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
        let (roots, clock) = ([&identity.root[..]], || Some(NOW));
        let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&clock));
        let connector =
            Tls::new(tcp(network.device), Client::new(roots, dates, OsRng, &mut receive, &mut send));
        let config = Config::new(sandbox.key()).with_server(HOST, PORT, true);
        let connect = size_of_val(&connector.connect(&config, Default::default()));
        let mut stream = Stream::new(config, request(&sandbox), Whole::default(), &connector, Clock);
        let next = size_of_val(&stream.next());
        let close = size_of_val(&stream.close());
        println!("over TLS: next() {next} B, of which connect() {connect} B; close() {close} B");
        assert!(next < connect + 512 && close < 512);
    });
}
