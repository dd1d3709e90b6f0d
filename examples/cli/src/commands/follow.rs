//! `taskgroup follow`: inputs in, their answers out, in one go.

use std::{
    iter,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::value::RawValue;
use taskgroup::api::Status;

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    client::{Client, Connection, id},
    environment::variable,
    follow::{
        adding,
        answers::{self, Fetcher},
        bar::Bar,
        events::{self, Told},
        state::Keeper,
        store::Store,
    },
    inputs::{
        Asks, Inputs,
        metadata::{self, Pair},
    },
    output::Resume,
};

/// How many events are waiting at most while answers are fetched.
const EVENTS: usize = 1_000;

/// How long to wait before a group is followed again that was not active and has active runs.
const PAUSE: Duration = Duration::from_secs(1);

/// Ask, follow and read: create a group, add runs, and print each answer as it comes
///
/// An answer is what `result` gives: {"run": …, "output": …}. Failed and cancelled runs are answers, too; they have no
/// output. Without inputs, it follows a group that exists: --group, a first INPUT that begins with tgrp_, or TASKGROUP_ID.
///
/// With --out each answer is also a file, and the same command continues after whatever ended it: each input is asked once,
/// and each answer is there once. If stdout is a file that is appended to, that holds for its lines of --format jsonl, too.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Add the runs to this group, instead of a new one, and follow all of its runs
    #[arg(long, short, value_name = "TASKGROUP_ID", value_parser = id)]
    group: Option<String>,
    #[command(flatten)]
    inputs: Inputs,
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
    connection: Connection,
}

pub(crate) fn run(mut arguments: Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    if arguments.group.is_none() {
        arguments.group =
            arguments.inputs.take_group().map(|text| id(&text)).transpose().map_err(Error::Usage)?;
    }
    let group_metadata = metadata::object(&arguments.group_metadata).map_err(Error::Usage)?;
    let asks = if arguments.inputs.is_empty() { None } else { Some(arguments.read()?) };
    let mut client = arguments.connection.client(verbosity)?;
    client.wait_at_least(events::silence());
    let client = Arc::new(client);
    let mut keeper = Keeper::open(arguments.out.as_deref(), asks.as_ref())?;
    arguments.choose_group(&mut keeper, asks.is_none())?;
    if arguments.out.is_some() {
        client.output.resumes(Resume::With("the same command".into()));
    }
    let mut store = Store::open(&client, arguments.format, arguments.out.as_deref())?;
    let result = follow(&client, &mut keeper, &mut store, asks.as_ref(), &group_metadata);
    let stored = keeper.store();
    client.console.hide_progress();
    let seconds = result.map_err(|error| match error {
        Error::Failed { message, .. } => failed(&client, &keeper, message),
        error => error,
    })?;
    stored?;
    store.close()?;
    let counts: Vec<_> = store.counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let counts = if counts.is_empty() { "none new".into() } else { counts.join(", ") };
    let place = arguments.out.as_deref().map(|path| format!("; in {}", path.display())).unwrap_or_default();
    client.console.say(format_args!("{} answers: {counts}, in {seconds:.1} s{place}", store.len()));
    Ok(Exit::Done)
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
        if asks.inputs.is_empty() {
            return Err(Error::Usage("no inputs: the file has none".into()));
        }
        asks.refuse_metadata(adding::KEY)?;
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

/// Does all of it. Gives how many seconds it took.
fn follow(
    client: &Arc<Client>,
    keeper: &mut Keeper,
    store: &mut Store<'_>,
    asks: Option<&Asks>,
    group_metadata: &serde_json::Map<String, serde_json::Value>,
) -> Result<f64, Error> {
    let began = Instant::now();
    let mut bar = Bar::new(&client.console, store.len());
    let group = match (asks, &keeper.state.taskgroup_id) {
        (None, Some(group)) => group.clone(),
        (Some(asks), _) => adding::add_all(client, keeper, asks, group_metadata)?,
        (None, None) => return Err(Error::failed("there is no group")),
    };
    keeper.store()?;
    let mut fetcher = Fetcher::new(client, &group)?;
    loop {
        let (listener, told) = mpsc::sync_channel(EVENTS);
        let (sharing, group, after) = (client.clone(), group.clone(), keeper.state.event_cursor.clone());
        // Not waited for: it may be in the middle of a long silence when this thread fails.
        thread::Builder::new()
            .name("events".into())
            .spawn(move || events::follow(&sharing, &group, after.as_deref(), &listener))
            .map_err(|error| Error::failed(format!("threads: {error}")))?;
        listen(&told, &mut fetcher, keeper, store, &mut bar)?;
        if is_complete(client, &mut fetcher, store, &mut bar)? {
            return Ok(began.elapsed().as_secs_f64());
        }
        thread::sleep(PAUSE);
    }
}

/// Takes the answer of each run that has ended, until no run is active.
fn listen(
    told: &Receiver<Told>,
    fetcher: &mut Fetcher<'_>,
    keeper: &mut Keeper,
    store: &mut Store<'_>,
    bar: &mut Bar<'_>,
) -> Result<(), Error> {
    loop {
        let (mut runs, mut reached, mut end) = (Vec::new(), None, None);
        let first = told.recv().map_err(|_| Error::failed("the thread of the events ended"))?;
        // What has come meanwhile is fetched together.
        for event in iter::once(first).chain(told.try_iter().take(EVENTS)) {
            match event {
                Told::Run { run, cursor } => {
                    runs.push(run);
                    reached = cursor.or(reached);
                }
                Told::Counts(counts) => bar.counts(counts),
                Told::End(result) => end = Some(result),
            }
        }
        fetcher.fetch(&runs, store)?;
        bar.answers(store.len());
        if let Some(cursor) = reached {
            keeper.reached(cursor)?;
        }
        if let Some(result) = end {
            return result;
        }
    }
}

/// Whether the answers of all runs of the group are there. Fetches what no event has told of.
fn is_complete(
    client: &Client,
    fetcher: &mut Fetcher<'_>,
    store: &mut Store<'_>,
    bar: &mut Bar<'_>,
) -> Result<bool, Error> {
    let (ended, came, group) = fetcher.list()?;
    fetcher.fetch(&ended, store)?;
    bar.answers(store.len());
    let status = &group["status"];
    let runs = status["num_task_runs"].as_u64().unwrap_or_default();
    let waiting = ended.iter().filter(|run| is_waiting(run)).count();
    if waiting > 0 {
        client
            .console
            .say(format_args!("{waiting} of {runs} runs wait for somebody to act (action_required)"));
    }
    if status["is_active"] == true {
        return Ok(false);
    }
    if (came as u64) < runs {
        return Err(Error::failed(format!("{came} of {runs} runs came, and the group is not active")));
    }
    // Otherwise some have ended while the list came.
    Ok(ended.len() == came)
}

fn is_waiting(run: &RawValue) -> bool {
    answers::parse(run).is_ok_and(|run| Status::from(run.status.as_str()) == Status::ActionRequired)
}
