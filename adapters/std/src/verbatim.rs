//! Pieces of an event in, its JSON out.

use taskgroup::{
    json::{Field, Json, Kind, Node, Record, Stop},
    record,
};

/// A record of events of all types: their JSON text, their id and their type.
///
/// ```
/// use taskgroup::json::{self, Record};
/// use taskgroup_std::Verbatim;
///
/// let text = br#"{"type": "error", "event_id": "7", "big": 1.50}"#;
/// let mut event = Verbatim::default();
/// json::fill(&mut event, text)?;
/// event.data(text); // a session does this by itself
/// assert_eq!((event.json(), event.event_id(), event.kind()), (&text[..], Some("7"), Some("error")));
/// # Ok::<(), json::Error>(())
/// ```
///
/// # Limits
///
/// It keeps the memory of the largest event until you drop it.
///
/// The text is the content of the event's `data` lines, byte for byte, joined by line feeds. It is JSON if a
/// session gives it as a record; for an event that was skipped it may be anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verbatim {
    json: Vec<u8>,
    members: Members,
}

impl Verbatim {
    /// The event's JSON text. Bytes that are not UTF-8 can only occur in its strings.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The event's `event_id`, if it has one.
    #[must_use]
    pub fn event_id(&self) -> Option<&str> {
        Some(self.members.event_id.text.as_str()).filter(|id| !id.is_empty())
    }

    /// The event's `type`, if it has one.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        Some(self.members.kind.text.as_str()).filter(|kind| !kind.is_empty())
    }
}

impl Field for Verbatim {
    fn clear(&mut self) {
        self.json.clear();
        self.members.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.object(self)
    }
}

impl Record for Verbatim {
    fn names(&self) -> &'static [Node] {
        self.members.names()
    }

    fn member(&mut self, index: usize) -> Option<&mut dyn Field> {
        self.members.member(index)
    }

    fn wants(&self, _: &str) -> Option<bool> {
        Some(true)
    }

    fn data(&mut self, piece: &[u8]) {
        self.json.extend_from_slice(piece);
    }
}

record! {
    #[derive(Clone, Debug, PartialEq)]
    struct Members for * {
        kind: Word = "/type",
        event_id: Word = "/event_id",
    }
}

/// A text if it is a string: an event with an id of another type is delivered all the same.
#[derive(Clone, Debug, Default, PartialEq)]
struct Word {
    text: String,
    is_text: bool,
}

impl Field for Word {
    fn clear(&mut self) {
        self.text.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        if let Some(kind) = json.peek()? {
            self.is_text = kind == Kind::String;
        }
        if self.is_text { json.text(&mut |piece| self.text.push_str(piece)) } else { json.skip() }
    }
}
