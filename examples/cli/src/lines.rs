//! Events in, whole lines on stdout out, each at once when there is nothing more to read.
//!
//! # Limits
//!
//! 64 KiB are held back while more is coming in; a longer line goes out as it is.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use crate::{Error, console::Console, interrupt::Progress};

/// The way to stdout.
pub(crate) struct Lines {
    out: BufWriter<StdoutLock<'static>>,
    is_terminal: bool,
    progress: Progress,
}

impl Lines {
    /// Nothing is printed yet; `progress` learns how far the printed lines go.
    pub(crate) fn new(progress: Progress) -> Self {
        let out = io::stdout().lock();
        let is_terminal = out.is_terminal();
        Self { out: BufWriter::with_capacity(64 * 1024, out), is_terminal, progress }
    }

    /// Prints a line, which ends with a line feed.
    pub(crate) fn print(&mut self, line: &[u8]) -> Result<(), Error> {
        let _writing = self.progress.writing();
        self.out.write_all(line).map_err(failed)
    }

    /// Sends out what was held back: with it stdout has everything up to the event `cursor`.
    pub(crate) fn flush(&mut self, cursor: Option<&str>, console: &Console) -> Result<(), Error> {
        let _writing = self.progress.writing();
        if !self.out.buffer().is_empty() {
            if self.is_terminal { console.aside(|| self.out.flush()) } else { self.out.flush() }
                .map_err(failed)?;
        }
        self.progress.reached(cursor);
        Ok(())
    }
}

fn failed(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Error::Unread,
        _ => Error::Failed(format!("stdout: {error}")),
    }
}
