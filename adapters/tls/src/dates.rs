//! Whether certificates are checked by a clock.

use core::fmt;

use crate::Error;

/// Whether certificates must be valid now.
#[derive(Clone, Copy)]
pub enum Dates<'d> {
    /// By this clock: seconds since 1970-01-01 00:00 UTC; `None` while the time is not known, and then there
    /// is no connection. It is asked for each connection, and for each ticket that comes.
    CheckedBy(&'d dyn Fn() -> Option<u64>),
    /// Everything else is checked, and that there was a moment at which all of them were valid. A key that
    /// was stolen years ago, and that the server has replaced since, is then as good as a new one. No ticket
    /// is kept, since it would never end: each handshake is a full one.
    Ignored,
}

impl Dates<'_> {
    /// In seconds since 1970; `None`: at any time.
    pub(crate) fn now(self) -> Result<Option<u64>, Error> {
        match self {
            Self::CheckedBy(clock) => clock().ok_or(Error::TimeUnknown).map(Some),
            Self::Ignored => Ok(None),
        }
    }
}

impl fmt::Debug for Dates<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CheckedBy(_) => "CheckedBy(..)",
            Self::Ignored => "Ignored",
        })
    }
}
