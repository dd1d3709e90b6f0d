use std::format;

use super::*;

fn head_of(answer: &[u8]) -> (Response, Head) {
    let mut response = Response::new();
    match response.feed(&mut &*answer) {
        Ok(Some(Part::Head(head))) => (response, head),
        other => panic!("no head but {other:?}"),
    }
}

#[test]
fn a_response_takes_little_more_than_its_location() {
    assert!(size_of::<Response>() <= 128 + 64, "{}", size_of::<Response>());
}

#[test]
fn a_body_runs_in_one_piece_and_lies_in_the_input() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, next";
    let (mut response, mut input) = (Response::new(), &answer[..]);
    assert!(matches!(response.feed(&mut input), Ok(Some(Part::Head(_)))));
    let at = input.as_ptr();
    assert_eq!(response.feed(&mut input), Ok(Some(Part::Body(b"hello"))));
    assert_eq!(input.as_ptr(), at.wrapping_add(5));
    assert_eq!(response.feed(&mut input), Ok(Some(Part::End)));
    assert_eq!(response.feed(&mut input), Ok(None));
    assert_eq!(input, b", next");
}

#[test]
fn the_end_comes_without_another_byte() {
    let mut response = head_of(b"HTTP/1.1 204 No Content\r\n\r\n").0;
    assert_eq!(response.feed(&mut &[][..]), Ok(Some(Part::End)));
    assert_eq!(response.feed(&mut &[][..]), Ok(None));
}

#[test]
fn a_reader_may_stop_in_the_middle_of_a_body() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let (mut response, mut input) = (Response::new(), &answer[..]);
    assert!(matches!(response.peek(&mut input), Ok(Some(Part::Head(_)))));
    response.take(&mut input, 9);
    assert_eq!(response.peek(&mut input), Ok(Some(Part::Body(b"hello"))), "a size is no body");
    response.take(&mut input, 2);
    assert_eq!(response.peek(&mut input), Ok(Some(Part::Body(b"llo"))));
    response.take(&mut input, 9);
    assert_eq!(input, b"\r\n0\r\n\r\n", "no more than was shown");
    assert_eq!(response.peek(&mut input), Ok(Some(Part::End)));
    assert_eq!(response.peek(&mut input), Ok(None));
    assert!(response.is_delimited());
}

#[test]
fn an_orderly_close_ends_only_a_body_without_framing() {
    let (mut response, head) = head_of(b"HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!((head.framing, response.is_delimited()), (Framing::UntilClose, false));
    assert_eq!(response.feed(&mut &b"hello"[..]), Ok(Some(Part::Body(b"hello"))));
    assert_eq!(response.closed(), Ok(()));
    assert!(!response.is_delimited());

    let (mut response, head) = head_of(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
    assert_eq!((head.framing, response.is_delimited()), (Framing::Length(6), true));
    assert_eq!(response.feed(&mut &b"hello"[..]), Ok(Some(Part::Body(b"hello"))));
    assert_eq!(response.closed(), Err(Error::Truncated));
    assert_eq!(response.feed(&mut &b"!"[..]), Err(Error::Truncated), "from then on");
}

#[test]
fn a_connection_that_ends_in_the_head_is_truncated() {
    let answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
    for end in 0..answer.len() {
        let mut response = Response::new();
        assert_eq!(response.feed(&mut &answer[..end]), Ok(None));
        assert_eq!(response.closed(), Err(Error::Truncated), "after {end} bytes");
    }
}

#[test]
fn a_connection_outlives_an_answer_that_has_one_framing_and_does_not_end_it() {
    let is_persistent = |head: &str| head_of(format!("{head}\r\n\r\n").as_bytes()).0.is_persistent();
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5",
        "HTTP/1.2 404 No\r\nTransfer-Encoding: chunked",
        "HTTP/1.1 204 No Content",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: closed",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nProxy-Connection: close",
        "HTTP/1.1 103 Hints\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5",
    ] {
        assert!(is_persistent(head), "{head}");
    }
    for head in [
        "HTTP/1.1 200 OK",
        "HTTP/1.1 101 Switching Protocols",
        "HTTP/1.0 200 OK\r\nContent-Length: 5",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close",
        "HTTP/1.1 200 OK\r\ncONNECTION: \tupgrade,Close ,x\r\nContent-Length: 5",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 5",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
    ] {
        assert!(!is_persistent(head), "{head}");
    }
}

#[test]
fn an_error_stays() {
    let mut response = Response::new();
    assert_eq!(response.feed(&mut &b"SSH-2.0-OpenSSH_9.6\r\n"[..]), Err(Error::StatusLine));
    assert_eq!(response.feed(&mut &b"HTTP/1.1 200 OK\r\n\r\n"[..]), Err(Error::StatusLine));
    assert_eq!(response.feed(&mut &[][..]), Err(Error::StatusLine));
    assert_eq!(response.closed(), Err(Error::StatusLine));
}
