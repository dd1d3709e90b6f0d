//! `taskgroup input`: a run's id in, what it was asked out.

use std::io::Write as _;

use clap::Args;
use serde_json::Value;
use taskgroup::api;

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    ask::{Repeat, ask},
    client::{Connection, id},
    console::escape_lines,
    explain::About,
};

/// Show what a run was asked
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The run, trun_…
    #[arg(value_name = "RUN_ID", value_parser = id)]
    run_id: String,
    /// What is printed: for people the input alone, as JSON the whole RunInput
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    let client = arguments.connection.client(verbosity)?;
    let answer =
        ask(&client, api::run_input(&arguments.run_id), About::Run(&arguments.run_id), Repeat::Freely)?;
    answer.print(&client, arguments.format, |input, lines| {
        let words = match &input["input"] {
            Value::String(text) => escape_lines(text),
            input => escape_lines(&format!("{input:#}")),
        };
        let _ = writeln!(lines, "{words}");
    })?;
    Ok(Exit::Done)
}
