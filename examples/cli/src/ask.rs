//! A request in, its answer or its events out, as the service sent them.
//!
//! # Limits
//!
//! An answer is held in memory, whole.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};
use taskgroup::{
    json::Record,
    session::{Action, Cause, Event, Outcome, Request},
};
use taskgroup_std::{Step, Stream, Verbatim};

use crate::{
    Error, Format,
    client::Client,
    explain::{self, About, Tries, failure, hint, sentence, waiting},
    record::one_line,
};

/// One answer of the service: a JSON object.
pub(crate) struct Answer {
    json: Box<RawValue>,
}

/// Why there is no answer.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The service may have acted on the request all the same, since its answer may have been lost.
    pub(crate) is_open: bool,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// Whether a request may be sent again when the service may have acted on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Asking twice does no harm.
    Freely,
    /// It adds something: a status that a proxy may have made up ends it, too.
    IfRefused,
}

/// Asks, again and again where that helps, and tells of each wait.
pub(crate) fn ask<'c>(
    client: &'c Client,
    request: impl Into<Request<'c>>,
    about: About<'_>,
    repeat: Repeat,
) -> Result<Answer, Failure> {
    let known = |error| Failure { error, is_open: false };
    let config = client.config().map_err(known)?;
    let mut stream = Stream::new(config, request, Verbatim::default(), &client.security);
    let mut answer = None;
    drive(client, &mut stream, about, repeat, |record| {
        answer = Some(Answer::new(record.json())?);
        Ok(())
    })?;
    answer.ok_or_else(|| known(Error::failed("the service answered with nothing")))
}

/// Takes each event or the answer, up to the end of all, and tells of each wait.
pub(crate) fn drive<R: Record>(
    client: &Client,
    stream: &mut Stream<'_, R>,
    about: About<'_>,
    repeat: Repeat,
    mut take: impl FnMut(&R) -> Result<(), Error>,
) -> Result<(), Failure> {
    let known = |error| Failure { error, is_open: false };
    let (asked, console) = (client.asked(about), &client.console);
    let (mut tries, mut opened) = (Tries::new(stream.cursor()), false);
    let outcome = loop {
        match stream.step() {
            Step::Event => match stream.event() {
                Some(Event::Record(record)) => take(record).map_err(known)?,
                Some(Event::Skipped(why)) => console.say(why),
                Some(Event::Opened { .. }) => opened = true,
                None => {}
            },
            Step::Action(Action::Stop(outcome)) => break outcome,
            Step::Action(Action::Sleep { cause: cause @ Cause::Status(408 | 500..), .. })
                if repeat == Repeat::IfRefused =>
            {
                break explain::outcome(cause);
            }
            Step::Action(Action::Sleep { until, cause }) => {
                // The service ends an answer that it can hold no longer: not worth a word.
                let is_usual = cause == Cause::End || cause == Cause::Status(408) && asked.is_blocking();
                if !is_usual {
                    let advice = asked.advice(explain::outcome(cause), stream.cursor(), opened);
                    let first = advice.filter(|_| tries.is_first()).map(String::from);
                    console.say(sentence([Some(waiting(stream, cause, until)), first]));
                }
                tries.failed(cause, stream.cursor());
            }
            Step::Action(_) => {}
        }
    };
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Misuse(misuse) => Err(known(Error::Usage(misuse.to_string()))),
        _ => {
            let problem = sentence([Some(failure(stream, outcome)), hint(stream)]);
            let advice = asked.advice(outcome, stream.cursor(), opened).map(String::from);
            let gave_up = tries.gave_up(outcome, &asked, stream.cursor());
            let message = console.clean(&sentence([Some(problem), gave_up, advice]));
            let is_open = matches!(
                outcome,
                Outcome::Network | Outcome::Idle | Outcome::Peer(_) | Outcome::Status(408 | 500..)
            );
            let error = if asked.is_misuse(outcome) { Error::Usage(message) } else { Error::failed(message) };
            Err(Failure { error, is_open })
        }
    }
}

impl From<&Value> for Answer {
    /// An answer that was made of several.
    fn from(value: &Value) -> Self {
        Self { json: RawValue::from_string(value.to_string()).unwrap_or_default() }
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::failed(format!("the service's answer: {error}"))
}

impl Answer {
    /// Something else may come after the text.
    pub(crate) fn new(json: &[u8]) -> Result<Self, Error> {
        // Bytes that are not UTF-8 can only be in a string.
        let text = String::from_utf8_lossy(json);
        let first = serde_json::Deserializer::from_str(&text).into_iter::<Box<RawValue>>().next();
        match first {
            Some(Ok(json)) => Ok(Self { json }),
            Some(Err(error)) => Err(unreadable(error)),
            None => Err(Error::failed("the service answered with nothing")),
        }
    }

    /// The answer in a form that the caller knows.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(self.json.get()).map_err(unreadable)
    }

    /// The answer's members.
    pub(crate) fn value(&self) -> Result<Value, Error> {
        self.parse()
    }

    /// Adds the answer as this format has it; what people see is up to `words`.
    pub(crate) fn write(
        &self,
        format: Format,
        lines: &mut Vec<u8>,
        words: impl FnOnce(&Value, &mut Vec<u8>),
    ) -> Result<(), Error> {
        match format {
            Format::Human => words(&self.value()?, lines),
            Format::Json => {
                lines.extend(self.json.get().bytes());
                lines.push(b'\n');
            }
            Format::Jsonl => one_line(self.json.get().as_bytes(), lines),
        }
        Ok(())
    }

    /// Prints the answer.
    pub(crate) fn print(
        &self,
        client: &Client,
        format: Format,
        words: impl FnOnce(&Value, &mut Vec<u8>),
    ) -> Result<(), Error> {
        let mut result = Ok(());
        client.output.print(|lines| result = self.write(format, lines, words));
        result?;
        client.output.flush(&client.console)
    }
}

/// What a `timeout` of this many seconds means for the connection.
pub(crate) fn blocked(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
