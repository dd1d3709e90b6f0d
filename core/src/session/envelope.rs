//! What the session itself reads in each event and answer: tokens in, id, type, end and error out.

use core::{fmt, mem};

use super::id::Id;
use crate::{
    json::{Token, Watch},
    text::{Decoder, Text},
};

/// What the server said, when it said no.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct ApiError {
    /// The status code of the answer; 200 for an `error` event in a stream.
    pub status: u16,
    /// The reference that the service gives its errors, for its support.
    pub ref_id: Text<40>,
    /// The service's own words. Of a validation error's list, the first entry; of an answer that
    /// is not JSON, its beginning.
    pub message: Text<128>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if self.message.lost() > 0 {
            f.write_str("…")?;
        }
        if !self.ref_id.is_empty() {
            write!(f, " (ref_id {})", self.ref_id)?;
        }
        Ok(())
    }
}

impl core::error::Error for ApiError {}

/// Reads the members of each event and answer that the session goes by, whatever the record makes
/// of them:
///
/// ```text
/// {"type": kind, "event_id": id, "status": {"is_active": active}, "run": {"is_active": active},
///  "error": {"ref_id": …, "message": …}, "detail": "message" or [{"msg": message}, …]}
/// ```
pub(super) struct Envelope {
    /// The event's type: the member `type`, or else the name that the stream gave it.
    pub(super) kind: Text<40>,
    /// Whether the kind is the member's.
    typed: bool,
    /// Whether the event's id was read to its end.
    pub(super) id_whole: bool,
    /// Whether the group has active runs (`/status/is_active`); in the stream of one run, whether it is
    /// active (`/run/is_active`).
    pub(super) active: Option<bool>,
    /// A status of 0: the server has said nothing yet.
    error: ApiError,
    id_source: IdSource,
    member: Member,
    inner: Inner,
    /// The string that is being read has not ended.
    is_open: bool,
    /// How many objects and arrays are open inside the member.
    depth: u8,
    /// The name of a member inside the member, as far as it has come and has room; those with a
    /// meaning are shorter.
    name: heapless::Vec<u8, 10, u8>,
    decoder: Decoder,
}

/// Where the ids of the events are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IdSource {
    /// In the member `event_id`.
    Member,
    /// In the field `id` of the event stream.
    Field,
}

/// The member of the root object that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Type,
    EventId,
    Error,
    Detail,
    /// The status of a group, or a run.
    Status,
}

/// The member inside of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inner {
    RefId,
    Message,
    IsActive,
    Other,
}

impl Envelope {
    pub(super) const fn new(id_source: IdSource) -> Self {
        Self {
            kind: Text::new(),
            typed: false,
            id_whole: false,
            active: None,
            error: ApiError { status: 0, ref_id: Text::new(), message: Text::new() },
            id_source,
            member: Member::Type,
            inner: Inner::Other,
            is_open: false,
            depth: 0,
            name: heapless::Vec::new(),
            decoder: Decoder::new(),
        }
    }

    /// An event or an answer begins. What the server has said in an earlier one stays.
    pub(super) fn begin(&mut self) {
        self.kind.clear();
        self.typed = false;
        self.id_whole = false;
        self.active = None;
        self.is_open = false;
        self.decoder = Decoder::new();
        if self.error.status == 0 {
            self.clear_error();
        }
    }

    /// The envelope on a text that is being read, with the place for the event's id.
    pub(super) fn watch<'t>(&'t mut self, id: &'t mut Id) -> EnvelopeWatch<'t> {
        EnvelopeWatch { envelope: self, id }
    }

    /// The value of the field `event`, in pieces, the first after [`begin_name`](Self::begin_name).
    pub(super) fn name(&mut self, bytes: &[u8]) {
        if !self.typed {
            decode(&mut self.decoder, bytes, &mut self.kind);
        }
    }

    pub(super) fn begin_name(&mut self) {
        if !self.typed {
            self.kind.clear();
            self.decoder = Decoder::new();
        }
    }

    /// The value of the field `id`, in pieces, the first after [`begin_id`](Self::begin_id). One
    /// with a NUL is none, as the standard has it.
    pub(super) fn id(&mut self, bytes: &[u8], id: &mut Id) {
        if self.id_source == IdSource::Field && self.id_whole {
            decode(&mut self.decoder, bytes, id);
            self.id_whole = !bytes.contains(&0);
        }
    }

    pub(super) fn begin_id(&mut self, id: &mut Id) {
        if self.id_source == IdSource::Field {
            id.clear();
            self.id_whole = true;
            self.decoder = Decoder::new();
        }
    }

    /// The text is wrong: a string that had not ended by then is none. How much of it there was depends on how
    /// the text came.
    pub(super) fn broken(&mut self) {
        if mem::take(&mut self.is_open) {
            match (self.member, self.inner) {
                (Member::Type, _) => self.kind.clear(),
                (_, Inner::Message) => self.error.message.clear(),
                (_, Inner::RefId) => self.error.ref_id.clear(),
                _ => {}
            }
        }
    }

    /// Whether the stream is that of one run, without cursors of the API.
    pub(super) fn is_of_run(&self) -> bool {
        self.id_source == IdSource::Field
    }

    pub(super) fn error(&self) -> Option<&ApiError> {
        (self.error.status != 0).then_some(&self.error)
    }

    pub(super) fn clear_error(&mut self) {
        self.error.status = 0;
        self.error.ref_id.clear();
        self.error.message.clear();
    }

    /// What was read is what the server says with this status. Takes the key out of it, should the
    /// server have sent it back.
    pub(super) fn set_error(&mut self, status: u16, key: &str) {
        self.error.status = status;
        self.error.message.redact(key);
        self.error.ref_id.redact(key);
    }

    /// A piece of an error's text that is no JSON.
    pub(super) fn push_error_text(&mut self, bytes: &[u8]) {
        decode(&mut self.decoder, bytes, &mut self.error.message);
    }

    /// Whether there is no message, neither of an earlier event nor of this one.
    fn is_silent(&self) -> bool {
        self.error.status == 0 && self.error.message.is_empty()
    }

    fn begin_member(&mut self, member: Member) {
        self.member = member;
        let is_message = matches!(member, Member::Error | Member::Detail) && self.is_silent();
        self.inner = if is_message { Inner::Message } else { Inner::Other };
        self.depth = 0;
        self.name.clear();
    }

    /// A name inside the member is whole.
    fn enter(&mut self) {
        self.inner = match (self.member, self.depth, self.name.as_slice()) {
            (Member::Error, 1, b"ref_id") => {
                self.error.ref_id.clear();
                Inner::RefId
            }
            (Member::Error, 1, b"message") => {
                self.error.message.clear();
                Inner::Message
            }
            (Member::Detail, 2, b"msg") if self.is_silent() => Inner::Message,
            (Member::Status, 1, b"is_active") => Inner::IsActive,
            _ => Inner::Other,
        };
        self.name.clear();
    }
}

/// Adds bytes of UTF-8 to a text.
#[inline(never)] // or it would be there for each text
fn decode(decoder: &mut Decoder, bytes: &[u8], text: &mut dyn fmt::Write) {
    decoder.feed(bytes, |piece| _ = text.write_str(piece));
}

/// See [`Envelope::watch`].
pub(super) struct EnvelopeWatch<'t> {
    envelope: &'t mut Envelope,
    id: &'t mut Id,
}

impl Watch for EnvelopeWatch<'_> {
    fn wants(&mut self, name: &str) -> bool {
        let member = match name {
            "type" => {
                self.envelope.kind.clear();
                self.envelope.typed = true;
                Member::Type
            }
            "event_id" if self.envelope.id_source == IdSource::Member => {
                self.id.clear();
                self.envelope.id_whole = false;
                Member::EventId
            }
            "error" => {
                self.envelope.clear_error();
                Member::Error
            }
            "detail" => Member::Detail,
            "status" => Member::Status,
            "run" if self.envelope.is_of_run() => Member::Status,
            _ => return false,
        };
        self.envelope.begin_member(member);
        true
    }

    fn token(&mut self, token: &Token<'_>) {
        let envelope = &mut *self.envelope;
        match *token {
            Token::BeginObject | Token::BeginArray => {
                envelope.depth = envelope.depth.saturating_add(1);
                envelope.inner = Inner::Other;
            }
            Token::EndObject | Token::EndArray => envelope.depth = envelope.depth.saturating_sub(1),
            Token::Name { piece, last } => {
                for byte in piece.bytes() {
                    _ = envelope.name.push(byte);
                }
                if last {
                    envelope.enter();
                }
            }
            Token::String { piece, last } => {
                envelope.is_open = !last;
                match (envelope.member, envelope.inner, envelope.depth) {
                    (Member::Type, _, 0) => envelope.kind.push_str(piece),
                    (Member::EventId, _, 0) => {
                        self.id.push_str(piece);
                        envelope.id_whole = last;
                    }
                    (_, Inner::Message, _) => envelope.error.message.push_str(piece),
                    (_, Inner::RefId, _) => envelope.error.ref_id.push_str(piece),
                    _ => {}
                }
            }
            Token::Bool(value) if envelope.inner == Inner::IsActive => envelope.active = Some(value),
            _ => {}
        }
    }
}
