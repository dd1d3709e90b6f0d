//! One answer, in any chunks.

use taskgroup::{
    api::{Standard, StreamEvent},
    session::{Action, ApiError, Config, Event, Session},
    time::Instant,
};

use crate::cuts::Cuts;

/// All that a caller sees of an answer and of the connection's orderly end after it.
#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<String>,
    cursor: Option<String>,
    /// What the server said.
    error: Option<ApiError>,
    next: Action,
}

/// The first byte is the request, the next two are the cuts.
///
/// # Panics
///
/// When a chunking shows another answer.
pub fn answered(input: &[u8]) {
    let Some((which, rest)) = input.split_first() else { return };
    let Some((cuts, answer)) = Cuts::split(rest) else { return };
    cuts.same(answer, |chunks| seen(*which, chunks));
}

fn seen(which: u8, chunks: &[&[u8]]) -> Seen {
    let now = Instant::from_millis(1_000_000);
    let mut session = Session::<StreamEvent<Standard>>::new(Config::new("key"), super::request(which));
    assert!(matches!(session.poll(now), Action::Connect { .. }));
    session.connected(now);
    while matches!(session.poll(now), Action::Send { .. }) {
        assert!(session.fill(&mut [0; 4096]) > 0);
    }
    let mut events = Vec::new();
    for mut chunk in chunks.iter().copied() {
        while let Some(event) = session.feed(&mut chunk, now) {
            events.push(match event {
                Event::Record(record) => format!("{record:?}"),
                Event::Opened { resumed } => format!("opened, resumed: {resumed}"),
                Event::Skipped(why) => why.to_string(),
            });
        }
        assert!(chunk.is_empty());
    }
    session.closed(now);
    let mut next = session.poll(now);
    if next == Action::Close {
        next = session.poll(now);
    }
    Seen { events, cursor: session.cursor().map(str::to_owned), error: session.error().cloned(), next }
}
