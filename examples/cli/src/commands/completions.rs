//! `taskgroup completions`: a shell's name in, what completes the arguments there on stdout out.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::{Error, Exit, Program, output};

/// Print a script that completes the arguments in a shell
///
/// In bash: `source <(taskgroup completions bash)`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Program::command(), "taskgroup", &mut script);
    output::print_all(&script)
}
