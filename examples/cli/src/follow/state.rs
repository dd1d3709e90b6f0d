//! `DIR/.taskgroup`: how far a `follow` has come, besides the answers, which are files of their own.
//!
//! # Limits
//!
//! The file is replaced as a whole, so a program that is killed leaves the old or the new one. It is not synced: if the
//! power fails, it may be older than the answers, which costs only requests.

use std::{
    collections::hash_map::RandomState,
    fs::{self, File, Permissions, TryLockError},
    hash::BuildHasher,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::{Error, inputs::Asks};

/// The name of the file.
const NAME: &str = ".taskgroup";

/// What files are called until they are whole.
const TEMPORARY: &str = ".taskgroup-";

/// How long a cursor may be newer than the file.
const LAZY: Duration = Duration::from_millis(500);

/// How far it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct State {
    /// The version of this format.
    version: u32,
    /// The group, as soon as there is one.
    pub(crate) taskgroup_id: Option<String>,
    /// What the metadata of our runs begins with: another program may have added runs to the group, too.
    pub(crate) mark: String,
    /// How many inputs there are, and a hash of them.
    inputs: usize,
    hash: String,
    /// So many inputs, from the first on, are runs.
    pub(crate) added: usize,
    /// The next ones may be, too: a request that adds them was begun, and nobody knows how it ended.
    pub(crate) is_adding: bool,
    /// A cursor of the stream of runs, before the first of those that may be there.
    pub(crate) run_cursor: Option<String>,
    /// The last event of which all is out.
    pub(crate) event_cursor: Option<String>,
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
    /// Takes up what is in the folder, or begins; without a folder nothing is kept. `asks`: none, if no option has any.
    pub(crate) fn open(folder: Option<&Path>, asks: Option<&Asks>) -> Result<Self, Error> {
        let (inputs, hash) = asks.map_or((0, String::new()), |asks| (asks.inputs.len(), hash(asks)));
        let new = State {
            version: 1,
            taskgroup_id: None,
            mark: format!("{:08x}", RandomState::new().hash_one(0) as u32),
            inputs,
            hash,
            added: 0,
            is_adding: false,
            run_cursor: None,
            event_cursor: None,
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

    /// Keeps the state.
    pub(crate) fn store(&mut self) -> Result<(), Error> {
        self.stored = Instant::now();
        let Some(folder) = &self.folder else { return Ok(()) };
        let text = serde_json::to_vec(&self.state).map_err(|error| Error::failed(error.to_string()))?;
        replace(folder, NAME, &text)
    }

    /// All is out up to this event. Kept sooner or later.
    pub(crate) fn reached(&mut self, cursor: String) -> Result<(), Error> {
        self.state.event_cursor = Some(cursor);
        if self.stored.elapsed() >= LAZY { self.store() } else { Ok(()) }
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
            None if self.added < self.inputs => Err(format!(
                "{} of its {} inputs are not added yet: give the same inputs again",
                self.inputs - self.added,
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

/// FNV-1a of all that is asked, 64 bits: the same in each version of this program.
fn hash(asks: &Asks) -> String {
    let spec = asks.default_spec.as_ref().map(ToString::to_string).unwrap_or_default();
    let texts = asks.inputs.iter().map(String::as_str).chain([spec.as_str()]);
    let bytes = texts.flat_map(|text| text.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
