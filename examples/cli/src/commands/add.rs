//! `taskgroup add`: a group and inputs in, the ids of the new runs out.

use std::io::Write as _;

use clap::Args;
use serde_json::{Value, json};
use taskgroup::api::{self, body::NewRuns};

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    ask::{Answer, Repeat, ask},
    client::{Client, Connection, group, id},
    console::escape,
    explain::About,
    inputs::{Asks, Inputs},
};

/// How many inputs the service takes in one request.
const MOST_INPUTS: usize = 1000;

/// Add runs to a group
///
/// Prints the ids of the new runs, in the order of the inputs. More than 1000 inputs are added in several
/// requests. None of them is repeated if its answer is lost, since nobody knows then whether its runs were
/// added: `follow --out` knows.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The group, tgrp_… [env: TASKGROUP_ID=]
    #[arg(long, short, value_name = "TASKGROUP_ID", value_parser = id)]
    group: Option<String>,
    /// Create runs that are not in a group, each by a request of its own
    #[arg(long, conflicts_with = "group")]
    alone: bool,
    /// What is printed: with json one answer for all requests, with jsonl one per request
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(mut arguments: Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    if arguments.alone {
        let asks = arguments.read()?;
        let client = arguments.connection.client(verbosity)?;
        return add_alone(&client, &asks, arguments.format);
    }
    let first = if arguments.group.is_none() { arguments.inputs.take_group() } else { None };
    let group = match first {
        Some(text) => id(&text).map_err(Error::Usage)?,
        None => group(arguments.group.as_deref())?,
    };
    let asks = arguments.read()?;
    let client = arguments.connection.client(verbosity)?;
    add(&client, &group, &asks, arguments.format)
}

impl Arguments {
    fn read(&self) -> Result<Asks, Error> {
        if self.inputs.is_empty() {
            let message = "no inputs: give INPUT as arguments, or --lines, --jsonl or --csv";
            return Err(Error::Usage(message.into()));
        }
        let asks = self.inputs.read()?;
        if asks.len() == 0 {
            return Err(Error::Usage("no inputs: the file has none".into()));
        }
        Ok(asks)
    }
}

/// Creates a run for each input.
fn add_alone(client: &Client, asks: &Asks, format: Format) -> Result<Exit, Error> {
    let mut runs = Vec::new();
    asks.each(|input| {
        let answer =
            ask(client, api::create_run(input), About::New, Repeat::IfRefused).map_err(|failure| {
                let number = runs.len() + 1;
                let message =
                    format!("whether input {number} became a run is not known, since the answer is lost");
                hinted(failure.error, [failure.is_open.then_some(message)])
            })?;
        runs.push(answer.value()?);
        if format == Format::Json {
            return Ok(());
        }
        answer.print(client, format, |run, lines| {
            let _ = writeln!(lines, "{}", escape(run["run_id"].as_str().unwrap_or_default()));
        })
    })?;
    if format == Format::Json {
        Answer::from(&Value::Array(runs)).print(client, format, |_, _| {})?;
    }
    Ok(Exit::Done)
}

/// The error with these hints before those it has.
fn hinted<const N: usize>(error: Error, more: [Option<String>; N]) -> Error {
    match error {
        Error::Failed { message, hints } => {
            Error::Failed { message, hints: more.into_iter().flatten().chain(hints).collect() }
        }
        error => error,
    }
}

fn add(client: &Client, group: &str, asks: &Asks, format: Format) -> Result<Exit, Error> {
    let total = asks.len();
    let (mut added, mut merged) = (0, None::<Value>);
    while added < total {
        let range = added..total.min(added + MOST_INPUTS);
        let (count, part) = (range.len(), asks.part(range));
        let body = match asks.spec() {
            Some(spec) => NewRuns::new(&part).default_task_spec(spec),
            None => NewRuns::new(&part),
        };
        let answer = ask(client, api::add_runs(group, &body), About::Group(group), Repeat::IfRefused)
            .map_err(|failure| {
                let rest = (added > 0).then(|| format!("{added} of {total} inputs were added"));
                let open = failure.is_open.then(|| unknown(added, count, group));
                hinted(failure.error, [rest, open])
            })?;
        added += count;
        match format {
            Format::Json => merge(&mut merged, answer.value()?),
            Format::Human | Format::Jsonl => answer.print(client, format, ids)?,
        }
    }
    if let Some(merged) = merged {
        Answer::from(&merged).print(client, format, ids)?;
    }
    client.console.say(format_args!("added {added} {} to {group}", if added == 1 { "run" } else { "runs" }));
    Ok(Exit::Done)
}

/// What is not known when the answer was lost.
fn unknown(added: usize, count: usize, group: &str) -> String {
    format!(
        "whether inputs {} to {} were added is not known, since the answer is lost: \
         `taskgroup runs {group} --include-input` shows which are there",
        added + 1,
        added + count
    )
}

fn ids(answer: &Value, lines: &mut Vec<u8>) {
    for id in answer["run_ids"].as_array().into_iter().flatten() {
        let _ = writeln!(lines, "{}", escape(id.as_str().unwrap_or_default()));
    }
}

/// Makes one answer of all: the first one's cursors, from which all new runs appear, and the last one's
/// status.
fn merge(merged: &mut Option<Value>, mut answer: Value) {
    let Some(merged) = merged else {
        *merged = Some(answer);
        return;
    };
    merged["status"] = answer["status"].take();
    if let (Value::Array(ids), Value::Array(more)) = (&mut merged["run_ids"], &mut answer["run_ids"]) {
        ids.append(more);
    } else {
        merged["run_ids"] = json!([]);
    }
}
