//! `taskgroup follow`: inputs in, their answers out, in one go.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use taskgroup::{
    api::{self, body},
    follow::{Event, Follow},
    session::{Action, Cause, Outcome},
};
use taskgroup_std::{Following, Step, Verbatim};

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    ask::{Repeat, ask},
    client::{Client, Connection, id},
    environment::variable,
    explain::{About, failure, hint, sentence, waiting},
    follow::{bar::Bar, state::Keeper, store::Store},
    inputs::{
        Asks, Inputs,
        metadata::{self, Pair},
        note,
    },
    interrupt::quoted,
    output::Resume,
};

/// How long the answer of a run that has ended may wait, because more may end soon.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How many bytes of ids of ended runs are held until their answers are fetched: more than a thousand runs.
const ENDED: usize = 64 * 1024;

/// The member of a run's metadata that has its input's number.
const NUMBER: &str = "input_number";

/// Ask, follow and read: create a group, add runs, and print each answer as it comes
///
/// An answer is what `result` gives: {"run": …, "output": …}. Failed and cancelled runs are answers, too;
/// they have no output. Without inputs, it follows a group that exists: --group, a first INPUT that begins
/// with tgrp_, or TASKGROUP_ID.
///
/// With --out each answer is also a file, and the same command continues after whatever ended it: each input
/// is asked once, and each answer is there once. If stdout is a file that is appended to, that holds for its
/// lines of --format jsonl, too.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Add the runs to this group, instead of a new one, and follow all of its runs
    #[arg(long, short, value_name = "TASKGROUP_ID", value_parser = id)]
    group: Option<String>,
    /// Write each answer to DIR/RUN_ID.json, and what is needed to continue to DIR/.taskgroup
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Metadata of the new group: a key of up to 16 characters and a value of up to 512; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = metadata::pair, conflicts_with = "group")]
    group_metadata: Vec<Pair>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(mut arguments: Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    if arguments.group.is_none() {
        arguments.group =
            arguments.inputs.take_group().map(|text| id(&text)).transpose().map_err(Error::Usage)?;
    }
    let group_metadata = metadata::object(&arguments.group_metadata).map_err(Error::Usage)?;
    let asks = if arguments.inputs.is_empty() { None } else { Some(arguments.read()?) };
    let client = arguments.connection.client(verbosity)?;
    let mut keeper = Keeper::open(arguments.out.as_deref(), asks.as_ref())?;
    arguments.choose_group(&mut keeper, asks.is_none())?;
    if arguments.out.is_some() {
        client.output.resumes(Resume::With("the same command".into()));
    }
    let mut store = Store::open(&client, arguments.format, arguments.out.as_deref())?;
    let metadata: Vec<_> = group_metadata.iter().map(|(key, value)| (key.as_str(), note(value))).collect();
    let began = Instant::now();
    let followed = follow(&client, &mut keeper, &mut store, asks.as_ref(), &metadata).and_then(|()| {
        let group = keeper.state.taskgroup_id.clone().unwrap_or_default();
        if missing(&client, &group, store.len())?.is_none() {
            return Ok(());
        }
        // Files that are not there any more, or lost their contents when the power failed.
        client.console.say("some answers are missing: follows the group from its first event on");
        keeper.start_over()?;
        follow(&client, &mut keeper, &mut store, None, &[])?;
        missing(&client, &group, store.len())?.map_or(Ok(()), |message| Err(Error::failed(message)))
    });
    let stored = keeper.store();
    client.console.hide_progress();
    followed.map_err(|error| match error {
        Error::Failed { message, .. } => failed(&client, &keeper, message),
        error => error,
    })?;
    stored?;
    store.close()?;
    let counts: Vec<_> = store.counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let counts = if counts.is_empty() { "none new".into() } else { counts.join(", ") };
    let place = arguments.out.as_deref().map(|path| format!("; in {}", path.display())).unwrap_or_default();
    let seconds = began.elapsed().as_secs_f64();
    let answers = if store.len() == 1 { "1 answer".into() } else { format!("{} answers", store.len()) };
    client.console.say(format_args!("{answers}: {counts}, in {seconds:.1} s{place}"));
    Ok(if store.skipped == 0 { Exit::Done } else { Exit::Skipped })
}

/// The failure, and how to continue.
fn failed(client: &Client, keeper: &Keeper, message: String) -> Error {
    let hints = crate::interrupt::hints(&client.output.ended(), client.console.secret());
    let again = keeper.state.taskgroup_id.as_deref().map(|group| format!("the group is {group}"));
    let hints = [hints.half, hints.resume.or(again)].into_iter().flatten().collect();
    Error::Failed { message: client.console.clean(&message), hints }
}

impl Arguments {
    fn read(&self) -> Result<Asks, Error> {
        let asks = self.inputs.read()?;
        if asks.len() == 0 {
            return Err(Error::Usage("no inputs: the file has none".into()));
        }
        asks.refuse_metadata(NUMBER)?;
        Ok(asks)
    }

    /// The group of the options is that of the state, or becomes it.
    fn choose_group(&self, keeper: &mut Keeper, is_without_inputs: bool) -> Result<(), Error> {
        let named = match &self.group {
            Some(group) => Some(group.clone()),
            None if is_without_inputs && keeper.state.taskgroup_id.is_none() => {
                let variable = variable("TASKGROUP_ID")?;
                variable
                    .map(|text| id(&text))
                    .transpose()
                    .map_err(|why| Error::Usage(format!("TASKGROUP_ID: {why}")))?
            }
            None => None,
        };
        match (named, &keeper.state.taskgroup_id) {
            (Some(named), Some(kept)) if named != *kept => Err(Error::Usage(format!(
                "--out: its answers are those of {kept}, not of {named}: give another folder"
            ))),
            (Some(named), _) => {
                keeper.state.taskgroup_id = Some(named);
                Ok(())
            }
            (None, None) if is_without_inputs => Err(Error::Usage(
                "nothing to follow: give inputs (INPUT, --lines, --jsonl or --csv), or a group (--group)"
                    .into(),
            )),
            (None, _) => Ok(()),
        }
    }
}

/// Does all of it.
fn follow(
    client: &Client,
    keeper: &mut Keeper,
    store: &mut Store<'_>,
    asks: Option<&Asks>,
    metadata: &[(&str, body::Value<'_>)],
) -> Result<(), Error> {
    let mut bar = Bar::new(&client.console, store.len());
    let mut following = Following::over(machine(client, keeper, asks, metadata)?, &client.security);
    let outcome = loop {
        match following.step() {
            Step::Event => {
                let is_answer = match following.event() {
                    Some(Event::Answer(answer)) => {
                        store.take(answer.record.json())?;
                        bar.answers(store.len());
                        true
                    }
                    Some(Event::Group(state) | Event::Added(state)) => {
                        keeper.reached(state);
                        keeper.store()?;
                        bar.added(state.added());
                        if !keeper.is_kept() {
                            let again = format!("follow {}", quoted(state.taskgroup_id()));
                            client.output.resumes(Resume::With(again));
                        }
                        false
                    }
                    Some(Event::Status(status)) => {
                        bar.stands(status.task_run_status_counts);
                        false
                    }
                    Some(Event::Skipped(why)) => {
                        client.console.say(format_args!("{why}"));
                        store.skipped += 1;
                        false
                    }
                    _ => false,
                };
                if is_answer {
                    keeper.answered(following.handled())?;
                }
            }
            Step::Action(Action::Stop(outcome)) => break outcome,
            Step::Action(Action::Sleep { cause: Cause::End, .. }) => {}
            Step::Action(Action::Sleep { until, cause }) => {
                client.console.say(waiting(&following, cause, until));
            }
            Step::Action(_) => {}
        }
    };
    keeper.reached(following.handled());
    let group = keeper.state.taskgroup_id.clone().unwrap_or_default();
    let about = if group.is_empty() { About::New } else { About::Group(&group) };
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Misuse(misuse) => Err(Error::Usage(misuse.to_string())),
        _ => {
            let asked = client.asked(about);
            let problem = sentence([Some(failure(&following, outcome)), hint(&following)]);
            let advice = asked.advice(outcome, None, false).map(String::from);
            let message = sentence([Some(problem), advice]);
            Err(if asked.is_misuse(outcome) { Error::Usage(message) } else { Error::failed(message) })
        }
    }
}

/// What is to be done, from where it was left.
fn machine<'c>(
    client: &'c Client,
    keeper: &Keeper,
    asks: Option<&'c Asks>,
    metadata: &'c [(&'c str, body::Value<'c>)],
) -> Result<Follow<'c, Verbatim, ENDED>, Error> {
    let mut follow = Follow::with_record(client.config()?, Verbatim::default())
        .with_timeout(TIMEOUT)
        .with_metadata(metadata);
    if let Some(asks) = asks {
        follow = follow.with_inputs(asks);
        if let Some(spec) = asks.spec() {
            follow = follow.with_default_task_spec(spec);
        }
    }
    Ok(match (keeper.continues()?, &keeper.state.taskgroup_id) {
        (Some(state), _) => follow.with_state(&state),
        (None, Some(group)) => follow.with_group(group),
        (None, None) => follow,
    })
}

/// What is missing if not each run of the group has an answer; a run may wait for somebody to act.
fn missing(client: &Client, group: &str, answers: usize) -> Result<Option<String>, Error> {
    let status = ask(client, api::group(group), About::Group(group), Repeat::Freely)?.value()?;
    let runs = status["status"]["num_task_runs"].as_u64().unwrap_or_default();
    if answers as u64 >= runs {
        return Ok(None);
    }
    let waiting = status["status"]["task_run_status_counts"]["action_required"].as_u64().unwrap_or_default();
    let why = if waiting > 0 { format!("; {waiting} wait for somebody to act") } else { String::new() };
    Ok(Some(format!("{answers} of {runs} runs of the group have an answer{why}")))
}
