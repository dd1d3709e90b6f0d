//! `taskgroup decode`: a recorded body of an event stream in, a line for each event on stdout out.
//!
//! # Limits
//!
//! One event at a time is held in memory, whatever its size.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use taskgroup::{
    json::{self, Misfit},
    sse::{Field, Token, Tokenizer},
};
use taskgroup_std::Verbatim;

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    console::Console,
    interrupt,
    output::Output,
    record::{Line, Summary},
};

/// Print the events of a recorded stream
///
/// Takes the body of a text/event-stream answer, as `curl` saves it. An event that is broken, or cut by the
/// end, is reported on stderr, and the exit code is then 3. If there is something, but no event, it is 1, and
/// stderr says what it looks like.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Where the stream is recorded [default: stdin, as with -]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    let path = arguments.file.as_deref().filter(|path| *path != Path::new("-"));
    let name = path.map_or("stdin".to_owned(), |path| path.display().to_string());
    let input: Box<dyn Read> = match path {
        Some(path) => Box::new(File::open(path).map_err(|error| Error::Usage(format!("{name}: {error}")))?),
        None => Box::new(io::stdin().lock()),
    };
    let console = Console::new("", verbosity);
    if path.is_none() && io::stdin().is_terminal() {
        console.say("reads the stream from the terminal, up to Ctrl-D; you can also give a FILE");
    }
    let output = Output::new()?;
    interrupt::watch(output.clone(), String::new())
        .map_err(|error| Error::failed(format!("signals: {error}")))?;
    match arguments.format {
        Format::Human => Decoder::<Summary>::new(name, console, output).run(input),
        Format::Json | Format::Jsonl => {
            let mut decoder = Decoder::<Verbatim>::new(name, console, output);
            decoder.is_array = arguments.format == Format::Json;
            decoder.run(input)
        }
    }
}

struct Decoder<R> {
    name: String,
    console: Console,
    output: Output,
    tokenizer: Tokenizer,
    field: Field,
    record: R,
    /// The event's data so far; `None` before its first `data` line.
    data: Option<Vec<u8>>,
    /// A line of data, or one of `event` or `id`, has come.
    fields: bool,
    lines: Lines,
    events: u64,
    /// The lines are elements of an array.
    is_array: bool,
    printed: u64,
    /// Events that were not shown, or lack a member.
    skipped: u64,
}

impl<R: Line + Default> Decoder<R> {
    fn new(name: String, console: Console, output: Output) -> Self {
        Self {
            name,
            console,
            output,
            tokenizer: Tokenizer::new(),
            field: Field::Event,
            record: R::default(),
            data: None,
            fields: false,
            lines: Lines::default(),
            events: 0,
            is_array: false,
            printed: 0,
            skipped: 0,
        }
    }

    fn run(mut self, mut input: impl Read) -> Result<Exit, Error> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => return self.end(),
                Ok(read) => self.feed(buffer.get(..read).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::failed(format!("{}: {error}", self.name))),
            }
        }
    }

    fn feed(&mut self, mut input: &[u8]) -> Result<(), Error> {
        self.lines.feed(input);
        while let Some(token) = self.tokenizer.feed(&mut input) {
            match token {
                Token::Begin(field) => self.begin(field),
                Token::Bytes(bytes) if self.field == Field::Data => {
                    self.data.get_or_insert_default().extend(bytes)
                }
                Token::Bytes(_) => {}
                Token::Dispatch => self.event()?,
            }
        }
        self.output.flush(&self.console)
    }

    /// The lines of data are joined by line feeds.
    fn begin(&mut self, field: Field) {
        self.field = field;
        self.fields |= field != Field::Retry;
        match (field, &mut self.data) {
            (Field::Data, Some(data)) => data.push(b'\n'),
            (Field::Data, None) => self.data = Some(Vec::new()),
            (Field::Event | Field::Id | Field::Retry, _) => {}
        }
    }

    fn event(&mut self) -> Result<(), Error> {
        // Empty lines alone are no event, as in a session.
        let data = self.data.take().filter(|data| data.iter().any(|byte| *byte != b'\n'));
        let Some(data) = data else { return Ok(()) };
        self.events += 1;
        match json::fill(&mut self.record, &data) {
            Ok(()) => self.print(&data),
            Err(error) => {
                // What does not fit costs its own member.
                let is_shown = matches!(error, json::Error::Mismatch(name) if name.why() != Misfit::Root);
                if !is_shown {
                    self.skip(&error.to_string());
                    return Ok(());
                }
                self.lacking(&error.to_string());
                self.print(&data)
            }
        }
    }

    fn print(&mut self, data: &[u8]) -> Result<(), Error> {
        self.record.data(data);
        let before = if self.printed == 0 { "[\n" } else { "," };
        self.printed += 1;
        self.output.print(|lines| {
            if self.is_array {
                lines.extend(before.bytes());
            }
            self.record.write(lines, &self.console);
        });
        self.output.reached(None, &self.console)
    }

    fn end(mut self) -> Result<Exit, Error> {
        let begun = self.tokenizer.is_amid_event();
        if self.events == 0 && self.lines.have_content && !(begun && self.fields) {
            let looks = self.lines.look();
            let wanted = "decode takes the body of a text/event-stream answer";
            return Err(Error::failed(format!("{}: no event in it; {looks}; {wanted}", self.name)));
        }
        if begun {
            self.events += 1;
            // What there is of it may tell its id.
            let data = self.data.take().unwrap_or_default();
            let _ = json::fill(&mut self.record, &data);
            self.skip("cut by the end of the input");
        }
        if self.is_array {
            let end = if self.printed == 0 { "[]\n" } else { "]\n" };
            self.output.print(|lines| lines.extend(end.bytes()));
            self.output.flush(&self.console)?;
        }
        Ok(if self.skipped == 0 { Exit::Done } else { Exit::Skipped })
    }

    fn skip(&mut self, why: &str) {
        self.skipped += 1;
        self.console.say(format_args!("skipped: {}: {why}", self.event_number()));
    }

    /// The event is shown without a member.
    fn lacking(&mut self, why: &str) {
        self.skipped += 1;
        self.console.say(format_args!("{}: {why}", self.event_number()));
    }

    fn event_number(&self) -> String {
        let id = self.record.event_id().map(|id| format!(" with id \"{id}\"")).unwrap_or_default();
        format!("event number {}{id}", self.events)
    }
}

/// How much of the input is shown when it is none, in bytes.
const START: usize = 120;

/// What the lines begin with.
#[derive(Default)]
struct Lines {
    /// The first bytes of all.
    start: Vec<u8>,
    /// The first byte of the line that has no end yet.
    first: Option<u8>,
    /// Something else than comments and empty lines has come.
    have_content: bool,
}

impl Lines {
    fn feed(&mut self, mut bytes: &[u8]) {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        let before = self.start.len();
        self.start.extend(bytes.iter().take(START.saturating_sub(before)));
        if before < MARK.len() && MARK.starts_with(self.start.get(..MARK.len()).unwrap_or(&self.start)) {
            // A byte order mark is no part of a line.
            let rest = MARK.len() - before;
            bytes = bytes.get(rest..).unwrap_or_default();
        }
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        for line in bytes.split_inclusive(is_end) {
            self.first = self.first.or(line.first().copied().filter(|byte| !is_end(byte)));
            self.have_content |= self.first.is_some_and(|byte| byte != b':');
            if line.last().is_some_and(is_end) {
                self.first = None;
            }
        }
    }

    /// What it may be instead.
    fn look(&self) -> String {
        let text = self.start.trim_ascii_start();
        let looks = match () {
            () if text.starts_with(b"\x1F\x8B") => {
                return "it looks like gzip: unpack it by gunzip first".into();
            }
            () if text.starts_with(b"\x28\xB5\x2F\xFD") => {
                return "it looks like zstd: unpack it by unzstd first".into();
            }
            () if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") => {
                return "it looks like UTF-16".into();
            }
            () if text.starts_with(b"{") || text.starts_with(b"[") => {
                "it looks like JSON, such as --format jsonl prints"
            }
            () if text.starts_with(b"<") => "it looks like HTML or XML",
            () if text.starts_with(b"HTTP/") => "it looks like the head of an HTTP answer",
            () => "no line of it has data",
        };
        format!("{looks}, and begins with {}", String::from_utf8_lossy(text.trim_ascii()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it has content, in pieces of each size.
    fn has_content(text: &[u8]) -> bool {
        let found: Vec<_> = (1..=text.len().max(1))
            .map(|size| {
                let mut lines = Lines::default();
                text.chunks(size).for_each(|piece| lines.feed(piece));
                lines.have_content
            })
            .collect();
        assert!(found.iter().all(|content| *content == found[0]), "{}", text.escape_ascii());
        found[0]
    }

    #[test]
    fn comments_and_empty_lines_are_not_content() {
        for text in [&b""[..], b"\xEF\xBB\xBF", b"\xEF\xBB\xBF: a\r\n\r\n:", b": comment", b"\n\r\n: a\r"] {
            assert!(!has_content(text), "{}", text.escape_ascii());
        }
        for text in [&b"\xEF\xBB\xBFd"[..], b"\xEF\xBBd", b"data: x\n", b"\n\nda", b"retry: 5\r: x"] {
            assert!(has_content(text), "{}", text.escape_ascii());
        }
    }
}
