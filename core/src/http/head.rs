//! Names and values of header fields in, byte by byte; what a client acts on, out.
//!
//! Everything but `Location` goes through one word of 24 bytes: a field's name, then each element of its
//! value. No word with a meaning is longer, so the first byte of a longer one is replaced by one without a
//! meaning.

use core::{num::NonZeroU32, time::Duration};

use super::{
    date::seconds_since_1970,
    error::Error,
    words::{Element, Field, WORD, is_whitespace, length, rounded_up},
};

/// The part of an answer's head that a client acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Head {
    /// 101, or 200 to 999: the other 1xx are skipped. Treat codes from 600 on like 5xx (RFC 9110 §15).
    pub status: u16,
    /// What ends the body.
    pub framing: Framing,
    /// The media type is `text/event-stream`, whatever its parameters.
    pub event_stream: bool,
    /// The media type is `application/json` or ends in `+json`, whatever its parameters.
    pub json: bool,
    /// The body is not compressed: there is no `Content-Encoding` other than `identity`.
    pub identity: bool,
    /// The value of `x-should-retry`: whether to ask again, whatever the status.
    pub should_retry: Option<bool>,
    /// How long to wait before asking again: `retry-after-ms`, or else `Retry-After`. A date there counts
    /// from the answer's own `Date`, and is ignored without it. Up to 136 years.
    pub retry_after: Option<Duration>,
    /// Whether there is a `Location`: see [`Response::location`](super::Response::location).
    pub location: bool,
}

/// What ends a body ([RFC 9112 §6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3)). HTTP/1.1 has no
/// other ways, so there will be no further variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Framing {
    /// Its length in bytes; 0 if the status forbids a body.
    Length(u64),
    /// Its last chunk.
    Chunked,
    /// The end of the connection, which looks the same if the server was cut off.
    UntilClose,
}

/// The memory for a redirect's target.
pub(crate) type Location = heapless::String<128, u8>;

/// What the fields so far say about the end of the body. `Transfer-Encoding` overrides `Content-Length`,
/// whichever comes first ([RFC 9112 §6.3]).
///
/// [RFC 9112 §6.3]: https://www.rfc-editor.org/rfc/rfc9112#section-6.3
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Delimiter {
    Unknown,
    Length,
    /// There is a `Transfer-Encoding` that has not named a coding yet.
    Coding,
    LastChunk,
    /// The last chunk has come; the fields after it have no meaning here.
    Trailers,
}

/// What the number of a wait means.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wait {
    Millis,
    Seconds,
    Until,
}

/// A length in two halves: a `u64` would cause padding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length([u32; 2]);

impl Length {
    #[allow(clippy::cast_possible_truncation, reason = "into halves")]
    pub(super) const fn new(length: u64) -> Self {
        Self([length as u32, (length >> 32) as u32])
    }

    pub(super) const fn get(self) -> u64 {
        let Self([low, high]) = self;
        (high as u64) << 32 | low as u64
    }
}

/// What has been read of a head.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    /// What the body has, or has left. Until there is a `Content-Length`, no end of it is known.
    pub(super) length: Length,
    /// A number of what `unit` says: apart, since together they would be padded.
    wait: u32,
    /// The `Date`, in seconds since 1970.
    date: Option<NonZeroU32>,
    pub(super) status: u16,
    pub(super) delimiter: Delimiter,
    media_type: Option<Element>,
    identity: bool,
    /// Nothing has said that the connection ends with the answer.
    pub(super) persistent: bool,
    unit: Option<Wait>,
    should_retry: Option<Element>,
    /// The field whose value is being read, as long as more of it can matter.
    field: Option<Field>,
    pub(super) word: heapless::Vec<u8, WORD, u8>,
}

impl Fields {
    /// `persistent`: the request does not end the connection.
    pub(super) const fn new(persistent: bool) -> Self {
        Self {
            length: Length::new(u64::MAX),
            wait: 0,
            date: None,
            status: 0,
            delimiter: Delimiter::Unknown,
            media_type: None,
            identity: true,
            persistent,
            unit: None,
            should_retry: None,
            field: None,
            word: heapless::Vec::new(),
        }
    }

    /// The name is complete.
    pub(super) fn begin_value(&mut self, location: &mut Location) {
        self.field = Field::named(&self.word).filter(|_| !self.are_trailers() && !self.is_interim());
        self.word.clear();
        match self.field {
            Some(Field::Location) => location.clear(),
            Some(Field::TransferEncoding) if self.delimiter != Delimiter::LastChunk => {
                self.delimiter = Delimiter::Coding;
            }
            _ => {}
        }
    }

    #[inline(never)] // saves 100 bytes in its caller
    pub(super) fn value_byte(&mut self, byte: u8, location: &mut Location) -> Result<(), Error> {
        match (self.field, byte) {
            (None, _) => {}
            (Some(Field::Location), _) => return self.location_byte(byte, location),
            (Some(Field::ContentType), b';') => return self.end_value(),
            (Some(field), b',') if field != Field::ContentType => return self.end_element(field),
            (field, _) => {
                if field == Some(Field::ContentType) && byte == b'+' {
                    self.word.clear();
                }
                self.word_byte(byte);
            }
        }
        Ok(())
    }

    fn location_byte(&mut self, byte: u8, location: &mut Location) -> Result<(), Error> {
        if is_whitespace(byte) {
            // The word shows whether more follows: there are no blanks in a location.
            if !location.is_empty() {
                _ = self.word.push(byte);
            }
            return Ok(());
        }
        let is_visible = byte.is_ascii_graphic() && self.word.is_empty();
        if is_visible && location.push(char::from(byte)).is_ok() {
            return Ok(());
        }
        location.clear();
        self.field = None;
        if is_visible && matches!(self.status, 300..=399) { Err(Error::Capacity) } else { Ok(()) }
    }

    pub(super) fn are_trailers(&self) -> bool {
        self.delimiter == Delimiter::Trailers
    }

    /// Whether another answer follows, so that these fields have no meaning here.
    pub(super) const fn is_interim(&self) -> bool {
        matches!(self.status, 100 | 102..=199)
    }

    /// A byte of a name or an element. Whitespace in front of it is dropped, inside it counts as one space.
    pub(super) fn word_byte(&mut self, byte: u8) {
        if !is_whitespace(byte) {
            let is_full = self.word.push(byte.to_ascii_lowercase()).is_err();
            if let Some(first) = self.word.first_mut().filter(|_| is_full) {
                *first = b'?';
            }
        } else if self.word.last().is_some_and(|&last| last != b' ') {
            _ = self.word.push(b' ');
        }
    }

    /// The value is complete: the next line does not continue it, or the rest has no meaning.
    pub(super) fn end_value(&mut self) -> Result<(), Error> {
        match self.field.take() {
            Some(field) if field != Field::Location => self.end_element(field),
            _ => {
                self.word.clear();
                Ok(())
            }
        }
    }

    /// An element of the value is complete ([RFC 9110 §5.6.1]); the comma after a date's weekday ends one,
    /// too.
    ///
    /// [RFC 9110 §5.6.1]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1
    fn end_element(&mut self, field: Field) -> Result<(), Error> {
        let text = self.word.strip_suffix(b" ").unwrap_or(&self.word);
        let element = Element::named(text);
        match field {
            Field::ContentLength => {
                let length = length(text).ok_or(Error::ContentLength)?;
                match self.delimiter {
                    Delimiter::Length if length != self.length.get() => return Err(Error::ContentLength),
                    Delimiter::Unknown => self.delimiter = Delimiter::Length,
                    _ => {}
                }
                self.length = Length::new(length);
            }
            Field::TransferEncoding => match (element, self.delimiter) {
                (Some(Element::Empty), _) => {}
                (Some(Element::Chunked), Delimiter::Coding) => self.delimiter = Delimiter::LastChunk,
                _ => return Err(Error::TransferEncoding),
            },
            Field::Connection => self.persistent &= element != Some(Element::Close),
            Field::ContentEncoding => {
                self.identity &= matches!(element, Some(Element::Empty | Element::Identity));
            }
            Field::ContentType => self.media_type = element,
            Field::ShouldRetry => self.should_retry = element,
            Field::RetryAfterMs => self.wait(rounded_up(text), Wait::Millis),
            Field::RetryAfter if self.unit != Some(Wait::Millis) => match rounded_up(text) {
                None => self.wait(seconds_since_1970(text), Wait::Until),
                seconds => self.wait(seconds, Wait::Seconds),
            },
            Field::Date => self.date = seconds_since_1970(text).and_then(NonZeroU32::new).or(self.date),
            Field::RetryAfter | Field::Location => {}
        }
        self.word.clear();
        Ok(())
    }

    fn wait(&mut self, number: Option<u32>, unit: Wait) {
        if let Some(number) = number {
            (self.wait, self.unit) = (number, Some(unit));
        }
    }

    /// Draws the conclusions, once all fields are read.
    pub(super) fn head(&self, location: &Location) -> Result<Head, Error> {
        let framing = match self.delimiter {
            Delimiter::Coding => return Err(Error::TransferEncoding),
            _ if matches!(self.status, 101 | 204 | 304) => Framing::Length(0),
            Delimiter::Unknown => Framing::UntilClose,
            Delimiter::Length => Framing::Length(self.length.get()),
            Delimiter::LastChunk | Delimiter::Trailers => Framing::Chunked,
        };
        Ok(Head {
            status: self.status,
            framing,
            event_stream: self.media_type == Some(Element::EventStream),
            json: self.media_type == Some(Element::Json),
            identity: self.identity,
            should_retry: match self.should_retry {
                Some(Element::True) => Some(true),
                Some(Element::False) => Some(false),
                _ => None,
            },
            retry_after: self.retry_after(),
            location: !location.is_empty(),
        })
    }

    fn retry_after(&self) -> Option<Duration> {
        let (seconds, millis) = match self.unit? {
            Wait::Millis => divide_by_1000(self.wait),
            Wait::Seconds => (self.wait, 0),
            Wait::Until => (self.wait.saturating_sub(self.date?.get()), 0),
        };
        Some(Duration::new(seconds.into(), millis.min(999).wrapping_mul(1_000_000)))
    }
}

/// The quotient and the remainder. By hand, because on a Cortex-M0 a division is a library function five
/// times as long.
fn divide_by_1000(number: u32) -> (u32, u32) {
    let (mut quotient, mut rest, mut bit) = (0, number, 1 << 22);
    while bit != 0 {
        if let Some(less) = rest.checked_sub(1000_u32.wrapping_mul(bit)) {
            quotient |= bit;
            rest = less;
        }
        bit >>= 1;
    }
    (quotient, rest)
}
