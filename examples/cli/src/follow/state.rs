//! `DIR/.taskgroup`: how far a `follow` has come, besides the answers, which are files of their own.
//!
//! # Limits
//!
//! The file is replaced as a whole, so a program that is killed leaves the old or the new one. It is not
//! synced: if the power fails, it may be older than the answers, which costs only requests.

use std::{
    fs::{self, File, Permissions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use taskgroup::follow;

use crate::{Error, inputs::Asks};

/// The name of the file.
const NAME: &str = ".taskgroup";

/// What files are called until they are whole.
const TEMPORARY: &str = ".taskgroup-";

/// How old the file may be while answers come.
const LAZY: Duration = Duration::from_millis(500);

/// How far it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct State {
    /// The version of this format.
    version: u32,
    /// The group, as soon as there is one.
    pub(crate) taskgroup_id: Option<String>,
    /// How many inputs there are, and a hash of them.
    inputs: usize,
    hash: String,
    /// So many inputs, from the first on, are known to be runs.
    added: u32,
    /// The next ones may be, too.
    is_adding: bool,
    /// What the library continues from, in hexadecimal digits.
    continues: Option<String>,
}

/// The state, and the folder that it is kept in.
pub(crate) struct Keeper {
    pub(crate) state: State,
    folder: Option<PathBuf>,
    stored: Instant,
    /// Held as long as the program runs.
    _lock: Option<File>,
}

impl Keeper {
    /// Takes up what is in the folder, or begins; without a folder nothing is kept. `asks`: none, if no
    /// option has any.
    pub(crate) fn open(folder: Option<&Path>, asks: Option<&Asks>) -> Result<Self, Error> {
        let (inputs, hash) = asks.map_or((0, String::new()), |asks| (asks.len(), asks.hash()));
        let new = State {
            version: 1,
            taskgroup_id: None,
            inputs,
            hash,
            added: 0,
            is_adding: false,
            continues: None,
        };
        let Some(folder) = folder else {
            return Ok(Self { state: new, folder: None, stored: Instant::now(), _lock: None });
        };
        let wrong = |why: &dyn std::fmt::Display| Error::Usage(format!("--out {}: {why}", folder.display()));
        fs::create_dir_all(folder).map_err(|error| wrong(&error))?;
        let lock = File::open(folder).map_err(|error| wrong(&error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(wrong(&"another program is writing there")),
            Err(TryLockError::Error(error)) => return Err(wrong(&error)),
        }
        remove_temporary(folder).map_err(|error| wrong(&error))?;
        let state = match fs::read(folder.join(NAME)) {
            Ok(text) => {
                let old: State = serde_json::from_slice(&text)
                    .map_err(|error| wrong(&format_args!("{NAME} is not readable: {error}")))?;
                old.check(asks.map(|_| &new)).map_err(|why| wrong(&why))?;
                old
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => new,
            Err(error) => return Err(wrong(&format_args!("{NAME}: {error}"))),
        };
        Ok(Self { state, folder: Some(folder.to_owned()), stored: Instant::now(), _lock: Some(lock) })
    }

    /// Whether there is a folder for it.
    pub(crate) fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// Keeps the state.
    pub(crate) fn store(&mut self) -> Result<(), Error> {
        self.stored = Instant::now();
        let Some(folder) = &self.folder else { return Ok(()) };
        let text = serde_json::to_vec(&self.state).map_err(|error| Error::failed(error.to_string()))?;
        replace(folder, NAME, &text)
    }

    /// What the library continues from, if anything was done before.
    pub(crate) fn continues(&self) -> Result<Option<follow::State>, Error> {
        let Some(digits) = &self.state.continues else { return Ok(None) };
        let digits = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
        let state = digits.collect::<Option<Vec<u8>>>().and_then(|bytes| follow::State::read(&bytes));
        state.map(Some).ok_or_else(|| Error::Usage(format!("--out: what {NAME} continues from is damaged")))
    }

    /// It is as far as that.
    pub(crate) fn reached(&mut self, state: &follow::State) {
        if state.taskgroup_id().is_empty() {
            return;
        }
        let mut bytes = [0; follow::State::SIZE];
        let length = state.write(&mut bytes);
        let bytes = bytes.get(..length).unwrap_or_default();
        self.state.continues = Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        self.state.taskgroup_id = Some(state.taskgroup_id().to_owned());
        (self.state.added, self.state.is_adding) = (state.added(), state.is_adding());
    }

    /// Lets the group be followed from its first event on: those of its answers that are there are passed
    /// over.
    pub(crate) fn start_over(&mut self) -> Result<(), Error> {
        self.state.continues = None;
        self.store()
    }

    /// It is as far as that, which need not be kept at once: the answers tell, too.
    pub(crate) fn answered(&mut self, state: &follow::State) -> Result<(), Error> {
        if self.folder.is_none() || self.stored.elapsed() < LAZY {
            return Ok(());
        }
        self.reached(state);
        self.store()
    }
}

impl State {
    /// Whether a program with the inputs of `new` can continue.
    fn check(&self, new: Option<&Self>) -> Result<(), String> {
        match new {
            _ if self.version != 1 => Err(format!("{NAME} is of another version of this program")),
            Some(new) if (new.inputs, &new.hash) != (self.inputs, &self.hash) => Err(format!(
                "it was begun with other inputs ({}, now {}): give the same ones, or another folder",
                self.inputs, new.inputs
            )),
            None if (self.added as usize) < self.inputs => Err(format!(
                "{} of its {} inputs are not added yet: give the same inputs again",
                self.inputs - self.added as usize,
                self.inputs
            )),
            _ => Ok(()),
        }
    }
}

/// Replaces the file of this name by one with these contents, as a whole.
pub(crate) fn replace(folder: &Path, name: &str, contents: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        file.write_all(contents)?;
        file.persist(folder.join(name)).map_err(|error| error.error)
    };
    match write() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::failed(format!("--out {}: {error}", folder.join(name).display()))),
    }
}

/// Removes what a program that was killed had not finished.
fn remove_temporary(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
