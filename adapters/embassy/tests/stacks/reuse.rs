//! One connection for several requests, with TLS and without: one handshake if the server leaves it open.

use embassy_time::{Duration, Timer};
use rand_core::OsRng;
use taskgroup::{
    api::{self, Brief, TaskGroup},
    session::{Action, Config, Event, Outcome},
};
use taskgroup_embassy::{Clock, Connector, Step, Stream, Tls};
use taskgroup_sandbox::{Faults, Sandbox};
use taskgroup_tls::{Client, Dates, RECEIVE, Roots, SEND_MIN};

use crate::{
    Whole, had,
    network::{self, Names, PORT, Random, Server, Weather},
    patience::Patience,
    request, sandbox,
    secure::{HOST, Identity, NOW, identity},
    tcp, truth,
};

/// How a group is asked for again and again.
struct Setting<'s> {
    tls: Option<&'s Identity>,
    weather: Weather,
    times: usize,
    pause: Duration,
    attempts: Option<u32>,
    patience: &'s Patience,
}

impl<'s> Setting<'s> {
    fn new(tls: Option<&'s Identity>) -> Self {
        let weather = Weather::default();
        let pause = Duration::from_secs(1);
        Self { tls, weather, times: 10, pause, attempts: Some(1), patience: &Patience::Endless }
    }
}

/// Asks for the group, and finally for its runs. Returns over how many connections; each answer must be
/// whole.
fn watch(sandbox: &Sandbox, server: &Server<'_>, setting: &Setting<'_>) -> usize {
    network::run(setting.weather, &Names::default(), server, async |network| {
        match setting.tls {
            None => {
                let plain = tcp(network.device).allow_plaintext();
                ask(sandbox, &plain, setting).await;
            }
            Some(trusted) => {
                let (mut receive, mut send) = (vec![0; RECEIVE], vec![0; SEND_MIN]);
                let (roots, clock) = ([&trusted.root[..]], || Some(NOW));
                let (roots, dates) = (Roots::Certificates(&roots), Dates::CheckedBy(&clock));
                let client = Client::new(roots, dates, OsRng, &mut receive, &mut send);
                ask(sandbox, &Tls::new(tcp(network.device), client), setting).await;
            }
        }
        network.wire.asked().len()
    })
}

async fn ask(sandbox: &Sandbox, network: &impl Connector, setting: &Setting<'_>) {
    let config = Config::new(sandbox.key()).with_server(HOST, PORT, setting.tls.is_some());
    let config = config.with_attempts(setting.attempts).with_keep_alive(true);
    let group = || api::group(sandbox.group_id());
    let mut stream = Stream::new(config, group(), TaskGroup::<Brief>::default(), network, Clock);
    for time in 0..setting.times {
        let (mut answers, mut patience) = (0, setting.patience);
        loop {
            match patience.wait(stream.step()).await {
                Some(Step::Event) => answers += usize::from(matches!(stream.event(), Some(Event::Record(_)))),
                Some(Step::Action(Action::Stop(_))) => break,
                // A handshake that is dropped starts again: it gets its time.
                Some(Step::Action(Action::Connect { .. })) => patience = &Patience::Endless,
                Some(Step::Action(_)) => patience = setting.patience,
                None => {}
            }
        }
        assert_eq!((stream.outcome(), answers), (Some(Outcome::Done), 1), "the answer {time}");
        assert_eq!(stream.record_mut().taskgroup_id.as_str(), sandbox.group_id());
        Timer::after(setting.pause).await;
        stream.ask(group());
    }
    let mut stream = stream.ask_with(request(sandbox), Whole::default());
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.extend(had(&event));
    }
    assert_eq!((stream.outcome(), &events), (Some(Outcome::Done), &truth(sandbox)));
}

/// In the clear, and over TLS.
fn both(test: impl Fn(&Sandbox, Option<&Identity>)) {
    let (sandbox, identity) = (sandbox(20, Faults::default()), identity(HOST));
    test(&sandbox, None);
    test(&sandbox, Some(&identity));
}

fn server<'s>(sandbox: &'s Sandbox, tls: Option<&Identity>) -> Server<'s> {
    with_tls(Server::new(sandbox), tls)
}

fn with_tls<'s>(server: Server<'s>, tls: Option<&Identity>) -> Server<'s> {
    match tls {
        None => server,
        Some(identity) => server.with_tls(identity.server.clone()),
    }
}

#[test]
fn many_requests_need_one_handshake() {
    both(|sandbox, tls| {
        let server = server(sandbox, tls);
        assert_eq!(watch(sandbox, &server, &Setting::new(tls)), 1);
        assert_eq!(server.requests().len(), 12, "one of them asks whether that was all");
    });
}

#[test]
fn a_server_that_ends_silent_connections_is_asked_over_new_ones_and_no_try_fails() {
    both(|sandbox, tls| {
        let server = server(sandbox, tls).with_idle_timeout(Duration::from_secs(5));
        let setting = Setting { pause: Duration::from_secs(60), ..Setting::new(tls) };
        assert_eq!(watch(sandbox, &server, &setting), 11);
        assert_eq!(server.requests().len(), 12);
    });
}

/// From a moment when the server still waits to one when its end is here, a millisecond apart.
#[test]
fn a_request_that_crosses_the_end_of_its_connection_is_sent_again_and_no_try_fails() {
    both(|sandbox, tls| {
        let mut replaced = 0;
        for millis in 990..1_010 {
            let server = server(sandbox, tls).with_idle_timeout(Duration::from_secs(1));
            let pause = Duration::from_millis(millis);
            let connections = watch(sandbox, &server, &Setting { pause, times: 3, ..Setting::new(tls) });
            replaced += usize::from(connections == 4);
            assert!(connections == 1 || connections == 4, "{connections} connections, {pause}");
            assert_eq!(server.requests().len(), 5, "{pause}");
        }
        assert!((1..20).contains(&replaced), "both were seen: {replaced}");
    });
}

#[test]
fn answers_that_are_cut_anyhow_and_anywhere_are_asked_for_again() {
    both(|sandbox, tls| {
        for seed in 0..4 {
            let weather = Weather { seed, lost: 5, doubled: 3, late: 20 };
            let server = with_tls(Server::cutting_at_random(sandbox, 12, seed), tls);
            watch(sandbox, &server, &Setting { weather, attempts: None, ..Setting::new(tls) });
            assert!(server.left() <= 6, "{} cuts are left", server.left());
        }
    });
}

#[test]
fn a_step_that_is_dropped_now_and_then_brings_no_wrong_answer() {
    both(|sandbox, tls| {
        for seed in 0..4 {
            let weather = Weather { seed, ..Weather::default() };
            let patience = &Patience::Random(Random::new(seed));
            let server = server(sandbox, tls);
            let setting = Setting { weather, patience, attempts: None, ..Setting::new(tls) };
            let connections = watch(sandbox, &server, &setting);
            // Over TLS, dropping a read in the middle of a record ends the connection.
            assert!(connections == 1 || tls.is_some(), "{connections} connections");
        }
    });
}
