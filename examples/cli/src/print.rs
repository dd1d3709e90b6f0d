//! A stream in; its lines on stdout, what a person is told on stderr and how it ended out.
//!
//! # Limits
//!
//! What is printed is confirmed: an event that was cut, broken or repeated never shows on stdout.

use taskgroup::{
    json,
    session::{Action, Event, Outcome},
};
use taskgroup_std::{Step, Stream};

use crate::{
    Error, Exit,
    console::Console,
    count,
    explain::{self, Asked, Tries, failure, hint, is_refused, sentence, waiting},
    interrupt::hints,
    output::Output,
    record::Line,
};

/// How far it is.
struct Progress {
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

/// Prints the stream to its end; `all`: it is of all runs of the group, which is asked at the end whether it
/// was.
pub(crate) fn print<R: Line>(
    mut stream: Stream<'_, R>,
    asked: &Asked<'_>,
    all: bool,
    console: &Console,
    output: &Output,
) -> Result<Exit, Error> {
    let tries = Tries::new(stream.cursor());
    let mut progress =
        Progress { events: 0, runs: 0, bytes: 0, skipped: 0, misfits: 0, opened: false, tries };
    let outcome = match progress.print(&mut stream, asked, console, output) {
        Ok(outcome) => outcome,
        Err(Error::Failed { message, .. }) => return Err(ended(message, true, console, output)),
        Err(error) => return Err(error),
    };
    let cursor = stream.cursor().map(str::to_owned);
    let cursor = cursor.as_deref();
    let problem = match outcome {
        Outcome::Done => None,
        Outcome::Misuse(misuse) => return Err(Error::Usage(misuse.to_string())),
        _ => Some(sentence([Some(failure(&stream, outcome)), hint(&stream)])),
    };
    // What the server did wrong in the end, a refusal above all, matters only if something is missing.
    let decides = all && (problem.is_none() || progress.runs > 0 && is_late(outcome));
    let problem = if decides {
        match (count::ask(stream, asked.group), problem) {
            (Ok(group), problem) => {
                if group.active > 0 {
                    console.say(format_args!("{} of {} runs are still active", group.active, group.runs));
                }
                if progress.runs < group.runs {
                    let missing = format!("{} of {} runs came", progress.runs, group.runs);
                    return Err(ended(sentence([problem, Some(missing)]), true, console, output));
                }
                match problem {
                    Some(problem) if progress.runs == group.runs => {
                        console.say(format_args!(
                            "{problem}; but all {} runs of the group have come",
                            group.runs
                        ));
                        None
                    }
                    problem => problem,
                }
            }
            (Err(why), problem) => {
                console.say(format_args!(
                    "whether all runs have come could not be confirmed by the group: {why}"
                ));
                problem
            }
        }
    } else {
        problem
    };
    let Some(problem) = problem else {
        let lacking =
            [(progress.skipped, "skipped"), (progress.misfits, "printed without a member that did not fit")];
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
        return Ok(Exit::Skipped);
    };
    let gave_up = progress.tries.gave_up(outcome, asked, cursor);
    let advice = asked.advice(outcome, cursor, progress.opened).map(String::from);
    let resumes = !is_refused(outcome, progress.opened);
    Err(ended(sentence([Some(problem), gave_up, advice]), resumes, console, output))
}

/// Whether a stream that has brought something can end like this though all has come.
fn is_late(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Status(_) | Outcome::Peer(_))
}

/// The failure, and after it how to go on, if somebody can.
fn ended(message: String, resumes: bool, console: &Console, output: &Output) -> Error {
    let hints = hints(&output.ended(), console.secret());
    let hints = [hints.half, hints.resume.filter(|_| resumes)].into_iter().flatten().collect();
    Error::Failed { message: console.clean(&message), hints }
}

impl Progress {
    fn print<R: Line>(
        &mut self,
        stream: &mut Stream<'_, R>,
        asked: &Asked<'_>,
        console: &Console,
        output: &Output,
    ) -> Result<Outcome, Error> {
        loop {
            let step = stream.step();
            // What the last step gave has been had only now.
            output.reached(stream.cursor(), console)?;
            match step {
                Step::Event => self.event(stream, console, output),
                Step::Action(action) => {
                    output.flush(console)?;
                    match action {
                        Action::Sleep { until, cause } => {
                            let advice = asked.advice(explain::outcome(cause), stream.cursor(), self.opened);
                            let first = advice.filter(|_| self.tries.is_first()).map(String::from);
                            console.say(sentence([Some(waiting(stream, cause, until)), first]));
                            self.tries.failed(cause, stream.cursor());
                        }
                        Action::Stop(outcome) => return Ok(outcome),
                        _ => {}
                    }
                }
            }
        }
    }

    fn event<R: Line>(&mut self, stream: &mut Stream<'_, R>, console: &Console, output: &Output) {
        match stream.event() {
            Some(Event::Record(record)) => {
                self.bytes += output.print(|lines| record.write(lines, console));
                self.events += 1;
                self.runs += u64::from(record.is_run());
                console.progress(self.events, self.bytes);
                if let Some(name) = stream.mismatch() {
                    self.misfits += 1;
                    let id =
                        stream.record_mut().event_id().map_or("without id".into(), |id| format!("\"{id}\""));
                    console.say(format_args!("event {id}: {}", json::Error::Mismatch(name)));
                }
            }
            Some(Event::Skipped(why)) => {
                self.skipped += 1;
                self.runs += 1;
                let id = stream.record_mut().event_id().map_or("without id".into(), |id| format!("\"{id}\""));
                console.say(format_args!("skipped: event {id}: {}", why.0));
            }
            Some(Event::Opened { resumed }) => {
                self.opened = true;
                if let Some(cursor) = stream.cursor().filter(|_| resumed && self.events > 0) {
                    console.say(format_args!("goes on after event \"{cursor}\""));
                }
            }
            None => {}
        }
    }
}
