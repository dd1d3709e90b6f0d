//! Arguments in, lines on stdout and an exit code out: the desktop client of the Task Group API.
//!
//! # Limits
//!
//! One stream at a time. Events of any size pass through; the largest one is held in memory.

mod console;
mod decode;
mod demo;
mod interrupt;
mod lines;
mod record;
mod runs;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use taskgroup_sandbox::cli as sandbox;

use crate::console::{clean, complain};

/// Streams the runs of a task group of Parallel's Task Group API, and goes on by itself after every break.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but with events skipped, 130 interrupted.
#[derive(Parser)]
#[command(name = "taskgroup", version)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Runs(runs::Arguments),
    Demo(demo::Arguments),
    /// Serve the Task Group API on loopback, with faults on demand, until SIGINT or SIGTERM
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
}

/// Why a command did not run to its end.
#[derive(Debug)]
enum Error {
    /// The arguments are wrong.
    Usage(String),
    Failed(String),
    /// Nobody reads stdout any more.
    Unread,
}

fn main() -> ExitCode {
    let result = match Program::parse().command {
        Command::Runs(arguments) => runs::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Sandbox(arguments) => {
            sandbox::run(*arguments).map(|()| Exit::Done).map_err(|error| Error::Failed(error.to_string()))
        }
        Command::Decode(arguments) => decode::run(&arguments),
    };
    match result {
        Ok(Exit::Done) | Err(Error::Unread) => ExitCode::SUCCESS,
        Ok(Exit::Skipped) => ExitCode::from(3),
        Err(Error::Failed(message)) => failed(&message, 1),
        Err(Error::Usage(message)) => failed(&message, 2),
    }
}

fn failed(message: &str, code: u8) -> ExitCode {
    complain(&clean(message, ""));
    ExitCode::from(code)
}
