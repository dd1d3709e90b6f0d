//! Event streams in; their lines on stdout, what a person is told on stderr and how they ended out.
//!
//! # Limits
//!
//! What is printed is confirmed: an event that was cut, broken or repeated never shows on stdout.

use taskgroup::{
    json,
    session::{Action, Cause, Event, Outcome},
};
use taskgroup_std::{Step, Stream};

use crate::{
    Error, Exit, Format,
    client::Client,
    console::Console,
    count,
    explain::{self, About, Asked, Tries, failure, hint, is_refused, sentence, waiting},
    interrupt::hints,
    output::Output,
    record::Line,
};

/// Prints streams, one after the other.
pub(crate) struct Printer<'a> {
    client: &'a Client,
    asked: Asked<'a>,
    is_array: bool,
    /// The end of the first answer ends the stream, whether or not there is more to come.
    one_answer: bool,
    events: u64,
    /// Events that are runs, those that were skipped included.
    runs: u64,
    bytes: u64,
    skipped: u64,
    /// Events that were printed without a member, which did not fit.
    misfits: u64,
    /// The server has accepted the request.
    opened: bool,
    tries: Tries,
}

impl<'a> Printer<'a> {
    /// `printed`: this many runs were printed before, which count when the group is asked how many it has.
    pub(crate) fn new(client: &'a Client, about: About<'a>, format: Format, printed: u64) -> Self {
        client.console.show_progress(None);
        Self {
            client,
            asked: client.asked(about),
            is_array: format == Format::Json,
            one_answer: false,
            events: 0,
            runs: printed,
            bytes: 0,
            skipped: 0,
            misfits: 0,
            opened: false,
            tries: Tries::new(None),
        }
    }

    /// Lets each stream end when its first answer has ended in order.
    pub(crate) fn with_one_answer(mut self, one_answer: bool) -> Self {
        self.one_answer = one_answer;
        self
    }

    /// Prints the stream to its end. What is wrong with that is told by [`end`](Self::end).
    pub(crate) fn print<R: Line>(&mut self, stream: &mut Stream<'_, R>) -> Result<Outcome, Error> {
        (self.tries, self.opened) = (Tries::new(stream.cursor()), false);
        self.lines(stream).map_err(|error| match error {
            Error::Failed { message, .. } => self.ended(message, true),
            error => error,
        })
    }

    /// Ends after the last stream. `all`: the streams were to have all runs of the group, which is asked
    /// whether they did.
    pub(crate) fn end<R: Line>(
        self,
        stream: Stream<'_, R>,
        outcome: Outcome,
        all: Option<&str>,
    ) -> Result<Exit, Error> {
        let console = &self.client.console;
        let cursor = stream.cursor().map(str::to_owned);
        let problem = match outcome {
            Outcome::Done => None,
            Outcome::Misuse(misuse) => return Err(Error::Usage(misuse.to_string())),
            _ => Some(sentence([Some(failure(&stream, outcome)), hint(&stream)])),
        };
        // What the server did wrong in the end, a refusal above all, matters only if something is missing.
        let decides = problem.is_none() || self.runs > 0 && is_late(outcome);
        let problem = match all.filter(|_| decides) {
            Some(group) => self.count(stream, group, problem)?,
            None => problem,
        };
        if let Some(problem) = problem {
            let gave_up = self.tries.gave_up(outcome, &self.asked, cursor.as_deref());
            let advice = self.asked.advice(outcome, cursor.as_deref(), self.opened).map(String::from);
            let message = sentence([Some(problem), gave_up, advice]);
            if self.asked.is_misuse(outcome) {
                return Err(Error::Usage(console.clean(&message)));
            }
            return Err(self.ended(message, !is_refused(outcome, self.opened)));
        }
        self.close_array()?;
        let lacking =
            [(self.skipped, "skipped"), (self.misfits, "printed without a member that did not fit")];
        let lacking: Vec<_> = lacking
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| {
                format!("{count} {} {what}", if count == 1 { "event was" } else { "events were" })
            })
            .collect();
        if lacking.is_empty() {
            return Ok(Exit::Done);
        }
        console.say(format_args!("done, but {}", lacking.join(", ")));
        Ok(Exit::Skipped)
    }

    /// What is left of the problem when the group has said how many runs it has.
    fn count<R: Line>(
        &self,
        stream: Stream<'_, R>,
        group: &str,
        problem: Option<String>,
    ) -> Result<Option<String>, Error> {
        let console = &self.client.console;
        match count::ask(stream, group) {
            Ok(count) => {
                if count.active > 0 {
                    console.say(format_args!("{} of {} runs are still active", count.active, count.runs));
                }
                if self.runs < count.runs {
                    let missing = format!("{} of {} runs came", self.runs, count.runs);
                    return Err(self.ended(sentence([problem, Some(missing)]), true));
                }
                Ok(problem.filter(|problem| {
                    let is_all = self.runs == count.runs;
                    if is_all {
                        console.say(format_args!(
                            "{problem}; but all {} runs of the group have come",
                            count.runs
                        ));
                    }
                    !is_all
                }))
            }
            Err(why) => {
                console.say(format_args!(
                    "whether all runs have come could not be confirmed by the group: {why}"
                ));
                Ok(problem)
            }
        }
    }

    fn lines<R: Line>(&mut self, stream: &mut Stream<'_, R>) -> Result<Outcome, Error> {
        let (console, output) = (&self.client.console, &self.client.output);
        // The answer to the request that is on its way has begun.
        let mut answered = false;
        loop {
            let step = stream.step();
            // Only now is the event of the last step handled.
            output.reached(stream.cursor(), console)?;
            let action = match step {
                Step::Event => {
                    answered |= matches!(stream.event(), Some(Event::Opened { .. }));
                    self.event(stream, console, output);
                    continue;
                }
                Step::Action(action) => action,
            };
            output.flush(console)?;
            let is_next = matches!(
                action,
                Action::Connect { .. } | Action::Send { .. } | Action::Sleep { cause: Cause::End, .. }
            );
            match action {
                // A session that does not wait before it asks again has seen an orderly end.
                _ if is_next && answered && self.one_answer => return Ok(Outcome::Done),
                Action::Sleep { until, cause } => {
                    let advice = self.asked.advice(explain::outcome(cause), stream.cursor(), self.opened);
                    let first = advice.filter(|_| self.tries.is_first()).map(String::from);
                    console.say(sentence([Some(waiting(stream, cause, until)), first]));
                    self.tries.failed(cause, stream.cursor());
                }
                Action::Stop(outcome) => return Ok(outcome),
                _ => {}
            }
            answered &=
                !matches!(action, Action::Connect { .. } | Action::Send { .. } | Action::Sleep { .. });
        }
    }

    fn event<R: Line>(&mut self, stream: &mut Stream<'_, R>, console: &Console, output: &Output) {
        match stream.event() {
            Some(Event::Record(record)) => {
                let before = if self.events == 0 { "[\n" } else { "," };
                self.bytes += output.print(|lines| {
                    if self.is_array {
                        lines.extend(before.bytes());
                    }
                    record.write(lines, console);
                });
                self.events += 1;
                self.runs += u64::from(record.is_run());
                console.progress(self.events, self.bytes);
                if let Some(name) = stream.mismatch() {
                    self.misfits += 1;
                    let id = event_id(stream);
                    console.say(format_args!("event {id}: {}", json::Error::Mismatch(name)));
                }
            }
            Some(Event::Skipped(why)) => {
                self.skipped += 1;
                self.runs += 1;
                let id = event_id(stream);
                console.say(format_args!("skipped: event {id}: {}", why.0));
            }
            Some(Event::Opened { resumed }) => {
                self.opened = true;
                if let Some(cursor) = stream.cursor().filter(|_| resumed && self.events > 0) {
                    console.say(format_args!("continues after event \"{cursor}\""));
                }
            }
            None => {}
        }
    }

    fn close_array(&self) -> Result<(), Error> {
        if self.is_array {
            let end = if self.events == 0 { "[]\n" } else { "]\n" };
            self.client.output.print(|lines| lines.extend(end.bytes()));
        }
        self.client.output.flush(&self.client.console)
    }

    /// The failure, and after it how to continue, if that is possible.
    fn ended(&self, message: String, resumes: bool) -> Error {
        let console = &self.client.console;
        let hints = hints(&self.client.output.ended(), console.secret());
        let hints = [hints.half, hints.resume.filter(|_| resumes)].into_iter().flatten().collect();
        Error::Failed { message: console.clean(&message), hints }
    }
}

/// The id of the event that the stream shows, for a message.
fn event_id<R: Line>(stream: &mut Stream<'_, R>) -> String {
    stream.record_mut().event_id().map_or("without id".into(), |id| format!("\"{id}\""))
}

/// Whether a stream that has brought something can end like this though all has come.
fn is_late(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Status(_) | Outcome::Peer(_))
}
