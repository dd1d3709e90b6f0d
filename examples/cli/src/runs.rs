//! A group's id and options in, a line for each of its runs out.
//!
//! # Limits
//!
//! A file with a key has at most 64 KiB.

use std::{
    fs::File,
    hash::{BuildHasher, RandomState},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use taskgroup::{
    api::{self, Status, Version},
    http,
    session::Config,
};
use taskgroup_std::{Security, Stream, Verbatim};

use crate::{
    EXIT_CODES, Error, Exit, Format, console::Console, environment::variable, explain::Asked, interrupt,
    output::Output, print::print, record::Summary,
};

const SERVICE: &str = "https://api.parallel.ai";

const BASE_URL: &str = "\
Server: http:// or https://, host, and optionally port and path

[env: PARALLEL_BASE_URL=] [default: https://api.parallel.ai]";

const LONGEST: Duration = Duration::from_secs(1_000_000);

/// Fetch the runs of a group, as they are now
///
/// Prints one line per event on stdout and everything else on stderr. The API key is taken from
/// PARALLEL_API_KEY, or from the file that --api-key-file names. Without --status and --last-event-id the
/// group is asked at the end how many runs it has: if fewer came, that is a failure.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The group, tgrp_… [env: TASKGROUP_ID=]
    #[arg(value_name = "TASKGROUP_ID", value_parser = id)]
    taskgroup_id: Option<String>,
    /// Only runs with this status
    #[arg(long, value_name = "STATUS", value_parser = statuses())]
    status: Option<Status>,
    /// Each run with its input
    #[arg(long)]
    include_input: bool,
    /// Each completed run with its output
    #[arg(long)]
    include_output: bool,
    /// Continue after the event with this id, instead of from the start
    #[arg(long, value_name = "ID", allow_hyphen_values = true, value_parser = cursor)]
    last_event_id: Option<String>,
    /// Version of the API
    #[arg(long, value_name = "VERSION", value_parser = ["v1beta", "v1"], default_value = "v1beta")]
    api_version: String,
    /// Server: http:// or https://, host, and optionally port and path
    #[arg(long, value_name = "URL", long_help = BASE_URL)]
    base_url: Option<String>,
    /// File that holds the API key, instead of PARALLEL_API_KEY
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Trust the authorities of this PEM file, instead of the system's [env: TASKGROUP_CA_FILE=]
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
    /// Believe the end of the stream, instead of asking once more whether that was all
    ///
    /// For a server that ignores last_event_id, which sends everything twice, and where nothing is on the way
    /// that could cut a stream and end it in order.
    #[arg(long)]
    no_end_check: bool,
    /// Send the key in the clear to a server of http:// that is not on this machine
    #[arg(long)]
    allow_plaintext: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let group = match &arguments.taskgroup_id {
        Some(id) => id.clone(),
        None => match variable("TASKGROUP_ID")?.as_deref().map(id) {
            Some(id) => id.map_err(|why| Error::Usage(format!("TASKGROUP_ID: {why}")))?,
            None => {
                let message = "no group: give TASKGROUP_ID as an argument, or set the variable of that name";
                return Err(Error::Usage(message.into()));
            }
        },
    };
    let (url_source, url) = match &arguments.base_url {
        Some(url) => ("--base-url", url.clone()),
        None => ("PARALLEL_BASE_URL", variable("PARALLEL_BASE_URL")?.unwrap_or_else(|| SERVICE.to_owned())),
    };
    let (key_source, key) = key(arguments.api_key_file.as_deref())?;
    // All runs, from the first: their number is the group's.
    let all = arguments.status.is_none() && arguments.last_event_id.is_none();
    let config = Config::new(&key).with_base_url(&url).map_err(|error| {
        let shown = url.rsplit_once('@').map_or_else(
            || url.clone(),
            |(_, host)| format!("***@{host}, but users and passwords are not taken"),
        );
        Error::Usage(format!("{url_source}: {error}; it is {shown}"))
    })?;
    let config = arguments.configure(config).with_keep_alive(all);
    let (security, request) = (arguments.security()?, arguments.request(&group));
    let (console, output) = (Console::new(&key), Output::new()?);
    interrupt::watch(output.clone(), key.clone())
        .map_err(|error| Error::failed(format!("signals: {error}")))?;
    console.show_progress(None);
    let asked = Asked {
        group: &group,
        base_url: &url,
        tls: config.tls(),
        key: &key_source,
        idle: arguments.idle_timeout,
        attempts: arguments.attempts(),
    };
    match arguments.format {
        Format::Human => {
            let stream = Stream::new(config, request, Summary::default(), &security);
            print(stream, &asked, all, &console, &output)
        }
        Format::Jsonl => {
            let stream = Stream::new(config, request, Verbatim::default(), &security);
            print(stream, &asked, all, &console, &output)
        }
    }
}

impl Arguments {
    fn attempts(&self) -> Option<u32> {
        Some(self.max_attempts).filter(|attempts| *attempts > 0)
    }

    fn configure<'c>(&self, config: Config<'c>) -> Config<'c> {
        config
            .with_version(if self.api_version == "v1" { Version::V1 } else { Version::V1Beta })
            .with_attempts(self.attempts())
            .with_end_check(!self.no_end_check)
            .with_idle_timeout(self.idle_timeout)
            .with_user_agent(concat!("taskgroup-cli/", env!("CARGO_PKG_VERSION")))
            .with_seed(RandomState::new().hash_one(0))
    }

    fn security(&self) -> Result<Security, Error> {
        let (source, path) = match &self.ca_file {
            Some(path) => ("--ca-file", Some(path.clone())),
            None => ("TASKGROUP_CA_FILE", variable("TASKGROUP_CA_FILE")?.map(PathBuf::from)),
        };
        let security = match path {
            Some(path) => Security::ca_file(&path).map_err(|error| {
                Error::Usage(format!(
                    "{source} {}: {error}; a file of PEM certificates is wanted",
                    path.display()
                ))
            })?,
            None => Security::platform(),
        };
        Ok(security.allow_plaintext(self.allow_plaintext))
    }

    fn request(&self, group: &str) -> api::Runs<'static> {
        let mut request = api::runs(group);
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

/// The API key, from the file or from the environment, and which of them.
fn key(path: Option<&Path>) -> Result<(String, String), Error> {
    let (source, key) = match path {
        Some(path) => {
            let source = format!("--api-key-file {}", path.display());
            let text = read(path).map_err(|error| Error::Usage(format!("{source}: {error}")))?;
            (source, text.trim().to_owned())
        }
        None => {
            let key = variable("PARALLEL_API_KEY")?.ok_or_else(|| {
                Error::Usage("no API key: set PARALLEL_API_KEY or give --api-key-file".into())
            })?;
            ("PARALLEL_API_KEY".to_owned(), key)
        }
    };
    if key.is_empty() {
        return Err(Error::Usage(format!("{source}: there is no key in it")));
    }
    if !http::is_field_value(&key) {
        return Err(Error::Usage(format!(
            "{source}: the key has characters that no key has, such as line feeds"
        )));
    }
    Ok((source, key))
}

fn read(path: &Path) -> io::Result<String> {
    const MOST: u64 = 64 * 1024;
    let mut text = String::new();
    if File::open(path)?.take(MOST + 1).read_to_string(&mut text)? as u64 > MOST {
        return Err(io::Error::other("more than 64 KiB, so it is not a file with a key"));
    }
    Ok(text)
}

/// An id of a group, as a path can carry it.
fn id(text: &str) -> Result<String, String> {
    match text {
        "." | ".." => Err("an id is neither . nor ..".into()),
        "" => Err("an id is not empty; is a variable not set?".into()),
        _ if text.len() > 128 => Err(format!("an id has 1 to 128 bytes, this one has {}", text.len())),
        _ if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) => {
            Err("an id has no blanks and no line feeds".into())
        }
        _ => Ok(text.to_owned()),
    }
}

/// An id of an event.
fn cursor(text: &str) -> Result<String, String> {
    match text {
        "" => Err("an id is not empty; without --last-event-id all comes from the start".into()),
        _ if text.len() > 128 => Err(format!("an id has 1 to 128 bytes, this one has {}", text.len())),
        _ => Ok(text.to_owned()),
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
