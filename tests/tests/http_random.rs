//! Random requests and answers: what is written must be read back equal by another's parser, and what
//! is read must not depend on how it came.

use proptest::prelude::*;
use taskgroup::http::{Error, Method, Part, Response, Writer};

#[derive(Clone, Debug)]
struct Request {
    ids: Vec<String>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.method(if self.body.is_some() { Method::Post } else { Method::Get });
        for id in &self.ids {
            writer.segment(id);
        }
        for (name, value) in &self.query {
            writer.query(name).encoded(value);
        }
        writer.version().host("example.org", 8080, true);
        for (name, value) in &self.headers {
            writer.header(name, value);
        }
        match &self.body {
            Some(body) => writer.body(body),
            None => writer.end(),
        };
    }

    fn bytes(&self, sizes: impl IntoIterator<Item = usize>) -> Vec<u8> {
        let mut request = Vec::new();
        for size in sizes {
            let mut out = vec![0; size];
            let mut writer = Writer::new(&mut out, request.len());
            self.write(&mut writer);
            let complete = writer.is_complete();
            let length = writer.finish();
            request.extend_from_slice(&out[..length]);
            if complete {
                return request;
            }
        }
        unreachable!("the sizes never end")
    }
}

fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

fn requests() -> impl Strategy<Value = Request> {
    let text = "(?s).{0,12}";
    (
        prop::collection::vec(text, 1..4),
        prop::collection::vec((text, text), 0..4),
        prop::collection::vec(("x-[a-z]{1,8}", "([!-~]([ -~\t]{0,20}[!-~])?)?"), 0..4),
        prop::option::of(prop::collection::vec(any::<u8>(), 0..200)),
    )
        .prop_map(|(ids, query, headers, body)| Request { ids, query, headers, body })
}

/// An answer and its body.
fn answers() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let chunk = (prop::collection::vec(any::<u8>(), 1..40), "0{0,3}", "([ \t]{0,2};[!-~]{0,9})?");
    prop::collection::vec(chunk, 0..5).prop_map(|chunks| {
        let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let mut body = Vec::new();
        for (data, zeros, extension) in chunks {
            answer.extend_from_slice(format!("{zeros}{:x}{extension}\r\n", data.len()).as_bytes());
            answer.extend_from_slice(&data);
            answer.extend_from_slice(b"\r\n");
            body.extend_from_slice(&data);
        }
        answer.extend_from_slice(b"0\r\nX-T: 1\r\n\r\n");
        (answer, body)
    })
}

/// Bytes that have a meaning somewhere in an answer, so that random ones get past the first line.
fn near_answers() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("HTTP/1.1 200 OK\r\n"),
        Just("HTTP/1.1 100 Continue\r\n\r\n"),
        Just("HTTP/1.1 302 Found\r\n"),
        Just("Transfer-Encoding: chunked\r\n"),
        Just("Content-Length: 3\r\n"),
        Just("Content-Length: 30\r\n"),
        Just("Content-Type: text/event-stream\r\n"),
        Just("Location: /a\r\n"),
        Just("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        Just("Date"),
        Just(": "),
        Just(","),
        Just(" "),
        Just("\r\n"),
        Just("\r"),
        Just("\n"),
        Just("3"),
        Just("0"),
        Just(";x"),
        Just("abc"),
        Just("\0"),
    ];
    prop::collection::vec(piece, 0..24)
        .prop_map(|pieces| ["HTTP/1.1 200 OK\r\n"].into_iter().chain(pieces).collect::<String>().into())
}

/// Debug texts of what came: heads, joined bodies, the end, and how it ended.
fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, Vec<u8>, Result<(), Error>) {
    let mut response = Response::new();
    let (mut parts, mut body) = (Vec::new(), Vec::new());
    for mut input in chunks {
        loop {
            match response.feed(&mut input) {
                Ok(None) => break,
                Ok(Some(Part::Body(bytes))) => body.extend_from_slice(bytes),
                Ok(Some(part)) => parts.push(format!("{part:?}")),
                Err(error) => return (parts, body, Err(error)),
            }
        }
    }
    (parts, body, response.closed())
}

/// The body again, by a reader that takes it by the byte.
fn read_by_the_byte(mut input: &[u8]) -> Vec<u8> {
    let (mut response, mut body) = (Response::new(), Vec::new());
    while let Ok(Some(part)) = response.peek(&mut input) {
        if let Part::Body([byte, ..]) = part {
            body.push(*byte);
            response.take(&mut input, 1);
        }
    }
    body
}

proptest! {
    #[test]
    fn a_request_reads_back_equal_whatever_buffer_it_went_through(
        request in requests(),
        sizes in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let whole = request.bytes([1 << 16]);
        prop_assert_eq!(&request.bytes(sizes.into_iter().cycle()), &whole);

        let mut headers = [httparse::EMPTY_HEADER; 8];
        let mut read = httparse::Request::new(&mut headers);
        let length = read.parse(&whole).unwrap().unwrap();
        prop_assert_eq!(read.method, Some(if request.body.is_some() { "POST" } else { "GET" }));
        prop_assert_eq!(read.version, Some(1));

        let (path, query) = read.path.unwrap().split_once('?').unwrap_or((read.path.unwrap(), ""));
        let ids: Vec<String> = path.split('/').skip(1).map(decoded).collect();
        prop_assert_eq!(ids, request.ids);
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: Vec<_> = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
        prop_assert_eq!(pairs, request.query);

        let mut expected = vec![("host".to_owned(), "example.org:8080".to_owned())];
        expected.extend(request.headers);
        if let Some(body) = &request.body {
            expected.push(("content-length".to_owned(), body.len().to_string()));
        }
        let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
        let headers: Vec<_> =
            read.headers.iter().map(|header| (header.name.to_owned(), text(header.value))).collect();
        prop_assert_eq!(headers, expected);
        prop_assert_eq!(&whole[length..], request.body.unwrap_or_default());
    }

    #[test]
    fn chunked_data_comes_out_as_it_went_in((answer, body) in answers(), size in 1_usize..50) {
        let (parts, read_body, result) = read(answer.chunks(size));
        prop_assert_eq!((parts.len(), result), (2, Ok(())));
        prop_assert_eq!(&read_body, &body);
        prop_assert_eq!(read_by_the_byte(&answer), body);
    }

    #[test]
    fn what_comes_of_an_answer_does_not_depend_on_its_chunks(answer in near_answers(), size in 1_usize..9) {
        let whole = read([&*answer]);
        prop_assert_eq!(read(answer.chunks(size)), whole.clone());
        prop_assert_eq!(read(answer.chunks(1)), whole);
    }

    #[test]
    fn no_bytes_upset_it(answer in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(read(answer.chunks(1)), read([&*answer]));
    }
}
