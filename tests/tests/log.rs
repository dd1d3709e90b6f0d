//! What a session writes to the log.

use std::cell::RefCell;

use taskgroup::{
    api,
    session::{Config, Request},
};
use taskgroup_tests::{
    peer::{Answer, Peer},
    wire::{Framing, events},
};

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what is logged, a thread's own in each.
struct Kept;

impl log::Log for Kept {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
    }

    fn flush(&self) {}
}

/// The lines of a session with this key and request, which gets these answers.
fn lines<'c>(
    key: &'c str,
    request: impl Into<Request<'c>>,
    answers: impl IntoIterator<Item = Answer>,
) -> Vec<String> {
    // Another test may have been the first.
    _ = log::set_logger(&Kept);
    log::set_max_level(log::LevelFilter::Trace);
    LINES.take();
    Peer::script(answers).run(Config::new(key).with_attempts(Some(2)), request);
    LINES.take()
}

fn cut(id: &str) -> Answer {
    Answer::new().bytes(Framing::UntilClose.stream(&events([id]))).reset()
}

#[test]
fn only_a_cursor_is_what_a_stream_is_asked_to_continue_after() {
    let continued = |lines: Vec<String>| lines.into_iter().find(|line| line.contains("continue after"));
    let again = lines("key", api::runs("tgrp_1"), [cut("7"), cut("8")]);
    assert_eq!(continued(again).as_deref(), Some("asked to continue after 7"));
    let first = lines("key", api::runs("tgrp_1").last_event_id("6"), [cut("7")]);
    assert_eq!(continued(first).as_deref(), Some("asked to continue after 6"));
    let run = lines("key", api::group_run("tgrp_1", "trun_2"), [Answer::new().reset()]);
    assert!(!run.is_empty());
    assert_eq!(continued(run), None, "the second id of a path is not a cursor");
}

#[test]
fn the_key_is_not_in_the_log_when_a_server_sends_it_as_an_id() {
    let key = "s3cret-key-0123456789";
    let lines = lines(key, api::runs("tgrp_1"), [cut(&format!("a{key}b")), cut("8")]);
    assert!(lines.contains(&"asked to continue after a***b".to_owned()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains(key)), "{lines:#?}");
}
