//! The Task Group API on loopback, with faults on demand.

use std::process::ExitCode;

use clap::Parser;
use taskgroup_sandbox::cli::{Arguments, run};

/// The Task Group API on loopback, with faults on demand.
#[derive(Parser)]
#[command(version)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    match run(Program::parse().arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("taskgroup-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
