//! The fuzzer's bytes, taken off the front as numbers and pieces; zeros when they are used up.

use taskgroup::session::Failure;

/// What is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'b>(pub(crate) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub(crate) fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    pub(crate) fn long(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// What a clock shows that showed `now` before: up to 65 s later or earlier, or anything.
    pub(crate) fn clock(&mut self, now: u64) -> u64 {
        match self.byte() % 3 {
            0 => now.saturating_add(self.short().into()),
            1 => now.saturating_sub(self.short().into()),
            _ => self.long(),
        }
    }

    /// Why a connection has failed.
    pub(crate) fn failure(&mut self) -> Failure {
        [Failure::Unreachable, Failure::Broken, Failure::Refused][usize::from(self.byte() % 3)]
    }

    /// This many bytes, or those that are left.
    pub(crate) fn piece(&mut self, length: usize) -> &'b [u8] {
        let (piece, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        piece
    }
}
