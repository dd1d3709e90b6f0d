//! A prompt in, the text of a streamed chat completion out: the session embedded in a client of another API,
//! over the standard library's sockets. In plaintext, for a server on this machine: another needs TLS around
//! the socket.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant as Clock},
};

use taskgroup::{
    json::List,
    record,
    session::{Action, Config, End, Endpoint, Event, Failure, Outcome, Request, Session},
    text::Text,
    time::Instant,
};

static COMPLETIONS: Endpoint = Endpoint::post("/v1/chat/completions")
    .with_key("authorization", "Bearer ")
    .with_error("/error/message")
    .with_stream(End::Data("[DONE]"));

record! { struct Chunk { choices: List<Choice, 1> = "/choices" } }
record! { struct Choice { content: Text<4096> = "/delta/content" } }

/// Shows the completion as it comes. Then says how it ended, and what the server had to say when it refused.
pub(crate) fn complete(
    config: Config<'_>,
    body: &str,
    mut show: impl FnMut(&str),
) -> (Outcome, Option<String>) {
    let request = Request::new(&COMPLETIONS).with_body(body.as_bytes());
    let mut session = Session::<Chunk>::new(config, request);
    let (start, mut socket, mut buffer) = (Clock::now(), None, [0; 1024]);
    let now = || Instant::from_millis(0) + start.elapsed();
    loop {
        let result = match (session.poll(now()), &mut socket) {
            (Action::Connect { .. }, _) => {
                TcpStream::connect((config.host(), config.port())).and_then(|open| {
                    open.set_read_timeout(Some(Duration::from_secs(1)))?;
                    socket = Some(open);
                    session.connected(now());
                    Ok(())
                })
            }
            (Action::Send { .. }, Some(socket)) => {
                let n = session.fill(&mut buffer);
                socket.write_all(&buffer[..n]).map_err(|_| ErrorKind::BrokenPipe.into())
            }
            (Action::Receive { .. }, Some(socket)) => socket.read(&mut buffer).map(|n| {
                let mut input = &buffer[..n];
                while let Some(event) = session.feed(&mut input, now()) {
                    let Event::Record(chunk) = event else { continue };
                    chunk.choices.iter().for_each(|choice| show(&choice.content));
                }
                (n == 0).then(|| session.closed(now()));
            }),
            (Action::Sleep { until, .. }, _) => {
                thread::sleep(until.saturating_since(now()));
                Ok(())
            }
            (Action::Stop(outcome), _) => {
                return (outcome, session.error().map(|error| error.message.to_string()));
            }
            (Action::Close | Action::Send { .. } | Action::Receive { .. }, socket) => {
                *socket = None;
                Ok(())
            }
        };
        match result {
            // Nothing for a second: poll knows how long to wait.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => session.failed(now(), Failure::Broken),
            Ok(()) => {}
        }
    }
}
