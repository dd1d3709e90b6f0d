//! JSON Pointers in, the tree of names that they go along out, while the program is compiled.
//!
//! ```
//! use taskgroup::json::{count, tree};
//!
//! const POINTERS: &[&str] = &["/run/run_id", "/run/status", "/output"];
//! static NODES: [taskgroup::json::Node; count(POINTERS)] = tree(POINTERS);
//! assert_eq!(NODES.len(), 5, "the root, run and what is in it, output");
//! ```
//!
//! # Limits
//!
//! At most 250 nodes in one tree, and names of at most 40 bytes.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::cast_possible_truncation
)]

use super::{fill::SHORT, scan::is_special};

/// How many nodes a tree may have.
const NODES_MAX: usize = 250;

/// A name that is an object's member to look for, and what to do with its value.
///
/// The first node of a tree is its root, which has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// As the pointer has it: with `~0` for `~` and `~1` for `/`.
    name: &'static str,
    has_escapes: bool,
    /// Whether it stands in a JSON text as it does in the pointer.
    is_plain: bool,
    /// A leaf's field; otherwise the first of the nodes below this one, which are neighbours.
    pub(super) first: u8,
    /// How many nodes are below; 0: a leaf.
    pub(super) count: u8,
}

impl Node {
    pub(super) const ROOT: Self = Self { name: "", has_escapes: false, is_plain: false, first: 0, count: 0 };

    /// The name, as the pointer has it.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// The nodes below this one, which is one of `nodes`.
    #[inline]
    pub(super) fn below(self, nodes: &[Self]) -> &[Self] {
        let end = usize::from(self.first).wrapping_add(self.count.into());
        nodes.get(self.first.into()..end).unwrap_or_default()
    }

    /// The name, if JSON texts mostly have it as it is here.
    #[inline]
    pub(super) fn plain(&self) -> Option<&'static str> {
        self.is_plain.then_some(self.name)
    }

    /// Whether a member of this name is meant.
    #[inline]
    pub(super) fn is(&self, name: &str) -> bool {
        if self.has_escapes { unescape(self.name).eq(name.bytes()) } else { self.name == name }
    }
}

/// The bytes that a reference token stands for (RFC 6901, section 4).
fn unescape(token: &str) -> impl Iterator<Item = u8> {
    let mut bytes = token.bytes();
    core::iter::from_fn(move || match bytes.next()? {
        b'~' => Some(if bytes.next()? == b'1' { b'/' } else { b'~' }),
        byte => Some(byte),
    })
}

/// How many nodes the tree of `pointers` has. For [`record!`](crate::record!).
///
/// # Panics
///
/// As [`tree`] does, which is while the program is compiled.
#[must_use]
pub const fn count(pointers: &[&'static str]) -> usize {
    build::<NODES_MAX>(pointers).1
}

/// The tree of `pointers`: each is a JSON Pointer (RFC 6901) to the member whose value goes to the field
/// of the same index. For [`record!`](crate::record!).
///
/// # Panics
///
/// While the program is compiled: when a pointer is none, points to the root, to what another pointer
/// points to, or into it, and beyond the limits.
#[must_use]
pub const fn tree<const N: usize>(pointers: &[&'static str]) -> [Node; N] {
    build::<N>(pointers).0
}

const fn build<const N: usize>(pointers: &[&'static str]) -> ([Node; N], usize) {
    let mut nodes = [Node::ROOT; N];
    // A node is a prefix of a pointer: which one, and how many bytes of it.
    let mut pointer = [0; N];
    let mut end = [0; N];
    let mut index = 0;
    while index < pointers.len() {
        check(pointers[index]);
        index += 1;
    }

    let mut count = 1;
    let mut node = 0;
    while node < count {
        let prefix = pointers_prefix(pointers, pointer[node], end[node]);
        nodes[node].first = count as u8;
        let mut index = 0;
        while index < pointers.len() {
            let bytes = pointers[index].as_bytes();
            if begins_with(bytes, prefix) {
                if bytes.len() == prefix.len() {
                    assert!(nodes[node].count == 0, "a pointer points to, or into, what another points to");
                    assert!(pointer[node] == index, "two pointers are the same");
                    nodes[node].first = index as u8;
                } else {
                    let token = token_end(bytes, prefix.len() + 1);
                    let first = nodes[node].first as usize;
                    let is_leaf = pointers_prefix(pointers, pointer[node], usize::MAX).len() == prefix.len();
                    assert!(node == 0 || !is_leaf, "a pointer points into what another points to");
                    let mut sibling = first;
                    while sibling < count {
                        let known = pointers_prefix(pointers, pointer[sibling], end[sibling]);
                        if known.len() == token && begins_with(bytes, known) {
                            break;
                        }
                        sibling += 1;
                    }
                    if sibling == count {
                        assert!(count < NODES_MAX, "more than 250 names in one record");
                        pointer[count] = index;
                        end[count] = token;
                        nodes[count].name = part(pointers[index], prefix.len() + 1, token);
                        nodes[count].has_escapes = has_any(nodes[count].name.as_bytes(), false);
                        nodes[count].is_plain = !has_any(nodes[count].name.as_bytes(), true);
                        nodes[node].count += 1;
                        count += 1;
                    }
                }
            }
            index += 1;
        }
        node += 1;
    }
    (nodes, count)
}

const fn check(pointer: &str) {
    let bytes = pointer.as_bytes();
    assert!(!bytes.is_empty() && bytes[0] == b'/', "a pointer begins with a slash and names a member");
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == b'~' {
            let is_escape = index + 1 < bytes.len() && (bytes[index + 1] == b'0' || bytes[index + 1] == b'1');
            assert!(is_escape, "in a pointer, ~ is written ~0 and / is written ~1");
        }
        if bytes[index] == b'/' {
            assert!(
                token_end(bytes, index + 1) - (index + 1) <= SHORT,
                "a name in a pointer has more than 40 bytes"
            );
        }
        index += 1;
    }
}

const fn pointers_prefix<'p>(pointers: &[&'p str], index: usize, end: usize) -> &'p [u8] {
    if pointers.is_empty() {
        return &[];
    }
    let bytes = pointers[index].as_bytes();
    if end < bytes.len() { bytes.split_at(end).0 } else { bytes }
}

/// Whether `prefix` is a prefix of `bytes`, and the token that it ends with is whole.
const fn begins_with(bytes: &[u8], prefix: &[u8]) -> bool {
    if bytes.len() < prefix.len() || (bytes.len() > prefix.len() && bytes[prefix.len()] != b'/') {
        return false;
    }
    let mut index = 0;
    while index < prefix.len() {
        if bytes[index] != prefix[index] {
            return false;
        }
        index += 1;
    }
    true
}

const fn token_end(bytes: &[u8], mut index: usize) -> usize {
    while index < bytes.len() && bytes[index] != b'/' {
        index += 1;
    }
    index
}

const fn part(text: &'static str, begin: usize, end: usize) -> &'static str {
    text.split_at(end).0.split_at(begin).1
}

/// Whether there is a tilde, or what stands in a JSON string in another form.
const fn has_any(bytes: &[u8], or_special: bool) -> bool {
    let mut index = 0;
    while index < bytes.len() && bytes[index] != b'~' && !(or_special && is_special(bytes[index])) {
        index += 1;
    }
    index < bytes.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn paths(nodes: &[Node], node: Node, path: &str, found: &mut std::vec::Vec<(std::string::String, u8)>) {
        if node.count == 0 {
            found.push((path.into(), node.first));
        }
        for below in &nodes[usize::from(node.first)..][..usize::from(node.count)] {
            paths(nodes, *below, &std::format!("{path}/{}", below.name), found);
        }
    }

    #[test]
    fn a_tree_leads_to_each_field_along_its_pointer() {
        const POINTERS: &[&str] = &["/a/b/c", "/x", "/a/b/d", "/ab", "/a/e", "//", "/a/bc"];
        let nodes: [Node; count(POINTERS)] = tree(POINTERS);
        let mut found = std::vec![];
        paths(&nodes, nodes[0], "", &mut found);
        found.sort_by_key(|(_, field)| *field);
        let expected = POINTERS.iter().zip(0..).map(|(path, field)| ((*path).into(), field));
        assert_eq!(found, expected.collect::<std::vec::Vec<_>>());
        assert_eq!(nodes.len(), 11);
    }

    #[test]
    fn escapes_in_a_pointer_stand_for_a_tilde_and_a_slash() {
        let nodes: [Node; 2] = tree(&["/a~1b~01~0"]);
        assert!(nodes[1].is("a/b~1~"));
        assert!(!nodes[1].is("a~1b~01~0") && !nodes[1].is("a/b~1"));
    }

    #[test]
    fn wrong_pointers_are_found() {
        for pointers in [
            &[""][..],
            &["run"],
            &["/a~2"],
            &["/a~"],
            &["/a", "/a"],
            &["/a", "/a/b"],
            &["/a/b", "/a"],
            &["/a/b", "/a/b/c/d"],
            &["/01234567890123456789012345678901234567890"],
        ] {
            let result = std::panic::catch_unwind(|| count(pointers));
            assert!(result.is_err(), "{pointers:?}");
        }
    }
}
