//! `taskgroup sandbox`: the API on loopback.

use std::io::ErrorKind;

use taskgroup_sandbox::cli;
pub(crate) use taskgroup_sandbox::cli::Arguments;

use crate::{Error, Exit, output};

pub(crate) fn run(arguments: Arguments) -> Result<Exit, Error> {
    if output::is_closed() && !arguments.runs_command() {
        return Err(Error::Unread);
    }
    cli::run(arguments).map(Exit::Code).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Error::Unread,
        _ => Error::failed(error.to_string()),
    })
}
