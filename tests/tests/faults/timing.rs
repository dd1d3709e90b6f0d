//! Silence, waits, and clocks that cannot be trusted.

use std::time::Duration;

use taskgroup::{
    api, http,
    session::{Action, Cause, Config, Fault, Outcome, Session},
    time::Instant,
};
use taskgroup_tests::{
    peer::{Answer, Line, Peer, Report, Seen},
    wire::{Framing, bare, events, refusal, rest},
};

const SECOND: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(90);
const FLOOR: Duration = Duration::from_millis(500);

/// Waits exactly its floor, so that time can be told to the millisecond.
fn config() -> Config<'static> {
    Config::new("key").with_backoff(FLOOR, FLOOR)
}

fn good() -> Answer {
    Answer::new().bytes(Framing::Chunked.stream(&events(["1"])))
}

fn run(answers: impl IntoIterator<Item = Answer>) -> Report {
    Peer::script(answers).run(config(), api::runs("g"))
}

#[test]
fn silence_at_any_byte_of_an_answer_is_a_break_after_the_idle_timeout() {
    let bytes = Framing::Chunked.stream(&events(["1"]));
    for cut in 0..bytes.len() {
        let mut answers = 0;
        let mut peer = Peer::new(|request| {
            answers += 1;
            let bytes = Framing::Chunked.stream(&events(rest(&["1"], request).iter().copied()));
            Answer::new().bytes(if answers == 1 { &bytes[..cut] } else { &bytes })
        });
        let report = peer.run(config(), api::runs("g"));
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["1"]), "cut at {cut}");
        assert_eq!((report.causes(), report.elapsed), (vec![Cause::Idle], IDLE + FLOOR), "cut at {cut}");
    }
}

#[test]
fn a_server_that_is_always_silent_stops_by_its_silence() {
    let report = run([Answer::new()]);
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Idle), 10));
}

#[test]
fn any_byte_of_the_body_restarts_the_idle_timeout() {
    let bytes = Framing::Chunked.stream(&events(["1"]));
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let mut answer = Answer::new().wait(IDLE - SECOND).bytes(&bytes[..=head]);
    for byte in &bytes[head + 1..] {
        answer = answer.wait(IDLE - SECOND).bytes([*byte]);
    }
    let report = run([answer]);
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 1));
}

#[test]
fn the_silence_of_a_body_counts_from_its_head() {
    let bytes = Framing::Chunked.stream(&events(["1"]));
    let (head, body) = bytes.split_at(bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4);
    let late = Answer::new().wait(IDLE - SECOND).bytes(head).wait(IDLE - SECOND).bytes(body);
    let report = run([late]);
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 1));
}

#[test]
fn comments_keep_a_stream_alive() {
    let mut answer = Answer::new().bytes(Framing::UntilClose.stream(""));
    for _ in 0..100 {
        answer = answer.wait(80 * SECOND).bytes(": ping\n\n");
    }
    let report = run([answer.bytes(events(["1"])).close(), bare("204 No Content", &[])]);
    assert_eq!((report.ids(), report.connections), (vec!["1"], 2));
}

#[test]
fn a_head_that_trickles_past_the_idle_timeout_is_a_break() {
    let mut answer = Answer::new();
    for byte in b"HTTP/1.1 200 OK\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" {
        answer = answer.wait(SECOND).bytes([*byte]);
    }
    let report = run([answer, good()]);
    assert_eq!((report.ids(), report.causes()), (vec!["1"], vec![Cause::Idle]));
    assert_eq!(report.elapsed, IDLE + FLOOR, "a byte now and then does not prolong it");
}

#[test]
fn interim_answers_do_not_prolong_the_head() {
    let mut answer = Answer::new();
    for _ in 0..10 {
        answer = answer.wait(20 * SECOND).bytes("HTTP/1.1 102 Processing\r\n\r\n");
    }
    let report = run([answer, good()]);
    assert_eq!((report.causes(), report.elapsed), (vec![Cause::Idle], IDLE + FLOOR));
}

#[test]
fn a_refusal_that_trickles_is_read_for_one_idle_timeout_at_most() {
    let mut answer = Answer::new().bytes("HTTP/1.1 403 No\r\ncontent-type: text/plain\r\n\r\n");
    for _ in 0..1000 {
        answer = answer.wait(SECOND).bytes("x");
    }
    let report = run([answer]);
    assert_eq!((report.outcome, report.elapsed), (Some(Outcome::Status(403)), IDLE));
}

#[test]
fn up_to_sixteen_interim_answers_are_skipped() {
    let interim = |count| Answer::new().bytes("HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n".repeat(count));
    let body = Framing::Chunked.stream(&events(["1"]));
    let report = run([interim(16).bytes(body.clone())]);
    assert_eq!((report.ids(), report.connections), (vec!["1"], 1));
    let report = run([interim(17).bytes(body), good()]);
    assert_eq!(report.causes(), [Cause::Peer(Fault::Http(http::Error::TooManyInterim))]);
}

#[test]
fn a_head_of_more_than_256_kib_is_a_break() {
    let head = |bytes: usize| {
        let start = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 0\r\nx: ";
        format!("{start}{}\r\n\r\n", "y".repeat(bytes - start.len() - 4))
    };
    assert_eq!(run([Answer::new().bytes(head(256 * 1024))]).outcome, Some(Outcome::Done));
    let report = run([Answer::new().bytes(head(256 * 1024 + 1)), good()]);
    assert_eq!(report.causes(), [Cause::Peer(Fault::Http(http::Error::HeadTooLong))]);
}

#[test]
fn chunk_lines_and_trailers_have_their_limits() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let line = format!("{head}1;{}\r\n", "x".repeat(4096));
    let trailers = format!("{head}0\r\nx: {}\r\n\r\n", "y".repeat(64 * 1024));
    let limits = [(line, http::Error::ChunkLineTooLong), (trailers, http::Error::TrailersTooLong)];
    for (bytes, error) in limits {
        let report = run([Answer::new().bytes(bytes), good()]);
        assert_eq!(report.causes(), [Cause::Peer(Fault::Http(error))]);
    }
}

#[test]
fn a_connection_that_does_not_open_is_a_break_after_the_connect_timeout() {
    let mut peer = Peer::script([good()]);
    peer.line = Box::new(|nth| if nth == 0 { Line::Hangs } else { Line::Opens });
    let report = peer.run(config().with_connect_timeout(3 * SECOND), api::runs("g"));
    assert_eq!((report.ids(), report.causes()), (vec!["1"], vec![Cause::Network]));
    assert_eq!(report.elapsed, 3 * SECOND + FLOOR);
}

#[test]
fn a_request_that_cannot_be_written_is_a_break_after_the_idle_timeout() {
    for taken in [0, 1, 100] {
        let mut peer = Peer::script([good()]);
        peer.line = Box::new(move |nth| if nth == 0 { Line::Blocks(taken) } else { Line::Opens });
        let report = peer.run(config(), api::runs("g"));
        assert_eq!((report.ids(), report.causes()), (vec!["1"], vec![Cause::Idle]), "{taken}");
        assert_eq!(report.elapsed, IDLE + FLOOR, "{taken}");
    }
}

#[test]
fn deadlines_are_those_of_the_config() {
    let config = Config::new("key").with_connect_timeout(2 * SECOND).with_idle_timeout(7 * SECOND);
    let mut session = Session::<Seen>::new(config, api::runs("g"));
    let now = Instant::from_millis(5);
    assert_eq!(session.poll(now), Action::Connect { until: now + 2 * SECOND });
    session.connected(now + SECOND);
    assert_eq!(session.poll(now + SECOND), Action::Send { until: now + 8 * SECOND });
    session.fill(&mut [0; 1000]);
    assert_eq!(session.poll(now + 3 * SECOND), Action::Receive { until: now + 10 * SECOND });
}

#[test]
fn waits_are_drawn_from_the_floor_to_twice_the_floor_and_double_to_the_ceiling() {
    let uppers = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000];
    let mut waits = vec![Vec::new(); uppers.len()];
    for seed in 0..400 {
        let report = Peer::script([Answer::new().reset()])
            .run(Config::new("key").with_seed(seed * seed), api::runs("g"));
        assert_eq!(report.sleeps.len(), uppers.len());
        for (waits, (span, _)) in waits.iter_mut().zip(&report.sleeps) {
            waits.push(span.as_millis());
        }
    }
    for (mut waits, upper) in waits.into_iter().zip(uppers) {
        waits.sort_unstable();
        let (least, most, median) = (waits[0], waits[waits.len() - 1], waits[waits.len() / 2]);
        assert!(least >= 500 && most <= upper, "{least} to {most} of 500 to {upper}");
        let span = upper - 500;
        assert!(
            least < 500 + span / 10 && most > upper - span / 10,
            "all of it: {least} to {most} of {upper}"
        );
        let middle = 500 + span / 2;
        assert!(median.abs_diff(middle) < span / 8, "evenly: {median} of 500 to {upper}");
    }
}

#[test]
fn a_retry_that_comes_last_counts_when_its_line_has_ended() {
    let wait = |body: &str, first: fn(Answer) -> Answer| {
        let first = first(Answer::new().bytes(Framing::UntilClose.stream(body)));
        Peer::script([first, good()]).run(Config::new("key"), api::runs("g")).sleeps[0].0
    };
    for end in [Answer::reset, Answer::close] {
        for body in ["data: {\"event_id\":\"0\"}\n\nretry: 20000\n", "retry: 20000\r", "retry:20000\r\n"] {
            assert!(wait(&format!("{body}data: {{}}"), end) >= 20 * SECOND, "{body:?}, and more after it");
            assert!(wait(&format!("data: {{}}\n{body}"), Answer::reset) >= 20 * SECOND, "{body:?}");
        }
        assert!(wait("data: {}\nretry: 20000", end) <= SECOND, "half a line is none");
    }
}

#[test]
fn a_ceiling_below_the_floor_counts_as_the_floor() {
    let config = Config::new("key").with_backoff(2 * SECOND, SECOND);
    let report = Peer::script([Answer::new().reset()]).run(config, api::runs("g"));
    assert!(report.sleeps.iter().all(|(span, _)| *span == 2 * SECOND), "{:?}", report.sleeps);
}

#[test]
fn the_same_seed_waits_the_same_and_another_one_does_not() {
    let waits = |seed| {
        Peer::script([Answer::new().reset()]).run(Config::new("key").with_seed(seed), api::runs("g")).sleeps
    };
    assert_eq!(waits(7), waits(7));
    for seed in 0..100 {
        assert_ne!(waits(seed), waits(seed + 1));
        assert_ne!(waits(seed), waits(seed + (1 << 32)), "all 64 bits count");
    }
}

#[test]
fn waits_start_again_when_the_cursor_has_moved() {
    let broken = || Answer::new().reset();
    let brings = Answer::new().bytes(Framing::UntilClose.stream(&events(["1"]))).reset();
    let answers = || [broken(), broken(), broken(), broken(), brings.clone(), bare("204 No Content", &[])];
    let most = (0..200)
        .map(|seed| Peer::script(answers()).run(Config::new("key").with_seed(seed), api::runs("g")).sleeps)
        .map(|sleeps| sleeps[4].0)
        .max();
    assert!(most <= Some(SECOND), "{most:?}");
}

#[test]
fn retry_of_the_stream_sets_the_floor() {
    let waits = |retry: &str| {
        let body = format!("retry: {retry}\n\n{}", events(["1"]));
        let cut = Answer::new().bytes(Framing::UntilClose.stream(&body)).reset();
        let config = Config::new("key").with_backoff(FLOOR, 4 * SECOND);
        Peer::script([cut, bare("204 No Content", &[])]).run(config, api::runs("g")).sleeps[0].0.as_millis()
    };
    assert!((3_000..=4_000).contains(&waits("3000")));
    assert_eq!(waits("4000"), 4_000);
    assert_eq!(waits("99999999999999999999999"), 4_000, "the ceiling holds");
    assert!((3_000..=4_000).contains(&waits("3000\nretry: x")), "the last that is a number");
    for nothing in ["", "x", "3000x", "-1", "3.5"] {
        assert!((500..=1_000).contains(&waits(nothing)), "{nothing}");
    }
}

#[test]
fn retry_zero_makes_no_busy_loop() {
    let body = format!("retry: 0\n\n{}", events(["1"]));
    let cut = Answer::new().bytes(Framing::UntilClose.stream(&body)).reset();
    let report = run([
        cut,
        Answer::new().bytes("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nretry: 0\n\n").reset(),
    ]);
    assert!(report.sleeps.iter().all(|(span, _)| *span >= FLOOR), "{:?}", report.sleeps);
    let report = Peer::script([Answer::new().bytes(Framing::Chunked.stream("retry: 0\n\n"))])
        .run(config(), api::events("g"));
    assert!(report.sleeps.iter().all(|(span, _)| *span >= FLOOR));
}

const IDS: [&str; 3] = ["1", "2", "3"];

/// A server that breaks twice and refuses once, and then is silent once.
fn troubled<'p>() -> Peer<'p> {
    let mut answers = 0;
    Peer::new(move |request| {
        answers += 1;
        let bytes = Framing::Chunked.stream(&events(rest(&IDS, request).iter().copied()));
        let most = bytes.len().min(300);
        match answers {
            1 => Answer::new().bytes(&bytes[..20]).reset(),
            2 => refusal("503 No", &[("retry-after", "2")], "{}"),
            3 => Answer::new().wait(SECOND).bytes(&bytes[..most]),
            _ => Answer::new().bytes(bytes),
        }
    })
}

#[test]
fn a_clock_that_steps_back_an_hour_at_any_look_loses_nothing_and_delays_little() {
    let looks = std::cell::Cell::new(0);
    let steady = troubled().run(config(), api::runs("g"));
    let total = {
        let mut peer = troubled();
        peer.clock = Box::new(|time, look| {
            looks.set(look);
            Instant::from_millis(10_000_000) + time
        });
        peer.run(config(), api::runs("g"));
        looks.get()
    };
    for step in 0..=total {
        let mut peer = troubled();
        peer.clock = Box::new(move |time, look| {
            Instant::from_millis(10_000_000 - if look >= step { 3_600_000 } else { 0 }) + time
        });
        let report = peer.run(config(), api::runs("g"));
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), IDS.to_vec()), "at look {step}");
        assert!(report.elapsed <= steady.elapsed + IDLE, "at look {step}: {:?}", report.elapsed);
    }
}

#[test]
fn a_clock_that_jumps_ahead_at_any_look_loses_nothing() {
    for step in 0..60 {
        let mut peer = troubled();
        peer.clock = Box::new(move |time, look| {
            Instant::from_millis(1_000 + if look >= step { 10_000_000_000 } else { 0 }) + time
        });
        let report = peer.run(config(), api::runs("g"));
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), IDS.to_vec()), "at look {step}");
    }
}

#[test]
fn a_clock_that_always_steps_back_or_stands_at_either_end_ends_every_poll() {
    let clocks: [fn(Duration, usize) -> Instant; 4] = [
        |_, look| Instant::from_millis(1_000_000_000 - look as u64 * 1_000),
        |_, look| Instant::from_millis(u64::MAX - (look as u64 % 2)),
        |_, _| Instant::from_millis(0),
        |time, look| Instant::from_millis(look as u64 * 3_600_000) + time,
    ];
    for (nth, clock) in clocks.into_iter().enumerate() {
        let mut session = Session::<Seen>::new(config(), api::runs("g"));
        for look in 0..10_000 {
            match session.poll(clock(Duration::ZERO, look)) {
                Action::Connect { .. } => session.connected(clock(Duration::ZERO, look)),
                Action::Send { .. } => _ = session.fill(&mut [0; 64]),
                Action::Receive { .. } => {
                    session.failed(clock(Duration::ZERO, look), taskgroup::session::Failure::Broken)
                }
                Action::Stop(outcome) => {
                    assert!(matches!(outcome, Outcome::Network | Outcome::Idle), "clock {nth}");
                    break;
                }
                Action::Close | Action::Sleep { .. } => {}
            }
        }
    }
}
