//! The host's command line in, the options out.
//!
//! `run` passes the arguments by semihosting, which joins them with blanks: each is percent-encoded,
//! and an empty one is `""`. The API key comes from a pipe or a file of the host.
//!
//! # Limits
//!
//! 16 KiB of arguments and of the authorities' certificates, 16 arguments that are no options, 512 bytes of a
//! key.

use core::{net::Ipv4Addr, str, time::Duration};

use semihosting::{experimental::env, fs::File, io::Read as _};
use static_cell::ConstStaticCell;
use taskgroup::api::{Status, Version};

use crate::pem::Certificates;

const LENGTH: usize = 16 * 1024;
const KEY: usize = 512;
const WORDS: usize = 16;
const STATUSES: [&str; 7] =
    ["queued", "action_required", "running", "completed", "failed", "cancelling", "cancelled"];

/// What is wrong with the arguments: in which, and why.
pub(crate) struct Usage(pub(crate) &'static str, pub(crate) &'static str);

/// What is to be done.
pub(crate) enum Command {
    /// The runs of a group are printed.
    Runs,
    /// Questions are asked, and their answers printed.
    Ask,
    /// One call of the API is made, and its answer printed.
    Call,
}

/// The command and its options.
pub(crate) struct Arguments {
    pub(crate) command: Command,
    /// The words that are no options: a group, questions, or a call and what it takes.
    pub(crate) words: Words,
    pub(crate) key: &'static str,
    pub(crate) base_url: &'static str,
    /// `None`: the one that the base URL names.
    pub(crate) connect_to: Option<Ipv4Addr>,
    /// `None`: the ones that are built in.
    pub(crate) authorities: Option<Certificates>,
    pub(crate) status: Option<Status>,
    pub(crate) include_input: bool,
    pub(crate) include_output: bool,
    pub(crate) last_event_id: &'static str,
    pub(crate) processor: &'static str,
    /// `None`: what the service or `follow` takes by default.
    pub(crate) timeout: Option<u32>,
    pub(crate) version: Version,
    pub(crate) idle_timeout: Duration,
    /// `None`: no limit.
    pub(crate) attempts: Option<u32>,
    pub(crate) allow_plaintext: bool,
    pub(crate) verbose: bool,
}

impl Arguments {
    /// The arguments that the image was started with. Call it once.
    pub(crate) fn read() -> Result<Self, Usage> {
        static TEXT: ConstStaticCell<[u8; LENGTH]> = ConstStaticCell::new([0; LENGTH]);

        let too_long = |_| Usage("the arguments", "are too long");
        let line = env::args::<LENGTH>().map_err(too_long)?;
        let mut room = &mut TEXT.take()[..];
        let mut words = (&line).map(|word| {
            let word = word.map_err(|_| Usage("the arguments", "are not UTF-8"))?;
            decode(word, &mut room)
        });
        // The first is the name of the program.
        _ = words.next();
        let command = match words.next().transpose()? {
            Some("ask") => Command::Ask,
            Some("call") => Command::Call,
            _ => Command::Runs,
        };
        let mut arguments = Self {
            command,
            words: Words { list: [""; WORDS], count: 0 },
            key: key()?,
            base_url: "https://api.parallel.ai",
            connect_to: None,
            authorities: None,
            status: None,
            include_input: false,
            include_output: false,
            last_event_id: "",
            processor: "base",
            timeout: None,
            version: Version::V1Beta,
            idle_timeout: Duration::from_secs(90),
            attempts: Some(10),
            allow_plaintext: false,
            verbose: false,
        };
        let mut ca_file = None;
        while let Some(word) = words.next().transpose()? {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value)),
                _ => (word, None),
            };
            let mut value = |name| match value {
                Some(value) => Ok(value),
                None => words.next().transpose()?.ok_or(Usage(name, "wants a value")),
            };
            match name {
                "--base-url" => arguments.base_url = value(name)?,
                "--connect-to" => arguments.connect_to = Some(address(value(name)?)?),
                "--ca-file" => ca_file = Some(value(name)?),
                "--last-event-id" => arguments.last_event_id = value(name)?,
                "--processor" => arguments.processor = value(name)?,
                "--timeout" => arguments.timeout = Some(timeout(value(name)?)?),
                "--status" => arguments.status = Some(status(value(name)?)?),
                "--api-version" => arguments.version = version(value(name)?)?,
                "--idle-timeout" => arguments.idle_timeout = seconds(value(name)?)?,
                "--max-attempts" => arguments.attempts = attempts(value(name)?)?,
                "--format" if value(name)? == "jsonl" => {}
                "--format" => return Err(Usage(name, "is jsonl")),
                "--include-input" => arguments.include_input = true,
                "--include-output" => arguments.include_output = true,
                "--allow-plaintext" => arguments.allow_plaintext = true,
                "--verbose" => arguments.verbose = true,
                _ if name.starts_with('-') => return Err(Usage(name, "is not known")),
                _ => arguments.words.push(word)?,
            }
        }
        arguments.authorities = ca_file.map(|path| Certificates::read(path, room)).transpose()?;
        Ok(arguments)
    }
}

/// Words of the command line, in their order.
pub(crate) struct Words {
    list: [&'static str; WORDS],
    count: usize,
}

impl Words {
    pub(crate) fn list(&self) -> &[&'static str] {
        &self.list[..self.count]
    }

    fn push(&mut self, word: &'static str) -> Result<(), Usage> {
        *self.list.get_mut(self.count).ok_or(Usage(word, "is one argument too many"))? = word;
        self.count += 1;
        Ok(())
    }
}

/// Takes the room for the decoded word off the front of `room`.
fn decode(word: &str, room: &mut &'static mut [u8]) -> Result<&'static str, Usage> {
    let length = word.len().min(room.len());
    let (place, rest) = core::mem::take(room).split_at_mut(length);
    let mut bytes = word.bytes();
    let mut length = 0;
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| char::from(byte.unwrap_or_default()).to_digit(16).unwrap_or_default();
        let decoded = match byte {
            b'%' => (digit(bytes.next()) << 4 | digit(bytes.next())) as u8,
            byte => byte,
        };
        *place.get_mut(length).ok_or(Usage("the arguments", "are too long"))? = decoded;
        length += 1;
    }
    *room = rest;
    str::from_utf8(&place[..length]).map_err(|_| Usage("the arguments", "are not UTF-8"))
}

/// The API key, from the file or pipe that `run` has opened.
fn key() -> Result<&'static str, Usage> {
    static TEXT: ConstStaticCell<[u8; KEY]> = ConstStaticCell::new([0; KEY]);

    let wrong = |why| Usage("PARALLEL_API_KEY", why);
    let mut file = File::open(c"/dev/fd/3").map_err(|_| wrong("is not set"))?;
    let text = TEXT.take();
    let mut length = 0;
    loop {
        match file.read(&mut text[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(_) => return Err(wrong("cannot be read")),
        }
    }
    if length == KEY {
        return Err(wrong("is too long"));
    }
    let key = str::from_utf8(&text[..length]).map_err(|_| wrong("is not UTF-8"))?;
    Some(key.trim()).filter(|key| !key.is_empty()).ok_or(wrong("is empty"))
}

fn status(name: &str) -> Result<Status, Usage> {
    let known = STATUSES.contains(&name).then(|| Status::from(name));
    known.ok_or(Usage(
        "--status",
        "is queued, action_required, running, completed, failed, cancelling or cancelled",
    ))
}

fn version(name: &str) -> Result<Version, Usage> {
    match name {
        "v1beta" => Ok(Version::V1Beta),
        "v1" => Ok(Version::V1),
        _ => Err(Usage("--api-version", "is v1beta or v1")),
    }
}

fn address(text: &str) -> Result<Ipv4Addr, Usage> {
    text.parse().map_err(|_| Usage("--connect-to", "is not an IPv4 address"))
}

fn seconds(text: &str) -> Result<Duration, Usage> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let bounds = Duration::from_millis(1)..=Duration::from_secs(1_000_000);
    seconds
        .filter(|seconds| bounds.contains(seconds))
        .ok_or(Usage("--idle-timeout", "must be between 0.001 and 1000000 seconds"))
}

fn timeout(text: &str) -> Result<u32, Usage> {
    text.parse().map_err(|_| Usage("--timeout", "is not a whole number of seconds"))
}

fn attempts(text: &str) -> Result<Option<u32>, Usage> {
    let attempts = text.parse().map_err(|_| Usage("--max-attempts", "is not a number"))?;
    Ok(Some(attempts).filter(|attempts| *attempts > 0))
}
