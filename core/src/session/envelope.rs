//! What the session itself reads in each event and answer: tokens in, id, type, end and error out.

use core::{fmt, mem};

use super::{
    endpoint::{Endpoint, EventId, Member, Place},
    id::Id,
    prefix::Prefix,
};
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
    /// The [reference](super::Endpoint::with_error_reference) that the server gives its errors, for its support.
    pub reference: Text<40>,
    /// The server's own [words](super::Endpoint::with_error). Of a validation error's list, the first entry; of an answer that
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
        if !self.reference.is_empty() {
            write!(f, " (reference {})", self.reference)?;
        }
        Ok(())
    }
}

impl core::error::Error for ApiError {}

/// Reads the members of each event and answer that the session goes by, whatever the record makes
/// of them. Which they are is the endpoint's to say.
pub(super) struct Envelope<'c> {
    pub(super) endpoint: &'c Endpoint<'c>,
    /// The event's type: what the member for it says, or else the name that the stream gave it.
    pub(super) kind: Text<40>,
    /// Whether the kind is the member's.
    typed: bool,
    /// Whether the event's id was read to its end.
    pub(super) id_whole: bool,
    /// What the flag says, if there is one.
    pub(super) active: Option<bool>,
    /// A status of 0: the server has said nothing yet.
    error: ApiError,
    /// The member of the root object that is being read.
    member: Member,
    inner: Inner,
    /// The string that is being read has not ended.
    is_open: bool,
    /// How many objects and arrays are open inside the member.
    depth: u8,
    /// How much of each name that has a meaning there has come.
    names: [Prefix; 2],
    decoder: Decoder,
}

/// The member inside of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inner {
    Reference,
    Message,
    Flag,
    Other,
}

impl<'c> Envelope<'c> {
    pub(super) const fn new(endpoint: &'c Endpoint<'c>) -> Self {
        Self {
            endpoint,
            kind: Text::new(),
            typed: false,
            id_whole: false,
            active: None,
            error: ApiError { status: 0, reference: Text::new(), message: Text::new() },
            member: Member::Type,
            inner: Inner::Other,
            is_open: false,
            depth: 0,
            names: [Prefix::EMPTY; 2],
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
    pub(super) fn watch<'t>(&'t mut self, id: &'t mut Id) -> EnvelopeWatch<'t, 'c> {
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
        if self.endpoint.event_id == Some(EventId::Field) && self.id_whole {
            decode(&mut self.decoder, bytes, id);
            self.id_whole = !bytes.contains(&0);
        }
    }

    pub(super) fn begin_id(&mut self, id: &mut Id) {
        if self.endpoint.event_id == Some(EventId::Field) {
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
                (_, Inner::Reference) => self.error.reference.clear(),
                _ => {}
            }
        }
    }

    pub(super) fn error(&self) -> Option<&ApiError> {
        (self.error.status != 0).then_some(&self.error)
    }

    pub(super) fn clear_error(&mut self) {
        self.error.status = 0;
        self.error.reference.clear();
        self.error.message.clear();
    }

    /// What was read is what the server says with this status. Takes the key out of it, should the
    /// server have sent it back.
    pub(super) fn set_error(&mut self, status: u16, key: &str) {
        self.error.status = status;
        self.error.message.redact(key);
        self.error.reference.redact(key);
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
        let is_message = matches!(member, Member::Error | Member::OtherError) && self.is_silent();
        self.inner = if is_message { Inner::Message } else { Inner::Other };
        self.depth = 0;
        self.names = [Prefix::EMPTY; 2];
    }

    /// What has a meaning inside the member.
    fn places(&self) -> [Option<Place<'c>>; 2] {
        match self.member {
            Member::Error => [Some(self.endpoint.message), Some(self.endpoint.reference)],
            Member::OtherError => [Some(self.endpoint.other_message), None],
            Member::Flag => [Some(self.endpoint.flag), None],
            Member::Type | Member::EventId => [None; 2],
        }
    }

    /// A name inside the member, in pieces.
    fn enter(&mut self, piece: &str, last: bool) {
        let (places, mut found) = (self.places(), [false; 2]);
        for ((prefix, place), found) in self.names.iter_mut().zip(places).zip(&mut found) {
            if let Some(Place { depth, name }) = place {
                prefix.push(piece.as_bytes(), name);
                *found = depth == self.depth && prefix.is_whole(name);
            }
        }
        if !last {
            return;
        }
        self.inner = match (self.member, found) {
            (Member::Error, [true, _]) => {
                self.error.message.clear();
                Inner::Message
            }
            (Member::Error, [_, true]) => {
                self.error.reference.clear();
                Inner::Reference
            }
            (Member::OtherError, [true, _]) if self.is_silent() => Inner::Message,
            (Member::Flag, [true, _]) => Inner::Flag,
            _ => Inner::Other,
        };
        self.names = [Prefix::EMPTY; 2];
    }
}

/// Adds bytes of UTF-8 to a text.
#[inline(never)] // or it would be there for each text
fn decode(decoder: &mut Decoder, bytes: &[u8], text: &mut dyn fmt::Write) {
    decoder.feed(bytes, |piece| _ = text.write_str(piece));
}

/// See [`Envelope::watch`].
pub(super) struct EnvelopeWatch<'t, 'c> {
    envelope: &'t mut Envelope<'c>,
    id: &'t mut Id,
}

impl Watch for EnvelopeWatch<'_, '_> {
    fn wants(&mut self, name: &str) -> bool {
        let endpoint = self.envelope.endpoint;
        let is_named = |(_, member): &(Member, &str)| !name.is_empty() && *member == name;
        let mut members = Member::ALL.into_iter().zip(endpoint.members);
        let Some((member, _)) = members.find(is_named) else { return false };
        match member {
            Member::Type => {
                self.envelope.kind.clear();
                self.envelope.typed = true;
            }
            Member::EventId => {
                self.id.clear();
                self.envelope.id_whole = false;
            }
            Member::Error => self.envelope.clear_error(),
            Member::OtherError | Member::Flag => {}
        }
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
            Token::Name { piece, last } => envelope.enter(piece, last),
            Token::String { piece, last } => {
                envelope.is_open = !last;
                match (envelope.member, envelope.inner, envelope.depth) {
                    (Member::Type, _, 0) => envelope.kind.push_str(piece),
                    (Member::EventId, _, 0) => {
                        self.id.push_str(piece);
                        envelope.id_whole = last;
                    }
                    (_, Inner::Message, _) => envelope.error.message.push_str(piece),
                    (_, Inner::Reference, _) => envelope.error.reference.push_str(piece),
                    _ => {}
                }
            }
            Token::Bool(value) if envelope.inner == Inner::Flag => envelope.active = Some(value),
            _ => {}
        }
    }
}
