//! What `taskgroup follow` does: a group, its runs and their answers, each once, however often the program is killed.
//!
//! ```text
//! adding ─► the runs are there ─► events (a thread of its own) ─► which runs have ended ─► answers ─► stdout, files
//! ```
//!
//! What was done is known from the disk alone: the answers by their files and by the lines of stdout if it is a file, the
//! rest by `DIR/.taskgroup`.

pub(crate) mod adding;
pub(crate) mod answers;
pub(crate) mod bar;
pub(crate) mod events;
pub(crate) mod state;
pub(crate) mod store;
