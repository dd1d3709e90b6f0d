//! A prompt in, the text of a streamed chat completion out: the session embedded in a client of another API, over the
//! standard library's sockets. In plaintext, for a server on this machine: another needs TLS around the socket.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
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
pub fn complete(config: Config<'_>, body: &str, mut show: impl FnMut(&str)) -> (Outcome, Option<String>) {
    let request = Request::new(&COMPLETIONS).with_body(body.as_bytes());
    let mut session = Session::<Chunk>::new(config, request);
    let (start, mut tcp, mut buffer) = (Clock::now(), None, [0; 1024]);
    let now = || Instant::from_millis(0) + start.elapsed();
    let left = |until: Instant| until.saturating_since(now()).max(Duration::from_millis(1));
    loop {
        let result = match session.poll(now()) {
            Action::Connect { .. } => TcpStream::connect((config.host(), config.port())).map(|open| {
                tcp = Some(open);
                session.connected(now());
            }),
            Action::Send { until } => {
                let n = session.fill(&mut buffer);
                let written = within(&tcp, left(until)).and_then(|mut tcp| tcp.write_all(&buffer[..n]));
                written.map_err(|_| ErrorKind::BrokenPipe.into())
            }
            Action::Receive { until } => {
                within(&tcp, left(until)).and_then(|mut tcp| tcp.read(&mut buffer)).map(|n| {
                    let mut input = &buffer[..n];
                    while let Some(event) = session.feed(&mut input, now()) {
                        let Event::Record(chunk) = event else { continue };
                        chunk.choices.iter().for_each(|choice| show(&choice.content));
                    }
                    if n == 0 {
                        session.closed(now());
                    }
                })
            }
            Action::Close => {
                tcp = None;
                continue;
            }
            Action::Sleep { until, .. } => {
                thread::sleep(left(until));
                continue;
            }
            Action::Stop(outcome) => {
                return (outcome, session.error().map(|error| error.message.to_string()));
            }
        };
        // At the deadline, poll will know.
        if let Err(error) = result
            && !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        {
            session.failed(now(), Failure::Broken);
        }
    }
}

fn within(tcp: &Option<TcpStream>, span: Duration) -> io::Result<&TcpStream> {
    let tcp = tcp.as_ref().ok_or(ErrorKind::NotConnected)?;
    tcp.set_read_timeout(Some(span)).and_then(|()| tcp.set_write_timeout(Some(span))).map(|()| tcp)
}
