//! Arguments in, a sandbox out that runs until a signal or its command ends it.
//!
//! # Limits
//!
//! Those of [`cli`](super).

use std::io::{self, Write};
use std::path::PathBuf;
use std::{env, fs};

use clap::error::ErrorKind;
use tokio::runtime::Builder;

use super::Arguments;
use super::command::{self, Signals};
use crate::Sandbox;

/// Runs a sandbox until SIGTERM or SIGINT ends it, or as long as its command runs. Returns the exit code of
/// the command, or 0.
///
/// # Errors
///
/// If the sandbox cannot start, or the certificate, the report or stdout cannot be written.
pub fn run(arguments: Arguments) -> io::Result<u8> {
    if let Err(why) = arguments.check() {
        clap::Error::raw(ErrorKind::ValueValidation, why + "\n").exit();
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let _entered = runtime.enter();
    // The signals first: once the lines are printed, their reader may send one.
    let mut signals = if arguments.runs_command() { Signals::to_forward() } else { Signals::to_end() }?;
    let sandbox = Sandbox::start(arguments.options()).map_err(|error| of_port(arguments.port, error))?;
    let mut variables = vec![
        ("PARALLEL_BASE_URL", sandbox.base_url()),
        ("PARALLEL_API_KEY", sandbox.key().to_owned()),
        ("TASKGROUP_ID", sandbox.group_id().to_owned()),
    ];
    let certificate = arguments.write_certificate(&sandbox)?;
    variables.extend(certificate.iter().map(|path| ("TASKGROUP_CA_FILE", path.display().to_string())));
    if let Some((program, words)) = arguments.command.split_first() {
        let code = runtime.block_on(command::run(program, words, &variables, &mut signals))?;
        arguments.write_report(&sandbox)?;
        if arguments.ca_out.is_none() {
            certificate.iter().for_each(|path| _ = fs::remove_file(path));
        }
        return Ok(code);
    }
    if let Some(path) = certificate {
        eprintln!("trust the certificate in {}", path.display());
    }
    let lines: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let mut out = io::stdout().lock();
    out.write_all(lines.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| io::Error::new(error.kind(), format!("stdout: {error}")))?;
    runtime.block_on(signals.next());
    arguments.write_report(&sandbox)?;
    Ok(0)
}

impl Arguments {
    /// Writes the counts, if the arguments say where.
    fn write_report(&self, sandbox: &Sandbox) -> io::Result<()> {
        let Some(path) = &self.report else { return Ok(()) };
        let line = sandbox.stats().json() + "\n";
        if path.as_os_str() == "-" {
            return io::stderr().write_all(line.as_bytes());
        }
        fs::write(path, line)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// Writes the certificate to trust, if there is one, and returns where.
    fn write_certificate(&self, sandbox: &Sandbox) -> io::Result<Option<PathBuf>> {
        let Some(pem) = sandbox.ca_pem() else { return Ok(None) };
        let temporary = || env::temp_dir().join(format!("taskgroup-sandbox-{}.pem", sandbox.port()));
        let option = if self.ca_out.is_some() { "--ca-out " } else { "" };
        let path = self.ca_out.clone().unwrap_or_else(temporary);
        fs::write(&path, pem)
            .map_err(|error| io::Error::new(error.kind(), format!("{option}{}: {error}", path.display())))?;
        Ok(Some(path))
    }
}

/// Says what to do about a port that is taken.
fn of_port(port: u16, error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::AddrInUse if port > 0 => {
            io::Error::new(error.kind(), format!("{error}; --port 0 takes one that is free"))
        }
        _ => error,
    }
}
