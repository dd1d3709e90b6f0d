//! Arguments in, data on stdout and an exit code out: the desktop client of the Task Group API.
//!
//! `commands` has a file for each command. What they share: `client` (server and key), `ask` (one answer),
//! `stream` (event streams), `inputs` (what to ask), `output` (stdout), `console` (stderr) and `explain` (the
//! words of an error).
//!
//! # Limits
//!
//! One connection at a time. Events of any size pass through; the largest one is held in memory, twice.

mod ask;
mod client;
mod commands;
mod console;
mod count;
mod environment;
mod explain;
mod follow;
mod inputs;
mod interrupt;
mod output;
mod record;
mod recording;
mod stream;

use std::{io::ErrorKind, process::ExitCode};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::{
    commands::{add, completions, create, decode, demo, events, input, man, result, runs, sandbox, status},
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

/// Creates task groups of Parallel's Task Group API, adds runs to them, follows them and fetches their
/// results. Reconnects by itself after every break.
#[derive(Parser)]
#[command(name = "taskgroup", version, max_term_width = 80, after_help = EXIT_CODES)]
pub(crate) struct Program {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Subcommand)]
enum Command {
    Create(create::Arguments),
    Add(Box<add::Arguments>),
    Status(status::Arguments),
    Runs(runs::Arguments),
    Events(events::Arguments),
    Result(result::Arguments),
    Input(input::Arguments),
    Follow(Box<commands::follow::Arguments>),
    Decode(decode::Arguments),
    Demo(demo::Arguments),
    /// Serve the Task Group API on loopback, with faults on demand
    ///
    /// Runs until SIGINT or SIGTERM, or as long as COMMAND runs. COMMAND has PARALLEL_BASE_URL,
    /// PARALLEL_API_KEY and TASKGROUP_ID set (with --tls TASKGROUP_CA_FILE, too), and its exit code is the
    /// sandbox's: 128 and the signal's number if a signal ended it, 127 if it does not exist, 126 if it
    /// cannot be run.
    Sandbox(Box<sandbox::Arguments>),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// How much is told on stderr.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Verbosity {
    /// Print only errors on stderr: no progress, no notes
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print on stderr what the connection does; twice: in detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
}

/// What is printed on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Words for people
    Human,
    /// One JSON text; of a stream an array, with one line per event
    Json,
    /// One line of JSON per event or answer, as the service sent it
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
        Ok(program) => run(program.command, program.verbosity),
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

fn run(command: Command, verbosity: Verbosity) -> Result<Exit, Error> {
    match command {
        Command::Create(arguments) => create::run(&arguments, verbosity),
        Command::Add(arguments) => add::run(*arguments, verbosity),
        Command::Status(arguments) => status::run(&arguments, verbosity),
        Command::Runs(arguments) => runs::run(&arguments, verbosity),
        Command::Events(arguments) => events::run(&arguments, verbosity),
        Command::Result(arguments) => result::run(&arguments, verbosity),
        Command::Input(arguments) => input::run(&arguments, verbosity),
        Command::Follow(arguments) => commands::follow::run(*arguments, verbosity),
        Command::Decode(arguments) => decode::run(&arguments, verbosity),
        Command::Demo(arguments) => demo::run(&arguments, verbosity),
        Command::Sandbox(arguments) => sandbox::run(*arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
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
