//! A file of JSON lines in, its last event out: where the stream that it is a recording of continues. From
//! then on stdout appends to the file.
//!
//! # Limits
//!
//! The last line that has an `event_id` is held in memory, and so are the lines after it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use serde::Deserialize;
use taskgroup::api::Status;

use crate::{Error, output};

/// What a file has.
#[derive(Default)]
pub(crate) struct Recording {
    /// The last event.
    pub(crate) cursor: Option<String>,
    /// The status of the run of that event.
    pub(crate) status: Option<Status>,
    /// How many lines there are.
    pub(crate) runs: u64,
}

#[derive(Deserialize)]
struct Event {
    event_id: Option<String>,
    run: Option<Run>,
}

#[derive(Deserialize)]
struct Run {
    status: String,
}

/// Opens or creates the file, cuts a half last line off, and lets stdout append to it.
pub(crate) fn open(path: &Path) -> Result<Recording, Error> {
    let failed = |why: &dyn std::fmt::Display| Error::Usage(format!("--resume {}: {why}", path.display()));
    let options = OpenOptions::new().read(true).append(true).create(true).open(path);
    let mut file = options.map_err(|error| failed(&error))?;
    if !file.metadata().map_err(|error| failed(&error))?.is_file() {
        return Err(failed(&"is not a regular file, so nothing can be read from it again"));
    }
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(failed(&"another program is writing it")),
        Err(TryLockError::Error(error)) => return Err(failed(&error)),
    }
    let recording = read(&mut file).map_err(|error| failed(&error))?;
    output::redirect(&file).map_err(|error| failed(&error))?;
    // The lock lasts as long as stdout, which is the same open file.
    Ok(recording)
}

fn read(file: &mut File) -> io::Result<Recording> {
    let (mut runs, mut end, mut length) = (0, 0, 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let piece = match file.read(&mut buffer)? {
            0 => break,
            count => buffer.get(..count).unwrap_or_default(),
        };
        if let Some(last) = piece.iter().rposition(|byte| *byte == b'\n') {
            end = length + last as u64 + 1;
        }
        runs += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
        length += piece.len() as u64;
    }
    if end == 0 && length > 0 && !is_beginning(file)? {
        return Err(io::Error::other("is not a file of JSON lines"));
    }
    file.set_len(end)?;
    let last = last_event(file, end)?;
    Ok(match last {
        None if end > 0 => {
            return Err(io::Error::other(
                "no line of it has an event_id to continue after: is it of --format jsonl?",
            ));
        }
        None => Recording::default(),
        Some(event) => Recording {
            cursor: event.event_id,
            status: event.run.map(|run| Status::from(run.status.as_str())),
            runs,
        },
    })
}

/// Whether the only line, which has no end, can be the beginning of an event. Anything else is not for us to
/// cut off.
fn is_beginning(file: &mut File) -> io::Result<bool> {
    let mut first = [0];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut first)?;
    Ok(first == *b"{")
}

/// The last event that has an id; its line ends before `end`.
fn last_event(file: &mut File, end: u64) -> io::Result<Option<Event>> {
    let mut size = 64 * 1024;
    loop {
        let start = end.saturating_sub(size);
        let mut tail = vec![0; usize::try_from(end - start).unwrap_or(usize::MAX)];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut tail)?;
        let mut lines: Vec<&[u8]> = tail.split(|byte| *byte == b'\n').collect();
        if start > 0 {
            // It may lack its beginning.
            lines.remove(0);
        }
        let event = lines.iter().rev().find_map(|line| {
            let event: Event = serde_json::from_slice(line).ok()?;
            event.event_id.as_ref().is_some_and(|id| !id.is_empty()).then_some(event)
        });
        if event.is_some() || start == 0 {
            return Ok(event);
        }
        size *= 4;
    }
}
