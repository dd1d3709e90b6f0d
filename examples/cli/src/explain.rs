//! How a try or a stream ended in, words for a person out: what happened, what the server said about it, and
//! which option helps.
//!
//! # Limits
//!
//! What the service says is cut to 128 bytes by the session.

use std::{borrow::Cow, fmt, time::Duration};

use taskgroup::{
    http,
    session::{Capacity, Cause, Drive, Fault, Hint, Outcome},
    time::Instant,
};
use taskgroup_std::Driver;

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About<'a> {
    /// Something that is to be created.
    New,
    Group(&'a str),
    Run(&'a str),
    /// The result of a run: the service waits for it.
    Result(&'a str),
}

/// What was asked for, and how: what advice is about.
pub(crate) struct Asked<'a> {
    pub(crate) about: About<'a>,
    pub(crate) base_url: &'a str,
    pub(crate) tls: bool,
    /// Where the key is from.
    pub(crate) key: &'a str,
    pub(crate) idle: Duration,
    pub(crate) attempts: Option<u32>,
}

/// What went wrong in one try, and when the next one is.
pub(crate) fn waiting<D: Drive>(stream: &Driver<D>, cause: Cause, until: Instant) -> String {
    let wait = stream.clock().left(until).unwrap_or_default().as_secs_f64();
    format!("{}; tries again in {wait:.1} s", trouble(stream, cause))
}

/// What went wrong in one try.
pub(crate) fn trouble<D: Drive>(stream: &Driver<D>, cause: Cause) -> String {
    let words = match cause {
        Cause::Status(_) | Cause::Peer(_) => service_words(stream),
        Cause::Network => stream.reason().map(str::to_owned),
        _ => None,
    };
    joined([Some(cause.to_string()), words])
}

/// Why the stream ended before its end.
pub(crate) fn failure<D: Drive>(stream: &Driver<D>, outcome: Outcome) -> String {
    let came = |field| stream.header(field).unwrap_or_else(|| "none".to_owned());
    let detail = match outcome {
        Outcome::Peer(Fault::ContentType) => Some(came("content-type")),
        Outcome::Peer(Fault::ContentEncoding) => Some(came("content-encoding")),
        Outcome::Peer(Fault::Redirect) | Outcome::Capacity(Capacity::Location) => {
            Some(stream.header("location").map_or("no Location came".into(), |place| format!("to {place}")))
        }
        _ => None,
    };
    let words = match outcome {
        Outcome::Status(_) | Outcome::Peer(_) => service_words(stream),
        Outcome::Network | Outcome::Refused => stream.reason().map(str::to_owned),
        _ => None,
    };
    joined([Some(outcome.to_string()), detail, words])
}

/// What may be behind the end, and which option helps.
pub(crate) fn hint<D: Drive>(stream: &Driver<D>) -> Option<String> {
    stream.hint().map(|hint| match hint {
        Hint::EndCheck => {
            "all that came was printed; what failed is asking once more whether that was all, which \
             --no-end-check leaves out"
                .to_owned()
        }
        hint => hint.to_string(),
    })
}

fn service_words<D: Drive>(stream: &Driver<D>) -> Option<String> {
    let error = stream.error()?;
    let cut = if error.message.lost() > 0 { "…" } else { "" };
    let reference =
        if error.reference.is_empty() { String::new() } else { format!(" (ref_id {})", error.reference) };
    Some(format!("{}{cut}{reference}", error.message)).filter(|words| !words.is_empty())
}

fn joined<const N: usize>(words: [Option<String>; N]) -> String {
    words.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

impl Asked<'_> {
    /// What the user can do about it. `opened`: the server has accepted the request before.
    pub(crate) fn advice(
        &self,
        outcome: Outcome,
        cursor: Option<&str>,
        opened: bool,
    ) -> Option<Cow<'static, str>> {
        let url = self.base_url;
        Some(Cow::Owned(match outcome {
            Outcome::Status(401 | 403) => format!("is the key right? It is from {}", self.key),
            Outcome::Status(400 | 404 | 422) if let Some(advice) = self.about.mix_up() => advice,
            Outcome::Status(400 | 410 | 422) => {
                let cursor = cursor?;
                format!("if the server does not know event \"{cursor}\", leave out --last-event-id to start from the beginning")
            }
            Outcome::Status(404) if opened => "everything that came before this answer is printed".into(),
            Outcome::Status(404) if url.ends_with("/v1beta") || url.ends_with("/v1") => {
                format!("--base-url ends before the version, which is added by itself (--api-version): it is {url}")
            }
            Outcome::Status(404) => match self.about {
                About::New => format!("is {url} the right server (--base-url)?"),
                About::Group(id) => {
                    format!("is {id} the right id of a group, and {url} the right server (--base-url)?")
                }
                About::Run(id) => {
                    format!("is {id} the right id of a run, and {url} the right server (--base-url)?")
                }
                About::Result(id) => {
                    format!("a run that has failed has no result either: taskgroup status {id} tells")
                }
            },
            Outcome::Peer(Fault::ContentType | Fault::ContentEncoding) => {
                format!("is {url} the right server (--base-url)?")
            }
            Outcome::Peer(Fault::Redirect) | Outcome::Capacity(Capacity::Location) => {
                "the key goes only to the server, scheme and port of --base-url: if the other one is right, \
                 give it there"
                    .into()
            }
            Outcome::Peer(Fault::Http(http::Error::StatusLine)) if !self.tls => {
                format!("if the server speaks TLS, --base-url begins with https://: it is {url}")
            }
            Outcome::Refused if !self.tls => {
                "use https:// in --base-url, or give --allow-plaintext: then anyone on the network path can read the key"
                    .into()
            }
            Outcome::Refused => {
                "if its certificate is from an authority of yours, name that one's certificate with --ca-file".into()
            }
            Outcome::Idle => format!("--idle-timeout is {} s", self.idle.as_secs_f64()),
            Outcome::Network if !opened => format!("is {url} the right server (--base-url)?"),
            _ => return None,
        }))
    }
}

impl About<'_> {
    /// What to say if the id looks like one of another kind.
    fn mix_up(self) -> Option<String> {
        match self {
            About::Group(id) if id.starts_with("trun_") => {
                Some(format!("{id} is the id of a run; give the id of its group, tgrp_…"))
            }
            About::Run(id) | About::Result(id) if id.starts_with("tgrp_") => {
                Some(format!("{id} is the id of a group; give the id of one of its runs, trun_…"))
            }
            _ => None,
        }
    }
}

impl Asked<'_> {
    /// Whether the service answers only when there is something to answer with.
    pub(crate) fn is_blocking(&self) -> bool {
        matches!(self.about, About::Result(_))
    }

    /// Whether the arguments are to blame: the key was to be sent unencrypted.
    pub(crate) fn is_misuse(&self, outcome: Outcome) -> bool {
        outcome == Outcome::Refused && !self.tls
    }
}

/// How the stream would end if there were no other try.
pub(crate) fn outcome(cause: Cause) -> Outcome {
    match cause {
        Cause::Network => Outcome::Network,
        Cause::Idle => Outcome::Idle,
        Cause::Status(status) => Outcome::Status(status),
        Cause::Peer(fault) => Outcome::Peer(fault),
        _ => Outcome::Done,
    }
}

/// Whether the server may have refused the cursor itself: then nothing can continue from there.
pub(crate) fn is_refused(outcome: Outcome, opened: bool) -> bool {
    match outcome {
        Outcome::Status(400 | 410 | 422) => true,
        Outcome::Status(404) => !opened,
        _ => false,
    }
}

/// Tries in a row without anything new, as the session counts them.
pub(crate) struct Tries {
    failed: u32,
    cursor: Option<String>,
}

impl Tries {
    /// None yet; the stream is to continue after `cursor`.
    pub(crate) fn new(cursor: Option<&str>) -> Self {
        Self { failed: 0, cursor: cursor.map(str::to_owned) }
    }

    /// Whether the try that is failing now is the first in a row.
    pub(crate) fn is_first(&self) -> bool {
        self.failed == 0
    }

    /// A try has failed, and there is to be another one.
    pub(crate) fn failed(&mut self, cause: Cause, cursor: Option<&str>) {
        if self.cursor.as_deref() != cursor {
            (self.failed, self.cursor) = (0, cursor.map(str::to_owned));
        } else if cause != Cause::End {
            self.failed += 1;
        }
    }

    /// That it was the last try, if it was.
    pub(crate) fn gave_up(
        &self,
        outcome: Outcome,
        asked: &Asked<'_>,
        cursor: Option<&str>,
    ) -> Option<String> {
        let before = if self.cursor.as_deref() == cursor { self.failed } else { 0 };
        let again = match outcome {
            Outcome::Network | Outcome::Idle => true,
            // Others are asked again, too, when the server says so.
            Outcome::Status(status) => matches!(status, 408 | 409 | 421 | 425 | 429 | 500..) || before > 0,
            Outcome::Peer(fault) => !matches!(
                fault,
                Fault::ContentType | Fault::ContentEncoding | Fault::Redirect | Fault::Unproven
            ),
            _ => false,
        };
        let tries = asked.attempts.filter(|attempts| again && before + 1 >= *attempts)?;
        let words = if tries == 1 { "1 try" } else { &format!("{tries} tries in a row") };
        Some(format!("gave up after {words} without anything new (--max-attempts)"))
    }
}

/// The parts that are there, with semicolons between them.
pub(crate) fn sentence(parts: impl IntoIterator<Item = Option<impl fmt::Display>>) -> String {
    parts.into_iter().flatten().map(|part| part.to_string()).collect::<Vec<_>>().join("; ")
}
