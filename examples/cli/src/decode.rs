//! A recorded body of an event stream on stdin in, a line for each event on stdout out.
//!
//! # Limits
//!
//! One event at a time is held in memory, whatever its size.

use std::io::{self, Read};

use clap::Args;
use taskgroup::{
    json,
    sse::{Field, Token, Tokenizer},
};
use taskgroup_std::Verbatim;

use crate::{
    Error, Exit, Format,
    console::Console,
    interrupt::Progress,
    lines::Lines,
    record::{Line, Summary},
};

/// Print the events of a recorded stream, read from stdin
///
/// Takes the body of a text/event-stream answer, as `curl` saves it. An event that is broken, or cut by the end, is
/// told on stderr, and the exit code is then 3.
#[derive(Args)]
pub(crate) struct Arguments {
    /// What a line is
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    match arguments.format {
        Format::Human => Decoder::<Summary>::new().run(),
        Format::Jsonl => Decoder::<Verbatim>::new().run(),
    }
}

struct Decoder<R> {
    record: R,
    /// The event's data so far; `None` before its first `data` line.
    data: Option<Vec<u8>>,
    line: Vec<u8>,
    lines: Lines,
    console: Console,
    events: u64,
    skipped: u64,
}

impl<R: Line + Default> Decoder<R> {
    fn new() -> Self {
        Self {
            record: R::default(),
            data: None,
            line: Vec::new(),
            lines: Lines::new(Progress::default()),
            console: Console::new(""),
            events: 0,
            skipped: 0,
        }
    }

    fn run(mut self) -> Result<Exit, Error> {
        let (mut stdin, mut buffer) = (io::stdin().lock(), vec![0; 64 * 1024]);
        let (mut tokenizer, mut field) = (Tokenizer::new(), Field::Event);
        loop {
            let read = match stdin.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::Failed(format!("stdin: {error}"))),
            };
            let mut input = buffer.get(..read).unwrap_or_default();
            while let Some(token) = tokenizer.feed(&mut input) {
                match token {
                    Token::Begin(begun) => {
                        field = begun;
                        self.begin(field);
                    }
                    Token::Bytes(bytes) if field == Field::Data => {
                        self.data.get_or_insert_default().extend(bytes)
                    }
                    Token::Bytes(_) => {}
                    Token::Dispatch => self.event()?,
                }
            }
            self.lines.flush(None, &self.console)?;
        }
        if let Some(data) = self.take_data() {
            self.events += 1;
            // What there is of it may tell its id.
            let _ = json::fill(&mut self.record, &data);
            self.skip("cut by the end of the input");
        }
        Ok(if self.skipped == 0 { Exit::Done } else { Exit::Skipped })
    }

    /// The lines of data are joined by line feeds.
    fn begin(&mut self, field: Field) {
        if field == Field::Data {
            match &mut self.data {
                Some(data) => data.push(b'\n'),
                None => self.data = Some(Vec::new()),
            }
        }
    }

    fn event(&mut self) -> Result<(), Error> {
        let Some(data) = self.take_data() else { return Ok(()) };
        self.events += 1;
        match json::fill(&mut self.record, &data) {
            Ok(()) => {
                self.record.data(&data);
                self.line.clear();
                self.record.write(&mut self.line, &self.console);
                self.lines.print(&self.line)
            }
            Err(error) => {
                self.skip(&error.to_string());
                Ok(())
            }
        }
    }

    /// The data of the event that ends here. Empty lines alone are no event, as in a session.
    fn take_data(&mut self) -> Option<Vec<u8>> {
        self.data.take().filter(|data| data.iter().any(|byte| *byte != b'\n'))
    }

    fn skip(&mut self, why: &str) {
        self.skipped += 1;
        let id = self.record.event_id().map(|id| format!(" with id \"{id}\"")).unwrap_or_default();
        self.console.say(format_args!("skipped: event number {}{id}: {why}", self.events));
    }
}
