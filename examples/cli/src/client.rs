//! Options and variables in, the server to ask and the key to ask it with out.
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

use clap::Args;
use taskgroup::{api::Version, http, session::Config};
use taskgroup_std::Security;

use crate::{
    Error, Verbosity,
    console::Console,
    environment::variable,
    explain::{About, Asked},
    interrupt,
    output::Output,
};

const SERVICE: &str = "https://api.parallel.ai";

const BASE_URL: &str = "\
Server: http:// or https://, host, and optionally port and path

[env: PARALLEL_BASE_URL=] [default: https://api.parallel.ai]";

const LONGEST: Duration = Duration::from_secs(1_000_000);

/// The options of each command that asks the service.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
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
    /// Give up after this many tries in a row that bring nothing; 0: never
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    max_attempts: u32,
    /// Seconds of silence after which the connection counts as broken
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "90")]
    idle_timeout: Duration,
    /// Send the key unencrypted to a server of http:// that is not on this machine
    #[arg(long)]
    allow_plaintext: bool,
}

/// Whom to ask, and how.
pub(crate) struct Client {
    url: String,
    key: String,
    /// Where the key is from.
    key_source: String,
    pub(crate) security: Security,
    version: Version,
    attempts: Option<u32>,
    idle: Duration,
    pub(crate) console: Console,
    pub(crate) output: Output,
}

impl Connection {
    /// Looks for all that is needed, and from now on hears signals.
    pub(crate) fn client(&self, verbosity: Verbosity) -> Result<Client, Error> {
        let (url_source, url) = match &self.base_url {
            Some(url) => ("--base-url", url.clone()),
            None => {
                ("PARALLEL_BASE_URL", variable("PARALLEL_BASE_URL")?.unwrap_or_else(|| SERVICE.to_owned()))
            }
        };
        let (key_source, key) = key(self.api_key_file.as_deref())?;
        Config::new(&key).with_base_url(&url).map_err(|error| {
            let shown = url.rsplit_once('@').map_or_else(
                || url.clone(),
                |(_, host)| format!("***@{host}, but users and passwords are not taken"),
            );
            Error::Usage(format!("{url_source}: {error}; it is {shown}"))
        })?;
        let security = self.security()?;
        let (console, output) = (Console::new(&key, verbosity), Output::new()?);
        interrupt::watch(output.clone(), key.clone())
            .map_err(|error| Error::failed(format!("signals: {error}")))?;
        Ok(Client {
            url,
            key,
            key_source,
            security,
            version: if self.api_version == "v1" { Version::V1 } else { Version::V1Beta },
            attempts: Some(self.max_attempts).filter(|attempts| *attempts > 0),
            idle: self.idle_timeout,
            console,
            output,
        })
    }

    fn security(&self) -> Result<Security, Error> {
        let (source, path) = match &self.ca_file {
            Some(path) => ("--ca-file", Some(path.clone())),
            None => ("TASKGROUP_CA_FILE", variable("TASKGROUP_CA_FILE")?.map(PathBuf::from)),
        };
        let security = match path {
            Some(path) => Security::ca_file(&path).map_err(|error| {
                Error::Usage(format!(
                    "{source} {}: {error}; it must be a file of PEM certificates",
                    path.display()
                ))
            })?,
            None => Security::platform(),
        };
        Ok(security.allow_plaintext(self.allow_plaintext))
    }
}

impl Client {
    /// What a session needs to know.
    pub(crate) fn config(&self) -> Result<Config<'_>, Error> {
        let config = Config::new(&self.key)
            .with_base_url(&self.url)
            .map_err(|error| Error::Usage(format!("{}: {error}", self.url)))?;
        Ok(config
            .with_version(self.version)
            .with_attempts(self.attempts)
            .with_idle_timeout(self.idle)
            .with_user_agent(concat!("taskgroup-cli/", env!("CARGO_PKG_VERSION")))
            .with_seed(RandomState::new().hash_one(0)))
    }

    /// Asks with the silence that a server may keep for so long, and some seconds more.
    pub(crate) fn wait_at_least(&mut self, blocked: Duration) {
        self.idle = self.idle.max(blocked + Duration::from_secs(30));
    }

    /// What an error message is to say of a request.
    pub(crate) fn asked<'a>(&'a self, about: About<'a>) -> Asked<'a> {
        Asked {
            about,
            base_url: &self.url,
            tls: self.url.starts_with("https:"),
            key: &self.key_source,
            idle: self.idle,
            attempts: self.attempts,
        }
    }
}

/// The group that a command is about: the argument, or the variable `TASKGROUP_ID`.
pub(crate) fn group(argument: Option<&str>) -> Result<String, Error> {
    if let Some(id) = argument {
        return Ok(id.to_owned());
    }
    match variable("TASKGROUP_ID")?.as_deref().map(id) {
        Some(id) => id.map_err(|why| Error::Usage(format!("TASKGROUP_ID: {why}"))),
        None => {
            let message = "no group: give TASKGROUP_ID as an argument, or set the variable of that name";
            Err(Error::Usage(message.into()))
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

/// An id of a group or run, as a path can carry it.
pub(crate) fn id(text: &str) -> Result<String, String> {
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
pub(crate) fn cursor(text: &str) -> Result<String, String> {
    match text {
        "" => Err("an id is not empty; to get everything from the start, leave out --last-event-id".into()),
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
