//! `taskgroup runs`: a group's id and options in, a line for each of its runs out.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use taskgroup::{
    api::{self, Status},
    session::{Outcome, Request},
};
use taskgroup_std::{Stream, Verbatim};

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    client::{Client, Connection, cursor, group, id},
    explain::About,
    output::Resume,
    record::{Line, Summary},
    recording::{self, Recording},
    stream::Printer,
};

/// Fetch the runs of a group, as they are now
///
/// Prints one line per event on stdout and everything else on stderr. Without --status and --last-event-id it
/// asks the group at the end how many runs it has: if fewer came, that is a failure.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The group, tgrp_… [env: TASKGROUP_ID=]
    #[arg(value_name = "TASKGROUP_ID", value_parser = id)]
    taskgroup_id: Option<String>,
    /// Only runs with this status; several after commas, or by another --status
    ///
    /// One stream for each status, in the order of a run's life. A run that moves on meanwhile can come
    /// twice.
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = statuses())]
    status: Vec<Status>,
    /// Each run with its input
    #[arg(long)]
    include_input: bool,
    /// Each completed run with its output
    #[arg(long)]
    include_output: bool,
    /// Continue after the event with this id, instead of from the start
    ///
    /// Of several --status, this is in the first one; the others come from their start.
    #[arg(long, value_name = "ID", allow_hyphen_values = true, value_parser = cursor)]
    last_event_id: Option<String>,
    /// Append to this file of --format jsonl, after its last event
    ///
    /// If its last line is only half there, that is cut off. A file that does not exist is created, so the
    /// same command starts and continues. Give the same options each time.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["last_event_id", "format"])]
    resume: Option<PathBuf>,
    /// What is printed [default: human]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Believe the end of the stream, instead of asking once more whether that was all
    ///
    /// For a server that ignores last_event_id, which sends everything twice, if nothing between it and you
    /// could cut a stream and end it in order.
    #[arg(long)]
    no_end_check: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    let group = group(arguments.taskgroup_id.as_deref())?;
    let client = arguments.connection.client(verbosity)?;
    let recording = arguments.resume.as_deref().map(recording::open).transpose()?;
    let format = match &recording {
        Some(_) => Format::Jsonl,
        None => arguments.format.unwrap_or(Format::Human),
    };
    match format {
        Format::Human => arguments.print(&client, &group, format, Summary::default(), recording),
        Format::Json | Format::Jsonl => {
            arguments.print(&client, &group, format, Verbatim::default(), recording)
        }
    }
}

impl Arguments {
    fn print<R: Line>(
        &self,
        client: &Client,
        group: &str,
        format: Format,
        record: R,
        recording: Option<Recording>,
    ) -> Result<Exit, Error> {
        let recorded = recording.unwrap_or_default();
        let (mut after, mut statuses) = (self.last_event_id.clone().or(recorded.cursor), self.in_order());
        // A recording stands in the stream of the status that its last run had.
        if let Some(place) = statuses.iter().position(|status| Some(*status) == recorded.status) {
            statuses.drain(..place);
        }
        // All runs, from the first: their number is the group's.
        let all = self.status.is_empty() && self.last_event_id.is_none();
        let config =
            client.config()?.with_end_check(!self.no_end_check).with_keep_alive(all || statuses.len() > 1);
        let mut printer = Printer::new(client, About::Group(group), format, recorded.runs);
        client.output.resumes(self.resume_hint(&statuses));
        let request = self.request(group, statuses.first(), after.take().as_deref());
        let mut stream = Stream::new(config, request, record, &client.security);
        let mut outcome = printer.print(&mut stream)?;
        while outcome == Outcome::Done && statuses.len() > 1 {
            statuses.remove(0);
            client.output.resumes(self.resume_hint(&statuses));
            stream.ask(self.request(group, statuses.first(), None));
            outcome = printer.print(&mut stream)?;
        }
        printer.end(stream, outcome, Some(group).filter(|_| all))
    }

    /// Each status once, those of active runs first: a run that moves on meanwhile is not missed.
    fn in_order(&self) -> Vec<Status> {
        LIFE.into_iter().filter(|status| self.status.contains(status)).collect()
    }

    /// How to continue when these are left.
    fn resume_hint(&self, statuses: &[Status]) -> Resume {
        if let Some(path) = &self.resume {
            return Resume::With(format!("--resume {}", crate::interrupt::quoted(&path.to_string_lossy())));
        }
        let names = statuses.iter().map(|status| format!("--status={}", status.as_str()));
        let is_plain = self.status.len() < 2;
        Resume::After { options: if is_plain { String::new() } else { names.collect::<Vec<_>>().join(" ") } }
    }

    fn request(&self, group: &str, status: Option<&Status>, after: Option<&str>) -> Request<'static> {
        let mut request = api::runs(group);
        if let Some(status) = status {
            request = request.status(*status);
        }
        if self.include_input {
            request = request.include_input(true);
        }
        if self.include_output {
            request = request.include_output(true);
        }
        match after {
            Some(id) => request.last_event_id(id).into(),
            None => request.into(),
        }
    }
}

/// The statuses in the order in which a run can have them.
const LIFE: [Status; 7] = [
    Status::Queued,
    Status::ActionRequired,
    Status::Running,
    Status::Cancelling,
    Status::Completed,
    Status::Failed,
    Status::Cancelled,
];

fn statuses() -> impl TypedValueParser<Value = Status> {
    PossibleValuesParser::new(LIFE.map(|status| status.as_str())).map(|name| Status::from(name.as_str()))
}
