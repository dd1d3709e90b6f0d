//! A deadline that holds even if the clock steps back.

use crate::time::{Instant, Millis};

/// A span of time that started at a known moment.
#[derive(Clone, Copy)]
pub(crate) struct Timer {
    since: Instant,
    until: Instant,
}

impl Timer {
    pub(crate) const fn new() -> Self {
        Self { since: Instant::from_millis(0), until: Instant::from_millis(0) }
    }

    #[inline(never)] // one copy instead of six
    pub(crate) fn start(&mut self, now: Instant, span: Millis) {
        *self = Self { since: now, until: later(now, span.0.into()) };
    }

    /// The length of the span.
    pub(super) fn span(&self) -> Millis {
        let span = self.until.as_millis().saturating_sub(self.since.as_millis());
        Millis(u32::try_from(span).unwrap_or(u32::MAX))
    }

    pub(crate) const fn until(&self) -> Instant {
        self.until
    }

    /// When the span ends; `None`: it has ended. If the clock has stepped back it starts again: it is then
    /// late by one span at most, while a fixed deadline could be years away.
    #[inline(never)] // one copy instead of three
    pub(crate) fn check(&mut self, now: Instant) -> Option<Instant> {
        if now < self.since {
            let span = self.until.as_millis().saturating_sub(self.since.as_millis());
            *self = Self { since: now, until: later(now, span) };
        }
        (now < self.until).then_some(self.until)
    }
}

/// Without a [`Duration`](core::time::Duration), which costs divisions of 64 bits.
const fn later(now: Instant, millis: u64) -> Instant {
    Instant::from_millis(now.as_millis().saturating_add(millis))
}
