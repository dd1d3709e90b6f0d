//! `taskgroup create`: the id of a new group out.

use std::io::Write as _;

use clap::Args;
use serde_json::json;
use taskgroup::api;

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    ask::{Repeat, ask},
    client::Connection,
    console::escape,
    explain::About,
    inputs::metadata::{self, Pair},
};

/// Create a group, to which runs can be added
///
/// Prints its id: GROUP=$(taskgroup create).
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Metadata of the group: a key of up to 16 characters and a value of up to 512; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = metadata::pair)]
    metadata: Vec<Pair>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    let body = match metadata::object(&arguments.metadata).map_err(Error::Usage)? {
        metadata if metadata.is_empty() => json!({}),
        metadata => json!({ "metadata": metadata }),
    };
    let client = arguments.connection.client(verbosity)?;
    let answer = ask(&client, api::create_group(body.to_string().as_bytes()), About::New, Repeat::Freely)?;
    answer.print(&client, arguments.format, |group, lines| {
        let id = group["taskgroup_id"].as_str().unwrap_or_default();
        let _ = writeln!(lines, "{}", escape(id));
    })?;
    Ok(Exit::Done)
}
