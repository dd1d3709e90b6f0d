//! Streams that follow a group or a run: when they are over.

use std::time::Duration;

use taskgroup::{
    api,
    session::{Capacity, Cause, Config, Failure, Fault, Outcome, Request},
};
use taskgroup_tests::{
    peer::{Answer, Line, Peer, Report},
    wire::{Framing, data},
};

const SECOND: Duration = Duration::from_secs(1);

fn config() -> Config<'static> {
    Config::new("key")
}

fn cut(body: &str) -> Answer {
    Answer::new().bytes(Framing::UntilClose.stream(body)).reset()
}

fn whole(body: &str) -> Answer {
    Answer::new().bytes(Framing::Chunked.stream(body))
}

fn follow(answers: impl IntoIterator<Item = Answer>) -> Report {
    Peer::script(answers).run(config(), api::events("g"))
}

fn status(active: bool) -> String {
    data(&format!(r#""type":"task_group_status","event_id":"{active}","status":{{"is_active":{active}}}"#))
}

#[test]
fn a_group_is_followed_until_it_is_inactive_and_nothing_new_comes() {
    let report = follow([whole(&status(false))]);
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2));
    assert_eq!((report.connections, report.elapsed), (1, Duration::ZERO), "asked once more, and at once");
    let report = follow([whole(&status(true)), whole(""), whole(&status(false))]);
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 4));
    assert_eq!(report.causes(), [Cause::End; 2]);
    let report = follow([cut(&status(false)), whole("")]);
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2));
    let both = format!("{}{}", status(false), status(true));
    assert_eq!(follow([whole(&both)]).outcome, Some(Outcome::Peer(Fault::Unfinished)), "the latest counts");
    let silent = data(r#""type":"task_group_status","event_id":"s","status":{"num_task_runs":1}"#);
    let report = follow([whole(&format!("{}{silent}", status(false)))]);
    assert_eq!(report.outcome, Some(Outcome::Done), "the latest that says it");
}

#[test]
fn a_session_that_begins_after_the_last_event_of_a_finished_group_is_done() {
    let mut peer = Peer::script([whole("")]);
    let report = peer.run(config(), api::events("g").last_event_id("9"));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 1));
}

#[test]
fn without_ids_a_status_that_is_inactive_counts_where_the_framing_says_whole() {
    let deeper = r#""type":"task_group_status","status":{"is_active":false,"x":{"is_active":true}}"#;
    let report = follow([whole(&data(deeper))]);
    assert_eq!(report.outcome, Some(Outcome::Done), "and not what is deeper");
    let report = follow([Answer::new().bytes(Framing::UntilClose.stream(&data(deeper))).close()]);
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Unproven)));
}

#[test]
fn ends_that_come_soon_and_bring_nothing_are_tries_that_fail_and_are_never_done() {
    for (first, request) in [
        (vec![], Request::from(api::events("g"))),
        (vec![whole(&status(true))], api::events("g").last_event_id("1").into()),
        (vec![], api::run_events("t").into()),
    ] {
        for empty in [whole(""), Answer::new().bytes(Framing::UntilClose.stream("")).close()] {
            let asked = first.len();
            let answers = first.iter().cloned().chain([empty.for_ever()]);
            let report = Peer::script(answers).run(config(), request.clone());
            assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Unfinished)));
            assert_eq!(report.requests.len(), asked + 10);
            let waits: Vec<_> = report.sleeps.iter().map(|(wait, _)| *wait).collect();
            assert!(waits[asked..].iter().max() > Some(&(5 * SECOND)), "they grow: {waits:?}");
        }
    }
}

#[test]
fn an_end_after_a_longer_time_is_not_a_failed_try() {
    let head = Framing::Chunked.stream("");
    let (head, end) = head.split_at(head.len() - 5);
    for (lasts, is_late) in [(29 * SECOND, false), (30 * SECOND, true)] {
        let answer = Answer::new().bytes(head).wait(lasts).bytes(end);
        let answers = [whole(&status(true)), answer.for_ever()];
        let report = follow(answers);
        let outcome = if is_late { None } else { Some(Outcome::Peer(Fault::Unfinished)) };
        if !is_late {
            assert_eq!((report.outcome, report.requests.len()), (outcome, 11), "{lasts:?}");
            continue;
        }
        assert!(report.requests.len() > 50, "for ever: {}", report.requests.len());
        assert!(report.sleeps.iter().all(|(wait, cause)| wait.as_millis() == 500 && *cause == Cause::End));
    }
}

#[test]
fn an_end_at_the_timeout_that_was_asked_for_is_not_a_failed_try() {
    let head = Framing::Chunked.stream("");
    let (head, end) = head.split_at(head.len() - 5);
    let answer = Answer::new().bytes(head).wait(5 * SECOND).bytes(end);
    let answers =
        std::iter::once(whole(&status(true))).chain(vec![answer; 30]).chain([whole(&status(false))]);
    let report = Peer::script(answers).run(config(), api::events("g").timeout(5));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 33));
}

#[test]
fn silence_is_not_a_failed_try_but_a_break_that_brings_nothing_is() {
    let head = Framing::Chunked.stream("");
    let head = &head[..head.len() - 5];
    let silent = vec![Answer::new().bytes(head); 30];
    let report = follow([whole(&status(true))].into_iter().chain(silent).chain([whole(&status(false))]));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 33));
    let report = follow([whole(&status(true)), Answer::new().bytes(head).reset()]);
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Network), 11));
    let wait = report.sleeps.iter().map(|(wait, _)| *wait).max();
    assert!(wait > Some(5 * SECOND), "{wait:?}");
}

#[test]
fn a_group_whose_stream_breaks_http_again_and_again_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let broken = Answer::new().bytes(format!("{head}zz\r\n"));
    let report = Peer::script([broken]).run(config(), api::events("g"));
    assert_eq!(report.connections, 10);
    assert!(matches!(report.outcome, Some(Outcome::Peer(Fault::Http(_)))));
}

/// A run that is not active any more, with what tells one such event from another.
fn last(text: &str) -> String {
    data(&format!(r#""type":"task_run.state","text":"{text}","run":{{"is_active":false}}"#))
}

fn active() -> String {
    data(r#""type":"task_run.state","text":"a","run":{"is_active":true}"#)
}

fn message() -> String {
    data(r#""type":"task_run.progress_msg.plan","text":"m""#)
}

fn follow_run(answers: impl IntoIterator<Item = Answer>) -> Report {
    Peer::script(answers).run(config(), api::run_events("trun_1"))
}

#[test]
fn a_run_is_over_with_a_last_state_that_is_not_active() {
    for framing in Framing::ALL {
        let body = format!("{}{}{}", active(), message(), last("x"));
        let report = follow_run([Answer::new().bytes(framing.stream(&body)).close()]);
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 1), "{framing:?}");
        assert_eq!(report.texts(), ["a", "m", "x"]);
    }
}

#[test]
fn a_run_whose_only_event_is_its_end_is_over_when_two_answers_are_alike() {
    let report = follow_run([whole(&last("x")), whole(&last("x"))]);
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2));
    assert_eq!((report.texts(), report.elapsed), (vec!["x", "x"], Duration::ZERO), "at once");
    let report = follow_run([whole(&last("x")), whole(&last("y")), whole(&last("y"))]);
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 3));
    let report = follow_run([whole(&last("x")), whole(&format!("{}{}", active(), last("x")))]);
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2));
}

#[test]
fn a_run_whose_last_event_is_another_is_still_followed() {
    let running = format!("{}{}", active(), message());
    let over = format!("{running}{}", last("x"));
    for first in [running.clone(), format!("{over}{}", message()), active()] {
        let report = follow_run([whole(&first), whole(&over)]);
        assert_eq!((report.outcome, report.causes()), (Some(Outcome::Done), vec![Cause::End]));
    }
    let report = follow_run([whole(&running)]);
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Unfinished)), "soon, and the same each time");
    let grows = (1..40).map(|n| whole(&format!("{}{}", active(), message().repeat(n))));
    let report = follow_run(grows.chain([whole(&over)]));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 40), "what is new is progress");
}

#[test]
fn a_try_without_a_body_has_not_the_progress_of_the_body_before() {
    let two = format!("{}{}", active(), message());
    let late = Framing::Chunked.stream(&two);
    let (body, end) = late.split_at(late.len() - b"0\r\n\r\n".len());
    let late = Answer::new().bytes(body).wait(40 * SECOND).bytes(end).close();
    // The second try fails, and the fourth: neither brings anything new, and the third is no failed one.
    let mut peer = Peer::script([whole(&two), cut(&active()), late]);
    peer.line = Box::new(|nth| if nth < 2 { Line::Opens } else { Line::Fails(Failure::Unreachable) });
    let report = peer.run(config().with_attempts(Some(2)), api::run_events("trun_1"));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Network), 3));
    assert_eq!(report.causes(), [Cause::End, Cause::Network, Cause::End], "the fourth is the last");
}

#[test]
fn a_run_that_cannot_be_resumed_starts_over() {
    let report = follow_run([cut(&message()), whole(&format!("{}{}", message(), last("x")))]);
    assert_eq!((report.texts(), report.outcome), (vec!["m", "m", "x"], Some(Outcome::Done)));
    assert_eq!(report.requests[0], report.requests[1]);
}

#[test]
fn the_timeout_that_was_asked_for_runs_from_the_request_and_not_from_the_head() {
    let head = Framing::Chunked.stream("");
    let (head, end) = head.split_at(head.len() - 5);
    let (late, rest) = (Duration::from_millis(100), Duration::from_millis(4_900));
    let answer = Answer::new().wait(late).bytes(head).wait(rest).bytes(end);
    let answers =
        std::iter::once(whole(&status(true))).chain(vec![answer; 30]).chain([whole(&status(false))]);
    let report = Peer::script(answers).run(config(), api::events("g").timeout(5));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 33));
}

#[test]
fn a_timeout_of_zero_makes_no_end_a_late_one() {
    let answers = [whole(&status(true)), whole("").for_ever()];
    let report = Peer::script(answers).run(config(), api::events("g").timeout(0));
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Unfinished)));
}

#[test]
fn a_group_that_was_quiet_until_the_timeout_is_still_active() {
    // The service ends the stream of a finished group at once, and that of an active one at its timeout.
    let head = Framing::Chunked.stream("");
    let (head, end) = head.split_at(head.len() - 5);
    let quiet = Answer::new().bytes(head).wait(60 * SECOND).bytes(end);
    let later = data(r#""type":"task_run.state","event_id":"7","text":"x""#);
    let report = Peer::script([quiet, whole(&later), whole(&status(false))])
        .run(config(), api::events("g").last_event_id("6").timeout(60));
    assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["7", "false"]));
}

#[test]
fn after_an_id_that_is_too_long_a_group_can_no_longer_be_followed() {
    let id = "x".repeat(129);
    for ids in [&[id.as_str()][..], &["2", &id]] {
        let stream = Framing::UntilClose.stream(&taskgroup_tests::wire::events(ids.iter().copied()));
        let answers = [Answer::new().bytes(stream).close(), whole(&taskgroup_tests::wire::event(&id))];
        for request in [api::events("g"), api::events("g").last_event_id("1")] {
            let report = Peer::script(answers.clone()).run(config(), request);
            assert_eq!(report.ids(), ids, "nothing twice");
            assert_eq!(report.outcome, Some(Outcome::Capacity(Capacity::EventId)));
        }
    }
}

#[test]
fn a_last_state_that_differs_in_each_answer_is_not_asked_for_forever() {
    let mut times = 0;
    let mut peer = Peer::new(|_| {
        times += 1;
        whole(&last(&times.to_string()))
    });
    let report = peer.run(config(), api::run_events("trun_1"));
    assert!(report.outcome.is_some(), "{} requests in {:?}", report.requests.len(), report.elapsed);
}

#[test]
fn a_run_whose_stream_breaks_after_more_messages_each_time_is_still_followed() {
    let answers = (1..15).map(|times| cut(&message().repeat(times)));
    let report = follow_run(answers.chain([whole(&format!("{}{}", message().repeat(15), last("x")))]));
    assert_eq!(report.outcome, Some(Outcome::Done), "each try brought something new");
}
