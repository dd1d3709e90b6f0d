//! A request in, its one answer out, as the service sent it.
//!
//! # Limits
//!
//! The answer is held in memory, whole.

use std::time::Duration;

use serde_json::{Value, value::RawValue};
use taskgroup::session::{Action, Cause, Event, Outcome, Request};
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

/// Asks, again and again where that helps, and tells of each wait.
pub(crate) fn ask(client: &Client, request: Request<'_>, about: About<'_>) -> Result<Answer, Failure> {
    let known = |error| Failure { error, is_open: false };
    let (asked, console) = (client.asked(about), &client.console);
    let mut stream =
        Stream::new(client.config().map_err(known)?, request, Verbatim::default(), &client.security);
    let (mut tries, mut answered, mut skipped) = (Tries::new(None), false, None);
    let outcome = loop {
        match stream.step() {
            Step::Event => match stream.event() {
                Some(Event::Record(_)) => answered = true,
                Some(Event::Skipped(why)) => skipped = Some(why),
                _ => {}
            },
            Step::Action(Action::Stop(outcome)) => break outcome,
            Step::Action(Action::Sleep { until, cause }) => {
                // The service holds the answer back until there is one: not worth a word.
                if cause != Cause::Status(408) || !asked.is_blocking() {
                    let advice = asked.advice(explain::outcome(cause), None, false);
                    let first = advice.filter(|_| tries.is_first()).map(String::from);
                    console.say(sentence([Some(waiting(&stream, cause, until)), first]));
                }
                tries.failed(cause, None);
            }
            Step::Action(_) => {}
        }
    };
    match outcome {
        Outcome::Done if answered => Answer::new(stream.into_record().json()).map_err(known),
        Outcome::Done => Err(known(Error::failed("the service answered with nothing"))),
        Outcome::Misuse(misuse) => Err(known(Error::Usage(misuse.to_string()))),
        _ => {
            let problem = sentence([Some(failure(&stream, outcome)), hint(&stream)]);
            let advice = asked.advice(outcome, None, false).map(String::from);
            let message = sentence([Some(problem), tries.gave_up(outcome, &asked, None), advice]);
            let message = console.clean(&message);
            let is_open = matches!(outcome, Outcome::Network | Outcome::Idle | Outcome::Peer(_));
            let error = if asked.is_misuse(outcome) { Error::Usage(message) } else { Error::failed(message) };
            Err(Failure { error, is_open: is_open || skipped.is_some() })
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
    fn new(json: &[u8]) -> Result<Self, Error> {
        // Bytes that are not UTF-8 can only be in a string.
        let text = String::from_utf8_lossy(json);
        let first = serde_json::Deserializer::from_str(&text).into_iter::<Box<RawValue>>().next();
        match first {
            Some(Ok(json)) => Ok(Self { json }),
            Some(Err(error)) => Err(unreadable(error)),
            None => Err(Error::failed("the service answered with nothing")),
        }
    }

    /// The answer's members.
    pub(crate) fn value(&self) -> Result<Value, Error> {
        serde_json::from_str(self.json.get()).map_err(unreadable)
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

/// What a `timeout` of so many seconds means for the connection.
pub(crate) fn blocked(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
