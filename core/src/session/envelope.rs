//! Tokens of an event or an answer in, what the session itself needs of it out: id, type, flag and error.

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

/// The error that the server sent with a refusal or in the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct ApiError {
    /// The status code of the answer; 200 for an `error` event in a stream.
    pub status: u16,
    /// The [reference](super::Endpoint::with_error_reference) of the error, for the server's support.
    pub reference: Text<40>,
    /// The server's [message](super::Endpoint::with_error), to 128 bytes. Of a list of validation errors, the
    /// first entry; of an answer that is not JSON, its beginning.
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

/// Reads the members of each event and answer that the session needs, whether or not the record wants them.
/// The endpoint names them.
pub(super) struct Envelope<'c> {
    pub(super) endpoint: &'c Endpoint<'c>,
    /// The event's type: the value of the member for it, or else the field `event` of the stream.
    pub(super) kind: Text<40>,
    /// Whether `kind` came from the member.
    typed: bool,
    /// Whether the event's id was read to its end.
    pub(super) id_whole: bool,
    /// The value of the flag, if there is one.
    pub(super) active: Option<bool>,
    /// A status of 0: the server has sent no error yet.
    error: ApiError,
    /// The current member of the root object.
    member: Member,
    inner: Inner,
    /// The current string has not ended.
    is_open: bool,
    /// How many objects and arrays are open inside the member.
    depth: u8,
    /// How much of each name with a meaning there has come.
    names: [Prefix; 2],
    decoder: Decoder,
}

/// The member inside it.
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

    /// Begins an event or an answer. The error of an earlier one stays.
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

    /// The envelope as a watch on a text, with the place for the event's id.
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
    /// with a NUL is ignored, as the standard demands.
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

    /// The text is invalid: forgets a string that had not ended. How much of it there was depends on how the
    /// text was cut.
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

    /// Makes what was read the error of this status. Removes the key from it, in case the server has sent it
    /// back.
    pub(super) fn set_error(&mut self, status: u16, key: &str) {
        self.error.status = status;
        self.error.message.redact(key);
        self.error.reference.redact(key);
    }

    /// A piece of an error's text that is not JSON.
    pub(super) fn push_error_text(&mut self, bytes: &[u8]) {
        decode(&mut self.decoder, bytes, &mut self.error.message);
    }

    /// Whether there is no message, either of an earlier event or of this one.
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

    /// The names with a meaning inside the member.
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
#[inline(never)] // one copy instead of one for each text
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

    fn initials(&self) -> u32 {
        self.envelope.endpoint.initials
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
