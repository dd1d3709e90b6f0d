//! The description of an API's endpoint: how to ask it, and what its answer means.
//!
//! # Limits
//!
//! Two ids in a path. Names of members inside other members, and the text that ends a stream, have up to 254
//! bytes each.

use core::fmt;

use super::{Misuse, url};
use crate::{http, json};

/// A name and a value: of a query's parameter, or of a header.
pub type Pair<'c> = (&'c str, &'c str);

/// One endpoint of an API: how to ask it, and what its answer means. Nothing in it belongs to a particular
/// API, and the session does only what it says.
///
/// It can be a `const` or a `static`, and then takes no RAM; a [`Request`](super::Request) borrows it. The
/// endpoints of [`api`](crate::api) are made like this.
///
/// ```
/// use taskgroup::session::{Endpoint, End, EventId, Resume};
///
/// // A stream whose events have ids, and which is resumed by the standard header.
/// static NEWS: Endpoint = Endpoint::get("/v2/feeds/{}/news")
///     .with_key("authorization", "Bearer ")
///     .with_query(&[("lang", "en")])
///     .with_stream(End::Framing)
///     .with_cursor(EventId::Field, Resume::Header("last-event-id"));
///
/// // The streamed answer to a POST, which ends with an event whose data is not JSON.
/// static CHAT: Endpoint = Endpoint::post("/v1/chat/completions")
///     .with_key("authorization", "Bearer ")
///     .with_error("/error/message")
///     .with_stream(End::Data("[DONE]"));
/// # let _ = (&NEWS, &CHAT);
/// ```
#[derive(Clone, Copy)]
pub struct Endpoint<'c> {
    pub(super) method: http::Method,
    pub(super) repeats_refused: bool,
    /// The path before its first id, after it, and after its second.
    pub(super) path: [&'c str; 3],
    /// How many ids the path takes.
    pub(super) ids: u8,
    /// Whether the path and the headers can be sent. Computed when this is made, which costs a `static` no
    /// flash.
    is_path: bool,
    are_headers: bool,
    pub(super) versions: &'c [&'c str],
    pub(super) query: &'c [Pair<'c>],
    pub(super) headers: &'c [Pair<'c>],
    /// The name of the key's header, and what comes before the key there.
    pub(super) key: Pair<'c>,
    pub(super) beta: &'c str,
    pub(super) timeout: &'c str,
    /// How the stream ends; `None`: the answer is one JSON text.
    pub(super) end: Option<End<'c>>,
    pub(super) event_id: Option<EventId<'c>>,
    pub(super) resume: Resume<'c>,
    pub(super) event_types: &'c [&'c str],
    pub(super) error_event: &'c str,
    /// The names of the root object's members that the session reads, by [`Member`]. Empty: there is none.
    pub(super) members: [&'c str; Member::ALL.len()],
    /// The first bytes of these names, as [`Watch::initials`](crate::json::Watch::initials).
    pub(super) initials: u32,
    /// What it looks at inside them.
    pub(super) message: Place<'c>,
    pub(super) reference: Place<'c>,
    pub(super) other_message: Place<'c>,
    pub(super) flag: Place<'c>,
}

/// A member of the root object that the session reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Type,
    EventId,
    Error,
    OtherError,
    Flag,
}

impl Member {
    pub(super) const ALL: [Self; 5] = [Self::Type, Self::EventId, Self::Error, Self::OtherError, Self::Flag];
}

/// What ends a stream. One that answers a POST is never asked for again: where one of these would, the
/// framing decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum End<'c> {
    /// The last chunk or the length of the body (RFC 9112 §6.3). An end of the connection alone proves
    /// nothing: the stream is then checked, as below, if it has a cursor, and is
    /// [`Unproven`](super::Fault::Unproven) otherwise.
    Framing,
    /// An answer from the cursor on that brings nothing new. An orderly end is thus checked by asking once
    /// more, unless the config [does not want that](super::Config::with_end_check). For streams with a
    /// [cursor](Endpoint::with_cursor).
    Checked,
    /// An event whose data is exactly this text, such as `[DONE]`. It need not be JSON, and is neither
    /// delivered nor [`Skipped`](super::Event::Skipped). An orderly end without it counts as a cut, which
    /// ends the answer to a POST: with [`EndMissing`](super::Fault::EndMissing).
    Data(&'c str),
    /// Like `Checked`, but only once the last flag was not `true`: until then the session asks for the stream
    /// again.
    Inactive(Flag<'c>),
    /// A stream without cursors, which starts over each time: it is over when the last event has the flag
    /// `false` and is not the only one. If it is the only one, two answers in a row must be the same.
    Final(Flag<'c>),
}

/// A Boolean in events of one type that says whether there is more to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Flag<'c> {
    pub(super) event_type: &'c str,
    pointer: &'c str,
}

impl<'c> Flag<'c> {
    /// In events of this type, at this JSON Pointer of two names, such as `/status/is_active`.
    #[must_use]
    pub const fn new(event_type: &'c str, pointer: &'c str) -> Self {
        Self { event_type, pointer }
    }
}

/// Where the ids of a stream's events are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EventId<'c> {
    /// In this member of each event's JSON object, a string.
    Member(&'c str),
    /// In the field `id` of the event stream.
    Field,
}

/// How the id of the last event is sent back, so that a stream continues after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Resume<'c> {
    /// As the value of this parameter of the query.
    Query(&'c str),
    /// As the value of this header; the standard's own is `last-event-id`.
    Header(&'c str),
}

/// A value inside a member of the root object.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    /// How many objects and arrays are open there.
    pub(super) depth: u8,
    /// The last name.
    pub(super) name: &'c str,
}

impl<'c> Place<'c> {
    const NONE: Place<'static> = Place { depth: 0, name: "" };

    /// The member of the root and the place inside it that a JSON Pointer names. Escapes (`~0`, `~1`) are not
    /// resolved. An index stands for any element of the array.
    const fn of(pointer: &'c str) -> (&'c str, Self) {
        let (_, path) = split(pointer, b'/');
        let (member, mut rest) = split(path, b'/');
        let mut place = Self { depth: 0, name: "" };
        while !rest.is_empty() {
            (place.name, rest) = split(rest, b'/');
            place.depth = place.depth.saturating_add(1);
        }
        (member, place)
    }
}

/// The text after a brace, and whether the brace is there.
const fn closed(text: &str) -> (&str, bool) {
    let (inside, rest) = split(text, b'}');
    (rest, inside.is_empty() && !text.is_empty())
}

/// The text before the first such byte, which is ASCII, and the text after it.
const fn split(text: &str, byte: u8) -> (&str, &str) {
    let mut at = 0_usize;
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        if *first == byte {
            break;
        }
        at = at.saturating_add(1);
        rest = more;
    }
    match text.split_at_checked(at) {
        Some((before, after)) => match after.split_at_checked(1) {
            Some((_, after)) => (before, after),
            None => (before, ""),
        },
        None => (text, ""),
    }
}

impl<'c> Endpoint<'c> {
    /// A GET that is answered with one JSON text. The session repeats it after every failure that another try
    /// may repair.
    ///
    /// The path begins with a slash and is already percent-encoded. Each `{}` stands for an
    /// [id](super::Request::with_id) of the request, and there may be two.
    #[must_use]
    pub const fn get(path: &'c str) -> Self {
        Self {
            method: http::Method::Get,
            repeats_refused: false,
            path: [""; 3],
            ids: 0,
            is_path: true,
            are_headers: true,
            versions: &[],
            query: &[],
            headers: &[],
            key: ("", ""),
            beta: "",
            timeout: "",
            end: None,
            event_id: None,
            resume: Resume::Query(""),
            event_types: &[],
            error_event: "",
            members: [""; Member::ALL.len()],
            initials: 0,
            message: Place::NONE,
            reference: Place::NONE,
            other_message: Place::NONE,
            flag: Place::NONE,
        }
        .at(http::Method::Get, path)
    }

    /// A POST with a [JSON body](super::Request::with_body) that is answered with one JSON text. It is never
    /// repeated once [`fill`](super::Session::fill) has given out a byte of it.
    #[must_use]
    pub const fn post(path: &'c str) -> Self {
        Self { method: http::Method::Post, ..Self::get(path) }
    }

    /// The same with another path, for an API whose endpoints have much in common.
    #[must_use]
    pub const fn at(self, method: http::Method, path: &'c str) -> Self {
        let (first, rest) = split(path, b'{');
        let has_first = first.len() < path.len();
        let (rest, is_first) = if has_first { closed(rest) } else { ("", true) };
        let (second, third) = split(rest, b'{');
        let has_second = second.len() < rest.len();
        let (third, is_second) = if has_second { closed(third) } else { ("", true) };
        let is_path = matches!(first.as_bytes(), [b'/', ..])
            && url::is_path(first)
            && url::is_path(second)
            && url::is_path(third)
            && is_first
            && is_second;
        let ids = (has_first as u8).saturating_add(has_second as u8);
        Self { method, path: [first, second, third], ids, is_path, ..self }
    }

    /// The beginning of the path for each version of the API; the config
    /// [chooses](super::Config::with_nth_version) one, and a number beyond the last means the last.
    #[must_use]
    pub const fn with_versions(self, versions: &'c [&'c str]) -> Self {
        Self { versions, ..self }
    }

    /// Parameters of the query that are the same in every request. The session percent-encodes them.
    #[must_use]
    pub const fn with_query(self, query: &'c [Pair<'c>]) -> Self {
        Self { query, ..self }
    }

    /// Headers besides those that the session writes itself: the key's, the cursor's, `host`, `accept`,
    /// `accept-encoding`, `cache-control`, `user-agent`, `connection`, `content-type` and `content-length`.
    #[must_use]
    pub const fn with_headers(self, headers: &'c [Pair<'c>]) -> Self {
        let (mut rest, mut are_headers) = (headers, self.are_headers);
        while let [(name, value), more @ ..] = rest {
            are_headers &= is_free(name) && is_value(value.as_bytes());
            rest = more;
        }
        Self { headers, are_headers, ..self }
    }

    /// The header for the config's key, and what comes before the key there: `("x-api-key", "")` or
    /// `("authorization", "Bearer ")`. Without it, no key is sent.
    ///
    /// Whatever the header, the key is never shown: it is removed from [error
    /// messages](super::Session::error), logs and `Debug`.
    #[must_use]
    pub const fn with_key(self, header: &'c str, prefix: &'c str) -> Self {
        let are_headers = self.are_headers && is_free(header) && is_value(without_space(prefix.as_bytes()));
        Self { key: (header, prefix), are_headers, ..self }
    }

    /// The header for the names of [beta features](super::Config::with_beta). Without it, none are sent.
    #[must_use]
    pub const fn with_beta_header(self, header: &'c str) -> Self {
        Self { beta: header, are_headers: self.are_headers && is_free(header), ..self }
    }

    /// The parameter for how many [seconds](super::Request::with_timeout) the server may hold the connection.
    #[must_use]
    pub const fn with_timeout_parameter(self, name: &'c str) -> Self {
        Self { timeout: name, ..self }
    }

    /// Declares that a status after which a request may be repeated (408, 409, 421, 425, 429, 500 and above,
    /// or `x-should-retry: true`) means that it was not acted on. The session then repeats a POST, too.
    #[must_use]
    pub const fn with_refused_posts_repeated(self) -> Self {
        Self { repeats_refused: true, ..self }
    }

    /// The answer is an event stream that ends like this.
    #[must_use]
    pub const fn with_stream(self, end: End<'c>) -> Self {
        let pointer = if let End::Inactive(flag) | End::Final(flag) = end { flag.pointer } else { "" };
        let (member, flag) = Place::of(pointer);
        Self { end: Some(end), flag, ..self }.with_member(Member::Flag, member)
    }

    /// Where the ids of the events are, and how the last one is sent back. Without it every request asks for
    /// the stream from its start.
    #[must_use]
    pub const fn with_cursor(self, event_id: EventId<'c>, resume: Resume<'c>) -> Self {
        let is_header = if let Resume::Header(name) = resume { is_free(name) } else { true };
        let are_headers = self.are_headers && is_header;
        let name = if let EventId::Member(name) = event_id { name } else { "" };
        Self { event_id: Some(event_id), resume, are_headers, ..self }.with_member(Member::EventId, name)
    }

    /// The member of each event's JSON object that names its type, a string. Without it, or if an event lacks
    /// it, the field `event` of the event stream names the type.
    #[must_use]
    pub const fn with_type_member(self, name: &'c str) -> Self {
        self.with_member(Member::Type, name)
    }

    /// The types of events for records that do not name any themselves. Without it they get all.
    #[must_use]
    pub const fn with_event_types(self, types: &'c [&'c str]) -> Self {
        Self { event_types: types, ..self }
    }

    /// The type of an event by which the server says that the stream has failed: an end after it is a
    /// failure, however orderly. Its message is kept like that of a refusal.
    #[must_use]
    pub const fn with_error_event(self, event_type: &'c str) -> Self {
        Self { error_event: event_type, ..self }
    }

    /// Where the message of an error is, in the body of a refusal and in an [error
    /// event](Self::with_error_event): a JSON Pointer of two names such as `/error/message`. The first member
    /// may also be the string itself (`"error": "…"`).
    #[must_use]
    pub const fn with_error(self, pointer: &'c str) -> Self {
        let (member, message) = Place::of(pointer);
        Self { message, ..self }.with_member(Member::Error, member)
    }

    /// Where the message may be instead, such as `/detail/0/msg` or `/detail/msg`.
    #[must_use]
    pub const fn with_other_error(self, pointer: &'c str) -> Self {
        let (member, other_message) = Place::of(pointer);
        Self { other_message, ..self }.with_member(Member::OtherError, member)
    }

    /// Where an error's reference is, in the same member as its message: `/error/ref_id`, for example.
    #[must_use]
    pub const fn with_error_reference(self, pointer: &'c str) -> Self {
        let (_, reference) = Place::of(pointer);
        Self { reference, ..self }
    }

    pub(super) const fn is_stream(&self) -> bool {
        self.end.is_some()
    }

    /// Whether each answer starts over, and has everything.
    pub(super) const fn starts_over(&self) -> bool {
        matches!(self.end, Some(End::Final(_)))
    }

    /// The flag that says whether there is more to come.
    pub(super) const fn flag(&self) -> Option<Flag<'c>> {
        match self.end {
            Some(End::Inactive(flag) | End::Final(flag)) => Some(flag),
            _ => None,
        }
    }

    /// Whether a record that names no types gets events of this one.
    pub(super) fn has(&self, event_type: &str) -> bool {
        self.event_types.is_empty() || self.event_types.contains(&event_type)
    }

    /// What comes before its path in this version of the API.
    pub(super) fn version(&self, nth: u8) -> &'c str {
        self.versions.get(usize::from(nth)).or(self.versions.last()).copied().unwrap_or_default()
    }

    /// What cannot be sent.
    pub(super) const fn check(&self) -> Result<(), Misuse> {
        match self {
            Self { is_path: false, .. } => Err(Misuse::Path),
            Self { are_headers: false, .. } => Err(Misuse::Header),
            _ => Ok(()),
        }
    }

    const fn with_member(mut self, member: Member, name: &'c str) -> Self {
        let [of_type, event_id, error, other_error, flag] = &mut self.members;
        *match member {
            Member::Type => of_type,
            Member::EventId => event_id,
            Member::Error => error,
            Member::OtherError => other_error,
            Member::Flag => flag,
        } = name;
        self.initials = json::initials(&self.members);
        self
    }
}

/// Whether a header may have this name (RFC 9110 §5.1), and does not decide where the request ends or goes.
const fn is_free(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [byte, more @ ..] = rest {
        if !byte.is_ascii_alphanumeric()
            && !matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
        {
            return false;
        }
        rest = more;
    }
    !name.is_empty()
        && !name.eq_ignore_ascii_case("connection")
        && !name.eq_ignore_ascii_case("content-length")
        && !name.eq_ignore_ascii_case("host")
        && !name.eq_ignore_ascii_case("transfer-encoding")
}

/// What [`http::is_field_value`] says, in a `const`.
const fn is_value(value: &[u8]) -> bool {
    let mut rest = value;
    while let [byte, more @ ..] = rest {
        if byte.is_ascii_control() && *byte != b'\t' {
            return false;
        }
        rest = more;
    }
    value.trim_ascii().len() == value.len()
}

/// A prefix ends with the space between it and the key.
const fn without_space(prefix: &[u8]) -> &[u8] {
    match prefix {
        [text @ .., b' '] => text,
        text => text,
    }
}

/// Shows the method and path, but no values of headers.
impl fmt::Debug for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
