//! Inputs in, a group with a run for each of them out: each input is asked once.
//!
//! A request that adds runs is never repeated blindly. Each run carries its input's number in its metadata; if nobody knows
//! how a request ended, the group tells which runs are there, and only the others are added.
//!
//! # Limits
//!
//! A service that acts on a request only seconds after its connection broke adds its runs twice.

use std::{collections::HashSet, thread, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};
use taskgroup::api;
use taskgroup_std::{Stream, Verbatim};

use super::{state::Keeper, store::Run};
use crate::{
    Error,
    ask::{Failure, Repeat, ask, drive},
    client::Client,
    commands::add::{MOST_INPUTS, body},
    explain::About,
    inputs::Asks,
};

/// The member of a run's metadata that has its input's number.
pub(crate) const KEY: &str = "taskgroup_input";

/// How long a request that was interrupted may take to show.
const SETTLE: Duration = Duration::from_secs(1);

/// How often a request is tried.
const TRIES: u32 = 10;

/// Creates the group, unless there is one, and adds what is missing.
pub(crate) fn add_all(
    client: &Client,
    keeper: &mut Keeper,
    asks: &Asks,
    metadata: &Map<String, Value>,
) -> Result<String, Error> {
    let group = match &keeper.state.taskgroup_id {
        Some(group) => group.clone(),
        None => create(client, keeper, metadata)?,
    };
    let total = asks.inputs.len();
    if keeper.state.is_adding {
        // A program before this one began to add these.
        complete(client, keeper, &group, asks)?;
    }
    while keeper.state.added < total {
        client.console.message(format!("{} of {total} runs added", keeper.state.added));
        keeper.state.is_adding = true;
        keeper.store()?;
        let batch = batch(keeper, total);
        match post(client, keeper, &group, asks, &batch) {
            Ok(()) => added(keeper, batch.len())?,
            Err(failure) if failure.is_open => {
                if let Error::Failed { message, .. } = &failure.error {
                    client.console.say(format_args!("{message}; looks which runs are there"));
                }
                complete(client, keeper, &group, asks)?;
            }
            Err(failure) => {
                // The service did not act on it.
                keeper.state.is_adding = false;
                keeper.store()?;
                return Err(failure.error);
            }
        }
    }
    Ok(group)
}

/// The numbers of the inputs of one request.
fn batch(keeper: &Keeper, total: usize) -> Vec<usize> {
    (keeper.state.added..total).take(MOST_INPUTS).collect()
}

fn added(keeper: &mut Keeper, count: usize) -> Result<(), Error> {
    keeper.state.added += count;
    keeper.state.is_adding = false;
    keeper.store()
}

/// A group that nobody knows of because an answer was lost stays empty.
fn create(client: &Client, keeper: &mut Keeper, metadata: &Map<String, Value>) -> Result<String, Error> {
    let body = if metadata.is_empty() {
        "{}".to_owned()
    } else {
        serde_json::json!({ "metadata": metadata }).to_string()
    };
    let mut tries = 0;
    let answer = loop {
        match ask(client, api::create_group(body.as_bytes()), About::New, Repeat::Freely) {
            Ok(answer) => break answer,
            Err(failure) => {
                tries += 1;
                retry(client, failure, tries)?;
            }
        }
    };
    let group = answer.value()?["taskgroup_id"].as_str().unwrap_or_default().to_owned();
    crate::client::id(&group).map_err(|why| Error::failed(format!("the new group: {why}")))?;
    keeper.state.taskgroup_id = Some(group.clone());
    keeper.store()?;
    Ok(group)
}

/// Waits, if it is worth another try.
fn retry(client: &Client, failure: Failure, tries: u32) -> Result<(), Error> {
    match failure.error {
        Error::Failed { message, .. } if failure.is_open && tries < TRIES => {
            client.console.say(format_args!("{message}; tries again"));
            thread::sleep(Duration::from_millis(200) * 2_u32.pow(tries.min(6)));
            Ok(())
        }
        error => Err(error),
    }
}

/// Adds those of the batch that are not there, until all are.
fn complete(client: &Client, keeper: &mut Keeper, group: &str, asks: &Asks) -> Result<(), Error> {
    let batch = batch(keeper, asks.inputs.len());
    let mut tries = 0;
    loop {
        let there = settled(client, keeper, group)?;
        let missing: Vec<usize> = batch.iter().copied().filter(|number| !there.contains(number)).collect();
        if missing.is_empty() {
            return added(keeper, batch.len());
        }
        match post(client, keeper, group, asks, &missing) {
            Ok(()) => return added(keeper, batch.len()),
            Err(failure) => {
                tries += 1;
                retry(client, failure, tries)?;
            }
        }
    }
}

/// Adds these inputs.
fn post(
    client: &Client,
    keeper: &mut Keeper,
    group: &str,
    asks: &Asks,
    numbers: &[usize],
) -> Result<(), Failure> {
    let known = |error| Failure { error, is_open: false };
    let inputs = numbers.iter().filter_map(|number| {
        let input = asks.inputs.get(*number)?;
        Some(marked(input, &keeper.state.mark, *number))
    });
    let inputs: Vec<String> = inputs.collect::<Result<_, _>>().map_err(known)?;
    let body = body(&inputs, asks.default_spec.as_ref());
    let answer = ask(client, api::add_runs(group, body.as_bytes()), About::Group(group), Repeat::IfRefused)?;
    let answer = answer.value().map_err(known)?;
    // Before the first of these runs, and so before all that come later.
    if let Some(cursor) = answer["run_cursor"].as_str().filter(|cursor| !cursor.is_empty()) {
        keeper.state.run_cursor = Some(cursor.to_owned());
    }
    Ok(())
}

/// The input with its number in its metadata.
fn marked(input: &str, mark: &str, number: usize) -> Result<String, Error> {
    let failed = |error: serde_json::Error| Error::failed(format!("input number {}: {error}", number + 1));
    let mut members: Map<String, Value> = serde_json::from_str(input).map_err(failed)?;
    let metadata = members.entry("metadata").or_insert(Value::Null);
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    metadata[KEY] = format!("{mark}.{number}").into();
    Ok(Value::Object(members).to_string())
}

/// The numbers of the inputs that are there, when two looks have found the same.
fn settled(client: &Client, keeper: &Keeper, group: &str) -> Result<HashSet<usize>, Error> {
    let mut before = None;
    loop {
        let there = look(client, keeper, group)?;
        if before.as_ref() == Some(&there) {
            return Ok(there);
        }
        before = Some(there);
        thread::sleep(SETTLE);
    }
}

fn look(client: &Client, keeper: &Keeper, group: &str) -> Result<HashSet<usize>, Error> {
    #[derive(Deserialize)]
    struct Event {
        run: Option<Run>,
    }
    let mut request = api::runs(group);
    if let Some(cursor) = &keeper.state.run_cursor {
        request = request.last_event_id(cursor);
    }
    let mut stream = Stream::new(client.config()?, request, Verbatim::default(), &client.security);
    let mut there = HashSet::new();
    drive(client, &mut stream, About::Group(group), Repeat::Freely, |record| {
        if let Ok(Event { run: Some(run) }) = serde_json::from_slice(record.json()) {
            there.extend(number(&run, &keeper.state.mark));
        }
        Ok(())
    })?;
    Ok(there)
}

/// The number of the input that the run is of, if it is one of ours.
fn number(run: &Run, mark: &str) -> Option<usize> {
    let text = run.metadata.as_ref()?.get(KEY)?.as_str()?;
    text.strip_prefix(mark)?.strip_prefix('.')?.parse().ok()
}
