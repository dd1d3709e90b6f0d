//! A group's id in, a line for each of its runs out.
//!
//! # Limits
//!
//! What is printed is confirmed: an event that was cut, broken or repeated never shows on stdout.

use std::{
    env, fmt, fs,
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use taskgroup::{
    api::{self, Status},
    json::Record,
    session::{Action, Cause, Config, Event, Outcome, Version},
    time::Instant,
};
use taskgroup_std::{Security, Step, Stream, Verbatim};

use crate::{
    Error, Exit, Format,
    console::Console,
    interrupt::{self, Progress},
    lines::Lines,
    record::{Line, Summary},
};

const LONGEST: Duration = Duration::from_secs(1_000_000);

/// Fetch the runs of a group, as they are now
///
/// Prints one line per event on stdout and everything else on stderr. The API key is taken from PARALLEL_API_KEY,
/// or from the file that --api-key-file names.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The group, tgrp_…
    #[arg(value_name = "TASKGROUP_ID")]
    taskgroup_id: String,
    /// Only runs with this status
    #[arg(long, value_name = "STATUS", value_parser = statuses())]
    status: Option<Status>,
    /// Each run with its input
    #[arg(long)]
    include_input: bool,
    /// Each completed run with its output
    #[arg(long)]
    include_output: bool,
    /// Go on after the event with this id, instead of from the start
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    last_event_id: Option<String>,
    /// Version of the API
    #[arg(long, value_name = "VERSION", value_parser = ["v1beta", "v1"], default_value = "v1beta")]
    api_version: String,
    /// Server: http:// or https://, host, and optionally port and path
    #[arg(long, value_name = "URL", env = "PARALLEL_BASE_URL", default_value = "https://api.parallel.ai")]
    base_url: String,
    /// File that holds the API key, instead of PARALLEL_API_KEY
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Trust the authorities of this PEM file, instead of the system's
    #[arg(long, value_name = "PEM")]
    ca_file: Option<PathBuf>,
    /// What a line is
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Tries in a row without anything new, the first included; 0: for ever
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    max_attempts: u32,
    /// Seconds of silence after which the connection counts as broken
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "90")]
    idle_timeout: Duration,
    /// Send the key in the clear to a server of http:// that is not on this machine
    #[arg(long)]
    allow_plaintext: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let key = key(arguments.api_key_file.as_deref())?;
    let config = arguments.config(&key)?;
    let security = arguments.security()?;
    let console = Console::new(&key);
    let progress = Progress::default();
    interrupt::watch(progress.clone(), key.clone())
        .map_err(|error| Error::Failed(format!("SIGINT: {error}")))?;
    console.show_progress(None);
    let request = arguments.request();
    match arguments.format {
        Format::Human => {
            print(Stream::new(config, request, Summary::default(), &security), &console, progress)
        }
        Format::Jsonl => {
            print(Stream::new(config, request, Verbatim::default(), &security), &console, progress)
        }
    }
}

impl Arguments {
    fn config<'c>(&'c self, key: &'c str) -> Result<Config<'c>, Error> {
        let usage =
            |error| Error::Usage(format!("--base-url {}: {error}", self.base_url.replace(key, "***")));
        let version = if self.api_version == "v1" { Version::V1 } else { Version::V1Beta };
        let attempts = Some(self.max_attempts).filter(|attempts| *attempts > 0);
        let config = Config::new(key).with_base_url(&self.base_url).map_err(usage)?;
        Ok(config
            .with_version(version)
            .with_attempts(attempts)
            .with_idle_timeout(self.idle_timeout)
            .with_user_agent(concat!("taskgroup-cli/", env!("CARGO_PKG_VERSION")))
            .with_seed(RandomState::new().hash_one(0)))
    }

    fn security(&self) -> Result<Security, Error> {
        let security = match &self.ca_file {
            Some(path) => Security::ca_file(path)
                .map_err(|error| Error::Usage(format!("--ca-file {}: {error}", path.display())))?,
            None => Security::platform(),
        };
        Ok(security.allow_plaintext(self.allow_plaintext))
    }

    fn request(&self) -> taskgroup::session::Request<'static> {
        let mut request = api::runs(&self.taskgroup_id);
        if let Some(status) = self.status {
            request = request.status(status);
        }
        if self.include_input {
            request = request.include_input(true);
        }
        if self.include_output {
            request = request.include_output(true);
        }
        match &self.last_event_id {
            Some(id) => request.last_event_id(id),
            None => request,
        }
    }
}

/// Prints the stream to its end.
fn print<R: Line>(mut stream: Stream<'_, R>, console: &Console, progress: Progress) -> Result<Exit, Error> {
    let mut lines = Lines::new(progress);
    let (mut line, mut events, mut bytes, mut skipped) = (Vec::new(), 0_u64, 0_u64, 0_u64);
    let outcome = loop {
        match stream.step() {
            Step::Event => match stream.event() {
                Some(Event::Record(record)) => {
                    line.clear();
                    record.write(&mut line, console);
                    lines.print(&line)?;
                    events += 1;
                    bytes += line.len() as u64;
                    console.progress(events, bytes);
                }
                Some(Event::Skipped(why)) => {
                    skipped += 1;
                    let id =
                        stream.record_mut().event_id().map_or("without id".into(), |id| format!("\"{id}\""));
                    console.say(format_args!("skipped: event {id}: {}", why.0));
                }
                Some(Event::Opened { resumed: true }) => {
                    if let Some(cursor) = stream.cursor().filter(|_| events > 0) {
                        console.say(format_args!("goes on after event \"{cursor}\""));
                    }
                }
                Some(Event::Opened { resumed: false }) | None => {}
            },
            Step::Action(action) => {
                lines.flush(stream.cursor(), console)?;
                match action {
                    Action::Sleep { until, cause } => console.say(waiting(&stream, cause, until)),
                    Action::Stop(outcome) => break outcome,
                    _ => {}
                }
            }
        }
    };
    match outcome {
        Outcome::Done if skipped == 0 => Ok(Exit::Done),
        Outcome::Done => {
            console.say(format_args!("done, but {skipped} events were skipped"));
            Ok(Exit::Skipped)
        }
        Outcome::Misuse(misuse) => Err(Error::Usage(misuse.to_string())),
        outcome => {
            let message = console.clean(&failure(&stream, outcome));
            if let Some(cursor) = stream.cursor() {
                console.say(interrupt::hint(&console.clean(cursor)));
            }
            Err(Error::Failed(message))
        }
    }
}

/// What went wrong in one try, and when the next one is.
pub(crate) fn waiting<R: Record>(stream: &Stream<'_, R>, cause: Cause, until: Instant) -> String {
    let words = match cause {
        Cause::Status(_) | Cause::Peer(_) => service_words(stream),
        Cause::Network => stream.reason().map(str::to_owned),
        _ => None,
    };
    let wait = stream.clock().left(until).unwrap_or_default().as_secs_f64();
    format!("{}; tries again in {wait:.1} s", joined(cause, words))
}

/// Why the stream ended before its end.
pub(crate) fn failure<R: Record>(stream: &Stream<'_, R>, outcome: Outcome) -> String {
    let words = match outcome {
        Outcome::Status(_) | Outcome::Peer(_) => service_words(stream),
        Outcome::Network | Outcome::Refused => stream.reason().map(str::to_owned),
        _ => None,
    };
    joined(outcome, words)
}

fn service_words<R: Record>(stream: &Stream<'_, R>) -> Option<String> {
    let error = stream.error()?;
    let cut = if error.message.lost() > 0 { "…" } else { "" };
    let reference =
        if error.ref_id.is_empty() { String::new() } else { format!(" (ref_id {})", error.ref_id) };
    Some(format!("{}{cut}{reference}", error.message)).filter(|words| !words.is_empty())
}

fn joined(what: impl fmt::Display, words: Option<String>) -> String {
    words.map_or_else(|| what.to_string(), |words| format!("{what}: {words}"))
}

/// The API key, from the file or from the environment.
fn key(file: Option<&Path>) -> Result<String, Error> {
    let key = match file {
        Some(path) => fs::read_to_string(path)
            .map_err(|error| Error::Usage(format!("--api-key-file {}: {error}", path.display())))?,
        None => env::var("PARALLEL_API_KEY").map_err(|error| match error {
            env::VarError::NotPresent => {
                Error::Usage("no API key: set PARALLEL_API_KEY or give --api-key-file".into())
            }
            env::VarError::NotUnicode(_) => Error::Usage("PARALLEL_API_KEY is not UTF-8".into()),
        })?,
    };
    match key.trim() {
        "" => Err(Error::Usage("the API key is empty".into())),
        key => Ok(key.to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| (Duration::from_millis(1)..=LONGEST).contains(duration))
        .ok_or_else(|| "must be between 0.001 and 1000000 seconds".to_owned())
}

fn statuses() -> impl TypedValueParser<Value = Status> {
    let names = ["queued", "action_required", "running", "completed", "failed", "cancelling", "cancelled"];
    PossibleValuesParser::new(names).map(|name| Status::from(name.as_str()))
}
