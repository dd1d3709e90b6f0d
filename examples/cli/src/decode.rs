//! A recorded body of an event stream in, a line for each event on stdout out.
//!
//! # Limits
//!
//! One event at a time is held in memory, whatever its size.

use std::{
    fmt::Display,
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
    EXIT_CODES, Error, Exit, Format,
    console::Console,
    interrupt,
    output::Output,
    record::{Line, Summary},
};

/// Print the events of a recorded stream
///
/// Takes the body of a text/event-stream answer, as `curl` saves it. An event that is broken, or cut by the end, is told
/// on stderr, and the exit code is then 3. It is 1 when there is something, but no event: what it looks like is told.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Where the stream is recorded [default: stdin, as with -]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// What a line is
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let path = arguments.file.as_deref().filter(|path| *path != Path::new("-"));
    let name = path.map_or("stdin".to_owned(), |path| path.display().to_string());
    let input: Box<dyn Read> = match path {
        Some(path) => Box::new(File::open(path).map_err(|error| Error::Usage(format!("{name}: {error}")))?),
        None => Box::new(io::stdin().lock()),
    };
    let console = Console::new("");
    if path.is_none() && io::stdin().is_terminal() {
        console.say("reads the stream from the terminal, up to Ctrl-D; a FILE can be given instead");
    }
    let output = Output::new()?;
    interrupt::watch(output.clone(), String::new())
        .map_err(|error| Error::failed(format!("signals: {error}")))?;
    match arguments.format {
        Format::Human => Decoder::<Summary>::new(name, console, output).run(input),
        Format::Jsonl => Decoder::<Verbatim>::new(name, console, output).run(input),
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
    /// An `event` or `id` line has come since the last blank line.
    named: bool,
    /// Such a line, or one of data, has come at all.
    fields: bool,
    lines: Lines,
    events: u64,
    /// Events that were skipped, or printed without a member that did not fit.
    lacking: u64,
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
            named: false,
            fields: false,
            lines: Lines::default(),
            events: 0,
            lacking: 0,
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
            (Field::Event | Field::Id, _) => self.named = true,
            (Field::Retry, _) => {}
        }
    }

    fn event(&mut self) -> Result<(), Error> {
        self.named = false;
        // Empty lines alone are no event, as in a session.
        let data = self.data.take().filter(|data| data.iter().any(|byte| *byte != b'\n'));
        let Some(data) = data else { return Ok(()) };
        self.events += 1;
        let result = json::fill(&mut self.record, &data);
        match result {
            // As in a session: what does not fit costs its own field, not the event.
            Err(error @ json::Error::Mismatch(name)) if name.why() != Misfit::Root => self.tell("", error),
            Err(error) => {
                self.skip(error);
                return Ok(());
            }
            Ok(()) => {}
        }
        self.record.data(&data);
        self.output.print(|lines| self.record.write(lines, &self.console));
        self.output.reached(None, &self.console)
    }

    fn end(mut self) -> Result<Exit, Error> {
        let begun = self.named || self.data.is_some() || self.lines.is_amid_field();
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
        Ok(if self.lacking == 0 { Exit::Done } else { Exit::Skipped })
    }

    fn skip(&mut self, why: impl Display) {
        self.tell("skipped: ", why);
    }

    /// Says what is wrong with the event, or lacks in its line.
    fn tell(&mut self, what: &str, why: impl Display) {
        self.lacking += 1;
        let id = self.record.event_id().map(|id| format!(" with id \"{id}\"")).unwrap_or_default();
        self.console.say(format_args!("{what}event number {}{id}: {why}", self.events));
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

    /// Whether the last line has no end, and may be more than a comment.
    fn is_amid_field(&self) -> bool {
        self.first.is_some_and(|byte| byte != b':')
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

    /// Whether it has content, and whether it ends amid a field, in pieces of each size.
    fn lines(text: &[u8]) -> (bool, bool) {
        let states: Vec<_> = (1..=text.len().max(1))
            .map(|size| {
                let mut lines = Lines::default();
                text.chunks(size).for_each(|piece| lines.feed(piece));
                (lines.have_content, lines.is_amid_field())
            })
            .collect();
        assert!(states.iter().all(|state| *state == states[0]), "{}", text.escape_ascii());
        states[0]
    }

    #[test]
    fn a_line_without_its_end_counts_unless_it_is_a_comment() {
        for (text, state) in [
            (&b""[..], (false, false)),
            (b"\xEF\xBB\xBF", (false, false)),
            (b"\xEF\xBB\xBF: a\r\n\r\n:", (false, false)),
            (b"\xEF\xBB\xBFd", (true, true)),
            (b"\xEF\xBBd", (true, true)),
            (b": comment", (false, false)),
            (b"data: x\n", (true, false)),
            (b"data: x\r\n\r\nda", (true, true)),
            (b"retry: 5\r: x", (true, false)),
        ] {
            assert_eq!(lines(text), state, "{}", text.escape_ascii());
        }
    }
}
