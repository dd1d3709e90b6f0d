//! Command-line arguments in, a sandbox until a signal ends it out: what `taskgroup-sandbox` and `taskgroup sandbox` both are.
//!
//! The first three lines on stdout are `PARALLEL_BASE_URL=…`, `PARALLEL_API_KEY=…` and `TASKGROUP_ID=…`; with `--tls` a fourth is
//! `TASKGROUP_CA_FILE=…`. They are printed when it listens, so a shell can take them up as they are.
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
//! Ends on SIGTERM and SIGINT. Without `--ca-out` the certificate is left in the folder for temporary files.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::{After, Close, Cut, Faults, Instead, LineEnd, Options, Resume, Sandbox, Stall, StreamError};

/// The arguments of the sandbox, to be flattened into a command.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Port to listen on, on 127.0.0.1 and ::1; 0: one that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Number that decides all ids, texts, sizes and random faults
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Runs in the group that is there from the start
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    runs: usize,
    /// API key to accept, and no other
    #[arg(long, value_name = "KEY", default_value = "sandbox-key")]
    key: String,
    /// Let runs be queued, run and end by the clock, instead of having ended when they are made
    #[arg(long)]
    live: bool,
    /// Seconds of the sandbox's world in one real second, 0.001 to 1000000; tells with --live
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    speed: f64,
    /// Bytes of the JSON of each output, from about 1000 on [default: 1 KB to 380 KB, mostly small]
    #[arg(long, value_name = "BYTES")]
    output_bytes: Option<usize>,
    /// Cursors with characters that a query has to percent-encode
    #[arg(long)]
    awkward_ids: bool,
    /// HTTPS, with an authority of its own
    #[arg(long)]
    tls: bool,
    /// Where to write the certificate of that authority, in PEM [default: in the folder for temporary files]
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_out: Option<PathBuf>,
    #[command(flatten)]
    breaks: Breaks,
    #[command(flatten)]
    answers: Answers,
    #[command(flatten)]
    forms: Forms,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Faults of the connection")]
struct Breaks {
    /// End each connection after so many bytes, heads included
    #[arg(long, value_name = "BYTES", group = "cut")]
    cut_bytes: Option<u64>,
    /// End each connection after a random number of bytes, at most so many
    #[arg(long, value_name = "BYTES", group = "cut")]
    cut_random: Option<u64>,
    /// The fewest bytes that --cut-random draws
    #[arg(long, value_name = "BYTES", default_value_t = 0, requires = "cut_random")]
    cut_random_least: u64,
    /// End each connection after so many events of a stream
    #[arg(long, value_name = "COUNT", group = "cut")]
    cut_events: Option<u64>,
    /// How many connections to end so [default: all]
    #[arg(long, value_name = "COUNT", requires = "cut")]
    cut_times: Option<u32>,
    /// End them by TCP RST, not FIN
    #[arg(long, requires = "cut")]
    cut_reset: bool,
    /// Fall silent on each connection after so many bytes, heads included
    #[arg(long, value_name = "BYTES", group = "stall")]
    stall_bytes: Option<u64>,
    /// Fall silent on each connection after so many events of a stream
    #[arg(long, value_name = "COUNT", group = "stall")]
    stall_events: Option<u64>,
    /// How long to be silent, in real seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, requires = "stall")]
    stall_seconds: f64,
    /// How many connections to fall silent on [default: all]
    #[arg(long, value_name = "COUNT", requires = "stall")]
    stall_times: Option<u32>,
    /// At most so many bytes in one write to the socket
    #[arg(long, value_name = "BYTES")]
    write_bytes: Option<usize>,
    /// At most so many bytes in one HTTP chunk of an event stream
    #[arg(long, value_name = "BYTES")]
    chunk_bytes: Option<usize>,
    /// Event streams in HTTP/1.0: no chunks, no length, the end of the connection ends them
    #[arg(long)]
    until_close: bool,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Faults of the answer")]
struct Answers {
    /// Answer requests with this status code, such as 429, 503 or 204, instead of what was asked for
    #[arg(long, value_name = "CODE", group = "instead", value_parser = clap::value_parser!(u16).range(200..=599))]
    answer: Option<u16>,
    /// Answer requests with 307 and this Location
    #[arg(long, value_name = "URL", group = "instead")]
    redirect: Option<String>,
    /// How many requests to answer so [default: all]
    #[arg(long, value_name = "COUNT", requires = "instead")]
    answer_times: Option<u32>,
    /// A header of these answers; may be repeated
    #[arg(long, value_name = "NAME: VALUE", requires = "instead", value_parser = header)]
    answer_header: Vec<(String, String)>,
    /// Their Retry-After: seconds, or a date
    #[arg(long, value_name = "SECONDS", requires = "instead")]
    retry_after: Option<String>,
    /// Their retry-after-ms, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", requires = "instead")]
    retry_after_ms: Option<u64>,
    /// End each event stream in order, but with an `error` event, after so many events
    #[arg(long, value_name = "COUNT")]
    error_events: Option<u64>,
    /// How many streams to end so [default: all]
    #[arg(long, value_name = "COUNT", requires = "error_events")]
    error_times: Option<u32>,
    /// Content-Type of event streams [default: text/event-stream; charset=utf-8]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// A header of event streams; may be repeated
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Faults and forms of the events")]
struct Forms {
    /// What ends a line
    #[arg(long, value_name = "END", value_enum, default_value_t = End::Lf)]
    line_end: End,
    /// A comment before each event
    #[arg(long)]
    comments: bool,
    /// A `ping` event with empty data before each event
    #[arg(long)]
    pings: bool,
    /// An id: line in each event that has a cursor
    #[arg(long)]
    id_lines: bool,
    /// A retry: line at the start of each stream, in milliseconds
    #[arg(long, value_name = "MILLISECONDS")]
    retry_line: Option<u64>,
    /// The JSON of each event on several data: lines
    #[arg(long)]
    data_lines: bool,
    /// Start a resumed stream with the cursor's own event
    #[arg(long, conflicts_with = "ignore_cursor")]
    repeat_cursor: bool,
    /// Start a resumed stream with the first event of all
    #[arg(long)]
    ignore_cursor: bool,
    /// Every so-many-th event of a stream of runs lacks its last brace
    #[arg(long, value_name = "COUNT")]
    broken_every: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum End {
    Lf,
    Crlf,
    Cr,
}

impl Arguments {
    /// The options that these arguments stand for.
    pub fn options(&self) -> Options {
        Options {
            seed: self.seed,
            runs: self.runs,
            key: self.key.clone(),
            port: self.port,
            speed: self.speed,
            finished: !self.live,
            output_bytes: self.output_bytes,
            awkward_ids: self.awkward_ids,
            tls: self.tls,
            faults: self.faults(),
        }
    }

    fn faults(&self) -> Faults {
        let (breaks, forms) = (&self.breaks, &self.forms);
        let content_type =
            self.answers.content_type.iter().map(|value| ("content-type".to_owned(), value.clone()));
        Faults {
            cut: breaks.cut(),
            stall: breaks.stall(),
            error: self.answers.error(),
            instead: self.answers.instead(),
            write_bytes: breaks.write_bytes,
            chunk_bytes: breaks.chunk_bytes,
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
            broken_every: forms.broken_every,
            headers: self.answers.header.iter().cloned().chain(content_type).collect(),
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

    fn stall(&self) -> Option<Stall> {
        let after = self.stall_bytes.map(After::Bytes).or(self.stall_events.map(After::Events))?;
        let length = Duration::try_from_secs_f64(self.stall_seconds).unwrap_or(Duration::ZERO);
        Some(Stall { after, length, times: self.stall_times })
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
        instead.times = self.answer_times;
        Some(instead)
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is a name, a colon and a value")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Runs a sandbox until SIGTERM or SIGINT ends it, which is no error.
///
/// # Errors
///
/// When the sandbox cannot start, or the certificate or stdout cannot be written.
pub fn run(arguments: Arguments) -> io::Result<()> {
    // The signals first: once the lines are out, whoever reads them may send one.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminated, mut interrupted) = {
        let _entered = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let sandbox = Sandbox::start(arguments.options())?;
    let mut lines = format!(
        "PARALLEL_BASE_URL={}\nPARALLEL_API_KEY={}\nTASKGROUP_ID={}\n",
        sandbox.base_url(),
        sandbox.key(),
        sandbox.group_id()
    );
    if let Some(pem) = sandbox.ca_pem() {
        let file = arguments.ca_out.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("taskgroup-sandbox-{}.pem", sandbox.port()))
        });
        std::fs::write(&file, pem)?;
        eprintln!("trust the certificate in {}", file.display());
        lines.push_str(&format!("TASKGROUP_CA_FILE={}\n", file.display()));
    }
    let mut out = io::stdout().lock();
    out.write_all(lines.as_bytes())?;
    out.flush()?;
    runtime.block_on(async {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests;
