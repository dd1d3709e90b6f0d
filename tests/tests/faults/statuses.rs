//! Answers that are not the one that was asked for: what their status and their headers say.

use std::time::Duration;

use taskgroup::{
    api,
    session::{Cause, Config, Fault, Outcome},
};
use taskgroup_tests::{
    peer::{Answer, Peer, Report},
    wire::{Framing, bare, events, refusal},
};

const NO_JITTER: Duration = Duration::from_millis(500);

/// Waits exactly its floor of half a second when the server names no time.
fn config() -> Config<'static> {
    Config::new("key").with_backoff(NO_JITTER, NO_JITTER)
}

fn good() -> Answer {
    Answer::new().bytes(Framing::Chunked.stream(&events(["1"])))
}

fn first(answer: Answer) -> Report {
    Peer::script([answer, good()]).run(config(), api::runs("g"))
}

#[track_caller]
fn assert_waits(answer: Answer, status: u16, wait: Duration) {
    let report = first(answer);
    assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["1"]));
    assert_eq!(report.sleeps, [(wait, Cause::Status(status))]);
}

#[test]
fn a_status_that_will_pass_is_asked_again() {
    for status in [408, 409, 429, 500, 501, 502, 503, 504, 599, 600, 999] {
        assert_waits(bare(&format!("{status} No"), &[]), status, NO_JITTER);
    }
}

#[test]
fn a_status_that_stays_stops_with_its_number() {
    for status in [400, 401, 402, 403, 404, 405, 410, 413, 422, 451, 499] {
        let report = first(bare(&format!("{status} No"), &[]));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Status(status)), 1));
    }
}

#[test]
fn a_status_that_no_stream_can_have_stops_with_its_number() {
    for status in [101, 201, 202, 203, 205, 206, 226, 300, 304, 305, 306] {
        let report = first(bare(&format!("{status} What"), &[]));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Status(status)), 1));
    }
}

#[test]
fn no_content_is_the_end() {
    let report = first(Answer::new().bytes("HTTP/1.1 204 No Content\r\n\r\n"));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 1));
}

#[test]
fn what_may_be_asked_again_on_another_connection_is() {
    for status in [421, 425] {
        let report = Peer::script([bare(&format!("{status} No"), &[]), good()])
            .run(Config::new("key").with_keep_alive(true), api::runs("g"));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 2), "{status}");
        assert_eq!(report.causes(), [Cause::Status(status)]);
    }
}

#[test]
fn the_server_may_order_another_try_for_any_status() {
    for status in [400, 401, 404, 422] {
        let answer = bare(&format!("{status} No"), &[("x-should-retry", "true")]);
        assert_waits(answer, status, NO_JITTER);
    }
}

#[test]
fn the_server_may_forbid_another_try_for_any_status() {
    for status in [408, 409, 429, 500, 503] {
        let report = first(bare(&format!("{status} No"), &[("x-should-retry", "false")]));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Status(status)), 1));
    }
}

#[test]
fn retry_after_is_waited_for_in_each_of_its_forms() {
    let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    let forms: [(&[(&str, &str)], u64); 20] = [
        (&[("retry-after", "2.5")], 3_000),
        (&[("retry-after", "2.0")], 2_000),
        (&[("retry-after", "2.")], 2_000),
        (&[("retry-after", "2.000001")], 3_000),
        (&[("retry-after-ms", "2500.0")], 2_500),
        (&[("retry-after-ms", "2500.01")], 2_501),
        // What is not understood leaves the backoff as it is.
        (&[("retry-after", "-1")], 500),
        (&[("retry-after", "2.5s")], 500),
        (&[("retry-after", "2.5.1")], 500),
        (&[("retry-after", "1e3")], 500),
        (&[("retry-after", "7"), ("retry-after-ms", "soon")], 7_000),
        (&[("retry-after", "7"), ("retry-after", "soon")], 7_000),
        (&[("retry-after", "7")], 7_000),
        (&[("retry-after-ms", "1234")], 1_234),
        (&[("retry-after", "7"), ("retry-after-ms", "1234")], 1_234),
        (&[("retry-after-ms", "1234"), ("retry-after", "7")], 1_234),
        (&[date, ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")], 60_000),
        (&[date, ("retry-after", "Sun, 06 Nov 1994 08:40:00 GMT")], 500),
        (&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")], 500),
        (&[("retry-after", "soon")], 500),
    ];
    for (headers, millis) in forms {
        for status in [429, 503] {
            assert_waits(bare(&format!("{status} No"), headers), status, Duration::from_millis(millis));
        }
    }
}

#[test]
fn retry_after_has_a_ceiling_of_five_minutes() {
    for headers in [("retry-after", "301"), ("retry-after", "99999999999"), ("retry-after-ms", "300001")] {
        assert_waits(bare("429 No", &[headers]), 429, Duration::from_secs(300));
    }
    assert_waits(bare("429 No", &[("retry-after", "300")]), 429, Duration::from_secs(300));
}

#[test]
fn the_ceiling_of_retry_after_is_a_setting() {
    for (ceiling, waited) in [(10, 10), (3_600, 600)] {
        let config = Config::new("key").with_backoff(NO_JITTER, NO_JITTER);
        let config = config.with_retry_after_ceiling(Duration::from_secs(ceiling));
        let answers = [bare("429 No", &[("retry-after", "600")]), good()];
        let report = Peer::script(answers).run(config, api::runs("g"));
        assert_eq!(report.sleeps[0].0, Duration::from_secs(waited));
    }
}

#[test]
fn retry_after_is_not_bound_by_the_ceiling_of_the_backoff() {
    let config = Config::new("key").with_backoff(NO_JITTER, Duration::from_secs(2));
    let report =
        Peer::script([bare("429 No", &[("retry-after", "120")]), good()]).run(config, api::runs("g"));
    let (wait, _) = report.sleeps[0];
    assert!((120_000..=122_000).contains(&wait.as_millis()), "{wait:?}");
}

#[test]
fn retry_after_is_never_undercut_and_jitter_only_adds() {
    let mut waits: Vec<_> = (0..500)
        .map(|seed| {
            let config = Config::new("key").with_seed(seed);
            let script = [bare("429 No", &[("retry-after", "3")]), good()];
            Peer::script(script).run(config, api::runs("g")).sleeps[0].0
        })
        .collect();
    waits.sort();
    assert!(waits[0] >= Duration::from_secs(3), "{:?}", waits[0]);
    assert!(waits[499] > waits[0], "devices do not come back all at once");
}

#[test]
fn a_retry_after_below_the_floor_makes_no_busy_loop() {
    for header in [("retry-after", "0"), ("retry-after-ms", "1")] {
        assert_waits(bare("503 No", &[header]), 503, NO_JITTER);
    }
}

#[test]
fn three_refusals_in_a_row_are_waited_out() {
    let busy = || bare("429 Too Many Requests", &[("retry-after", "1")]);
    let report = Peer::script([busy(), busy(), busy(), good()]).run(config(), api::runs("g"));
    assert_eq!(report.ids(), ["1"]);
    assert_eq!(report.causes(), [Cause::Status(429); 3]);
    assert_eq!(report.elapsed, Duration::from_secs(3));
}

#[test]
fn refusals_use_up_the_attempts_and_the_last_one_tells_why() {
    let message = r#"{"type":"error","error":{"ref_id":"r","message":"busy"}}"#;
    let report = Peer::script([refusal("503 No", &[], message)]).run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Status(503)), 10));
    assert_eq!(report.message(), "busy");
}

#[test]
fn a_wrong_content_type_stops_with_what_the_body_says() {
    let html =
        |content_type| Framing::Chunked.answer("200 OK", &[("content-type", content_type)], b"Please log in");
    for content_type in
        ["text/html", "application/json", "text/event-streams", "text/plain; text/event-stream"]
    {
        let report = first(Answer::new().bytes(html(content_type)));
        assert_eq!(report.outcome, Some(Outcome::Peer(Fault::ContentType)), "{content_type}");
        assert_eq!(report.connections, 1);
    }
    let report = first(Answer::new().bytes(html("text/html")));
    assert_eq!(
        report.error.map(|error| (error.status, error.message.to_string())),
        Some((200, "Please log in".into()))
    );
}

#[test]
fn a_missing_content_type_is_a_wrong_one() {
    let report = first(Answer::new().bytes(Framing::Length.answer("200 OK", &[], b"data: {}\n\n")));
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::ContentType)));
}

#[test]
fn parameters_of_the_content_type_and_its_letters_case_mean_nothing() {
    for content_type in ["text/event-stream; charset=utf-8", "TEXT/Event-Stream;x=y", "text/event-stream ;"] {
        let body = events(["1"]);
        let bytes = Framing::Length.answer("200 OK", &[("Content-Type", content_type)], body.as_bytes());
        assert_eq!(first(Answer::new().bytes(bytes)).ids(), ["1"], "{content_type}");
    }
}

#[test]
fn a_body_that_is_encoded_stops() {
    let of = |encoding| {
        let headers = [("content-type", "text/event-stream"), ("content-encoding", encoding)];
        Framing::Length.answer("200 OK", &headers, events(["1"]).as_bytes())
    };
    for encoding in ["gzip", "br", "identity, gzip", "GZIP"] {
        let report = first(Answer::new().bytes(of(encoding)));
        assert_eq!(report.outcome, Some(Outcome::Peer(Fault::ContentEncoding)), "{encoding}");
        assert_eq!(report.connections, 1);
    }
    assert_eq!(first(Answer::new().bytes(of("identity"))).ids(), ["1"]);
}

#[test]
fn an_encoded_refusal_keeps_its_status_and_says_nothing() {
    for content_type in ["application/json", "text/plain"] {
        let headers = [("content-type", content_type), ("content-encoding", "gzip")];
        let report = first(Answer::new().bytes(Framing::Length.answer("403 No", &headers, b"\x1f\x8b{}")));
        assert_eq!((report.outcome, report.message()), (Some(Outcome::Status(403)), ""));
    }
}

#[test]
fn a_refusal_counts_however_its_body_ends() {
    let whole = r#"{"type":"error","error":{"ref_id":"r","message":"no such group"}}"#;
    for framing in Framing::ALL {
        let bytes = framing.answer("404 No", &[("content-type", "application/json")], whole.as_bytes());
        let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        for cut in head..=bytes.len() {
            let cut_off = || Answer::new().bytes(&bytes[..cut]);
            for answer in [cut_off().reset(), cut_off().close(), cut_off()] {
                let report = first(answer);
                assert_eq!(report.outcome, Some(Outcome::Status(404)), "{framing:?}, cut at {cut}");
                assert!("no such group".starts_with(report.message()));
            }
        }
    }
}

#[test]
fn a_refusal_counts_when_its_body_breaks_http() {
    let broken =
        "HTTP/1.1 401 No\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n3\r\nno!\r\nzz\r\n";
    let report = first(Answer::new().bytes(broken));
    assert_eq!((report.outcome, report.message()), (Some(Outcome::Status(401)), "no!"));
}

#[test]
fn an_endless_refusal_is_read_for_a_while() {
    let mut answer = Answer::new().bytes("HTTP/1.1 403 No\r\ncontent-type: text/plain\r\n\r\n");
    for _ in 0..100 {
        answer = answer.bytes([b'x'; 1024]);
    }
    let report = first(answer);
    assert_eq!((report.outcome, report.elapsed), (Some(Outcome::Status(403)), Duration::ZERO));
    assert!(report.message().len() >= 128, "a prefix is kept");
}
