//! `taskgroup result`: a run's id in, its output out, as soon as there is one.

use std::io::Write as _;

use clap::Args;
use serde_json::Value;
use taskgroup::api;

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    ask::{Repeat, ask, blocked},
    client::{Connection, id},
    console::{escape, escape_lines},
    explain::About,
};

/// Wait for the result of a run, and print it
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The run, trun_…
    #[arg(value_name = "RUN_ID", value_parser = id)]
    run_id: String,
    /// Seconds that the service may wait for the run in one request, 0 to 3600; after that it is asked again,
    /// as often as --max-attempts says
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(..=3600))]
    timeout: u32,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    let mut client = arguments.connection.client(verbosity)?;
    client.wait_at_least(blocked(arguments.timeout));
    let request = api::run_result(&arguments.run_id).timeout(arguments.timeout);
    let answer = ask(&client, request, About::Result(&arguments.run_id), Repeat::Freely)?;
    answer.print(&client, arguments.format, |result, lines| words(&result["output"], lines))?;
    Ok(Exit::Done)
}

/// The content, and after it where each part of it is from.
pub(crate) fn words(output: &Value, lines: &mut Vec<u8>) {
    let content = match &output["content"] {
        Value::String(text) => escape_lines(text),
        content => escape_lines(&format!("{content:#}")),
    };
    let _ = writeln!(lines, "{}", content.trim_end());
    for basis in output["basis"].as_array().into_iter().flatten() {
        let field = basis["field"].as_str().unwrap_or_default();
        let confidence = basis["confidence"].as_str().map(|word| format!(" ({word} confidence)"));
        let _ = writeln!(lines, "\n{}", escape(&format!("{field}{}", confidence.unwrap_or_default())));
        for citation in basis["citations"].as_array().into_iter().flatten() {
            let _ = writeln!(lines, "  {}", escape(citation["url"].as_str().unwrap_or_default()));
        }
    }
}
