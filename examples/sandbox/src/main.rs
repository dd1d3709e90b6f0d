//! The Task Group API on loopback, with faults on demand.

use std::process::ExitCode;

use clap::Parser;
use taskgroup_sandbox::cli::{Arguments, run};

/// The Task Group API on loopback, with faults on demand.
#[derive(Parser)]
#[command(version, max_term_width = 80)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    match run(Program::parse().arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("taskgroup-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
