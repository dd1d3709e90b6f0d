//! One connection: where it may go, how it ends, and what happens before the next.

use std::{ops::AsyncFnOnce, time::Duration};

use embassy_futures::{
    join::join,
    select::{Either, select},
};
use embassy_time::{Instant, Timer};
use embedded_io_async::Write as _;
use taskgroup::{
    api::{Brief, StreamEvent},
    session::{Action, Cause, Config, Failure, Outcome},
    time::Instant as Millis,
};
use taskgroup_embassy::{Clock, Connector as _, Step, Stream, Tcp};
use taskgroup_embedded_io::Transport as _;
use taskgroup_sandbox::{Faults, Sandbox};

use crate::{
    Runs, all, config, had,
    network::{
        self, Cut, ELSEWHERE, Flags, Frame, NOBODY, Names, PORT, Random, SERVER, Server, Weather, Wire, Wrong,
    },
    patience::Patience,
    request, runs, sandbox, tcp, truth,
};

/// A device's stream that keeps states only.
type Device<'c, 'n, 'd> = Stream<'c, 'n, StreamEvent<Brief>, Tcp<'d>>;

/// When connecting is given up, in tests that do it themselves.
const UNTIL: Millis = Millis::from_millis(10_000);

const QUIET: Weather = Weather { seed: 0, lost: 0, doubled: 0, late: 0 };

/// Where this is first among what the device has sent.
fn place(wire: &Wire<'_>, frame: Frame) -> Option<usize> {
    wire.sent().iter().position(|sent| *sent == frame)
}

fn reset(port: u16) -> Frame {
    Frame::Tcp(port, Flags { syn: false, fin: false, reset: true })
}

fn syn(port: u16) -> Frame {
    Frame::Tcp(port, Flags { syn: true, fin: false, reset: false })
}

#[test]
fn the_end_of_a_connection_is_lent_as_nothing_and_a_reset_is_an_error() {
    let sandbox = sandbox(1, Faults::default());
    for (cut, expected) in [(Cut::Finish, Ok(true)), (Cut::Reset, Err(false))] {
        let server = Server::cutting(&sandbox, [(100, cut)]);
        network::run(QUIET, &Names::default(), &server, async |network| {
            let tcp = tcp(network.device);
            let mut connection = tcp.open(&config(&sandbox), UNTIL).await.unwrap();
            connection
                .write_all(b"GET / HTTP/1.1\r\nhost: api.example\r\nconnection: close\r\n\r\n")
                .await
                .unwrap();
            let (mut received, mut ended) = (0, false);
            let end = loop {
                let take = |bytes: &[u8]| {
                    received += bytes.len();
                    ended = bytes.is_empty();
                    bytes.len()
                };
                match connection.receive(take).await {
                    Ok(()) if ended => break Ok(ended),
                    Ok(()) => {}
                    Err(_) => break Err(ended),
                }
            };
            assert_eq!((received, end), (100, expected), "{cut:?}");
        });
    }
}

#[test]
fn an_answer_without_a_length_is_whole_when_its_connection_ends_and_not_when_it_is_reset() {
    let sandbox = sandbox(20, Faults { until_close: true, ..Faults::default() });
    for (cut, outcome) in [(Cut::Finish, Outcome::Done), (Cut::Reset, Outcome::Network)] {
        let server = Server::cutting(&sandbox, [(usize::MAX, cut); 10]);
        network::run(QUIET, &Names::default(), &server, async |network| {
            let tcp = tcp(network.device).allow_plaintext();
            let mut stream = runs(config(&sandbox).with_attempts(Some(3)), &sandbox, &tcp);
            let events = all(&mut stream).await;
            assert_eq!(stream.outcome(), Some(outcome), "{cut:?}");
            assert!(events == truth(&sandbox), "{cut:?}: {} events", events.len());
        });
    }
}

#[test]
fn what_must_not_go_in_the_clear_is_refused_before_a_frame_is_sent() {
    let sandbox = sandbox(1, Faults::default());
    let plain = |host| (config(&sandbox).with_server(host, PORT, false), false);
    let tls = |host| (config(&sandbox).with_server(host, 443, true), true);
    for (config, allowed) in [plain("api.example"), plain("10.0.0.2"), tls("api.example"), tls("localhost")] {
        network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
            let tcp = tcp(network.device);
            let tcp = if allowed { tcp.allow_plaintext() } else { tcp };
            let mut stream = runs(config, &sandbox, &tcp);
            assert!(stream.next().await.is_none());
            assert_eq!(stream.outcome(), Some(Outcome::Refused));
            Timer::after_secs(5).await;
            assert!(network.wire.sent().is_empty());
        });
    }
}

#[test]
fn a_name_of_this_machine_that_leads_to_another_is_refused_unless_the_program_says_where_it_leads() {
    let sandbox = sandbox(1, Faults::default());
    let local = config(&sandbox).with_server("localhost", PORT, false);
    for (address, outcome) in [(None, Outcome::Refused), (Some(SERVER), Outcome::Done)] {
        network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
            let tcp = tcp(network.device);
            let tcp = if let Some(address) = address { tcp.with_address(address.into()) } else { tcp };
            let mut stream = runs(local, &sandbox, &tcp);
            while stream.next().await.is_some() {}
            assert_eq!(stream.outcome(), Some(outcome));
            assert_eq!(network.wire.asked().is_empty(), outcome == Outcome::Refused);
        });
    }
}

#[test]
fn a_given_address_needs_no_name_server_and_the_host_is_still_named() {
    let sandbox = sandbox(3, Faults::default());
    let server = Server::new(&sandbox);
    network::run(QUIET, &Names::default(), &server, async |network| {
        let tcp = tcp(network.device).allow_plaintext().with_address(SERVER.into());
        let config = config(&sandbox).with_server("nowhere.example", PORT, false);
        let mut stream = runs(config, &sandbox, &tcp);
        while stream.next().await.is_some() {}
        assert_eq!(stream.outcome(), Some(Outcome::Done));
        assert!(!network.wire.sent().contains(&Frame::Udp(53)));
    });
    assert!(server.requests()[0].contains("\r\nhost: nowhere.example:8080\r\n"), "{:?}", server.requests());
}

#[test]
fn a_dead_name_server_costs_time_but_not_the_connection() {
    let servers = option_env!("SMOLTCP_DNS_MAX_SERVER_COUNT");
    assert_eq!(servers, Some("3"), "see .cargo/config.toml: the others would not be asked");
    let sandbox = sandbox(3, Faults::default());
    let [near, far] = NOBODY;
    for dead in [vec![near], vec![far], vec![far, near]] {
        network::run(QUIET, &Names::behind(dead.clone()), &Server::new(&sandbox), async |network| {
            let tcp = tcp(network.device).allow_plaintext();
            let config = config(&sandbox).with_connect_timeout(Duration::from_secs(1)).with_attempts(Some(1));
            let mut stream = runs(config, &sandbox, &tcp);
            let (start, events) = (Instant::now(), all(&mut stream).await);
            assert_eq!(stream.outcome(), Some(Outcome::Done), "{dead:?}");
            assert!(events == truth(&sandbox), "{dead:?}: {} events", events.len());
            let took = start.elapsed().as_secs();
            assert!((10..35).contains(&took), "{dead:?}: {took} s");
        });
    }
}

#[test]
fn a_connection_has_its_whole_time_after_its_name_and_no_more() {
    let sandbox = sandbox(1, Faults::default());
    let [_, far] = NOBODY;
    network::run(QUIET, &Names::behind([far]), &Server::new(&sandbox), async |network| {
        let tcp = tcp(network.device).allow_plaintext();
        let config = config(&sandbox).with_server("nobody.example", PORT, false).with_attempts(Some(1));
        let mut stream = runs(config.with_connect_timeout(Duration::from_secs(8)), &sandbox, &tcp);
        let (start, events) = (Instant::now(), all(&mut stream).await);
        assert_eq!((stream.outcome(), events.len()), (Some(Outcome::Network), 0));
        let asked = network.wire.sent().iter().filter(|frame| matches!(frame, Frame::Tcp(..))).count();
        assert!(asked > 1, "asked for a connection {asked} times");
        assert_eq!(start.elapsed().as_secs(), 23);
    });
}

#[test]
fn a_name_that_is_not_found_is_asked_for_again_after_a_wait() {
    let sandbox = sandbox(3, Faults::default());
    let names = Names::wrong([Wrong::Unknown, Wrong::Silence, Wrong::Unknown]);
    network::run(QUIET, &names, &Server::new(&sandbox), async |network| {
        let tcp = tcp(network.device).allow_plaintext();
        let mut stream = runs(config(&sandbox), &sandbox, &tcp);
        let mut waits = 0;
        let outcome = loop {
            match stream.step().await {
                Step::Action(Action::Sleep { cause, .. }) => {
                    assert_eq!(cause, Cause::Network);
                    waits += 1;
                }
                Step::Action(Action::Stop(outcome)) => break outcome,
                _ => {}
            }
        };
        // Only the resolver can do something about the silence.
        assert_eq!((outcome, waits), (Outcome::Done, 2));
    });
}

#[test]
fn a_second_stream_over_one_socket_waits_until_the_first_is_gone() {
    let sandbox = sandbox(30, Faults::default());
    network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
        let tcp = tcp(network.device).allow_plaintext();
        let mut first = runs(config(&sandbox), &sandbox, &tcp);
        let mut second = runs(config(&sandbox), &sandbox, &tcp);
        let opened = first.next().await.is_some();
        assert!(opened);
        assert_eq!(tcp.open(&config(&sandbox), UNTIL).await.err(), Some(Failure::Unreachable));
        let let_go = async {
            Timer::after_secs(100).await;
            assert_eq!(network.wire.asked().len(), 1);
            drop(first);
        };
        let (events, ()) = join(all(&mut second), let_go).await;
        assert!(events == truth(&sandbox), "{} events", events.len());
    });
}

#[test]
fn a_peer_is_told_that_a_connection_is_over_before_the_socket_is_used_again() {
    let sandbox = sandbox(1, Faults::default());
    network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
        let tcp = tcp(network.device).with_address(SERVER.into());
        drop(tcp.open(&config(&sandbox), UNTIL).await.unwrap());
        let connection = tcp.open(&config(&sandbox), UNTIL).await.unwrap();
        let [first, second] = network.wire.asked()[..] else { panic!("{:?}", network.wire.sent()) };
        assert!(place(&network.wire, reset(first)).unwrap() < place(&network.wire, syn(second)).unwrap());
        drop(connection);
        // A stack sends nothing before its turn has come.
        Timer::after_millis(1).await;
        assert!(place(&network.wire, reset(second)).is_some());
    });
}

#[test]
fn a_peer_that_cannot_be_told_delays_nobody() {
    let sandbox = sandbox(1, Faults::default());
    for patience in [Patience::Endless, Patience::None, Patience::Random(Random::new(1))] {
        network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
            let tcp = tcp(network.device);
            let before = config(&sandbox).with_server("10.0.0.2", PORT, false);
            let connection = tcp.open(&before, UNTIL).await.unwrap();
            network.move_server(ELSEWHERE);
            // Until the device asks the network for the address, and nobody answers.
            Timer::after_secs(3_600).await;
            drop(connection);
            let config = before.with_server("10.0.0.3", PORT, false);
            let open = async { while patience.wait(tcp.open(&config, UNTIL)).await.is_none() {} };
            let opened = select(open, Timer::after_secs(5)).await;
            assert!(matches!(opened, Either::First(())));
        });
    }
}

/// Whether the server hears of the end when the program, and all that it has, ends right after this.
fn is_farewell_said(sandbox: &Sandbox, program: impl AsyncFnOnce(&mut Runs<'_, '_>)) -> bool {
    network::run(QUIET, &Names::default(), &Server::new(sandbox), async |network| {
        let tcp = tcp(network.device).allow_plaintext();
        let mut stream = runs(config(sandbox), sandbox, &tcp);
        program(&mut stream).await;
        drop(stream);
        drop(tcp);
        Timer::after_secs(1).await;
        network.wire.sent().iter().any(|frame| matches!(frame, Frame::Tcp(_, Flags { fin: true, .. })))
    })
}

#[test]
fn a_stream_that_has_ended_or_was_closed_has_told_the_server_before_all_is_dropped() {
    let sandbox = sandbox(30, Faults::default());
    assert!(is_farewell_said(&sandbox, async |stream| while stream.next().await.is_some() {}));
    let first = async |stream: &mut Runs<'_, '_>| assert!(stream.next().await.is_some());
    assert!(is_farewell_said(&sandbox, async |stream| {
        first(stream).await;
        stream.close().await;
    }));
    assert!(!is_farewell_said(&sandbox, first), "it takes close() to tell");
}

#[test]
fn a_stream_that_was_closed_continues_over_another_connection_and_loses_nothing() {
    let sandbox = sandbox(30, Faults::default());
    network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
        let tcp = tcp(network.device).allow_plaintext();
        let mut stream = runs(config(&sandbox), &sandbox, &tcp);
        stream.close().await;
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            let run = had(&event);
            let is_run = run.is_some();
            events.extend(run);
            if is_run && events.len() % 10 == 5 {
                stream.close().await;
            }
        }
        stream.close().await;
        assert_eq!((stream.outcome(), network.wire.asked().len()), (Some(Outcome::Done), 4));
        assert!(events == truth(&sandbox), "{} events", events.len());
    });
}

#[test]
fn a_server_that_cannot_be_told_of_the_end_delays_nobody() {
    let sandbox = sandbox(30, Faults::default());
    for patience in [Patience::Endless, Patience::None] {
        network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
            let tcp = tcp(network.device).allow_plaintext();
            let config = config(&sandbox).with_idle_timeout(Duration::from_secs(5)).with_attempts(Some(1));
            let mut stream = runs(config, &sandbox, &tcp);
            assert!(stream.next().await.is_some());
            network.wire.plug(false);
            let start = Instant::now();
            loop {
                if let Some(Step::Action(Action::Stop(outcome))) = patience.wait(stream.step()).await {
                    break assert_eq!(outcome, Outcome::Idle);
                }
            }
            let took = start.elapsed().as_millis();
            assert!((5_000..5_200).contains(&took), "{took} ms");
        });
    }
}

#[test]
fn a_device_that_starts_unplugged_begins_when_it_is_plugged_in() {
    let sandbox = sandbox(3, Faults::default());
    network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
        network.wire.plug(false);
        let tcp = tcp(network.device).allow_plaintext();
        let mut stream = runs(config(&sandbox), &sandbox, &tcp);
        let plug = async {
            Timer::after_secs(60).await;
            network.wire.plug(true);
        };
        let (events, ()) = join(all(&mut stream), plug).await;
        assert!(events == truth(&sandbox), "{} events", events.len());
    });
}

#[test]
fn a_connection_that_was_being_opened_is_taken_up_for_the_same_server_only() {
    let sandbox = sandbox(1, Faults::default());
    network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
        let tcp = tcp(network.device);
        let one = config(&sandbox).with_server("10.0.0.2", PORT, false);
        let other = one.with_server("10.0.0.77", PORT, false);
        // The time to ask, not the time until an answer.
        let asked = select(tcp.open(&one, UNTIL), Timer::after_millis(1)).await;
        assert!(matches!(asked, Either::Second(())));
        let opened = select(tcp.open(&other, UNTIL), Timer::after_secs(5)).await;
        assert!(matches!(opened, Either::Second(())), "connected to the one before");
    });
}

const _: () = assert!(size_of::<Device<'_, '_, '_>>() < 2_048);

#[test]
fn futures_are_small() {
    let sandbox = sandbox(1, Faults::default());
    network::run(QUIET, &Names::default(), &Server::new(&sandbox), async |network| {
        let tcp = tcp(network.device).allow_plaintext();
        let mut stream: Device<'_, '_, '_> =
            Stream::new(config(&sandbox), request(&sandbox), StreamEvent::default(), &tcp, Clock);
        let config: Config<'_> = config(&sandbox);
        let connect = size_of_val(&tcp.connect(&config, UNTIL));
        let whole = size_of_val(&stream);
        let next = size_of_val(&stream.next());
        println!(
            "Stream of Brief {whole} B; next() {next} B, of which connect() {connect} B; Tcp {} B",
            size_of_val(&tcp)
        );
        assert!(next < 1_024 && connect < 512);
    });
}
