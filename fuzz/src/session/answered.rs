//! One answer, in any chunks.

use taskgroup::{
    api::{Standard, StreamEvent},
    json::Error,
    session::{Action, ApiError, Config, Event, Session},
    time::Instant,
};

use crate::{cuts::Cuts, http, json};

/// All that a caller sees of an answer and of the connection's orderly end after it.
#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<String>,
    cursor: Option<String>,
    /// What the server said. Not where that was broken JSON: how much of it is heard before it is known to be
    /// broken depends on the chunks.
    error: Option<Option<ApiError>>,
    /// Not after an event that was broken: it may have been heard as an `error`, or not, for the same reason.
    next: Option<Action>,
}

/// The first byte is the request, the next two are the cuts.
///
/// # Panics
///
/// When a chunking shows another answer.
pub fn answered(input: &[u8]) {
    let Some((which, rest)) = input.split_first() else { return };
    let Some((cuts, answer)) = Cuts::split(rest) else { return };
    let whole = http::read(answer);
    let is_said = whole.head.is_none_or(|head| !head.json) || json::read(&whole.body).is_some();
    cuts.same(answer, |chunks| seen(*which, is_said, chunks));
}

fn seen(which: u8, is_said: bool, chunks: &[&[u8]]) -> Seen {
    let now = Instant::from_millis(1_000_000);
    let mut session = Session::<StreamEvent<Standard>>::new(Config::new("key"), super::request(which));
    assert!(matches!(session.poll(now), Action::Connect { .. }));
    session.connected(now);
    while matches!(session.poll(now), Action::Send { .. }) {
        assert!(session.fill(&mut [0; 4096]) > 0);
    }
    let (mut events, mut is_broken) = (Vec::new(), false);
    for mut chunk in chunks.iter().copied() {
        while let Some(event) = session.feed(&mut chunk, now) {
            events.push(match event {
                Event::Record(record) => format!("{record:?}"),
                Event::Opened { resumed } => format!("opened, resumed: {resumed}"),
                Event::Skipped(why) => {
                    is_broken |= !matches!(why.0, Error::Mismatch(_));
                    why.to_string()
                }
            });
        }
        assert!(chunk.is_empty());
    }
    session.closed(now);
    let mut next = session.poll(now);
    if next == Action::Close {
        next = session.poll(now);
    }
    let cursor = session.cursor().map(str::to_owned);
    Seen {
        events,
        cursor,
        error: (is_said && !is_broken).then(|| session.error().cloned()),
        next: (!is_broken).then_some(next),
    }
}
