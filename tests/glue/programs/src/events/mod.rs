//! (d) and (d') Lines by hand, and picojson's parsers, which give events: no buffer for a frame, but one for
//! a string with an escape.

mod paths;
mod pieces;

use picojson::{DefaultConfig, Event, ParseError, PullParser, PushParser, PushParserHandler, StreamParser};

pub use self::paths::Keep;
use self::{
    paths::{Name, Value},
    pieces::{Line, Pieces},
};

/// As deep as the records go.
const DEPTH: usize = 8;

struct Handler<'r, E> {
    record: &'r mut E,
    path: [Name; DEPTH],
    depth: usize,
    is_wrong: bool,
}

impl<'r, E: Keep> Handler<'r, E> {
    fn new(record: &'r mut E) -> Self {
        record.clear();
        Self { record, path: [Name::Other; DEPTH], depth: 0, is_wrong: false }
    }

    fn value(&mut self, value: Value<'_>) {
        if let Some(path) = self.path.get(..self.depth) {
            self.is_wrong |= self.record.keep(path, value).is_none();
        }
        self.next();
    }

    fn top(&mut self) -> Option<&mut Name> {
        self.path.get_mut(self.depth.checked_sub(1)?)
    }

    fn next(&mut self) {
        if let Some(Name::Index(index)) = self.top() {
            *index = index.saturating_add(1);
        }
    }

    fn push(&mut self, name: Name) {
        self.depth = self.depth.saturating_add(1);
        if let Some(top) = self.top() {
            *top = name;
        }
    }

    fn take(&mut self, event: Event<'_, '_>) {
        match event {
            Event::StartObject => self.push(Name::Other),
            Event::StartArray => self.push(Name::Index(0)),
            Event::EndObject | Event::EndArray => {
                self.depth = self.depth.saturating_sub(1);
                self.next();
            }
            Event::Key(key) => {
                if let Some(top) = self.top() {
                    *top = E::name(key.as_str());
                }
            }
            Event::String(text) => self.value(Value::Text(text.as_str())),
            Event::Number(number) => self.value(Value::Number(number.as_str())),
            Event::Bool(flag) => self.value(Value::Bool(flag)),
            Event::Null => self.next(),
            Event::EndDocument => {}
        }
    }
}

impl<E: Keep> PushParserHandler<'_, '_, ParseError> for Handler<'_, E> {
    fn handle_event(&mut self, event: Event<'_, '_>) -> Result<(), ParseError> {
        self.take(event);
        Ok(())
    }
}

/// (d) Piece by piece as they are read. The parser wants pieces that live as long as it does: right for bytes
/// in flash, as here, and impossible for a buffer that is read into again.
pub fn push<'r, E: Keep>(
    scratch: &mut [u8],
    record: &mut E,
    reads: impl Iterator<Item = &'r [u8]>,
    mut found: impl FnMut(Option<&E>),
) {
    let mut pieces = Pieces::new(reads);
    while pieces.begin().is_some() {
        let mut parser = PushParser::<_, DefaultConfig>::new(Handler::new(&mut *record), &mut *scratch);
        let mut is_right = true;
        while let Some(piece) = pieces.next() {
            is_right = is_right && parser.write::<ParseError>(piece).is_ok();
        }
        is_right = is_right && parser.finish::<ParseError>().is_ok_and(|handler| !handler.is_wrong);
        found(is_right.then_some(&*record));
    }
}

/// (d') The parser asks for bytes when it has none: for a program that may block there.
pub fn pull<'r, E: Keep>(
    buffer: &mut [u8],
    record: &mut E,
    reads: impl Iterator<Item = &'r [u8]>,
    mut found: impl FnMut(Option<&E>),
) {
    let mut pieces = Pieces::new(reads);
    while pieces.begin().is_some() {
        let mut line = Line::new(&mut pieces);
        let is_right = pull_line(buffer, record, &mut line);
        line.skip();
        found(is_right.then_some(&*record));
    }
}

fn pull_line<'r, E: Keep, I: Iterator<Item = &'r [u8]>>(
    buffer: &mut [u8],
    record: &mut E,
    line: &mut Line<'_, 'r, I>,
) -> bool {
    let mut handler = Handler::new(record);
    let mut parser = StreamParser::<_, DefaultConfig>::with_config(line, buffer);
    loop {
        match parser.next_event() {
            Ok(Event::EndDocument) => return !handler.is_wrong,
            Ok(event) => handler.take(event),
            Err(_) => return false,
        }
    }
}
