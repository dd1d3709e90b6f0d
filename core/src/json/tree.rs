//! JSON Pointers in, the tree of their names out, at compile time.
//!
//! # Limits
//!
//! At most 250 nodes in one tree, and names of at most 40 bytes. No name may be an array index of RFC 6901:
//! use a [`List`](super::List) for the array. Read a member that really has such a name from a
//! [`Raw`](super::Raw) of its object, or with a [`Field`](super::Field) of your own.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::cast_possible_truncation
)]

use super::{
    limits::{NODES, SHORT},
    node::Node,
    scan::Class,
};

/// The pointer of this field, after checking that it is valid and compatible with the others; each of
/// `fields` has the pointer of the same index. For [`record!`](crate::record!), so that the compiler's error
/// names the field.
///
/// # Panics
///
/// As [`tree`] does, at compile time.
#[doc(hidden)]
#[must_use]
#[track_caller]
pub const fn pointer(fields: &[&str], pointers: &[&'static str], field: &str) -> &'static str {
    let mut index = 0;
    while index < fields.len() {
        if is_same(fields[index].as_bytes(), field.as_bytes()) {
            check(fields, pointers, index);
            return pointers[index];
        }
        index += 1;
    }
    panic!("no such field")
}

/// The number of nodes in the tree of `pointers`. For [`record!`](crate::record!).
///
/// # Panics
///
/// As [`tree`] does, at compile time.
#[must_use]
#[track_caller]
pub const fn count(pointers: &[&'static str]) -> usize {
    build::<NODES>(pointers).1
}

/// The tree of `pointers`: each is a JSON Pointer (RFC 6901) to the member for the field of the same index.
/// For [`record!`](crate::record!).
///
/// ```
/// use taskgroup::json::{count, tree};
///
/// const POINTERS: &[&str] = &["/run/run_id", "/run/status", "/output"];
/// static NODES: [taskgroup::json::Node; count(POINTERS)] = tree(POINTERS);
/// assert_eq!(NODES.len(), 5, "the root, run and what is in it, output");
/// ```
///
/// At most 250 nodes in one tree, and names of at most 40 bytes. No name may be an array index of RFC 6901:
/// use a [`List`](super::List) for the array. Read a member that really has such a name from a
/// [`Raw`](super::Raw) of its object, or with a [`Field`](super::Field) of your own.
///
/// # Panics
///
/// At compile time: if a pointer is invalid, points to the root, to an element of an array, to the target of
/// another pointer or into it, and beyond the limits.
#[must_use]
#[track_caller]
pub const fn tree<const N: usize>(pointers: &[&'static str]) -> [Node; N] {
    build::<N>(pointers).0
}

#[track_caller]
const fn build<const N: usize>(pointers: &[&'static str]) -> ([Node; N], usize) {
    let mut nodes = [Node::ROOT; N];
    // A node is a prefix of a pointer: which one, and how many bytes of it.
    let mut pointer = [0; N];
    let mut end = [0; N];
    let mut index = 0;
    while index < pointers.len() {
        check(&[], pointers, index);
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
                    nodes[node].first = index as u8;
                } else {
                    let token = token_end(bytes, prefix.len() + 1);
                    let first = nodes[node].first as usize;
                    let mut sibling = first;
                    while sibling < count {
                        let known = pointers_prefix(pointers, pointer[sibling], end[sibling]);
                        if known.len() == token && begins_with(bytes, known) {
                            break;
                        }
                        sibling += 1;
                    }
                    if sibling == count {
                        assert!(count < NODES, "more than 250 names in one record");
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

/// Panics if this pointer is invalid, or not compatible with the others.
#[track_caller]
const fn check(fields: &[&str], pointers: &[&str], index: usize) {
    let pointer = pointers[index];
    let bytes = pointer.as_bytes();
    let mut fault = Fault::new(fields, pointers, index);
    if bytes.is_empty() || bytes[0] != b'/' {
        fault.add(&["does not begin with a slash: \"/id\" is the member `id`"]).raise();
    }
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'~' && !(at + 1 < bytes.len() && (bytes[at + 1] == b'0' || bytes[at + 1] == b'1')) {
            fault.add(&["has a lone `~`: that is written `~0`, and a slash in a name `~1`"]).raise();
        }
        if bytes[at] == b'/' {
            let end = token_end(bytes, at + 1);
            let name = part(pointer, at + 1, end);
            if name.len() > SHORT {
                fault.add(&["has a name of more than 40 bytes"]).raise();
            }
            if is_index(name.as_bytes()) {
                let array = part(pointer, 0, at);
                fault.add(&["has the array index `", name, "`: point to the array, \"", array, "\", and "]);
                fault.add(&["make the field a `List`, which takes its elements"]).raise();
            }
        }
        at += 1;
    }
    let mut other = 0;
    while other < pointers.len() {
        let is_pointer = !pointers[other].is_empty();
        if other != index && is_pointer && begins_with(bytes, pointers[other].as_bytes()) {
            if bytes.len() > pointers[other].len() {
                fault.add(&["leads into ", "what the pointer of "]).name(fields, pointers, other);
                fault.add(&[" takes as a whole"]).raise();
            } else if other < index {
                fault.add(&["is that of "]).name(fields, pointers, other).add(&[", too"]).raise();
            }
        }
        other += 1;
    }
}

/// The compiler's error about a pointer.
struct Fault {
    text: [u8; 512],
    length: usize,
}

impl Fault {
    const fn new(fields: &[&str], pointers: &[&str], index: usize) -> Self {
        let mut new = Self { text: [0; 512], length: 0 };
        if !fields.is_empty() {
            new.add(&["field `", fields[index], "`: "]);
        }
        new.add(&["the pointer \"", pointers[index], "\" "]);
        new
    }

    /// The field, or else the pointer.
    const fn name(&mut self, fields: &[&str], pointers: &[&str], index: usize) -> &mut Self {
        if fields.is_empty() {
            self.add(&["\"", pointers[index], "\""])
        } else {
            self.add(&["field `", fields[index], "`"])
        }
    }

    const fn add(&mut self, words: &[&str]) -> &mut Self {
        let mut word = 0;
        while word < words.len() {
            let bytes = words[word].as_bytes();
            let mut index = 0;
            while index < bytes.len() && self.length < self.text.len() {
                self.text[self.length] = bytes[index];
                self.length += 1;
                index += 1;
            }
            word += 1;
        }
        self
    }

    #[track_caller]
    const fn raise(&self) -> ! {
        let text = self.text.split_at(self.length).0;
        match core::str::from_utf8(text) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a pointer is wrong, and too long to be shown"),
        }
    }
}

/// Whether it is an array index of RFC 6901, section 4.
const fn is_index(name: &[u8]) -> bool {
    let mut index = 0;
    while index < name.len() && name[index].is_ascii_digit() {
        index += 1;
    }
    index == name.len() && !name.is_empty() && (name[0] != b'0' || name.len() == 1)
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && begins_with(one, other)
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

const fn part(text: &str, begin: usize, end: usize) -> &str {
    text.split_at(end).0.split_at(begin).1
}

/// Whether there is a tilde, or a character that a JSON string writes in another form.
const fn has_any(bytes: &[u8], or_special: bool) -> bool {
    let mut index = 0;
    while index < bytes.len()
        && bytes[index] != b'~'
        && !(or_special && Class::new(bytes[index]).is_special())
    {
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
    fn a_name_that_only_looks_like_an_array_index_is_one() {
        assert_eq!(count(&["/a/007", "/a/0x", "/a/-", "/a/", "/a/1.5"]), 7);
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
            &["/a/0"],
            &["/10/a"],
            &["/01234567890123456789012345678901234567890"],
        ] {
            let result = std::panic::catch_unwind(|| count(pointers));
            assert!(result.is_err(), "{pointers:?}");
        }
    }
}
