//! The name of a member in, whether it is one that a record asks for out.
//!
//! The nodes of a record form a tree, which is [made](super::tree()) while the program is compiled.

/// A name that is an object's member to look for, and what to do with its value.
///
/// The first node of a tree is its root, which has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// As the pointer has it: with `~0` for `~` and `~1` for `/`.
    pub(super) name: &'static str,
    pub(super) has_escapes: bool,
    /// Whether it stands in a JSON text as it does in the pointer.
    pub(super) is_plain: bool,
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

    /// Whether it stands for a field. The root of no names does not.
    pub(super) const fn is_leaf(&self) -> bool {
        self.count == 0 && !self.name.is_empty()
    }

    /// The nodes below this one, which is one of `nodes`.
    #[inline]
    pub(crate) fn below(self, nodes: &[Self]) -> &[Self] {
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
    pub(crate) fn is(&self, name: &str) -> bool {
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
