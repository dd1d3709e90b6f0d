//! Answers in; a line of stdout and a file for each out, once.
//!
//! An answer is printed before its file is made, so a reader of a pipe gets each at least once. If stdout is a file, its
//! lines tell which answers it has, and it gets each exactly once.
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
use serde_json::value::RawValue;
use taskgroup::json;

use super::state::replace;
use crate::{Error, Format, client::Client, record::Summary};

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
    summary: Summary,
}

/// What is needed of a run.
#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) run_id: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) metadata: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A line of stdout, or a file.
#[derive(Deserialize)]
struct Line {
    run: Run,
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

    /// Whether nothing is left to do for this run.
    pub(crate) fn has(&self, run: &str) -> bool {
        self.saved.contains(run)
    }

    /// How many answers there are.
    pub(crate) fn len(&self) -> usize {
        self.saved.len()
    }

    /// Takes the answer of a run that has ended. `output`: none, if it has not completed.
    pub(crate) fn take(&mut self, run: &RawValue, output: Option<&RawValue>) -> Result<(), Error> {
        let known: Run = serde_json::from_str(run.get())
            .map_err(|error| Error::failed(format!("a run of the service's answer: {error}")))?;
        if !is_name(&known.run_id) {
            let id = self.client.console.clean(&known.run_id);
            return Err(Error::failed(format!("the service's answer has a run with the id {id:?}")));
        }
        if self.has(&known.run_id) {
            return Ok(());
        }
        let output = output.map_or("null", RawValue::get);
        let line = format!("{{\"run\":{},\"output\":{output}}}", run.get());
        if !self.printed.contains(&known.run_id) {
            self.print(&line)?;
            self.printed.insert(known.run_id.clone());
        }
        if let Some(folder) = &self.folder {
            replace(folder, &format!("{}.json", known.run_id), format!("{line}\n").as_bytes())?;
        }
        *self.counts.entry(known.status).or_default() += 1;
        self.saved.insert(known.run_id);
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
            let text = fs::read_to_string(&path)
                .map_err(|error| Error::failed(format!("--out {}: {error}", path.display())))?;
            // A file of somebody else's.
            if serde_json::from_str::<Line>(&text).is_ok_and(|line| line.run.run_id == id) {
                self.print(text.trim_end())?;
                self.printed.insert(id);
            }
        }
        Ok(())
    }

    fn print(&mut self, line: &str) -> Result<(), Error> {
        let (client, format) = (self.client, self.format);
        if format == Format::Human {
            // What does not fit is not shown.
            let _ = json::fill(&mut self.summary, line.as_bytes());
        }
        let before = if self.elements == 0 { "[\n" } else { "," };
        self.elements += 1;
        client.output.print(|lines| match format {
            Format::Human => self.summary.write_answer(lines, &client.console),
            Format::Json => {
                lines.extend(before.bytes());
                crate::record::one_line(line.as_bytes(), lines);
            }
            Format::Jsonl => crate::record::one_line(line.as_bytes(), lines),
        });
        client.output.flush(&client.console)
    }
}

/// Whether the id can be the name of a file: the service says it, and nobody knows what else it says.
fn is_name(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=128).contains(&id.len()) && id.bytes().all(plain)
}

/// The runs whose lines stdout has, if it is a file of such lines that can be read; a half last line is cut off.
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
