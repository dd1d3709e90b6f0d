//! The limits of the whole module, in one place.

/// How deep objects and arrays may be nested.
pub const DEPTH: usize = 128;

/// How deep records and lists may be nested, counting the root and each name of a pointer.
pub const RECORDS: usize = 16;

/// How many bytes a name, a number or a word of an enumeration may have.
pub const SHORT: usize = 40;

/// How many nodes a record's tree of names may have: with the steps that are no node, a byte counts them.
pub(super) const NODES: usize = 250;
