//! `taskgroup events`: a group's or a run's id in, a line for each event out.

use clap::Args;
use taskgroup::{api, session::Request};
use taskgroup_std::{Stream, Verbatim};

use crate::{
    EXIT_CODES, Error, Exit, Format, Verbosity,
    ask::blocked,
    client::{Client, Connection, cursor, group, id},
    explain::About,
    output::Resume,
    record::{Line, Summary},
    stream::Printer,
};

/// How long one answer lasts if it is the only one, in seconds.
const GLANCE: u32 = 5;

/// Show what happens to the runs of a group, or how one run gets on
///
/// A group's events are changes of its status and runs that have ended, without their outputs. A run's events
/// are its states and messages; they cannot be resumed. Prints one line per event on stdout and everything
/// else on stderr.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The group, tgrp_…, or a run, trun_… [env: TASKGROUP_ID=]
    #[arg(value_name = "ID", value_parser = id)]
    id: Option<String>,
    /// Continue until no run is active, instead of ending with the answer at hand
    #[arg(long, short)]
    follow: bool,
    /// Seconds after which the service is to end an answer, 1 to 3600 [default: 5; with --follow up to the
    /// service]
    ///
    /// With --follow it is asked again. The events of a run take no timeout.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    timeout: Option<u32>,
    /// Continue after the event with this id, instead of from the start
    #[arg(long, value_name = "ID", allow_hyphen_values = true, value_parser = cursor)]
    last_event_id: Option<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<Exit, Error> {
    let id = group(arguments.id.as_deref())?;
    let of_run = id.starts_with("trun_");
    for (given, option) in
        [(arguments.timeout.is_some(), "--timeout"), (arguments.last_event_id.is_some(), "--last-event-id")]
    {
        if of_run && given {
            return Err(Error::Usage(format!("{option}: the events of a run take none; {id} is a run")));
        }
    }
    let mut client = arguments.connection.client(verbosity)?;
    let (request, about) = if of_run {
        (api::run_events(&id).into(), About::Run(&id))
    } else {
        client.output.resumes(Resume::After { options: String::new() });
        (arguments.request(&id, &mut client), About::Group(&id))
    };
    match arguments.format {
        Format::Human => arguments.print(&client, about, request, Summary::default()),
        Format::Json | Format::Jsonl => arguments.print(&client, about, request, Verbatim::default()),
    }
}

impl Arguments {
    fn print<R: Line>(
        &self,
        client: &Client,
        about: About<'_>,
        request: Request<'_>,
        record: R,
    ) -> Result<Exit, Error> {
        let mut stream = Stream::new(client.config()?, request, record, &client.security);
        let mut printer = Printer::new(client, about, self.format, 0).with_one_answer(!self.follow);
        let outcome = printer.print(&mut stream)?;
        printer.end(stream, outcome, None)
    }

    fn request(&self, group: &str, client: &mut Client) -> Request<'static> {
        let mut request = api::events(group);
        if let Some(seconds) = self.timeout.or((!self.follow).then_some(GLANCE)) {
            client.wait_at_least(blocked(seconds));
            request = request.timeout(seconds);
        }
        match &self.last_event_id {
            Some(id) => request.last_event_id(id).into(),
            None => request.into(),
        }
    }
}
