//! A program that embeds the session for another API's streamed chat completions, against a server of that
//! API with real sockets.

#[path = "other_api/chat.rs"]
mod chat;

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use taskgroup::session::{Config, Fault, Outcome};

const KEY: &str = "sk-0123456789abcdef";
const BODY: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Zürich?"}]}"#;

/// What a server does with one connection: after the whole request, it sends these bytes and closes.
type Answer = Vec<u8>;

/// One server for these connections, and how each was asked; then the client, and what it made of them.
fn ask(answers: Vec<Answer>) -> (Outcome, String, String, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = answers.len();
    let server = thread::spawn(move || {
        let serve = |answer: Answer| {
            let (mut tcp, _) = listener.accept().unwrap();
            let (mut request, mut buffer) = (Vec::new(), [0; 100]);
            while !request.ends_with(BODY.as_bytes()) {
                let read = tcp.read(&mut buffer).unwrap();
                assert!(read > 0, "the whole request comes");
                request.extend(&buffer[..read]);
            }
            for bytes in answer.chunks(5) {
                tcp.write_all(bytes).unwrap();
            }
            String::from_utf8(request).unwrap()
        };
        let requests = answers.into_iter().map(serve).collect();
        listener.set_nonblocking(true).unwrap();
        (requests, listener)
    });
    let config = Config::for_server("127.0.0.1", KEY).with_server("127.0.0.1", port, false).with_seed(1);
    let mut shown = String::new();
    let (outcome, message) = chat::complete(config, BODY, |text| shown += text);
    let (requests, listener): (Vec<String>, _) = server.join().unwrap();
    assert_eq!(requests.len(), count);
    assert!(listener.accept().is_err(), "nobody asks again");
    (outcome, message.unwrap_or_default(), shown, requests)
}

fn chunk(text: &str) -> String {
    format!(
        "data: {{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null}}]}}\n\n"
    )
}

fn stream(body: &str) -> Answer {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
    )
    .into_bytes()
}

fn whole() -> String {
    // The first has a role and no content, the last no choice, as usual.
    let first = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n: ping\n\n";
    let last = "data: {\"choices\":[],\"usage\":{\"total_tokens\":9}}\n\ndata: [DONE]\n\n";
    format!("{first}{}{}{last}", chunk("Gr\\u00fc"), chunk("ezi 😀"))
}

#[test]
fn a_completion_is_shown_whole_and_ends_with_done() {
    let (outcome, message, shown, requests) = ask(vec![stream(&whole())]);
    assert_eq!((outcome, &*message, &*shown), (Outcome::Done, "", "Grüezi 😀"));
    let request = &requests[0];
    assert!(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:"), "{request}");
    assert!(request.contains(&format!("\r\nauthorization: Bearer {KEY}\r\n")), "{request}");
    assert_eq!(request.matches(KEY).count(), 1);
    for word in ["x-api-key", "parallel", "v1beta", "event_id"] {
        assert!(!request.to_lowercase().contains(word), "{word} is another API's: {request}");
    }
}

#[test]
fn a_completion_that_is_cut_is_not_taken_for_whole_and_the_post_is_not_repeated() {
    let whole = stream(&whole());
    let text = String::from_utf8(whole.clone()).unwrap();
    let head = text.find("\r\n\r\n").unwrap() + 4;
    let done = text.find("[DONE]").unwrap();
    for length in [0, 10, head, head + 3, done - 200, done - 1, done + 3, done + "[DONE]\n".len()] {
        let (outcome, _, shown, requests) = ask(vec![whole[..length].to_vec()]);
        assert_ne!(outcome, Outcome::Done, "{length}");
        assert!("Grüezi 😀".starts_with(&shown), "{shown}");
        assert_eq!(requests.len(), 1);
    }
    let orderly = text[head..].replace("data: [DONE]\n\n", "");
    let body = orderly.split_once("\r\n").unwrap().1.strip_suffix("\r\n0\r\n\r\n").unwrap();
    let (outcome, _, shown, _) = ask(vec![stream(body)]);
    assert_eq!(
        (outcome, &*shown),
        (Outcome::Peer(Fault::EndMissing), "Grüezi 😀"),
        "however orderly it ends"
    );
}

#[test]
fn a_refusal_is_told_in_the_servers_words_without_the_key_and_not_asked_again() {
    for status in ["401 Unauthorized", "429 Too Many Requests", "503 Service Unavailable"] {
        let body = format!("{{\"error\":{{\"message\":\"not for Bearer {KEY}\",\"type\":\"x\"}}}}");
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nretry-after: 1\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let (outcome, message, shown, _) = ask(vec![answer.into_bytes()]);
        assert_eq!(outcome, Outcome::Status(status[..3].parse().unwrap()));
        assert_eq!((&*message, &*shown), ("not for Bearer ***", ""));
    }
}

#[test]
fn a_client_in_under_80_lines() {
    let lines = include_str!("other_api/chat.rs").lines().count();
    assert!(lines < 80, "{lines}");
}
