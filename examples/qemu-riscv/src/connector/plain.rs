//! The form without TLS: `https://` is refused.

use taskgroup_embassy::Tcp;

pub(crate) type Connector<'m> = Tcp<'m>;

/// Records are none, and take none.
pub(crate) struct Memory;

impl Memory {
    pub(crate) const fn new() -> Self {
        Self
    }
}

/// A connector that has no use for authorities: nobody signs what is not there.
pub(crate) fn connector<'m>(tcp: Tcp<'m>, _: Option<&'m [&'m [u8]]>, _: &'m mut Memory) -> Connector<'m> {
    tcp
}
