//! Answers that reqwless misreads, from a server that sends exactly these bytes.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use reqwless::client::HttpClient;
use taskgroup::{
    api,
    session::{Config, Event, Outcome},
};
use taskgroup_reqwless::Stream;

use crate::{
    Ids,
    network::{Host, HostClock},
    run,
};

const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// Answers each connection with the next of `answers`, and ends it in order; after the last the server is
/// gone. Returns its URL, and the cursors in its requests.
fn server(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, cursors) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") {
                connection.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            let request = String::from_utf8(request).unwrap();
            let target = request.split(' ').nth(1).unwrap();
            let cursor = target.split_once("last_event_id=").map(|(_, id)| id).unwrap_or_default();
            _ = sender.send(cursor.to_owned());
            // A client that has read enough need not read the rest.
            _ = connection.write_all(answer.as_bytes());
            _ = connection.shutdown(Shutdown::Write);
            _ = connection.read(&mut byte);
        }
    });
    (url, cursors)
}

/// Reads what the server has: the ids of the events, how it ended, and the cursors asked for.
fn read(attempts: Option<u32>, answers: Vec<String>) -> (Vec<String>, Outcome, Vec<String>) {
    let (url, cursors) = server(answers);
    let config = Config::new("key").with_base_url(&url).unwrap().with_attempts(attempts);
    let config = config.with_backoff(Duration::from_millis(1), Duration::from_millis(2));
    let mut had = Vec::new();
    let outcome = run(async {
        let mut client = HttpClient::new(&Host, &Host);
        let mut stream = Stream::new(config, api::runs("tgrp_1"), Ids::default(), HostClock::new());
        let each = async |event: Event<'_, Ids>| match event {
            Event::Record(ids) => had.push(ids.event_id.to_string()),
            Event::Skipped(why) => panic!("{why}"),
            Event::Opened { .. } => {}
        };
        stream.run(&mut client, &mut [0; 1024], each).await
    });
    (had, outcome, cursors.try_iter().collect())
}

fn event(id: u32) -> String {
    format!(
        "data: {{\"type\":\"task_run.state\",\"event_id\":\"{id}\",\"run\":{{\"run_id\":\"r{id}\"}}}}\n\n"
    )
}

fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

/// The whole rest, in chunks: these events and the end.
fn rest(events: &[u32]) -> String {
    let chunks: String = events.iter().map(|id| chunk(&event(*id))).collect();
    format!("{CHUNKED}{chunks}0\r\n\r\n")
}

#[test]
fn the_end_of_a_connection_in_a_chunk_is_a_break_even_where_no_event_is_cut() {
    let answers = vec![
        format!("{CHUNKED}ffff\r\n{}", event(1)),
        // Nothing new: this is not the end, either.
        format!("{CHUNKED}ffff\r\n"),
        rest(&[2]),
        rest(&[]),
    ];
    let (had, outcome, cursors) = read(None, answers);
    assert_eq!((had, outcome), (vec!["1".into(), "2".into()], Outcome::Done));
    assert_eq!(cursors, ["", "1", "1", "2"]);
}

#[test]
fn the_end_of_a_body_with_a_length_is_not_believed_since_that_may_be_misread() {
    let (first, head) = (event(1), "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n");
    let with_length = |length| format!("{head}content-length: {length}\r\n\r\n{first}");
    let answers = vec![with_length(first.len() + 1), rest(&[2]), rest(&[])];
    let (had, outcome, cursors) = read(None, answers);
    assert_eq!((had.concat().as_str(), outcome), ("12", Outcome::Done));
    assert_eq!(cursors, ["", "1", "2"]);
}

#[test]
fn a_body_in_a_coding_that_reqwless_takes_no_notice_of_is_not_taken_for_an_empty_one() {
    let body = chunk(&event(1)) + "0\r\n\r\n";
    for framing in [
        format!("content-length: {}\r\ntransfer-encoding: chunked", body.len()),
        "transfer-encoding: gzip".to_owned(),
        "transfer-encoding: gzip\r\ntransfer-encoding: chunked".to_owned(),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{framing}\r\n\r\n");
        let (had, outcome, cursors) = read(Some(3), vec![head + &body; 3]);
        assert_eq!((had, outcome, cursors.len()), (vec![], Outcome::Network, 3), "{framing}");
    }
}

#[test]
fn what_reqwless_cannot_read_breaks_a_try_and_the_next_continues() {
    let fields = |many| (0..many).map(|field| format!("x-{field}: y\r\n")).collect::<String>();
    let answers = vec![
        format!("HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n{}", rest(&[1])),
        rest(&[1]).replace("transfer-encoding: chunked", "Transfer-Encoding: Chunked"),
        rest(&[1]).replace("200 OK\r\n", &format!("200 OK\r\n{}", fields(64))),
        rest(&[1]).replace("200 OK\r\n", &format!("200 OK\r\nx: {}\r\n", "y".repeat(1024))),
        CHUNKED[..40].to_owned(),
        String::new(),
        format!("{CHUNKED}{}", chunk(&event(1)).replacen("\r\n", ";name=value\r\n", 1)),
        format!("{CHUNKED}{}{}", chunk(&event(1)), chunk(&event(2)).replacen("\r\n", ";name=value\r\n", 1)),
        format!("{CHUNKED}{}00000000000000000\r\n\r\n", chunk(&event(2))),
        format!("{CHUNKED}{}0\r\nx: trailer\r\n\r\n", chunk(&event(3))),
        rest(&[4]),
        rest(&[]),
    ];
    let (had, outcome, cursors) = read(None, answers);
    assert_eq!((had.concat().as_str(), outcome), ("1234", Outcome::Done));
    assert_eq!(cursors, ["", "", "", "", "", "", "", "", "1", "2", "3", "4"]);
}
