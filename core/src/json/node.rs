//! The name of a member in, whether a record asks for it out.
//!
//! The nodes of a record form a tree, which is [made](super::tree()) at compile time.

/// The name of a member to look for, and what to do with its value.
///
/// The first node of a tree is its root, which has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// As in the pointer: with `~0` for `~` and `~1` for `/`.
    pub(super) name: &'static str,
    pub(super) has_escapes: bool,
    /// Whether it is the same in a JSON text as in the pointer.
    pub(super) is_plain: bool,
    /// The field of a leaf; otherwise the first of the nodes below this one, which are adjacent.
    pub(super) first: u8,
    /// How many nodes are below; 0: a leaf.
    pub(super) count: u8,
}

impl Node {
    pub(super) const ROOT: Self = Self { name: "", has_escapes: false, is_plain: false, first: 0, count: 0 };

    /// The name, as in the pointer.
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

    /// The name, if JSON texts mostly write it like this.
    #[inline]
    pub(super) fn plain(&self) -> Option<&'static str> {
        self.is_plain.then_some(self.name)
    }

    /// Whether this is the name of the member.
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
