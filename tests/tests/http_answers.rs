//! Answers in every chunking: the project's table, then what each rule of the framing, of the head and
//! of the limits lets through and refuses.

use std::time::Duration;

use serde_json::Value;
use taskgroup::http::{Error, Framing, Head, Part, Response};
use taskgroup_tests::splits;

/// What may follow a complete answer without changing it.
const TRAILING: [&[u8]; 3] = [b"\r\n", b"HTTP/1.1 500 ", b"\0"];

/// The result of an answer whose connection ended in order.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    head: Option<Head>,
    body: Vec<u8>,
    /// Bytes taken up to the end; 0 where none was found.
    taken: usize,
    result: Result<(), Error>,
}

fn read(chunks: &[&[u8]]) -> Answer {
    let mut response = Response::new();
    let mut answer = Answer { head: None, body: Vec::new(), taken: 0, result: Ok(()) };
    let (mut taken, mut ended) = (0, false);
    for chunk in chunks {
        let mut input = *chunk;
        loop {
            let part = response.feed(&mut input);
            match part {
                Ok(None) => break,
                Ok(Some(Part::Head(head))) => assert_eq!(answer.head.replace(head), None, "one head"),
                Ok(Some(Part::Body(bytes))) => {
                    assert!(!ended && !bytes.is_empty() && answer.head.is_some());
                    assert!(chunk.as_ptr_range().contains(&bytes.as_ptr()), "lent, not copied");
                    answer.body.extend_from_slice(bytes);
                }
                Ok(Some(Part::End)) => {
                    assert!(!ended, "one end");
                    ended = true;
                    answer.taken = taken + chunk.len() - input.len();
                }
                Err(error) => {
                    assert_eq!(response.feed(&mut &b"HTTP/1.1 200 OK\r\n\r\n"[..]), Err(error));
                    assert_eq!(response.closed(), Err(error));
                    return Answer { result: Err(error), ..answer };
                }
            }
        }
        if ended {
            let left = input;
            assert_eq!(response.feed(&mut input), Ok(None));
            assert_eq!(input, left, "nothing is taken behind the end");
        } else {
            assert!(input.is_empty(), "None means that the input is used up");
        }
        taken += chunk.len();
    }
    answer.result = response.closed();
    answer
}

/// Reads a complete answer in every chunking.
#[track_caller]
fn complete(answer: &[u8]) -> (Head, Vec<u8>) {
    let whole = read(&[answer]);
    let head = whole.head.unwrap_or_else(|| panic!("no head: {whole:?}"));
    let trailing = if head.framing == Framing::UntilClose { &[] } else { &TRAILING[..] };
    let Answer { body, taken, result, .. } = splits(answer, trailing, read);
    assert_eq!(result, Ok(()), "{:?}", String::from_utf8_lossy(answer));
    assert!(head.framing == Framing::UntilClose || taken == answer.len());
    (head, body)
}

/// Reads an answer in every chunking that must be refused. Gives the error and the body until then.
#[track_caller]
fn refused(answer: &[u8]) -> (Error, Vec<u8>) {
    let Answer { body, result, .. } = splits(answer, &[], read);
    match result {
        Ok(()) => panic!("taken for complete: {:?}", String::from_utf8_lossy(answer)),
        Err(error) => (error, body),
    }
}

#[track_caller]
fn head_with(status: u16, fields: &str) -> Head {
    let answer = format!("HTTP/1.1 {status} Reason\r\nContent-Length: 0\r\n{fields}\r\n");
    splits(answer.as_bytes(), &[], read).head.unwrap_or_else(|| panic!("no head: {answer:?}"))
}

fn chunked(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into()
}

#[test]
fn every_case_of_the_table_ends_as_it_says() {
    let table: Vec<Value> = serde_json::from_str(include_str!("../cases/http.json")).unwrap();
    assert_eq!(table.len(), 27);
    for row in &table {
        let text = |name: &str| row[name].as_str().unwrap();
        let answer = splits(text("answer").as_bytes(), &[], read);
        let is_right = answer.result.is_ok()
            && answer.head.is_some_and(|head| Some(u64::from(head.status)) == row["status"].as_u64())
            && row["body"].as_str().map(str::as_bytes) == Some(&answer.body);
        match text("expect") {
            "ok" => assert!(is_right, "{}: {answer:?}", text("id")),
            "reject" => assert!(answer.result.is_err(), "{}: {answer:?}", text("id")),
            "ok-or-reject" => assert!(is_right || answer.result.is_err(), "{}: {answer:?}", text("id")),
            other => panic!("{other} is no expectation"),
        }
    }
}

#[test]
fn the_body_ends_where_its_framing_says() {
    let cases: &[(&str, Framing, &str)] = &[
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Framing::Length(2), "ok"),
        ("HTTP/1.1 200 OK\r\ncontent-length:\t2 \r\n\r\nok", Framing::Length(2), "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 02\r\n\r\nok", Framing::Length(2), "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", Framing::Length(2), "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Framing::Length(0), ""),
        ("HTTP/1.0 200 OK\r\n\r\nok", Framing::UntilClose, "ok"),
        ("HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, ""),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", Framing::Length(0), ""),
        ("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", Framing::Length(0), ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Framing::Length(0), ""),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", Framing::Length(0), ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n", Framing::Chunked, "ok"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            Framing::Chunked,
            "ok",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nContent-Length: 8\r\nTransfer-Encoding: ,chunked,\r\n\r\n0\r\n\r\n",
            Framing::Chunked,
            "",
        ),
    ];
    for (answer, framing, body) in cases {
        let (head, read) = complete(answer.as_bytes());
        assert_eq!((head.framing, &*read), (*framing, body.as_bytes()), "{answer:?}");
    }
}

#[test]
fn a_status_line_is_http_1_and_three_digits() {
    let cases = [
        ("HTTP/1.1 200 OK", 200),
        ("HTTP/1.1 200", 200),
        ("HTTP/1.1 200 ", 200),
        ("HTTP/1.0 503 Service Unavailable: \u{e9}\t", 503),
        ("HTTP/1.9 404 x", 404),
        ("HTTP/1.1 999 x", 999),
    ];
    for (line, status) in cases {
        let (head, _) = complete(format!("{line}\r\nContent-Length: 0\r\n\r\n").as_bytes());
        assert_eq!(head.status, status, "{line:?}");
    }
    for line in [
        "",
        "HTTP/2.0 200 OK",
        "HTTP/2 200",
        "HTTP/1. 200 OK",
        "HTTP/1.10 200 OK",
        "http/1.1 200 OK",
        "ICY 200 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 20",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 099 x",
        "HTTP/1.1 +20 OK",
        "HTTP/1.1 200\tOK",
        " HTTP/1.1 200 OK",
        "\u{feff}HTTP/1.1 200 OK",
        "\u{16}\u{3}\u{1}",
    ] {
        assert_eq!(refused(format!("{line}\r\n\r\n").as_bytes()).0, Error::StatusLine, "{line:?}");
    }
}

#[test]
fn invalid_header_lines_are_refused() {
    for (lines, error) in [
        ("Content-Length : 2\r\n", Error::Field),
        ("Content-Length\t: 2\r\n", Error::Field),
        ("Content-Length\r\n", Error::Field),
        (": 2\r\n", Error::Field),
        ("X(Y): 2\r\n", Error::Field),
        ("X\0: 2\r\n", Error::Field),
        ("Gr\u{fc}n: 2\r\n", Error::Field),
        ("X: a\rb\r\n", Error::LineEnd),
        ("X: a\r\r\n", Error::LineEnd),
        ("X: a\r\n\rContent-Length: 2\r\n", Error::LineEnd),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{lines}\r\nok");
        assert_eq!(refused(answer.as_bytes()), (error, vec![]), "{lines:?}");
    }
}

#[test]
fn a_lone_line_feed_ends_the_lines_of_the_head_and_the_trailers() {
    let (head, body) = complete(b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\r\nok\r\n0\r\nX-T: 1\n\n");
    assert_eq!((head.framing, &*body), (Framing::Chunked, &b"ok"[..]));
}

#[test]
fn a_folded_value_is_one_value() {
    for fields in [
        "Transfer-Encoding:\r\n chunked\r\n",
        "Transfer-Encoding: \r\n\t \r\n chunked \r\n \r\n",
        "X: a\r\n Content-Length: 9\r\nTransfer-Encoding: chunked\r\n",
        // Whitespace before the first field: RFC 9112 section 2.2 lets it be passed over.
        " Content-Length: 9\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let (head, body) =
            complete(format!("HTTP/1.1 200 OK\r\n{fields}\r\n2\r\nok\r\n0\r\n\r\n").as_bytes());
        assert_eq!((head.framing, &*body), (Framing::Chunked, &b"ok"[..]), "{fields:?}");
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\nok";
    assert_eq!(refused(answer).0, Error::ContentLength, "a fold is a space, not nothing");
}

#[test]
fn a_length_that_is_not_one_number_is_refused() {
    for value in [
        "",
        " ",
        "+5",
        "-5",
        "0x5",
        "5 5",
        "5;",
        "5.0",
        "\"5\"",
        "5, 6",
        "5,",
        ",5",
        "5\0",
        "\u{665}",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "0000000000000000000000000005",
        "5\r\nContent-Length: 6",
        "5\r\nX: 1\r\nContent-Length: 05, 7",
        "5\r\nContent-Length:",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\nhello");
        assert_eq!(refused(answer.as_bytes()), (Error::ContentLength, vec![]), "{value:?}");
    }
    let most = b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nhello";
    assert_eq!(refused(most), (Error::Truncated, b"hello".to_vec()));
}

#[test]
fn no_encoded_byte_is_handed_out_as_body() {
    for value in [
        "gzip",
        "gzip, chunked",
        "chunked, gzip",
        "chunked, chunked",
        "identity",
        "",
        ",",
        "chunked;q=1",
        "xchunked",
        "chunked2",
        "\"chunked\"",
        "chunked\r\nTransfer-Encoding: chunked",
        "chunked\0",
        "chunked\r\nTransfer-Encoding: gzip",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {value}\r\nContent-Length: 2\r\n\r\nok");
        assert_eq!(refused(answer.as_bytes()), (Error::TransferEncoding, vec![]), "{value:?}");
    }
}

#[test]
fn chunks_are_joined_whatever_stands_beside_their_sizes() {
    for chunks in [
        "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "00000000000000000000000000000000005\r\nhello\r\n0000\r\n\r\n",
        "5;a\r\nhello\r\n0;b=c;d\r\n\r\n",
        "5 ; a = \"x;\\\"y, 9\"\r\nhello\r\n0\t;\r\n\r\n",
        "5  \r\nhello\r\n0 \r\n\r\n",
        "5\r\nhello\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\nX: a\r\n b\r\n\r\n",
    ] {
        assert_eq!(complete(&chunked(chunks)).1, b"hello", "{chunks:?}");
    }
    let (_, body) = complete(&chunked("A\r\n0\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"));
    assert_eq!(body, b"0\r\n\r\n0\r\n\r\n", "data is never read as framing");
    let (_, body) = complete(&chunked("1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"));
    assert_eq!(body, b"abcdefghijklmnopqrstuvwxyz");
}

#[test]
fn chunks_that_are_malformed_are_refused() {
    let cases: &[(&str, Error, &str)] = &[
        ("+5\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        ("0x5\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        ("\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        (" 5\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        (";a\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        ("5 5\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        ("5,\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        ("-1\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        ("10000000000000000\r\nhello", Error::Chunk, ""),
        ("10000000000000005\r\nhello\r\n0\r\n\r\n", Error::Chunk, ""),
        ("ffffffffffffffff\r\nhello", Error::Truncated, "hello"),
        ("5\r\nhello!\r\n0\r\n\r\n", Error::Chunk, "hello"),
        ("5\r\nhello0\r\n\r\n", Error::Chunk, "hello"),
        ("5\r\nhello\r!0\r\n\r\n", Error::LineEnd, "hello"),
        ("5\r\nhello\n0\r\n\r\n", Error::LineEnd, "hello"),
        ("5\nhello\r\n0\r\n\r\n", Error::LineEnd, ""),
        ("5;a\nhello\r\n0\r\n\r\n", Error::LineEnd, ""),
        ("5;a\rb\r\nhello\r\n0\r\n\r\n", Error::LineEnd, ""),
        ("5\r5\r\nhello\r\n0\r\n\r\n", Error::LineEnd, ""),
        ("5\r\nhello\r\n0\r\nno trailer\r\n\r\n", Error::Field, "hello"),
        ("5\r\nhello\r\n0\r\nX : 1\r\n\r\n", Error::Field, "hello"),
        ("5\r\nhello\r\n\r\n", Error::Chunk, "hello"),
        ("5\r\nhello\r\n0\r\n", Error::Truncated, "hello"),
        ("5\r\nhello\r\n0\r\nX: 1\r\n", Error::Truncated, "hello"),
        ("5\r\nhell", Error::Truncated, "hell"),
    ];
    for (chunks, error, body) in cases {
        assert_eq!(refused(&chunked(chunks)), (*error, body.as_bytes().to_vec()), "{chunks:?}");
    }
}

#[test]
fn every_answer_cut_short_is_truncated() {
    for answer in [
        &b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
        &chunked("2\r\nhe\r\n3;x\r\nllo\r\n0\r\nX-T: 1\r\n\r\n"),
    ] {
        for end in 0..answer.len() {
            assert_eq!(read(&[&answer[..end]]).result, Err(Error::Truncated), "after {end} bytes");
        }
        assert_eq!(read(&[answer]).result, Ok(()));
    }
}

#[test]
fn the_media_type_is_known_whatever_its_parameters() {
    for (value, event_stream, json) in [
        ("text/event-stream", true, false),
        ("Text/EVENT-Stream", true, false),
        ("text/event-stream; charset=\"utf-8, ;\"; application/json", true, false),
        ("text/event-stream ;charset=utf-8", true, false),
        ("text/event-stream-x", false, false),
        ("xtext/event-stream", false, false),
        ("text/event-stream, application/json", false, false),
        ("application/json", false, true),
        ("application/JSON;charset=utf-8", false, true),
        ("application/problem+json", false, true),
        ("application/vnd.example.a-very-long-name.v1+xml+json; q=1", false, true),
        ("application/json-seq", false, false),
        ("application/jsonp", false, false),
        ("application/x+json2", false, false),
        ("text/html; x=application/json", false, false),
        ("text/html; application/json", false, false),
        ("text/html\r\nX: application/json", false, false),
        ("", false, false),
    ] {
        let head = head_with(200, &format!("Content-Type: {value}\r\n"));
        assert_eq!((head.event_stream, head.json), (event_stream, json), "{value:?}");
    }
    assert!(!head_with(200, "").json);
}

#[test]
fn only_identity_is_no_content_encoding() {
    for (fields, identity) in [
        ("", true),
        ("Content-Encoding: identity\r\n", true),
        ("Content-Encoding: Identity, identity\r\n", true),
        ("Content-Encoding:\r\n", true),
        ("Content-Encoding: gzip\r\n", false),
        ("Content-Encoding: identity, br\r\n", false),
        ("Content-Encoding: gzip, identity\r\n", false),
        ("Content-Encoding: gzip\r\nContent-Encoding: identity\r\n", false),
        ("Content-Encoding: identityidentityidentityidentity\r\n", false),
        ("X-Content-Encoding: gzip\r\n", true),
    ] {
        assert_eq!(head_with(200, fields).identity, identity, "{fields:?}");
    }
}

#[test]
fn how_long_to_wait_comes_in_milliseconds_seconds_or_a_date() {
    const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    for (fields, millis) in [
        ("Retry-After: 120\r\n", Some(120_000)),
        ("Retry-After: 0\r\n", Some(0)),
        ("retry-after-ms: 250\r\n", Some(250)),
        ("retry-after-ms: 250\r\nRetry-After: 120\r\n", Some(250)),
        ("Retry-After: 120\r\nretry-after-ms: 250\r\n", Some(250)),
        ("Retry-After: 120\r\nretry-after-ms: soon\r\n", Some(120_000)),
        ("Retry-After: 99999999999\r\n", Some(u64::from(u32::MAX) * 1000)),
        ("Retry-After: -1\r\n", None),
        ("Retry-After: 1.5\r\n", Some(2_000)),
        ("retry-after-ms: 1.5\r\n", Some(2)),
        ("Retry-After: 1.5s\r\n", None),
        ("Retry-After: later\r\n", None),
        ("Retry-After:\r\n", None),
        ("", None),
        ("Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\nDATE", Some(60_000)),
        ("DATERetry-After: Sunday, 06-Nov-94 08:50:37 GMT\r\n", Some(60_000)),
        ("DATERetry-After: Sun Nov  6 08:50:37 1994\r\n", Some(60_000)),
        (
            "Date: Sun Nov  6 08:49:37 1994\r\nRetry-After: Mon, 07 Nov 1994 08:49:37 GMT\r\n",
            Some(86_400_000),
        ),
        (
            "Date: Sunday, 06-Nov-94 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:38 GMT\r\n",
            Some(1000),
        ),
        ("DATERetry-After: Sun, 06 Nov 1994 08:49:36 GMT\r\n", Some(0)),
        ("DATERetry-After: Sun, 06 Nov 1894 08:49:36 GMT\r\n", None),
        ("Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", None),
        ("Date: today\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", None),
    ] {
        let head = head_with(429, &fields.replace("DATE", DATE));
        assert_eq!(head.retry_after, millis.map(Duration::from_millis), "{fields:?}");
    }
}

#[test]
fn the_server_may_say_whether_to_ask_again() {
    for (value, should_retry) in
        [("true", Some(true)), ("False", Some(false)), ("1", None), ("", None), ("truest", None)]
    {
        let head = head_with(400, &format!("X-Should-Retry: {value}\r\n"));
        assert_eq!(head.should_retry, should_retry, "{value:?}");
    }
    assert_eq!(head_with(400, "").should_retry, None);
}

fn location(status: u16, fields: &str) -> Result<Option<String>, Error> {
    let answer = format!("HTTP/1.1 {status} Found\r\n{fields}Content-Length: 0\r\n\r\n");
    splits(answer.as_bytes(), &[], |chunks| {
        let mut response = Response::new();
        for chunk in chunks {
            if let Some(Part::Head(head)) = response.feed(&mut &**chunk)? {
                let location = response.location().map(str::to_owned);
                assert_eq!(head.location, location.is_some());
                return Ok(location);
            }
        }
        panic!("no head");
    })
}

#[test]
fn a_location_of_128_bytes_is_kept_and_no_longer_one() {
    let fits = format!("/{}", "a".repeat(127));
    let long = format!("{fits}a");
    for (status, value, expected) in [
        (302, "/a?b,c=%20;d#e", Ok(Some("/a?b,c=%20;d#e"))),
        (302, "https://Example.org/A+b", Ok(Some("https://Example.org/A+b"))),
        (302, "   /a \t ", Ok(Some("/a"))),
        (302, "/a\r\nLocation: /b", Ok(Some("/b"))),
        (302, &*fits, Ok(Some(&*fits))),
        (302, &format!("{fits}   "), Ok(Some(&*fits))),
        (302, &*long, Err(Error::Capacity)),
        (201, &*long, Ok(None)),
        (201, "/a", Ok(Some("/a"))),
        (302, "/a b", Ok(None)),
        (302, "/a\r\n b", Ok(None)),
        (302, "/\u{e9}", Ok(None)),
        (302, "/a\0", Ok(None)),
        (302, "", Ok(None)),
    ] {
        let result = location(status, &format!("Location: {value}\r\n"));
        assert_eq!(result, expected.map(|location| location.map(str::to_owned)), "{status} {value:?}");
    }
    assert_eq!(location(302, ""), Ok(None));
}

#[test]
fn sixteen_interim_answers_may_come_first_and_leave_nothing_behind() {
    let interim = "HTTP/1.1 103\r\nContent-Length: 9\r\nContent-Encoding: br\r\nLocation: /a\r\n\r\n";
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let (head, body) = complete((interim.repeat(16) + last).as_bytes());
    assert_eq!(
        (head.status, head.framing, head.identity, &*body),
        (200, Framing::Length(2), true, &b"ok"[..])
    );
    assert!(!head.location);
    assert_eq!(refused((interim.repeat(17) + last).as_bytes()).0, Error::TooManyInterim);
    let switching = interim.repeat(2) + "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    assert_eq!(complete(switching.as_bytes()).0.status, 101);
}

/// Reads an answer too long for every chunking: whole, and in even chunks of a few sizes.
fn read_long(answer: &[u8]) -> Answer {
    let whole = read(&[answer]);
    for size in [1, 2, 7, 1024, 4096, 65_537] {
        assert_eq!(read(&answer.chunks(size).collect::<Vec<_>>()), whole, "in chunks of {size} bytes");
    }
    whole
}

#[test]
fn a_head_may_have_256_kib_and_be_a_single_header() {
    let head = |length: usize, first: &str, last: &str| {
        let padding = "y".repeat(length - first.len() - last.len());
        (first.to_owned() + &padding + last).into_bytes()
    };
    let end = "\r\nContent-Length: 0\r\n\r\n";
    for first in [
        "HTTP/1.1 200 OK\r\nX-Big: ",
        "HTTP/1.1 200 OK\r\nContent-Type: ",
        "HTTP/1.1 200 ",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-Big: ",
    ] {
        assert_eq!(read_long(&head(256 * 1024, first, end)).result, Ok(()), "{first:?}");
        assert_eq!(read_long(&head(256 * 1024 + 1, first, end)).result, Err(Error::HeadTooLong), "{first:?}");
    }
    let name = head(256 * 1024, "HTTP/1.1 200 OK\r\nX", ": 1\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(read_long(&name).result, Ok(()), "a name may be long as well");
    let megabyte = head(1 << 20, "HTTP/1.1 200 OK\r\nX-Big: ", end);
    assert_eq!(read_long(&megabyte).result, Err(Error::HeadTooLong));
}

#[test]
fn a_chunk_size_line_may_have_4_kib_and_the_trailers_64() {
    let line = |length: usize| {
        let line = format!("2;{}\r\n", "x".repeat(length - 4));
        chunked(&format!("1\r\n-\r\n{line}ok\r\n{line}ok\r\n0\r\n\r\n"))
    };
    assert_eq!(read_long(&line(4096)).result, Ok(()));
    assert_eq!(read_long(&line(4097)).result, Err(Error::ChunkLineTooLong));

    let trailers = |length: usize| {
        let many = "X-T: yyyyyyyyyy\r\n".repeat(1000);
        let rest = "y".repeat(length - many.len() - "X: \r\n\r\n".len());
        chunked(&format!("2\r\nok\r\n0\r\n{many}X: {rest}\r\n\r\n"))
    };
    assert_eq!(read_long(&trailers(64 * 1024)).result, Ok(()));
    assert_eq!(read_long(&trailers(64 * 1024 + 1)).result, Err(Error::TrailersTooLong));
}
