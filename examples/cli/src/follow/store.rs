//! Answers in; a line of stdout and a file for each out, once.
//!
//! An answer is printed before its file is made, so a reader of a pipe gets each at least once. If stdout is
//! a file, its lines tell which answers it has, and it gets each exactly once.
//!
//! # Limits
//!
//! The file that stdout is can be read again on Linux only; elsewhere it counts as a pipe.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FileType, SeekFrom, fstat, ftruncate, seek},
    stdio::stdout,
};
use serde::Deserialize;
use taskgroup::json;

use super::state::replace;
use crate::{
    Error, Format,
    client::Client,
    record::{Summary, one_line},
};

/// Where answers go.
pub(crate) struct Store<'a> {
    client: &'a Client,
    format: Format,
    folder: Option<PathBuf>,
    /// The runs that have a file.
    saved: HashSet<String>,
    /// The runs that stdout has.
    printed: HashSet<String>,
    /// How many answers are printed by this program: elements of an array.
    elements: usize,
    /// How many answers of each status came to this program.
    pub(crate) counts: BTreeMap<String, usize>,
    /// How many events or answers could not be read.
    pub(crate) skipped: usize,
    summary: Summary,
}

/// A line of stdout, or a file.
#[derive(Deserialize)]
struct Line {
    run: Run,
}

/// What is needed of a run.
#[derive(Deserialize)]
struct Run {
    run_id: String,
    status: String,
}

impl<'a> Store<'a> {
    /// Looks for what is there already.
    pub(crate) fn open(client: &'a Client, format: Format, folder: Option<&Path>) -> Result<Self, Error> {
        let mut store = Self {
            client,
            format,
            folder: folder.map(Path::to_owned),
            saved: HashSet::new(),
            printed: HashSet::new(),
            elements: 0,
            counts: BTreeMap::new(),
            skipped: 0,
            summary: Summary::default(),
        };
        let Some(folder) = folder else { return Ok(store) };
        let failed = |error: std::io::Error| Error::failed(format!("--out {}: {error}", folder.display()));
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json")).filter(|id| is_name(id));
            // Without its contents, if the power failed.
            let is_whole = entry.metadata().map_err(failed)?.len() > 0;
            store.saved.extend(id.filter(|_| is_whole).map(str::to_owned));
        }
        match printed(format)? {
            Some(printed) => store.printed = printed,
            None => store.printed.clone_from(&store.saved),
        }
        store.print_saved()?;
        Ok(store)
    }

    /// How many answers there are.
    pub(crate) fn len(&self) -> usize {
        self.saved.len()
    }

    /// Takes the answer of a run that has ended: `{"run": …, "output": …}`.
    pub(crate) fn take(&mut self, answer: &[u8]) -> Result<(), Error> {
        let known: Line = serde_json::from_slice(answer)
            .map_err(|error| Error::failed(format!("an answer of the service: {error}")))?;
        let id = known.run.run_id;
        if !is_name(&id) {
            let id = self.client.console.clean(&id);
            return Err(Error::failed(format!("an answer of the service has a run with the id {id:?}")));
        }
        if self.saved.contains(&id) {
            return Ok(());
        }
        let mut line = Vec::new();
        one_line(answer, &mut line);
        if !self.printed.contains(&id) {
            self.print(&line)?;
            self.printed.insert(id.clone());
        }
        if let Some(folder) = &self.folder {
            replace(folder, &format!("{id}.json"), &line)?;
        }
        *self.counts.entry(known.run.status).or_default() += 1;
        self.saved.insert(id);
        Ok(())
    }

    /// Ends an array.
    pub(crate) fn close(&self) -> Result<(), Error> {
        if self.format == Format::Json {
            let end = if self.elements == 0 { "[]\n" } else { "]\n" };
            self.client.output.print(|lines| lines.extend(end.bytes()));
        }
        self.client.output.flush(&self.client.console)
    }

    /// Prints the answers that have a file, and no line.
    fn print_saved(&mut self) -> Result<(), Error> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let mut missing: Vec<String> = self.saved.difference(&self.printed).cloned().collect();
        missing.sort();
        for id in missing {
            let path = folder.join(format!("{id}.json"));
            let text = fs::read(&path)
                .map_err(|error| Error::failed(format!("--out {}: {error}", path.display())))?;
            // A file of somebody else's.
            if serde_json::from_slice::<Line>(&text).is_ok_and(|line| line.run.run_id == id) {
                self.print(&text)?;
                self.printed.insert(id);
            }
        }
        Ok(())
    }

    /// Prints a line, which has its line feed.
    fn print(&mut self, line: &[u8]) -> Result<(), Error> {
        let (client, format) = (self.client, self.format);
        if format == Format::Human {
            // What does not fit is not shown.
            let _ = json::fill(&mut self.summary, line);
        }
        let before = if self.elements == 0 { "[\n" } else { "," };
        self.elements += 1;
        client.output.print(|lines| match format {
            Format::Human => self.summary.write_answer(lines, &client.console),
            Format::Json => {
                lines.extend(before.bytes());
                lines.extend_from_slice(line);
            }
            Format::Jsonl => lines.extend_from_slice(line),
        });
        client.output.flush(&client.console)
    }
}

/// Whether the id can be the name of a file: the service says it, and nobody knows what else it says.
fn is_name(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=128).contains(&id.len()) && id.bytes().all(plain)
}

/// The runs whose lines stdout has, if it is a file of such lines that can be read; a half last line is cut
/// off.
fn printed(format: Format) -> Result<Option<HashSet<String>>, Error> {
    let failed = |error: std::io::Error| Error::failed(format!("stdout: {error}"));
    let stat = fstat(stdout()).map_err(|error| failed(error.into()))?;
    if format != Format::Jsonl || !FileType::from_raw_mode(stat.st_mode).is_file() {
        return Ok(None);
    }
    let Ok(file) = File::open("/proc/self/fd/1") else { return Ok(None) };
    let (mut lines, mut printed, mut end) = (BufReader::new(file), HashSet::new(), 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line).map_err(failed)? {
            0 => break,
            _ if line.last() != Some(&b'\n') => {
                if line.starts_with(b"{") {
                    ftruncate(stdout(), end).map_err(|error| failed(error.into()))?;
                }
                break;
            }
            length => end += length as u64,
        }
        if let Ok(line) = serde_json::from_slice::<Line>(&line) {
            printed.insert(line.run.run_id);
        }
    }
    seek(stdout(), SeekFrom::End(0)).map_err(|error| failed(error.into()))?;
    Ok(Some(printed))
}
