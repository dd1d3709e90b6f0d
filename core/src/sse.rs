//! Bytes of a `text/event-stream` body in, fields as they arrive or whole events out.
//!
//! The [WHATWG
//! algorithm](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) in
//! full. It cannot fail: whatever the bytes are, the standard says what they mean.
//!
//! ```
//! use taskgroup::sse::{Event, Parser};
//!
//! let mut parser = Parser::<512>::new();
//! let mut input = &b"event: greeting\nid: 7\ndata: hello\ndata: world\n\ndata: unfinis"[..];
//! while let Some(Event { name, data, id, lost }) = parser.feed(&mut input) {
//!     assert_eq!((name, data, id, lost), ("greeting", &b"hello\nworld"[..], "7", 0));
//! }
//! assert_eq!(parser.last_event_id(), "7");
//! ```
//!
//! # Limits
//!
//! [`Tokenizer`] stores no byte of the stream, so it has none. [`Parser<N>`] keeps the first `N` bytes of an
//! event's data and name together and counts the rest in [`Event::lost`]. It counts an id beyond 128 bytes
//! there in full and otherwise ignores it: an id is never cut. A `retry` beyond 128 digits is ignored; one
//! beyond `u32::MAX` milliseconds (49 days) counts as that.

use core::{mem, str, time::Duration};

use memchr::{memchr, memchr2};

use crate::text::{Decoder, Text, decimal};

const BYTE_ORDER_MARK: [u8; 3] = *b"\xEF\xBB\xBF";

/// The four fields of the standard. Lines with any other name are skipped, and so are comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Field {
    /// A line of the event's data.
    Data,
    /// The event's name; the last of several counts.
    Event,
    /// The event's id, which is also that of all later events until there is another.
    Id,
    /// How long to wait before connecting again: milliseconds, in ASCII digits.
    Retry,
}

impl Field {
    const fn beginning_with(letter: u8) -> Option<Self> {
        match letter {
            b'd' => Some(Self::Data),
            b'e' => Some(Self::Event),
            b'i' => Some(Self::Id),
            b'r' => Some(Self::Retry),
            _ => None,
        }
    }

    /// The name and the colon after it.
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Data => b"data:",
            Self::Event => b"event:",
            Self::Id => b"id:",
            Self::Retry => b"retry:",
        }
    }
}

/// What [`Tokenizer::feed`] finds.
///
/// There will be no others: code that puts events together must handle each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Token<'i> {
    /// A field begins. Its value is the [`Bytes`](Self::Bytes) up to the next token of another kind.
    ///
    /// Every `data` line starts with a `Begin` of its own; join the lines with line feeds.
    Begin(Field),
    /// The next piece of the value: never empty, never with a line end, and UTF-8 if the server obeys the
    /// standard.
    Bytes(&'i [u8]),
    /// A blank line. If a `Begin(Data)` has come since the last one, an event is complete; otherwise the
    /// standard fires no event, but keeps the id.
    Dispatch,
}

/// Parses the lines, and lends the bytes of each value out of the input, at the speed of a search for the end
/// of the line.
///
/// ```
/// use taskgroup::sse::{Field, Token, Tokenizer};
///
/// let mut tokenizer = Tokenizer::new();
/// let mut input = &b"data: hello\n\n"[..];
/// assert_eq!(tokenizer.feed(&mut input), Some(Token::Begin(Field::Data)));
/// assert_eq!(tokenizer.feed(&mut input), Some(Token::Bytes(b"hello")));
/// assert_eq!(tokenizer.feed(&mut input), Some(Token::Dispatch));
/// assert_eq!(tokenizer.feed(&mut input), None);
/// ```
#[derive(Clone, Debug)]
pub struct Tokenizer {
    state: State,
    /// There has been a line of `data`, `event` or `id` since the last blank line.
    has_fields: bool,
}

/// ```text
/// Mark ─► Line ─┬─ CR, LF ──────────► Line                    Dispatch
///               ├─ d e i r ─► Name ─┬─ ":" ──► Space ─► Value   Begin, Bytes
///               │                   ├─ CR, LF ────────► Value   Begin
///               │                   └─ other ─► Skip
///               ├─ ":" ───────────────────────► Comment
///               └─ other ─────────────────────► Skip
/// Value, Skip, Comment ─── CR, LF ──► Line                    (after a CR by way of Return)
/// ```
#[derive(Clone, Copy, Debug)]
enum State {
    /// The stream's beginning, after this many bytes of a byte order mark.
    Mark(u8),
    /// A line's beginning.
    Line,
    /// A line's beginning after a CR: an LF belongs to the line before.
    Return,
    /// After this many bytes of what may be this field's name.
    Name(Field, u8),
    /// The value's beginning: one space is dropped.
    Space,
    Value,
    /// A field without meaning.
    Skip,
    Comment,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// At the beginning of a stream, where there may be a byte order mark.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::Mark(0), has_fields: false }
    }

    /// Takes the next token off the front of `input`. `None`: `input` is used up.
    #[must_use]
    #[inline]
    pub fn feed<'i>(&mut self, input: &mut &'i [u8]) -> Option<Token<'i>> {
        loop {
            let (&byte, rest) = input.split_first()?;
            match self.state {
                State::Value => {
                    if let Some(token) = self.take_value(input) {
                        return Some(token);
                    }
                }
                State::Space => {
                    self.state = State::Value;
                    if byte == b' ' {
                        *input = rest;
                    }
                    if let Some(token) = self.take_value(input) {
                        return Some(token);
                    }
                }
                State::Skip | State::Comment => _ = self.take_line(input),
                State::Line => {
                    if let Some(next) = after_line_end(byte) {
                        *input = rest;
                        self.state = next;
                        self.has_fields = false;
                        return Some(Token::Dispatch);
                    }
                    // Nearly always the whole name has arrived.
                    for field in [Field::Data, Field::Event, Field::Id] {
                        if let Some(value) = input.strip_prefix(field.name()) {
                            *input = value;
                            return Some(self.begin(field, State::Space));
                        }
                    }
                    self.state = match Field::beginning_with(byte) {
                        Some(field) => State::Name(field, 0),
                        None if byte == b':' => State::Comment,
                        None => State::Skip,
                    };
                }
                State::Name(field, matched) => match field.name().get(usize::from(matched)) {
                    Some(&expected) if expected == byte => {
                        *input = rest;
                        self.state = State::Name(field, matched.wrapping_add(1));
                        if byte == b':' {
                            return Some(self.begin(field, State::Space));
                        }
                    }
                    Some(b':') if after_line_end(byte).is_some() => {
                        return Some(self.begin(field, State::Value));
                    }
                    _ => self.state = State::Skip,
                },
                State::Return => {
                    if byte == b'\n' {
                        *input = rest;
                    }
                    self.state = State::Line;
                }
                State::Mark(matched) => match BYTE_ORDER_MARK.get(usize::from(matched)) {
                    Some(&mark) if mark == byte => {
                        *input = rest;
                        self.state = State::Mark(matched.wrapping_add(1));
                    }
                    // Part of a byte order mark begins a name without a meaning.
                    Some(_) if matched > 0 => self.state = State::Skip,
                    _ => self.state = State::Line,
                },
            }
        }
    }

    #[inline]
    fn begin(&mut self, field: Field, state: State) -> Token<'static> {
        self.state = state;
        self.has_fields |= !matches!(field, Field::Retry);
        Token::Begin(field)
    }

    /// Whether a stream that ended here was cut: in a line, other than a comment; or after a whole line of
    /// `data`, `event` or `id`, and before the blank line that completes an event.
    ///
    /// The standard drops such an event silently, so that only this shows that there was one.
    #[must_use]
    pub const fn is_amid_event(&self) -> bool {
        match self.state {
            State::Line | State::Return | State::Comment | State::Mark(0 | 3) => self.has_fields,
            State::Mark(_) | State::Name(..) | State::Space | State::Value | State::Skip => true,
        }
    }

    /// Whether the line of the field that began last has not ended.
    #[inline]
    pub(crate) const fn is_amid_field(&self) -> bool {
        matches!(self.state, State::Space | State::Value)
    }

    #[inline]
    fn take_value<'i>(&mut self, input: &mut &'i [u8]) -> Option<Token<'i>> {
        let bytes = self.take_line(input);
        (!bytes.is_empty()).then_some(Token::Bytes(bytes))
    }

    /// Takes the rest of the line, as far as it has arrived, and the byte that ends it.
    #[inline]
    fn take_line<'i>(&mut self, input: &mut &'i [u8]) -> &'i [u8] {
        let (line, end) = input.split_at_checked(line_length(input)).unwrap_or_default();
        *input = match end.split_first() {
            Some((&byte, rest)) => {
                self.state = after_line_end(byte).unwrap_or(State::Line);
                rest
            }
            None => &[],
        };
        line
    }
}

/// The number of bytes before the first that ends a line, or all of them.
#[cfg_attr(feature = "fast", inline)]
#[cfg_attr(not(feature = "fast"), inline(never))]
fn line_length(bytes: &[u8]) -> usize {
    if cfg!(feature = "fast") {
        return memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len());
    }
    // A small processor has no vectors: eight steps unrolled by hand save most of the loop's own work, and
    // one comparison for each byte leaves only control characters to be looked at again.
    let mut rest = bytes;
    loop {
        rest = from_control(rest);
        match rest.split_first() {
            Some((&byte, after)) if after_line_end(byte).is_none() => rest = after,
            _ => return bytes.len().wrapping_sub(rest.len()),
        }
    }
}

/// The bytes from the first one that may end a line.
#[inline(always)]
fn from_control(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    macro_rules! stop_at {
        ($($byte:ident $place:literal),*) => {$(
            if $byte <= b'\r' {
                return rest.get($place..).unwrap_or_default();
            }
        )*};
    }
    while let Some((&[a, b, c, d, e, f, g, h], after)) = rest.split_first_chunk() {
        stop_at!(a 0, b 1, c 2, d 3, e 4, f 5, g 6, h 7);
        rest = after;
    }
    while let Some((&byte, after)) = rest.split_first() {
        if byte <= b'\r' {
            break;
        }
        rest = after;
    }
    rest
}

const fn after_line_end(byte: u8) -> Option<State> {
    match byte {
        b'\n' => Some(State::Line),
        b'\r' => Some(State::Return),
        _ => None,
    }
}

/// One event, lent by the parser that collected it.
///
/// There will be no other fields, since the standard has no more: you can destructure it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Event<'p> {
    /// Its name; `message` if the server sent none. Invalid UTF-8 in it became U+FFFD.
    pub name: &'p str,
    /// Its data, with a line feed between two lines; otherwise the bytes that the server sent.
    pub data: &'p [u8],
    /// The last id as of this event; empty if there has been none. Invalid UTF-8 in it became U+FFFD.
    pub id: &'p str,
    /// The number of bytes of name and data without room, plus those of an id beyond 128. 0: nothing is
    /// missing.
    pub lost: usize,
}

/// Collects events: up to `N` bytes of name and data each, and ids up to 128 bytes.
///
/// ```
/// use taskgroup::sse::{Event, Parser};
///
/// let mut parser = Parser::<512>::new();
/// let mut input = &b"event: greeting\nid: 7\ndata: hello\ndata: world\n\ndata: unfinis"[..];
/// while let Some(Event { name, data, id, lost }) = parser.feed(&mut input) {
///     assert_eq!((name, data, id, lost), ("greeting", &b"hello\nworld"[..], "7", 0));
/// }
/// assert_eq!(parser.last_event_id(), "7");
/// ```
#[derive(Clone, Debug)]
pub struct Parser<const N: usize> {
    tokenizer: Tokenizer,
    /// The field whose value is being read, if it is.
    field: Option<Field>,
    decoder: Decoder,
    block: Block<N>,
    /// Whether the block is an event that `event` returns and the next `advance` clears.
    complete: bool,
    /// The value of an id or retry line as far as it has come.
    value: Text<128>,
    /// The last valid id line. Only a blank line makes it the last event id. Otherwise a stream that is cut
    /// in the middle of an event would continue after an event that nobody has received.
    id: Text<128>,
    /// Whether it has come since the last blank line.
    has_new_id: bool,
    id_lost: usize,
    last_event_id: Text<128>,
    retry: Option<u32>,
}

impl<const N: usize> Default for Parser<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Parser<N> {
    /// At the beginning of a stream, without a last event id.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tokenizer: Tokenizer::new(),
            field: None,
            decoder: Decoder::new(),
            block: Block::new(),
            complete: false,
            value: Text::new(),
            id: Text::new(),
            has_new_id: false,
            id_lost: 0,
            last_event_id: Text::new(),
            retry: None,
        }
    }

    /// Takes the next event off the front of `input`. `None`: `input` is used up.
    #[must_use]
    pub fn feed(&mut self, input: &mut &[u8]) -> Option<Event<'_>> {
        self.advance(input).then(|| self.event())
    }

    /// Parses up to the next event. `true`: there is one, and [`event`](Self::event) shows it. `false`:
    /// `input` is used up.
    #[must_use]
    pub fn advance(&mut self, input: &mut &[u8]) -> bool {
        if self.complete {
            self.clear_block();
        }
        while let Some(token) = self.tokenizer.feed(input) {
            match token {
                Token::Begin(field) => {
                    self.end_line();
                    self.begin_line(field);
                }
                Token::Bytes(bytes) => self.extend_line(bytes),
                Token::Dispatch => {
                    self.end_line();
                    if mem::take(&mut self.has_new_id) {
                        self.last_event_id.clear();
                        self.last_event_id.push_str(self.id.as_str());
                    }
                    if self.block.dispatch() {
                        self.complete = true;
                        return true;
                    }
                    // The id that is too long would belong to the next event.
                    self.block.clear();
                }
            }
        }
        if !self.tokenizer.is_amid_field() {
            self.end_line();
        }
        false
    }

    /// The event that the last [`advance`](Self::advance) found; an empty one if it found none.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        let id = self.last_event_id();
        if self.complete {
            let (name, data) = (self.block.name(), self.block.data());
            Event { name, data, id, lost: self.block.lost().saturating_add(self.id_lost) }
        } else {
            Event { name: "message", data: &[], id, lost: 0 }
        }
    }

    /// The id to send as `Last-Event-ID` when you reconnect; empty if there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.last_event_id.as_str()
    }

    /// The last valid `retry`: how long the server wants clients to wait before they reconnect.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry.map(|millis| Duration::from_millis(millis.into()))
    }

    /// Whether a stream that ended here was cut, see [`Tokenizer::is_amid_event`].
    #[must_use]
    pub const fn is_amid_event(&self) -> bool {
        self.tokenizer.is_amid_event()
    }

    /// Ends the stream, and drops an unfinished event. What you feed from now on is another stream, which
    /// keeps the last event id and `retry`.
    pub fn closed(&mut self) {
        self.tokenizer = Tokenizer::new();
        self.field = None;
        self.decoder = Decoder::new();
        self.clear_block();
        self.id.clone_from(&self.last_event_id);
        self.has_new_id = false;
    }

    fn begin_line(&mut self, field: Field) {
        self.field = Some(field);
        match field {
            Field::Data => self.block.begin_data(),
            Field::Event => self.block.clear_name(),
            Field::Id | Field::Retry => self.value.clear(),
        }
    }

    fn extend_line(&mut self, bytes: &[u8]) {
        let Self { block, value, .. } = self;
        match self.field {
            Some(Field::Data) => block.push_data(bytes),
            Some(Field::Event) => self.decoder.feed(bytes, |piece| block.push_name(piece)),
            Some(Field::Id | Field::Retry) => self.decoder.feed(bytes, |piece| value.push_str(piece)),
            None => {}
        }
    }

    fn end_line(&mut self) {
        match self.field.take() {
            Some(Field::Event) => self.block.push_name(self.decoder.finish()),
            Some(Field::Id) => {
                self.value.push_str(self.decoder.finish());
                if self.value.lost() > 0 {
                    self.id_lost = self.value.len().saturating_add(self.value.lost());
                } else if memchr(0, self.value.as_bytes()).is_none() {
                    mem::swap(&mut self.id, &mut self.value);
                    self.has_new_id = true;
                    self.id_lost = 0;
                }
            }
            Some(Field::Retry) => {
                self.value.push_str(self.decoder.finish());
                let whole = if self.value.lost() == 0 { self.value.as_bytes() } else { &[] };
                self.retry = decimal(whole).or(self.retry);
            }
            Some(Field::Data) | None => {}
        }
    }

    fn clear_block(&mut self) {
        self.block.clear();
        self.id_lost = 0;
        self.complete = false;
    }
}

/// Data and name of one event in the same `N` bytes. Data grows from the front, the name backwards from the
/// back, because lines of both may come in any order.
#[derive(Clone, Debug)]
struct Block<const N: usize> {
    bytes: [u8; N],
    data: usize,
    data_lost: usize,
    has_data: bool,
    name: usize,
    name_lost: usize,
}

impl<const N: usize> Block<N> {
    const fn new() -> Self {
        Self { bytes: [0; N], data: 0, data_lost: 0, has_data: false, name: 0, name_lost: 0 }
    }

    fn begin_data(&mut self) {
        if self.has_data {
            self.push_data(b"\n");
        }
        self.has_data = true;
    }

    fn push_data(&mut self, bytes: &[u8]) {
        let free = if self.data_lost == 0 { self.free() } else { &mut [] };
        let fits = free.len().min(bytes.len());
        if let (Some(places), Some(bytes)) = (free.get_mut(..fits), bytes.get(..fits)) {
            places.copy_from_slice(bytes);
        }
        self.data = self.data.saturating_add(fits);
        self.data_lost = self.data_lost.saturating_add(bytes.len().saturating_sub(fits));
    }

    fn push_name(&mut self, piece: &str) {
        let free = if self.name_lost == 0 { self.free() } else { &mut [] };
        let fits = piece.floor_char_boundary(free.len());
        let places = free.len().checked_sub(fits).and_then(|from| free.get_mut(from..));
        for (place, byte) in places.unwrap_or_default().iter_mut().rev().zip(piece.bytes()) {
            *place = byte;
        }
        self.name = self.name.saturating_add(fits);
        self.name_lost = self.name_lost.saturating_add(piece.len().saturating_sub(fits));
    }

    fn free(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.data..N.saturating_sub(self.name)).unwrap_or_default()
    }

    /// Completes the event: reverses the name. False: there is no event.
    fn dispatch(&mut self) -> bool {
        if let Some(name) = self.bytes.get_mut(N.saturating_sub(self.name)..) {
            name.reverse();
        }
        self.has_data
    }

    fn data(&self) -> &[u8] {
        self.bytes.get(..self.data).unwrap_or_default()
    }

    fn name(&self) -> &str {
        if self.name == 0 && self.name_lost == 0 {
            return "message";
        }
        let name = self.bytes.get(N.saturating_sub(self.name)..).unwrap_or_default();
        str::from_utf8(name).unwrap_or_default()
    }

    const fn lost(&self) -> usize {
        self.data_lost.saturating_add(self.name_lost)
    }

    fn clear_name(&mut self) {
        self.name = 0;
        self.name_lost = 0;
    }

    fn clear(&mut self) {
        self.clear_name();
        self.data = 0;
        self.data_lost = 0;
        self.has_data = false;
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests;
