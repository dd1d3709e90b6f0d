//! Bytes of an HTTP/1.1 answer in, its head and the pieces of its body out.

use core::mem;

use super::{
    error::Error,
    head::{Delimiter, Fields, Framing, Head, Length, Location},
    words::is_whitespace,
};

/// The limits, in bytes, line ends included. Interim answers count towards the final one's head.
const HEAD: u32 = 256 * 1024;
const CHUNK_LINE: u32 = 4 * 1024;
const TRAILERS: u32 = 64 * 1024;

/// Interim answers before the final one.
const INTERIM: u8 = 16;

/// The part of the status line that is checked, `d` for a digit; the line may end before the last space.
const STATUS_LINE: &[u8; 13] = b"HTTP/1.d ddd ";

/// What [`Response::feed`] finds.
///
/// There will be no others: an answer is a head, a body and an end, and a reader must handle each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Part<'i> {
    /// The head of the answer: always the first part, and there is one only.
    Head(Head),
    /// The next piece of the body, never empty, without the framing.
    Body(&'i [u8]),
    /// The body is complete. If only the end of the connection ends the body, this does not come, but
    /// [`closed`](Response::closed) is `Ok`.
    End,
}

/// Parses the answer to one request. Not to `HEAD` or `CONNECT`, whose answers do not have the body that
/// their head announces.
#[derive(Clone, Debug)]
pub struct Response {
    parser: Parser,
    location: Location,
}

/// A [`Response`] that stores the `Location` in memory of its caller: always the same for one answer, and
/// empty before it.
#[derive(Clone, Debug)]
pub(crate) struct Parser {
    /// Its `length` is what is still to come of the body or chunk.
    fields: Fields,
    /// The number of bytes that the current lines may still have.
    room: u32,
    state: State,
    failure: Option<Error>,
    /// The last byte was a CR in a line: now comes the LF.
    carriage_return: bool,
    interim: u8,
}

/// Everything but the body is lines, in these states:
///
/// ```text
/// StatusLine ─► Value ─► Line ─► Name ─► Value     a line that begins with whitespace
///                         │▲───────────────┘       is the previous value's next
///           blank line:   ▼└── 1xx ──► StatusLine
///     Length ─► Ending, or UntilClose, or
///     ChunkSize ─► ChunkDigits ─► ChunkPadding ─► ChunkExtension
///       ▲                           0: ├─► Line (trailers) ─► Ending
///       └───────── ChunkEnd ◄── Chunk ◄┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// The `word` has the bytes of it so far.
    StatusLine,
    /// A field line's beginning, or the blank line at the end of them.
    Line,
    Name,
    /// A field's value, or the rest of a line that has no meaning.
    Value,
    ChunkSize,
    /// At least one digit of the size has come.
    ChunkDigits,
    /// Whitespace after the size.
    ChunkPadding,
    ChunkExtension,
    /// The line end after the data of a chunk.
    ChunkEnd,
    /// The data of a chunk.
    Chunk,
    /// A body with a length.
    Length,
    UntilClose,
    /// The body is complete, but that has not been reported yet.
    Ending,
    Complete,
}

impl Default for Response {
    fn default() -> Self {
        Self::new()
    }
}

impl Response {
    /// Before the first byte of the answer.
    #[must_use]
    pub const fn new() -> Self {
        Self { parser: Parser::new(true), location: Location::new() }
    }

    /// Takes the next part off the front of `input`. `None`: `input` is used up, or [`End`](Part::End) has
    /// come, after which nothing more is taken.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Truncated`](Error::Truncated); every later call returns the same.
    pub fn feed<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Part<'i>>, Error> {
        let part = self.peek(input);
        if let Ok(Some(Part::Body(bytes))) = part {
            self.parser.pass(input, bytes.len());
        }
        part
    }

    /// Like [`feed`](Self::feed), but leaves a [`Body`](Part::Body) at the front of `input`, for a reader
    /// that may stop in the middle of it. Then call [`take`](Self::take) with the number of bytes that were
    /// read.
    ///
    /// # Errors
    ///
    /// Those of [`feed`](Self::feed).
    pub fn peek<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Part<'i>>, Error> {
        self.parser.peek(input, &mut self.location)
    }

    /// Takes bytes of the body off the front of `input`, at most those that [`peek`](Self::peek) has shown.
    pub fn take(&mut self, input: &mut &[u8], bytes: usize) {
        self.parser.take(input, bytes);
    }

    /// Reports that the connection ended in order. `Ok`: the body is complete, or ends with the connection;
    /// the head's [`Framing`] says which.
    ///
    /// # Errors
    ///
    /// [`Truncated`](Error::Truncated) if there is more to come; otherwise the error that
    /// [`feed`](Self::feed) has returned.
    pub fn closed(&mut self) -> Result<(), Error> {
        self.parser.closed()
    }

    /// Whether the framing shows the end of the body, so that the end of the connection need not prove
    /// anything. Valid once there is a head.
    #[must_use]
    pub const fn is_delimited(&self) -> bool {
        self.parser.is_delimited()
    }

    /// Whether the connection can carry another request once the answer is complete: it is HTTP/1.1 or later,
    /// its head names one framing and no `Connection: close` ([RFC 9112 §9.3]). Valid once there is a head.
    ///
    /// If there are bytes after the end of the answer, close the connection: they belong to no request.
    ///
    /// [RFC 9112 §9.3]: https://www.rfc-editor.org/rfc/rfc9112#section-9.3
    #[must_use]
    pub const fn is_persistent(&self) -> bool {
        self.parser.is_persistent()
    }

    /// The head's `Location`, up to 128 bytes of visible ASCII. `None` if there is none, it has other
    /// characters, or it is longer and the status is not a redirect.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        (!self.location.is_empty()).then_some(&*self.location)
    }
}

impl Parser {
    /// `persistent`: the request does not end the connection.
    pub(crate) const fn new(persistent: bool) -> Self {
        Self {
            fields: Fields::new(persistent),
            room: HEAD,
            state: State::StatusLine,
            failure: None,
            carriage_return: false,
            interim: 0,
        }
    }

    pub(crate) fn peek<'i>(
        &mut self,
        input: &mut &'i [u8],
        location: &mut Location,
    ) -> Result<Option<Part<'i>>, Error> {
        if let Some(error) = self.failure {
            return Err(error);
        }
        let part = self.next(input, location);
        self.failure = part.err();
        part
    }

    pub(crate) fn take(&mut self, input: &mut &[u8], bytes: usize) {
        self.pass(input, bytes.min(self.body(input).len()));
    }

    /// Takes this many bytes of the body.
    fn pass(&mut self, input: &mut &[u8], bytes: usize) {
        *input = input.get(bytes..).unwrap_or_default();
        let after = match self.state {
            State::Length => State::Ending,
            State::Chunk => State::ChunkEnd,
            _ => return,
        };
        let left = self.fields.length.get().wrapping_sub(bytes as u64);
        self.fields.length = Length::new(left);
        if left == 0 {
            self.room = CHUNK_LINE;
            self.state = after;
        }
    }

    pub(crate) fn closed(&mut self) -> Result<(), Error> {
        let is_complete = self.is_complete() || !self.is_delimited();
        let error = self.failure.or((!is_complete).then_some(Error::Truncated));
        self.failure = error;
        error.map_or(Ok(()), Err)
    }

    pub(crate) const fn is_delimited(&self) -> bool {
        !matches!(self.state, State::UntilClose)
    }

    pub(crate) const fn is_persistent(&self) -> bool {
        // After 101 comes another protocol.
        self.fields.persistent && self.is_delimited() && self.fields.status != 101
    }

    /// Whether the body has come whole, by its framing.
    pub(crate) const fn is_complete(&self) -> bool {
        matches!(self.state, State::Ending | State::Complete)
    }

    #[inline(never)]
    fn next<'i>(&mut self, input: &mut &'i [u8], location: &mut Location) -> Result<Option<Part<'i>>, Error> {
        loop {
            match self.state {
                State::Complete => return Ok(None),
                State::Ending => {
                    self.state = State::Complete;
                    return Ok(Some(Part::End));
                }
                _ => {}
            }
            let Some((&byte, rest)) = input.split_first() else { return Ok(None) };
            let body = self.body(input);
            if !body.is_empty() {
                return Ok(Some(Part::Body(body)));
            }
            *input = rest;
            self.room = self.room.checked_sub(1).ok_or(self.too_long())?;
            if self.state == State::Line && !is_whitespace(byte) {
                self.fields.end_value()?;
            }
            if byte == b'\n' {
                if !mem::take(&mut self.carriage_return) && self.is_amid_chunks() {
                    return Err(Error::LineEnd);
                }
                if let Some(head) = self.end_line(location)? {
                    return Ok(Some(Part::Head(head)));
                }
            } else if self.carriage_return {
                return Err(Error::LineEnd);
            } else if byte == b'\r' {
                self.carriage_return = true;
            } else {
                self.line_byte(byte, location)?;
            }
        }
    }

    /// The bytes of the body that `input` begins with.
    fn body<'i>(&self, input: &'i [u8]) -> &'i [u8] {
        if !matches!(self.state, State::Length | State::Chunk | State::UntilClose) {
            return &[];
        }
        let length = usize::try_from(self.fields.length.get()).unwrap_or(usize::MAX);
        input.get(..length).unwrap_or(input)
    }

    /// Reads a byte of a line, other than its end.
    fn line_byte(&mut self, byte: u8, location: &mut Location) -> Result<(), Error> {
        if self.state == State::Line {
            self.state = if is_whitespace(byte) { State::Value } else { State::Name };
        }
        match self.state {
            State::StatusLine => self.status_line(byte),
            State::Name if is_token(byte) => {
                self.fields.word_byte(byte);
                Ok(())
            }
            State::Name if byte == b':' && !self.fields.word.is_empty() => {
                self.fields.begin_value(location);
                self.state = State::Value;
                Ok(())
            }
            State::Name => Err(Error::Field),
            State::Value => self.fields.value_byte(byte, location),
            State::ChunkExtension => Ok(()),
            _ => self.chunk_line(byte),
        }
    }

    fn status_line(&mut self, byte: u8) -> Result<(), Error> {
        let at = self.fields.word.len();
        let Some(&expected) = STATUS_LINE.get(at) else { return Err(Error::StatusLine) };
        let fits = if expected == b'd' { byte.is_ascii_digit() } else { byte == expected };
        if !fits {
            return Err(Error::StatusLine);
        }
        _ = self.fields.word.push(byte);
        match at {
            7 if byte == b'0' => self.fields.persistent = false,
            9..12 => {
                self.fields.status = self.fields.status.wrapping_mul(10).wrapping_add(u16::from(byte & 0xF));
            }
            _ => {}
        }
        if at == STATUS_LINE.len().wrapping_sub(1) {
            self.state = State::Value;
        }
        Ok(())
    }

    fn chunk_line(&mut self, byte: u8) -> Result<(), Error> {
        let may_have_digit = matches!(self.state, State::ChunkSize | State::ChunkDigits);
        let length = self.fields.length.get();
        let is_sized = matches!(self.state, State::ChunkDigits | State::ChunkPadding);
        self.state = match char::from(byte).to_digit(16) {
            Some(digit) if may_have_digit && length >> 60 == 0 => {
                self.fields.length = Length::new(length << 4 | u64::from(digit));
                State::ChunkDigits
            }
            _ if is_sized && byte == b';' => State::ChunkExtension,
            _ if is_sized && is_whitespace(byte) => State::ChunkPadding,
            _ => return Err(Error::Chunk),
        };
        Ok(())
    }

    fn end_line(&mut self, location: &Location) -> Result<Option<Head>, Error> {
        self.state = match self.state {
            State::StatusLine | State::Value if self.fields.status < 100 => return Err(Error::StatusLine),
            State::StatusLine | State::Value => State::Line,
            State::Line if self.fields.are_trailers() => State::Ending,
            State::Line => return self.end_head(location),
            State::Name => return Err(Error::Field),
            State::ChunkSize => return Err(Error::Chunk),
            State::ChunkEnd => self.begin_chunk(),
            _ if self.fields.length.get() > 0 => State::Chunk,
            _ => {
                self.fields.delimiter = Delimiter::Trailers;
                self.room = TRAILERS;
                State::Line
            }
        };
        Ok(None)
    }

    fn end_head(&mut self, location: &Location) -> Result<Option<Head>, Error> {
        if self.fields.is_interim() {
            if self.interim == INTERIM {
                return Err(Error::TooManyInterim);
            }
            self.interim = self.interim.wrapping_add(1);
            self.fields.status = 0;
            self.state = State::StatusLine;
            return Ok(None);
        }
        let head = self.fields.head(location)?;
        self.state = match head.framing {
            Framing::Length(0) => State::Ending,
            Framing::Length(_) => State::Length,
            Framing::UntilClose => State::UntilClose,
            Framing::Chunked => {
                // If there is a length, too, a hop on the way may see another end (RFC 9112 §6.3).
                if self.fields.length.get() != u64::MAX {
                    self.fields.persistent = false;
                }
                self.begin_chunk()
            }
        };
        Ok(Some(head))
    }

    fn begin_chunk(&mut self) -> State {
        self.fields.length = Length::new(0);
        self.room = CHUNK_LINE;
        State::ChunkSize
    }

    /// Whether the line belongs to the chunked coding. A lone LF may end only lines of the head and the
    /// trailers (RFC 9112 §2.2).
    const fn is_amid_chunks(&self) -> bool {
        !matches!(self.state, State::StatusLine | State::Line | State::Name | State::Value)
    }

    fn too_long(&self) -> Error {
        if self.is_amid_chunks() {
            Error::ChunkLineTooLong
        } else if self.fields.are_trailers() {
            Error::TrailersTooLong
        } else {
            Error::HeadTooLong
        }
    }
}

/// Whether the byte may occur in a field's name
/// ([RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
#[allow(clippy::manual_contains, reason = "`contains` is for long slices, and has 120 bytes more of code")]
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".iter().any(|mark| *mark == byte)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
mod tests;
