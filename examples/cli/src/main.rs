//! Arguments in, lines on stdout and an exit code out: the desktop client of the Task Group API.
//!
//! # Limits
//!
//! One stream at a time. Events of any size pass through; the largest one is held in memory, twice.

mod console;
mod count;
mod decode;
mod demo;
mod environment;
mod explain;
mod interrupt;
mod output;
mod print;
mod record;
mod runs;

use std::{io::ErrorKind, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};
use taskgroup_sandbox::cli as sandbox;

use crate::{
    console::{clean, complain, hide},
    environment::variable,
};

const EXIT_CODES: &str = "\
Exit codes:
  0 done
  1 failed
  2 wrong usage
  3 done, but events were skipped or lack a member
  129 ended by SIGHUP
  130 interrupted
  141 nobody reads stdout any more
  143 ended by SIGTERM";

/// Streams the runs of a task group of Parallel's Task Group API, and continues by itself after every break.
#[derive(Parser)]
#[command(name = "taskgroup", version, max_term_width = 80, after_help = EXIT_CODES)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Runs(runs::Arguments),
    Demo(demo::Arguments),
    /// Serve the Task Group API on loopback, with faults on demand
    ///
    /// Until SIGINT or SIGTERM; or while COMMAND runs, which has PARALLEL_BASE_URL, PARALLEL_API_KEY and
    /// TASKGROUP_ID set (with --tls TASKGROUP_CA_FILE, too), and whose exit code is the sandbox's: 128 and
    /// the signal's number when a signal ended it, 127 when it is not there, 126 when it cannot be run.
    Sandbox(Box<sandbox::Arguments>),
    Decode(decode::Arguments),
}

/// What is printed on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line of words per event
    Human,
    /// One line per event: its JSON as the service sent it
    Jsonl,
}

/// How a command ended that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done,
    Skipped,
    /// With the code of another program.
    Code(u8),
}

/// Why a command did not run to its end.
#[derive(Debug)]
enum Error {
    /// The arguments are wrong.
    Usage(String),
    Failed {
        message: String,
        /// What comes after it: what to do now.
        hints: Vec<String>,
    },
    /// Nobody reads stdout any more.
    Unread,
}

impl Error {
    fn failed(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), hints: Vec::new() }
    }
}

fn main() -> ExitCode {
    let result = match Program::try_parse() {
        Ok(program) => run(program.command),
        Err(error) => help(&error),
    };
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Skipped) => ExitCode::from(3),
        Ok(Exit::Code(code)) => ExitCode::from(code),
        Err(Error::Unread) => ExitCode::from(141),
        Err(Error::Failed { message, hints }) => failed(&message, &hints, 1),
        Err(Error::Usage(message)) => failed(&message, &[], 2),
    }
}

fn run(command: Command) -> Result<Exit, Error> {
    match command {
        Command::Runs(arguments) => runs::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Sandbox(arguments) => serve(*arguments),
        Command::Decode(arguments) => decode::run(&arguments),
    }
}

fn serve(arguments: sandbox::Arguments) -> Result<Exit, Error> {
    if output::is_closed() && !arguments.runs_command() {
        return Err(Error::Unread);
    }
    sandbox::run(arguments).map(Exit::Code).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Error::Unread,
        _ => Error::failed(error.to_string()),
    })
}

/// Prints the help that was asked for, or what is wrong with the arguments; those may have a password in
/// them.
fn help(error: &clap::Error) -> Result<Exit, Error> {
    if !error.use_stderr() {
        let printed = if output::is_closed() { Err(ErrorKind::BrokenPipe.into()) } else { error.print() };
        return printed.map(|()| Exit::Done).map_err(output::failed);
    }
    let key = variable("PARALLEL_API_KEY").ok().flatten().unwrap_or_default();
    let text = error.render().to_string();
    let hidden = hide(&text, &key);
    if hidden == text {
        // In colours, where there are any.
        let _ = error.print();
    } else {
        eprint!("{hidden}");
    }
    Ok(Exit::Code(2))
}

fn failed(message: &str, hints: &[String], code: u8) -> ExitCode {
    complain(&clean(message, ""));
    hints.iter().for_each(|hint| complain(hint));
    ExitCode::from(code)
}
