//! A server that keeps to the protocol, and whose answers are cut.

use taskgroup::{
    api,
    session::{Config, Failure, Outcome},
};
use taskgroup_tests::{
    peer::{Answer, Line, Peer, Received},
    wire::{Framing, bare},
};

use crate::bytes::Bytes;

/// The most troubles; after them, everything works.
const TROUBLES: usize = 12;

/// Something that goes wrong with one answer.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    framing: Framing,
    /// Which part of the answer comes, of 65,535.
    part: u16,
    end: End,
    resume: Resume,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Reset,
    Close,
    Silence,
    Refusal,
}

/// What a server makes of the cursor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Resume {
    Next,
    Repeat,
    Ignore,
}

/// The first bytes are the sizes of the buffers, then events, then troubles.
///
/// # Panics
///
/// If an event is missing, comes twice or in the wrong place.
pub fn served(input: &[u8]) {
    let mut bytes = Bytes(input);
    let (read, write, seed) = (bytes.short(), bytes.byte(), bytes.short());
    let ids: Vec<String> = (0..bytes.byte() % 12).map(|place| id(place, &mut bytes)).collect();
    let mut lines = Vec::new();
    let mut troubles = Vec::new();
    while !bytes.is_empty() && troubles.len() < TROUBLES {
        lines.push(line(bytes.byte()));
        troubles.push(trouble(&mut bytes));
    }

    let mut troubles = troubles.into_iter();
    let mut peer = Peer::new(|request| {
        let next = rest(&ids, request);
        match troubles.next() {
            Some(trouble) => trouble.answer(&ids, next),
            None => Answer::new().bytes(Framing::Chunked.stream(&stream(&ids[next..]))),
        }
    });
    peer.line = Box::new(|nth| lines.get(nth).cloned().unwrap_or(Line::Opens));
    (peer.read, peer.write) = (usize::from(read % 600) + 1, usize::from(write) + 1);
    let report = peer.run(Config::new("key").with_attempts(None).with_seed(seed.into()), api::runs("g"));
    assert_eq!(report.ids(), ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(report.outcome, Some(Outcome::Done));
}

/// Any text to 128 bytes, none twice.
fn id(place: u8, bytes: &mut Bytes<'_>) -> String {
    let length = bytes.byte();
    let text = String::from_utf8_lossy(bytes.piece(usize::from(length % 16)));
    let id = format!("{place} {text}");
    let padding = if length & 0x80 == 0 { 0 } else { 128 - id.len() };
    id + &"x".repeat(padding)
}

fn line(byte: u8) -> Line {
    match byte {
        0..32 => Line::Fails(Failure::Unreachable),
        32..48 => Line::Hangs,
        48..80 => Line::Breaks(usize::from(byte)),
        80..96 => Line::Blocks(usize::from(byte)),
        _ => Line::Opens,
    }
}

fn trouble(bytes: &mut Bytes<'_>) -> Trouble {
    let kind = bytes.byte();
    Trouble {
        framing: Framing::ALL[usize::from(kind % 3)],
        part: bytes.short(),
        end: [End::Reset, End::Close, End::Silence, End::Refusal][usize::from(kind >> 2 & 3)],
        resume: match kind >> 4 {
            0..4 => Resume::Repeat,
            4..8 => Resume::Ignore,
            _ => Resume::Next,
        },
    }
}

/// Where the events begin that the server still has to send.
fn rest(ids: &[String], request: &Received) -> usize {
    let Some(cursor) = request.cursor() else { return 0 };
    ids.iter().position(|id| *id == cursor).expect("the cursor of no event") + 1
}

impl Trouble {
    fn answer(&self, ids: &[String], next: usize) -> Answer {
        let first = match self.resume {
            Resume::Next => next,
            Resume::Repeat => next.saturating_sub(1),
            Resume::Ignore => 0,
        };
        let whole = self.framing.stream(&stream(&ids[first..]));
        let part = &whole[..whole.len() * usize::from(self.part) / usize::from(u16::MAX)];
        let answer = Answer::new().bytes(part);
        match self.end {
            // An answer that ends in order without a length, and with nothing new, is the end of the stream
            // to the client; or, if it started over, a server that has lost the cursor. A server that has
            // events left does neither.
            End::Close if self.framing == Framing::UntilClose && !self.brings_news(part, ids, next) => {
                answer.reset()
            }
            End::Reset => answer.reset(),
            End::Close => answer.close(),
            End::Silence => answer,
            End::Refusal => bare("503 No", &[("retry-after", "1")]),
        }
    }

    fn brings_news(&self, part: &[u8], ids: &[String], next: usize) -> bool {
        ids.get(next).is_some_and(|id| {
            let event = event(id);
            part.windows(event.len()).any(|window| window == event.as_bytes())
        })
    }
}

fn stream(ids: &[String]) -> String {
    ids.iter().map(|id| event(id)).collect()
}

fn event(id: &str) -> String {
    let id = serde_json::to_string(id).expect("a string is JSON");
    format!(
        "event: task_run.state\ndata: {{\"type\":\"task_run.state\",\"event_id\":{id},\"text\":\"é\"}}\n\n"
    )
}
