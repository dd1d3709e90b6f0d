//! Any bytes in any chunks through the reader of answers, beside one that reads them whole, and the lines of
//! that beside httparse.
#![no_main]

use std::ops::ControlFlow::{Break, Continue};

use libfuzzer_sys::fuzz_target;
use taskgroup::http::{self, Error, Part, Response};
use taskgroup_fuzz::{
    cuts::Cuts,
    http::{Answer, End, Framing, Head, lines, read},
};

fuzz_target!(|input: &[u8]| {
    let Some((cuts, answer)) = Cuts::split(input) else { return };
    let expected = read(answer);
    let (found, location, error) = cuts.same(answer, fed);
    assert_eq!((&found.head, &found.body), (&expected.head, &expected.body), "{error:?}");
    match (expected.end, error) {
        // Wrong at a byte that the model has not come to.
        (End::Cut, Some(_)) => {}
        (End::Wrong, Some(error)) => assert_ne!(error, Error::Truncated),
        (end, _) => assert_eq!(found.end, end, "{error:?}"),
    }
    assert!(location.is_none_or(|location| location.bytes().all(|byte| byte.is_ascii_graphic())));
    assert_eq!(peeked(answer), found.body);
    agrees_with_httparse(answer);
});

/// What came of it: that, the location, and what was wrong with it.
fn fed(chunks: &[&[u8]]) -> (Answer, Option<String>, Option<Error>) {
    let mut response = Response::new();
    let mut answer = Answer::default();
    let (mut taken, mut error) = (0, None);
    for mut chunk in chunks.iter().copied() {
        let length = chunk.len();
        loop {
            match response.feed(&mut chunk) {
                Ok(None) => break,
                Ok(Some(Part::Head(head))) => assert_eq!(answer.head.replace(comparable(head)), None),
                Ok(Some(Part::Body(bytes))) => {
                    assert!(!bytes.is_empty() && answer.head.is_some() && answer.end == End::Cut);
                    answer.body.extend_from_slice(bytes);
                }
                Ok(Some(Part::End)) => {
                    assert_eq!(answer.end, End::Cut, "one end");
                    answer.end = End::Whole(taken + length - chunk.len());
                }
                Err(found) => {
                    assert_eq!(response.feed(&mut chunk), Err(found), "the same again");
                    error = Some(found);
                    break;
                }
            }
        }
        if error.is_some() {
            break;
        }
        assert!(chunk.is_empty() || answer.end != End::Cut, "no more parts means no more input");
        taken += length;
    }
    let closed = response.closed();
    assert!(error.is_none() || closed.err() == error);
    if closed.is_ok() && answer.end == End::Cut {
        answer.end = End::Whole(0);
    }
    let location = response.location().filter(|_| answer.head.is_some()).map(str::to_owned);
    (answer, location, closed.err())
}

fn comparable(head: http::Head) -> Head {
    Head {
        status: head.status,
        framing: match head.framing {
            http::Framing::Length(length) => Framing::Length(length),
            http::Framing::Chunked => Framing::Chunked,
            http::Framing::UntilClose => Framing::UntilClose,
        },
        event_stream: head.event_stream,
        json: head.json,
        identity: head.identity,
    }
}

/// The body, by a reader that takes it by the byte.
fn peeked(mut input: &[u8]) -> Vec<u8> {
    let (mut response, mut body) = (Response::new(), Vec::new());
    while let Ok(Some(part)) = response.peek(&mut input) {
        if let Part::Body([byte, ..]) = part {
            body.push(*byte);
            response.take(&mut input, 1);
        }
    }
    body
}

/// Where httparse finds a head, so does the model, and the same in it; where it wants more, so does the
/// model.
fn agrees_with_httparse(answer: &[u8]) {
    let mut fields = vec![httparse::EMPTY_HEADER; 2048];
    let mut theirs = httparse::Response::new(&mut fields);
    let length = match theirs.parse(answer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => {
            assert!(lines(answer, 0).is_break(), "{answer:?}");
            return;
        }
        Err(_) => return,
    };
    // It passes over blank lines before an answer, and takes a status below 100.
    if answer.starts_with(b"\r") || answer.starts_with(b"\n") || theirs.code < Some(100) {
        return;
    }
    let ours = match lines(answer, 0) {
        Continue(lines) => lines,
        Break(end) => panic!("{end:?}, but httparse reads {theirs:?}"),
    };
    let fields: Vec<_> = theirs
        .headers
        .iter()
        .map(|field| (field.name.to_ascii_lowercase(), field.value.trim_ascii().to_vec()))
        .collect();
    let trimmed: Vec<_> =
        ours.fields.into_iter().map(|(name, value)| (name, value.trim_ascii().to_vec())).collect();
    assert_eq!((ours.end, Some(ours.status), trimmed), (length, theirs.code, fields));
}
