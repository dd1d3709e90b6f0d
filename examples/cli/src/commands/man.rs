//! `taskgroup man`: the manual pages, on stdout or as files.

use std::{fs, io, path::PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use crate::{Error, Exit, Program, output};

/// Print the manual page, or write one for each command
///
/// To read it: `taskgroup man | man -l -`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The command whose page is printed, instead of that of all
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write the pages of all commands into this folder, such as ~/.local/share/man/man1
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    // With names such as `taskgroup-runs`, which are those of the pages.
    let mut program = Program::command().disable_help_subcommand(true);
    program.build();
    if let Some(folder) = &arguments.out {
        let failed = |error: io::Error| Error::failed(format!("--out {}: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(failed)?;
        for command in pages(&program) {
            Man::new(command.clone()).generate_to(folder).map_err(failed)?;
        }
        return Ok(Exit::Done);
    }
    let command = match &arguments.command {
        None => &program,
        Some(name) => program.find_subcommand(name).ok_or_else(|| {
            let names: Vec<_> = program.get_subcommands().map(Command::get_name).collect();
            Error::Usage(format!("{name} is not a command; these are: {}", names.join(", ")))
        })?,
    };
    let mut page = Vec::new();
    Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Error::failed(format!("manual page: {error}")))?;
    output::print_all(&page)
}

fn pages(program: &Command) -> impl Iterator<Item = &Command> {
    std::iter::once(program).chain(program.get_subcommands())
}
