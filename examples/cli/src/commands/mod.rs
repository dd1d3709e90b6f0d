//! One file for each command, by its name; `main` has the list.

pub(crate) mod add;
pub(crate) mod completions;
pub(crate) mod create;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod events;
pub(crate) mod follow;
pub(crate) mod input;
pub(crate) mod man;
pub(crate) mod result;
pub(crate) mod runs;
pub(crate) mod sandbox;
pub(crate) mod status;
