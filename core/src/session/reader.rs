//! The body of an event stream in, complete events out: Server-Sent Events and the JSON in them.

use core::{mem, num::NonZeroU32};

use super::{
    endpoint::{End, Endpoint},
    envelope::Envelope,
    id::Id,
    prefix::Prefix,
};
use crate::{
    json::{self, Filler, Record},
    sse::{self, Field, Token},
    time::Millis,
};

/// A record without members, for a body that is not meant for the application's record.
pub(super) struct Nothing;

impl json::Field for Nothing {
    fn clear(&mut self) {}

    fn fill(&mut self, json: &mut json::Json<'_, '_>) -> Result<(), json::Stop> {
        json.skip()
    }
}

impl Record for Nothing {
    fn names(&self) -> &'static [json::Node] {
        static ROOT: [json::Node; json::count(&[])] = json::tree(&[]);
        &ROOT
    }

    fn member(&mut self, _: usize) -> Option<&mut dyn json::Field> {
        None
    }
}

/// The data of the current event so far.
#[derive(Clone, Copy)]
enum Data {
    /// No `data` line yet.
    Absent,
    /// Only empty `data` lines.
    Empty,
    /// JSON that has been valid so far.
    Json,
    /// JSON that is invalid; the rest of it is skipped.
    Broken(json::Error),
}

/// What is in the record.
#[derive(Clone, Copy)]
enum Held {
    /// Nothing yet, or the event that is being read.
    Fresh,
    /// A whole event: the next byte begins another.
    Whole,
    /// Part of an event that was forgotten, to be cleared.
    Scraps,
}

/// The two parsers in a row, and what they have found in the current event.
pub(super) struct Reader<'c> {
    sse: sse::Tokenizer,
    filler: Filler,
    field: Option<Field>,
    data: Data,
    /// The `retry` field that is being read: no digit yet, the number so far, or no number.
    digits: Result<Option<u32>, ()>,
    /// The last valid `retry` of all bodies. 0, which asks for no wait, if there was none.
    pub(super) retry: Millis,
    pub(super) envelope: Envelope<'c>,
    /// Tells one body without cursors from another.
    pub(super) tally: Tally,
    held: Held,
    /// How much of the data that ends the stream has come in the current event.
    last_data: Prefix,
}

/// A summary of a body without cursors, to compare it with the previous one.
#[derive(Clone, Copy)]
pub(super) struct Tally {
    /// Hash of the data of all events (FNV-1a, 32 bits). Never 0, so that an `Option` of it takes no more
    /// room.
    pub(super) hash: NonZeroU32,
    /// The number of events; 255 also stands for more.
    pub(super) events: u8,
}

/// The initial value of the hash.
const OFFSET: NonZeroU32 = NonZeroU32::MIN.saturating_add(0x811c_9dc4);

impl Tally {
    const fn new() -> Self {
        Self { hash: OFFSET, events: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        let hash = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        self.hash = NonZeroU32::new(bytes.iter().fold(self.hash.get(), hash)).unwrap_or(OFFSET);
    }
}

/// The next token of the stream. What JSON needs of the stack is less if this is not inlined.
#[cfg_attr(feature = "fast", inline)]
#[cfg_attr(not(feature = "fast"), inline(never))]
fn token<'i>(sse: &mut sse::Tokenizer, input: &mut &'i [u8]) -> Option<Token<'i>> {
    sse.feed(input)
}

impl<'c> Reader<'c> {
    pub(super) const fn new(endpoint: &'c Endpoint<'c>) -> Self {
        Self {
            sse: sse::Tokenizer::new(),
            filler: Filler::new(),
            field: None,
            data: Data::Absent,
            digits: Ok(None),
            retry: Millis(0),
            envelope: Envelope::new(endpoint),
            tally: Tally::new(),
            held: Held::Fresh,
            last_data: Prefix::EMPTY,
        }
    }

    /// Begins a new body. A whole event stays in the record until another begins: the body may have none.
    pub(super) fn begin(&mut self, id: &mut Id) {
        let held = self.held;
        self.sse = sse::Tokenizer::new();
        self.field = None;
        self.tally = Tally::new();
        self.forget(id);
        if matches!(held, Held::Whole) {
            self.held = held;
        }
    }

    /// Begins the body of a refusal, which does not go into the application's record.
    pub(super) fn begin_refusal(&mut self, id: &mut Id) {
        let held = self.held;
        self.begin(id);
        self.held = held;
    }

    /// Forgets the event so far; the record is cleared of it by [`settle`](Self::settle).
    #[inline(never)] // one copy instead of several
    pub(super) fn forget(&mut self, id: &mut Id) {
        self.data = Data::Absent;
        self.held = Held::Scraps;
        self.envelope.begin();
        self.last_data = Prefix::EMPTY;
        id.clear();
        self.filler = Filler::new();
    }

    /// Clears the record of an event that was forgotten.
    #[inline(never)] // one copy instead of several
    pub(super) fn settle(&mut self, record: &mut dyn Record) {
        if matches!(self.held, Held::Scraps) {
            self.held = Held::Fresh;
            record.clear();
        }
    }

    /// Whether an event, or a line of one, has begun and not ended.
    pub(super) const fn is_amid_event(&self) -> bool {
        self.sse.is_amid_event()
    }

    /// Whether the record has part of an event that will not be completed.
    pub(super) fn is_partial(&self) -> bool {
        self.has_data() || matches!(self.held, Held::Scraps)
    }

    /// Whether there is part of an event to forget.
    pub(super) fn has_data(&self) -> bool {
        !matches!(self.data, Data::Absent)
    }

    /// Whether the event that was read last is the one that ends the stream.
    pub(super) fn is_last(&self) -> bool {
        matches!(self.envelope.endpoint.end, Some(End::Data(text)) if self.last_data.is_whole(text))
    }

    /// The first member that did not fit the record, in the event so far.
    pub(super) fn mismatch(&self) -> Option<json::Name> {
        self.filler.mismatch()
    }

    /// Takes JSON that is the whole body. `Some` when the text is complete or invalid.
    pub(super) fn json(
        &mut self,
        record: &mut dyn Record,
        id: &mut Id,
        input: &mut &[u8],
    ) -> Option<Result<(), json::Error>> {
        self.settle(record);
        record.data(input);
        self.data = Data::Json;
        let result = match self.parse(record, id, input) {
            Ok(false) => return None,
            // The answer is whole when its text is, whatever comes after that.
            Ok(true) | Err(json::Error::Trailing) => self.filler.result(),
            Err(error) => {
                self.envelope.broken();
                Err(error)
            }
        };
        self.data = Data::Absent;
        Some(result)
    }

    /// Takes bytes of an event stream, up to the end of the next event that has data. Its JSON is then in the
    /// record and in the envelope, or is invalid.
    #[inline(never)]
    pub(super) fn feed(
        &mut self,
        record: &mut dyn Record,
        id: &mut Id,
        input: &mut &[u8],
    ) -> Option<Result<(), json::Error>> {
        self.settle(record);
        while let Some(token) = token(&mut self.sse, input) {
            match token {
                Token::Bytes(_) | Token::Begin(_) => {
                    if let Some(bytes) = self.data_of(token, record, id)
                        && let Err(error) = self.parse(record, id, &mut &*bytes)
                    {
                        self.data = Data::Broken(error);
                    }
                }
                Token::Dispatch => {
                    let result = self.dispatch(record, id);
                    if result.is_some() {
                        return result;
                    }
                }
            }
        }
        // A field counts at the end of its line, even if nothing comes after it.
        if !self.sse.is_amid_field() {
            self.end_field();
        }
        None
    }

    /// A blank line: the end of an event, if that has data.
    #[inline(never)]
    fn dispatch(&mut self, record: &mut dyn Record, id: &mut Id) -> Option<Result<(), json::Error>> {
        self.end_field();
        let result = match mem::replace(&mut self.data, Data::Absent) {
            Data::Absent | Data::Empty => {
                if !matches!(self.held, Held::Whole) {
                    self.forget(id);
                    self.settle(record);
                }
                return None;
            }
            Data::Json => self.filler.finish(),
            Data::Broken(error) => Err(error),
        };
        if !matches!(result, Ok(()) | Err(json::Error::Mismatch(_))) {
            self.envelope.broken();
        }
        self.held = Held::Whole;
        self.tally.events = self.tally.events.saturating_add(1);
        Some(result)
    }

    /// What a token that does not end the event adds to its data, if that is JSON that is valid so far. What
    /// is not data is taken here, so that JSON needs less of the stack.
    #[inline(never)]
    fn data_of<'i>(&mut self, token: Token<'i>, record: &mut dyn Record, id: &mut Id) -> Option<&'i [u8]> {
        let bytes = match token {
            Token::Bytes(bytes) if self.field == Some(Field::Data) => bytes,
            Token::Bytes(bytes) => {
                self.other_bytes(bytes, id);
                return None;
            }
            Token::Begin(field) if self.begin_field(field, record, id) => b"\n",
            Token::Begin(_) | Token::Dispatch => return None,
        };
        record.data(bytes);
        match self.envelope.endpoint.end {
            Some(End::Final(_)) => self.tally.push(bytes),
            Some(End::Data(text)) => self.last_data.push(bytes, text),
            _ => {}
        }
        if matches!(self.data, Data::Empty) && bytes != b"\n" {
            self.data = Data::Json;
        }
        matches!(self.data, Data::Json).then_some(bytes)
    }

    /// Parses JSON. `true`: the text is complete.
    #[inline(never)]
    fn parse(&mut self, record: &mut dyn Record, id: &mut Id, json: &mut &[u8]) -> Result<bool, json::Error> {
        self.filler.feed(record, &mut self.envelope.watch(id), json)
    }

    /// Whether the line before was data, too, so that a line feed comes between them.
    fn begin_field(&mut self, field: Field, record: &mut dyn Record, id: &mut Id) -> bool {
        self.end_field();
        if matches!(self.held, Held::Whole) && !matches!(field, Field::Retry) {
            self.forget(id);
            self.settle(record);
        }
        self.field = Some(field);
        match field {
            Field::Data if self.has_data() => return true,
            Field::Data => self.data = Data::Empty,
            Field::Event => self.envelope.begin_name(),
            Field::Id => self.envelope.begin_id(id),
            Field::Retry => self.digits = Ok(None),
        }
        false
    }

    fn other_bytes(&mut self, bytes: &[u8], id: &mut Id) {
        match self.field {
            Some(Field::Event) => self.envelope.name(bytes),
            Some(Field::Id) => self.envelope.id(bytes, id),
            Some(Field::Retry) if self.digits.is_ok() => {
                self.digits = bytes.iter().try_fold(self.digits.unwrap_or_default(), |value, byte| {
                    let digit = byte.is_ascii_digit().then_some(byte & 0xF).ok_or(())?;
                    Ok(Some(value.unwrap_or(0).saturating_mul(10).saturating_add(digit.into())))
                });
            }
            Some(Field::Data | Field::Retry) | None => {}
        }
    }

    fn end_field(&mut self) {
        if self.field.take() == Some(Field::Retry) {
            self.retry = self.digits.ok().flatten().map_or(self.retry, Millis);
        }
    }
}
