//! Command-line arguments in, a sandbox out that runs until a signal or its command ends it.
//! `taskgroup-sandbox` and `taskgroup sandbox` are both made of this.
//!
//! The first three lines on stdout are `PARALLEL_BASE_URL=…`, `PARALLEL_API_KEY=…` and `TASKGROUP_ID=…`; with
//! `--tls` a fourth is `TASKGROUP_CA_FILE=…`. They are printed once it listens, in a form that a shell can
//! evaluate. A command gets them in its environment instead.
//!
//! ```
//! use clap::Parser;
//!
//! #[derive(Parser)]
//! struct Program {
//!     #[command(flatten)]
//!     sandbox: taskgroup_sandbox::cli::Arguments,
//! }
//! let program = Program::parse_from(["program", "--runs", "7", "--cut-random", "500"]);
//! assert_eq!(program.sandbox.options().runs, 7);
//! ```
//!
//! # Limits
//!
//! Ends on SIGTERM and SIGINT. Without `--ca-out` and without a command, the certificate stays in the folder
//! for temporary files.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};

mod bounds;
mod command;
mod run;

use bounds::{header, key, seconds, share, span, speed, value};
pub use command::is_ignored;
pub use run::run;

use crate::{
    After, Close, Cut, Faults, Instead, Lifecycle, LineEnd, Loss, Options, Record, Resume, Stall, StreamError,
};

/// The arguments of the sandbox. Flatten them into a command of yours.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Port to listen on, at 127.0.0.1 and ::1; 0 is any free port
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Decides all ids, texts, sizes, ends of runs and random faults
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Runs in the group that is there from the start, at most 1000000; each takes 400 bytes
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    runs: u32,
    /// The only API key to accept: letters, digits and -_.:/+=@%,
    #[arg(long, value_name = "KEY", default_value = "sandbox-key", value_parser = key)]
    key: String,
    /// Let the runs of that group progress by the clock, too; without this they have ended when the sandbox
    /// starts
    #[arg(long)]
    live: bool,
    /// Bytes of the JSON of each output, 1000 to 1000000000 [default: 1 KB to 380 KB, mostly small]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1000..=1_000_000_000))]
    output_bytes: Option<u32>,
    /// Use cursors with characters that a query has to percent-encode
    #[arg(long)]
    awkward_ids: bool,
    /// Serve HTTPS, with a certificate of an authority of its own
    #[arg(long)]
    tls: bool,
    /// Write the certificate of that authority to this file, in PEM [default: in the folder for temporary
    /// files]
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_out: Option<PathBuf>,
    /// Record each request in this file, one line of JSON each: method, path, query, headers without the key,
    /// body
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// When the sandbox ends, write its counts (connections, TLS handshakes, requests, …) to this file, as
    /// one line of JSON; - is stderr
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    progress: Progress,
    #[command(flatten)]
    breaks: Breaks,
    #[command(flatten)]
    answers: Answers,
    #[command(flatten)]
    forms: Forms,
    /// Run this command with the variables set, instead of printing them; the sandbox ends with it, with its
    /// exit code
    #[arg(value_name = "COMMAND", last = true, num_args = 1..)]
    command: Vec<OsString>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Progress of runs that a client adds")]
struct Progress {
    /// Seconds of the sandbox's world in one real second, 0.001 to 1000000
    #[arg(long, value_name = "FACTOR", default_value_t = 20.0, value_parser = speed)]
    speed: f64,
    /// How long a run is queued, in seconds of the sandbox's world: from the first number to the second
    #[arg(long, value_name = "LEAST..MOST", default_value = "0.2..2", value_parser = span)]
    queued: RangeInclusive<Duration>,
    /// How long a run is at work; three times as long with the processors pro and ultra
    #[arg(long, value_name = "LEAST..MOST", default_value = "1..10", value_parser = span)]
    running: RangeInclusive<Duration>,
    /// Share of runs that fail, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0625, value_parser = share)]
    failed: f64,
    /// Share of runs that are cancelled, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    cancelled: f64,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Faults of the connection", group = ArgGroup::new("loss").multiple(true))]
struct Breaks {
    /// End each connection after this number of bytes, heads included
    #[arg(long, value_name = "BYTES", group = "cut")]
    cut_bytes: Option<u64>,
    /// End each connection after a random number of bytes, up to this one
    #[arg(long, value_name = "BYTES", group = "cut")]
    cut_random: Option<u64>,
    /// The fewest bytes that --cut-random draws
    #[arg(long, value_name = "BYTES", default_value_t = 0, requires = "cut_random")]
    cut_random_least: u64,
    /// End each connection after this number of events of a stream
    #[arg(long, value_name = "COUNT", group = "cut")]
    cut_events: Option<u64>,
    /// How many connections to end like this [default: all]
    #[arg(long, value_name = "COUNT", requires = "cut", value_parser = clap::value_parser!(u32).range(1..))]
    cut_times: Option<u32>,
    /// End them by TCP RST, not FIN
    #[arg(long, requires = "cut")]
    cut_reset: bool,
    /// Fall silent on each connection after this number of bytes, heads included
    #[arg(long, value_name = "BYTES", group = "stall")]
    stall_bytes: Option<u64>,
    /// Fall silent on each connection after this number of events of a stream
    #[arg(long, value_name = "COUNT", group = "stall")]
    stall_events: Option<u64>,
    /// How long to be silent, in real seconds, 0.001 to 86400
    #[arg(long, value_name = "SECONDS", default_value = "60", requires = "stall", value_parser = seconds)]
    stall_seconds: Duration,
    /// How many connections to fall silent on [default: all]
    #[arg(long, value_name = "COUNT", requires = "stall", value_parser = clap::value_parser!(u32).range(1..))]
    stall_times: Option<u32>,
    /// Share of POSTs, 0 to 1, to ignore: the connection ends, and nothing was done
    #[arg(long, value_name = "SHARE", value_parser = share, group = "loss")]
    lose_requests: Option<f64>,
    /// Share of POSTs, 0 to 1, to carry out without an answer: the connection ends before it
    #[arg(long, value_name = "SHARE", value_parser = share, group = "loss")]
    lose_answers: Option<f64>,
    /// How many POSTs to lose like this [default: the whole share]
    #[arg(long, value_name = "COUNT", requires = "loss", value_parser = clap::value_parser!(u32).range(1..))]
    lose_times: Option<u32>,
    /// Lose them by TCP RST, not FIN
    #[arg(long, requires = "loss")]
    lose_reset: bool,
    /// Write at most this number of bytes to the socket at once
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    write_bytes: Option<u32>,
    /// Put at most this number of bytes of an event stream into one HTTP chunk
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    chunk_bytes: Option<u32>,
    /// Send event streams in HTTP/1.0: no chunks, no length, the end of the connection ends them
    #[arg(long)]
    until_close: bool,
    /// Know no session ticket any more: with --tls, each handshake is a full one
    #[arg(long)]
    forget_tickets: bool,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Faults of the answer")]
struct Answers {
    /// Answer requests with this status code, such as 429, 503 or 204, whatever they ask for
    #[arg(long, value_name = "CODE", group = "instead", value_parser = clap::value_parser!(u16).range(200..=599))]
    answer: Option<u16>,
    /// Answer requests with 307 and this Location
    #[arg(long, value_name = "URL", group = "instead", value_parser = value)]
    redirect: Option<String>,
    /// How many requests to answer like this [default: all]
    #[arg(long, value_name = "COUNT", requires = "instead", value_parser = clap::value_parser!(u32).range(1..))]
    answer_times: Option<u32>,
    /// Only for requests whose "METHOD PATH" contains this text, such as POST or /result
    #[arg(long, value_name = "TEXT", requires = "instead")]
    answer_to: Option<String>,
    /// Add a header to these answers; may be repeated
    #[arg(long, value_name = "NAME: VALUE", requires = "instead", value_parser = header)]
    answer_header: Vec<(String, String)>,
    /// Add Retry-After to these answers: seconds, or a date
    #[arg(long, value_name = "SECONDS", requires = "instead", value_parser = value)]
    retry_after: Option<String>,
    /// Add retry-after-ms to these answers
    #[arg(long, value_name = "MILLISECONDS", requires = "instead")]
    retry_after_ms: Option<u64>,
    /// End each event stream in order, but with an `error` event, after this number of events
    #[arg(long, value_name = "COUNT")]
    error_events: Option<u64>,
    /// How many streams to end like this [default: all]
    #[arg(long, value_name = "COUNT", requires = "error_events", value_parser = clap::value_parser!(u32).range(1..))]
    error_times: Option<u32>,
    /// Content-Type of event streams [default: text/event-stream; charset=utf-8]
    #[arg(long, value_name = "TYPE", value_parser = value)]
    content_type: Option<String>,
    /// Add a header to event streams; may be repeated
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Ask proxies to pass event streams on as they come: X-Accel-Buffering: no
    #[arg(long)]
    unbuffered: bool,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Faults and forms of the events")]
struct Forms {
    /// What ends a line
    #[arg(long, value_name = "END", value_enum, default_value_t = End::Lf)]
    line_end: End,
    /// Send a comment before each event, as a block of its own
    #[arg(long)]
    comments: bool,
    /// Send a `ping` event with empty data before each event
    #[arg(long)]
    pings: bool,
    /// Send an id: line in each event that has a cursor
    #[arg(long)]
    id_lines: bool,
    /// Send a retry: line at the start of each stream
    #[arg(long, value_name = "MILLISECONDS")]
    retry_line: Option<u64>,
    /// Send the JSON of each event on several data: lines
    #[arg(long)]
    data_lines: bool,
    /// Start a resumed stream with the cursor's own event
    #[arg(long, conflicts_with = "ignore_cursor")]
    repeat_cursor: bool,
    /// Start a resumed stream with the very first event
    #[arg(long)]
    ignore_cursor: bool,
    /// Leave out the last brace of every event whose place in its group this number divides
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    broken_every: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum End {
    Lf,
    Crlf,
    Cr,
}

impl Arguments {
    /// Whether there is a command to run. If so, nothing is printed.
    pub fn runs_command(&self) -> bool {
        !self.command.is_empty()
    }

    /// Checks what one argument alone does not show to be wrong.
    fn check(&self) -> Result<(), String> {
        match self.breaks.cut_random {
            Some(most) if most < self.breaks.cut_random_least => Err(format!(
                "--cut-random-least {} is more than --cut-random {most}, which is the most that is drawn",
                self.breaks.cut_random_least
            )),
            _ if self.progress.failed + self.progress.cancelled > 1.0 => {
                Err("--failed and --cancelled add up to more than 1, which is all runs".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The options that these arguments mean.
    pub fn options(&self) -> Options {
        Options {
            seed: self.seed,
            runs: self.runs as usize,
            key: self.key.clone(),
            port: self.port,
            speed: self.progress.speed,
            finished: !self.live,
            lifecycle: Lifecycle {
                queued: self.progress.queued.clone(),
                running: self.progress.running.clone(),
                failed: self.progress.failed,
                cancelled: self.progress.cancelled,
            },
            output_bytes: self.output_bytes.map(|bytes| bytes as usize),
            awkward_ids: self.awkward_ids,
            tls: self.tls,
            record: self.record.clone().map_or(Record::Nowhere, Record::File),
            faults: self.faults(),
        }
    }

    fn faults(&self) -> Faults {
        let (breaks, forms) = (&self.breaks, &self.forms);
        let named = |name: &str, value: Option<&str>| value.map(|value| (name.to_owned(), value.to_owned()));
        let content_type = named("content-type", self.answers.content_type.as_deref());
        let unbuffered = named("x-accel-buffering", Some("no").filter(|_| self.answers.unbuffered));
        Faults {
            cut: breaks.cut(),
            stall: breaks.stall(),
            lost_request: breaks.loss(breaks.lose_requests),
            lost_answer: breaks.loss(breaks.lose_answers),
            error: self.answers.error(),
            instead: self.answers.instead(),
            write_bytes: breaks.write_bytes.map(|bytes| bytes as usize),
            chunk_bytes: breaks.chunk_bytes.map(|bytes| bytes as usize),
            line_end: match forms.line_end {
                End::Lf => LineEnd::Lf,
                End::Crlf => LineEnd::Crlf,
                End::Cr => LineEnd::Cr,
            },
            comments: forms.comments,
            pings: forms.pings,
            id_lines: forms.id_lines,
            retry_milliseconds: forms.retry_line,
            data_lines: forms.data_lines,
            resume: match (forms.repeat_cursor, forms.ignore_cursor) {
                (true, _) => Resume::Repeat,
                (_, true) => Resume::Ignore,
                _ => Resume::Next,
            },
            until_close: breaks.until_close,
            forget_tickets: breaks.forget_tickets,
            broken_every: forms.broken_every,
            headers: self.answers.header.iter().cloned().chain(content_type).chain(unbuffered).collect(),
        }
    }
}

impl Breaks {
    fn cut(&self) -> Option<Cut> {
        let random = || self.cut_random.map(|most| After::RandomBytes { least: self.cut_random_least, most });
        let after =
            self.cut_bytes.map(After::Bytes).or_else(random).or(self.cut_events.map(After::Events))?;
        let close = if self.cut_reset { Close::Reset } else { Close::Finish };
        Some(Cut { after, close, times: self.cut_times })
    }

    fn loss(&self, share: Option<f64>) -> Option<Loss> {
        let close = if self.lose_reset { Close::Reset } else { Close::Finish };
        Some(Loss { share: share?, close, times: self.lose_times })
    }

    fn stall(&self) -> Option<Stall> {
        let after = self.stall_bytes.map(After::Bytes).or(self.stall_events.map(After::Events))?;
        Some(Stall { after, length: self.stall_seconds, times: self.stall_times })
    }
}

impl Answers {
    fn error(&self) -> Option<StreamError> {
        Some(StreamError { events: self.error_events?, times: self.error_times })
    }

    fn instead(&self) -> Option<Instead> {
        let mut instead = Instead::status(self.answer.or(self.redirect.as_ref().map(|_| 307))?);
        let named = |name: &str, value: &Option<String>| {
            value.iter().map(|value| (name.to_owned(), value.clone())).next()
        };
        instead.headers.extend(self.answer_header.iter().cloned());
        instead.headers.extend(named("location", &self.redirect));
        instead.headers.extend(named("retry-after", &self.retry_after));
        instead
            .headers
            .extend(named("retry-after-ms", &self.retry_after_ms.map(|number| number.to_string())));
        instead.only = self.answer_to.clone();
        instead.times = self.answer_times;
        Some(instead)
    }
}

#[cfg(test)]
mod tests;
