//! What `taskgroup follow` adds to [`taskgroup::follow`]: what is kept on disk, and the bar.
//!
//! What was done is known from the disk alone: the answers by their files and by the lines of stdout if it is
//! a file, the rest by `DIR/.taskgroup`.

pub(crate) mod bar;
pub(crate) mod state;
pub(crate) mod store;
