//! `taskgroup status`: a group's or a run's id in, how it stands out.

use std::io::Write as _;

use clap::Args;
use serde_json::Value;
use taskgroup::api;

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    ask::{Repeat, ask},
    client::{Connection, group, id},
    console::escape,
    explain::About,
};

/// Show how a group or a run stands
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The group, tgrp_…, or a run, trun_… [env: TASKGROUP_ID=]
    #[arg(value_name = "ID", value_parser = id)]
    id: Option<String>,
    /// Look for the run in this group only
    #[arg(long, value_name = "TASKGROUP_ID", value_parser = id)]
    group: Option<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    let id = group(arguments.id.as_deref())?;
    let (request, about) = match &arguments.group {
        Some(group) => (api::group_run(group, &id), About::Run(&id)),
        None if id.starts_with("trun_") => (api::run(&id), About::Run(&id)),
        None => (api::group(&id), About::Group(&id)),
    };
    let client = arguments.connection.client(verbosity)?;
    let answer = ask(&client, request, about, Repeat::Freely)?;
    answer.print(&client, arguments.format, |answer, lines| {
        let words = if answer.get("run_id").is_some() { of_run(answer) } else { of_group(answer) };
        let _ = writeln!(lines, "{words}");
    })?;
    Ok(Exit::Done)
}

fn of_group(group: &Value) -> String {
    let status = &group["status"];
    let counts = status["task_run_status_counts"].as_object();
    let counts = counts.into_iter().flatten().filter(|(_, count)| count.as_u64() != Some(0));
    let counts: Vec<_> = counts.map(|(name, count)| format!("{count} {}", escape(name))).collect();
    let active = if status["is_active"] == Value::Bool(true) { "active" } else { "not active" };
    let runs = match status["num_task_runs"].as_u64().unwrap_or_default() {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    let parts = [Some(runs), Some(counts.join(", ")).filter(|counts| !counts.is_empty())];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!("{}  {active}  {}", text(&group["taskgroup_id"]), parts.join(": "))
}

fn of_run(run: &Value) -> String {
    let [id, status, processor] = ["run_id", "status", "processor"].map(|name| text(&run[name]));
    let error = run["error"]["message"].as_str().map(escape).unwrap_or_default();
    format!("{id}  {status}  {processor}  {error}").trim_end().to_owned()
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or("-"))
}
